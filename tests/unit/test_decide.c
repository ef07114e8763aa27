/* The decision, without store, clock or network: what is safe to do, and that nothing else is done.
 */
#include "tests/unit/fixture.h"

#include "responder/base/text.h"
#include "responder/flow/decide.h"

#define NOW 1773100800 /* Tue 2026-03-10 00:00 UTC: Monday 19:00 in Chicago */
#define DAY ((int64_t)24 * 3600)

struct desk {
	struct arena *arena;
	struct config config;
	struct mo mo;
	struct person people[2];
	struct visit visits[2];
	struct question questions[2];
	struct slot slots[3];
	struct situation s;
};

/* Ada, with a visit in a week and an open question about it. */
static struct desk *desk_new(const char *text)
{
	struct arena *a = arena_new(0);
	struct desk *d = arena_new_of(a, struct desk);
	d->arena = a;
	d->config = (struct config){
		.practice = "Lakeside", .country = "US", .language = "en", .cutoff_minutes = 120};
	d->mo = (struct mo){.ref = "r", .theirs = ADA, .ours = OURS, .text = text};
	for (int i = 0; i < 2; i++) {
		d->people[i] = (struct person){i + 1, i ? "Ben" : "Ada", "en", true};
		d->visits[i] = (struct visit){.id = 11 + i,
			.patient = i + 1,
			.at = NOW + 7 * DAY + i * 3600,
			.wall = i ? "2026-03-16T20:00" : "2026-03-16T19:00",
			.zone = "America/Chicago",
			.state = "booked",
			.fingerprint = "f"};
		d->questions[i] = (struct question){.id = 21 + i,
			.until = d->visits[i].at,
			.kind = "confirm",
			.patient = i + 1,
			.visit = d->visits[i]};
	}
	for (int i = 0; i < 3; i++)
		d->slots[i] = (struct slot){31 + i, NOW + DAY, "2026-03-11T09:00",
			"America/Chicago", NULL, "Main", false};
	d->s = (struct situation){.now = NOW,
		.config = &d->config,
		.mo = &d->mo,
		.people = d->people,
		.person_n = 1,
		.visits = d->visits,
		.visit_n = 1,
		.questions = d->questions,
		.question_n = 1,
		.asked_before = true,
		.slots = d->slots,
		.slot_n = 3};
	keywords_read(a, fixture_keywords(), text, NULL, &d->s.reading);
	return d;
}

static struct decision decided(struct desk *d)
{
	struct decision out = decide(d->arena, &d->s);
	assert_non_null(out.why);
	assert_true(*out.why);
	/* Either all of the world is left alone, or somebody hears of it, or it was done by itself.
	 */
	assert_true(!out.reply == !out.reply_kind);
	assert_true(!out.offer_n || out.reply);
	return out;
}

static void desk_free(struct desk *d)
{
	arena_free(d->arena);
}

static const char *const everything[] = {"yes", "no", "C", "N", "stop", "cancel", "help", "thanks",
	"BOOK", "1", "i'm running 10 min late", "can we move it to friday", "chest pain",
	"wrong number", "what do you mean?", "yes but can we do 3 instead?", "not coming", "👍", "",
	"when do i stop taking the pills", "I'm driving right now, auto reply"};

#define EVERYTHING (sizeof everything / sizeof everything[0])

static void a_clean_answer_does_what_it_says(void **state)
{
	(void)state;
	struct desk *d = desk_new("yes pls");
	struct decision out = decided(d);
	assert_int_equal(out.action, ACTION_CONFIRM);
	assert_string_equal(out.changes[0].state, "confirmed");
	assert_int_equal(out.visit->id, 11);
	assert_int_equal(out.changes[0].question, 21);
	assert_null(out.task);
	desk_free(d);
	d = desk_new("can't make it");
	out = decided(d);
	assert_int_equal(out.action, ACTION_CANCEL);
	assert_string_equal(out.changes[0].state, "cancelled");
	assert_non_null(out.task); /* a freed slot is somebody's business */
	desk_free(d);
}

