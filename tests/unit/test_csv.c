/* The row reader: lines are those of the file, bad rows are told and left out, the rest comes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "responder/flow/csv.h"

static char path[] = "/tmp/csv.XXXXXX", said[8192];
static enum err answer; /* what the row callback returns */

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
	size_t n = strlen(said);
	va_list args;
	va_start(args, format);
	vsnprintf(said + n, sizeof said - n, format, args);
	va_end(args);
}

/* "3 [a|b]" for a row that begins in line 3. */
static enum err note_row(void *context, struct arena *a, const struct csv_row *row)
{
	(void)context;
	(void)a;
	say("%d [", row->line);
	for (size_t i = 0; i < row->n; i++)
		say("%s%s", i ? "|" : "", row->fields[i]);
	say("]\n");
	return answer;
}

static void note_fault(void *context, int line, int column, const char *what)
{
	(void)context;
	say("%d:%d %s\n", line, column, what);
}

static const struct csv_reader reader = {note_row, note_fault, NULL};

static int make_file(void **state)
{
	(void)state;
	int fd = mkstemp(path);
	return fd < 0 ? 1 : close(fd);
}

static int drop_file(void **state)
{
	(void)state;
	return unlink(path);
}

static enum err read_bytes(const char *bytes, size_t n)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	fclose(f);
	said[0] = '\0';
	return csv_read(path, &reader);
}

static enum err read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

static void lines_are_those_of_the_file(void **state)
{
	(void)state;
	assert_int_equal(read_text("\xEF\xBB\xBF"
				   "id,note\r\n"
				   "\r\n"
				   "   \r\n"
				   "1,\"two\r\n\r\nlines\"\r\n"
				   "\"\n\n2\",x\n"
				   "3, \"a \"\"b\"\", c\" \n"
				   "4"),
		OK);
	assert_string_equal(said, "1 [id|note]\n"
				  "4 [1|two\r\n\r\nlines]\n"
				  "7 [2|x]\n"
				  "10 [3|a \"b\", c]\n"
				  "11 [4]\n");
}

static void an_empty_file_has_no_rows(void **state)
{
	(void)state;
	static const char *const empty[] = {"", "\n", "\r\n \n", "\xEF\xBB\xBF"};
	for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
		assert_int_equal(read_text(empty[i]), OK);
		assert_string_equal(said, "");
	}
}

static void the_first_line_tells_the_delimiter(void **state)
{
	(void)state;
	assert_int_equal(read_text("id;name\n1;\"Love, Lace; Ada\"\n"), OK);
	assert_string_equal(said, "1 [id|name]\n2 [1|Love, Lace; Ada]\n");
	assert_int_equal(read_text("id\tname\n1\tAda, Love\n"), OK);
	assert_string_equal(said, "1 [id|name]\n2 [1|Ada, Love]\n");
	assert_int_equal(read_text("id,name;x\n1,a;b\n"), OK);
	assert_string_equal(said, "1 [id|name;x]\n2 [1|a;b]\n");
}

static void a_stray_quote_costs_one_row(void **state)
{
	(void)state;
	assert_int_equal(read_text("id,note\n"
				   "1,5'2\" tall\n"
				   "2,fine\n"
				   "3,\"a\" b\n"
				   "4,\"open\nand \"then\" this\n"
				   "5,fine\n"),
		OK);
	assert_non_null(strstr(said, "2:2 a quote inside a field"));
	assert_non_null(strstr(said, "\n3 [2|fine]\n4:2 a quote inside a field"));
	assert_non_null(strstr(said, "\n5:2 a quoted field began here, and in line 6 a quote"));
	assert_non_null(strstr(said, "\n7 [5|fine]\n"));
}

static void a_quote_that_never_closes_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(read_text("id,note\n1,a\n2,\"b\n3,c\n"), ERR_INPUT);
	assert_string_equal(said, "1 [id|note]\n2 [1|a]\n"
				  "3:0 a quote opens in this row and never closes\n");
}

