/* See seed.h. Who comes when is a plain function of the day, so that two starts on one day agree.
 * All numbers are from the range kept for fiction (555-01xx). */
#include "responder/demo/seed.h"

#include <stdio.h>

#include "build/gen/q.h"
#include "responder/base/must.h"
#include "responder/base/zone.h"
#include "responder/flow/visit.h"

#define DAYS 14
#define PEOPLE 40
#define SETTLED_S (30 * 24 * 3600) /* visits of a first start were made this long ago */

static const struct {
	const char *first, *last, *lang;
} people[PEOPLE] = {
	/* three families, each on one phone */
	{"Ada", "Moreno", "en"},
	{"Ben", "Moreno", "en"},
	{"Cleo", "Moreno", "en"},
	{"Rosa", "Vargas", "es"},
	{"Mateo", "Vargas", "es"},
	{"Walter", "Olsen", "en"},
	{"June", "Olsen", "en"},
	{"Luz", "Herrera", "es"},
	{"Bob", "Tanner", "en"},
	{"Grace", "Lin", "en"},
	{"Diego", "Salas", "es"},
	{"Hazel", "Burke", "en"},
	{"Omar", "Haddad", "en"},
	{"Ines", "Pardo", "es"},
	{"Noah", "Fisher", "en"},
	{"Pearl", "Dixon", "en"},
	{"Marta", "Solis", "es"},
	{"Ivan", "Petrov", "en"},
	{"Ruth", "Keller", "en"},
	{"Pablo", "Rios", "es"},
	{"Mina", "Shah", "en"},
	{"Leo", "Grant", "en"},
	{"Elena", "Campos", "es"},
	{"Amos", "Reed", "en"},
	{"Tess", "Nolan", "en"},
	{"Carlos", "Mendez", "es"},
	{"Vera", "Stone", "en"},
	{"Jack", "Price", "en"},
	{"Nora", "Quinn", "en"},
	{"Hugo", "Leon", "es"},
	{"Stella", "Marsh", "en"},
	{"Felix", "Wong", "en"},
	{"Alma", "Reyes", "es"},
	{"Gus", "Palmer", "en"},
	{"Dora", "Klein", "en"},
	{"Raul", "Ortega", "es"},
	{"Mabel", "Frost", "en"},
	{"Theo", "Barnes", "en"},
	{"Sonia", "Duarte", "es"},
	{"Hank", "Cole", "en"},
};

static const char *const clinicians[] = {"Dr. Osei", "Dr. Patel", "Dra. Ruiz"};

static int family_of(int person)
{
	return person < 3 ? 0 : person < 5 ? 3 : person < 7 ? 5 : person;
}

struct seeding {
	struct arena *a;
	struct db *db;
	const struct config *c;
	int64_t now, since;
	int64_t locations[2], clinicians[3], people[PEOPLE];
};

static enum err seed_names(struct seeding *s)
{
	for (int i = 0; i < 2; i++) {
		struct q_location_by_name *l;
		enum err e = q_location_by_name(s->a, s->db, &l, .name = s->c->locations[i].name);
		if (e)
			return e;
		must(l);
		s->locations[i] = l->id;
	}
	for (int i = 0; i < 3; i++) {
		struct q_import_clinician *c;
		enum err e = q_import_clinician(s->a, s->db, &c, .name = clinicians[i]);
		struct q_import_clinician_add *made;
		if (!e && !c)
			e = q_import_clinician_add(s->a, s->db, &made, .name = clinicians[i]);
		if (e)
			return e;
		s->clinicians[i] = c ? c->id : made->id;
	}
	return OK;
}

