/* From a situation to a decision: one handler per intent, in a table. The handlers share one rule:
 * act only on a clean reading about exactly one visit; everything else becomes a task for staff
 * that keeps the message and says why. */
#include "responder/flow/decide.h"

#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/base/zone.h"
#include "responder/flow/profile.h"
#include "responder/sms/e164.h"

#define REPLIES_PER_HOUR 3
#define REPLIES_PER_DAY 10
#define LATE_HORIZON_S (36 * 3600)
#define OFFER_MOST 3
#define SAME_MOST 2 /* more of the same within an hour is a robot's */

/* Each of these makes an answer unsafe to act on. */
#define UNSAFE                                                                                     \
	(GUARD_NEGATION | GUARD_CONTRAST | GUARD_QUESTION | GUARD_SEVERAL | GUARD_MORE |           \
		GUARD_LIMIT)

const char *action_word(enum action action)
{
	static const char *const words[] = {
#define X(name, word) word,
		ACTION_TABLE(X)
#undef X
	};
	must((unsigned)action < sizeof words / sizeof words[0]);
	return words[action];
}

bool decide_needs_slots(const struct reading *r)
{
	return r->intent == INTENT_BOOK || r->intent == INTENT_CHOICE;
}

static void to_staff(struct decision *d, const char *kind, enum task_rank rank, const char *why)
{
	d->action = ACTION_TASK;
	d->task = kind;
	d->task_rank = rank;
	d->why = why;
}

/* A task, and one polite answer a day that a person will read it. */
static void hand_over(const struct situation *s, struct decision *d, const char *why)
{
	to_staff(d, s->person_n ? "unclear" : "stranger", TASK_SOON, why);
	if (!s->held_back_today) {
		d->reply = "hold";
		d->reply_kind = "hold";
	}
}

static void reply(struct decision *d, const char *key)
{
	d->reply = key;
	d->reply_kind = "reply";
}

static const char *describe(struct arena *a, const struct visit *v)
{
	return arena_printf(a, "the visit on %.10s at %s%s%s", v->wall, v->wall + 11,
		v->clinician ? " with " : "", v->clinician ? v->clinician : "");
}

/* The confirm question that an answer is about: the only one, or NULL with the reason. */
static const struct question *question_meant(const struct situation *s, const char **why)
{
	const struct question *meant = NULL;
	for (size_t i = 0; i < s->question_n; i++) {
		const struct question *q = &s->questions[i];
		if (!text_eq(q->kind, "confirm") || (meant && meant->visit.id == q->visit.id))
			continue;
		if (meant) {
			*why = "More than one visit is waiting for an answer on this number.";
			return NULL;
		}
		meant = q;
	}
	if (!meant)
		*why = s->asked_before ? "What we had asked is no longer open."
				       : "We had not asked anything that this could answer.";
	return meant;
}

static bool slots_asked_last(const struct situation *s)
{
	return s->question_n && text_eq(s->questions[0].kind, "slots") && !s->questions[0].answered;
}

static const char *unsafe_because(const struct reading *r)
{
	if (r->guards & GUARD_LIMIT)
		return "It could not be read within the limits.";
	if (r->guards & GUARD_NEGATION)
		return "It carries a negation.";
	if (r->guards & GUARD_CONTRAST)
		return "It carries a \"but\".";
	if (r->guards & GUARD_QUESTION)
		return "It asks something.";
	if (r->guards & GUARD_SEVERAL)
		return "It says more than one thing.";
	return "Part of it matched no rule.";
}

/* Whether the day and time that a text names are those of the visit. */
static bool time_agrees(const struct situation *s, const struct visit *v)
{
	const struct said *said = &s->reading.said;
	struct wall at;
	must(zone_parse_wall(v->wall, &at));
	return said_agrees(said, &at, zone_wall(v->zone, s->now));
}

/* Whether the text names this patient. */
static bool names(const struct situation *s, int64_t patient)
{
	for (size_t i = 0; i < s->person_n && i < 32; i++)
		if (s->people[i].id == patient)
			return s->reading.named >> i & 1;
	return false;
}