/* Whatever a text says beside its yes or no, staff read it; the visit stays as it is. */
static void each_guard_hands_over(void **state)
{
	(void)state;
	static const enum guard guards[] = {GUARD_NEGATION, GUARD_CONTRAST, GUARD_QUESTION,
		GUARD_SEVERAL, GUARD_MORE, GUARD_LIMIT};
	static const char *const answers[] = {"yes", "no", "can't make it"};
	for (size_t i = 0; i < sizeof guards / sizeof guards[0]; i++)
		for (size_t k = 0; k < 3; k++) {
			struct desk *d = desk_new(answers[k]);
			d->s.reading.guards = guards[i];
			struct decision out = decided(d);
			assert_int_equal(out.action, ACTION_TASK);
			assert_int_equal(out.change_n, 0);
			assert_string_equal(out.task, "unclear");
			assert_string_equal(out.reply, "hold");
			desk_free(d);
		}
}

static void another_time_is_not_a_yes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum action action;
	} cases[] = {{"yes monday at 7", ACTION_CONFIRM}, {"yes 7pm", ACTION_CONFIRM},
		{"yes tuesday at 7", ACTION_TASK}, {"yes at 8", ACTION_TASK},
		{"yes next week", ACTION_TASK}, {"yes march 16", ACTION_CONFIRM},
		{"yes march 17", ACTION_TASK}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct desk *d = desk_new(cases[i].text);
		if (decided(d).action != cases[i].action)
			fail_msg("%s: %s", cases[i].text, action_word(decided(d).action));
		desk_free(d);
	}
}

static void an_answer_needs_one_question(void **state)
{
	(void)state;
	static const char *const answers[] = {"yes", "no", "👍", "can't make it"};
	for (size_t k = 0; k < 4; k++) {
		for (int what = 0; what < 4; what++) {
			struct desk *d = desk_new(answers[k]);
			if (what == 0) { /* two visits wait */
				d->s.question_n = d->s.visit_n = d->s.person_n = 2;
			} else if (what == 1) { /* none does any more */
				d->s.question_n = 0;
			} else if (what == 2) { /* a stranger */
				d->s.question_n = d->s.visit_n = d->s.person_n = 0;
				d->s.asked_before = false;
			} else { /* it moved since we asked */
				d->questions[0].moved = true;
			}
			struct decision out = decided(d);
			assert_int_equal(out.action, what == 0 ? ACTION_ASK : ACTION_TASK);
			assert_int_equal(out.which_n, what == 0 ? 2 : 0);
			assert_int_equal(out.change_n, 0);
			assert_int_equal(out.answers, 0);
			desk_free(d);
		}
	}
}

/* Asked which, a number, a name, a time or "all" is an answer; anything else is for staff. */
static void which_is_asked_once(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int first, second;
	} cases[] = {{"1", 11, 0}, {"2", 12, 0}, {"the second one", 12, 0}, {"3", 0, 0},
		{"0", 0, 0}, {"Ben", 12, 0}, {"the one at 7", 11, 0}, {"all", 11, 12},
		{"both", 11, 12}, {"1 and 2", 0, 0}, {"neither", 0, 0}, {"1 or 2?", 0, 0},
		{"hm", 0, 0}, {"12", 0, 0}, {"not 1", 0, 0}, {"Ben?", 0, 0}};
	static const char *const names[] = {"Ada", "Ben"};
	static const int64_t choices[] = {11, 12};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (int no = 0; no < 2; no++) {
			struct desk *d = desk_new(cases[i].text);
			struct question all[3] = {{.id = 31,
							  .until = NOW + DAY,
							  .kind = no ? "which-no" : "which-yes",
							  .choices = choices,
							  .choice_n = 2},
				d->questions[0], d->questions[1]};
			d->s.questions = all;
			d->s.question_n = 3;
			d->s.visit_n = d->s.person_n = 2;
			keywords_read(d->arena, fixture_keywords(), cases[i].text,
				&(struct reading_aids){.names = names, .name_n = 2}, &d->s.reading);
			struct decision out = decided(d);
			int first = out.change_n ? (int)out.changes[0].visit->id : 0;
			int second = out.change_n > 1 ? (int)out.changes[1].visit->id : 0;
			if (first != cases[i].first || second != cases[i].second)
				fail_msg("%s: %d %d, %s", cases[i].text, first, second, out.why);
			assert_int_equal(out.which_n, 0);
			assert_true(first || out.task);
			if (first)
				assert_string_equal(
					out.changes[0].state, no ? "cancelled" : "confirmed");
			desk_free(d);
		}
}

