/* The HTTP server; see server.h. libmicrohttpd runs one thread with poll(2): its internal epoll
 * mode stalls when 128 connections are ready at once. Its own time-out starts anew with each byte,
 * so a thread of ours, the reaper, keeps the deadlines (limits.h); it also beats the streams'
 * hearts.
 *
 * Locks, in the order in which they may nest: `gate`, held while the handler runs so that
 * server_quiesce can wait for it; the exchange pool's; a stream's; the library's own. */
#include "responder/net/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "responder/base/clock.h"
#include "responder/base/log.h"
#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/net/exchange.h"
#include "responder/net/stream.h"

#define HEADER_MEMORY ((size_t)16 * 1024)
#define HEADERS_MOST 100
#define SWALLOW_MOST                                                                               \
	((size_t)1024 * 1024) /* of a body that is too long, so that 413 gets through */
#define REAP_MS 250
#define STOP_MS 2000 /* for the last answers to get out */
#define BACKLOG 511

struct server {
	struct MHD_Daemon *daemon;
	struct server_options options;
	int port, listener; /* listener: -1 while the library has it */
	pthread_mutex_t gate;
	bool quiet; /* under the gate */
	struct limits limits;
	struct exchange_pool pool;
	pthread_t reaper;
	struct bell stop;
};

static int beat_ms = 15000; /* tests are less patient */

/* The line to a client */

static void suspend(struct exchange *x)
{
	MHD_suspend_connection(x->connection);
}

static void resume(struct exchange *x)
{
	MHD_resume_connection(x->connection);
}

static void cut(struct exchange *x)
{
	shutdown(x->visitor->fd, SHUT_RDWR);
}

static const struct exchange_line line = {suspend, resume, cut};

/* Answers */

static ssize_t read_stream(void *context, uint64_t position, char *out, size_t most)
{
	(void)position;
	ssize_t n = stream_take(context, out, most);
	return n < 0 ? MHD_CONTENT_READER_END_OF_STREAM : n;
}

