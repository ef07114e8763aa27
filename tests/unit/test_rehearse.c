/* Rehearsing other rules on the texts of a store: only what would come out otherwise, and nothing
 * written. */
#include "tests/unit/fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "responder/base/text.h"
#include "responder/command_rehearse.c"

static void write_rules(struct fixture *f, const char *folder, const char *rules)
{
	mkdir(folder, 0700);
	FILE *out = fopen(arena_printf(f->arena, "%s/xx.rules", folder), "w");
	must(out && fputs(rules, out) >= 0 && fclose(out) == 0);
}

/* What `run` prints. */
static const char *rehearsed(struct fixture *f, const char *folder, int *status)
{
	const char *path = arena_printf(f->arena, "%s/out", f->folder);
	fflush(stdout);
	int keep = dup(STDOUT_FILENO), fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	must(keep >= 0 && fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0);
	*status = run(&f->config, f->store, folder, LAST);
	fflush(stdout);
	must(dup2(keep, STDOUT_FILENO) >= 0);
	char *text = arena_alloc(f->arena, 4096);
	must(pread(fd, text, 4095, 0) >= 0);
	close(fd);
	close(keep);
	return text;
}

static void only_what_would_change_is_printed(void **state)
{
	struct fixture *f = *state;
	bool repeat;
	int status;
	must(fixture_mo(f, f->arena, f->db, ADA, "a", "help", &repeat) == OK);
	must(fixture_mo(f, f->arena, f->db, ADA, "b", "BOOK", &repeat) == OK);
	must(fixture_mo(f, f->arena, f->db, ADA, "c", "STOP", &repeat) == OK);
	const char *folder = arena_printf(f->arena, "%s/rules", f->folder);
	write_rules(f, folder, "language: xx\nrule auto = robot\n\tsay: book\n\tlike: book\n");
	struct q_test_counts *before, *after;
	must(q_test_counts(f->arena, f->db, &before) == OK);
	const char *said = rehearsed(f, folder, &status);
	assert_int_equal(status, 0);
	assert_non_null(strstr(said, "\ttask en/book\tignore xx/auto\tBOOK\n"));
	assert_null(strstr(said, "help"));
	assert_null(strstr(said, "STOP")); /* no rules change that */
	must(q_test_counts(f->arena, f->db, &after) == OK);
	assert_int_equal(after->mo, before->mo);
	assert_int_equal(after->mt, before->mt);
	assert_int_equal(after->task, before->task);
}

static void rules_that_fail_their_examples_are_refused(void **state)
{
	struct fixture *f = *state;
	int status;
	const char *folder = arena_printf(f->arena, "%s/rules", f->folder);
	write_rules(f, folder, "language: xx\nrule yes = confirm\n\tsay: yes\n\tlike: no\n");
	assert_string_equal(rehearsed(f, folder, &status), "");
	assert_int_equal(status, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_what_would_change_is_printed),
		TEST(rules_that_fail_their_examples_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
