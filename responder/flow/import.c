/* Imports; see import.h. Each row is read into plain values first; only a row without a finding
 * touches the store. A transaction holds a few hundred rows. */
#include "responder/flow/import.h"

#include <stdio.h>
#include <string.h>

#include "build/gen/q.h"
#include "responder/base/clock.h"
#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/flow/csv.h"
#include "responder/flow/import_header.h"
#include "responder/flow/visit.h"
#include "responder/sms/e164.h"

#define ROWS_PER_COMMIT 500

struct import {
	struct db *db;
	const struct config *config;
	const struct import_job *job;
	struct import_counts *counts;
	struct import_counts committed; /* what counts said at the last commit */
	struct import_header header;
	enum import_kind kind; /* IMPORT_BY_HEADER until the header is read */
	int64_t now;
	int pending; /* rows in the open transaction */
	bool day_first;
};

struct line { /* the row being worked on */
	struct import *im;
	struct arena *a;
	const struct csv_row *row;
	bool bad;
};

static const char *cell(const struct line *l, enum column c)
{
	return import_cell(&l->im->header, l->row, c);
}

static void find_fault(struct line *l, enum column c, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void find_fault(struct line *l, enum column c, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *what = arena_vprintf(l->a, format, args);
	va_end(args);
	l->im->job->finding(l->im->job->context, l->row->line, l->im->header.at[c] + 1, what);
	l->bad = true;
}

static void tell(struct line *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void tell(struct line *l, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	l->im->job->change(l->im->job->context, l->row->line, arena_vprintf(l->a, format, args));
	va_end(args);
}

/* One of a list of words, by its meaning; NULL with a finding when it is none. */
static const char *meaning(
	struct line *l, enum column c, const char *const (*words)[2], size_t n, const char *say)
{
	const char *s = cell(l, c);
	for (size_t i = 0; i < n; i++)
		if (text_eq_nocase(s, words[i][0]))
			return words[i][1];
	find_fault(l, c, "'%s' is not known here; say %s", s, say);
	return NULL;
}

struct person_row {
	const char *ext, *first, *last, *theirs, *lang, *state; /* NULL: the file does not say */
};

static void read_name(struct line *l, struct person_row *p)
{
	char *name = arena_str(l->a, cell(l, COLUMN_NAME));
	p->first = cell(l, COLUMN_FIRST);
	p->last = cell(l, COLUMN_LAST);
	char *comma = name ? strchr(name, ',') : NULL;
	char *blank = name && !comma ? strrchr(name, ' ') : NULL;
	if (!p->first && comma) { /* "Lovelace, Ada" */
		*comma = '\0';
		p->first = text_trim(comma + 1);
		p->last = text_trim(name);
	} else if (!p->first && name) {
		if (blank)
			*blank = '\0';
		p->first = name;
		p->last = blank ? blank + 1 : "";
	}
	if (!p->first && !p->ext)
		find_fault(l, COLUMN_FIRST, "there is neither a first name nor a patient id");
}

static void read_person(struct line *l, struct person_row *p)
{
	static const char *const languages[][2] = {{"en", "en"}, {"english", "en"}, {"eng", "en"},
		{"es", "es"}, {"spanish", "es"}, {"spa", "es"}, {"español", "es"},
		{"espanol", "es"}, {"en-us", "en"}, {"es-us", "es"}, {"es-mx", "es"},
		{"ingles", "en"}, {"inglés", "en"}};
	static const char *const states[][2] = {{"active", "active"}, {"inactive", "inactive"},
		{"deceased", "deceased"}, {"archived", "inactive"}, {"activo", "active"},
		{"inactivo", "inactive"}};
	*p = (struct person_row){.ext = cell(l, COLUMN_PATIENT)};
	read_name(l, p);
	const char *phone = cell(l, COLUMN_PHONE);
	if (phone && e164_parse(l->a, phone, l->im->config->country, &p->theirs))
		find_fault(l, COLUMN_PHONE,
			"'%s' is no phone number in %s; write it like +13125550123", phone,
			l->im->config->country);
	if (cell(l, COLUMN_LANGUAGE))
		p->lang = meaning(l, COLUMN_LANGUAGE, languages,
			sizeof languages / sizeof languages[0], "en or es");
	if (cell(l, COLUMN_PATIENT_STATE))
		p->state = meaning(l, COLUMN_PATIENT_STATE, states,
			sizeof states / sizeof states[0], "active, inactive or deceased");
	if (!p->ext && !p->theirs && !l->bad)
		find_fault(l, COLUMN_PHONE, "a person needs a patient id or a phone number");
}

struct time_row {
	const char *ext, *location_name, *zone;
	char wall[ZONE_WALL];
	int64_t location, clinician;
};

static bool read_moment(struct line *l, struct wall *w)
{
	const char *when = cell(l, COLUMN_WHEN), *date = cell(l, COLUMN_DATE);
	const char *time = cell(l, COLUMN_TIME);
	if (when && !date) {
		if (import_when(when, l->im->day_first, w))
			return true;
		find_fault(l, COLUMN_WHEN, "'%s' is no date and time like 2026-03-10 14:20", when);
		return false;
	}
	if (!date || !import_date(date, l->im->day_first, w))
		find_fault(l, COLUMN_DATE, "'%s' is no date like 2026-03-10%s", date ? date : "",
			l->im->day_first ? " or 10/3/2026" : " or 3/10/2026");
	const char *clock = time ? time : when;
	if (!clock || !import_time(clock, w))
		find_fault(l, COLUMN_TIME, "'%s' is no time like 14:20 or 2:20 PM",
			clock ? clock : "");
	return !l->bad;
}

/* The location of that name, whatever its case; the only one when the row names none. */
static const char *location_name(struct line *l)
{
	const struct config *c = l->im->config;
	const char *said = cell(l, COLUMN_LOCATION), *all = "";
	if (!said && c->location_n == 1)
		return c->locations[0].name;
	for (size_t i = 0; i < c->location_n; i++) {
		if (said && text_eq_nocase(said, c->locations[i].name))
			return c->locations[i].name;
		all = arena_printf(l->a, "%s%s%s", all, i ? ", " : "", c->locations[i].name);
	}
	if (said)
		find_fault(l, COLUMN_LOCATION, "'%s' is no location of the configuration (%s)",
			said, all);
	else
		find_fault(l, COLUMN_LOCATION, "which location (%s)?", all);
	return NULL;
}

static enum err find_location(struct line *l, struct time_row *t)
{
	struct q_location_by_name *row;
	t->location_name = location_name(l);
	if (!t->location_name)
		return OK;
	enum err e = q_location_by_name(l->a, l->im->db, &row, .name = t->location_name);
	if (e)
		return e;
	must(row); /* settings_apply has put it there */
	t->location = row->id;
	t->zone = row->zone;
	return OK;
}

static enum err find_clinician(struct line *l, struct time_row *t)
{
	const char *name = cell(l, COLUMN_CLINICIAN);
	struct q_import_clinician *row;
	if (!name || l->bad)
		return OK;
	enum err e = q_import_clinician(l->a, l->im->db, &row, .name = name);
	if (e || row) {
		t->clinician = row ? row->id : 0;
		return e;
	}
	struct q_import_clinician_add *made;
	e = q_import_clinician_add(l->a, l->im->db, &made, .name = name);
	t->clinician = e ? 0 : made->id;
	return e;
}

static enum err read_time(struct line *l, enum column id, struct time_row *t)
{
	struct wall w = {0};
	*t = (struct time_row){.ext = cell(l, id)};
	if (read_moment(l, &w))
		zone_format_wall(w, t->wall);
	enum err e = find_location(l, t);
	return e ? e : find_clinician(l, t);
}

static const char *either(const char *said, const char *known)
{
	return said ? said : known;
}

/* The person of the row as the store knows them, by id, or else by name and number; NULL: new. */
static enum err find_person(
	struct line *l, const struct person_row *p, struct q_import_patient_by_ext **old)
{
	if (p->ext)
		return q_import_patient_by_ext(l->a, l->im->db, old, .ext = p->ext);
	struct q_import_patient_by_name *same;
	enum err e = q_import_patient_by_name(l->a, l->im->db, &same, .first = p->first,
		.last = either(p->last, ""), .theirs = p->theirs);
	*old = NULL;
	if (e || !same)
		return e;
	*old = arena_new_of(l->a, struct q_import_patient_by_ext);
	**old = (struct q_import_patient_by_ext){
		same->id, same->first, same->last, same->theirs, same->lang, same->state};
	return OK;
}

static enum err add_person(struct line *l, const struct person_row *p, int64_t *id)
{
	struct import *im = l->im;
	struct q_import_patient_add *made;
	if (!p->first) {
		find_fault(l, im->header.at[COLUMN_FIRST] < 0 ? COLUMN_PATIENT : COLUMN_FIRST,
			"no first name, and nobody has the id '%s' yet", p->ext);
		return OK;
	}
	enum err e = q_import_patient_add(l->a, im->db, &made, .ext = p->ext, .first = p->first,
		.last = either(p->last, ""), .theirs = p->theirs,
		.lang = either(p->lang, im->config->language), .state = either(p->state, "active"));
	if (e)
		return e;
	*id = made->id;
	im->counts->people_new++;
	tell(l, "new patient %s %s", p->first, either(p->last, ""));
	return OK;
}

/* Brings the person up to date; what the file does not say stays. */
static enum err put_person(struct line *l, const struct person_row *p,
	const struct q_import_patient_by_ext *old, int64_t *id)
{
	struct import *im = l->im;
	if (!old)
		return add_person(l, p, id);
	struct person_row next = {NULL, either(p->first, old->first), either(p->last, old->last),
		either(p->theirs, old->theirs), either(p->lang, old->lang),
		either(p->state, old->state)};
	*id = old->id;
	if (text_eq(next.first, old->first) && text_eq(next.last, old->last) &&
		text_eq(next.theirs, old->theirs) && text_eq(next.lang, old->lang) &&
		text_eq(next.state, old->state))
		return OK;
	im->counts->people_changed++;
	tell(l, "patient %s %s changed", next.first, next.last);
	return q_import_patient_set(im->db, NULL, .id = old->id, .first = next.first,
		.last = next.last, .theirs = next.theirs, .lang = next.lang, .state = next.state);
}

static enum err patient_row(struct line *l)
{
	struct person_row p;
	struct q_import_patient_by_ext *old;
	int64_t id;
	read_person(l, &p);
	if (l->bad)
		return OK;
	enum err e = find_person(l, &p, &old);
	return e ? e : put_person(l, &p, old, &id);
}

/* What the practice system says of a visit. That it is booked says nothing new about one that we
 * know: the patient's own answer stands. */
static const char *read_visit_state(struct line *l)
{
	static const char *const states[][2] = {{"booked", "booked"}, {"scheduled", "booked"},
		{"active", "booked"}, {"pending", "booked"}, {"unconfirmed", "booked"},
		{"confirmed", "confirmed"}, {"cancelled", "cancelled"}, {"canceled", "cancelled"},
		{"arrived", "arrived"}, {"checked in", "arrived"}, {"completed", "arrived"},
		{"no-show", "no-show"}, {"no show", "no-show"}, {"noshow", "no-show"},
		{"programada", "booked"}, {"confirmada", "confirmed"}, {"cancelada", "cancelled"}};
	if (!cell(l, COLUMN_STATE))
		return NULL;
	const char *state = meaning(l, COLUMN_STATE, states, sizeof states / sizeof states[0],
		"booked, confirmed, cancelled, arrived or no-show");
	return text_eq(state, "booked") ? NULL : state;
}

static enum err put_visit(
	struct line *l, const struct time_row *t, int64_t patient, const char *state)
{
	struct import *im = l->im;
	enum visit_result result;
	int64_t id;
	enum err e = visit_put(l->a, im->db, im->config, im->now,
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
	im->counts->visits_new += result == VISIT_CREATED;
	im->counts->visits_moved += result == VISIT_MOVED;
	im->counts->visits_changed += result == VISIT_CHANGED;
	tell(l, "%s visit %s on %.10s at %s, %s",
		result == VISIT_CREATED ? "new"
		: result == VISIT_MOVED ? "moved"
					: "changed",
		t->ext, t->wall, t->wall + 11, t->location_name);
	return OK;
}

/* A reminder must not go to the wrong person because an id was used twice. */
static enum err check_owner(
	struct line *l, const char *visit, const struct q_import_patient_by_ext *person)
{
	struct q_visit_by_ext *old;
	enum err e = q_visit_by_ext(l->a, l->im->db, &old, .ext = visit);
	if (!e && old && (!person || person->id != old->patient))
		find_fault(l, COLUMN_VISIT,
			"'%s' is another person's visit in the store: cancel that one, and give "
			"this one an id of its own",
			visit);
	return e;
}

static enum err visit_row(struct line *l)
{
	struct person_row p;
	struct time_row t;
	struct q_import_patient_by_ext *person;
	int64_t patient;
	read_person(l, &p);
	const char *state = read_visit_state(l);
	enum err e = read_time(l, COLUMN_VISIT, &t);
	if (e || l->bad)
		return e;
	/* Without an id of its own a visit is known by the person and the time. */
	if (!t.ext)
		t.ext = arena_printf(l->a, "%s/%s", p.ext ? p.ext : p.theirs, t.wall);
	e = find_person(l, &p, &person);
	if (!e)
		e = check_owner(l, t.ext, person);
	if (!e && !l->bad)
		e = put_person(l, &p, person, &patient);
	return e || l->bad ? e : put_visit(l, &t, patient, state);
}

static enum err slot_row(struct line *l)
{
	struct import *im = l->im;
	struct time_row t;
	struct wall w;
	enum err e = read_time(l, COLUMN_SLOT, &t);
	if (e || l->bad)
		return e;
	must(zone_parse_wall(t.wall, &w));
	int64_t at = zone_epoch(t.zone, w);
	if (!t.ext)
		t.ext = arena_printf(l->a, "%s/%s/%s", t.location_name, t.wall,
			either(cell(l, COLUMN_CLINICIAN), ""));
	struct q_import_slot_by_ext *old;
	e = q_import_slot_by_ext(l->a, im->db, &old, .ext = t.ext);
	if (e)
		return e;
	if (!old) {
		im->counts->slots_new++;
		tell(l, "new slot %.10s at %s, %s", t.wall, t.wall + 11, t.location_name);
		return q_import_slot_add(im->db, NULL, .ext = t.ext, .location = t.location,
			.clinician = t.clinician, .wall = t.wall, .at = at, .state = "open");
	}
	if (text_eq(old->state, "taken") ||
		(text_eq(old->wall, t.wall) && old->location == t.location &&
			old->clinician == t.clinician))
		return OK;
	im->counts->slots_changed++;
	tell(l, "slot %s is now %.10s at %s", t.ext, t.wall, t.wall + 11);
	return q_import_slot_set(im->db, NULL, .id = old->id, .location = t.location,
		.clinician = t.clinician, .wall = t.wall, .at = at, .state = old->state);
}

static enum err begin_file(struct import *im, const struct csv_row *row)
{
	im->header = import_header_read(row);
	enum import_kind seen = import_header_kind(&im->header);
	im->kind = im->job->kind ? im->job->kind : seen;
	if (seen == IMPORT_BY_HEADER ||
		(im->job->kind && im->job->kind != seen && seen != IMPORT_VISITS)) {
		im->job->finding(im->job->context, row->line, 0,
			"the first line must name the columns: for patients first name and phone; "
			"for "
			"visits also date and time; for slots date, time and location");
		return ERR_INPUT;
	}
	return OK;
}

static enum err commit(struct import *im)
{
	if (!im->pending)
		return OK;
	im->pending = 0;
	enum err e = db_commit(im->db);
	if (e) {
		*im->counts = im->committed;
		return e;
	}
	im->committed = *im->counts;
	im->job->progress(im->job->context, im->counts);
	return OK;
}

static void roll_back(struct import *im)
{
	if (!im->pending)
		return;
	im->pending = 0;
	*im->counts = im->committed;
	db_rollback(im->db);
}

/* A comma that is not between quotes pushes all that follows into the wrong columns. */
static bool fits_header(struct line *l)
{
	for (size_t i = l->im->header.n; i < l->row->n; i++)
		if (*l->row->fields[i]) {
			l->im->job->finding(l->im->job->context, l->row->line, (int)i + 1,
				"the row has more fields than the header; put fields with a comma "
				"in them between quotes");
			l->bad = true;
			return false;
		}
	return true;
}

static enum err take_row(void *context, struct arena *a, const struct csv_row *row)
{
	static enum err (*const takers[])(struct line *) = {
		[IMPORT_PATIENTS] = patient_row,
		[IMPORT_VISITS] = visit_row,
		[IMPORT_SLOTS] = slot_row,
	};
	struct import *im = context;
	if (im->kind == IMPORT_BY_HEADER)
		return begin_file(im, row);
	struct line l = {im, a, row, false};
	enum err e = im->pending ? OK : db_begin(im->db);
	if (e)
		return e;
	im->pending++;
	im->counts->rows++;
	if (fits_header(&l))
		e = takers[im->kind](&l);
	im->counts->bad += l.bad;
	return e || im->pending < ROWS_PER_COMMIT ? e : commit(im);
}

static void unreadable(void *context, int line, int column, const char *what)
{
	struct import *im = context;
	im->counts->rows++;
	im->counts->bad++;
	im->job->finding(im->job->context, line, column, what);
}

enum err import_run(struct db *db, const struct config *c, const struct import_job *job,
	struct import_counts *counts)
{
	*counts = (struct import_counts){0};
	struct import im = {.db = db,
		.config = c,
		.job = job,
		.counts = counts,
		.now = clock_now(),
		.day_first = !text_eq(c->country, "US") && !text_eq(c->country, "CA")};
	enum err e = csv_read(job->path,
		&(struct csv_reader){.row = take_row, .complain = unreadable, .context = &im});
	/* What stood before a place that cannot be read is sound. */
	if (e && e != ERR_INPUT)
		roll_back(&im);
	enum err last = commit(&im);
	return e ? e : last;
}