static struct MHD_Response *stream_response(struct exchange *x)
{
	static const struct http_field headers[] = {{"Content-Type", "text/event-stream"},
		{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
	struct MHD_Response *r = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, 4096, read_stream, x->stream, NULL);
	must(r);
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
		MHD_add_response_header(r, headers[i].name, headers[i].value);
	return r;
}

/* The body stays in the exchange's arena, which outlives the sending. NULL when a header cannot be
 * sent: better no answer than one without it. */
static struct MHD_Response *plain_response(struct exchange *x)
{
	const struct http_response *from = &x->reply;
	struct MHD_Response *r = MHD_create_response_from_buffer(
		from->body_n, (void *)(uintptr_t)from->body, MHD_RESPMEM_PERSISTENT);
	must(r);
	bool ok = !from->type || MHD_add_response_header(r, "Content-Type", from->type);
	for (size_t i = 0; ok && i < from->headers.n; i++)
		ok = MHD_add_response_header(
			r, from->headers.at[i].name, from->headers.at[i].value);
	if (ok)
		return r;
	log_error("response_header_refused", "path=%s", x->request.path);
	MHD_destroy_response(r);
	return NULL;
}

static enum MHD_Result answer(struct server *s, struct exchange *x)
{
	if (!x->stream)
		limits_move(&s->limits, x->visitor, LIMITS_ANSWERING);
	unsigned status = x->stream ? 200 : (unsigned)x->reply.status;
	struct MHD_Response *r = x->stream ? stream_response(x) : plain_response(x);
	if (!r)
		return MHD_NO;
	enum MHD_Result result = MHD_queue_response(x->connection, status, r);
	MHD_destroy_response(r);
	return result;
}

/* Requests. Our own refusals end the connection: what follows on it cannot be trusted. */

static enum MHD_Result refuse(struct server *s, struct exchange *x, enum err e)
{
	log_debug("request_refused", "peer=%s why=\"%s\"", x->visitor->name, err_text(e));
	exchange_refuse(x, e);
	return answer(s, x);
}

static const char *known_method(const char *method)
{
	static const char *const known[] = {"POST", "GET", "HEAD"};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (text_eq(method, known[i]))
			return known[i];
	return NULL;
}

/* The library keeps these strings until the request is completed. */
static enum MHD_Result note_header(
	void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct http_fields *h = context;
	(void)kind;
	h->at[h->n++] = (struct http_field){name, value ? value : ""};
	return MHD_YES;
}

static enum err read_headers(struct exchange *x)
{
	struct http_fields *h = &x->request.headers;
	int n = MHD_get_connection_values(x->connection, MHD_HEADER_KIND, NULL, NULL);
	if (n > HEADERS_MOST)
		return ERR_INPUT;
	h->at = arena_array(x->arena, struct http_field, n);
	MHD_get_connection_values(x->connection, MHD_HEADER_KIND, note_header, h);
	return OK;
}

/* ERR_TOO_BIG leaves the exchange such that the body may be swallowed. */
static enum err begin(struct server *s, struct exchange *x, const char *method, const char *version)
{
	int64_t length;
	x->request.method = known_method(method);
	if (!x->request.method)
		return ERR_METHOD;
	enum err e = read_headers(x);
	if (!e)
		e = http_framing(&x->request.headers, version, &length);
	if (!e)
		e = http_path(x->arena, x->request.target, &x->request.path);
	if (e || length <= (int64_t)s->options.body_most)
		return e;
	/* A client that is still sending may not look for an answer before it is done. */
	bool asks = http_header(&x->request.headers, "Expect");
	x->refused = length <= (int64_t)EXCHANGE_SWALLOW && !asks ? ERR_TOO_BIG : OK;
	return x->refused ? OK : ERR_TOO_BIG;
}

static enum MHD_Result answer_when_ready(struct server *s, struct exchange *x)
{
	return exchange_ready(x) ? answer(s, x) : MHD_YES;
}

static enum MHD_Result hand_over(struct server *s, struct exchange *x)
{
	x->request.body = x->body ? x->body : "";
	limits_move(&s->limits, x->visitor, LIMITS_OURS);
	pthread_mutex_lock(&s->gate);
	bool quiet = s->quiet;
	if (!quiet) {
		exchange_hand(x);
		s->options.handler(s->options.context, x);
	}
	pthread_mutex_unlock(&s->gate);
	return quiet ? refuse(s, x, ERR_FULL) : answer_when_ready(s, x);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *c, const char *url,
	const char *method, const char *version, const char *data, size_t *data_n, void **exchange)
{
	struct server *s = context;
	struct exchange *x = *exchange;
	(void)c;
	(void)url;
	if (!x->begun) {
		x->begun = true;
		enum err e = begin(s, x, method, version);
		return e ? refuse(s, x, e) : MHD_YES;
	}
	if (*data_n) {
		size_t n = *data_n;
		*data_n = 0;
		return exchange_collect(x, s->options.body_most, data, n) ? MHD_YES : MHD_NO;
	}
	if (x->refused)
		return refuse(s, x, x->refused);
	return x->handed ? answer_when_ready(s, x) : hand_over(s, x);
}

/* The request line is there: the only moment at which the target is seen untouched. */
static void *on_target(void *context, const char *target, struct MHD_Connection *c)
{
	struct server *s = context;
	struct exchange *x = exchange_new(&s->pool);
	x->connection = c;
	x->visitor = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	x->request.target = arena_str(x->arena, target);
	x->request.peer = x->visitor->name;
	limits_move(&s->limits, x->visitor, LIMITS_READING);
	return x;
}

static void on_completed(void *context, struct MHD_Connection *c, void **exchange,
	enum MHD_RequestTerminationCode why)
{
	struct server *s = context;
	struct exchange *x = *exchange;
	(void)c;
	(void)why;
	if (!x)
		return;
	*exchange = NULL;
	limits_move(&s->limits, x->visitor, LIMITS_IDLE);
	exchange_done(x);
}

static void on_connection(void *context, struct MHD_Connection *c, void **visitor,
	enum MHD_ConnectionNotificationCode what)
{
	struct server *s = context;
	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		limits_leave(&s->limits, *visitor);
		return;
	}
	int fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	struct in6_addr peer = address_of(
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
	*visitor = limits_enter(&s->limits, fd, &peer);
}

static enum MHD_Result on_accept(void *context, const struct sockaddr *from, socklen_t n)
{
	struct server *s = context;
	struct in6_addr peer = address_of(from);
	(void)n;
	return limits_welcome(&s->limits, &peer) ? MHD_YES : MHD_NO;
}

/* Life */

static void *reap(void *context)
{
	struct server *s = context;
	int64_t beaten = clock_mono_ms();
	while (!bell_wait(&s->stop, REAP_MS)) {
		limits_reap(&s->limits);
		if (clock_mono_ms() - beaten < beat_ms)
			continue;
		beaten = clock_mono_ms();
		exchange_beat_all(&s->pool);
	}
	return NULL;
}

static struct server_options with_defaults(const struct server_options *o)
{
	struct server_options d = *o;
	d.body_most = d.body_most ? d.body_most : (size_t)64 * 1024;
	d.request_ms = d.request_ms ? d.request_ms : 10000;
	d.idle_ms = d.idle_ms ? d.idle_ms : 60000;
	d.per_address = d.per_address ? d.per_address : 20;
	d.connections = d.connections ? d.connections : 1000;
	d.address = NULL; /* the caller's, and not needed any more */
	return d;
}

static struct MHD_Daemon *start_daemon(struct server *s, const struct sockaddr_storage *at)
{
	unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
			 (at->ss_family == AF_INET6 ? MHD_USE_DUAL_STACK : 0);
	return MHD_start_daemon(flags, 0, on_accept, s, on_request, s, MHD_OPTION_SOCK_ADDR, at,
		MHD_OPTION_LISTEN_BACKLOG_SIZE, BACKLOG, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)s->options.connections,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADER_MEMORY, MHD_OPTION_URI_LOG_CALLBACK,
		on_target, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_END);
}

