/* Zone arithmetic: every zone, every change of its clock 2026-2030, compared with the C library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "responder/base/zone.h"

#define FROM 1767225600 /* 2026-01-01 */
#define TO 1924992000	/* 2031-01-01 */

static int64_t at(const char *zone, const char *wall)
{
	struct wall w;
	assert_true(zone_parse_wall(wall, &w));
	return zone_epoch(zone, w);
}

static void a_skipped_time_is_the_first_valid_minute_after(void **state)
{
	(void)state;
	assert_int_equal(at("America/Chicago", "2026-03-08T02:30"),
		at("America/Chicago", "2026-03-08T03:00"));
	assert_int_equal(at("Australia/Lord_Howe", "2026-10-04T02:15"),
		at("Australia/Lord_Howe", "2026-10-04T02:30"));
}

static void a_repeated_time_is_the_first_of_the_two(void **state)
{
	(void)state;
	assert_int_equal(
		at("America/Chicago", "2026-11-01T01:30"), 1793514600); /* still daylight time */
	assert_int_equal(at("Europe/London", "2026-10-25T01:30"), 1792888200);
}

static void names_are_checked(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "../../etc/passwd", "America/Nowhere",
		"/etc/localtime", "+03:00", ":America/Chicago", "America//Chicago",
		"America/Chicago/"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(zone_ok(bad[i]));
	assert_false(zone_ok(NULL));
	assert_true(zone_ok("America/Argentina/Buenos_Aires"));
}

static void walls_are_parsed_strictly(void **state)
{
	(void)state;
	static const char *const bad[] = {"2026-02-29T10:00", "2026-13-01T10:00",
		"2026-01-01T24:00", "2026-01-01T10:60", "2026-01-01 10:00", "2026-01-01T10:00Z",
		"2026-1-1T10:00", "x"};
	struct wall w;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(zone_parse_wall(bad[i], &w));
	assert_true(zone_parse_wall("2028-02-29T10:00", &w));
	assert_int_equal(w.weekday, 2);
}

static void compare(const char *zone, time_t t)
{
	struct tm tm;
	localtime_r(&t, &tm);
	struct wall w = zone_wall(zone, t);
	if (w.year != tm.tm_year + 1900 || w.month != tm.tm_mon + 1 || w.day != tm.tm_mday ||
		w.hour != tm.tm_hour || w.minute != tm.tm_min || w.weekday != tm.tm_wday)
		fail_msg("%s at %lld", zone, (long long)t);
	/* Back again: the same moment, or the earlier one that shows the same. */
	int64_t back = zone_epoch(zone, w);
	struct wall again = zone_wall(zone, back);
	assert_true(back <= t && again.hour == w.hour && again.minute == w.minute);
}

/* Around every change, and now and then. */
static void compare_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
	long offset = 1 << 30;
	for (time_t t = FROM; t < TO; t += 6 * 3600) {
		struct tm tm;
		localtime_r(&t, &tm);
		if (tm.tm_gmtoff != offset)
			for (time_t near = t - 8 * 3600; near < t + 2 * 3600; near += 600)
				compare(zone, near);
		else if (t % (96 * 3600) == 0)
			compare(zone, t);
		offset = tm.tm_gmtoff;
	}
}

static void every_zone_agrees_with_the_c_library(void **state)
{
	(void)state;
	FILE *f = fopen("/usr/share/zoneinfo/tzdata.zi", "r");
	char line[512], zone[64];
	int n = 0;
	assert_non_null(f);
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "Z %63s", zone) == 1 && strchr(zone, '/') && zone_ok(zone)) {
			compare_zone(zone);
			n++;
		}
	fclose(f);
	assert_true(n > 250);
}

static void next_is_after_and_shows_that_minute(void **state)
{
	(void)state;
	for (int64_t t = FROM; t < FROM + 400LL * 86400; t += 8 * 3600 + 17) {
		int64_t next = zone_next("America/Chicago", t, 9 * 60);
		struct wall w = zone_wall("America/Chicago", next);
		assert_true(next > t && next <= t + 25 * 3600);
		assert_int_equal(w.hour * 60 + w.minute, 9 * 60);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_skipped_time_is_the_first_valid_minute_after),
		cmocka_unit_test(a_repeated_time_is_the_first_of_the_two),
		cmocka_unit_test(names_are_checked),
		cmocka_unit_test(walls_are_parsed_strictly),
		cmocka_unit_test(every_zone_agrees_with_the_c_library),
		cmocka_unit_test(next_is_after_and_shows_that_minute),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
