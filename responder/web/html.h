/* Pages from templates, every value escaped for the place where it stands. html.cc is the only user
 * of ctemplate; the templates are in responder/web/pages, embedded in the program. */
#ifndef RESPONDER_WEB_HTML_H
#define RESPONDER_WEB_HTML_H

#include <stdbool.h>
#include <stddef.h>

#include "responder/base/arena.h"

#ifdef __cplusplus
extern "C" {
#endif

struct html; /* the values of a page, or of one row of a section */

struct html *html_new(void);
void html_free(struct html *h);
void html_set(struct html *h, const char *name, const char *value); /* NULL: empty */
void html_title(struct html *h, const char *title); /* also for the parts a page includes */
void html_show(struct html *h, const char *section);
struct html *html_row(struct html *h, const char *section); /* belongs to its page */

/* Fills a {{>PLACE}} with another template; its values belong to the page. */
struct html *html_part(struct html *h, const char *place, const char *name);

/* Renders pages/NAME and frees the page. The result lives in the arena. */
char *html_render(struct arena *a, struct html *h, const char *name, size_t *n);

/* Hands a template's text to the library; once each, before anything is rendered. */
bool html_load(const char *name, const char *text, size_t n);

#ifdef __cplusplus
}
#endif

#endif
