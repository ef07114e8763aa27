/* The demo's practice: patients, visits over the next two weeks, open slots. Made anew around today
 * at each start; what is there stays. */
#ifndef RESPONDER_DEMO_SEED_H
#define RESPONDER_DEMO_SEED_H

#include "db/db.h"
#include "responder/base/config.h"

#define SEED_OURS "+13125550100"

/* In one transaction. */
enum err seed_practice(
	struct arena *a, struct db *db, const struct config *c, int64_t now) MUST_USE;

#endif
