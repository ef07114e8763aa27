/* responder keywords try|check. `try` goes through the production path: the same reading and the
 * same decision as for a real text, about one made-up patient with one coming visit that was just
 * asked about. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "responder/base/arena.h"
#include "responder/base/text.h"
#include "responder/base/zone.h"
#include "responder/command.h"
#include "responder/flow/decide.h"
#include "responder/flow/texts.h"

static const char usage[] =
	"usage: responder keywords try [--profile US|GB] [--rules FOLDER]\n"
	"       responder keywords check [FOLDER]\n"
	"       responder keywords rehearse --rules FOLDER [--config FILE | --store FILE] [--last "
	"N]\n"
	"try reads texts from standard input, one a line (\\n for a line break), and\n"
	"prints for each: action, intent, rule, normal form, separated by TABs.\n"
	"rehearse prints which of the last texts of a store other rules would treat otherwise.\n";

#define TRY_NOW 1773064800 /* Mon 2026-03-09 09:00 in Chicago */

/* "\n" is a line break and "\\" a backslash. */
static void unescape(char *s)
{
	char *to = s;
	for (; *s; s++) {
		if (s[0] == '\\' && (s[1] == 'n' || s[1] == '\\'))
			*to++ = *++s == 'n' ? '\n' : '\\';
		else
			*to++ = *s;
	}
	*to = '\0';
}

static void try_one(
	struct arena *a, const struct keywords *k, const struct config *c, const char *text)
{
	static const struct person ada = {1, "Ada", "en", true};
	static const struct slot slots[] = {
		{1, TRY_NOW + 30 * 3600, "2026-03-11T15:00", "America/Chicago", "Dr. Osei", "Main",
			false},
		{2, TRY_NOW + 50 * 3600, "2026-03-12T11:00", "America/Chicago", "Dr. Osei", "Main",
			false},
	};
	const struct visit visit = {1, 1, TRY_NOW + 29 * 3600 + 20 * 60, "2026-03-10T14:20",
		"America/Chicago", "booked", "Dr. Osei", "x"};
	const struct question question = {
		.id = 1, .until = visit.at, .kind = "confirm", .patient = 1, .visit = visit};
	const struct mo mo = {"try", "+13125550123", "+13125550100", text, 0, SIGNAL_NONE};
	struct situation s = {.now = TRY_NOW,
		.config = c,
		.mo = &mo,
		.people = &ada,
		.person_n = 1,
		.visits = &visit,
		.visit_n = 1,
		.questions = &question,
		.question_n = 1,
		.slots = slots,
		.slot_n = 2};
	const struct text_values asked = {.practice = c->practice,
		.first = ada.first,
		.when = texts_when(a, "en", visit.wall),
		.clinician = visit.clinician};
	const char *ours = arena_printf(a, "%s %s", texts_render(a, "remind_ask", "en", &asked),
		texts_render(a, "stop_line", "en", &asked));
	keywords_read(a, k, text,
		&(struct reading_aids){&ours, 1, &ada.first, 1, &visit.clinician, 1}, &s.reading);
	struct decision d = decide(a, &s);
	printf("%s\t%s\t%s\t%s\n", action_word(d.action), intent_word(s.reading.intent),
		s.reading.rule, s.reading.normal);
}

static int try_all(const struct keywords *k, const struct config *c)
{
	struct arena *a = arena_new(0);
	char *line = NULL;
	size_t room = 0;
	int status = 0;
	for (ssize_t n, number = 1; (n = getline(&line, &room, stdin)) >= 0; number++) {
		while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
			line[--n] = '\0';
		if (!text_utf8_ok(line, (size_t)n)) {
			fprintf(stderr, "line %zd: not valid UTF-8\n", number);
			status = 1;
			continue;
		}
		unescape(line);
		try_one(a, k, c, line);
		arena_reset(a);
	}
	free(line);
	arena_free(a);
	return status;
}

static int run_try(int argc, char **argv)
{
	static const struct option options[] = {
		{"profile", required_argument, NULL, 'p'},
		{"rules", required_argument, NULL, 'r'},
		{NULL, 0, NULL, 0},
	};
	struct config c = {.country = "US", .practice = "The practice", .language = "en"};
	const char *folder = NULL;
	optind = 1;
	for (int o; (o = getopt_long(argc, argv, "p:r:", options, NULL)) != -1;) {
		if (o == 'p')
			c.country = optarg;
		else if (o == 'r')
			folder = optarg;
		else
			return fputs(usage, stderr), 2;
	}
	struct keywords *k;
	if (command_load_keywords(&k, folder))
		return 1;
	int status = try_all(k, &c);
	keywords_free(k);
	return status;
}

static int run_check(const char *folder)
{
	struct keywords *k;
	if (command_load_keywords(&k, folder))
		return 1;
	keywords_free(k);
	printf("%s: every rule holds its own examples.\n", folder ? folder : "the built-in rules");
	return 0;
}

int command_keywords(int argc, char **argv)
{
	if (argc > 1 && text_eq(argv[1], "try"))
		return run_try(argc - 1, argv + 1);
	if (argc > 1 && text_eq(argv[1], "rehearse"))
		return command_rehearse(argc - 1, argv + 1);
	if (argc > 1 && argc <= 3 && text_eq(argv[1], "check"))
		return run_check(argv[2]);
	fputs(usage, stderr);
	return 2;
}