/* The question that a clean answer is about; NULL after having handed over. */
static const struct question *answerable(
	struct arena *a, const struct situation *s, struct decision *d)
{
	const struct reading *r = &s->reading;
	const char *why = NULL;
	const struct question *q = question_meant(s, &why);
	if (!q)
		hand_over(s, d, arena_printf(a, "%s %s", r->why, why));
	else if (slots_asked_last(s))
		hand_over(s, d,
			arena_printf(a, "%s The last question was which time to book.", r->why));
	else if (q->moved)
		hand_over(s, d,
			arena_printf(a, "%s But %s has moved since we asked.", r->why,
				describe(a, &q->visit)));
	else if (r->guards & UNSAFE)
		hand_over(s, d, arena_printf(a, "%s %s", r->why, unsafe_because(r)));
	else if (r->named && !names(s, q->visit.patient))
		hand_over(s, d,
			arena_printf(a, "%s It names somebody else than %s is for.", r->why,
				describe(a, &q->visit)));
	else if ((r->guards & GUARD_TIME) && !time_agrees(s, &q->visit))
		hand_over(s, d,
			arena_printf(a, "%s It names another time than %s.", r->why,
				describe(a, &q->visit)));
	else
		return q;
	d->visit = q ? &q->visit : NULL;
	return NULL;
}

static void on_confirm(struct arena *a, const struct situation *s, struct decision *d)
{
	const struct question *q = answerable(a, s, d);
	if (!q)
		return;
	d->visit = &q->visit;
	const char *visit = describe(a, &q->visit);
	if (!text_eq(q->visit.state, "booked") && !text_eq(q->visit.state, "confirmed")) {
		hand_over(s, d,
			arena_printf(a, "%s But %s is %s.", s->reading.why, visit, q->visit.state));
		return;
	}
	d->action = ACTION_CONFIRM;
	d->why = arena_printf(a, "%s It answers our question about %s.", s->reading.why, visit);
	d->answers = q->id;
	if (text_eq(q->visit.state, "booked"))
		d->visit_state = "confirmed";
	reply(d, "confirmed");
}

static void on_cancel(struct arena *a, const struct situation *s, struct decision *d)
{
	const struct question *q = answerable(a, s, d);
	if (!q)
		return;
	d->visit = &q->visit;
	d->answers = q->id;
	d->action = ACTION_CANCEL;
	const char *visit = describe(a, &q->visit);
	d->why = arena_printf(a, "%s It answers our question about %s.", s->reading.why, visit);
	if (text_eq(q->visit.state, "cancelled")) {
		reply(d, "cancelled");
		return;
	}
	d->task = "cancelled";
	d->task_rank = q->visit.at - s->now < 24 * 3600 ? TASK_TODAY : TASK_SOON;
	if (q->visit.at - s->now < (int64_t)s->config->cutoff_minutes * 60) {
		d->why = arena_printf(
			a, "%s It is too close for the program to cancel by itself.", d->why);
		d->task = "wants to cancel";
		reply(d, "cancel_staff");
		return;
	}
	d->visit_state = "cancelled";
	reply(d, "cancelled");
}

static void on_no(struct arena *a, const struct situation *s, struct decision *d)
{
	if (slots_asked_last(s)) {
		d->action = ACTION_IGNORE;
		d->answers = s->questions[0].id;
		d->why = arena_printf(a, "%s None of the offered times is wanted.", s->reading.why);
		return;
	}
	on_cancel(a, s, d);
}

static void opt_out(struct decision *d, const struct situation *s, const char *key, const char *why)
{
	d->action = ACTION_STOP;
	d->consent = "withdrawal";
	d->why = why;
	if (s->suppressed || s->provider_answers)
		return;
	d->reply = key;
	d->reply_kind = "stop";
}

static void on_stop(struct arena *a, const struct situation *s, struct decision *d)
{
	opt_out(d, s, "stop",
		arena_printf(a, "%s%s", s->reading.why,
			s->suppressed ? " The number was opted out already." : ""));
}

static void on_cancel_word(struct arena *a, const struct situation *s, struct decision *d)
{
	/* Where the carrier took it for a stop, it has blocked the number already. */
	if (profile_of(s->config->country)->cancel_means_visit && s->mo->signal != SIGNAL_STOP) {
		on_cancel(a, s, d);
		return;
	}
	opt_out(d, s, "stop",
		arena_printf(a,
			"%s Alone, this word is an opt-out by law; they may have meant the visit, "
			"which "
			"stays as it is. They can only be phoned.",
			s->reading.why));
	d->visit = s->visit_n == 1 ? &s->visits[0] : NULL;
	d->task = "wants to cancel, phone them";
	d->task_rank = TASK_TODAY;
}

