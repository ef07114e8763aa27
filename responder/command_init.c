/* responder init: a few questions, and a commented configuration out of the answers. Each question
 * has an option of the same name, so that scripts can answer too. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "responder/base/config_value.h"
#include "responder/base/text.h"
#include "responder/base/zone.h"
#include "responder/command.h"
#include "responder/provider/provider.h"
#include "responder/sms/e164.h"

#define ANSWER_MOST 256
#define FIRST_ANSWER 256 /* the first option that answers a question */
#define TOO_LONG "\""	 /* fits no question */

/* Fits between double quotes in YAML. */
static bool is_name(const char *s)
{
	if (text_empty(s) || !text_utf8_ok(s, strlen(s)))
		return false;
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 127 || *s == '"' || *s == '\\')
			return false;
	return true;
}

static bool is_provider(const char *s)
{
	return provider_find(s) != NULL;
}

static bool is_account_id(const char *s)
{
	return is_name(s) && strlen(s) > 2 && !strchr(s, ' ');
}

struct question {
	const char *option, *ask, *usual;
	bool (*fits)(const char *answer);
	const char *hint;
};

enum {
	PRACTICE,
	PHONE,
	COUNTRY,
	ZONE,
	PROVIDER,
	SENDER,
	ACCOUNT,
	SECRET_FILE,
	PUBLIC_URL,
	QUESTIONS
};

static const struct question questions[QUESTIONS] = {
	[PRACTICE] = {"practice", "Name of the practice", "My Practice", is_name,
		"a name without quotes and backslashes; it begins the texts, so keep it short"},
	[PHONE] = {"phone", "Number that patients may call", "+13125550100", e164_ok,
		"a number like +13125550100"},
	[COUNTRY] = {"country", "Country", "US", config_value_country,
		"two capital letters, like US or GB"},
	[ZONE] = {"zone", "Time zone of the location", "America/Chicago", zone_ok,
		"a zone like America/Chicago (see /usr/share/zoneinfo)"},
	[PROVIDER] = {"provider", "SMS provider", "twilio", is_provider,
		"twilio, or fake to try things"},
	[SENDER] = {"sender", "Number that texts come from", "+13125550100", e164_ok,
		"a number like +13125550100"},
	[ACCOUNT] = {"account", "Account id at the provider", "AC00000000000000000000000000000000",
		is_account_id, "Twilio shows it as Account SID; it begins with AC"},
	[SECRET_FILE] = {"secret-file", "File that holds the auth token", "secret", is_name,
		"a file name, or credential:NAME for systemd; this command does not make it"},
	[PUBLIC_URL] = {"public-url", "Address under which the provider reaches this program",
		"https://sms.example.org", config_value_url,
		"https://NAME, without a slash at the end"},
};

static const char file[] =
	"# responder's configuration. 'responder check' says whether it is sound.\n"
	"\n"
	"# Where the program listens; a reverse proxy with TLS stands in front.\n"
	"listen: 127.0.0.1:8080\n"
	"\n"
	"# How the provider reaches it. The provider signs exactly this address.\n"
	"public_url: \"%s\"\n"
	"\n"
	"# The store: a file for SQLite. It is made at the first start.\n"
	"store: responder.db\n"
	"\n"
	"practice:\n"
	"  name: \"%s\"       # begins every reminder\n"
	"  phone: \"%s\"\n"
	"  country: \"%s\"    # decides how numbers are read and what a bare CANCEL means\n"
	"  language: en      # for patients whose language is not known\n"
	"\n"
	"locations:\n"
	"  - name: Main      # as your files call it\n"
	"    zone: \"%s\"\n"
	"\n"
	"accounts:\n"
	"  - name: main      # webhooks come to PUBLIC_URL/in/main\n"
	"    provider: \"%s\"\n"
	"    sender: \"%s\"\n"
	"    user: \"%s\"\n"
	"    secret_file: \"%s\"   # beside this file; chmod 600. Or credential:NAME of systemd\n"
	"    per_minute: 60  # texts a minute; what your registration allows\n"
	"    # The provider answers STOP, START and HELP itself (Twilio does by default):\n"
	"    provider_answers_stop: %s\n"
	"    # Date of the business associate agreement; nothing is sent before it is here.\n"
	"    # baa_date: \"2026-01-31\"\n"
	"\n"
	"reminders:\n"
	"  steps:            # before the visit; confirmed visits get only the last\n"
	"    - { name: week, before: 7d }\n"
	"    - { name: two-days, before: 2d }\n"
	"    - { name: hours, before: 3h }\n"
	"  window: \"09:00-20:00\"   # local time; nothing goes out outside of it\n"
	"  cutoff: 0h        # a cancel by text later than this before the visit goes to staff\n";