/* All parts of an answer or none: what is not safe in one of them keeps the others waiting, too. */
static void an_answer_in_parts_is_whole_or_nothing(void **state)
{
	(void)state;
	for (int what = 0; what < 5; what++) {
		struct desk *d = desk_new("Ada yes but Ben can't come");
		d->s.question_n = d->s.visit_n = d->s.person_n = 2;
		d->s.part_n = 2;
		d->s.parts[0] = (struct reading_part){.name = 0, .yes = true};
		d->s.parts[1] = (struct reading_part){.name = 1};
		if (what == 1)
			d->questions[1].moved = true;
		else if (what == 2)
			d->questions[1].visit.at = NOW + 60 * 60; /* too close to cancel */
		else if (what == 3)
			d->questions[0].visit.state = "cancelled";
		else if (what == 4)
			d->s.question_n = 1;
		struct decision out = decided(d);
		assert_int_equal(out.change_n, what == 0 ? 2 : 0);
		assert_non_null(out.task);
		if (what == 0) {
			assert_string_equal(out.changes[0].state, "confirmed");
			assert_string_equal(out.changes[1].state, "cancelled");
			assert_string_equal(out.reply, "answered_all");
		}
		desk_free(d);
	}
	struct desk *d = desk_new("stop");
	d->s.question_n = d->s.visit_n = d->s.person_n = d->s.part_n = 2;
	assert_string_equal(decided(d).consent, "withdrawal");
	desk_free(d);
}

/* Ada at 19:00 and Ben at 20:00 wait for an answer: what the text names decides whose it is. */
static void of_two_visits_the_named_one_is_meant(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int first, second; /* visits changed */
		const char *to;
	} cases[] = {{"yes", 0, 0, NULL}, {"Ada yes", 11, 0, "confirmed"},
		{"yes for Ben", 12, 0, "confirmed"}, {"Ben can't make it", 12, 0, "cancelled"},
		{"yes at 8", 12, 0, "confirmed"}, {"yes 7pm", 11, 0, "confirmed"},
		{"yes at 9", 0, 0, NULL}, {"yes both", 11, 12, "confirmed"},
		{"we'll both be there", 11, 12, "confirmed"}, {"yes to all", 11, 12, "confirmed"},
		{"yes all good", 0, 0, NULL}, {"all set, see you", 0, 0, NULL},
		{"yes we are all ok", 0, 0, NULL}, {"that's all, yes", 0, 0, NULL},
		{"yes all day", 0, 0, NULL}, {"cancel both appointments", 11, 12, "cancelled"},
		{"Ada yes but Ben can't", 0, 0, NULL}, {"yes on monday", 0, 0, NULL},
		{"both? no", 0, 0, NULL}, {"not both", 0, 0, NULL}};
	static const char *const names[] = {"Ada", "Ben"};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct desk *d = desk_new(cases[i].text);
		d->s.question_n = d->s.visit_n = d->s.person_n = 2;
		keywords_read(d->arena, fixture_keywords(), cases[i].text,
			&(struct reading_aids){.names = names, .name_n = 2}, &d->s.reading);
		struct decision out = decided(d);
		int first = out.change_n ? (int)out.changes[0].visit->id : 0;
		int second = out.change_n > 1 ? (int)out.changes[1].visit->id : 0;
		if (first != cases[i].first || second != cases[i].second ||
			(first && !text_eq(out.changes[0].state, cases[i].to)))
			fail_msg("%s: %d %d, %s", cases[i].text, first, second, out.why);
		assert_true(first || out.task || out.which_n);
		desk_free(d);
	}
}