static enum err seed_person(struct seeding *s, int i)
{
	char ext[24], theirs[32];
	struct q_demo_patient *known;
	struct q_import_patient_add *made;
	snprintf(ext, sizeof ext, "demo-%d", i);
	snprintf(theirs, sizeof theirs, "+131255501%02d", 10 + family_of(i));
	enum err e = q_demo_patient(s->a, s->db, &known, .ext = ext);
	if (!e && !known)
		e = q_import_patient_add(s->a, s->db, &made, .ext = ext, .first = people[i].first,
			.last = people[i].last, .theirs = theirs, .lang = people[i].lang,
			.state = "active");
	if (!e)
		s->people[i] = known ? known->id : made->id;
	return e;
}

static enum err seed_visit(struct seeding *s, struct wall day, int person, int turn)
{
	int place = person % 2;
	const char *zone = s->c->locations[place].zone;
	char wall[ZONE_WALL], ext[48];
	day.hour = 9 + turn % 7;
	day.minute = turn % 3 * 20;
	zone_format_wall(day, wall);
	if (zone_epoch(zone, day) < s->now + 4 * 3600)
		return OK;
	snprintf(ext, sizeof ext, "demo-%.10s-%d", wall, person);
	struct q_visit_by_ext *known;
	enum err e = q_visit_by_ext(s->a, s->db, &known, .ext = ext);
	if (e || known)
		return e;
	int64_t id;
	enum visit_result result;
	return visit_put(s->a, s->db, s->c, s->now,
		&(struct visit_put){.ext = ext,
			.patient = s->people[person],
			.location = s->locations[place],
			.clinician = s->clinicians[person % 3],
			.wall = wall,
			.zone = zone,
			.state = turn % 5 == 4 ? "confirmed" : NULL,
			.actor = "demo",
			.since = s->since},
		&id, &result);
}

static enum err seed_slot(struct seeding *s, struct wall day, int turn)
{
	int place = turn % 2;
	char wall[ZONE_WALL], ext[48];
	day.hour = turn % 2 ? 15 : 11;
	day.minute = 40;
	zone_format_wall(day, wall);
	int64_t at = zone_epoch(s->c->locations[place].zone, day);
	snprintf(ext, sizeof ext, "demo-slot-%s", wall);
	struct q_import_slot_by_ext *known;
	enum err e = q_import_slot_by_ext(s->a, s->db, &known, .ext = ext);
	if (e || known || at < s->now)
		return e;
	return q_import_slot_add(s->db, NULL, .ext = ext, .location = s->locations[place],
		.clinician = s->clinicians[turn % 3], .wall = wall, .at = at, .state = "open");
}

/* Five visits and two slots each day but Sunday. */
static enum err seed_day(struct seeding *s, struct wall day)
{
	int64_t number =
		zone_epoch("UTC",
			(struct wall){.year = day.year, .month = day.month, .day = day.day}) /
		86400;
	enum err e = OK;
	if (day.weekday == 0)
		return OK;
	for (int turn = 0; !e && turn < 5; turn++)
		e = seed_visit(
			s, day, (int)((number * 5 + turn) % PEOPLE), turn + (int)(number % 3));
	for (int turn = 0; !e && turn < 2; turn++)
		e = seed_slot(s, day, turn + (int)(number % 2));
	return e;
}

static enum err seed_all(struct seeding *s)
{
	struct wall today = zone_wall(s->c->locations[0].zone, s->now);
	enum err e = seed_names(s);
	for (int i = 0; !e && i < PEOPLE; i++)
		e = seed_person(s, i);
	for (int day = 0; !e && day <= DAYS; day++) {
		struct wall w = zone_add_days(today, day);
		e = seed_day(s, w);
	}
	return e;
}

enum err seed_practice(struct arena *a, struct db *db, const struct config *c, int64_t now)
{
	struct seeding s = {.a = a, .db = db, .c = c, .now = now};
	struct q_demo_visits *visits;
	enum err e = q_demo_visits(a, db, &visits, .after = 0);
	if (!e)
		e = db_begin(db);
	if (e)
		return e;
	s.since = visits->n ? now : now - SETTLED_S;
	e = seed_all(&s);
	if (e) {
		db_rollback(db);
		return e;
	}
	return db_commit(db);
}