static void on_wrong_number(struct arena *a, const struct situation *s, struct decision *d)
{
	opt_out(d, s, "wrong_number",
		arena_printf(a, "%s No more texts go to this number.", s->reading.why));
	d->task = "wrong number";
	d->task_rank = TASK_SOON;
}

static void on_start(struct arena *a, const struct situation *s, struct decision *d)
{
	(void)a;
	d->action = ACTION_START;
	d->consent = "grant";
	d->why = s->reading.why;
	if (!s->provider_answers)
		reply(d, "start");
}

static void on_help(struct arena *a, const struct situation *s, struct decision *d)
{
	d->action = ACTION_HELP;
	d->why = s->reading.why;
	if (s->suppressed) {
		d->task = "asks for help, opted out";
		d->task_rank = TASK_SOON;
		d->why = arena_printf(
			a, "%s The number is opted out, so nobody may text back.", d->why);
	} else if (!s->provider_answers) {
		reply(d, "help");
	}
}

static void on_urgent(struct arena *a, const struct situation *s, struct decision *d)
{
	(void)a;
	to_staff(d, "urgent", TASK_URGENT, s->reading.why);
	reply(d, "urgent");
}

static void on_stop_inside(struct arena *a, const struct situation *s, struct decision *d)
{
	to_staff(d, "maybe opt-out", TASK_TODAY,
		arena_printf(a,
			"%s It may mean that they want no more texts: automatic texts to this "
			"number wait "
			"until somebody has decided.",
			s->reading.why));
}

static void on_robot(struct arena *a, const struct situation *s, struct decision *d)
{
	(void)a;
	d->action = ACTION_IGNORE;
	d->why = s->reading.why;
}

static void on_reschedule(struct arena *a, const struct situation *s, struct decision *d)
{
	if (!s->person_n || (s->reading.guards & GUARD_NEGATION)) {
		hand_over(s, d, s->reading.why);
		return;
	}
	to_staff(d, "wants another time", TASK_TODAY,
		arena_printf(a, "%s Staff propose a new time.", s->reading.why));
	d->action = ACTION_RESCHEDULE;
	d->visit = s->visit_n == 1 ? &s->visits[0] : NULL;
	reply(d, "reschedule");
}

static void on_late(struct arena *a, const struct situation *s, struct decision *d)
{
	const struct visit *near = NULL;
	int count = 0;
	for (size_t i = 0; i < s->visit_n; i++) {
		if (s->visits[i].at - s->now > LATE_HORIZON_S)
			continue;
		near = &s->visits[i];
		count++;
	}
	if (count != 1) {
		hand_over(s, d,
			arena_printf(a, "%s There is %s visit in the next hours.", s->reading.why,
				count ? "more than one" : "no"));
		return;
	}
	to_staff(d, "running late", TASK_TODAY,
		s->reading.minutes
			? arena_printf(a, "%s %d minutes late for %s.", s->reading.why,
				  s->reading.minutes, describe(a, near))
			: arena_printf(a, "%s Late for %s.", s->reading.why, describe(a, near)));
	d->action = ACTION_LATE;
	d->visit = near;
	d->late_minutes = s->reading.minutes;
	reply(d, "late");
}

/* Offers up to three open slots to the only person on the number. */
static void offer(struct arena *a, const struct situation *s, struct decision *d, const char *key)
{
	const char *why = s->person_n == 0  ? "The number is not a patient's."
			  : s->person_n > 1 ? "Several patients share the number: who is it for?"
			  : s->slot_n == 0  ? "There is no open time to offer."
					    : NULL;
	if (why) {
		hand_over(s, d, arena_printf(a, "%s %s", s->reading.why, why));
		return;
	}
	d->action = ACTION_BOOK;
	d->patient = s->people[0].id;
	d->offer = s->slots;
	d->offer_n = s->slot_n < OFFER_MOST ? s->slot_n : OFFER_MOST;
	d->why = arena_printf(a, "%s Offered %zu open times.", s->reading.why, d->offer_n);
	reply(d, key);
}

static void on_book(struct arena *a, const struct situation *s, struct decision *d)
{
	if (s->reading.guards & (GUARD_NEGATION | GUARD_CONTRAST | GUARD_SEVERAL | GUARD_LIMIT))
		hand_over(s, d,
			arena_printf(a, "%s %s", s->reading.why, unsafe_because(&s->reading)));
	else
		offer(a, s, d, "offer");
}

