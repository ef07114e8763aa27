/* Door; see door.h. One `struct visitor` per request lives in the exchange's arena: it is handed to
 * the writer, carries its events through one transaction with all others that wait, and is answered
 * when that has been committed, or refused with 503 when it could not be. */
#include "responder/web/door.h"

#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "responder/base/clock.h"
#include "responder/base/log.h"
#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/flow/inbound.h"
#include "responder/provider/provider.h"
#include "responder/web/worker.h"

#define QUEUE_MOST 1024 /* requests waiting for a commit; beyond it 503 */
#define BATCH_MOST 128
#define EVENTS_MOST 100 /* in one request */

struct door {
	const struct app *app;
	struct db *db;
	struct worker *writer;
	struct arena *arena; /* the writer's, for one batch */
};

struct visitor {
	struct exchange *x;
	const struct account *account;
	const struct provider *provider;
	const char *token; /* in a status callback's path, else NULL */
	struct event *events;
	size_t n;
};

static void refuse(struct exchange *x, enum err e)
{
	const char *text = err_text(e);
	exchange_reply(
		x, &(struct http_response){
			   .status = err_http_status(e), .type = "text/plain", .body = text});
}

/* "/in/ACCOUNT" or "/dlr/ACCOUNT/TOKEN". */
static enum err parse_path(const struct app *app, struct arena *a, struct visitor *v)
{
	char *path = arena_str(a, exchange_request(v->x)->path);
	bool dlr = text_starts(path, "/dlr/");
	char *name = path + (dlr ? 5 : 4);
	char *slash = strchr(name, '/');
	if (dlr != (slash != NULL))
		return ERR_NOT_FOUND;
	if (slash) {
		*slash = '\0';
		v->token = slash + 1;
	}
	v->account = config_account(app->config, name);
	v->provider = v->account ? provider_find(v->account->provider) : NULL;
	return v->provider ? OK : ERR_NOT_FOUND;
}

/* A webhook for texts must not carry reports, nor the other way round: each has its own address. */
static enum err check_kinds(const struct visitor *v)
{
	if (v->n > EVENTS_MOST)
		return ERR_TOO_BIG;
	for (size_t i = 0; i < v->n; i++)
		if ((v->events[i].kind == EVENT_DLR) != (v->token != NULL))
			return ERR_INPUT;
	return OK;
}

static enum err admit(const struct app *app, struct arena *a, struct visitor *v)
{
	const struct http_request *r = exchange_request(v->x);
	enum err e = parse_path(app, a, v);
	if (e)
		return e;
	if (!text_eq(r->method, "POST"))
		return ERR_METHOD;
	const char *url = arena_printf(a, "%s%s", app->config->public_url, r->target);
	e = v->provider->verify(a, v->account, url, clock_now(), r);
	if (!e)
		e = v->provider->parse(a, v->account, r, &v->events, &v->n);
	return e ? e : check_kinds(v);
}

void door_take(struct door *d, struct exchange *x)
{
	struct arena *a = exchange_arena(x);
	struct visitor *v = arena_new_of(a, struct visitor);
	v->x = x;
	enum err e = admit(d->app, a, v);
	if (!e && !worker_give(d->writer, v))
		e = ERR_FULL;
	if (!e)
		return;
	log_warn("door_refused", "account=%s why=\"%s\"", v->account ? v->account->name : "-",
		err_text(e));
	if (e == ERR_METHOD)
		exchange_reply(
			x, &(struct http_response){.status = 405,
				   .headers = {(struct http_field[]){{"Allow", "POST"}}, 1}});
	else
		refuse(x, e);
}

static size_t gather(struct arena *a, struct visitor **visitors, size_t n, struct inbound **out)
{
	size_t total = 0, at = 0;
	for (size_t i = 0; i < n; i++)
		total += visitors[i]->n;
	struct inbound *items = *out = arena_array(a, struct inbound, total);
	for (size_t i = 0; i < n; i++) {
		struct visitor *v = visitors[i];
		const struct http_request *r = exchange_request(v->x);
		for (size_t k = 0; k < v->n; k++)
			items[at++] = (struct inbound){.account = v->account,
				.event = &v->events[k],
				.raw = {r->body, r->body_n},
				.token = v->token};
	}
	return total;
}

/* A report on a text that is not ours is not worth repeating; any other failure is. */
static enum err worst(const struct inbound *items, size_t n)
{
	enum err e = OK;
	for (size_t i = 0; i < n; i++)
		if (items[i].err && items[i].err != ERR_NOT_FOUND)
			e = items[i].err;
		else if (items[i].err && !e)
			e = items[i].err;
	return e;
}

static void answer(struct visitor *v, enum err e)
{
	if (e) {
		refuse(v->x, e == ERR_NOT_FOUND ? e : ERR_STORE);
		return;
	}
	struct http_response r = v->provider->answer();
	exchange_reply(v->x, &r);
}

static void write_batch(void *context, void **items, size_t n)
{
	struct door *d = context;
	struct visitor **visitors = (struct visitor **)items;
	struct inbound *in;
	size_t total = gather(d->arena, visitors, n, &in);
	enum err e = inbound_batch(d->arena, d->db, d->app, in, total);
	if (e)
		log_error("batch_refused", "n=%zu why=\"%s\"", n, err_text(e));
	for (size_t i = 0; i < n; i++) {
		size_t events = visitors[i]->n; /* the visitor is gone once answered */
		answer(visitors[i], e ? e : worst(in, events));
		in += events;
	}
	arena_reset(d->arena);
}

enum err door_start(struct door **out, const struct app *app)
{
	struct door *d = calloc(1, sizeof *d);
	must(d);
	d->app = app;
	enum err e = db_open(&d->db, app->config->store);
	if (e) {
		free(d);
		return e;
	}
	d->arena = arena_new(0);
	d->writer = worker_start(QUEUE_MOST, BATCH_MOST, write_batch, d);
	*out = d;
	return OK;
}

void door_drain(struct door *d)
{
	worker_drain(d->writer);
}

void door_free(struct door *d)
{
	worker_free(d->writer);
	db_close(d->db);
	arena_free(d->arena);
	free(d);
}
