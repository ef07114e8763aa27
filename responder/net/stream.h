/* A server-sent event stream between its owner, who writes (stream_send and stream_close of
 * server.h, from any thread), and the server's thread, which reads. It is freed when both have let
 * go, so an owner may hold one longer than the server lives. */
#ifndef RESPONDER_NET_STREAM_H
#define RESPONDER_NET_STREAM_H

#include <sys/types.h>

#include "responder/net/exchange.h"

#define STREAM_MOST ((size_t)64 * 1024)

struct stream *stream_new(const struct exchange_line *line, struct exchange *x);

/* For the client: bytes; 0 after having suspended the connection since there are none; -1 at the
 * end. On the server's thread. */
ssize_t stream_take(struct stream *s, char *out, size_t most);

void stream_beat(struct stream *s);  /* a comment, so that a departed client is noticed */
void stream_end(struct stream *s);   /* what is queued still goes out */
void stream_leave(struct stream *s); /* the connection is no more; on the server's thread */

#endif
