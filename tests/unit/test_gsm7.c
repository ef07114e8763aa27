/* Segment counts at every edge, and the look-alikes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "responder/base/arena.h"
#include "responder/base/text.h"
#include "responder/sms/gsm7.c"

/* `lead`, then `n` times `each`, then `tail`. */
static struct gsm7_count count(const char *lead, int n, const char *each, const char *tail)
{
	struct arena *a = arena_new(0);
	char *s = arena_alloc(a, strlen(lead) + (size_t)n * strlen(each) + strlen(tail) + 1);
	strcat(s, lead);
	for (int i = 0; i < n; i++)
		strcat(s, each);
	strcat(s, tail);
	struct gsm7_count c = gsm7_count(s);
	arena_free(a);
	return c;
}

static void expect(struct gsm7_count c, bool ucs2, int units, int segments)
{
	assert_int_equal(c.ucs2, ucs2);
	assert_int_equal(c.units, units);
	assert_int_equal(c.segments, segments);
}

static void septets_count(void **state)
{
	(void)state;
	expect(gsm7_count(""), false, 0, 0);
	expect(count("", 160, "a", ""), false, 160, 1);
	expect(count("", 161, "a", ""), false, 161, 2);
	expect(count("", 306, "a", ""), false, 306, 2);
	expect(count("", 307, "a", ""), false, 307, 3);
	expect(count("", 459, "é", ""), false, 459, 3);
	expect(count("", 460, "é", ""), false, 460, 4);
}

static void extension_characters_do_not_straddle(void **state)
{
	(void)state;
	expect(count("", 158, "a", "€"), false, 160, 1);
	expect(count("", 159, "a", "€"), false, 161, 2);
	expect(count("", 152, "a", "€"), false, 154, 1);  /* one part of 160 has nothing to cut */
	expect(count("", 153, "€", ""), false, 306, 3);	  /* 76 + 76 + 1 */
	expect(count("a", 152, "€", "a"), false, 306, 2); /* 1 + 76 pairs, 76 pairs + 1 */
	expect(count("", 152, "€", "aa"), false, 306, 3); /* the same, one septet earlier */
}

static void utf16_counts(void **state)
{
	(void)state;
	expect(count("", 70, "ł", ""), true, 70, 1);
	expect(count("", 71, "ł", ""), true, 71, 2);
	expect(count("", 134, "ł", ""), true, 134, 2);
	expect(count("", 135, "ł", ""), true, 135, 3);
	expect(count("ł", 69, "€", ""), true, 70, 1); /* an extension character is one unit here */
	expect(count("", 35, "😀", ""), true, 70, 1);
	expect(count("", 36, "😀", ""), true, 72, 2);
	expect(count("", 66, "😀", ""), true, 132, 2);
	expect(count("", 67, "😀", ""), true, 134, 3); /* 33 + 33 + 1: pairs do not straddle */
	expect(count("ł", 66, "😀", "ł"), true, 134, 2);
}

static void whole_alphabet(void **state)
{
	static const char alphabet[] =
		"@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
	(void)state;
	expect(gsm7_count(alphabet), false, 127, 1); /* 128 less the escape */
	expect(gsm7_count("\f^{}\\[~]|€"), false, 20, 1);
	static const char *const outside[] = {
		"`", "\t", "ç", "á", "í", "ó", "ú", "Á", "ê", "α", "–", "’", "\x7f", "\x01", "😀"};
	for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
		assert_true(gsm7_count(outside[i]).ucs2);
}

static void malformed_bytes_count_as_one(void **state)
{
	(void)state;
	expect(gsm7_count("a\xff\xc3"), true, 3, 1);
	expect(gsm7_count("\xf0\x9f"), true, 2, 1);
}

static void look_alikes(void **state)
{
	static const struct {
		const char *from, *to;
	} pairs[] = {
		{"2:30\u202FPM", "2:30 PM"},
		{"a\u00A0b\u2009c\u2007d\u3000e", "a b c d e"},
		{"“It’s ‘fine’”", "\"It's 'fine'\""},
		{"«Sí»", "\"Sí\""},
		{"9–5 — yes − no \u2011", "9-5 - yes - no -"},
		{"wait…", "wait..."},
		{"• one ● two", "* one * two"},
		{"`x` 2×3", "'x' 2x3"},
		{"in\u00ADvi\u200Bsi\uFEFFble", "invisible"},
		{"Łukasz Muñoz é ü à ß", "Łukasz Muñoz é ü à ß"},
		{"col·legi 👩\u200D⚕", "col·legi 👩\u200D⚕"},
		{"bad \xff\xe2\x80 end", "bad \xff\xe2\x80 end"},
		{"", ""},
	};
	(void)state;
	struct arena *a = arena_new(0);
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		assert_string_equal(gsm7_plain(a, pairs[i].from), pairs[i].to);
	arena_free(a);
}

/* gsm7_plain writes into as many bytes as it read, so no twin may be longer than what it replaces;
 * and a twin that were itself outside the alphabet would be none. */
static void every_twin_fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(twins); i++) {
		char first[4];
		assert_true(strlen(twins[i].twin) <= text_utf8_put(first, twins[i].first));
		assert_false(gsm7_count(twins[i].twin).ucs2);
		assert_true(i == 0 || twins[i].first > twins[i - 1].last);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(septets_count),
		cmocka_unit_test(extension_characters_do_not_straddle),
		cmocka_unit_test(utf16_counts),
		cmocka_unit_test(whole_alphabet),
		cmocka_unit_test(malformed_bytes_count_as_one),
		cmocka_unit_test(look_alikes),
		cmocka_unit_test(every_twin_fits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
