/* The contract of an SMS provider: pure translation between its HTTP and our words.
 * No sockets, no clock but the one passed, no database: recordings test it, a fuzzer feeds it.
 * A new vendor starts as a copy of fake.c and one line in list.c. */
#ifndef RESPONDER_PROVIDER_PROVIDER_H
#define RESPONDER_PROVIDER_PROVIDER_H

#include <stdbool.h>

#include "responder/base/arena.h"
#include "responder/base/buf.h"
#include "responder/base/config.h"
#include "responder/base/err.h"
#include "responder/net/http.h"
#include "responder/sms/sms.h"

enum provider_can {
	CAN_DLR = 1 << 0,      /* reports delivery */
	CAN_DEDUPE = 1 << 1,   /* refuses a repeated id of ours */
	CAN_LIST = 1 << 2,     /* can list past messages */
	CAN_VALIDITY = 1 << 3, /* stops trying after a given time */
};

struct event { /* one thing a webhook told us */
	enum { EVENT_MO, EVENT_DLR } kind;
	struct mo mo;
	struct dlr dlr;
};

struct provider {
	const char *name;
	unsigned can;

	/* Is this request from the provider? `url` is the address it must have signed: the
	 * configured public_url and the request's target, untouched. ERR_AUTH when not. */
	enum err (*verify)(struct arena *a, const struct account *account, const char *url,
		int64_t now, const struct http_request *request);

	/* What the request says. ERR_INPUT when a needed field is missing, doubled or malformed. */
	enum err (*parse)(struct arena *a, const struct account *account,
		const struct http_request *request, struct event **events, size_t *n);

	/* The answer that makes the provider content and sends nothing to the patient. */
	struct http_response (*answer)(void);

	/* The request that hands over one text. `callback` is the status address for it. */
	void (*build)(struct arena *a, const struct account *account, const struct mt *mt,
		const char *callback, struct http_call *call);

	/* What became of it. Anything not understood is OUTCOME_UNCERTAIN. */
	struct outcome (*read)(struct arena *a, const struct http_result *result);
};

const struct provider *provider_find(const char *name); /* NULL: no such provider */

/* Nothing goes to patients through a real provider before the date of the business associate
 * agreement with it is on record (45 CFR 164.504(e)). */
bool provider_blocked(const struct account *account);

/* Tools for adapters. */

/* The body's form fields. ERR_INPUT when the body is no form, or http_form refuses it. */
enum err provider_form(
	struct arena *a, const struct http_request *request, struct http_fields *out) MUST_USE;
/* The value of the field of that name. ERR_INPUT when it is there twice, or `needed` and missing or
 * empty. Missing and not needed: NULL. */
enum err provider_field(
	const struct http_fields *form, const char *name, bool needed, const char **value) MUST_USE;
/* Appends name=value to a form body. */
void provider_add(struct buf *form, const char *name, const char *value);

extern const struct provider provider_fake, provider_twilio;

#endif
