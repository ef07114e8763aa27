/* Jobs; see jobs.h. Each step takes the writers' lock only when it has something to write, and
 * gives it back between batches, so that webhooks never wait long. */
#include "responder/flow/jobs.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "build/gen/q.h"
#include "responder/base/clock.h"
#include "responder/base/log.h"
#include "responder/base/must.h"
#include "responder/flow/reminder.h"

#define BATCH 200
#define TICK_MS 1000
#define UNSETTLED_S (15 * 60)

struct jobs {
	const struct app *app;
	struct db *db;
	pthread_t thread;
	atomic_bool stop;
};

/* Whether such a text arrived is for a person to find out. */
static enum err raise_uncertain(struct arena *a, struct db *db, int64_t now)
{
	struct q_mt_uncertain_old *rows;
	size_t n;
	enum err e = q_mt_uncertain_old(a, db, &rows, &n, .before = now - UNSETTLED_S);
	if (e || !n)
		return e;
	e = db_begin(db);
	if (e)
		return e;
	e = q_mt_uncertain_old(a, db, &rows, &n, .before = now - UNSETTLED_S);
	for (size_t i = 0; !e && i < n; i++)
		e = q_task_add(db, NULL, .at = now, .kind = "uncertain text", .rank = 2,
			.theirs = rows[i].theirs, .patient = rows[i].patient,
			.visit = rows[i].visit, .mt = rows[i].id,
			.why = "The provider's answer was lost and no report came: this text may "
			       "or may "
			       "not have arrived. It is not sent again by itself.");
	if (e) {
		db_rollback(db);
		return e;
	}
	return db_commit(db);
}

enum err jobs_pass(struct db *db, const struct app *app, int64_t now)
{
	struct arena *a = arena_new(0);
	size_t done = BATCH;
	enum err e = OK;
	while (!e && done == BATCH) {
		e = reminder_pass(a, db, app, now, BATCH, &done);
		if (!e && done)
			app_committed(app);
		arena_reset(a);
	}
	if (!e)
		e = raise_uncertain(a, db, now);
	arena_free(a);
	return e;
}

static void *run(void *arg)
{
	struct jobs *j = arg;
	while (!atomic_load(&j->stop)) {
		enum err e = jobs_pass(j->db, j->app, clock_now());
		if (e)
			log_warn("jobs_failed", "why=\"%s\"", err_text(e));
		bell_wait(&j->app->jobs_bell, TICK_MS);
	}
	return NULL;
}

enum err jobs_start(struct jobs **out, const struct app *app)
{
	struct jobs *j = calloc(1, sizeof *j);
	must(j);
	j->app = app;
	enum err e = db_open(&j->db, app->config->store);
	if (e) {
		free(j);
		return e;
	}
	must(pthread_create(&j->thread, NULL, run, j) == 0);
	*out = j;
	return OK;
}

void jobs_stop(struct jobs *j)
{
	atomic_store(&j->stop, true);
	bell_ring(&j->app->jobs_bell);
	pthread_join(j->thread, NULL);
	db_close(j->db);
	free(j);
}
