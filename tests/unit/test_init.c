/* responder init: whatever is answered, the file that it writes can be read, or nothing is written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "responder/command.h"

static char folder[] = "/tmp/init.XXXXXX", path[64], said[16384];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof path, "%s/c.yaml", folder);
	char secret[64];
	snprintf(secret, sizeof secret, "%s/secret", folder);
	FILE *f = fopen(secret, "w");
	fputs("0123456789\n", f);
	fclose(f);
	return chmod(secret, 0600);
}

static int drop_folder(void **state)
{
	char command[64];
	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

static int no_file(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

/* Runs it with these options (NULL at the end) and these answers; what it says goes into `said`. */
static int init(const char *answers, ...)
{
	char *argv[24] = {(char *)"init", (char *)"--config", path};
	int argc = 3;
	va_list args;
	va_start(args, answers);
	for (char *s; (s = va_arg(args, char *));)
		argv[argc++] = s;
	va_end(args);
	char in[64], out[64];
	snprintf(in, sizeof in, "%s/in", folder);
	snprintf(out, sizeof out, "%s/out", folder);
	FILE *f = fopen(in, "w");
	fputs(answers, f);
	fclose(f);
	fflush(NULL);
	int saved_out = dup(STDOUT_FILENO), saved_err = dup(STDERR_FILENO);
	assert_non_null(freopen(in, "r", stdin));
	FILE *talk = fopen(out, "w");
	dup2(fileno(talk), STDOUT_FILENO);
	dup2(fileno(talk), STDERR_FILENO);
	int status = command_init(argc, argv);
	fflush(NULL);
	dup2(saved_out, STDOUT_FILENO);
	dup2(saved_err, STDERR_FILENO);
	close(saved_out);
	close(saved_err);
	fclose(talk);
	f = fopen(out, "r");
	said[fread(said, 1, sizeof said - 1, f)] = '\0';
	fclose(f);
	return status;
}

static void complain(void *context, const char *where, const char *what)
{
	(void)context;
	fail_msg("%s: %s", where, what);
}

static struct config *load(void)
{
	struct config *c;
	assert_int_equal(config_load(&c, path, complain, NULL), OK);
	return c;
}

static void returns_alone_give_a_sound_file(void **state)
{
	(void)state;
	assert_int_equal(init("\n\n\n\n\n\n\n\n\n", NULL), 0);
	assert_non_null(strstr(said, "responder check --config"));
	struct config *c = load();
	assert_string_equal(c->practice, "My Practice");
	assert_string_equal(c->accounts[0].provider, "twilio");
	assert_true(c->accounts[0].provider_answers_stop);
	assert_null(c->accounts[0].baa_date);
	config_free(c);
}

static void answers_are_taken_trimmed(void **state)
{
	(void)state;
	assert_int_equal(
		init(" Dr. O'Neil & Söhne: #1 {a} %s \r\n+442071234567\nGB\nEurope/London\n"
		     "fake\n+442071234568\nkey1\nsecret\nhttp://127.0.0.1:8080\n",
			NULL),
		0);
	struct config *c = load();
	assert_string_equal(c->practice, "Dr. O'Neil & Söhne: #1 {a} %s");
	assert_string_equal(c->phone, "+442071234567");
	assert_string_equal(c->country, "GB");
	assert_string_equal(c->locations[0].zone, "Europe/London");
	assert_string_equal(c->accounts[0].provider, "fake");
	assert_string_equal(c->accounts[0].sender, "+442071234568");
	assert_string_equal(c->accounts[0].user, "key1");
	assert_string_equal(c->public_url, "http://127.0.0.1:8080");
	assert_false(c->accounts[0].provider_answers_stop);
	config_free(c);
}

static void a_wrong_answer_is_asked_again(void **state)
{
	(void)state;
	char much[700];
	memset(much, 'x', sizeof much);
	snprintf(much + 600, 100,
		"\n\"\nbad\\\n\a\nLakeside\n312 555 0100\n\nusa\nUS\n\n\n\n\n\n\n");
	assert_int_equal(init(much, NULL), 0);
	struct config *c = load();
	assert_string_equal(c->practice, "Lakeside");
	assert_string_equal(c->phone, "+13125550100");
	config_free(c);
	int again = 0;
	for (const char *at = said; (at = strstr(at, "Please give")); at++)
		again++;
	assert_int_equal(again, 6);
}

static void options_answer_too(void **state)
{
	(void)state;
	assert_int_equal(init("", "--practice", "Lakeside", "--phone", "+13125550199", "--country",
				 "US", "--zone", "America/Denver", "--provider", "fake", "--sender",
				 "+13125550100", "--account", "a12", "--secret-file", "secret",
				 "--public-url", "https://a.example", NULL),
		0);
	assert_null(strstr(said, "[My Practice]"));
	struct config *c = load();
	assert_string_equal(c->locations[0].zone, "America/Denver");
	config_free(c);
}

static void nothing_is_written_after_a_wrong_call(void **state)
{
	(void)state;
	assert_int_equal(init("", "--zone", "Mars/Base", NULL), 2);
	assert_non_null(strstr(said, "--zone: please give a zone like"));
	assert_int_equal(init("", "--colour", "red", NULL), 2);
	assert_int_equal(init("", "left over", NULL), 2);
	assert_int_equal(init("Lakeside\n", NULL), 1);
	assert_non_null(strstr(said, "end before --phone"));
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(init("", "--help", NULL), 0);
	assert_non_null(strstr(said, "--secret-file"));
	assert_int_not_equal(access(path, F_OK), 0);
}

static void a_file_that_is_there_is_kept(void **state)
{
	(void)state;
	assert_int_equal(init("First\n\n\n\n\n\n\n\n\n", NULL), 0);
	assert_int_equal(init("Second\n\n\n\n\n\n\n\n\n", NULL), 1);
	assert_non_null(strstr(said, "--force"));
	struct config *c = load();
	assert_string_equal(c->practice, "First");
	config_free(c);
	assert_int_equal(init("Second\n\n\n\n\n\n\n\n\n", "--force", NULL), 0);
	c = load();
	assert_string_equal(c->practice, "Second");
	config_free(c);
}

static void it_says_where_the_secret_belongs(void **state)
{
	(void)state;
	char where[96];
	assert_int_equal(init("\n\n\n\n\n\n\n\n", "--secret-file", "token", NULL), 0);
	snprintf(where, sizeof where, "token into %s/token (", folder);
	assert_non_null(strstr(said, where));
	assert_int_equal(
		init("\n\n\n\n\n\n\n\n", "--force", "--secret-file", "credential:t", NULL), 0);
	assert_non_null(strstr(said, "into /etc/credstore/t ("));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(returns_alone_give_a_sound_file, no_file),
		cmocka_unit_test_setup(answers_are_taken_trimmed, no_file),
		cmocka_unit_test_setup(a_wrong_answer_is_asked_again, no_file),
		cmocka_unit_test_setup(options_answer_too, no_file),
		cmocka_unit_test_setup(nothing_is_written_after_a_wrong_call, no_file),
		cmocka_unit_test_setup(a_file_that_is_there_is_kept, no_file),
		cmocka_unit_test_setup(it_says_where_the_secret_belongs, no_file),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
