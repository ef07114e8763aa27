/* Carries out a decision, inside the transaction that keeps the text it is about. */
#ifndef RESPONDER_FLOW_EFFECTS_H
#define RESPONDER_FLOW_EFFECTS_H

#include "db/db.h"
#include "responder/flow/situation.h"

/* ERR_CONFLICT: the world moved since the situation was loaded; load and decide again. */
enum err effects_apply(struct arena *a, struct db *db, const struct account *account,
	const struct situation *s, const struct decision *d, int64_t mo) MUST_USE;

#endif
