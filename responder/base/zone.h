/* Wall clocks in time zones: the only place that does zone arithmetic. Zone data is the system's
 * tzdata, read once per process and zone; restart after an upgrade. Safe from any thread. */
#ifndef RESPONDER_BASE_ZONE_H
#define RESPONDER_BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#define ZONE_WALL 17 /* "2026-03-10T14:20" and the NUL */

struct wall {		      /* what a clock on the wall shows */
	int year, month, day; /* month from 1 */
	int hour, minute;
	int weekday; /* 0 is Sunday; only set by zone_wall, never read */
};

/* Whether it is a name that the system has data for, like "America/Chicago". */
bool zone_ok(const char *name);

/* When that wall clock shows w. A time that is skipped in spring is the first valid minute after
 * the gap; one that comes twice in autumn is the first of the two. The zone must be zone_ok. */
int64_t zone_epoch(const char *zone, struct wall w);

struct wall zone_wall(const char *zone, int64_t epoch);

/* The first moment after `after` at which the wall clock shows that minute of the day (0 to 1439),
 * or the end of the gap that swallowed it. Where a day has it twice, only the first counts. */
int64_t zone_next(const char *zone, int64_t after, int minute_of_day);

struct wall zone_add_days(struct wall w, int days); /* by the calendar; the time of day stays */

/* "2026-03-10T14:20"; false when it is malformed or no day of the calendar. */
bool zone_parse_wall(const char *s, struct wall *out);
void zone_format_wall(struct wall w, char out[ZONE_WALL]);

/* The version of the system's tzdata ("2026a"), NULL when unknown. */
const char *zone_data_version(void);

#endif
