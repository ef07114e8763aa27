/* The outbox: one row per key, one claimer per row, states that only advance, STOP as a barrier. */
#include "tests/unit/fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#include "responder/flow/consent.h"

static size_t claim(struct fixture *f, struct db *db, struct arena *a, size_t most, struct mt **out)
{
	size_t n;
	must(db_begin(db) == OK);
	must(outbox_claim(a, db, &f->config, "main", "one", clock_now(), most, out, &n) == OK);
	must(db_commit(db) == OK);
	return n;
}

static void settle(struct fixture *f, int64_t id, struct outcome o)
{
	must(db_begin(f->db) == OK);
	must(outbox_settle(f->arena, f->db, clock_now(), id, &o) == OK);
	must(db_commit(f->db) == OK);
}

static void one_row_per_key(void **state)
{
	struct fixture *f = *state;
	assert_true(fixture_mt(f, ADA, "k") > 0);
	assert_int_equal(fixture_mt(f, ADA, "k"), 0);
}

/* The state that it must be in stands in the statement itself, whoever looked before. */
static void a_text_is_claimed_once(void **state)
{
	struct fixture *f = *state;
	int64_t id = fixture_mt(f, ADA, "k"), changed;
	must(db_begin(f->db) == OK);
	assert_int_equal(q_mt_send(f->db, &changed, .id = id, .node = "one", .at = 1), OK);
	assert_int_equal(changed, 1);
	assert_int_equal(q_mt_send(f->db, &changed, .id = id, .node = "two", .at = 2), OK);
	assert_int_equal(changed, 0);
	must(db_commit(f->db) == OK);
}

