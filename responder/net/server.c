/* The HTTP server; see server.h. libmicrohttpd runs one thread with poll(2): its internal epoll mode
 * stalls when 128 connections are ready at once. Two locks: `gate` is held while the handler runs, so
 * that server_quiesce can wait for it; `lock` guards everything that other threads touch: replies,
 * streams, the list of visitors. Lock order: gate, lock, then the library's own. */
#include "responder/net/server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "responder/base/bell.h"
#include "responder/base/clock.h"
#include "responder/base/log.h"
#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/net/limits.h"
#include "responder/net/stream.h"

#define HEADER_MEMORY (24 * 1024)
#define HEADERS_MOST 100
#define REAP_MS 250
#define SPARE_MOST 256 /* exchanges kept for reuse */
#define BACKLOG 511

struct exchange {
	struct server *server;
	struct MHD_Connection *connection;
	struct arena *arena;
	struct http_request request;
	char *body; /* room for body_room + 1 */
	size_t body_room;
	enum err refused; /* set while the body still comes in */
	bool begun, handed, replied, suspended;
	struct http_response reply;
	struct stream *stream;
	struct exchange *next; /* among the owed, or the spare */
	struct exchange *previous;
};

struct server {
	struct MHD_Daemon *daemon;
	struct server_options options;
	pthread_mutex_t gate, lock;
	bool quiet;
	struct limits limits;
	struct exchange *owed, *spare;
	int spare_n;
	struct stream *streams;
	pthread_t reaper;
	struct bell stop;
};

/* Exchanges */

static struct exchange *exchange_new(struct server *s)
{
	pthread_mutex_lock(&s->lock);
	struct exchange *x = s->spare;
	if (x) {
		s->spare = x->next;
		s->spare_n--;
	}
	pthread_mutex_unlock(&s->lock);
	struct arena *a = x ? x->arena : arena_new(0);
	if (!x)
		x = malloc(sizeof *x);
	must(x);
	*x = (struct exchange){.server = s, .arena = a};
	return x;
}

static void exchange_free(struct exchange *x)
{
	struct server *s = x->server;
	arena_reset(x->arena);
	pthread_mutex_lock(&s->lock);
	bool keep = s->spare_n < SPARE_MOST;
	if (keep) {
		x->next = s->spare;
		s->spare = x;
		s->spare_n++;
	}
	pthread_mutex_unlock(&s->lock);
	if (keep)
		return;
	arena_free(x->arena);
	free(x);
}

static void owe(struct server *s, struct exchange *x)
{
	x->next = s->owed;
	x->previous = NULL;
	if (s->owed)
		s->owed->previous = x;
	s->owed = x;
}

static void owe_no_more(struct server *s, struct exchange *x)
{
	if (x->next)
		x->next->previous = x->previous;
	if (x->previous)
		x->previous->next = x->next;
	else if (s->owed == x)
		s->owed = x->next;
}

const struct http_request *exchange_request(const struct exchange *x)
{
	return &x->request;
}

struct arena *exchange_arena(struct exchange *x)
{
	return x->arena;
}

static void copy_reply(struct exchange *x, const struct http_response *r)
{
	struct arena *a = x->arena;
	x->reply = *r;
	x->reply.type = arena_str(a, r->type);
	if (r->body) {
		x->reply.body_n = r->body_n ? r->body_n : strlen(r->body);
		x->reply.body = arena_copy(a, r->body, x->reply.body_n);
	}
	struct http_field *headers = arena_array(a, struct http_field, r->headers.n);
	for (size_t i = 0; i < r->headers.n; i++)
		headers[i] = (struct http_field){
			arena_str(a, r->headers.at[i].name), arena_str(a, r->headers.at[i].value)};
	x->reply.headers.at = headers;
}

/* Under the lock. */
static void wake(struct exchange *x)
{
	must(!x->replied);
	x->replied = true;
	owe_no_more(x->server, x);
	if (x->suspended)
		MHD_resume_connection(x->connection);
}

void exchange_reply(struct exchange *x, const struct http_response *r)
{
	struct server *s = x->server;
	copy_reply(x, r);
	pthread_mutex_lock(&s->lock);
	wake(x);
	pthread_mutex_unlock(&s->lock);
}

struct stream *exchange_stream(struct exchange *x)
{
	struct server *s = x->server;
	struct stream *stream = stream_new(&s->lock, &s->streams);
	pthread_mutex_lock(&s->lock);
	x->stream = stream;
	wake(x);
	pthread_mutex_unlock(&s->lock);
	return stream;
}

/* Streams: the library asks for bytes, and sleeps while there are none. */

