/* One mutex, one condition, one ring. */
#include "responder/web/worker.h"

#include <pthread.h>
#include <stdlib.h>

#include "responder/base/must.h"

struct worker {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	void **ring, **taken; /* `taken` belongs to the thread */
	size_t cap, batch, first, n;
	bool stop;
	void (*run)(void *context, void **items, size_t n);
	void *context;
};

/* Moves up to a batch into `taken`; 0 when the queue is empty and the worker shall end. */
static size_t take(struct worker *w)
{
	pthread_mutex_lock(&w->mutex);
	while (!w->n && !w->stop)
		pthread_cond_wait(&w->wake, &w->mutex);
	size_t n = w->n < w->batch ? w->n : w->batch;
	for (size_t i = 0; i < n; i++)
		w->taken[i] = w->ring[(w->first + i) % w->cap];
	w->first = (w->first + n) % w->cap;
	w->n -= n;
	pthread_mutex_unlock(&w->mutex);
	return n;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	for (size_t n; (n = take(w));)
		w->run(w->context, w->taken, n);
	return NULL;
}

struct worker *worker_start(
	size_t cap, size_t batch, void (*run)(void *context, void **items, size_t n), void *context)
{
	struct worker *w = calloc(1, sizeof *w);
	must(w);
	w->cap = cap;
	w->batch = batch;
	w->run = run;
	w->context = context;
	w->ring = calloc(cap, sizeof *w->ring);
	w->taken = calloc(batch, sizeof *w->taken);
	must(w->ring && w->taken);
	pthread_mutex_init(&w->mutex, NULL);
	pthread_cond_init(&w->wake, NULL);
	must(pthread_create(&w->thread, NULL, work, w) == 0);
	return w;
}

bool worker_give(struct worker *w, void *item)
{
	pthread_mutex_lock(&w->mutex);
	bool room = w->n < w->cap && !w->stop;
	if (room)
		w->ring[(w->first + w->n++) % w->cap] = item;
	if (w->n == 1)
		pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->mutex);
	return room;
}

void worker_drain(struct worker *w)
{
	pthread_mutex_lock(&w->mutex);
	w->stop = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->mutex);
	pthread_join(w->thread, NULL);
}

void worker_free(struct worker *w)
{
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->mutex);
	free(w->ring);
	free(w->taken);
	free(w);
}
