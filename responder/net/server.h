/* The HTTP server; server.c is the only user of libmicrohttpd.
 * The handler is called on the server's thread with a whole request and must not block: it hands
 * the exchange to the thread that does the work, and that thread replies, once. Until then the
 * connection is suspended and costs nothing. Limits (body, deadline, connections per address) are
 * enforced here, so a handler never sees a request that breaks them. */
#ifndef RESPONDER_NET_SERVER_H
#define RESPONDER_NET_SERVER_H

#include "responder/net/http.h"

struct server;
struct exchange; /* one request and its answer still owed; dies with the reply */

struct server_options {
	const char *address; /* "127.0.0.1", "::1", "0.0.0.0" */
	int port;	     /* 0: any free one, see server_port() */
	size_t body_most;    /* bytes; 0: 64 KiB; beyond it 413 */
	int request_ms;	     /* a whole request must arrive within this; 0: 10,000 */
	int idle_ms;	     /* a kept-alive connection may idle this long; 0: 60,000 */
	int per_address;     /* connections per peer address, loopback exempt; 0: 20 */
	int connections;     /* in all; 0: 1,000 */
	void (*handler)(void *context, struct exchange *x);
	void *context;
};

enum err server_start(struct server **out, const struct server_options *options) MUST_USE;
int server_port(const struct server *s);
/* Stops accepting and answers further requests on open connections with 503: once this returns, the
 * handler is not called any more. Exchanges already handed out may still be answered. */
void server_quiesce(struct server *s);
/* Answers what is still owed with 503, ends all streams, joins the thread, frees everything. */
void server_stop(struct server *s);

const struct http_request *exchange_request(const struct exchange *x);
struct arena *exchange_arena(struct exchange *x); /* lives until the reply has been sent */

/* From any thread, exactly once per exchange; everything is copied. The exchange is gone after. */
void exchange_reply(struct exchange *x, const struct http_response *r);

/* Turns the exchange into a text/event-stream instead of answering it. The stream belongs to the
 * server; stream_send copies and queues (at most 64 KiB, then the stream is closed as too slow).
 * Returns false when the client has gone or the stream was closed: forget it then. */
struct stream;
struct stream *exchange_stream(struct exchange *x);
bool stream_send(struct stream *s, const char *event, const char *data);
void stream_close(struct stream *s); /* the caller forgets it; required once per stream */

#endif
