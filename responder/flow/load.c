/* The loader of situations. Rows become the plain structs of situation.h here and nowhere else. */
#include "responder/flow/load.h"

#include "build/gen/q.h"
#include "responder/base/text.h"
#include "responder/flow/consent.h"
#include "responder/flow/decide.h"

#define SLOTS_SEEN 3
#define LATE_BY_S (2 * 3600) /* a visit that began this long ago may still be run late for */
#define RECENT_S (30 * 24 * 3600)
#define RECENT_MOST 20
#define NOTICE_S 3600 /* a slot sooner than this is not offered */

static enum err load_people(struct arena *a, struct db *db, struct situation *s)
{
	struct q_people_on *rows;
	size_t n;
	enum err e = q_people_on(a, db, &rows, &n, .theirs = s->mo->theirs);
	if (e)
		return e;
	struct person *people = arena_array(a, struct person, n);
	for (size_t i = 0; i < n; i++)
		people[i] = (struct person){
			rows[i].id, rows[i].first, rows[i].lang, text_eq(rows[i].state, "active")};
	s->people = people;
	s->person_n = n;
	return OK;
}

static enum err load_visits(struct arena *a, struct db *db, struct situation *s)
{
	struct q_visits_on *rows;
	size_t n;
	enum err e =
		q_visits_on(a, db, &rows, &n, .theirs = s->mo->theirs, .after = s->now - LATE_BY_S);
	if (e)
		return e;
	struct visit *visits = arena_array(a, struct visit, n);
	for (size_t i = 0; i < n; i++)
		visits[i] = (struct visit){rows[i].id, rows[i].patient, rows[i].at, rows[i].wall,
			rows[i].zone, rows[i].state, rows[i].clinician, rows[i].fingerprint};
	s->visits = visits;
	s->visit_n = n;
	return OK;
}

/* What the reader may know: who is on the number, and what we lately wrote to it. */
static enum err read_text(
	struct arena *a, struct db *db, const struct keywords *k, struct situation *s)
{
	struct q_recent_texts *ours = NULL;
	size_t n = 0;
	enum err e = OK;
	if (keywords_may_quote(s->mo->text))
		e = q_recent_texts(a, db, &ours, &n, .theirs = s->mo->theirs,
			.after = s->now - RECENT_S, .most = RECENT_MOST);
	if (e)
		return e;
	const char **texts = arena_array(a, const char *, n),
		   **names = arena_array(a, const char *, s->person_n),
		   **others = arena_array(a, const char *, s->visit_n);
	size_t other_n = 0;
	for (size_t i = 0; i < n; i++)
		texts[i] = ours[i].body;
	for (size_t i = 0; i < s->person_n; i++)
		names[i] = s->people[i].first;
	for (size_t i = 0; i < s->visit_n; i++)
		if (s->visits[i].clinician)
			others[other_n++] = s->visits[i].clinician;
	keywords_read(a, k, s->mo->text,
		&(struct reading_aids){texts, n, names, s->person_n, others, other_n}, &s->reading);
	return OK;
}

static enum err load_confirm(
	struct arena *a, struct db *db, const struct q_questions_on *row, struct question *q)
{
	struct q_visit_get *v;
	enum err e = q_visit_get(a, db, &v, .id = row->visit);
	if (e)
		return e;
	if (!v)
		return ERR_STORE; /* a foreign key says that this cannot be */
	q->visit = (struct visit){
		v->id, v->patient, v->at, v->wall, v->zone, v->state, v->clinician, v->fingerprint};
	q->moved = !text_eq(v->fingerprint, row->fingerprint);
	return OK;
}

static enum err load_offered(struct arena *a, struct db *db, struct question *q)
{
	struct q_slots_offered *rows;
	enum err e = q_slots_offered(a, db, &rows, &q->slot_n, .question = q->id);
	if (e)
		return e;
	struct slot *slots = arena_array(a, struct slot, q->slot_n);
	for (size_t i = 0; i < q->slot_n; i++)
		slots[i] = (struct slot){rows[i].id, rows[i].at, rows[i].wall, rows[i].zone,
			rows[i].clinician, rows[i].location, !text_eq(rows[i].state, "open")};
	q->slots = slots;
	return OK;
}

