/* The life of a visit: every change of time, place or state goes through here, leaves a line in its
 * history, and takes the queued texts with it. Inside the caller's write transaction. */
#ifndef RESPONDER_FLOW_VISIT_H
#define RESPONDER_FLOW_VISIT_H

#include "db/db.h"
#include "responder/base/config.h"

struct visit_put {			      /* a visit as somebody else knows it */
	const char *ext;		      /* their id, NULL: none */
	int64_t patient, location, clinician; /* ids; clinician 0: none */
	const char *wall, *zone;	      /* the location's zone */
	const char *state;		      /* NULL: leave as it is, new ones are booked */
	const char *actor;		      /* "import", "text", … */
	int64_t mo;			      /* the text that brought it, 0: none */
	int64_t since;			      /* from when it stood at this time; 0: now */
};

enum visit_result { VISIT_SAME, VISIT_CREATED, VISIT_MOVED, VISIT_CHANGED };

/* Creates the visit, or brings the one with this `ext` up to date. */
enum err visit_put(struct arena *a, struct db *db, const struct config *c, int64_t now,
	const struct visit_put *p, int64_t *id, enum visit_result *result) MUST_USE;

/* From the state it is believed to be in; ERR_CONFLICT when it is in another. */
enum err visit_set_state(struct db *db, int64_t now, int64_t id, const char *from, const char *to,
	const char *actor, int64_t mo) MUST_USE;

enum err visit_set_late(
	struct db *db, int64_t now, int64_t id, int64_t minutes, int64_t mo) MUST_USE;

#endif