static void a_cancel_too_close_goes_to_staff(void **state)
{
	(void)state;
	struct desk *d = desk_new("can't make it");
	d->visits[0].at = d->questions[0].visit.at = NOW + 119 * 60;
	struct decision out = decided(d);
	assert_null(out.changes[0].state);
	assert_string_equal(out.task, "wants to cancel");
	assert_int_equal(out.task_rank, TASK_TODAY);
	assert_string_equal(out.reply, "cancel_staff");
	d->visits[0].at = d->questions[0].visit.at = NOW + 121 * 60;
	assert_string_equal(decided(d).changes[0].state, "cancelled");
	desk_free(d);
}

static void an_opted_out_number_hears_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < EVERYTHING; i++) {
		struct desk *d = desk_new(everything[i]);
		d->s.suppressed = true;
		struct decision out = decided(d);
		if (out.reply)
			fail_msg("\"%s\" is answered with %s", everything[i], out.reply);
		assert_true(!out.consent || text_eq(out.consent, "withdrawal"));
		desk_free(d);
	}
	struct desk *d = desk_new("start");
	d->s.suppressed = true;
	struct decision out = decided(d);
	assert_string_equal(out.consent, "grant");
	assert_string_equal(out.reply, "start");
	desk_free(d);
}

static void only_start_is_a_grant(void **state)
{
	(void)state;
	for (size_t i = 0; i < EVERYTHING; i++) {
		struct desk *d = desk_new(everything[i]);
		assert_false(text_eq(decided(d).consent, "grant"));
		desk_free(d);
	}
}

static void enough_replies_are_enough(void **state)
{
	(void)state;
	for (size_t i = 0; i < EVERYTHING; i++)
		for (int day = 0; day < 2; day++) {
			struct desk *d = desk_new(everything[i]);
			d->s.replies_hour = day ? 0 : 3;
			d->s.replies_day = day ? 10 : 3;
			struct decision out = decided(d);
			assert_null(out.reply);
			assert_int_equal(out.offer_n, 0);
			/* Nothing vanishes: it was done, or somebody hears of it. */
			assert_true(out.action != ACTION_TASK || out.task);
			desk_free(d);
		}
}

static void robots_and_short_codes_are_not_answered(void **state)
{
	(void)state;
	for (size_t i = 0; i < EVERYTHING; i++) {
		struct desk *d = desk_new(everything[i]);
		d->mo.theirs = "22395";
		assert_null(decided(d).reply);
		desk_free(d);
	}
	struct desk *d = desk_new("I'm driving right now, auto reply");
	assert_null(decided(d).reply);
	desk_free(d);
}

static void the_carrier_is_believed_about_a_stop(void **state)
{
	(void)state;
	for (size_t i = 0; i < EVERYTHING; i++) {
		struct desk *d = desk_new(everything[i]);
		d->mo.signal = SIGNAL_STOP;
		assert_string_equal(decided(d).consent, "withdrawal");
		d->config.country = "GB";
		assert_string_equal(decided(d).consent, "withdrawal");
		d->s.provider_answers = true;
		assert_null(decided(d).reply);
		desk_free(d);
	}
}

/* Twilio counts YES as an opt-in; it is an answer to our question, and no consent. */
static void the_carrier_cannot_opt_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < EVERYTHING; i++) {
		struct desk *d = desk_new(everything[i]);
		d->mo.signal = SIGNAL_START;
		assert_false(text_eq(decided(d).consent, "grant"));
		desk_free(d);
	}
	struct desk *d = desk_new("YES");
	d->mo.signal = SIGNAL_START;
	assert_string_equal(decided(d).changes[0].state, "confirmed");
	desk_free(d);
}

/* A revocation that we read is never undone by what the carrier made of the text. */
static void the_carrier_cannot_undo_a_stop(void **state)
{
	(void)state;
	static const enum sms_signal signals[] = {
		SIGNAL_NONE, SIGNAL_STOP, SIGNAL_START, SIGNAL_HELP};
	static const char *const stops[] = {
		"stop", "STOPALL", "unsubscribe", "revoke", "opt out", "please stop texting me"};
	for (size_t i = 0; i < 6; i++)
		for (size_t k = 0; k < 4; k++) {
			struct desk *d = desk_new(stops[i]);
			d->mo.signal = signals[k];
			struct decision out = decided(d);
			if (!text_eq(out.consent, "withdrawal"))
				fail_msg("%s with signal %zu: %s", stops[i], k,
					action_word(out.action));
			desk_free(d);
		}
}

