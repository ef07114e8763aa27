/* See live.h. One thread waits for the bell; a list of streams, cleaned of those that have gone. */
#include "responder/web/live.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "responder/base/must.h"

#define STREAMS_MOST 200
#define PAUSE_MS 500

struct live {
	const struct app *app;
	pthread_t thread;
	pthread_mutex_t lock;
	struct stream *streams[STREAMS_MOST];
	size_t n;
	atomic_bool stop;
};

static void tell_all(struct live *l)
{
	size_t kept = 0;
	pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < l->n; i++) {
		if (stream_send(l->streams[i], "changed", "1"))
			l->streams[kept++] = l->streams[i];
		else
			stream_close(l->streams[i]);
	}
	l->n = kept;
	pthread_mutex_unlock(&l->lock);
}

static void *run(void *arg)
{
	struct live *l = arg;
	while (!atomic_load(&l->stop)) {
		if (!bell_wait(&l->app->pages_bell, 60000))
			continue;
		tell_all(l);
		nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
	}
	return NULL;
}

struct live *live_start(const struct app *app)
{
	struct live *l = calloc(1, sizeof *l);
	must(l);
	l->app = app;
	pthread_mutex_init(&l->lock, NULL);
	must(pthread_create(&l->thread, NULL, run, l) == 0);
	return l;
}

void live_open(struct live *l, struct exchange *x)
{
	pthread_mutex_lock(&l->lock);
	bool room = l->n < STREAMS_MOST;
	if (room)
		l->streams[l->n++] = exchange_stream(x);
	pthread_mutex_unlock(&l->lock);
	if (!room)
		exchange_reply(x, &(struct http_response){.status = 503});
}

void live_stop(struct live *l)
{
	atomic_store(&l->stop, true);
	bell_ring(&l->app->pages_bell);
	pthread_join(l->thread, NULL);
	for (size_t i = 0; i < l->n; i++)
		stream_close(l->streams[i]);
	pthread_mutex_destroy(&l->lock);
	free(l);
}
