/* Due times. A step of whole days keeps the visit's wall time ("a week before, same hour"); a
 * shorter one counts real minutes. Either is moved into the window: later when that still leaves
 * half of its lead, else back to an hour before the window closed. */
#include "responder/flow/plan.h"

#include "responder/base/must.h"
#include "responder/base/zone.h"

#define DAY_MINUTES 1440
#define LEAST_LEAD_S (30 * 60) /* a text later than this before the visit helps nobody */

static int minute_of_day(struct wall w)
{
	return w.hour * 60 + w.minute;
}

int64_t plan_window(const struct config *c, const char *zone, int64_t at)
{
	int minute = minute_of_day(zone_wall(zone, at));
	if (minute >= c->window_open && minute < c->window_close)
		return at;
	return zone_next(zone, at, c->window_open);
}

int64_t plan_window_end(const struct config *c, const char *zone, int64_t at)
{
	return zone_next(zone, at, c->window_close);
}

/* An hour before the newest closing time that is not after `at`. */
static int64_t last_evening(const struct config *c, const char *zone, int64_t at)
{
	int64_t close = zone_next(zone, at - 2 * DAY_MINUTES * 60, c->window_close);
	for (int64_t next = close; next <= at; next = zone_next(zone, next, c->window_close))
		close = next;
	return close - 3600;
}

static int64_t wanted(const struct plan_visit *v, int minutes)
{
	if (minutes % DAY_MINUTES)
		return v->at - (int64_t)minutes * 60;
	struct wall w;
	must(zone_parse_wall(v->wall, &w));
	return zone_epoch(v->zone, zone_add_days(w, -(minutes / DAY_MINUTES)));
}

static int64_t due_of(const struct config *c, const struct plan_visit *v, int step)
{
	int minutes = c->steps[step].minutes;
	int64_t want = wanted(v, minutes);
	int64_t later = plan_window(c, v->zone, want);
	int64_t lead = (int64_t)minutes * 60 / 2;
	if (lead < LEAST_LEAD_S)
		lead = LEAST_LEAD_S;
	return later <= v->at - lead ? later : last_evening(c, v->zone, want);
}

struct plan_step plan_pick(const struct config *c, const struct plan_visit *v, int64_t now)
{
	struct plan_step p = {.index = -1};
	int64_t end = v->at - LEAST_LEAD_S;
	for (int i = (int)c->step_n - 1; i >= 0; i--) {
		int64_t due = due_of(c, v, i);
		if (due <= now) {
			bool useful = due >= v->since && now < end;
			p = (struct plan_step){useful ? i : -1, due, end, i == (int)c->step_n - 1};
			break;
		}
		end = due;
	}
	return p;
}

int64_t plan_next(const struct config *c, const struct plan_visit *v, int64_t now)
{
	for (int i = 0; i < (int)c->step_n; i++) {
		int64_t due = due_of(c, v, i);
		if (due > now && due >= v->since && due < v->at)
			return due;
	}
	return 0;
}
