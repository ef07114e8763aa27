/* Rates and the breaker, on a clock of plain numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "responder/flow/pace.h"

static const struct outcome fine = {.kind = OUTCOME_ACCEPTED};
static const struct outcome later = {.kind = OUTCOME_LATER};

static void one_a_second(void **state)
{
	(void)state;
	struct pace p = pace_new(60, 0);
	int sent = 0;
	for (int64_t ms = 1000; ms < 61000; ms += 10) {
		size_t n = pace_allows(&p, ms, 64);
		assert_true(n <= 1);
		pace_started(&p, ms, n);
		sent += (int)n;
	}
	assert_int_equal(sent, 60);
}

static void a_restart_is_no_way_around_the_rate(void **state)
{
	(void)state;
	int sent = 0;
	for (int64_t ms = 5000; ms < 65000; ms += 300) {
		struct pace p = pace_new(6, ms); /* killed and started again three times a second */
		size_t n = pace_allows(&p, ms + 299, 64);
		pace_started(&p, ms + 299, n);
		sent += (int)n;
	}
	assert_int_equal(sent, 0);
	struct pace p = pace_new(6, 1000);
	assert_int_equal(pace_allows(&p, 10999, 64), 0);
	assert_int_equal(pace_allows(&p, 11000, 64), 1);
}

static void high_rates_go_in_slices(void **state)
{
	(void)state;
	struct pace p = pace_new(600000, 0); /* 10,000 a second */
	int sent = 0;
	for (int64_t ms = 0; ms < 2000; ms++) {
		size_t n = pace_allows(&p, ms, 64);
		pace_started(&p, ms, n);
		sent += (int)n;
	}
	assert_in_range(sent, 19900, 21100); /* two seconds, and one slice at the start */
}

static void the_breaker_lets_one_probe_through(void **state)
{
	(void)state;
	struct pace p = pace_new(600, 0);
	for (int i = 0; i < 5; i++)
		pace_settled(&p, 1000, &later);
	int sent = 0;
	for (int64_t ms = 1000; ms < 1000 + 10 * 60000; ms += 100) {
		size_t n = pace_allows(&p, ms, 64);
		pace_started(&p, ms, n);
		sent += (int)n;
	}
	assert_in_range(sent, 19, 20); /* every 30 s in ten minutes */
	pace_settled(&p, 700000, &fine);
	assert_true(pace_allows(&p, 701000, 64) > 1);
}

static void the_providers_wish_is_the_accounts(void **state)
{
	(void)state;
	struct pace p = pace_new(60, 0);
	pace_settled(&p, 1000, &(struct outcome){.kind = OUTCOME_LATER, .retry_s = 7});
	assert_int_equal(pace_allows(&p, 7999, 64), 0);
	assert_int_equal(pace_allows(&p, 8000, 64), 1);
	assert_int_equal(pace_wake_ms(&p, 1000), 8000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_a_second),
		cmocka_unit_test(a_restart_is_no_way_around_the_rate),
		cmocka_unit_test(high_rates_go_in_slices),
		cmocka_unit_test(the_breaker_lets_one_probe_through),
		cmocka_unit_test(the_providers_wish_is_the_accounts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
