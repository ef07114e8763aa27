/* Visits; see visit.h. The fingerprint is a digest of time and place: texts and questions carry the
 * one they were made for, so that a moved visit is noticed wherever it matters. The zone is the
 * place's and no part of it: when it is corrected, nothing has moved for the patient (rezone.h). */
#include "responder/flow/visit.h"

#include <inttypes.h>
#include <string.h>

#include "build/gen/q.h"
#include "responder/base/digest.h"
#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/base/zone.h"
#include "responder/flow/plan.h"

static char *fingerprint(struct arena *a, const struct visit_put *p)
{
	char *s = arena_printf(a, "%s|%" PRId64, p->wall, p->location);
	unsigned char sum[32];
	char *hex = arena_alloc(a, 17);
	digest_sha256(s, strlen(s), sum);
	digest_hex(sum, 8, hex);
	return hex;
}

static int64_t epoch_of(const struct visit_put *p)
{
	struct wall w;
	must(zone_parse_wall(p->wall, &w));
	return zone_epoch(p->zone, w);
}

static int64_t remind_at(const struct config *c, const struct visit_put *p, int64_t since)
{
	struct plan_visit v = {p->wall, p->zone, epoch_of(p), since};
	/* From one second before `since`, so that a step due in this very second counts. */
	return plan_next(c, &v, since - 1);
}

static enum err note(
	struct db *db, int64_t now, int64_t id, const char *actor, const char *what, int64_t mo)
{
	return q_visit_event_add(
		db, NULL, .visit = id, .at = now, .actor = actor, .what = what, .mo = mo);
}

static enum err create(struct arena *a, struct db *db, const struct config *c, int64_t now,
	const struct visit_put *p, int64_t *id)
{
	int64_t since = p->since ? p->since : now;
	struct q_visit_add *row;
	enum err e = q_visit_add(a, db, &row, .ext = p->ext, .patient = p->patient,
		.location = p->location, .clinician = p->clinician, .wall = p->wall,
		.at = epoch_of(p), .fingerprint = fingerprint(a, p),
		.state = p->state ? p->state : "booked", .since = since,
		.remind_at = remind_at(c, p, since));
	if (e)
		return e;
	must(row);
	*id = row->id;
	return note(db, now, *id, p->actor, "booked", p->mo);
}

static enum err move(struct arena *a, struct db *db, const struct config *c, int64_t now,
	const struct visit_put *p, int64_t id)
{
	enum err e = q_visit_move(db, NULL, .id = id, .location = p->location,
		.clinician = p->clinician, .wall = p->wall, .at = epoch_of(p),
		.fingerprint = fingerprint(a, p), .since = now, .remind_at = remind_at(c, p, now));
	if (!e)
		e = q_mt_drop_for_visit(
			db, NULL, .visit = id, .at = now, .why = "the visit has moved");
	return e ? e : note(db, now, id, p->actor, arena_printf(a, "moved to %s", p->wall), p->mo);
}

enum err visit_set_state(struct db *db, int64_t now, int64_t id, const char *from, const char *to,
	const char *actor, int64_t mo)
{
	int64_t changed;
	enum err e = q_visit_state(db, &changed, .id = id, .from_state = from, .to_state = to);
	if (e)
		return e;
	if (!changed)
		return ERR_CONFLICT;
	if (text_eq(to, "cancelled")) {
		e = q_mt_drop_for_visit(
			db, NULL, .visit = id, .at = now, .why = "the visit was cancelled");
		if (!e)
			e = q_slot_free(db, NULL, .visit = id, .now = now);
	}
	return e ? e : note(db, now, id, actor, to, mo);
}

enum err visit_set_late(struct db *db, int64_t now, int64_t id, int64_t minutes, int64_t mo)
{
	enum err e = q_visit_late(db, NULL, .id = id, .minutes = minutes);
	return e ? e : note(db, now, id, "text", "running late", mo);
}

/* An update that changes neither time nor place. */
static enum err touch(struct db *db, int64_t now, const struct visit_put *p,
	const struct q_visit_by_ext *old, enum visit_result *result)
{
	enum err e = OK;
	if (p->clinician && p->clinician != old->clinician) {
		*result = VISIT_CHANGED;
		e = q_visit_set_clinician(db, NULL, .id = old->id, .clinician = p->clinician);
		if (!e)
			e = note(db, now, old->id, p->actor, "another clinician", p->mo);
	}
	/* "Confirmed" from elsewhere does not revive what was cancelled or is over. */
	bool stale = text_eq(p->state, "confirmed") && !text_eq(old->state, "booked");
	if (!e && p->state && !stale && !text_eq(p->state, old->state)) {
		*result = VISIT_CHANGED;
		e = visit_set_state(db, now, old->id, old->state, p->state, p->actor, p->mo);
	}
	return e;
}

enum err visit_put(struct arena *a, struct db *db, const struct config *c, int64_t now,
	const struct visit_put *p, int64_t *id, enum visit_result *result)
{
	struct q_visit_by_ext *old = NULL;
	enum err e = p->ext ? q_visit_by_ext(a, db, &old, .ext = p->ext) : OK;
	if (e)
		return e;
	if (!old) {
		*result = VISIT_CREATED;
		return create(a, db, c, now, p, id);
	}
	*id = old->id;
	if (text_eq(old->fingerprint, fingerprint(a, p))) {
		*result = VISIT_SAME;
		return touch(db, now, p, old, result);
	}
	*result = VISIT_MOVED;
	e = move(a, db, c, now, p, old->id);
	if (!e && p->state && !text_eq(p->state, "booked"))
		e = visit_set_state(db, now, old->id, "booked", p->state, p->actor, p->mo);
	return e;
}
