/* When a location's zone is corrected, or new zone data is installed, what stands at a wall time
 * comes at another moment: its visits and open slots are brought along, with their due times,
 * questions and queued texts. To patients nothing has moved: they were told the wall time. */
#ifndef RESPONDER_FLOW_REZONE_H
#define RESPONDER_FLOW_REZONE_H

#include "db/db.h"
#include "responder/base/config.h"

/* Inside the caller's write transaction. `*changed` grows by the visits that come at another
 * moment. */
enum err rezone_location(struct arena *a, struct db *db, const struct config *c, int64_t now,
	int64_t location, const char *zone, int64_t *changed) MUST_USE;

#endif
