/* Turns what the plan says is due into rows of the outbox. */
#ifndef RESPONDER_FLOW_REMINDER_H
#define RESPONDER_FLOW_REMINDER_H

#include "db/db.h"
#include "responder/flow/app.h"

/* Works off up to `most` due visits in one transaction of its own; *done says how many there were.
 * A second call for the same visit and step is harmless: the outbox key is unique. */
enum err reminder_pass(struct arena *a, struct db *db, const struct app *app, int64_t now,
	size_t most, size_t *done) MUST_USE;

/* Plans all coming visits anew, when the configuration's plan or window is not the one they were
 * planned with. */
enum err reminder_replan(
	struct arena *a, struct db *db, const struct app *app, int64_t now) MUST_USE;

#endif
