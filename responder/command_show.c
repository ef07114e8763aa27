/* responder show: looks at a live store without disturbing it. Times are UTC unless a visit's own.
 * Rows come newest first, TAB-separated, so that cut and sort work on them. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "build/gen/q.h"
#include "db/db.h"
#include "responder/base/clock.h"
#include "responder/base/text.h"
#include "responder/command.h"

#define MOST 200

static const char usage[] =
	"show [--config FILE | --store FILE] visits|outbox|inbox|tasks|suppressed|why MESSAGE";

static enum err show_visits(struct arena *a, struct db *db)
{
	struct q_show_visits *v;
	size_t n;
	enum err e = q_show_visits(a, db, &v, &n, .after = clock_now() - 12 * 3600, .most = MOST);
	for (size_t i = 0; i < n; i++)
		printf("%" PRId64 "\t%s\t%s\t%s %s\t%s\t%s\t%s\t%s%s\n", v[i].id, v[i].wall,
			v[i].zone, v[i].first, v[i].last, v[i].theirs ? v[i].theirs : "no number",
			v[i].location, v[i].clinician ? v[i].clinician : "-", v[i].state,
			v[i].late_minutes
				? arena_printf(a, ", %" PRId64 " minutes late", v[i].late_minutes)
				: "");
	return e;
}

static enum err show_outbox(struct arena *a, struct db *db)
{
	struct q_show_outbox *m;
	size_t n;
	enum err e = q_show_outbox(a, db, &m, &n, .most = MOST);
	for (size_t i = 0; i < n; i++)
		printf("%" PRId64 "\t%s\t%s\t%s\t%s\t%" PRId64 "\t%s\t%s\n", m[i].id,
			command_utc(a, m[i].made_at), m[i].theirs, m[i].kind, m[i].state,
			m[i].segments, command_flat(a, m[i].body),
			m[i].code ? arena_printf(a, "%s (code %s)", m[i].why, m[i].code)
				  : m[i].why);
	return e;
}

static enum err show_inbox(struct arena *a, struct db *db)
{
	struct q_show_inbox *m;
	size_t n;
	enum err e = q_show_inbox(a, db, &m, &n, .most = MOST);
	for (size_t i = 0; i < n; i++)
		printf("%" PRId64 "\t%s\t%s\t%s\t%s\t%s\n", m[i].id, command_utc(a, m[i].at),
			m[i].theirs, m[i].action, m[i].rule, command_flat(a, m[i].body));
	return e;
}

static enum err show_tasks(struct arena *a, struct db *db)
{
	static const char *const ranks[] = {"urgent", "today", "soon"};
	struct q_show_tasks *t;
	size_t n;
	enum err e = q_show_tasks(a, db, &t, &n, .most = MOST);
	for (size_t i = 0; i < n; i++)
		printf("%" PRId64 "\t%s\t%s\t%s\t%s %s\t%s\t%s\t%s\n", t[i].id,
			command_utc(a, t[i].at),
			t[i].rank >= 0 && t[i].rank < 3 ? ranks[t[i].rank] : "soon", t[i].kind,
			t[i].first ? t[i].first : "-", t[i].last ? t[i].last : "-", t[i].theirs,
			command_flat(a, t[i].body), t[i].why);
	return e;
}

static enum err show_suppressed(struct arena *a, struct db *db)
{
	struct q_show_suppressed *c;
	size_t n;
	enum err e = q_show_suppressed(a, db, &c, &n, .most = 1000000);
	for (size_t i = 0; i < n; i++)
		printf("%s\t%s\t%s\t%s\t%s\t%" PRId64 " queued texts cancelled\n", c[i].theirs,
			command_utc(a, c[i].at), c[i].source, c[i].rule, command_flat(a, c[i].body),
			c[i].cancelled);
	return e;
}

static enum err print_effects(struct arena *a, struct db *db, int64_t mo)
{
	struct q_show_caused_by *m;
	size_t n;
	enum err e = q_show_caused_by(a, db, &m, &n, .mo = mo);
	for (size_t i = 0; i < n; i++)
		printf("answered  %s (%s%s%s)\n", command_flat(a, m[i].body), m[i].state,
			*m[i].why ? ": " : "", m[i].why);
	return e;
}

static enum err show_why(struct arena *a, struct db *db, const char *message)
{
	int64_t id = 0;
	struct q_show_why *m;
	if (!text_int(message, 1, INT64_MAX, &id))
		id = 0;
	enum err e = q_show_why(a, db, &m, .id = id, .ref = message);
	if (e)
		return e;
	if (!m) {
		fprintf(stderr, "responder: no text has the id or provider id '%s'.\n", message);
		return ERR_NOT_FOUND;
	}
	printf("message   %" PRId64 " (%s %s)\nreceived  %s\nfrom      %s to %s\ntext      %s\n"
	       "read as   %s\nintent    %s (rule %s)\naction    %s\nwhy       %s\n",
		m->id, m->account, m->ref, command_utc(a, m->at), m->theirs, m->ours,
		command_flat(a, m->body), m->normal, m->intent, m->rule, m->action, m->why);
	if (m->visit)
		printf("visit     %" PRId64 "\n", m->visit);
	return print_effects(a, db, m->id);
}

static const struct {
	const char *name;
	enum err (*show)(struct arena *a, struct db *db);
} lists[] = {
	{"visits", show_visits},
	{"outbox", show_outbox},
	{"inbox", show_inbox},
	{"tasks", show_tasks},
	{"suppressed", show_suppressed},
};

static enum err show(struct arena *a, struct db *db, int argc, char **argv)
{
	if (text_eq(argv[0], "why") && argc == 2)
		return show_why(a, db, argv[1]);
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		if (argc == 1 && text_eq(argv[0], lists[i].name))
			return lists[i].show(a, db);
	fprintf(stderr, "usage: responder %s\n", usage);
	return ERR_INPUT;
}

static int open_and_show(const char *store, int argc, char **argv)
{
	struct db *db;
	enum err e = db_open(&db, store);
	if (e) {
		fprintf(stderr, "responder: %s cannot be opened: %s.\n", store, err_text(e));
		return 1;
	}
	struct arena *a = arena_new((size_t)1 << 30);
	e = show(a, db, argc, argv);
	if (e && e != ERR_INPUT && e != ERR_NOT_FOUND)
		fprintf(stderr, "responder: %s.\n", err_text(e));
	arena_free(a);
	db_close(db);
	return e == ERR_INPUT ? 2 : e ? 1 : 0;
}

int command_show(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"store", required_argument, NULL, 's'},
		{NULL, 0, NULL, 0},
	};
	const char *path = COMMAND_CONFIG, *store = NULL;
	optind = 1;
	for (int o; (o = getopt_long(argc, argv, "c:s:", options, NULL)) != -1;) {
		if (o == 'c')
			path = optarg;
		else if (o == 's')
			store = optarg;
		else
			return fprintf(stderr, "usage: responder %s\n", usage), 2;
	}
	if (optind == argc)
		return fprintf(stderr, "usage: responder %s\n", usage), 2;
	if (store)
		return open_and_show(store, argc - optind, argv + optind);
	struct config *config;
	if (command_load_config(&config, path))
		return 1;
	int status = open_and_show(config->store, argc - optind, argv + optind);
	config_free(config);
	return status;
}