static enum err load_choices(struct arena *a, struct db *db, struct question *q)
{
	struct q_question_visits *rows;
	enum err e = q_question_visits(a, db, &rows, &q->choice_n, .question = q->id);
	int64_t *choices = arena_array(a, int64_t, q->choice_n);
	for (size_t i = 0; !e && i < q->choice_n; i++)
		choices[i] = rows[i].visit;
	q->choices = choices;
	return e;
}

static enum err load_questions(struct arena *a, struct db *db, struct situation *s)
{
	struct q_questions_on *rows;
	size_t n;
	enum err e = q_questions_on(a, db, &rows, &n, .theirs = s->mo->theirs, .ours = s->mo->ours);
	struct question *questions = arena_array(a, struct question, n);
	s->questions = questions;
	s->asked_before = n > 0;
	for (size_t i = 0; !e && i < n; i++) {
		if (rows[i].until <= s->now)
			continue;
		struct question *q = &questions[s->question_n++];
		*q = (struct question){.id = rows[i].id,
			.until = rows[i].until,
			.kind = rows[i].kind,
			.patient = rows[i].patient,
			.answered = text_eq(rows[i].state, "answered")};
		e = rows[i].visit		? load_confirm(a, db, &rows[i], q)
		    : text_eq(q->kind, "slots") ? load_offered(a, db, q)
						: load_choices(a, db, q);
	}
	return e;
}

static enum err load_slots(struct arena *a, struct db *db, struct situation *s)
{
	struct q_slots_open *rows;
	enum err e = q_slots_open(
		a, db, &rows, &s->slot_n, .after = s->now + NOTICE_S, .most = SLOTS_SEEN);
	if (e)
		return e;
	struct slot *slots = arena_array(a, struct slot, s->slot_n);
	for (size_t i = 0; i < s->slot_n; i++)
		slots[i] = (struct slot){rows[i].id, rows[i].at, rows[i].wall, rows[i].zone,
			rows[i].clinician, rows[i].location, false};
	s->slots = slots;
	return OK;
}

static enum err load_replies(struct arena *a, struct db *db, struct situation *s)
{
	struct q_replies_to *row;
	enum err e = q_replies_to(a, db, &row, .theirs = s->mo->theirs, .hour_ago = s->now - 3600,
		.day_ago = s->now - 24 * 3600);
	if (e)
		return e;
	s->replies_hour = row->hour;
	s->replies_day = row->day;
	s->held_back_today = row->holds > 0;
	return OK;
}

/* Only where several visits wait for an answer can it have parts. */
static void read_parts(struct arena *a, const struct keywords *k, struct situation *s)
{
	const char **names = arena_array(a, const char *, s->person_n);
	for (size_t i = 0; i < s->person_n; i++)
		names[i] = s->people[i].first;
	if (s->question_n > 1)
		s->part_n = keywords_parts(a, k, s->reading.normal, names, s->person_n, s->parts);
}

/* Robots repeat themselves; only what nobody understands is looked at so closely. */
static enum err load_repeats(struct arena *a, struct db *db, struct situation *s)
{
	struct q_same_lately *row;
	if (s->reading.intent != INTENT_NONE || text_empty(s->reading.normal))
		return OK;
	enum err e = q_same_lately(a, db, &row, .theirs = s->mo->theirs, .after = s->now - 3600,
		.normal = s->reading.normal);
	s->same_lately = e ? 0 : row->n;
	return e;
}

enum err load_situation(struct arena *a, struct db *db, const struct app *app,
	const struct account *account, const struct mo *mo, int64_t now, struct situation *out)
{
	*out = (struct situation){.now = now,
		.config = app->config,
		.mo = mo,
		.provider_answers = account->provider_answers_stop};
	enum err e = load_people(a, db, out);
	if (!e)
		e = load_visits(a, db, out);
	if (!e)
		e = read_text(a, db, app->keywords, out);
	if (!e)
		e = load_questions(a, db, out);
	if (!e && decide_needs_slots(&out->reading))
		e = load_slots(a, db, out);
	if (!e)
		e = load_replies(a, db, out);
	if (!e)
		read_parts(a, app->keywords, out);
	if (!e)
		e = load_repeats(a, db, out);
	if (!e)
		e = consent_suppressed(a, db, mo->theirs, &out->suppressed);
	return e;
}
