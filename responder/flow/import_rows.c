/* See import_rows.h. Each row is read into plain values first; only then is the store written. */
#include "responder/flow/import_rows.h"

#include "build/gen/q.h"
#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/flow/import_person.h"
#include "responder/flow/visit.h"

struct time_row {
	const char *ext, *location_name, *zone;
	char wall[ZONE_WALL];
	int64_t location, clinician;
};

static bool read_moment(struct import_line *l, struct wall *w)
{
	const char *when = import_line_cell(l, COLUMN_WHEN),
		   *date = import_line_cell(l, COLUMN_DATE);
	const char *time = import_line_cell(l, COLUMN_TIME);
	if (when && !date) {
		if (import_when(when, l->day_first, w))
			return true;
		import_line_fault(
			l, COLUMN_WHEN, "'%s' is no date and time like 2026-03-10 14:20", when);
		return false;
	}
	if (!date || !import_date(date, l->day_first, w))
		import_line_fault(l, COLUMN_DATE, "'%s' is no date like 2026-03-10%s",
			date ? date : "", l->day_first ? " or 10/3/2026" : " or 3/10/2026");
	const char *clock = time ? time : when;
	if (!clock || !import_time(clock, w))
		import_line_fault(l, COLUMN_TIME, "'%s' is no time like 14:20 or 2:20 PM",
			clock ? clock : "");
	return !l->bad;
}

/* The location of that name, whatever its case; the only one when the row names none. */
static const char *location_name(struct import_line *l)
{
	const struct config *c = l->config;
	const char *said = import_line_cell(l, COLUMN_LOCATION), *all = "";
	if (!said && c->location_n == 1)
		return c->locations[0].name;
	for (size_t i = 0; i < c->location_n; i++) {
		if (said && text_eq_nocase(said, c->locations[i].name))
			return c->locations[i].name;
		all = arena_printf(l->a, "%s%s%s", all, i ? ", " : "", c->locations[i].name);
	}
	if (said)
		import_line_fault(l, COLUMN_LOCATION,
			"'%s' is no location of the configuration (%s)", said, all);
	else
		import_line_fault(l, COLUMN_LOCATION, "which location (%s)?", all);
	return NULL;
}

static enum err find_location(struct import_line *l, struct time_row *t)
{
	struct q_location_by_name *row;
	t->location_name = location_name(l);
	if (!t->location_name)
		return OK;
	enum err e = q_location_by_name(l->a, l->db, &row, .name = t->location_name);
	if (e)
		return e;
	must(row); /* settings_apply has put it there */
	t->location = row->id;
	t->zone = row->zone;
	return OK;
}

/* Made when nobody has the name yet: only for rows that go in. */
static enum err find_clinician(struct import_line *l, struct time_row *t)
{
	const char *name = import_line_cell(l, COLUMN_CLINICIAN);
	struct q_import_clinician *row;
	if (!name)
		return OK;
	enum err e = q_import_clinician(l->a, l->db, &row, .name = name);
	if (e || row) {
		t->clinician = row ? row->id : 0;
		return e;
	}
	struct q_import_clinician_add *made;
	e = q_import_clinician_add(l->a, l->db, &made, .name = name);
	t->clinician = e ? 0 : made->id;
	return e;
}

static enum err read_time(struct import_line *l, enum column id, struct time_row *t)
{
	struct wall w = {0};
	*t = (struct time_row){.ext = import_line_cell(l, id)};
	if (read_moment(l, &w))
		zone_format_wall(w, t->wall);
	return find_location(l, t);
}

enum err import_rows_patient(struct import_line *l)
{
	struct import_person p;
	struct q_import_patient_by_ext *old;
	int64_t id;
	import_person_read(l, &p);
	if (l->bad)
		return OK;
	enum err e = import_person_find(l, &p, &old);
	return e ? e : import_person_put(l, &p, old, &id);
}

/* What the practice system says of a visit. That it is booked says nothing new about one that we
 * know: the patient's own answer stands. */
static const char *read_visit_state(struct import_line *l)
{
	static const char *const states[][2] = {{"booked", "booked"}, {"scheduled", "booked"},
		{"active", "booked"}, {"pending", "booked"}, {"unconfirmed", "booked"},
		{"confirmed", "confirmed"}, {"cancelled", "cancelled"}, {"canceled", "cancelled"},
		{"arrived", "arrived"}, {"checkedin", "arrived"}, {"completed", "arrived"},
		{"noshow", "no-show"}, {"programada", "booked"}, {"confirmada", "confirmed"},
		{"cancelada", "cancelled"}};
	if (!import_line_cell(l, COLUMN_STATE))
		return NULL;
	const char *state =
		import_line_meaning(l, COLUMN_STATE, states, sizeof states / sizeof states[0],
			"booked, confirmed, cancelled, arrived or no-show");
	return text_eq(state, "booked") ? NULL : state;
}

