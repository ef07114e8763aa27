/* Exchanges between the server's thread and the threads that answer: who still owes an answer, who
 * streams. Shared by server.c, exchange.c and stream.c only; what others may do stands in server.h.
 *
 * An exchange is made when a request line has come and dies when the library has completed the
 * request, always on the server's thread, and never before the reply. Its connection is suspended
 * and resumed through `struct exchange_line`, so that only server.c needs the library. */
#ifndef RESPONDER_NET_EXCHANGE_H
#define RESPONDER_NET_EXCHANGE_H

#include <pthread.h>

#include "responder/base/bell.h"
#include "responder/net/limits.h"
#include "responder/net/server.h"

#define EXCHANGE_SWALLOW ((size_t)1024 * 1024) /* of too long a body, so that 413 gets through */

struct exchange_line {
	void (*suspend)(struct exchange *x); /* on the server's thread only */
	void (*resume)(struct exchange *x);
	void (*cut)(struct exchange *x);
};

struct exchange {
	struct exchange_pool *pool;
	void *connection; /* the library's */
	struct limits_visitor *visitor;
	struct arena *arena;
	struct http_request request;
	char *body; /* room for body_room + 1 */
	size_t body_room, swallowed;
	enum err refused; /* the answer, once the body has gone by */
	bool begun;	  /* the headers were looked at */
	bool handed;	  /* the handler has it, or had it */
	bool replied;	  /* `reply` or `stream` is set; under the pool's lock */
	bool suspended;	  /* under the pool's lock */
	struct http_response reply;
	struct stream *stream;
	struct exchange *next,
		*previous; /* among the owed or the streaming; next: among the spare */
};

struct exchange_pool {
	pthread_mutex_t lock; /* taken before a stream's lock and before the library's own */
	const struct exchange_line *line;
	struct exchange *owed, *streaming, *spare;
	int spare_n;
	int open;	  /* handed over and not yet completed */
	struct bell idle; /* rings when `open` falls to 0 */
};

void exchange_pool_init(struct exchange_pool *p, const struct exchange_line *line);
void exchange_pool_end(struct exchange_pool *p);
void exchange_beat_all(struct exchange_pool *p); /* a comment into each stream */
void exchange_end_all(struct exchange_pool *p);	 /* 503 to all who wait, and streams end */
void exchange_wait_idle(struct exchange_pool *p, int most_ms);

/* The rest runs on the server's thread. */
struct exchange *exchange_new(struct exchange_pool *p);
void exchange_done(struct exchange *x);
/* More of the body. While one comes in no answer can be given: what goes over `most` is swallowed
 * and `refused` is set. False: too much even for that, hang up. */
bool exchange_collect(struct exchange *x, size_t most, const char *data, size_t n);
void exchange_hand(struct exchange *x); /* owed from now on */
/* Whether the answer is there; if not, the connection has been suspended until it is. */
bool exchange_ready(struct exchange *x);
void exchange_refuse(struct exchange *x, enum err e); /* our own answer, and the connection ends */

#endif
