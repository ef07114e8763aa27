/* Locations are named in the configuration file and referred to by rows: this brings the store in
 * line with the file. Names are the identity; a location that is no longer named keeps its row. */
#ifndef RESPONDER_FLOW_SETTINGS_H
#define RESPONDER_FLOW_SETTINGS_H

#include "db/db.h"
#include "responder/base/config.h"

/* In a transaction of its own. What stands at a wall time follows a changed zone, or zone data
 * other than at the last start. */
enum err settings_apply(
	struct arena *a, struct db *db, const struct config *c, int64_t now) MUST_USE;

#endif
