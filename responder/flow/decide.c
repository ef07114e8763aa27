/* From a situation to a decision: one handler per intent, in a table. The handlers share one rule:
 * act only on a clean reading about exactly one visit; everything else becomes a task for staff
 * that keeps the message and says why. */
#include "responder/flow/decide.h"

#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/flow/bind.h"
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

/* Once, and only when the answer is clean but for not saying whose it is. */
static bool may_ask_which(const struct situation *s)
{
	return !(s->reading.guards & (UNSAFE | GUARD_TIME)) && !s->reading.named &&
	       !slots_asked_last(s) && !bind_which_asked(s);
}

static void ask_which(
	struct arena *a, const struct situation *s, struct decision *d, const struct binding *b)
{
	d->action = ACTION_ASK;
	d->which_no = s->reading.intent != INTENT_CONFIRM;
	for (size_t i = 0; i < b->several; i++)
		d->which[d->which_n++] = &b->at[i]->visit;
	d->why = arena_printf(a, "%s %s We ask which.", s->reading.why, b->why);
	reply(d, "which");
}

/* The questions that a clean answer is about; none after having handed over, or asked which. */
static struct binding answerable(struct arena *a, const struct situation *s, struct decision *d)
{
	const struct reading *r = &s->reading;
	struct binding b = bind_answer(a, s);
	const char *why = !b.n			? b.why
			  : slots_asked_last(s) ? "The last question was which time to book."
			  : r->guards & UNSAFE	? unsafe_because(r)
						: NULL;
	if (!why)
		return b;
	if (b.several && may_ask_which(s)) {
		ask_which(a, s, d, &b);
		return (struct binding){0};
	}
	hand_over(s, d, arena_printf(a, "%s %s", r->why, why));
	d->visit = b.n == 1 ? &b.at[0]->visit : NULL;
	return (struct binding){0};
}

static void change(struct decision *d, const struct question *q, const char *state)
{
	must(d->change_n < CHANGES_MOST);
	d->changes[d->change_n++] = (struct visit_change){&q->visit, state, q->id};
}

static const char *answers_about(
	struct arena *a, const struct situation *s, const struct binding *b)
{
	const char *why = s->reading.why;
	for (size_t i = 0; i < b->n; i++)
		why = arena_printf(a, "%s It answers our question about %s.", why,
			bind_describe(a, &b->at[i]->visit));
	return why;
}

static void confirm(
	struct arena *a, const struct situation *s, struct decision *d, struct binding b)
{
	for (size_t i = 0; i < b.n; i++) {
		const struct visit *v = &b.at[i]->visit;
		if (text_eq(v->state, "booked") || text_eq(v->state, "confirmed"))
			continue;
		hand_over(s, d,
			arena_printf(a, "%s But %s is %s.", s->reading.why, bind_describe(a, v),
				v->state));
		d->visit = v;
		return;
	}
	if (!b.n)
		return;
	d->action = ACTION_CONFIRM;
	d->why = answers_about(a, s, &b);
	for (size_t i = 0; i < b.n; i++)
		change(d, b.at[i], text_eq(b.at[i]->visit.state, "booked") ? "confirmed" : NULL);
	d->visit = b.n == 1 ? &b.at[0]->visit : NULL;
	reply(d, b.n == 1 ? "confirmed" : "confirmed_all");
}

static void on_confirm(struct arena *a, const struct situation *s, struct decision *d)
{
	confirm(a, s, d, answerable(a, s, d));
}

/* Too close for the program to cancel by itself. */
static bool within_cutoff(const struct situation *s, const struct visit *v)
{
	return v->at - s->now < (int64_t)s->config->cutoff_minutes * 60;
}

static void cancel(struct arena *a, const struct situation *s, struct decision *d, struct binding b)
{
	if (!b.n)
		return;
	bool done = true, close = false, today = false;
	for (size_t i = 0; i < b.n; i++) {
		const struct visit *v = &b.at[i]->visit;
		bool cancelled = text_eq(v->state, "cancelled");
		done &= cancelled;
		close |= !cancelled && within_cutoff(s, v);
		today |= v->at - s->now < 24 * 3600;
	}
	d->action = ACTION_CANCEL;
	d->why = answers_about(a, s, &b);
	d->visit = b.n == 1 ? &b.at[0]->visit : NULL;
	for (size_t i = 0; i < b.n; i++)
		change(d, b.at[i],
			close || text_eq(b.at[i]->visit.state, "cancelled") ? NULL : "cancelled");
	reply(d, b.n > 1 && close ? "cancel_staff_all"
		 : close	  ? "cancel_staff"
		 : b.n > 1	  ? "cancelled_all"
				  : "cancelled");
	if (done)
		return;
	d->task = close ? "wants to cancel" : "cancelled";
	d->task_rank = today ? TASK_TODAY : TASK_SOON;
	if (close)
		d->why = arena_printf(
			a, "%s It is too close for the program to cancel by itself.", d->why);
}

