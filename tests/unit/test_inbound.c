/* Inbound: once per provider id, whatever comes, and poison stays alone. */
#include "tests/unit/fixture.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "responder/flow/consent.h"

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
		char ref[16];
		bool repeat;
		snprintf(ref, sizeof ref, "SM%d", i);
		must(fixture_mo(c->f, a, db, ADA, ref, "what is this", &repeat) == OK);
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
		TEST(a_short_code_is_never_answered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
