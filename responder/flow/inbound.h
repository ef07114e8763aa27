/* The one door by which messages enter the store: a batch of webhook events is understood, decided
 * and committed in one transaction. Only after OK may any of their senders be answered. */
#ifndef RESPONDER_FLOW_INBOUND_H
#define RESPONDER_FLOW_INBOUND_H

#include "db/db.h"
#include "responder/flow/app.h"
#include "responder/provider/provider.h"

struct inbound {
	const struct account *account;
	const struct event *event;
	struct db_bytes raw; /* the request's body, kept as evidence */
	const char *token;   /* DLR: from the callback's address */
	enum err err;	     /* out: why this one alone failed; OK when it is committed */
	bool repeat;	     /* out: this provider id was here before */
};

/* OK: everything whose own `err` is OK is durable. Otherwise nothing is, and all must be refused.
 */
enum err inbound_batch(struct arena *a, struct db *db, const struct app *app, struct inbound *items,
	size_t n) MUST_USE;

#endif