static ssize_t stream_read(void *context, uint64_t position, char *out, size_t most)
{
	struct stream *stream = context;
	(void)position;
	pthread_mutex_lock(stream->lock);
	ssize_t n = (ssize_t)stream_take(stream, out, most);
	if (!n && stream->closed) {
		n = MHD_CONTENT_READER_END_OF_STREAM;
	} else if (!n) {
		stream->asleep = true;
		MHD_suspend_connection(stream->connection);
	}
	pthread_mutex_unlock(stream->lock);
	return n;
}

static void stream_wake(struct stream *stream)
{
	MHD_resume_connection(stream->connection);
}

static void stream_ended(void *context)
{
	stream_leave(context);
}

/* Answers, on the server's thread */

static enum MHD_Result send_stream(struct exchange *x)
{
	x->stream->connection = x->connection;
	x->stream->wake = stream_wake;
	struct MHD_Response *r = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, 4096, stream_read, x->stream, stream_ended);
	must(r);
	MHD_add_response_header(r, "Content-Type", "text/event-stream");
	MHD_add_response_header(r, "Cache-Control", "no-store");
	MHD_add_response_header(r, "X-Accel-Buffering", "no");
	enum MHD_Result result = MHD_queue_response(x->connection, 200, r);
	MHD_destroy_response(r);
	return result;
}

static struct limits_visitor *visitor_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info ? info->socket_context : NULL;
}

static void set_phase(struct exchange *x, int phase)
{
	struct limits_visitor *v = visitor_of(x->connection);
	if (!v)
		return;
	pthread_mutex_lock(&x->server->lock);
	/* A first request's time runs from the connection's start. */
	if (v->phase != LIMITS_FRESH || phase != LIMITS_READING)
		v->since_ms = clock_mono_ms();
	v->phase = phase;
	pthread_mutex_unlock(&x->server->lock);
}

static enum MHD_Result send_reply(struct exchange *x)
{
	const struct http_response *reply = &x->reply;
	if (x->stream)
		return send_stream(x);
	set_phase(x, LIMITS_READING); /* the client must take its answer in time, too */
	struct MHD_Response *r = MHD_create_response_from_buffer(
		reply->body_n, (void *)(uintptr_t)reply->body, MHD_RESPMEM_MUST_COPY);
	must(r);
	if (reply->type)
		MHD_add_response_header(r, "Content-Type", reply->type);
	for (size_t i = 0; i < reply->headers.n; i++)
		MHD_add_response_header(r, reply->headers.at[i].name, reply->headers.at[i].value);
	enum MHD_Result result = MHD_queue_response(x->connection, (unsigned)reply->status, r);
	MHD_destroy_response(r);
	return result;
}

/* Answers by itself, and ends the connection: what follows on it cannot be trusted. */
static enum MHD_Result refuse(struct exchange *x, enum err e)
{
	struct http_field fields[] = {{"Connection", "close"}, {"Allow", "GET, HEAD, POST"}};
	x->replied = true;
	copy_reply(x,
		&(struct http_response){.status = err_http_status(e),
			.type = "text/plain",
			.headers = {fields, e == ERR_METHOD ? 2 : 1},
			.body = err_text(e)});
	return send_reply(x);
}

/* Requests coming in */

struct header_walk {
	struct exchange *x;
	int lengths, encodings;
	bool too_many;
};

static enum MHD_Result note_header(
	void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct header_walk *walk = context;
	struct http_fields *h = &walk->x->request.headers;
	(void)kind;
	walk->lengths += text_eq_nocase(name, "Content-Length");
	walk->encodings += text_eq_nocase(name, "Transfer-Encoding");
	walk->too_many = h->n == HEADERS_MOST;
	if (walk->too_many)
		return MHD_NO;
	h->at[h->n++] = (struct http_field){
		arena_str(walk->x->arena, name), arena_str(walk->x->arena, value ? value : "")};
	return MHD_YES;
}