static void server_free(struct server *s)
{
	exchange_pool_end(&s->pool);
	limits_end(&s->limits);
	bell_free(&s->stop);
	pthread_mutex_destroy(&s->gate);
	free(s);
}

enum err server_start(struct server **out, const struct server_options *options)
{
	struct sockaddr_storage at;
	if (!address_parse(options->address, options->port, &at))
		return ERR_CONFIG;
	struct server *s = calloc(1, sizeof *s);
	must(s);
	s->options = with_defaults(options);
	s->listener = -1;
	s->stop = bell_new();
	pthread_mutex_init(&s->gate, NULL);
	limits_init(&s->limits, s->options.per_address, s->options.request_ms, s->options.idle_ms);
	exchange_pool_init(&s->pool, &line);
	s->daemon = start_daemon(s, &at);
	if (!s->daemon) {
		log_error("listen_failed", "port=%d errno=%d", options->port, errno);
		server_free(s);
		return ERR_NET;
	}
	s->port = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
	must(pthread_create(&s->reaper, NULL, reap, s) == 0);
	*out = s;
	return OK;
}

int server_port(const struct server *s)
{
	return s->port;
}

void server_quiesce(struct server *s)
{
	pthread_mutex_lock(&s->gate);
	bool again = s->quiet;
	s->quiet = true;
	pthread_mutex_unlock(&s->gate);
	if (again)
		return;
	/* Refuses newcomers at once; the library may look at the descriptor until it is stopped. */
	s->listener = MHD_quiesce_daemon(s->daemon);
	must(s->listener >= 0);
	shutdown(s->listener, SHUT_RDWR);
}

void server_stop(struct server *s)
{
	server_quiesce(s);
	bell_ring(&s->stop);
	pthread_join(s->reaper, NULL);
	/* The library drops what it has not sent, and aborts over a suspended connection. */
	exchange_end_all(&s->pool);
	exchange_wait_idle(&s->pool, STOP_MS);
	MHD_stop_daemon(s->daemon);
	close(s->listener);
	server_free(s);
}
