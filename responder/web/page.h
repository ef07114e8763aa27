/* What a page gets and gives. Pages run one at a time on the pages thread, with a connection of
 * their own; they may take milliseconds, the webhooks do not wait for them. */
#ifndef RESPONDER_WEB_PAGE_H
#define RESPONDER_WEB_PAGE_H

#include "db/db.h"
#include "responder/flow/app.h"
#include "responder/net/http.h"

struct page {
	struct arena *arena;
	struct db *db;
	const struct app *app;
	const struct http_request *request;
	struct http_fields query, form; /* decoded; the form only of a POST */
	const char *rest;		/* what a trailing "*" of the route's path stands for */
	struct http_response response;	/* to be filled; preset to 200 text/html */
};

typedef enum err page_handler(
	struct page *p); /* an error becomes its HTTP status and a plain page */

enum route_for {
	ROUTE_ALWAYS,
	ROUTE_DEMO,    /* only there in the demo */
	ROUTE_MACHINE, /* the demo's, for the program itself: no browser comes here */
};

struct route {
	const char *method, *path; /* the path may end in "*" */
	page_handler *handler;
	enum route_for use;
};

extern const struct route routes[]; /* routes.c: the site map */
extern const size_t route_n;

/* Finds the route, runs it, and sets the security headers. */
struct http_response page_serve(struct page *p);

/* Redirect after a POST (303). */
void page_redirect(struct page *p, const char *to);

struct html;
/* Renders a template as the answer, and frees it. */
void page_html(struct page *p, struct html *h, const char *name);

#endif
