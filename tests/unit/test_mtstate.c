/* Every pair of states, and every report in every state, against tables written out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "responder/sms/mtstate.h"

static const enum mt_state order[] = {MT_QUEUED, MT_SENDING, MT_ACCEPTED, MT_DELIVERED,
	MT_UNDELIVERED, MT_FAILED, MT_CANCELLED, MT_SKIPPED, MT_UNCERTAIN};

/* clang-format off */
static const struct {
	enum mt_state from;
	const char *may; /* x: may go to the state in that place of `order` */
	const char *after; /* pending, sent, undelivered, failed, delivered: initial; or "=" */
} rows[] = {
	{MT_QUEUED,      ".x....xx.", "====="},
	{MT_SENDING,     "x.xxxxx.x", "aaufd"},
	{MT_ACCEPTED,    "...xxx...", "==ufd"},
	{MT_DELIVERED,   ".........", "====="},
	{MT_UNDELIVERED, "...x.....", "====d"},
	{MT_FAILED,      ".........", "====="},
	{MT_CANCELLED,   ".........", "====="},
	{MT_SKIPPED,     ".........", "====="},
	{MT_UNCERTAIN,   "..xxxx...", "aaufd"},
};
/* clang-format on */

static void every_move(void **state)
{
	(void)state;
	assert_int_equal(sizeof rows / sizeof rows[0], MT_STATES);
	for (size_t i = 0; i < MT_STATES; i++) {
		assert_int_equal(strlen(rows[i].may), MT_STATES);
		for (size_t k = 0; k < MT_STATES; k++)
			assert_int_equal(
				mtstate_may(rows[i].from, order[k]), rows[i].may[k] == 'x');
	}
}

static void every_report(void **state)
{
	(void)state;
	for (size_t i = 0; i < MT_STATES; i++)
		for (int kind = DLR_PENDING; kind <= DLR_DELIVERED; kind++) {
			enum mt_state to = mtstate_after_dlr(rows[i].from, (enum dlr_kind)kind);
			if (rows[i].after[kind] == '=')
				assert_int_equal(to, rows[i].from);
			else
				assert_int_equal(mtstate_word(to)[0], rows[i].after[kind]);
		}
}

/* P12: whatever comes in whatever order, three reports end where they end, and a fourth of any kind
 * that was among them changes nothing. Delivered, once reported and not failed before, stays. */
static void any_order_only_advances(void **state)
{
	(void)state;
	for (int a = 0; a < 5; a++)
		for (int b = 0; b < 5; b++)
			for (int c = 0; c < 5; c++) {
				int kinds[] = {a, b, c};
				enum mt_state s = MT_SENDING;
				bool delivered = false, failed = false;
				for (int i = 0; i < 3; i++) {
					enum mt_state to = mtstate_after_dlr(s, kinds[i]);
					assert_true(to == s || mtstate_may(s, to));
					assert_int_equal(mtstate_after_dlr(to, kinds[i]), to);
					s = to;
					failed |= kinds[i] == DLR_FAILED && s == MT_FAILED;
					delivered |= kinds[i] == DLR_DELIVERED;
				}
				if (delivered && !failed)
					assert_int_equal(s, MT_DELIVERED);
				if (failed)
					assert_int_equal(s, MT_FAILED);
			}
}

static void words_and_back(void **state)
{
	(void)state;
	assert_string_equal(mtstate_word(MT_QUEUED), "queued");
	for (size_t i = 0; i < MT_STATES; i++)
		assert_int_equal(mtstate_of(mtstate_word(order[i])), order[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_move),
		cmocka_unit_test(every_report),
		cmocka_unit_test(any_order_only_advances),
		cmocka_unit_test(words_and_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