/* A line without its end; one that is too long is read to its end and answers nothing. */
static bool read_answer(char answer[ANSWER_MOST])
{
	if (!fgets(answer, ANSWER_MOST, stdin))
		return false;
	bool whole = strchr(answer, '\n') || feof(stdin);
	for (int c; !whole && (c = getchar()) != EOF && c != '\n';)
		;
	if (!whole)
		strcpy(answer, TOO_LONG);
	const char *trimmed = text_trim(answer);
	memmove(answer, trimmed, strlen(trimmed) + 1);
	return true;
}

/* Asks until an answer fits; false when the input ends. */
static bool ask(const struct question *q, char answer[ANSWER_MOST])
{
	for (;;) {
		printf("%s [%s]: ", q->ask, q->usual);
		fflush(stdout);
		if (!read_answer(answer)) {
			printf("\n");
			fprintf(stderr,
				"responder: the answers end before --%s; nothing written.\n",
				q->option);
			return false;
		}
		if (!*answer)
			strcpy(answer, q->usual);
		if (q->fits(answer))
			return true;
		printf("  Please give %s.\n", q->hint);
	}
}

/* Where the configuration will look for the secret. */
static void say_secret(const char *config, const char *secret)
{
	const char *slash = strrchr(config, '/');
	if (text_starts(secret, "credential:"))
		printf("/etc/credstore/%s", secret + strlen("credential:"));
	else if (*secret == '/' || !slash)
		printf("%s", secret);
	else
		printf("%.*s/%s", (int)(slash - config), config, secret);
}

static int write_file(const char *path, char answers[QUESTIONS][ANSWER_MOST], bool force)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL), 0640);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f) {
		fprintf(stderr, "responder: %s: %s.%s\n", path, strerror(errno),
			errno == EEXIST ? " Give --force to write it anew." : "");
		return 1;
	}
	fprintf(f, file, answers[PUBLIC_URL], answers[PRACTICE], answers[PHONE], answers[COUNTRY],
		answers[ZONE], answers[PROVIDER], answers[SENDER], answers[ACCOUNT],
		answers[SECRET_FILE], text_eq(answers[PROVIDER], "twilio") ? "true" : "false");
	if (fclose(f) != 0) {
		fprintf(stderr, "responder: %s could not be written: %s.\n", path, strerror(errno));
		return 1;
	}
	printf("\nWrote %s. Put the auth token into ", path);
	say_secret(path, answers[SECRET_FILE]);
	printf(" (chmod 600), then:\n\n  responder check --config %s\n\n", path);
	return 0;
}

static int usage(FILE *to, int status)
{
	fprintf(to, "usage: responder init [--config FILE] [--force]\n"
		    "What an option answers is not asked:\n");
	for (int i = 0; i < QUESTIONS; i++)
		fprintf(to, "  --%-12s %s [%s]\n", questions[i].option, questions[i].ask,
			questions[i].usual);
	return status;
}

/* Takes one option; 0, or the exit status. */
static int take_option(int o, char answers[QUESTIONS][ANSWER_MOST], const char **path, bool *force)
{
	if (o == 'h')
		return usage(stdout, 0);
	if (o == '?')
		return usage(stderr, 2);
	if (o == 'c')
		*path = optarg;
	if (o == 'f')
		*force = true;
	if (o < FIRST_ANSWER)
		return 0;
	const struct question *q = &questions[o - FIRST_ANSWER];
	if (strlen(optarg) >= ANSWER_MOST || !q->fits(optarg)) {
		fprintf(stderr, "responder: --%s: please give %s.\n", q->option, q->hint);
		return 2;
	}
	strcpy(answers[o - FIRST_ANSWER], optarg);
	return 0;
}

int command_init(int argc, char **argv)
{
	struct option options[QUESTIONS + 4] = {
		{"config", required_argument, NULL, 'c'},
		{"force", no_argument, NULL, 'f'},
		{"help", no_argument, NULL, 'h'},
	};
	char answers[QUESTIONS][ANSWER_MOST] = {{0}};
	const char *path = COMMAND_CONFIG;
	bool force = false;
	for (int i = 0; i < QUESTIONS; i++)
		options[3 + i] = (struct option){
			questions[i].option, required_argument, NULL, FIRST_ANSWER + i};
	optind = 1;
	for (int o; (o = getopt_long(argc, argv, "c:fh", options, NULL)) != -1;) {
		int status = take_option(o, answers, &path, &force);
		if (status || o == 'h')
			return status;
	}
	if (optind != argc)
		return usage(stderr, 2);
	if (!force && access(path, F_OK) == 0) {
		fprintf(stderr, "responder: %s is there already. Give --force to write it anew.\n",
			path);
		return 1;
	}
	for (int i = 0; i < QUESTIONS; i++)
		if (!*answers[i] && !ask(&questions[i], answers[i]))
			return 1;
	return write_file(path, answers, force);
}
