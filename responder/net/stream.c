/* Streams; see stream.h and server.h. */
#include "responder/net/stream.h"

#include <stdlib.h>
#include <string.h>

#include "responder/base/must.h"

struct stream {
	pthread_mutex_t lock;
	const struct exchange_line *line;
	struct exchange *x; /* NULL once the connection is no more */
	size_t n;
	bool asleep; /* suspended until there are bytes */
	bool closed; /* no more bytes will come */
	bool owned;  /* the owner has not closed it yet */
	char bytes[STREAM_MOST];
};

struct stream *stream_new(const struct exchange_line *line, struct exchange *x)
{
	struct stream *s = malloc(sizeof *s); /* not cleared: 64 KiB that are seldom touched */
	must(s);
	s->line = line;
	s->x = x;
	s->n = 0;
	s->asleep = s->closed = false;
	s->owned = true;
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

/* Lets go of the lock and, when nobody needs the stream any more, of the stream. */
static void unlock(struct stream *s)
{
	bool needed = s->owned || s->x;
	pthread_mutex_unlock(&s->lock);
	if (needed)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* The rest of the helpers run under the lock. */
static void rouse(struct stream *s)
{
	if (!s->asleep || !s->x)
		return;
	s->asleep = false;
	s->line->resume(s->x);
}

/* A client that reads too slowly is let go. */
static void put(struct stream *s, const char *bytes, size_t n)
{
	if (s->closed || !s->x)
		return;
	if (n > STREAM_MOST - s->n) {
		s->closed = true;
		s->n = 0;
		s->line->cut(s->x);
		return;
	}
	memcpy(s->bytes + s->n, bytes, n);
	s->n += n;
}

static void put_str(struct stream *s, const char *text)
{
	put(s, text, strlen(text));
}

/* Each line of the data becomes a line of its own; the client puts them together again. */
static void put_data(struct stream *s, const char *data)
{
	for (;;) {
		size_t n = strcspn(data, "\r\n");
		put_str(s, "data: ");
		put(s, data, n);
		put_str(s, "\n");
		if (!data[n])
			break;
		data += n + (data[n] == '\r' && data[n + 1] == '\n' ? 2 : 1);
	}
}

ssize_t stream_take(struct stream *s, char *out, size_t most)
{
	pthread_mutex_lock(&s->lock);
	size_t n = s->n < most ? s->n : most;
	ssize_t result = (ssize_t)n;
	memcpy(out, s->bytes, n);
	memmove(s->bytes, s->bytes + n, s->n - n);
	s->n -= n;
	if (!n && s->closed) {
		result = -1;
	} else if (!n) {
		s->asleep = true;
		s->line->suspend(s->x);
	}
	pthread_mutex_unlock(&s->lock);
	return result;
}

void stream_beat(struct stream *s)
{
	pthread_mutex_lock(&s->lock);
	put_str(s, ":\n\n");
	rouse(s);
	pthread_mutex_unlock(&s->lock);
}

void stream_end(struct stream *s)
{
	pthread_mutex_lock(&s->lock);
	s->closed = true;
	rouse(s);
	pthread_mutex_unlock(&s->lock);
}

void stream_leave(struct stream *s)
{
	pthread_mutex_lock(&s->lock);
	s->x = NULL;
	unlock(s);
}

bool stream_send(struct stream *s, const char *event, const char *data)
{
	pthread_mutex_lock(&s->lock);
	if (event) {
		put_str(s, "event: ");
		put_str(s, event);
		put_str(s, "\n");
	}
	put_data(s, data);
	put_str(s, "\n");
	rouse(s);
	bool alive = s->x && !s->closed;
	pthread_mutex_unlock(&s->lock);
	return alive;
}

void stream_close(struct stream *s)
{
	pthread_mutex_lock(&s->lock);
	s->owned = false;
	s->closed = true;
	rouse(s);
	unlock(s);
}
