/* Consent per number: an append-only list of withdrawals and grants, of which the newest counts.
 * All functions run inside the caller's transaction. */
#ifndef RESPONDER_FLOW_CONSENT_H
#define RESPONDER_FLOW_CONSENT_H

#include "db/db.h"

struct consent_event {
	const char *kind; /* "withdrawal", "grant" */
	const char *theirs, *ours;
	const char *source;	 /* "text", "provider", "staff", … */
	const char *rule, *body; /* what was said, and how it was read */
	int64_t mo, mt;		 /* what brought it, 0: nothing */
};

/* A withdrawal also cancels everything queued to the number but the confirmation of the stop. */
enum err consent_record(struct db *db, int64_t now, const struct consent_event *e) MUST_USE;

enum err consent_suppressed(struct arena *a, struct db *db, const char *theirs, bool *out) MUST_USE;

#endif