static void on_cancel(struct arena *a, const struct situation *s, struct decision *d)
{
	cancel(a, s, d, answerable(a, s, d));
}

/* Whether the text answers our question which visit is meant; then it is dealt with. */
static bool answers_which(struct arena *a, const struct situation *s, struct decision *d)
{
	const struct question *q = bind_which_asked(s);
	if (!q || (s->reading.guards & UNSAFE))
		return false;
	struct binding b = bind_which(s);
	if (!b.n) {
		hand_over(s, d, arena_printf(a, "%s %s", s->reading.why, b.why));
		return true;
	}
	d->answers = q->id;
	if (text_eq(q->kind, "which-yes"))
		confirm(a, s, d, b);
	else
		cancel(a, s, d, b);
	return true;
}

/* Whether this part of an answer may be done without asking anybody. */
static bool part_is_safe(
	const struct situation *s, const struct question *q, const struct reading_part *p)
{
	if (!q || q->moved)
		return false;
	if (!text_eq(q->visit.state, "booked") && !text_eq(q->visit.state, "confirmed"))
		return false;
	return p->yes || !within_cutoff(s, &q->visit);
}

/* "1 yes 2 no": all of its parts, or false and nothing. */
static bool answers_in_parts(struct arena *a, const struct situation *s, struct decision *d)
{
	const struct question *of[PARTS_MOST], *asked = bind_which_asked(s);
	bool yes = false, no = false;
	for (size_t i = 0; i < s->part_n; i++) {
		of[i] = bind_part(s, &s->parts[i]);
		if (!part_is_safe(s, of[i], &s->parts[i]))
			return false;
		yes |= s->parts[i].yes;
		no |= !s->parts[i].yes;
	}
	d->why = arena_printf(a, "It answers in %zu parts.", s->part_n);
	for (size_t i = 0; i < s->part_n; i++) {
		bool confirmed = text_eq(of[i]->visit.state, "confirmed");
		change(d, of[i], !s->parts[i].yes ? "cancelled" : confirmed ? NULL : "confirmed");
	}
	d->action = yes ? ACTION_CONFIRM : ACTION_CANCEL;
	d->answers = asked ? asked->id : 0;
	reply(d, yes && no ? "answered_all" : yes ? "confirmed_all" : "cancelled_all");
	if (no) {
		d->task = "cancelled";
		d->task_rank = TASK_TODAY;
	}
	return true;
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
	if ((s->reading.guards & GUARD_NEGATION) && !s->reading.minutes) {
		hand_over(s, d,
			arena_printf(a, "%s %s", s->reading.why, unsafe_because(&s->reading)));
		return;
	}
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
		s->reading.minutes ? arena_printf(a, "%s %d minutes late for %s.", s->reading.why,
					     s->reading.minutes, bind_describe(a, near))
				   : arena_printf(a, "%s Late for %s.", s->reading.why,
					     bind_describe(a, near)));
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
	if (answers_which(a, s, d))
		return;
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
	bool selects = s->reading.all || s->reading.named || (s->reading.guards & GUARD_TIME);
	if (selects && !s->mo->media && answers_which(a, s, d))
		return;
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
	d->offer_n = d->which_n = 0;
	d->why = arena_printf(a, "%s %s", d->why, why);
	if (!d->task && !d->consent) {
		d->task = "unanswered";
		d->task_rank = TASK_SOON;
	}
}

struct decision decide(struct arena *a, const struct situation *s)
{
	struct decision d = {.why = ""};
	bool parts = s->part_n && intent_of(s) >= INTENT_CANCEL && answers_in_parts(a, s, &d);
	if (!parts)
		handlers[intent_of(s)](a, s, &d);
	if (s->suppressed && d.action != ACTION_START)
		silence(a, &d, "No reply: the number is opted out.");
	if (!e164_ok(s->mo->theirs))
		silence(a, &d, "No reply: it did not come from a phone number.");
	if (s->replies_hour >= REPLIES_PER_HOUR || s->replies_day >= REPLIES_PER_DAY)
		silence(a, &d, "No reply: this number has had enough automatic replies for now.");
	return d;
}
