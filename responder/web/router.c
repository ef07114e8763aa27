/* Finds the route of a request, checks that a POST comes from our own pages, and dresses the answer
 * in the headers that every page has. */
#include <stdlib.h>
#include <string.h>

#include "responder/base/text.h"
#include "responder/web/assets.h"
#include "responder/web/html.h"
#include "responder/web/pages.h"

#define HEADERS_MOST 12

static const struct http_field security[] = {
	{"Content-Security-Policy", "default-src 'self'; img-src 'self' data:; frame-ancestors "
				    "'none'; base-uri 'none'; form-action 'self'"},
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "same-origin"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
};

static bool path_fits(const struct route *r, const char *path, const char **rest)
{
	size_t n = strlen(r->path);
	*rest = "";
	if (r->path[n - 1] != '*')
		return text_eq(r->path, path);
	if (strncmp(r->path, path, n - 1) != 0)
		return false;
	*rest = path + n - 1;
	return true;
}

/* An exact path wins over one with a star. */
static const struct route *find(const struct page *p, const char *method, const char **rest)
{
	const struct route *found = NULL;
	for (size_t i = 0; i < route_n; i++) {
		const char *tail;
		if (routes[i].use != ROUTE_ALWAYS && !p->app->carrier)
			continue;
		if (!text_eq(routes[i].method, method) ||
			!path_fits(&routes[i], p->request->path, &tail))
			continue;
		if (!found || !*tail) {
			found = &routes[i];
			*rest = tail;
		}
	}
	return found;
}

/* A form of ours is posted from a page of ours: browsers say where a POST comes from. */
static bool from_our_page(const struct http_request *r)
{
	const char *origin = http_header(&r->headers, "Origin");
	const char *host = http_header(&r->headers, "Host");
	const char *site = http_header(&r->headers, "Sec-Fetch-Site");
	if (site && !text_eq(site, "same-origin"))
		return false;
	const char *name = origin ? strstr(origin, "://") : NULL;
	return name && host && text_eq(name + 3, host);
}

void page_redirect(struct page *p, const char *to)
{
	struct http_field *location = arena_new_of(p->arena, struct http_field);
	*location = (struct http_field){"Location", to};
	p->response = (struct http_response){.status = 303, .headers = {location, 1}};
}

void page_html(struct page *p, struct html *h, const char *name)
{
	asset_load_pages();
	p->response.body = html_render(p->arena, h, name, &p->response.body_n);
}

static void plain_page(struct page *p, int status, const char *title, const char *text)
{
	struct html *h = html_new();
	html_title(h, title);
	html_set(h, "TEXT", text);
	p->response = (struct http_response){.status = status, .type = "text/html; charset=utf-8"};
	page_html(p, h, "plain.html");
}

static enum err read_fields(struct page *p)
{
	const char *query = strchr(p->request->target, '?');
	enum err e = query ? http_form(p->arena, query + 1, strlen(query + 1), &p->query) : OK;
	if (!e && text_eq(p->request->method, "POST"))
		e = http_form(p->arena, p->request->body, p->request->body_n, &p->form);
	return e;
}

static void run(struct page *p, const struct route *r)
{
	bool post = text_eq(r->method, "POST");
	enum err e = read_fields(p);
	if (!e && post && r->use != ROUTE_MACHINE && !from_our_page(p->request))
		e = ERR_AUTH;
	if (!e)
		e = r->handler(p);
	if (e)
		plain_page(p, err_http_status(e), "That did not work", err_text(e));
}

static void no_route(struct page *p, const char *method)
{
	const char *rest, *other = text_eq(method, "GET") ? "POST" : "GET";
	if (!find(p, other, &rest)) {
		plain_page(p, 404, "Not found", "There is no such page.");
		return;
	}
	plain_page(p, 405, "Not allowed", err_text(ERR_METHOD));
	struct http_field *allow = arena_new_of(p->arena, struct http_field);
	*allow = (struct http_field){"Allow", other};
	p->response.headers = (struct http_fields){allow, 1};
}

static void add_security(struct page *p)
{
	struct http_response *r = &p->response;
	struct http_field *all = arena_array(p->arena, struct http_field, HEADERS_MOST);
	size_t n = 0;
	for (size_t i = 0; i < r->headers.n; i++)
		all[n++] = r->headers.at[i];
	for (size_t i = 0; i < sizeof security / sizeof security[0]; i++)
		all[n++] = security[i];
	if (!http_header(&r->headers, "Cache-Control"))
		all[n++] = (struct http_field){"Cache-Control", "no-store"};
	r->headers = (struct http_fields){all, n};
}

struct http_response page_serve(struct page *p)
{
	const char *method = text_eq(p->request->method, "HEAD") ? "GET" : p->request->method;
	const struct route *r = find(p, method, &p->rest);
	p->response = (struct http_response){.status = 200, .type = "text/html; charset=utf-8"};
	if (r)
		run(p, r);
	else
		no_route(p, method);
	add_security(p);
	return p->response;
}

enum err page_static(struct page *p)
{
	static const struct http_field cache = {"Cache-Control", "public, max-age=3600"};
	const struct asset *a = asset_find(p->rest);
	if (!a)
		return ERR_NOT_FOUND;
	struct http_field *header = arena_copy(p->arena, &cache, sizeof cache);
	p->response = (struct http_response){.status = 200,
		.type = a->type,
		.headers = {header, 1},
		.body = a->bytes,
		.body_n = (size_t)(a->end - a->bytes)};
	return OK;
}

enum err page_start(struct page *p)
{
	if (p->app->carrier)
		page_redirect(p, "/phone");
	else
		plain_page(p, 200, p->app->config->practice,
			"responder is running. It answers this practice's text messages.");
	return OK;
}
