/* A store in a temporary folder and an app around it, for tests of flow and db.
 * Each test gets a fresh one through setup() and teardown(). */
#ifndef TESTS_UNIT_FIXTURE_H
#define TESTS_UNIT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "build/gen/q.h"
#include "db/db.h"
#include "responder/base/clock.h"
#include "responder/base/log.h"
#include "responder/base/must.h"
#include "responder/base/zone.h"
#include "responder/flow/app.h"
#include "responder/flow/inbound.h"
#include "responder/flow/outbox.h"
#include "responder/flow/settings.h"
#include "responder/flow/visit.h"

#define OURS "+13125550100"
#define ADA "+13125550123"

struct fixture {
	char folder[32], store[64];
	struct arena *arena;
	struct db *db;
	struct account account;
	struct location location;
	struct config config;
	struct app app;
};

static struct reminder_step fixture_steps[] = {
	{"week", 7 * 1440}, {"two-days", 2 * 1440}, {"hours", 180}};

static struct keywords *fixture_keywords(void)
{
	static struct keywords *k;
	if (!k)
		must(keywords_load(&k, NULL, NULL, NULL) == OK);
	return k;
}

static inline int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	int applied;
	log_set_level(LOG_ERROR);
	strcpy(f->folder, "/tmp/unit.XXXXXX");
	must(f && mkdtemp(f->folder));
	snprintf(f->store, sizeof f->store, "%s/store.db", f->folder);
	f->arena = arena_new(0);
	f->account = (struct account){.name = "main", .provider = "fake", .sender = OURS};
	f->location = (struct location){.name = "Main", .zone = "America/Chicago"};
	f->config = (struct config){.store = f->store,
		.practice = "Lakeside",
		.country = "US",
		.language = "en",
		.locations = &f->location,
		.location_n = 1,
		.accounts = &f->account,
		.account_n = 1,
		.steps = fixture_steps,
		.step_n = 3,
		.window_open = 540,
		.window_close = 1200};
	f->app = (struct app){.config = &f->config,
		.keywords = fixture_keywords(),
		.node = "one",
		.sender_bell = bell_new(),
		.jobs_bell = bell_new(),
		.pages_bell = bell_new()};
	must(db_migrate(f->store, &applied) == OK);
	must(db_open(&f->db, f->store) == OK);
	must(settings_apply(f->arena, f->db, &f->config, clock_now()) == OK);
	/* Mon 2026-03-09 10:00 in Chicago */
	clock_pin(zone_epoch(
		"America/Chicago", (struct wall){.year = 2026, .month = 3, .day = 9, .hour = 10}));
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;
	char command[64];
	db_close(f->db);
	arena_free(f->arena);
	bell_free(&f->app.sender_bell);
	bell_free(&f->app.jobs_bell);
	bell_free(&f->app.pages_bell);
	snprintf(command, sizeof command, "rm -rf %s", f->folder);
	must(system(command) == 0);
	free(f);
	return 0;
}

/* One text through the door's inner half, on the given connection. */
static inline enum err fixture_mo(struct fixture *f, struct arena *a, struct db *db,
	const char *theirs, const char *ref, const char *text, bool *repeat)
{
	struct event event = {
		.kind = EVENT_MO, .mo = {.ref = ref, .theirs = theirs, .ours = OURS, .text = text}};
	struct inbound in = {.account = &f->account, .event = &event, .raw = {text, strlen(text)}};
	enum err e = inbound_batch(a, db, &f->app, &in, 1);
	*repeat = in.repeat;
	return e ? e : in.err;
}

/* A queued text that may go at once. */
static inline int64_t fixture_mt(struct fixture *f, const char *theirs, const char *key)
{
	int64_t id;
	must(db_begin(f->db) == OK);
	must(outbox_add(f->arena, f->db, clock_now(),
		     &(struct outbox_new){.dedupe = key,
			     .account = "main",
			     .kind = "staff",
			     .class = "care",
			     .rank = RANK_REPLY,
			     .theirs = theirs,
			     .ours = OURS,
			     .body = "Hello",
			     .zone = "America/Chicago",
			     .due = clock_now(),
			     .expires = clock_now() + 3600},
		     &id) == OK);
	must(db_commit(f->db) == OK);
	return id;
}

static inline const char *fixture_state(struct fixture *f, int64_t mt)
{
	struct q_mt_get *row;
	must(q_mt_get(f->arena, f->db, &row, .id = mt) == OK && row);
	return row->state;
}

#endif