static void outcomes_lead_to_states(void **state)
{
	struct fixture *f = *state;
	static const struct {
		enum outcome_kind kind;
		const char *state;
	} cases[] = {
		{OUTCOME_ACCEPTED, "accepted"},
		{OUTCOME_LATER, "queued"},
		{OUTCOME_REFUSED, "failed"},
		{OUTCOME_OPTED_OUT, "failed"},
		{OUTCOME_HALT, "queued"},
		{OUTCOME_UNCERTAIN, "uncertain"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *number = arena_printf(f->arena, "+1312555030%zu", i);
		int64_t id = fixture_mt(f, number, number);
		struct mt *mts;
		assert_int_equal(claim(f, f->db, f->arena, 1, &mts), 1);
		assert_int_equal(mts[0].id, id);
		assert_string_equal(fixture_state(f, id), "sending");
		settle(f, id, (struct outcome){.kind = cases[i].kind, .ref = "R", .code = "1"});
		assert_string_equal(fixture_state(f, id), cases[i].state);
		/* Waiting for its time: not claimed again at once. */
		assert_int_equal(claim(f, f->db, f->arena, 1, &mts), 0);
	}
	bool out;
	must(consent_suppressed(f->arena, f->db, "+13125550303", &out) == OK);
	assert_true(out);
}

static void retries_slow_down_and_end(void **state)
{
	struct fixture *f = *state;
	int64_t id = fixture_mt(f, ADA, "k"), begun = clock_now(), last = 0, tries = 0;
	struct mt *mts;
	while (strcmp(fixture_state(f, id), "queued") == 0) {
		if (claim(f, f->db, f->arena, 1, &mts)) {
			int64_t gap = clock_now() - last;
			if (tries > 1)
				assert_in_range(gap, 15, 15 * 60 * 5 / 4 + 1);
			last = clock_now();
			tries++;
			settle(f, id, (struct outcome){.kind = OUTCOME_LATER});
		}
		clock_pin(clock_now() + 1);
		assert_true(clock_now() < begun + 4000);
	}
	assert_string_equal(fixture_state(f, id), "failed");
	assert_in_range(tries, 5, 10);
}

static void a_report_may_outrun_the_answer(void **state)
{
	struct fixture *f = *state;
	int64_t id = fixture_mt(f, ADA, "k");
	struct mt *mts;
	assert_int_equal(claim(f, f->db, f->arena, 1, &mts), 1);
	must(db_begin(f->db) == OK);
	must(outbox_report(f->arena, f->db, clock_now(), mts[0].token,
		     &(struct dlr){.ref = "R", .kind = DLR_DELIVERED}) == OK);
	must(db_commit(f->db) == OK);
	assert_string_equal(fixture_state(f, id), "delivered");
	settle(f, id, (struct outcome){.kind = OUTCOME_ACCEPTED, .ref = "R"});
	assert_string_equal(fixture_state(f, id), "delivered");
	/* Later news of less: no step back. */
	must(db_begin(f->db) == OK);
	must(outbox_report(f->arena, f->db, clock_now(), mts[0].token,
		     &(struct dlr){.ref = "R", .kind = DLR_SENT}) == OK);
	must(outbox_report(f->arena, f->db, clock_now(), "0123456789abcdef0123456789abcdef",
		     &(struct dlr){.ref = "R", .kind = DLR_SENT}) == ERR_NOT_FOUND);
	must(db_commit(f->db) == OK);
	assert_string_equal(fixture_state(f, id), "delivered");
}

static void a_lost_answer_is_settled_by_a_report(void **state)
{
	struct fixture *f = *state;
	int64_t id = fixture_mt(f, ADA, "k");
	struct mt *mts;
	assert_int_equal(claim(f, f->db, f->arena, 1, &mts), 1);
	settle(f, id, (struct outcome){.kind = OUTCOME_UNCERTAIN});
	must(db_begin(f->db) == OK);
	must(outbox_report(f->arena, f->db, clock_now(), mts[0].token,
		     &(struct dlr){.ref = "R", .kind = DLR_SENT}) == OK);
	must(db_commit(f->db) == OK);
	assert_string_equal(fixture_state(f, id), "accepted");
}

static void a_restart_never_sends_again(void **state)
{
	struct fixture *f = *state;
	int64_t id = fixture_mt(f, ADA, "k"), n;
	struct mt *mts;
	assert_int_equal(claim(f, f->db, f->arena, 1, &mts), 1);
	must(db_begin(f->db) == OK);
	must(outbox_recover(f->db, "another", clock_now(), &n) == OK);
	assert_int_equal(n, 0);
	must(outbox_recover(f->db, "one", clock_now(), &n) == OK);
	assert_int_equal(n, 1);
	must(db_commit(f->db) == OK);
	assert_string_equal(fixture_state(f, id), "uncertain");
	clock_pin(clock_now() + 3600);
	assert_int_equal(claim(f, f->db, f->arena, 10, &mts), 0);
}

struct race {
	struct fixture *f;
	atomic_int claimed;
};

static void *grab(void *arg)
{
	struct race *r = arg;
	struct db *db;
	struct arena *a = arena_new(0);
	struct mt *mts;
	must(db_open(&db, r->f->store) == OK);
	for (size_t n = 1; n;) {
		n = claim(r->f, db, a, 7, &mts);
		atomic_fetch_add(&r->claimed, (int)n);
		arena_reset(a);
	}
	arena_free(a);
	db_close(db);
	return NULL;
}

static void two_claimers_never_get_one_row(void **state)
{
	struct fixture *f = *state;
	struct race r = {.f = f};
	for (int i = 0; i < 200; i++) {
		char *number = arena_printf(f->arena, "+1312556%04d", i);
		fixture_mt(f, number, number);
	}
	pthread_t threads[4];
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, grab, &r);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(r.claimed, 200);
}

static void replies_go_before_reminders_before_the_rest(void **state)
{
	struct fixture *f = *state;
	static const enum outbox_rank ranks[] = {RANK_REST, RANK_REMINDER, RANK_REPLY};
	int64_t ids[3];
	must(db_begin(f->db) == OK);
	for (int i = 0; i < 3; i++)
		must(outbox_add(f->arena, f->db, clock_now(),
			     &(struct outbox_new){.dedupe = arena_printf(f->arena, "k%d", i),
				     .account = "main",
				     .kind = "staff",
				     .class = "care",
				     .rank = ranks[i],
				     .theirs = ADA,
				     .ours = OURS,
				     .body = "Hello",
				     .zone = "UTC",
				     .due = clock_now() - 10 + i,
				     .expires = clock_now() + 3600},
			     &ids[i]) == OK);
	must(db_commit(f->db) == OK);
	struct mt *mts;
	assert_int_equal(claim(f, f->db, f->arena, 3, &mts), 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(mts[i].id, ids[2 - i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_row_per_key),
		TEST(a_text_is_claimed_once),
		TEST(outcomes_lead_to_states),
		TEST(retries_slow_down_and_end),
		TEST(a_report_may_outrun_the_answer),
		TEST(a_lost_answer_is_settled_by_a_report),
		TEST(a_restart_never_sends_again),
		TEST(two_claimers_never_get_one_row),
		TEST(replies_go_before_reminders_before_the_rest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