static enum err read_headers(struct exchange *x)
{
	struct header_walk walk = {.x = x};
	x->request.headers.at = arena_array(x->arena, struct http_field, HEADERS_MOST);
	MHD_get_connection_values(x->connection, MHD_HEADER_KIND, note_header, &walk);
	/* The library takes either without complaint; two lengths are how requests are smuggled. */
	if (walk.too_many || walk.lengths > 1 || (walk.lengths && walk.encodings))
		return ERR_INPUT;
	const char *length = http_header(&x->request.headers, "Content-Length");
	int64_t n;
	if (length && !text_int(length, 0, INT64_MAX, &n))
		return ERR_INPUT;
	return length && (uint64_t)n > x->server->options.body_most ? ERR_TOO_BIG : OK;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The target's path, percent-decoded; NULL when it is malformed. */
static char *decode_path(struct arena *a, const char *target)
{
	size_t n = strcspn(target, "?");
	char *out = arena_alloc(a, n + 1), *to = out;
	for (size_t i = 0; i < n; i++) {
		if (target[i] != '%') {
			*to++ = target[i];
			continue;
		}
		if (n - i < 3 || hex(target[i + 1]) < 0 || hex(target[i + 2]) < 0)
			return NULL;
		*to++ = (char)(hex(target[i + 1]) << 4 | hex(target[i + 2]));
		i += 2;
	}
	return *out == '/' && text_utf8_ok(out, (size_t)(to - out)) ? out : NULL;
}

static void name_peer(struct exchange *x)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	char name[INET6_ADDRSTRLEN] = "";
	if (info)
		limits_name(info->client_addr, name, sizeof name);
	x->request.peer = arena_str(x->arena, name);
}

static enum err begin(struct exchange *x, const char *method)
{
	x->request.method = arena_str(x->arena, method);
	if (!text_eq(method, "GET") && !text_eq(method, "HEAD") && !text_eq(method, "POST"))
		return ERR_METHOD;
	enum err e = read_headers(x);
	if (e)
		return e;
	x->request.path = decode_path(x->arena, x->request.target);
	name_peer(x);
	return x->request.path ? OK : ERR_INPUT;
}

/* While a body comes in no answer can be queued: an excess is remembered and swallowed. */
static void collect(struct exchange *x, const char *data, size_t n)
{
	struct http_request *r = &x->request;
	if (n > x->server->options.body_most - r->body_n) {
		x->refused = ERR_TOO_BIG;
		return;
	}
	if (n > x->body_room - r->body_n || !x->body) {
		size_t room = (r->body_n + n) * 2;
		x->body = arena_grow(x->arena, x->body, r->body_n, room + 1);
		x->body_room = room;
	}
	memcpy(x->body + r->body_n, data, n);
	r->body_n += n;
}

/* Hands the whole request over, and suspends the connection unless the answer came at once. */
static enum MHD_Result hand_over(struct exchange *x)
{
	struct server *s = x->server;
	x->request.body = x->body ? x->body : "";
	x->handed = true;
	set_phase(x, LIMITS_OURS);
	pthread_mutex_lock(&s->gate);
	bool quiet = s->quiet;
	if (!quiet) {
		pthread_mutex_lock(&s->lock);
		owe(s, x);
		pthread_mutex_unlock(&s->lock);
		s->options.handler(s->options.context, x);
	}
	pthread_mutex_unlock(&s->gate);
	if (quiet)
		return refuse(x, ERR_FULL);
	pthread_mutex_lock(&s->lock);
	bool replied = x->replied;
	if (!replied) {
		x->suspended = true;
		MHD_suspend_connection(x->connection);
	}
	pthread_mutex_unlock(&s->lock);
	return replied ? send_reply(x) : MHD_YES;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *c, const char *url,
	const char *method, const char *version, const char *data, size_t *data_n, void **exchange)
{
	struct exchange *x = *exchange;
	(void)context;
	(void)url;
	(void)version;
	if (!x->begun) {
		x->begun = true;
		x->connection = c;
		enum err e = begin(x, method);
		return e ? refuse(x, e) : MHD_YES;
	}
	if (*data_n) {
		collect(x, data, *data_n);
		*data_n = 0;
		return MHD_YES;
	}
	if (x->refused)
		return refuse(x, x->refused);
	return x->handed ? send_reply(x) : hand_over(x);
}

/* The request line is there: the only place where the target is seen untouched. */
static void *on_target(void *context, const char *target, struct MHD_Connection *c)
{
	struct exchange *x = exchange_new(context);
	x->connection = c;
	x->request.target = arena_str(x->arena, target);
	set_phase(x, LIMITS_READING);
	return x;
}

static void on_completed(void *context, struct MHD_Connection *c, void **exchange,
	enum MHD_RequestTerminationCode why)
{
	struct exchange *x = *exchange;
	(void)context;
	(void)c;
	(void)why;
	if (!x)
		return;
	set_phase(x, LIMITS_IDLE);
	*exchange = NULL;
	exchange_free(x);
}

