/* The configuration file (YAML) as structs. Read once at start, constant afterwards, shared by all
 * threads. Secrets are read from the files it names and never printed. */
#ifndef RESPONDER_BASE_CONFIG_H
#define RESPONDER_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "responder/base/err.h"

struct account {	      /* our credentials at a provider, and the number we text from there */
	const char *name;     /* in webhook addresses: /in/NAME */
	const char *provider; /* "twilio", "fake" */
	const char *sender;   /* E.164; patients answer to it, also with a service */
	const char *service;  /* Twilio: MessagingServiceSid, or NULL */
	const char *user;     /* Twilio: the AC… account id */
	const char *key_user; /* Twilio: SK… API key id for sending, or NULL: `user` */
	const char *secret_file; /* signs webhooks; and sends, without key_user */
	const char *key_file;	 /* the API key's secret, or NULL */
	const char *api_url;	 /* base address of the provider's API; NULL: the real one */
	const char *baa_date; /* YYYY-MM-DD of the business associate agreement; live sending needs
				 it */
	int32_t per_minute;   /* texts a minute, default 60 */
	bool provider_answers_stop; /* the provider sends STOP/START/HELP replies itself */
	const char *secret, *key;   /* read from the files */
};

struct location {
	const char *name, *zone, *address, *phone; /* phone NULL: the practice's */
};

struct reminder_step {
	const char *name; /* part of the outbox key: never rename a running step */
	int32_t minutes;  /* before the visit */
};

struct config {
	const char *path;	/* of the file, for messages */
	const char *listen;	/* "127.0.0.1:8080" */
	const char *public_url; /* "https://sms.example.org", without a slash at the end */
	const char *store;	/* file name or postgres:// URL */
	const char *practice, *phone, *country; /* name, contact number (E.164), ISO 3166 code */
	const char *language;			/* default for people without one: "en" */
	struct location *locations;
	size_t location_n;
	struct account *accounts;
	size_t account_n;
	struct reminder_step *steps; /* sorted by minutes, longest first */
	size_t step_n;
	int32_t window_open, window_close; /* minutes of the local day: 540, 1200 */
	int32_t cutoff_minutes; /* a cancel by text later than this before the visit goes to staff
				 */
};

/* A complaint names file, line and column where it can. ERR_CONFIG after at least one. */
typedef void config_complain(void *context, const char *where, const char *what);

enum err config_load(
	struct config **out, const char *path, config_complain *complain, void *context) MUST_USE;
void config_free(struct config *c);

const struct account *config_account(const struct config *c, const char *name); /* or NULL */

#endif
