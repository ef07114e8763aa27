/* The configuration's locations in the store, and what follows when a zone is corrected. */
#include "tests/unit/fixture.h"

#include "responder/base/text.h"
#include "responder/flow/reminder.h"

static const struct q_visit_get *visit_of(struct fixture *f, int64_t id)
{
	struct q_visit_get *v;
	must(q_visit_get(f->arena, f->db, &v, .id = id) == OK && v);
	return v;
}

static int64_t location_id(struct fixture *f)
{
	struct q_location_by_name *l;
	must(q_location_by_name(f->arena, f->db, &l, .name = "Main") == OK && l);
	return l->id;
}

/* Ada comes on Wed Mar 11 at 14:20; the reminder of two days before waits for its turn. */
static int64_t book_ada(struct fixture *f)
{
	struct q_talk_patient_add *ada;
	enum visit_result result;
	int64_t id;
	size_t done;
	must(db_begin(f->db) == OK);
	must(q_talk_patient_add(f->arena, f->db, &ada, .first = "Ada", .last = "Lee", .theirs = ADA,
		     .lang = "en") == OK);
	must(visit_put(f->arena, f->db, &f->config, clock_now(),
		     &(struct visit_put){.ext = "v1",
			     .patient = ada->id,
			     .location = location_id(f),
			     .wall = "2026-03-11T14:20",
			     .zone = "America/Chicago",
			     .actor = "test",
			     .since = clock_now() - 30 * 24 * 3600},
		     &id, &result) == OK);
	must(q_talk_slot_add(f->db, NULL, .location = location_id(f), .wall = "2026-03-12T09:00",
		     .at = zone_epoch("America/Chicago",
			     (struct wall){.year = 2026, .month = 3, .day = 12, .hour = 9})) == OK);
	must(db_commit(f->db) == OK);
	must(reminder_pass(f->arena, f->db, &f->app, clock_now() + 5 * 3600, 10, &done) == OK);
	must(done == 1);
	return id;
}

static void apply(struct fixture *f)
{
	assert_int_equal(settings_apply(f->arena, f->db, &f->config, clock_now()), OK);
}

static void a_corrected_zone_moves_what_hangs_on_it(void **state)
{
	struct fixture *f = *state;
	int64_t id = book_ada(f);
	struct q_visit_get before = *visit_of(f, id);
	struct q_slots_open *slot, *slot_after;
	struct q_test_mt *mt, *mt_after;
	size_t n;
	must(q_slots_open(f->arena, f->db, &slot, &n, .after = 0, .most = 1) == OK && n == 1);
	must(q_test_mt(f->arena, f->db, &mt) == OK && mt);
	must(db_begin(f->db) == OK);
	must(visit_set_state(f->db, clock_now(), id, "booked", "confirmed", "test", 0) == OK);
	must(db_commit(f->db) == OK);

	f->location.zone = "America/Denver";
	apply(f);

	const struct q_visit_get *after = visit_of(f, id);
	assert_int_equal(after->at, before.at + 3600);
	assert_string_equal(after->wall, before.wall);
	assert_string_equal(after->state, "confirmed"); /* they were told the wall time */
	assert_string_equal(after->fingerprint, before.fingerprint);
	must(q_slots_open(f->arena, f->db, &slot_after, &n, .after = 0, .most = 1) == OK);
	assert_int_equal(slot_after->at, slot->at + 3600);
	must(q_test_mt(f->arena, f->db, &mt_after) == OK && mt_after);
	assert_string_equal(mt_after->zone, "America/Denver");
	assert_string_equal(mt_after->state, "queued");
	assert_int_equal(mt_after->expires, mt->expires + 3600);

	/* And nobody is reminded twice of the same. */
	size_t done;
	must(reminder_pass(f->arena, f->db, &f->app, clock_now() + 6 * 3600, 10, &done) == OK);
	struct q_test_counts *counts;
	must(q_test_counts(f->arena, f->db, &counts) == OK);
	assert_int_equal(counts->mt, 1);
}

static void new_zone_data_is_noticed_at_the_next_start(void **state)
{
	struct fixture *f = *state;
	int64_t id = book_ada(f), at = visit_of(f, id)->at;
	must(db_begin(f->db) == OK); /* as if the offsets had been other ones then */
	must(q_visit_rezone(f->db, NULL, .id = id, .at = at - 1800) == OK);
	must(db_commit(f->db) == OK);
	apply(f);
	assert_int_equal(visit_of(f, id)->at, at - 1800); /* the same data: nothing to do */
	must(db_begin(f->db) == OK);
	must(q_meta_set(f->db, NULL, .name = "zone_data", .value = "1999z") == OK);
	must(db_commit(f->db) == OK);
	apply(f);
	assert_int_equal(visit_of(f, id)->at, at);
}

static void what_is_past_stays(void **state)
{
	struct fixture *f = *state;
	int64_t id = book_ada(f), at = visit_of(f, id)->at;
	clock_pin(at + 3 * 24 * 3600);
	f->location.zone = "America/Denver";
	apply(f);
	assert_int_equal(visit_of(f, id)->at, at);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_corrected_zone_moves_what_hangs_on_it),
		TEST(new_zone_data_is_noticed_at_the_next_start),
		TEST(what_is_past_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