static void a_bare_cancel_is_read_by_the_country(void **state)
{
	(void)state;
	static const struct {
		const char *country;
		bool opts_out;
	} cases[] = {{"US", true}, {"CA", true}, {"GB", false}, {"AU", false}, {"ZZ", true}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct desk *d = desk_new("CANCEL");
		d->config.country = cases[i].country;
		struct decision out = decided(d);
		assert_int_equal(text_eq(out.consent, "withdrawal"), cases[i].opts_out);
		assert_int_equal(text_eq(out.changes[0].state, "cancelled"), !cases[i].opts_out);
		assert_non_null(out.task);
		desk_free(d);
	}
}

static void urgent_words_come_before_all_but_a_stop(void **state)
{
	(void)state;
	static const char *const texts[] = {"chest pain", "yes but I have chest pain",
		"can't breathe, cancel my appointment", "I want to kill myself"};
	for (size_t i = 0; i < 4; i++) {
		struct desk *d = desk_new(texts[i]);
		struct decision out = decided(d);
		if (!text_eq(out.task, "urgent"))
			fail_msg("%s: %s", texts[i], out.task ? out.task : "-");
		assert_int_equal(out.task_rank, TASK_URGENT);
		assert_string_equal(out.reply, "urgent");
		assert_int_equal(out.change_n, 0);
		desk_free(d);
	}
}

static void a_choice_takes_what_was_offered(void **state)
{
	(void)state;
	static const char *const numbers[] = {"0", "1", "2", "3", "4", "5"};
	for (int n = 0; n < 6; n++) {
		struct desk *d = desk_new(numbers[n]);
		d->questions[0] = (struct question){.id = 41,
			.until = NOW + DAY,
			.kind = "slots",
			.patient = 1,
			.slots = d->slots,
			.slot_n = 3};
		struct decision out = decided(d);
		if (n >= 1 && n <= 3) {
			assert_int_equal(out.take->id, 30 + n);
			assert_int_equal(out.answers, 41);
			d->slots[n - 1].gone = true;
			out = decided(d);
			assert_null(out.take);
			assert_string_equal(out.reply, "offer_again");
		} else {
			assert_null(out.take);
		}
		desk_free(d);
	}
}

static void the_same_situation_gives_the_same_decision(void **state)
{
	(void)state;
	for (size_t i = 0; i < EVERYTHING; i++) {
		struct desk *d = desk_new(everything[i]);
		struct decision x = decided(d), y = decided(d);
		assert_int_equal(x.action, y.action);
		assert_string_equal(x.why, y.why);
		desk_free(d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clean_answer_does_what_it_says),
		cmocka_unit_test(each_guard_hands_over),
		cmocka_unit_test(another_time_is_not_a_yes),
		cmocka_unit_test(an_answer_needs_one_question),
		cmocka_unit_test(an_answer_in_parts_is_whole_or_nothing),
		cmocka_unit_test(which_is_asked_once),
		cmocka_unit_test(of_two_visits_the_named_one_is_meant),
		cmocka_unit_test(a_cancel_too_close_goes_to_staff),
		cmocka_unit_test(an_opted_out_number_hears_nothing),
		cmocka_unit_test(only_start_is_a_grant),
		cmocka_unit_test(enough_replies_are_enough),
		cmocka_unit_test(robots_and_short_codes_are_not_answered),
		cmocka_unit_test(the_carrier_is_believed_about_a_stop),
		cmocka_unit_test(the_carrier_cannot_opt_in),
		cmocka_unit_test(the_carrier_cannot_undo_a_stop),
		cmocka_unit_test(a_bare_cancel_is_read_by_the_country),
		cmocka_unit_test(urgent_words_come_before_all_but_a_stop),
		cmocka_unit_test(a_choice_takes_what_was_offered),
		cmocka_unit_test(the_same_situation_gives_the_same_decision),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
