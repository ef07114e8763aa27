/* When a visit's reminders fall due: pure arithmetic over the plan, the visit's wall time and its
 * zone. The visit's location decides the zone and the sending window. */
#ifndef RESPONDER_FLOW_PLAN_H
#define RESPONDER_FLOW_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "responder/base/config.h"

struct plan_visit {
	const char *wall, *zone;
	int64_t at;    /* what wall comes to */
	int64_t since; /* steps that were due before the visit stood at this time are not made up */
};

struct plan_step {
	int index;	 /* in config->steps; -1: none */
	int64_t due;	 /* inside the window */
	int64_t expires; /* the next step's due time, or too near the visit */
	bool last;
};

/* The newest step that is due at `now` and still useful. */
struct plan_step plan_pick(const struct config *c, const struct plan_visit *v, int64_t now);

/* When to look at the visit again after `now`; 0: never. */
int64_t plan_next(const struct config *c, const struct plan_visit *v, int64_t now);

/* The first moment at or after `at` inside the sending window of the zone. */
int64_t plan_window(const struct config *c, const char *zone, int64_t at);

/* The end of the window that `at` lies in. */
int64_t plan_window_end(const struct config *c, const char *zone, int64_t at);

#endif
