/* A server-sent event stream between its owner, who writes, and the server's thread, which reads.
 * All but stream_new, stream_send and stream_close happen under the server's lock. */
#ifndef RESPONDER_NET_STREAM_H
#define RESPONDER_NET_STREAM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define STREAM_MOST ((size_t)64 * 1024)
#define STREAM_BEAT_MS 15000

struct MHD_Connection;

struct stream {
	pthread_mutex_t *lock;
	struct MHD_Connection *connection;
	void (*wake)(struct stream *s);
	char *bytes; /* STREAM_MOST of them */
	size_t n;
	bool asleep; /* the server waits for bytes */
	bool closed; /* no more bytes will come */
	bool gone;   /* the server has ended it: nobody reads any more */
	bool owned;  /* the owner has not closed it yet */
	struct stream **list, *next, *previous;
};

struct stream *stream_new(pthread_mutex_t *lock, struct stream **list);

size_t stream_take(struct stream *s, char *out, size_t most);
void stream_leave(struct stream *s); /* the server is done with it; takes the lock itself */

void stream_beat_all(struct stream *list); /* a comment, so that a departed client is noticed */
void stream_end_all(struct stream *list);

#endif
