/* Inbound: once per provider id, whatever comes, and poison stays alone. */
#include "tests/unit/fixture.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "responder/flow/consent.h"
#include "responder/flow/effects.h"

static int64_t count(struct fixture *f, const char *what)
{
	struct q_test_counts *row;
	must(q_test_counts(f->arena, f->db, &row) == OK);
	return strcmp(what, "mo") == 0 ? row->mo : strcmp(what, "mt") == 0 ? row->mt : row->task;
}

static bool suppressed(struct fixture *f, const char *theirs)
{
	bool out;
	must(consent_suppressed(f->arena, f->db, theirs, &out) == OK);
	return out;
}

static void a_repeat_has_no_effect(void **state)
{
	struct fixture *f = *state;
	bool repeat;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(fixture_mo(f, f->arena, f->db, ADA, "SM1", "help", &repeat), OK);
		assert_int_equal(repeat, i > 0);
	}
	assert_int_equal(count(f, "mo"), 1);
	assert_int_equal(count(f, "mt"), 1);
}

struct crowd {
	struct fixture *f;
	atomic_int fresh;
};

static void *shout(void *arg)
{
	struct crowd *c = arg;
	struct db *db;
	struct arena *a = arena_new(0);
	must(db_open(&db, c->f->store) == OK);
	for (int i = 0; i < 40; i++) {
		char ref[16], text[32];
		bool repeat;
		snprintf(ref, sizeof ref, "SM%d", i);
		snprintf(text, sizeof text, "what is item %d", i);
		must(fixture_mo(c->f, a, db, ADA, ref, text, &repeat) == OK);
		atomic_fetch_add(&c->fresh, !repeat);
	}
	arena_free(a);
	db_close(db);
	return NULL;
}

