/* Streams; see stream.h and server.h. Freed when both the owner and the server have let go. */
#include "responder/net/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "responder/base/must.h"
#include "responder/net/server.h"

struct stream *stream_new(pthread_mutex_t *lock, struct stream **list)
{
	struct stream *s = calloc(1, sizeof *s);
	must(s);
	s->bytes = malloc(STREAM_MOST);
	must(s->bytes);
	s->lock = lock;
	s->owned = true;
	s->list = list;
	pthread_mutex_lock(lock);
	s->next = *list;
	if (*list)
		(*list)->previous = s;
	*list = s;
	pthread_mutex_unlock(lock);
	return s;
}

/* Under the lock; frees what nobody needs. */
static void release(struct stream *s)
{
	if (s->owned || !s->gone)
		return;
	if (s->next)
		s->next->previous = s->previous;
	if (s->previous)
		s->previous->next = s->next;
	else
		*s->list = s->next;
	free(s->bytes);
	free(s);
}

static void rouse(struct stream *s)
{
	if (!s->asleep)
		return;
	s->asleep = false;
	s->wake(s);
}

size_t stream_take(struct stream *s, char *out, size_t most)
{
	size_t n = s->n < most ? s->n : most;
	memcpy(out, s->bytes, n);
	memmove(s->bytes, s->bytes + n, s->n - n);
	s->n -= n;
	return n;
}

void stream_leave(struct stream *s)
{
	pthread_mutex_t *lock = s->lock;
	pthread_mutex_lock(lock);
	s->gone = true;
	release(s);
	pthread_mutex_unlock(lock);
}

/* Under the lock. A client that reads too slowly is let go. */
static void add(struct stream *s, const char *bytes, size_t n)
{
	if (s->closed)
		return;
	if (n > STREAM_MOST - s->n) {
		s->closed = true;
		s->n = 0;
	} else {
		memcpy(s->bytes + s->n, bytes, n);
		s->n += n;
	}
	rouse(s);
}

void stream_beat_all(struct stream *list)
{
	for (; list; list = list->next)
		if (!list->gone)
			add(list, ":\n\n", 3);
}

void stream_end_all(struct stream *list)
{
	for (; list; list = list->next) {
		list->closed = true;
		if (!list->gone)
			rouse(list);
	}
}

bool stream_send(struct stream *s, const char *event, const char *data)
{
	char *text;
	int n = asprintf(&text, "event: %s\ndata: %s\n\n", event, data);
	must(n > 0);
	pthread_mutex_lock(s->lock);
	if (!s->gone)
		add(s, text, (size_t)n);
	bool alive = !s->gone && !s->closed;
	pthread_mutex_unlock(s->lock);
	free(text);
	return alive;
}

void stream_close(struct stream *s)
{
	pthread_mutex_t *lock = s->lock;
	pthread_mutex_lock(lock);
	s->owned = false;
	s->closed = true;
	if (!s->gone)
		rouse(s);
	release(s);
	pthread_mutex_unlock(lock);
}