static void on_connection(void *context, struct MHD_Connection *c, void **visitor,
	enum MHD_ConnectionNotificationCode what)
{
	struct server *s = context;
	pthread_mutex_lock(&s->lock);
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		*visitor = limits_enter(&s->limits,
			MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd,
			MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr,
			clock_mono_ms());
	else if (*visitor)
		limits_leave(&s->limits, *visitor);
	pthread_mutex_unlock(&s->lock);
}

static enum MHD_Result on_accept(void *context, const struct sockaddr *peer, socklen_t n)
{
	struct server *s = context;
	(void)n;
	pthread_mutex_lock(&s->lock);
	bool welcome = limits_welcome(&s->limits, peer);
	pthread_mutex_unlock(&s->lock);
	return welcome ? MHD_YES : MHD_NO;
}

/* Life */

static void *reap(void *context)
{
	struct server *s = context;
	int64_t beat = clock_mono_ms();
	while (!bell_wait(&s->stop, REAP_MS)) {
		int64_t now = clock_mono_ms();
		pthread_mutex_lock(&s->lock);
		limits_reap(&s->limits, now);
		if (now - beat >= STREAM_BEAT_MS) {
			stream_beat_all(s->streams);
			beat = now;
		}
		pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

static enum err parse_address(const struct server_options *o, struct sockaddr_storage *out)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)o->port)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)o->port)};
	if (inet_pton(AF_INET, o->address, &four.sin_addr) == 1)
		memcpy(out, &four, sizeof four);
	else if (inet_pton(AF_INET6, o->address, &six.sin6_addr) == 1)
		memcpy(out, &six, sizeof six);
	else
		return ERR_CONFIG;
	return OK;
}

static struct server_options with_defaults(const struct server_options *o)
{
	struct server_options d = *o;
	d.body_most = d.body_most ? d.body_most : 64 * 1024;
	d.request_ms = d.request_ms ? d.request_ms : 10000;
	d.idle_ms = d.idle_ms ? d.idle_ms : 60000;
	d.per_address = d.per_address ? d.per_address : 20;
	d.connections = d.connections ? d.connections : 1000;
	d.address = NULL; /* the caller's, and not needed any more */
	return d;
}

static void server_free(struct server *s)
{
	while (s->spare) {
		struct exchange *x = s->spare;
		s->spare = x->next;
		arena_free(x->arena);
		free(x);
	}
	bell_free(&s->stop);
	pthread_mutex_destroy(&s->gate);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static struct MHD_Daemon *start_daemon(struct server *s, const struct sockaddr_storage *at)
{
	unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
			 (at->ss_family == AF_INET6 ? MHD_USE_IPv6 : 0);
	return MHD_start_daemon(flags, 0, on_accept, s, on_request, s, MHD_OPTION_SOCK_ADDR, at,
		MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_LISTEN_BACKLOG_SIZE, BACKLOG,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)s->options.connections,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_MEMORY,
		MHD_OPTION_URI_LOG_CALLBACK, on_target, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
		s, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_END);
}

enum err server_start(struct server **out, const struct server_options *options)
{
	struct sockaddr_storage at = {0};
	enum err e = parse_address(options, &at);
	if (e)
		return e;
	struct server *s = calloc(1, sizeof *s);
	must(s);
	s->options = with_defaults(options);
	s->limits = (struct limits){.per_address = s->options.per_address,
		.request_ms = s->options.request_ms,
		.idle_ms = s->options.idle_ms};
	pthread_mutex_init(&s->gate, NULL);
	pthread_mutex_init(&s->lock, NULL);
	s->stop = bell_new();
	s->daemon = start_daemon(s, &at);
	if (!s->daemon) {
		server_free(s);
		return ERR_NET;
	}
	must(pthread_create(&s->reaper, NULL, reap, s) == 0);
	*out = s;
	return OK;
}

int server_port(const struct server *s)
{
	return MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

void server_quiesce(struct server *s)
{
	pthread_mutex_lock(&s->gate);
	s->quiet = true;
	pthread_mutex_unlock(&s->gate);
	MHD_socket listener = MHD_quiesce_daemon(s->daemon);
	if (listener != MHD_INVALID_SOCKET)
		close(listener);
}

void server_stop(struct server *s)
{
	server_quiesce(s);
	/* The library aborts when it is stopped with a connection suspended. */
	pthread_mutex_lock(&s->lock);
	while (s->owed) {
		struct exchange *x = s->owed;
		x->reply = (struct http_response){.status = 503};
		wake(x);
	}
	stream_end_all(s->streams);
	pthread_mutex_unlock(&s->lock);
	bell_ring(&s->stop);
	pthread_join(s->reaper, NULL);
	MHD_stop_daemon(s->daemon);
	server_free(s);
}
