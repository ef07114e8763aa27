/* The web role: sorts each request to the door (webhooks), the pages thread, a live stream, or
 * answers by itself whether the program is well. */
#include "responder/web/web.h"

#include <stdlib.h>
#include <string.h>

#include "build/gen/q.h"
#include "db/db.h"
#include "responder/base/log.h"
#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/net/server.h"
#include "responder/web/door.h"
#include "responder/web/live.h"
#include "responder/web/page.h"
#include "responder/web/worker.h"

#define PAGES_QUEUE 256
#define ADDRESS_MOST 64

struct web {
	const struct app *app;
	struct server *server;
	struct door *door;
	struct worker *pages;
	struct db *db; /* the pages thread's */
	struct live *live;
};

static void plain(struct exchange *x, int status, const char *text)
{
	exchange_reply(
		x, &(struct http_response){.status = status, .type = "text/plain", .body = text});
}

/* Ready: the store can be read, and by the thread that would have to. */
static bool serve_ready(struct web *w, struct exchange *x)
{
	if (!text_eq(exchange_request(x)->path, "/readyz"))
		return false;
	struct q_meta_get *row;
	enum err e = q_meta_get(exchange_arena(x), w->db, &row, .name = "plan");
	plain(x, e ? 503 : 200, e ? "the store cannot be read\n" : "ready\n");
	return true;
}

static void serve_one(struct web *w, struct exchange *x)
{
	if (serve_ready(w, x))
		return;
	struct page p = {.arena = exchange_arena(x),
		.db = w->db,
		.app = w->app,
		.request = exchange_request(x)};
	struct http_response r = page_serve(&p);
	exchange_reply(x, &r);
}

static void serve_pages(void *context, void **items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		serve_one(context, items[i]);
}

static void handle(void *context, struct exchange *x)
{
	struct web *w = context;
	const char *path = exchange_request(x)->path;
	if (text_starts(path, "/in/") || text_starts(path, "/dlr/"))
		door_take(w->door, x);
	else if (text_eq(path, "/healthz"))
		plain(x, 200, "alive\n");
	else if (text_eq(path, "/live"))
		live_open(w->live, x);
	else if (!worker_give(w->pages, x))
		plain(x, 503, "too many requests wait\n");
}

/* "127.0.0.1:8080", "[::1]:8080" */
static enum err split_listen(const char *listen, char address[ADDRESS_MOST], int *port)
{
	const char *colon = strrchr(listen, ':');
	int64_t number;
	if (!colon || !text_int(colon + 1, 0, 65535, &number))
		return ERR_CONFIG;
	size_t skip = listen[0] == '[', n = (size_t)(colon - listen) - 2 * skip;
	if (n >= ADDRESS_MOST)
		return ERR_CONFIG;
	memcpy(address, listen + skip, n);
	address[n] = '\0';
	*port = (int)number;
	return OK;
}

static enum err start_server(struct web *w)
{
	char address[ADDRESS_MOST];
	struct server_options options = {.address = address, .handler = handle, .context = w};
	enum err e = split_listen(w->app->config->listen, address, &options.port);
	if (e)
		return e;
	e = server_start(&w->server, &options);
	if (e)
		log_error("cannot_listen", "at=%s hint=\"is another program using it?\"",
			w->app->config->listen);
	return e;
}

enum err web_start(struct web **out, const struct app *app)
{
	struct web *w = calloc(1, sizeof *w);
	must(w);
	w->app = app;
	w->live = live_start(app);
	w->pages = worker_start(PAGES_QUEUE, 1, serve_pages, w);
	enum err e = db_open(&w->db, app->config->store);
	if (!e)
		e = door_start(&w->door, app);
	if (!e)
		e = start_server(w);
	if (e) {
		web_stop(w);
		return e;
	}
	*out = w;
	return OK;
}

int web_port(const struct web *w)
{
	return server_port(w->server);
}

void web_stop(struct web *w)
{
	if (w->server)
		server_quiesce(w->server);
	if (w->door)
		door_drain(w->door);
	worker_drain(w->pages);
	live_stop(w->live);
	if (w->server)
		server_stop(w->server);
	if (w->door)
		door_free(w->door);
	worker_free(w->pages);
	db_close(w->db);
	free(w);
}
