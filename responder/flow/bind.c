/* See bind.h. Several texts may have asked about one visit: only the newest of them counts. */
#include "responder/flow/bind.h"

#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/base/zone.h"

const char *bind_describe(struct arena *a, const struct visit *v)
{
	return arena_printf(a, "the visit on %.10s at %s%s%s", v->wall, v->wall + 11,
		v->clinician ? " with " : "", v->clinician ? v->clinician : "");
}

/* Whether the day and time that the text names are those of the visit; true when it names none. */
static bool time_fits(const struct situation *s, const struct visit *v)
{
	struct wall at;
	must(zone_parse_wall(v->wall, &at));
	return !(s->reading.guards & GUARD_TIME) ||
	       said_agrees(&s->reading.said, &at, zone_wall(v->zone, s->now));
}

/* Whether the text names this patient, or nobody. */
static bool name_fits(const struct situation *s, int64_t patient)
{
	if (!s->reading.named)
		return true;
	for (size_t i = 0; i < s->person_n && i < 32; i++)
		if (s->people[i].id == patient)
			return s->reading.named >> i & 1;
	return false;
}

/* By the visit's time, as people list them. */
static void insert(struct binding *b, const struct question *q)
{
	size_t i = b->n++;
	for (; i && b->at[i - 1]->visit.at > q->visit.at; i--)
		b->at[i] = b->at[i - 1];
	b->at[i] = q;
}

static void collect(const struct situation *s, struct binding *b)
{
	for (size_t i = 0; i < s->question_n && b->n < BIND_MOST; i++) {
		const struct question *q = &s->questions[i];
		bool known = !text_eq(q->kind, "confirm");
		for (size_t k = 0; k < b->n; k++)
			known |= b->at[k]->visit.id == q->visit.id;
		if (!known)
			insert(b, q);
	}
}

static void keep_named(const struct situation *s, struct binding *b)
{
	size_t kept = 0;
	for (size_t i = 0; i < b->n; i++) {
		const struct visit *v = &b->at[i]->visit;
		if (name_fits(s, v->patient) && time_fits(s, v))
			b->at[kept++] = b->at[i];
	}
	b->n = kept;
}

static struct binding none(const char *why)
{
	return (struct binding){.why = why};
}

struct binding bind_answer(struct arena *a, const struct situation *s)
{
	struct binding b = {0};
	collect(s, &b);
	if (!b.n)
		return none(s->asked_before ? "What we had asked is no longer open."
					    : "We had not asked anything that this could answer.");
	const struct question *only = b.n == 1 ? b.at[0] : NULL;
	keep_named(s, &b);
	if (!b.n && only)
		return none(
			arena_printf(a, "It names another time, or somebody else, than %s is for.",
				bind_describe(a, &only->visit)));
	if (!b.n)
		return none("It names none of the visits that wait for an answer.");
	if (b.n > 1 && !s->reading.all) {
		b.several = b.n;
		b.n = 0;
		b.why = "More than one visit is waiting for an answer on this number.";
		return b;
	}
	for (size_t i = 0; i < b.n; i++)
		if (b.at[i]->moved)
			return none(arena_printf(a, "But %s has moved since we asked.",
				bind_describe(a, &b.at[i]->visit)));
	return b;
}

const struct question *bind_which_asked(const struct situation *s)
{
	const struct question *q = s->question_n ? &s->questions[0] : NULL;
	return q && text_starts(q->kind, "which-") && !q->answered ? q : NULL;
}

static const struct question *about(const struct situation *s, int64_t visit)
{
	for (size_t i = 0; i < s->question_n; i++)
		if (text_eq(s->questions[i].kind, "confirm") && s->questions[i].visit.id == visit)
			return &s->questions[i];
	return NULL;
}

struct binding bind_which(const struct situation *s)
{
	const struct question *asked = bind_which_asked(s);
	struct binding b = {0};
	size_t from = 0, to = asked->choice_n;
	if (s->reading.intent == INTENT_CHOICE) {
		from = (size_t)s->reading.choice - 1;
		to = from + 1;
	}
	for (size_t i = from; i < to && i < asked->choice_n && b.n < BIND_MOST; i++) {
		const struct question *q = about(s, asked->choices[i]);
		if (q)
			b.at[b.n++] = q;
	}
	keep_named(s, &b);
	for (size_t i = 0; i < b.n; i++)
		if (b.at[i]->moved)
			return none("But the visit has moved since we asked.");
	return b.n == 1 || (b.n && s->reading.all)
		       ? b
		       : none("It does not say which of the visits is meant.");
}

const struct question *bind_part(const struct situation *s, const struct reading_part *p)
{
	const struct question *asked = bind_which_asked(s), *found = NULL;
	struct binding b = {0};
	if (p->number)
		return asked && (size_t)p->number <= asked->choice_n
			       ? about(s, asked->choices[p->number - 1])
			       : NULL;
	collect(s, &b);
	for (size_t i = 0; i < b.n; i++) {
		if (b.at[i]->visit.patient != s->people[p->name].id)
			continue;
		if (found)
			return NULL;
		found = b.at[i];
	}
	return found;
}
