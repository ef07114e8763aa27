/* Due times: windows, lead times, days that are 23 or 25 hours long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "responder/base/must.h"
#include "responder/base/zone.h"
#include "responder/flow/plan.h"

static struct reminder_step steps[] = {{"week", 7 * 1440}, {"two-days", 2 * 1440}, {"hours", 180}};
static const struct config config = {
	.window_open = 540, .window_close = 1200, .steps = steps, .step_n = 3};

static int64_t at(const char *wall)
{
	struct wall w;
	must(zone_parse_wall(wall, &w));
	return zone_epoch("America/Chicago", w);
}

static struct plan_visit visit(const char *wall)
{
	return (struct plan_visit){wall, "America/Chicago", at(wall), at("2026-01-01T00:00")};
}

static void steps_fall_due_in_order(void **state)
{
	(void)state;
	struct plan_visit v = visit("2026-03-20T14:20");
	int64_t now = at("2026-03-01T00:00");
	static const char *const due[] = {
		"2026-03-13T14:20", "2026-03-18T14:20", "2026-03-20T11:20"};
	for (int i = 0; i < 3; i++) {
		now = plan_next(&config, &v, now);
		assert_int_equal(now, at(due[i]));
		struct plan_step s = plan_pick(&config, &v, now);
		assert_int_equal(s.index, i);
		assert_int_equal(s.last, i == 2);
		assert_int_equal(s.expires, i < 2 ? at(due[i + 1]) : v.at - 1800);
	}
	assert_int_equal(plan_next(&config, &v, now), 0);
}

static void only_the_newest_missed_step_counts(void **state)
{
	(void)state;
	struct plan_visit v = visit("2026-03-20T14:20");
	assert_int_equal(plan_pick(&config, &v, at("2026-03-13T14:19")).index, -1);
	assert_int_equal(plan_pick(&config, &v, at("2026-03-18T14:19")).index, 0);
	assert_int_equal(plan_pick(&config, &v, at("2026-03-19T09:00")).index, 1);
	assert_int_equal(plan_pick(&config, &v, at("2026-03-20T13:49")).index, 2);
	assert_int_equal(plan_pick(&config, &v, at("2026-03-20T13:50")).index, -1);
	assert_int_equal(plan_pick(&config, &v, at("2026-03-20T14:30")).index, -1);
}

static void a_step_that_was_over_when_the_visit_was_made_is_not_made_up(void **state)
{
	(void)state;
	struct plan_visit v = visit("2026-03-20T14:20");
	v.since = at("2026-03-15T10:00");
	assert_int_equal(plan_pick(&config, &v, at("2026-03-15T10:00")).index, -1);
	assert_int_equal(plan_next(&config, &v, v.since - 1), at("2026-03-18T14:20"));
}

static void an_early_visit_is_reminded_the_evening_before(void **state)
{
	(void)state;
	struct plan_visit v = visit("2026-03-20T09:20");
	assert_int_equal(plan_next(&config, &v, at("2026-03-19T12:00")), at("2026-03-19T19:00"));
	/* 8:00 minus three hours, but with two and a half hours left at nine: that is still half.
	 */
	v = visit("2026-03-20T11:30");
	assert_int_equal(plan_next(&config, &v, at("2026-03-19T12:00")), at("2026-03-20T09:00"));
}

static void days_keep_the_wall_time_over_clock_changes(void **state)
{
	(void)state;
	struct plan_visit v = visit("2026-03-09T14:20"); /* clocks go forward on the 8th */
	assert_int_equal(plan_next(&config, &v, at("2026-03-05T00:00")), at("2026-03-07T14:20"));
	assert_int_equal(v.at - at("2026-03-07T14:20"), 47 * 3600);
	v = visit("2026-11-02T14:20"); /* and back on 1 November */
	assert_int_equal(plan_next(&config, &v, at("2026-10-29T00:00")), at("2026-10-31T14:20"));
	assert_int_equal(v.at - at("2026-10-31T14:20"), 49 * 3600);
}

static void the_window_is_half_open(void **state)
{
	(void)state;
	const char *z = "America/Chicago";
	assert_int_equal(plan_window(&config, z, at("2026-03-10T08:59")), at("2026-03-10T09:00"));
	assert_int_equal(plan_window(&config, z, at("2026-03-10T09:00")), at("2026-03-10T09:00"));
	assert_int_equal(plan_window(&config, z, at("2026-03-10T19:59")), at("2026-03-10T19:59"));
	assert_int_equal(plan_window(&config, z, at("2026-03-10T20:00")), at("2026-03-11T09:00"));
}

/* Every due time of every visit lies inside the window and before the visit. */
static void all_due_times_lie_in_the_window(void **state)
{
	(void)state;
	static const char *const zones[] = {"America/Chicago", "Europe/London", "Asia/Kolkata",
		"Australia/Lord_Howe", "America/St_Johns"};
	for (int64_t t = at("2026-01-10T00:00"); t < at("2026-12-20T00:00"); t += 3137 * 7) {
		const char *zone = zones[t % 5];
		char wall[20];
		struct wall w = zone_wall(zone, t);
		zone_format_wall(w, wall);
		struct plan_visit v = {wall, zone, zone_epoch(zone, w), t - 30 * 86400};
		int count = 0;
		for (int64_t now = v.since; (now = plan_next(&config, &v, now)); count++) {
			struct wall due = zone_wall(zone, now);
			int minute = due.hour * 60 + due.minute;
			assert_true(minute >= 540 && minute < 1200);
			assert_true(now < v.at);
			assert_true(count < 4);
		}
		assert_true(count >= 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_fall_due_in_order),
		cmocka_unit_test(only_the_newest_missed_step_counts),
		cmocka_unit_test(a_step_that_was_over_when_the_visit_was_made_is_not_made_up),
		cmocka_unit_test(an_early_visit_is_reminded_the_evening_before),
		cmocka_unit_test(days_keep_the_wall_time_over_clock_changes),
		cmocka_unit_test(the_window_is_half_open),
		cmocka_unit_test(all_due_times_lie_in_the_window),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
