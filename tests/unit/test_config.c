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
#include "responder/base/config_value.h"

static char folder[] = "/tmp/config.XXXXXX", path[64], said[4096];

static int make_folder(void **state)
{
	(void)state;
	setenv("CREDENTIALS_DIRECTORY", "/there", 1);
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
		{"https://sms", "http://localhost.evil", "c.yaml:1:13", "http only for 127.0.0.1"},
		{"public_url", "listen: localhost:80\npublic_url", "c.yaml:1:9",
			"address and port"},
		{"public_url", "listn: x\npublic_url", "c.yaml:1:1", "Unexpected key: listn"},
		{"  country", "  phone: call us\n  country", "c.yaml:4:10", "+13125550100"},
		{"    zone", "    phone: 555-0100\n    zone", "c.yaml:7:12", "+13125550100"},
		{"    zone", "    address:\n    zone", "c.yaml:7:13", "there is nothing here"},
		{"    zone: America/Chicago\n",
			"    zone: America/Chicago\n  - name: Main\n    zone: America/Denver\n",
			"c.yaml:8:11", "another location"},
		{"accounts:\n",
			"accounts:\n  - {name: main, provider: x, sender: \"+13125550101\", "
			"secret_file: secret}\n",
			"c.yaml:10:11", "another account"},
		{"    provider", "    per_minute: 0\n    provider", "c.yaml:10:17", "1 or more"},
		{"    provider", "    per_minute: many\n    provider", "c.yaml:10:17", "INT"},
		{"    provider", "    key_user: SK1\n    provider", "c.yaml:10:15", "go together"},
		{"    provider", "    key_file: secret\n    provider", "c.yaml:10:15",
			"go together"},
		{"    provider", "    baa_date: soon\n    provider", "c.yaml:10:15", "2026-01-31"},
		{"    provider", "    baa_date: 2026-02-30\n    provider", "c.yaml:10:15", "a day"},
		{"    provider", "    api_url: \"\"\n    provider", "c.yaml:10:14", "nothing here"},
		{"    provider", "    api_url: http://127.evil.example\n    provider",
			"c.yaml:10:14", "the secret goes there"},
		{"secret_file: secret", "secret_file: .", "c.yaml:12:18", "cannot be read"},
		{"secret_file: secret", "secret_file: credential:none", "c.yaml:12:18",
			"/there/none cannot be read"},
		{"public_url", "reminders: {window: \"-1:00-20:00\"}\npublic_url", "c.yaml:1:21",
			"sending hours"},
		{"public_url", "reminders: {cutoff: -5h}\npublic_url", "c.yaml:1:21", "24h"},
		{"public_url",
			"reminders: {steps: [{name: a, before: 1d}, {name: b, before: 24h}]}\n"
			"public_url",
			"c.yaml:1:62", "at that time"},
		{"public_url",
			"reminders: {steps: [{name: a, before: 1d}, {name: a, before: 2d}]}\n"
			"public_url",
			"c.yaml:1:51", "of that name"},
		{"    secret_file: secret\n", "    secret_file: secret\n---\nlisten: x\n",
			"c.yaml:14:1", "second document"},
		{good, "", "c.yaml", "nothing in it"},
		{good, "# only this\n", "c.yaml", "nothing in it"},
		{good, "- a\n", "c.yaml:1:1", "MAPPING"},
		{good, "practice: {\n", "c.yaml:2:1", "libyaml"},
		{good, "practice: \xff\n", "c.yaml:1", "UTF-8"},
	};
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		struct config *c;
		assert_int_equal(load_with(faults[i].from, faults[i].to, &c), ERR_CONFIG);
		assert_null(c);
		if (!strstr(said, faults[i].place) || !strstr(said, faults[i].words))
			fail_msg("fault %zu (%s): said\n%s", i, faults[i].to, said);
	}
}

static void what_is_said_is_taken(void **state)
{
	(void)state;
	struct config *c;
	put("key", "abcdefghij", 0600);
	assert_int_equal(load_with("    secret_file: secret\n",
				 "    secret_file: credential:there\n"
				 "    user: AC1\n"
				 "    key_user: SK1\n"
				 "    key_file: key\n"
				 "    per_minute: 600\n"
				 "    baa_date: 2026-01-31\n"
				 "    api_url: http://127.0.0.1:4010\n"
				 "    provider_answers_stop: true\n"
				 "reminders:\n"
				 "  steps: [{name: b, before: 90m}, {name: a, before: 10d}]\n"
				 "  window: 08:30-21:00\n"
				 "  cutoff: 24h\n",
				 &c),
		ERR_CONFIG);
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	put("there", "  the secret \r\n", 0640);
	said[0] = '\0';
	assert_int_equal(config_load(&c, path, complain, NULL), OK);
	setenv("CREDENTIALS_DIRECTORY", "/there", 1);
	assert_string_equal(said, "");
	const struct account *a = &c->accounts[0];
	assert_string_equal(a->secret, "the secret");
	assert_string_equal(a->key, "abcdefghij");
	assert_string_equal(a->key_user, "SK1");
	assert_string_equal(a->baa_date, "2026-01-31");
	assert_int_equal(a->per_minute, 600);
	assert_true(a->provider_answers_stop);
	assert_int_equal(c->step_n, 2);
	assert_string_equal(c->steps[0].name, "a"); /* longest first */
	assert_int_equal(c->steps[1].minutes, 90);
	assert_int_equal(c->window_open, 8 * 60 + 30);
	assert_int_equal(c->window_close, 21 * 60);
	assert_int_equal(c->cutoff_minutes, 1440);
	config_free(c);
}