static void on_choice(struct arena *a, const struct situation *s, struct decision *d)
{
	const struct question *q = slots_asked_last(s) ? &s->questions[0] : NULL;
	int n = s->reading.choice;
	if (!q || n < 1 || (size_t)n > q->slot_n || (s->reading.guards & UNSAFE)) {
		hand_over(s, d,
			arena_printf(a, "%s %s", s->reading.why,
				q ? "That is none of the offered times, or says more."
				  : "No list of times is waiting for a choice."));
		return;
	}
	d->answers = q->id;
	const struct slot *slot = &q->slots[n - 1];
	if (slot->gone) {
		offer(a, s, d, "offer_again");
		return;
	}
	d->action = ACTION_BOOK;
	d->patient = q->patient;
	d->take = slot;
	d->why = arena_printf(a, "%s It takes offered time %d: %.10s at %s.", s->reading.why, n,
		slot->wall, slot->wall + 11);
	reply(d, "booked");
}

static void on_thanks(struct arena *a, const struct situation *s, struct decision *d)
{
	if (s->reading.guards & (UNSAFE | GUARD_TIME)) {
		hand_over(s, d,
			arena_printf(a, "%s %s", s->reading.why, unsafe_because(&s->reading)));
		return;
	}
	d->action = ACTION_IGNORE;
	d->why = arena_printf(a, "%s Nothing to do.", s->reading.why);
}

static void on_none(struct arena *a, const struct situation *s, struct decision *d)
{
	if (s->same_lately >= SAME_MOST) {
		d->action = ACTION_IGNORE;
		d->why = arena_printf(a,
			"%s The same text came several times within the hour: a robot seems to "
			"answer. The first is with staff.",
			s->reading.why);
		return;
	}
	hand_over(s, d,
		s->mo->media ? arena_printf(a, "%s A picture or file came with it.", s->reading.why)
			     : s->reading.why);
}

typedef void handler(struct arena *a, const struct situation *s, struct decision *d);

static handler *const handlers[INTENT_COUNT] = {
	[INTENT_STOP] = on_stop,
	[INTENT_CANCEL_WORD] = on_cancel_word,
	[INTENT_START] = on_start,
	[INTENT_URGENT] = on_urgent,
	[INTENT_WRONG_NUMBER] = on_wrong_number,
	[INTENT_STOP_INSIDE] = on_stop_inside,
	[INTENT_HELP] = on_help,
	[INTENT_ROBOT] = on_robot,
	[INTENT_RESCHEDULE] = on_reschedule,
	[INTENT_CANCEL] = on_cancel,
	[INTENT_LATE] = on_late,
	[INTENT_BOOK] = on_book,
	[INTENT_CONFIRM] = on_confirm,
	[INTENT_NO] = on_no,
	[INTENT_CHOICE] = on_choice,
	[INTENT_THANKS] = on_thanks,
	[INTENT_NONE] = on_none,
};

/* What the carrier made of the text may add to our own reading, never take from it: a revocation
 * wins over all, and only our own words opt in (carriers count YES, which answers our question). */
static enum intent intent_of(const struct situation *s)
{
	enum intent own = s->reading.intent;
	if (s->mo->signal == SIGNAL_STOP && own != INTENT_CANCEL_WORD)
		return INTENT_STOP;
	if (s->mo->signal == SIGNAL_HELP && own > INTENT_HELP)
		return INTENT_HELP;
	return own;
}

/* No automatic reply may go: drop it, and what only makes sense with it. */
static void silence(struct arena *a, struct decision *d, const char *why)
{
	if (!d->reply)
		return;
	d->reply = d->reply_kind = NULL;
	d->offer_n = 0;
	d->why = arena_printf(a, "%s %s", d->why, why);
	if (!d->task && !d->consent) {
		d->task = "unanswered";
		d->task_rank = TASK_SOON;
	}
}

struct decision decide(struct arena *a, const struct situation *s)
{
	struct decision d = {.why = ""};
	handlers[intent_of(s)](a, s, &d);
	if (s->suppressed && d.action != ACTION_START)
		silence(a, &d, "No reply: the number is opted out.");
	if (!e164_ok(s->mo->theirs))
		silence(a, &d, "No reply: it did not come from a phone number.");
	if (s->replies_hour >= REPLIES_PER_HOUR || s->replies_day >= REPLIES_PER_DAY)
		silence(a, &d, "No reply: this number has had enough automatic replies for now.");
	return d;
}