static void the_same_ids_from_many_threads_count_once(void **state)
{
	struct fixture *f = *state;
	struct crowd crowd = {.f = f};
	pthread_t threads[6];
	for (int i = 0; i < 6; i++)
		pthread_create(&threads[i], NULL, shout, &crowd);
	for (int i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(crowd.fresh, 40);
	assert_int_equal(count(f, "mo"), 40);
	assert_int_equal(count(f, "task"), 40);
	assert_int_equal(count(f, "mt"), 1); /* one holding reply a day */
}

/* A trigger breaks the work on some texts, as a bug in a rule or an effect would. */
static void plant_poison(struct fixture *f)
{
	sqlite3 *db;
	must(sqlite3_open(f->store, &db) == SQLITE_OK);
	must(sqlite3_exec(db,
		     "CREATE TRIGGER poison BEFORE INSERT ON mt WHEN NEW.cause_mo IN (SELECT id "
		     "FROM mo "
		     "WHERE body IN ('help me poison', 'STOP')) BEGIN SELECT RAISE(ABORT, "
		     "'poison'); END",
		     NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(db);
}

static void poison_stays_alone_and_a_stop_in_it_counts(void **state)
{
	struct fixture *f = *state;
	static const char *const texts[] = {"help", "help me poison", "STOP", "help"};
	struct event events[4];
	struct inbound items[4];
	for (int i = 0; i < 4; i++) {
		char *number = arena_printf(f->arena, "+1312555020%d", i);
		events[i] = (struct event){.kind = EVENT_MO,
			.mo = {.ref = arena_printf(f->arena, "SM%d", i),
				.theirs = number,
				.ours = OURS,
				.text = texts[i]}};
		items[i] = (struct inbound){
			.account = &f->account, .event = &events[i], .raw = {"raw", 3}};
	}
	plant_poison(f);
	log_set_level((enum log_level)0);
	assert_int_equal(inbound_batch(f->arena, f->db, &f->app, items, 4), OK);
	for (int i = 0; i < 4; i++)
		assert_int_equal(items[i].err, OK);
	assert_int_equal(count(f, "mo"), 4);
	assert_int_equal(count(f, "mt"), 2); /* the two clean ones were answered */
	assert_true(suppressed(f, "+13125550202"));
	assert_false(suppressed(f, "+13125550201"));
	struct q_show_why *row;
	assert_int_equal(q_show_why(f->arena, f->db, &row, .ref = "SM1"), OK);
	assert_string_equal(row->action, "task");
	assert_string_equal(row->body, "help me poison");
	assert_int_equal(q_show_why(f->arena, f->db, &row, .ref = "SM2"), OK);
	assert_string_equal(row->action, "stop");
}

static void a_stop_cancels_what_waits(void **state)
{
	struct fixture *f = *state;
	bool repeat;
	int64_t first = fixture_mt(f, ADA, "a"), second = fixture_mt(f, ADA, "b");
	int64_t other = fixture_mt(f, "+13125550124", "c");
	assert_int_equal(fixture_mo(f, f->arena, f->db, ADA, "SM1", "STOP", &repeat), OK);
	assert_string_equal(fixture_state(f, first), "cancelled");
	assert_string_equal(fixture_state(f, second), "cancelled");
	assert_string_equal(fixture_state(f, other), "queued");
}

/* Nothing is durable when the commit fails, and the caller is told so. */
static void a_failed_commit_is_an_error(void **state)
{
	struct fixture *f = *state;
	struct db *other;
	bool repeat;
	assert_int_equal(db_open(&other, f->store), OK);
	assert_int_equal(db_begin(other), OK); /* somebody holds the writers' lock */
	log_set_level((enum log_level)0);
	assert_int_equal(fixture_mo(f, f->arena, f->db, ADA, "SM1", "STOP", &repeat), ERR_BUSY);
	db_rollback(other);
	db_close(other);
	assert_int_equal(count(f, "mo"), 0);
	assert_int_equal(fixture_mo(f, f->arena, f->db, ADA, "SM1", "STOP", &repeat), OK);
	assert_true(suppressed(f, ADA));
}

/* What was decided about a world that has moved since is not done. */
static void a_slot_that_is_gone_means_deciding_again(void **state)
{
	struct fixture *f = *state;
	struct q_location_by_name *place;
	struct q_slots_open *open;
	struct q_talk_patient_add *patient;
	size_t n;
	bool repeat;
	int64_t changed;
	must(db_begin(f->db) == OK);
	must(q_talk_patient_add(f->arena, f->db, &patient, .first = "Ada", .last = "Lee",
		     .theirs = ADA, .lang = "en") == OK);
	must(q_location_by_name(f->arena, f->db, &place, .name = "Main") == OK && place);
	must(q_talk_slot_add(f->db, NULL, .location = place->id, .wall = "2026-03-11T09:00",
		     .at = clock_now() + 2 * 24 * 3600) == OK);
	must(q_slots_open(f->arena, f->db, &open, &n, .after = 0, .most = 1) == OK && n == 1);
	must(db_commit(f->db) == OK);
	assert_int_equal(fixture_mo(f, f->arena, f->db, ADA, "SM1", "hello", &repeat), OK);
	struct mo mo = {.ref = "SM1", .theirs = ADA, .ours = OURS, .text = "1"};
	struct person ada = {patient->id, "Ada", "en", true};
	struct slot slot = {.id = open->id, .wall = open->wall};
	struct situation s = {.now = clock_now(),
		.config = &f->config,
		.mo = &mo,
		.people = &ada,
		.person_n = 1,
		.reading = {.normal = "1", .rule = "-"}};
	struct decision d = {.action = ACTION_BOOK, .why = "", .take = &slot, .patient = ada.id};
	must(db_begin(f->db) == OK);
	must(q_slot_take(f->db, &changed, .id = open->id) == OK && changed == 1);
	assert_int_equal(effects_apply(f->arena, f->db, &f->account, &s, &d, 1), ERR_CONFLICT);
	db_rollback(f->db);
}

static void a_short_code_is_never_answered(void **state)
{
	struct fixture *f = *state;
	bool repeat;
	assert_int_equal(fixture_mo(f, f->arena, f->db, "22395", "SM1", "hello", &repeat), OK);
	assert_int_equal(count(f, "mo"), 1);
	assert_int_equal(count(f, "task"), 1);
	assert_int_equal(count(f, "mt"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_repeat_has_no_effect),
		TEST(the_same_ids_from_many_threads_count_once),
		TEST(poison_stays_alone_and_a_stop_in_it_counts),
		TEST(a_stop_cancels_what_waits),
		TEST(a_failed_commit_is_an_error),
		TEST(a_slot_that_is_gone_means_deciding_again),
		TEST(a_short_code_is_never_answered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
