/* Exchanges; see exchange.h and server.h. */
#include "responder/net/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "responder/base/clock.h"
#include "responder/base/must.h"
#include "responder/net/stream.h"

#define SPARE_MOST 256

void exchange_pool_init(struct exchange_pool *p, const struct exchange_line *line)
{
	*p = (struct exchange_pool){.line = line, .idle = bell_new()};
	pthread_mutex_init(&p->lock, NULL);
}

static void destroy(struct exchange *x)
{
	arena_free(x->arena);
	free(x);
}

void exchange_pool_end(struct exchange_pool *p)
{
	must(!p->owed && !p->streaming && !p->open);
	for (struct exchange *next, *x = p->spare; x; x = next) {
		next = x->next;
		destroy(x);
	}
	bell_free(&p->idle);
	pthread_mutex_destroy(&p->lock);
}

struct exchange *exchange_new(struct exchange_pool *p)
{
	pthread_mutex_lock(&p->lock);
	struct exchange *x = p->spare;
	if (x) {
		p->spare = x->next;
		p->spare_n--;
	}
	pthread_mutex_unlock(&p->lock);
	struct arena *a = x ? x->arena : arena_new(0);
	if (!x)
		x = malloc(sizeof *x);
	must(x);
	*x = (struct exchange){.pool = p, .arena = a};
	return x;
}

/* Both under the lock. */
static void link_to(struct exchange **list, struct exchange *x)
{
	x->previous = NULL;
	x->next = *list;
	if (*list)
		(*list)->previous = x;
	*list = x;
}

static void unlink_from(struct exchange **list, struct exchange *x)
{
	if (x->next)
		x->next->previous = x->previous;
	if (x->previous)
		x->previous->next = x->next;
	else
		*list = x->next;
}

void exchange_done(struct exchange *x)
{
	struct exchange_pool *p = x->pool;
	pthread_mutex_lock(&p->lock);
	must(x->replied || !x->handed);
	if (x->stream)
		unlink_from(&p->streaming, x);
	pthread_mutex_unlock(&p->lock);
	if (x->stream)
		stream_leave(x->stream);
	arena_reset(x->arena);
	pthread_mutex_lock(&p->lock);
	if (x->handed && --p->open == 0)
		bell_ring(&p->idle);
	bool keep = p->spare_n < SPARE_MOST;
	if (keep) {
		x->next = p->spare;
		p->spare = x;
		p->spare_n++;
	}
	pthread_mutex_unlock(&p->lock);
	if (!keep)
		destroy(x);
}

bool exchange_collect(struct exchange *x, size_t most, const char *data, size_t n)
{
	struct http_request *r = &x->request;
	if (x->refused || n > most - r->body_n) {
		x->refused = ERR_TOO_BIG;
		x->swallowed += n;
		return x->swallowed <= EXCHANGE_SWALLOW;
	}
	if (n > x->body_room - r->body_n) {
		size_t room = (r->body_n + n) * 2 < most ? (r->body_n + n) * 2 : most;
		x->body = arena_grow(x->arena, x->body, r->body_n, room + 1);
		x->body_room = room;
	}
	memcpy(x->body + r->body_n, data, n);
	r->body_n += n;
	return true;
}

void exchange_hand(struct exchange *x)
{
	pthread_mutex_lock(&x->pool->lock);
	x->handed = true;
	x->pool->open++;
	link_to(&x->pool->owed, x);
	pthread_mutex_unlock(&x->pool->lock);
}

bool exchange_ready(struct exchange *x)
{
	pthread_mutex_lock(&x->pool->lock);
	bool ready = x->replied;
	if (!ready) {
		x->suspended = true;
		x->pool->line->suspend(x);
	}
	pthread_mutex_unlock(&x->pool->lock);
	return ready;
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
static void settle(struct exchange *x)
{
	must(x->handed && !x->replied);
	x->replied = true;
	unlink_from(&x->pool->owed, x);
	if (x->suspended)
		x->pool->line->resume(x);
}

void exchange_refuse(struct exchange *x, enum err e)
{
	struct http_field fields[] = {{"Connection", "close"}, {"Allow", "GET, HEAD, POST"}};
	x->replied = true;
	copy_reply(x, &(struct http_response){.status = err_http_status(e),
			      .type = "text/plain",
			      .headers = {fields, e == ERR_METHOD ? 2 : 1},
			      .body = err_text(e)});
}

void exchange_beat_all(struct exchange_pool *p)
{
	pthread_mutex_lock(&p->lock);
	for (struct exchange *x = p->streaming; x; x = x->next)
		stream_beat(x->stream);
	pthread_mutex_unlock(&p->lock);
}

void exchange_end_all(struct exchange_pool *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->owed) {
		p->owed->reply = (struct http_response){.status = 503};
		settle(p->owed);
	}
	for (struct exchange *x = p->streaming; x; x = x->next)
		stream_end(x->stream);
	pthread_mutex_unlock(&p->lock);
}

static bool is_idle(struct exchange_pool *p)
{
	pthread_mutex_lock(&p->lock);
	bool idle = !p->open;
	pthread_mutex_unlock(&p->lock);
	return idle;
}

void exchange_wait_idle(struct exchange_pool *p, int most_ms)
{
	int64_t left, end = clock_mono_ms() + most_ms;
	while (!is_idle(p) && (left = end - clock_mono_ms()) > 0)
		bell_wait(&p->idle, (int)left);
}

/* What others may do */

const struct http_request *exchange_request(const struct exchange *x)
{
	return &x->request;
}

struct arena *exchange_arena(struct exchange *x)
{
	return x->arena;
}

void exchange_reply(struct exchange *x, const struct http_response *r)
{
	struct exchange_pool *p = x->pool; /* x may be gone as soon as the lock is */
	copy_reply(x, r);
	pthread_mutex_lock(&p->lock);
	settle(x);
	pthread_mutex_unlock(&p->lock);
}

struct stream *exchange_stream(struct exchange *x)
{
	struct exchange_pool *p = x->pool;
	struct stream *s = stream_new(p->line, x);
	pthread_mutex_lock(&p->lock);
	x->stream = s;
	settle(x);
	link_to(&p->streaming, x);
	pthread_mutex_unlock(&p->lock);
	return s;
}