/* Whatever comes, a row is never held beyond its cap. */
static void a_row_has_a_cap(void **state)
{
	(void)state;
	FILE *f = fopen(path, "w");
	fputs("id,note\n1,a\n2,\"", f);
	for (int i = 0; i < 200000; i++)
		fputs("a line of a hundred bytes or so, as long as nobody counts them, and "
		      "nobody does, I think ..\n",
			f);
	fclose(f);
	struct rusage before, after;
	getrusage(RUSAGE_SELF, &before);
	said[0] = '\0';
	assert_int_equal(csv_read(path, &reader), ERR_INPUT);
	getrusage(RUSAGE_SELF, &after);
	assert_non_null(strstr(said, "\n3:0 the row is longer than 64 KiB"));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	assert_true(after.ru_maxrss - before.ru_maxrss < 4096); /* KiB, of a file of 19 MB */
#endif

	char *line = malloc(300000);
	memset(line, 'x', 300000); /* one line, without quotes */
	assert_int_equal(read_bytes(line, 300000), ERR_INPUT);
	assert_non_null(strstr(said, "1:0 the row is longer than 64 KiB"));
	memset(line, ',', 150);
	memcpy(line + 150, "\n2,b\n", 5);
	assert_int_equal(read_bytes(line, 155), OK);
	assert_string_equal(said, "1:0 the row has more than 100 fields\n2 [2|b]\n");
	memset(line, 'x', 65535);
	line[65535] = '\n';
	assert_int_equal(read_bytes(line, 65536), OK);
	free(line);
}

static void bytes_that_are_no_text_are_told_with_their_field(void **state)
{
	(void)state;
	assert_int_equal(read_text("id,name\n1,G\xFCnter\n2,G\xC3\xBCnter\n3,\xF0\x9F\x98\n"), OK);
	assert_non_null(strstr(said, "2:2 byte 2 of it is not UTF-8"));
	assert_non_null(strstr(said, "iconv -f WINDOWS-1252"));
	assert_non_null(strstr(said, "3 [2|G\xC3\xBCnter]"));
	assert_non_null(strstr(said, "4:2 byte 1 of it"));
	assert_int_equal(read_bytes("id,name\n1,a\0b\n2,c\n", 18), OK);
	assert_string_equal(said, "1 [id|name]\n2:2 there is a NUL byte in it\n3 [2|c]\n");
	assert_int_equal(read_bytes("\xFF\xFEi\0d\0\n\0", 8), ERR_INPUT);
	assert_non_null(strstr(said, "1:0 the file is UTF-16"));
}

static void an_error_of_the_caller_ends_the_reading(void **state)
{
	(void)state;
	answer = ERR_STORE;
	assert_int_equal(read_text("a\nb\nc\n"), ERR_STORE);
	assert_string_equal(said, "1 [a]\n");
	answer = OK;
}

static void a_file_that_cannot_be_read_is_said(void **state)
{
	(void)state;
	assert_int_equal(csv_read("/tmp/there-is-no-such.csv", &reader), ERR_IO);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(csv_read("/tmp", &reader), ERR_IO);
	assert_int_equal(errno, EISDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_those_of_the_file),
		cmocka_unit_test(an_empty_file_has_no_rows),
		cmocka_unit_test(the_first_line_tells_the_delimiter),
		cmocka_unit_test(a_stray_quote_costs_one_row),
		cmocka_unit_test(a_quote_that_never_closes_is_an_error),
		cmocka_unit_test(a_row_has_a_cap),
		cmocka_unit_test(bytes_that_are_no_text_are_told_with_their_field),
		cmocka_unit_test(an_error_of_the_caller_ends_the_reading),
		cmocka_unit_test(a_file_that_cannot_be_read_is_said),
	};
	return cmocka_run_group_tests(tests, make_file, drop_file);
}
