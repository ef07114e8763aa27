/* The configuration file: what is read, and that every fault is named with its place. */
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

#include "responder/base/config.h"

static char folder[] = "/tmp/config.XXXXXX", path[64], said[4096];

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : 1;
}

static int drop_folder(void **state)
{
	char command[64];
	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

static void put(const char *name, const char *text, mode_t mode)
{
	char file[96];
	snprintf(file, sizeof file, "%s/%s", folder, name);
	FILE *f = fopen(file, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	chmod(file, mode);
}

static void complain(void *context, const char *where, const char *what)
{
	(void)context;
	size_t n = strlen(said);
	snprintf(said + n, sizeof said - n, "%s: %s\n", where, what);
}

static const char good[] = "public_url: https://sms.example.org\n" /* 1 */
			   "practice:\n"			   /* 2 */
			   "  name: Lakeside\n"			   /* 3 */
			   "  country: NO\n"			   /* 4 */
			   "locations:\n"			   /* 5 */
			   "  - name: Main\n"			   /* 6 */
			   "    zone: America/Chicago\n"	   /* 7 */
			   "accounts:\n"			   /* 8 */
			   "  - name: main\n"			   /* 9 */
			   "    provider: twilio\n"		   /* 10 */
			   "    sender: \"+13125550100\"\n"	   /* 11 */
			   "    secret_file: secret\n";		   /* 12 */

/* The good file with one part replaced; what was said about it. */
static enum err load_with(const char *from, const char *to, struct config **out)
{
	char text[2048];
	const char *at = strstr(good, from);
	assert_non_null(at);
	snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
	put("secret", "0123456789\n", 0600);
	put("c.yaml", text, 0600);
	snprintf(path, sizeof path, "%s/c.yaml", folder);
	said[0] = '\0';
	return config_load(out, path, complain, NULL);
}

static void a_good_file_is_read_and_the_rest_is_usual(void **state)
{
	(void)state;
	struct config *c;
	assert_int_equal(load_with("Lakeside", "Lakeside", &c), OK);
	assert_string_equal(said, "");
	assert_string_equal(c->country, "NO"); /* a country, not a boolean */
	assert_string_equal(c->listen, "127.0.0.1:8080");
	assert_string_equal(c->accounts[0].secret, "0123456789");
	assert_int_equal(c->accounts[0].per_minute, 60);
	assert_int_equal(c->step_n, 3);
	assert_int_equal(c->steps[0].minutes, 7 * 1440);
	assert_int_equal(c->steps[2].minutes, 180);
	assert_int_equal(c->window_open, 540);
	assert_int_equal(c->window_close, 1200);
	assert_ptr_equal(config_account(c, "main"), &c->accounts[0]);
	assert_null(config_account(c, "other"));
	config_free(c);
}

static void every_fault_is_named_with_its_place(void **state)
{
	(void)state;
	static const struct {
		const char *from, *to, *place, *words;
	} faults[] = {
		{"    zone:", "    timzone:", "c.yaml:7", "timzone"},
		{"  name: Lakeside\n", "  name: Lakeside\n  name: Again\n", "c.yaml:4", "name"},
		{"America/Chicago", "America/Chicgo", "c.yaml:7:11", "no time zone"},
		{"https://sms.example.org", "https://sms.example.org/", "c.yaml:1:13", "slash"},
		{"https://sms.example.org", "http://sms.example.org", "c.yaml:1:13", "https"},
		{"country: NO", "country: USA", "c.yaml:4:12", "two capital letters"},
		{"\"+13125550100\"", "\"312 555 0100\"", "c.yaml:11:13", "+13125550100"},
		{"secret_file: secret", "secret_file: missing", "c.yaml:12:18", "cannot be read"},
		{"name: main", "name: a/b", "c.yaml:9:11", "address"},
		{"accounts:\n", "accounts:\n\t- x\n", "c.yaml:9", ""},
		{"public_url", "reminders: {window: \"20:00-09:00\"}\npublic_url", "c.yaml:1:21",
			"sending hours"},
		{"public_url", "reminders: {steps: [{name: a, before: 5x}]}\npublic_url",
			"c.yaml:1:39", "how long before"},
		{"public_url: https://sms.example.org\n", "", "c.yaml", "public_url"},
	};
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		struct config *c;
		assert_int_equal(load_with(faults[i].from, faults[i].to, &c), ERR_CONFIG);
		assert_null(c);
		if (!strstr(said, faults[i].place) || !strstr(said, faults[i].words))
			fail_msg("fault %zu (%s): said\n%s", i, faults[i].to, said);
	}
}

static void several_faults_are_found_at_once(void **state)
{
	(void)state;
	struct config *c;
	assert_int_equal(
		load_with("zone: America/Chicago", "zone: Nowhere\n    phone: x", &c), ERR_CONFIG);
	assert_int_equal(
		load_with("country: NO\nlocations:\n  - name: Main\n    zone: America/Chicago",
			"country: no\nlocations:\n  - name: Main\n    zone: Nowhere", &c),
		ERR_CONFIG);
	assert_non_null(strstr(said, "two capital letters"));
	assert_non_null(strstr(said, "no time zone"));
}

static void a_secret_that_all_can_read_is_refused(void **state)
{
	(void)state;
	struct config *c;
	assert_int_equal(load_with("Lakeside", "Lakeside", &c), OK);
	config_free(c);
	put("secret", "0123456789\n", 0644);
	said[0] = '\0';
	assert_int_equal(config_load(&c, path, complain, NULL), ERR_CONFIG);
	assert_non_null(strstr(said, "chmod"));
	assert_null(strstr(said, "0123456789"));
	put("secret", "short\n", 0600);
	assert_int_equal(config_load(&c, path, complain, NULL), ERR_CONFIG);
}

static void a_missing_file_is_said(void **state)
{
	(void)state;
	struct config *c;
	said[0] = '\0';
	assert_int_equal(config_load(&c, "/tmp/there-is-no-such.yaml", complain, NULL), ERR_CONFIG);
	assert_non_null(strstr(said, "there-is-no-such.yaml"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_file_is_read_and_the_rest_is_usual),
		cmocka_unit_test(every_fault_is_named_with_its_place),
		cmocka_unit_test(several_faults_are_found_at_once),
		cmocka_unit_test(a_secret_that_all_can_read_is_refused),
		cmocka_unit_test(a_missing_file_is_said),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
