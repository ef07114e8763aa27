/* Zone arithmetic: every zone, every change of its clock 2026-2030, compared with the C library. */
#include <pthread.h>
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
		"America/Chicago/", "right/America/Chicago", "posix/America/Chicago", "localtime",
		"posixrules", "leapseconds", "tzdata.zi", "America", "PST8", "AAA+3"};
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
		"2026-1-1T10:00", "x", "", "2026- 3- 1T 9: 5", "2026-+3-01T09:05",
		"0000-01-01T00:00", "2026-03-00T00:00"};
	struct wall w;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(zone_parse_wall(bad[i], &w));
	assert_true(zone_parse_wall("2028-02-29T10:00", &w));
	assert_int_equal(w.weekday, 2);
	assert_false(zone_parse_wall(NULL, &w));
}

static long offset_at(time_t t)
{
	struct tm tm;
	localtime_r(&t, &tm);
	return tm.tm_gmtoff;
}

static void compare_wall(const char *zone, time_t t)
{
	struct tm tm;
	localtime_r(&t, &tm);
	struct wall w = zone_wall(zone, t);
	if (w.year != tm.tm_year + 1900 || w.month != tm.tm_mon + 1 || w.day != tm.tm_mday ||
		w.hour != tm.tm_hour || w.minute != tm.tm_min || w.weekday != tm.tm_wday)
		fail_msg("zone_wall: %s at %lld", zone, (long long)t);
}

/* The wall time that UTC's clock shows at `naive`, taken for one of this zone, whose offset changes
 * at `change` and at no other time near. */
static void compare_epoch(const char *zone, time_t naive, time_t change, long before, long after)
{
	struct tm tm;
	gmtime_r(&naive, &tm);
	struct wall w = {.year = tm.tm_year + 1900,
		.month = tm.tm_mon + 1,
		.day = tm.tm_mday,
		.hour = tm.tm_hour,
		.minute = tm.tm_min};
	int64_t expected = change; /* the end of the gap */
	if (naive - before < change)
		expected = naive - before; /* the first, if there are two */
	else if (naive - after >= change)
		expected = naive - after;
	if (zone_epoch(zone, w) != expected)
		fail_msg("zone_epoch: %s, change at %lld, wall %lld", zone, (long long)change,
			(long long)naive);
}

static void compare_change(const char *zone, time_t low, time_t high)
{
	long before = offset_at(low), after = offset_at(high);
	while (high - low > 1) {
		time_t middle = low + (high - low) / 2;
		if (offset_at(middle) == before)
			low = middle;
		else
			high = middle;
	}
	for (time_t near = -4 * 3600; near <= 4 * 3600; near += 60) {
		compare_wall(zone, high + near);
		compare_epoch(zone, high + before + near, high, before, after);
	}
	compare_wall(zone, high - 1);
}

/* Each minute around every change, and now and then. Returns how many changes. */
static int compare_zone(const char *zone)
{
	int changes = 0;
	setenv("TZ", zone, 1);
	tzset();
	for (time_t t = FROM; t < TO; t += 6 * 3600) {
		if (offset_at(t) != offset_at(t + 6 * 3600)) {
			compare_change(zone, t, t + 6 * 3600);
			changes++;
		} else if (t % (96 * 3600) == 0) {
			compare_wall(zone, t);
		}
	}
	return changes;
}

static void every_zone_agrees_with_the_c_library(void **state)
{
	(void)state;
	FILE *f = fopen("/usr/share/zoneinfo/tzdata.zi", "r");
	char line[512], zone[64];
	int n = 0, changes = 0;
	assert_non_null(f);
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "Z %63s", zone) == 1 && strchr(zone, '/') && zone_ok(zone)) {
			changes += compare_zone(zone);
			n++;
		}
	fclose(f);
	assert_true(n > 250);
	assert_true(changes > 500);
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

static void next_minds_gaps_and_takes_the_first_of_two(void **state)
{
	(void)state;
	/* 02:30 does not exist on the 8th of March. */
	assert_int_equal(
		zone_next("America/Chicago", at("America/Chicago", "2026-03-08T01:00"), 150),
		at("America/Chicago", "2026-03-08T03:00"));
	/* 01:30 comes twice on the 1st of November; a daily job runs once. */
	int64_t first = at("America/Chicago", "2026-11-01T01:30");
	assert_int_equal(zone_next("America/Chicago", first - 1, 90), first);
	assert_int_equal(
		zone_next("America/Chicago", first, 90), at("America/Chicago", "2026-11-02T01:30"));
	assert_int_equal(zone_next("America/Chicago", first + 3600, 90),
		at("America/Chicago", "2026-11-02T01:30"));
	/* Cairo's gap begins at midnight. */
	assert_int_equal(zone_next("Africa/Cairo", at("Africa/Cairo", "2026-04-23T12:00"), 0),
		at("Africa/Cairo", "2026-04-24T01:00"));
}

static void days_are_added_by_the_calendar(void **state)
{
	(void)state;
	static const struct {
		const char *from;
		int days;
		const char *to;
	} cases[] = {
		{"2026-03-07T02:30", 1, "2026-03-08T02:30"},
		{"2028-02-28T23:59", 2, "2028-03-01T23:59"},
		{"2026-01-01T00:00", -1, "2025-12-31T00:00"},
		{"2000-02-29T12:00", 36525, "2100-03-01T12:00"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char out[ZONE_WALL];
		struct wall w;
		assert_true(zone_parse_wall(cases[i].from, &w));
		zone_format_wall(zone_add_days(w, cases[i].days), out);
		assert_string_equal(out, cases[i].to);
	}
}

static void *many_walls(void *context)
{
	static const char *const zones[] = {"America/Chicago", "Europe/London", "Asia/Kolkata",
		"Pacific/Auckland", "America/St_Johns"};
	int *wrong = context;
	for (int i = 0; i < 20000; i++) {
		const char *zone = zones[i % 5];
		struct wall w = zone_wall(zone, FROM + i * 7200LL);
		*wrong += zone_epoch(zone, w) > FROM + i * 7200LL;
	}
	return NULL;
}

static void threads_may_share_it(void **state)
{
	(void)state;
	pthread_t threads[4];
	int wrong[4] = {0};
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, many_walls, &wrong[i]), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(wrong[i], 0);
	}
}

static void the_data_has_a_version(void **state)
{
	(void)state;
	const char *v = zone_data_version();
	assert_non_null(v);
	assert_int_equal(v[0], '2');
	assert_true(strlen(v) == 5); /* "2026a" */
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
		cmocka_unit_test(next_minds_gaps_and_takes_the_first_of_two),
		cmocka_unit_test(days_are_added_by_the_calendar),
		cmocka_unit_test(threads_may_share_it),
		cmocka_unit_test(the_data_has_a_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
