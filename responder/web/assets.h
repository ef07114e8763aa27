/* The files that pages load, and the templates: embedded, so that the program is one file. */
#ifndef RESPONDER_WEB_ASSETS_H
#define RESPONDER_WEB_ASSETS_H

#include <stddef.h>

struct asset {
	const char *name, *type; /* "htmx.js", its Content-Type */
	const char *bytes, *end;
};

const struct asset *asset_find(const char *name); /* NULL: there is none */

/* Hands all templates to html.cc, once. */
void asset_load_pages(void);

#endif
