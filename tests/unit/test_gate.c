/* The gate, rule by rule: what may go, what waits until when, what is refused and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "responder/base/zone.h"
#include "responder/flow/gate.h"

static const struct config config = {.window_open = 540, .window_close = 1200};

static int64_t chicago(int day, int hour, int minute)
{
	return zone_epoch("America/Chicago",
		(struct wall){
			.year = 2026, .month = 3, .day = day, .hour = hour, .minute = minute});
}

static struct gate_facts reminder(int64_t now)
{
	return (struct gate_facts){.now = now,
		.expires = chicago(10, 13, 50),
		.kind = "reminder",
		.zone = "America/Chicago",
		.has_visit = true,
		.visit_state = "booked",
		.patient_state = "active"};
}

static void goes_with_the_window_as_validity(void **state)
{
	(void)state;
	struct gate_facts f = reminder(chicago(9, 19, 0));
	struct verdict v = gate(&config, &f);
	assert_int_equal(v.kind, GATE_GO);
	assert_int_equal(v.validity_s, 3600);
	f = reminder(chicago(10, 13, 0));
	v = gate(&config, &f);
	assert_int_equal(v.kind, GATE_GO);
	assert_int_equal(v.validity_s, 50 * 60);
}

static void waits_for_the_window(void **state)
{
	(void)state;
	struct gate_facts f = reminder(chicago(9, 20, 0));
	struct verdict v = gate(&config, &f);
	assert_int_equal(v.kind, GATE_WAIT);
	assert_int_equal(v.until, chicago(10, 9, 0));
	f = reminder(chicago(10, 8, 59));
	v = gate(&config, &f);
	assert_int_equal(v.kind, GATE_WAIT);
	assert_int_equal(v.until, chicago(10, 9, 0));
	f = reminder(chicago(10, 9, 0));
	assert_int_equal(gate(&config, &f).kind, GATE_GO);
	/* Less than a minute of window left: the provider could be late. */
	f = reminder(chicago(9, 19, 59) + 1);
	v = gate(&config, &f);
	assert_int_equal(v.kind, GATE_WAIT);
	assert_int_equal(v.until, chicago(10, 9, 0));
	f = reminder(chicago(9, 19, 59));
	assert_int_equal(gate(&config, &f).kind, GATE_GO);
}

static void skips_what_the_window_makes_useless(void **state)
{
	(void)state;
	struct gate_facts f = reminder(chicago(9, 21, 0));
	f.expires = chicago(10, 8, 30);
	assert_int_equal(gate(&config, &f).kind, GATE_SKIP);
}

static void skips_by_the_visit(void **state)
{
	(void)state;
	struct gate_facts f = reminder(chicago(9, 10, 0));
	f.visit_moved = true;
	assert_string_equal(gate(&config, &f).why, "the visit has moved");
	f = reminder(chicago(9, 10, 0));
	f.visit_state = "cancelled";
	assert_int_equal(gate(&config, &f).kind, GATE_SKIP);
	f.visit_state = "confirmed";
	assert_int_equal(gate(&config, &f).kind, GATE_GO);
	f.unconfirmed_only = true;
	assert_int_equal(gate(&config, &f).kind, GATE_SKIP);
	f = reminder(chicago(9, 10, 0));
	f.patient_state = "deceased";
	assert_int_equal(gate(&config, &f).kind, GATE_SKIP);
}

static void an_opt_out_lets_only_its_confirmation_through(void **state)
{
	(void)state;
	static const char *const kinds[] = {"reminder", "reply", "hold", "staff"};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct gate_facts f = reminder(chicago(9, 10, 0));
		f.kind = kinds[i];
		f.suppressed = true;
		assert_int_equal(gate(&config, &f).kind, GATE_SKIP);
	}
	struct gate_facts f = reminder(chicago(9, 3, 0));
	f.kind = "stop";
	f.suppressed = true;
	f.expires = f.now + 300;
	assert_int_equal(gate(&config, &f).kind, GATE_GO);
	f.expires = f.now + 59;
	assert_int_equal(gate(&config, &f).kind, GATE_SKIP);
}

static void a_hold_keeps_everything_else_back(void **state)
{
	(void)state;
	struct gate_facts f = reminder(chicago(9, 10, 0));
	f.held = true;
	struct verdict v = gate(&config, &f);
	assert_int_equal(v.kind, GATE_WAIT);
	assert_true(v.until > f.now);
	f.kind = "reply";
	assert_int_equal(gate(&config, &f).kind, GATE_WAIT);
	f.kind = "stop";
	assert_int_equal(gate(&config, &f).kind, GATE_GO);
}

static void answers_go_at_any_hour(void **state)
{
	(void)state;
	struct gate_facts f = reminder(chicago(9, 3, 0));
	f.kind = "reply";
	assert_int_equal(gate(&config, &f).kind, GATE_GO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_with_the_window_as_validity),
		cmocka_unit_test(waits_for_the_window),
		cmocka_unit_test(skips_what_the_window_makes_useless),
		cmocka_unit_test(skips_by_the_visit),
		cmocka_unit_test(an_opt_out_lets_only_its_confirmation_through),
		cmocka_unit_test(a_hold_keeps_everything_else_back),
		cmocka_unit_test(answers_go_at_any_hour),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
