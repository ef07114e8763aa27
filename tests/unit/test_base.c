/* The small things that everything stands on: memory, buffers, text, digests, the log, bells, time.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "responder/base/arena.h"
#include "responder/base/bell.h"
#include "responder/base/buf.h"
#include "responder/base/clock.h"
#include "responder/base/digest.h"
#include "responder/base/err.h"
#include "responder/base/log.h"
#include "responder/base/must.h"
#include "responder/base/text.h"

/* Whether the function ends the process by abort(), in a child that says nothing. */
static bool aborts(void (*function)(void))
{
	int status;
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
		dup2(nowhere, STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		function();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void arena_gives_zeroed_and_aligned_memory(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	for (size_t size = 0; size < 70000; size = size * 2 + 1) {
		unsigned char *p = arena_alloc(a, size);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xFF, size);
	}
	/* Used again after a reset, and zero again. */
	arena_reset(a);
	for (int i = 0; i < 100; i++) {
		const unsigned char *p = arena_alloc(a, 100);
		assert_int_equal(p[0] | p[99], 0);
	}
	arena_free(a);
	arena_free(NULL);
}

static void arena_copies_strings(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	assert_null(arena_str(a, NULL));
	assert_string_equal(arena_str(a, "abc"), "abc");
	assert_string_equal(arena_strn(a, "abc", 2), "ab");
	assert_string_equal(arena_printf(a, "%s-%05d", "x", 42), "x-00042");
	char *grown = arena_grow(a, arena_str(a, "abc"), 4, 8);
	assert_memory_equal(grown, "abc\0\0\0\0\0", 8);
	arena_free(a);
}

static void overfill_arena(void)
{
	struct arena *a = arena_new(64 * 1024);
	for (int i = 0; i < 100; i++)
		arena_alloc(a, 1024);
}

static void ask_too_much_of_arena(void)
{
	arena_alloc(arena_new(0), SIZE_MAX - 3);
}

static void break_invariant(void)
{
	must(1 + 1 == 3);
}

static void a_broken_invariant_ends_the_process(void **state)
{
	(void)state;
	assert_true(aborts(break_invariant));
	assert_true(aborts(overfill_arena));
	assert_true(aborts(ask_too_much_of_arena));
}

/* The cap counts what is held, so that an arena that is reset can serve for ever. */
static void a_reset_arena_has_its_cap_again(void **state)
{
	(void)state;
	struct arena *a = arena_new(64 * 1024);
	for (int round = 0; round < 50; round++) {
		arena_alloc(a, 40 * 1024);
		arena_alloc(a, 100);
		arena_reset(a);
	}
	arena_free(a);
}

static void buf_grows_to_its_cap_and_no_further(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	struct buf b = buf_new(a, 1000);
	assert_string_equal(b.s, "");
	for (int i = 0; i < 100; i++)
		buf_printf(&b, "%09d.", i);
	assert_int_equal(b.n, 1000);
	assert_false(b.over);
	assert_memory_equal(b.s + 990, "000000099.", 11);
	buf_char(&b, 'x');
	assert_true(b.over);
	assert_int_equal(b.n, 1000);
	struct buf small = buf_new(a, 5);
	buf_str(&small, "abcdefgh");
	assert_true(small.over);
	assert_string_equal(small.s, "abcde");
	struct buf none = buf_new(a, 0);
	buf_str(&none, "");
	assert_false(none.over);
	buf_str(&none, "a");
	assert_true(none.over);
	struct buf url = buf_new(a, 100);
	buf_url(&url, "a b&c=\xC3\xA9+~._-/");
	assert_string_equal(url.s, "a%20b%26c%3D%C3%A9%2B~._-%2F");
	arena_free(a);
}

static void text_answers_small_questions(void **state)
{
	(void)state;
	assert_true(text_eq(NULL, NULL));
	assert_false(text_eq(NULL, ""));
	assert_true(text_eq_nocase("StOp", "sToP"));
	assert_false(text_eq_nocase("stop", NULL));
	assert_true(text_starts("abc", "ab") && text_starts("abc", "") && !text_starts("a", "ab"));
	assert_true(text_empty(NULL) && text_empty("") && text_empty(" \t\r\n"));
	assert_false(text_empty(" x "));
	char s[] = "\t a b \r\n", blank[] = " \n ";
	assert_string_equal(text_trim(s), "a b");
	assert_string_equal(text_trim(blank), "");
	assert_true(text_like("2026-03-10", "0000-00-00"));
	assert_true(text_like("", ""));
	static const char *const unlike[] = {"2026-3-10", "2026-03-1", "2026-03-100", " 026-03-10",
		"2026/03/10", "2026-03-1x", ""};
	for (size_t i = 0; i < sizeof unlike / sizeof unlike[0]; i++)
		assert_false(text_like(unlike[i], "0000-00-00"));
	assert_false(text_like(NULL, "0"));
}

static void integers_are_read_whole(void **state)
{
	(void)state;
	int64_t n;
	assert_true(text_int("-5", -5, 5, &n) && n == -5);
	assert_true(text_int("9223372036854775807", 0, INT64_MAX, &n) && n == INT64_MAX);
	static const char *const bad[] = {"", " 1", "1 ", "1x", "x", "6", "-6", "1.0", "0x1",
		"9223372036854775808", "99999999999999999999"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(text_int(bad[i], -5, 5, &n));
	assert_false(text_int(NULL, 0, 1, &n));
}

static void utf8_is_what_the_standard_says(void **state)
{
	(void)state;
	static const char *const bad[] = {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF",
		"\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF",
		"\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xC3(", "a\xE9"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(text_utf8_ok(bad[i], strlen(bad[i])));
	assert_false(text_utf8_ok("a\0b", 3));
	assert_true(text_utf8_ok("", 0));
	/* Each code point that there is, there and back. */
	for (uint32_t code = 1; code <= 0x10FFFF; code++) {
		char bytes[4];
		size_t n = text_utf8_put(bytes, code), at = 0;
		int32_t back = text_next(bytes, n, &at);
		bool surrogate = code >= 0xD800 && code < 0xE000;
		if (surrogate ? back != -1 : back != (int32_t)code || at != n)
			fail_msg("U+%04X", code);
		if (n > 1 && text_utf8_ok(bytes, n - 1))
			fail_msg("U+%04X cut short", code);
	}
}

static void digests_are_the_published_ones(void **state)
{
	(void)state;
	unsigned char out[32];
	char hex[65], base64[45];
	digest_sha256("abc", 3, out); /* FIPS 180-2, B.1 */
	digest_hex(out, 32, hex);
	assert_string_equal(
		hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	static const char words[] = "what do ya want for nothing?";
	digest_hmac_sha1("Jefe", words, strlen(words), out); /* RFC 2202, 2 */
	digest_hex(out, 20, hex);
	assert_string_equal(hex, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	digest_hmac_sha256("Jefe", words, strlen(words), out); /* RFC 4231, 4.3 */
	digest_hex(out, 32, hex);
	assert_string_equal(
		hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	digest_base64((const unsigned char *)"foob", 4, base64); /* RFC 4648, 10 */
	assert_string_equal(base64, "Zm9vYg==");
	assert_true(digest_same("abc", "abc"));
	assert_false(digest_same("abc", "abd"));
	assert_false(digest_same("abc", "abcd"));
	assert_false(digest_same(NULL, NULL));
	assert_false(digest_same("abc", NULL));
}

static void tokens_do_not_repeat(void **state)
{
	(void)state;
	char a[DIGEST_HEX_TOKEN], b[DIGEST_HEX_TOKEN];
	digest_token(a);
	digest_token(b);
	assert_int_equal(strspn(a, "0123456789abcdef"), 32);
	assert_string_not_equal(a, b);
}

/* What one log line puts on standard error. */
static const char *logged(const char *event, const char *value)
{
	static char line[4096];
	int ends[2], saved = dup(STDERR_FILENO);
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	log_line(LOG_WARN, event, "value=%s", value);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	ssize_t n = read(ends[0], line, sizeof line - 1);
	close(ends[0]);
	line[n > 0 ? n : 0] = '\0';
	return line;
}

static void the_log_masks_numbers_and_keeps_to_its_line(void **state)
{
	(void)state;
	assert_string_equal(logged("x", "hello"), "<4>event=x value=hello\n");
	assert_string_equal(logged("x", "+13125550123"), "<4>event=x value=+*********23\n");
	assert_string_equal(logged("x", "3125550123,"), "<4>event=x value=********23,\n");
	assert_string_equal(logged("x", "+4915112345"), "<4>event=x value=+********45\n");
	assert_string_equal(logged("x", "12345678"), "<4>event=x value=12345678\n");
	assert_string_equal(
		logged("x", "a\nevent=forged\r\x1b[0m"), "<4>event=x value=a event=forged  [0m\n");
	char *long_value = malloc(5000);
	memset(long_value, 'x', 4999);
	long_value[4999] = '\0';
	const char *line = logged("x", long_value);
	assert_true(strlen(line) < 1100);
	assert_int_equal(line[strlen(line) - 1], '\n');
	free(long_value);
	log_set_level(LOG_ERROR);
	assert_string_equal(logged("x", "hello"), "");
	log_set_level(LOG_INFO);
}

static void bells_ring_once_and_carry_nothing(void **state)
{
	(void)state;
	struct bell b = bell_new();
	assert_false(bell_wait(&b, 0));
	bell_ring(&b);
	bell_ring(&b);
	assert_true(bell_wait(&b, 1000));
	assert_false(bell_wait(&b, 0));
	bell_ring(&b);
	bell_clear(&b);
	bell_clear(&b); /* never blocks */
	assert_false(bell_wait(&b, 0));
	bell_free(&b);
}

static void *ring_later(void *context)
{
	usleep(20000);
	bell_ring(context);
	return NULL;
}

static void a_bell_wakes_another_thread(void **state)
{
	(void)state;
	struct bell b = bell_new();
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, ring_later, &b), 0);
	int64_t begun = clock_mono_ms();
	assert_true(bell_wait(&b, 10000));
	assert_true(clock_mono_ms() - begun < 5000);
	pthread_join(thread, NULL);
	bell_free(&b);
}

static void the_clock_can_be_pinned_and_moved(void **state)
{
	(void)state;
	int64_t real = clock_now();
	assert_true(real > 1767225600);
	clock_shift(3600);
	assert_true(clock_now() - real >= 3600 && clock_now() - real < 3610);
	assert_int_equal(clock_shifted(), 3600);
	clock_pin(1773064800);
	assert_int_equal(clock_now(), 1773064800);
	clock_shift(60);
	assert_int_equal(clock_now(), 1773064860);
	int64_t tick = clock_mono_ms();
	usleep(3000);
	assert_true(clock_mono_ms() >= tick + 3);
	clock_pin(0);
	assert_true(clock_now() - real < 60);
}

static void errors_have_words_and_a_status(void **state)
{
	(void)state;
	assert_int_equal(err_http_status(OK), 200);
	assert_int_equal(err_http_status(ERR_AUTH), 403);
	assert_int_equal(err_http_status(ERR_STORE), 503);
	assert_true(err_again(ERR_BUSY));
	assert_false(err_again(ERR_INPUT));
	for (enum err e = OK; e <= ERR_IO; e++) {
		assert_true(strlen(err_text(e)) > 5);
		assert_true(err_http_status(e) >= 200 && err_http_status(e) < 600);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_gives_zeroed_and_aligned_memory),
		cmocka_unit_test(arena_copies_strings),
		cmocka_unit_test(a_broken_invariant_ends_the_process),
		cmocka_unit_test(a_reset_arena_has_its_cap_again),
		cmocka_unit_test(buf_grows_to_its_cap_and_no_further),
		cmocka_unit_test(text_answers_small_questions),
		cmocka_unit_test(integers_are_read_whole),
		cmocka_unit_test(utf8_is_what_the_standard_says),
		cmocka_unit_test(digests_are_the_published_ones),
		cmocka_unit_test(tokens_do_not_repeat),
		cmocka_unit_test(the_log_masks_numbers_and_keeps_to_its_line),
		cmocka_unit_test(bells_ring_once_and_carry_nothing),
		cmocka_unit_test(a_bell_wakes_another_thread),
		cmocka_unit_test(the_clock_can_be_pinned_and_moved),
		cmocka_unit_test(errors_have_words_and_a_status),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
