/* The web role: the HTTP server, the writer thread behind the webhooks and the pages thread. */
#ifndef RESPONDER_WEB_WEB_H
#define RESPONDER_WEB_WEB_H

#include "responder/flow/app.h"

struct web;

enum err web_start(struct web **out, const struct app *app) MUST_USE;
int web_port(const struct web *w);
void web_stop(struct web *w); /* answers what waits, then ends */

#endif
