/* What a tick costs when nothing is due, in the store of a configuration: the jobs' pass and the
 * sender's look. Prints one JSON object, in microseconds.
 * Usage: tick_main CONFIG */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "build/gen/q.h"
#include "responder/base/clock.h"
#include "responder/base/must.h"
#include "responder/flow/app.h"
#include "responder/flow/jobs.h"

#define TICKS 1000

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
	struct config *config;
	struct db *db;
	static double took[TICKS];
	must(argc == 2 && config_load(&config, argv[1], NULL, NULL) == OK);
	must(db_open(&db, config->store) == OK);
	struct app app = {.config = config};
	struct arena *a = arena_new(0);
	for (int i = 0; i < TICKS; i++) {
		struct q_mt_next_due *next;
		double begun = now_us();
		must(jobs_pass(db, &app, clock_now()) == OK);
		must(q_mt_next_due(a, db, &next, .account = config->accounts[0].name) == OK);
		took[i] = now_us() - begun;
		must(!next->due);
		arena_reset(a);
	}
	qsort(took, TICKS, sizeof took[0], compare);
	printf("{\"p50\": %.1f, \"p99\": %.1f}\n", took[TICKS / 2], took[TICKS * 99 / 100]);
	arena_free(a);
	db_close(db);
	config_free(config);
	return 0;
}
