/* responder import FILE.csv: findings on standard error with their places, what changed on standard
 * output, progress while it takes long. A dry run works on a copy of the store. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/db.h"
#include "responder/base/clock.h"
#include "responder/base/log.h"
#include "responder/base/text.h"
#include "responder/command.h"
#include "responder/flow/import.h"
#include "responder/flow/settings.h"

#define CHANGES_SHOWN 20
#define FINDINGS_SHOWN 1000
#define PROGRESS_MS 2000

static const char usage[] = "usage: responder import FILE.csv [--config FILE] "
			    "[--kind patients|visits|slots] [--dry-run]\n";

struct view {
	const char *path;
	bool dry;
	int changes, findings;
	int64_t begun_ms, shown_ms;
};

static void show_finding(void *context, int line, int column, const char *what)
{
	struct view *v = context;
	if (v->findings++ >= FINDINGS_SHOWN)
		return;
	if (column > 0)
		fprintf(stderr, "%s:%d:%d: %s\n", v->path, line, column, what);
	else
		fprintf(stderr, "%s:%d: %s\n", v->path, line, what);
}

static void show_change(void *context, int line, const char *what)
{
	struct view *v = context;
	if (v->dry && v->changes++ < CHANGES_SHOWN)
		printf("line %d: %s\n", line, what);
}

static void show_progress(void *context, const struct import_counts *c)
{
	struct view *v = context;
	int64_t now = clock_mono_ms();
	if (now - v->shown_ms < PROGRESS_MS)
		return;
	v->shown_ms = now;
	fprintf(stderr, "%" PRId64 " rows, %" PRId64 " a second ...\n", c->rows,
		c->rows * 1000 / (now - v->begun_ms + 1));
}

static void summarize(const struct view *v, const struct import_counts *c)
{
	const char *would = v->dry ? "would be " : "";
	if (v->dry && v->changes > CHANGES_SHOWN)
		printf("... and %d changes more\n", v->changes - CHANGES_SHOWN);
	printf("%" PRId64 " rows read, %" PRId64 " left out\n", c->rows, c->bad);
	printf("patients: %" PRId64 " %snew, %" PRId64 " %schanged\n", c->people_new, would,
		c->people_changed, would);
	printf("visits:   %" PRId64 " %snew, %" PRId64 " %smoved, %" PRId64 " %schanged\n",
		c->visits_new, would, c->visits_moved, would, c->visits_changed, would);
	printf("slots:    %" PRId64 " %snew, %" PRId64 " %schanged\n", c->slots_new, would,
		c->slots_changed, would);
	if (v->dry)
		printf("Nothing was written: this was a dry run.\n");
}

static enum err run(const struct config *c, const char *store, const struct import_job *job,
	struct import_counts *counts)
{
	struct db *db;
	enum err e = db_open(&db, store);
	if (e)
		return e;
	struct arena *a = arena_new(0);
	e = settings_apply(a, db, c, clock_now());
	if (!e)
		e = import_run(db, c, job, counts);
	arena_free(a);
	db_close(db);
	return e;
}

static void remove_copy(const char *copy)
{
	char path[96];
	static const char *const parts[] = {"", "-wal", "-shm"};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		snprintf(path, sizeof path, "%s%s", copy, parts[i]);
		unlink(path);
	}
}

/* Of a store that is not there yet, an empty one. */
static enum err copy_store(const char *store, const char *copy)
{
	struct db *db;
	int applied;
	if (!text_starts(store, "postgres") && access(store, F_OK) != 0)
		return db_migrate(copy, &applied);
	enum err e = db_open(&db, store);
	if (e)
		return e;
	e = db_backup(db, copy);
	db_close(db);
	return e;
}

/* The live store is only read, once, to make the copy. */
static enum err run_dry(
	const struct config *c, const struct import_job *job, struct import_counts *counts)
{
	char folder[] = "/tmp/responder-import.XXXXXX", copy[64];
	if (!mkdtemp(folder))
		return ERR_IO;
	snprintf(copy, sizeof copy, "%s/copy.db", folder);
	enum err e = copy_store(c->store, copy);
	if (!e)
		e = run(c, copy, job, counts);
	remove_copy(copy);
	rmdir(folder);
	return e;
}

static enum err run_wet(
	const struct config *c, const struct import_job *job, struct import_counts *counts)
{
	int applied;
	enum err e = OK;
	if (!text_starts(c->store, "postgres") && access(c->store, F_OK) != 0)
		e = db_migrate(c->store, &applied);
	return e ? e : run(c, c->store, job, counts);
}

/* The commonest mistake, said in plain words. */
static bool can_read(const char *file)
{
	struct stat s;
	int why = access(file, R_OK) != 0 || stat(file, &s) != 0 ? errno
		  : S_ISDIR(s.st_mode)				 ? EISDIR
								 : 0;
	if (why)
		fprintf(stderr, "responder: %s cannot be read: %s.\n", file, strerror(why));
	return !why;
}

static int import(const char *config_path, const char *file, enum import_kind kind, bool dry)
{
	struct config *c;
	struct import_counts counts = {0};
	if (!can_read(file) || command_load_config(&c, config_path))
		return 1;
	struct view v = {
		.path = file, .dry = dry, .begun_ms = clock_mono_ms(), .shown_ms = clock_mono_ms()};
	struct import_job job = {file, kind, show_finding, show_change, show_progress, &v};
	log_set_level(LOG_WARN);
	enum err e = dry ? run_dry(c, &job, &counts) : run_wet(c, &job, &counts);
	if (v.findings > FINDINGS_SHOWN)
		fprintf(stderr, "... and %d findings more\n", v.findings - FINDINGS_SHOWN);
	summarize(&v, &counts);
	if (e)
		fprintf(stderr, "responder: the import ended early: %s.%s\n", err_text(e),
			dry ? ""
			    : " What the counts say is in; mend the cause and run it again, "
			      "nothing comes in twice.");
	config_free(c);
	return e || counts.bad ? 1 : 0;
}

static bool kind_of(const char *word, enum import_kind *out)
{
	static const char *const words[] = {"", "patients", "visits", "slots"};
	for (int i = 1; i < 4; i++)
		if (text_eq(word, words[i])) {
			*out = (enum import_kind)i;
			return true;
		}
	return false;
}

int command_import(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"kind", required_argument, NULL, 'k'},
		{"dry-run", no_argument, NULL, 'n'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *config = COMMAND_CONFIG;
	enum import_kind kind = IMPORT_BY_HEADER;
	bool dry = false;
	optind = 1;
	for (int o; (o = getopt_long(argc, argv, "c:k:nh", options, NULL)) != -1;) {
		if (o == 'c')
			config = optarg;
		else if (o == 'n')
			dry = true;
		else if (o == 'h')
			return fputs(usage, stdout), 0;
		else if (o != 'k' || !kind_of(optarg, &kind))
			return fputs(usage, stderr), 2;
	}
	if (optind != argc - 1)
		return fputs(usage, stderr), 2;
	return import(config, argv[optind], kind, dry);
}
