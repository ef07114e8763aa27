/* See rezone.h. What is past stays as it was: it happened then. */
#include "responder/flow/rezone.h"

#include "build/gen/q.h"
#include "responder/base/must.h"
#include "responder/base/zone.h"
#include "responder/flow/plan.h"

#define OFFSETS_S (26 * 3600) /* no two zones are further apart */

static int64_t moment_of(const char *zone, const char *wall)
{
	struct wall w;
	must(zone_parse_wall(wall, &w));
	return zone_epoch(zone, w);
}

static enum err rezone_visit(struct db *db, const struct config *c, int64_t now, const char *zone,
	const struct q_visits_of_location *v)
{
	int64_t at = moment_of(zone, v->wall), by = at - v->at;
	struct plan_visit plan = {v->wall, zone, at, v->since};
	enum err e = q_visit_rezone(db, NULL, .id = v->id, .at = at,
		.remind_at = at > now ? plan_next(c, &plan, now) : 0);
	if (!e)
		e = q_mt_rezone(db, NULL, .visit = v->id, .zone = zone, .by = by);
	return e ? e : q_question_rezone(db, NULL, .visit = v->id, .by = by);
}

static enum err rezone_slots(
	struct arena *a, struct db *db, int64_t after, int64_t location, const char *zone)
{
	struct q_slots_of_location *slots;
	size_t n;
	enum err e = q_slots_of_location(a, db, &slots, &n, .location = location, .after = after);
	for (size_t i = 0; !e && i < n; i++)
		e = q_slot_rezone(
			db, NULL, .id = slots[i].id, .at = moment_of(zone, slots[i].wall));
	return e;
}

enum err rezone_location(struct arena *a, struct db *db, const struct config *c, int64_t now,
	int64_t location, const char *zone, int64_t *changed)
{
	struct q_visits_of_location *visits;
	size_t n;
	int64_t after = now - OFFSETS_S;
	enum err e = q_visits_of_location(a, db, &visits, &n, .location = location, .after = after);
	for (size_t i = 0; !e && i < n; i++) {
		e = rezone_visit(db, c, now, zone, &visits[i]);
		*changed += moment_of(zone, visits[i].wall) != visits[i].at;
	}
	return e ? e : rezone_slots(a, db, after, location, zone);
}
