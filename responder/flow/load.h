/* Reads from the store what a decision about a text may look at. */
#ifndef RESPONDER_FLOW_LOAD_H
#define RESPONDER_FLOW_LOAD_H

#include "db/db.h"
#include "responder/flow/app.h"
#include "responder/flow/situation.h"

/* Everything in the situation lives in the arena. `mo` must outlive it. */
enum err load_situation(struct arena *a, struct db *db, const struct app *app,
	const struct account *account, const struct mo *mo, int64_t now,
	struct situation *out) MUST_USE;

#endif
