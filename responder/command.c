/* What the sub-commands share. */
#include "responder/command.h"

#include <getopt.h>
#include <stdio.h>
#include <time.h>

static void complain_config(void *context, const char *where, const char *what)
{
	(void)context;
	fprintf(stderr, "%s: %s\n", where, what);
}

enum err command_load_config(struct config **out, const char *path)
{
	enum err e = config_load(out, path, complain_config, NULL);
	if (e)
		fprintf(stderr,
			"responder: %s cannot be used. 'responder init' writes a new one.\n", path);
	return e;
}

static void complain_keywords(void *context, const char *file, int line, const char *what)
{
	(void)context;
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
}

enum err command_load_keywords(struct keywords **out, const char *folder)
{
	return keywords_load(out, folder, complain_keywords, NULL);
}

const char *command_config_option(int argc, char **argv, const char *usage, int *rest)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *config = COMMAND_CONFIG;
	optind = 1;
	for (int c; (c = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
		if (c != 'c') {
			fprintf(stderr, "usage: responder %s\n", usage);
			return NULL;
		}
		config = optarg;
	}
	if (rest)
		*rest = optind;
	else if (optind < argc) {
		fprintf(stderr, "responder: what is '%s'?\nusage: responder %s\n", argv[optind],
			usage);
		return NULL;
	}
	return config;
}

const char *command_utc(struct arena *a, int64_t at)
{
	time_t t = (time_t)at;
	struct tm tm;
	char s[32];
	gmtime_r(&t, &tm);
	strftime(s, sizeof s, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return arena_str(a, s);
}

const char *command_flat(struct arena *a, const char *s)
{
	char *copy = arena_str(a, s ? s : "");
	for (char *p = copy; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	return copy;
}
