/* Numbers as people type them, and the shape check on what machines say. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "responder/base/text.h"
#include "responder/sms/e164.h"
#include "responder/sms/sms.h"

static const struct {
	const char *text, *region, *e164; /* e164 NULL: refused */
} cases[] = {
	{"(312) 555-0123", "US", "+13125550123"},
	{"312.555.0123", "US", "+13125550123"},
	{" 1 312 555 0123 ", "US", "+13125550123"},
	{"+1 312 555 0123", "GB", "+13125550123"},
	{"+13125550123", NULL, "+13125550123"},
	{"07911 123456", "GB", "+447911123456"},
	{"0044 7911 123456", "GB", "+447911123456"},
	{"0412 345 678", "AU", "+61412345678"},
	{"(363) 555-0123", "US",
		"+13635550123"}, /* opened in 2022: IsValidNumber would refuse it */
	{"(729) 555-0123", "US", "+17295550123"},
	{"555-0123", "US", NULL}, /* seven digits: possible inside a town only */
	{"312 555 01234", "US", NULL},
	{"312 555 0123 ext. 12", "US", NULL},
	{"call 312-555-0123 after 5", "US", NULL},
	{"312-555-0123 / 312-555-0199", "US", NULL},
	{"3125550123", NULL, NULL}, /* whose? */
	{"3125550123", "XX", NULL},
	{"n/a", "US", NULL},
	{"", "US", NULL},
	{NULL, "US", NULL},
};

static void typed_numbers(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *out = "untouched";
		enum err e = e164_parse(a, cases[i].text, cases[i].region, &out);
		if (e != (cases[i].e164 ? OK : ERR_INPUT) || !text_eq(out, cases[i].e164))
			fail_msg("%s in %s: %s", cases[i].text, cases[i].region, out);
	}
	arena_free(a);
}

static void shapes(void **state)
{
	static const char *const good[] = {"+1234567", "+13125550123", "+123456789012345"};
	static const char *const bad[] = {NULL, "", "+", "+1", "+123456", "+1234567890123456",
		"+03125550123", "13125550123", "+1312555012a", "+1 3125550123", " +13125550123",
		"whatsapp:+13125550123", "73742", "PHARMACY"};
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_true(e164_ok(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(e164_ok(bad[i]));
}

static void *parse_often(void *unused)
{
	(void)unused;
	struct arena *a = arena_new(0);
	const char *out;
	for (int i = 0; i < 200; i++)
		if (e164_parse(a, "(312) 555-0123", "US", &out) || !text_eq(out, "+13125550123"))
			return a; /* leaks on purpose: the test fails anyway */
	arena_free(a);
	return NULL;
}

static void several_threads(void **state)
{
	pthread_t threads[4];
	void *failed;
	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, parse_often, NULL), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
}

static void outcomes_have_names(void **state)
{
	(void)state;
	assert_string_equal(outcome_name(OUTCOME_ACCEPTED), "accepted");
	assert_string_equal(outcome_name(OUTCOME_UNCERTAIN), "uncertain");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(several_threads),
		cmocka_unit_test(typed_numbers),
		cmocka_unit_test(shapes),
		cmocka_unit_test(outcomes_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