/* A change of the example that the program would refuse is found here. */
static void the_example_is_sound(void **state)
{
	(void)state;
	struct config *c;
	put("twilio", "0123456789abcdef\n", 0600);
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	said[0] = '\0';
	enum err e = config_load(&c, "scripts/responder.example.yaml", complain, NULL);
	setenv("CREDENTIALS_DIRECTORY", "/there", 1);
	assert_string_equal(said, "");
	assert_int_equal(e, OK);
	assert_string_equal(c->accounts[0].provider, "twilio");
	assert_null(c->accounts[0].baa_date); /* nobody sends because of a copied line */
	config_free(c);
}

static void values_are_told_apart(void **state)
{
	(void)state;
	static const struct {
		bool (*fits)(const char *s);
		const char *good[5], *bad[12];
	} cases[] = {
		{config_value_name, {"main", "A-b_9"}, {"", "a b", "a/b", "a.b", "\xC3\xA9"}},
		{config_value_country, {"US", "GB"}, {"", "us", "USA", "U1", "U"}},
		{config_value_phone, {"+13125550100", "+4930123456", "+1234567"},
			{"", "+", "13125550100", "+03125550100", "+123456", "+1234567890123456",
				"+1 312 555 0100", "+1312555010x"}},
		{config_value_listen, {"127.0.0.1:8080", "[::1]:80", "0.0.0.0:0", "[::]:65535"},
			{"", ":80", "localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
				"127.0.0.1:-1", "127.0.0.1: 80", "::1:80", "[::1:80", "[]:80"}},
		{config_value_date, {"2026-01-31", "2028-02-29"},
			{"", "2026-02-29", "2026-1-31", "31.01.2026", "2026-01-31 ", "soon"}},
		{config_value_url,
			{"https://a.example", "https://a.example:8443/x", "http://127.0.0.1:80",
				"http://localhost", "http://[::1]:80"},
			{"", "https://", "https:///x", "a.example", "ftp://a.example",
				"http://a.example", "http://127.0.0.1.evil.example",
				"https://a.example/", "https://u:p@a.example",
				"https://a.example?x", "https://a.example#x"}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_false(cases[i].fits(NULL));
		for (size_t k = 0; k < 5 && cases[i].good[k]; k++)
			if (!cases[i].fits(cases[i].good[k]))
				fail_msg("%zu: %s is refused", i, cases[i].good[k]);
		for (size_t k = 0; k < 12 && cases[i].bad[k]; k++)
			if (cases[i].fits(cases[i].bad[k]))
				fail_msg("%zu: %s is taken", i, cases[i].bad[k]);
	}
}

static void spans_and_windows_are_minutes(void **state)
{
	(void)state;
	int32_t a, b;
	assert_true(config_value_span("7d", &a) && a == 10080);
	assert_true(config_value_span("9999d", &a) && a == 9999 * 1440);
	assert_true(config_value_span("0h", &a) && a == 0);
	static const char *const no_span[] = {
		"", "d", "7", "7 d", "+7d", "-7d", "7dd", "7w", "10000m", "1.5h", " 7d"};
	for (size_t i = 0; i < sizeof no_span / sizeof no_span[0]; i++)
		assert_false(config_value_span(no_span[i], &a));
	assert_true(config_value_window("00:00-23:59", &a, &b) && a == 0 && b == 1439);
	static const char *const no_window[] = {"", "09:00", "9:00-20:00", "20:00-09:00",
		"09:00-09:59", "09:00-24:00", "09:60-20:00", "-1:00-20:00", " 9:00-20:00",
		"09:00-20:00 ", "25:00-26:00"};
	for (size_t i = 0; i < sizeof no_window / sizeof no_window[0]; i++)
		assert_false(config_value_window(no_window[i], &a, &b));
	assert_false(config_value_span(NULL, &a) || config_value_window(NULL, &a, &b));
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
	char much[6000];
	memset(much, 'x', sizeof much);
	much[5999] = '\0';
	const char *const none[] = {"short\n", "", "        \n", "\xff\xfe\xff\xfe\xff\xfe", much};
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
		put("secret", none[i], 0600);
		said[0] = '\0';
		assert_int_equal(config_load(&c, path, complain, NULL), ERR_CONFIG);
		assert_non_null(strstr(said, "holds no secret"));
	}
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
		cmocka_unit_test(what_is_said_is_taken),
		cmocka_unit_test(the_example_is_sound),
		cmocka_unit_test(values_are_told_apart),
		cmocka_unit_test(spans_and_windows_are_minutes),
		cmocka_unit_test(several_faults_are_found_at_once),
		cmocka_unit_test(a_secret_that_all_can_read_is_refused),
		cmocka_unit_test(a_missing_file_is_said),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
