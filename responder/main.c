/* A table of sub-commands, nothing else. */
#include <stdio.h>
#include <string.h>

#include "responder/command.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what;
} commands[] = {
	{"demo", command_demo, "a practice to play with, in the browser, without a provider"},
	{"init", command_init, "write a configuration file by answering a few questions"},
	{"check", command_check, "say whether configuration, store, clock and rules are sound"},
	{"serve", command_serve, "run: answer webhooks, send texts, remind"},
	{"import", command_import, "read patients, visits or slots from a CSV file"},
	{"show", command_show,
		"visits, outbox, inbox, tasks, suppressed numbers; why a text was read so"},
	{"keywords", command_keywords, "try texts on the rules, check or rehearse rule files"},
	{"backup", command_backup, "copy the store while it is in use"},
	{"migrate", command_migrate, "bring the store up to this program's schema"},
};

static int help(FILE *to, int status)
{
	fprintf(to, "responder answers a medical practice's text messages.\n\n");
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		fprintf(to, "  responder %-9s %s\n", commands[i].name, commands[i].what);
	fprintf(to, "\n'responder COMMAND --help' says more; so does 'man responder'.\n");
	return status;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return help(stderr, 2);
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
		return help(stdout, 0);
	if (strcmp(argv[1], "--version") == 0)
		return printf("responder %s\n", VERSION) < 0;
	fprintf(stderr, "responder: there is no command '%s'.\n\n", argv[1]);
	return help(stderr, 2);
}