static enum err put_visit(
	struct import_line *l, const struct time_row *t, int64_t patient, const char *state)
{
	enum visit_result result;
	int64_t id;
	enum err e = visit_put(l->a, l->db, l->config, l->now,
		&(struct visit_put){.ext = t->ext,
			.patient = patient,
			.location = t->location,
			.clinician = t->clinician,
			.wall = t->wall,
			.zone = t->zone,
			.state = state,
			.actor = "import"},
		&id, &result);
	if (e || result == VISIT_SAME)
		return e;
	l->counts->visits_new += result == VISIT_CREATED;
	l->counts->visits_moved += result == VISIT_MOVED;
	l->counts->visits_changed += result == VISIT_CHANGED;
	import_line_change(l, "%s visit %s on %.10s at %s, %s",
		result == VISIT_CREATED ? "new"
		: result == VISIT_MOVED ? "moved"
					: "changed",
		t->ext, t->wall, t->wall + 11, t->location_name);
	return OK;
}

/* A reminder must not go to the wrong person because an id was used twice. */
static enum err check_owner(
	struct import_line *l, const char *visit, const struct q_import_patient_by_ext *person)
{
	struct q_visit_by_ext *old;
	enum err e = q_visit_by_ext(l->a, l->db, &old, .ext = visit);
	if (!e && old && (!person || person->id != old->patient))
		import_line_fault(l, COLUMN_VISIT,
			"'%s' is another person's visit in the store: cancel that one, and give "
			"this one an id of its own",
			visit);
	return e;
}

enum err import_rows_visit(struct import_line *l)
{
	struct import_person p;
	struct time_row t;
	struct q_import_patient_by_ext *person;
	int64_t patient;
	import_person_read(l, &p);
	const char *state = read_visit_state(l);
	enum err e = read_time(l, COLUMN_VISIT, &t);
	if (e || l->bad)
		return e;
	/* Without an id of its own a visit is known by the person and the time. */
	if (!t.ext)
		t.ext = arena_printf(l->a, "%s/%s", p.ext ? p.ext : p.theirs, t.wall);
	e = import_person_find(l, &p, &person);
	if (!e)
		e = check_owner(l, t.ext, person);
	if (!e && !l->bad)
		e = import_person_put(l, &p, person, &patient);
	if (!e && !l->bad)
		e = find_clinician(l, &t);
	return e || l->bad ? e : put_visit(l, &t, patient, state);
}

enum err import_rows_slot(struct import_line *l)
{
	struct time_row t;
	struct wall w;
	enum err e = read_time(l, COLUMN_SLOT, &t);
	if (e || l->bad)
		return e;
	e = find_clinician(l, &t);
	if (e)
		return e;
	must(zone_parse_wall(t.wall, &w));
	int64_t at = zone_epoch(t.zone, w);
	const char *clinician = import_line_cell(l, COLUMN_CLINICIAN);
	if (!t.ext)
		t.ext = arena_printf(
			l->a, "%s/%s/%s", t.location_name, t.wall, clinician ? clinician : "");
	struct q_import_slot_by_ext *old;
	e = q_import_slot_by_ext(l->a, l->db, &old, .ext = t.ext);
	if (e)
		return e;
	if (!old) {
		l->counts->slots_new++;
		import_line_change(
			l, "new slot %.10s at %s, %s", t.wall, t.wall + 11, t.location_name);
		return q_import_slot_add(l->db, NULL, .ext = t.ext, .location = t.location,
			.clinician = t.clinician, .wall = t.wall, .at = at, .state = "open");
	}
	if (text_eq(old->state, "taken") ||
		(text_eq(old->wall, t.wall) && old->location == t.location &&
			old->clinician == t.clinician))
		return OK;
	l->counts->slots_changed++;
	import_line_change(l, "slot %s is now %.10s at %s", t.ext, t.wall, t.wall + 11);
	return q_import_slot_set(l->db, NULL, .id = old->id, .location = t.location,
		.clinician = t.clinician, .wall = t.wall, .at = at, .state = old->state);
}
