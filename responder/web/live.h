/* Live pages: open streams that are told when something changed, at most twice a second. What
 * changed they ask for themselves. */
#ifndef RESPONDER_WEB_LIVE_H
#define RESPONDER_WEB_LIVE_H

#include "responder/flow/app.h"
#include "responder/net/server.h"

struct live;

struct live *live_start(const struct app *app); /* listens to app->pages_bell */
void live_open(
	struct live *l, struct exchange *x); /* takes the exchange over; not after live_stop */
void live_stop(struct live *l);

#endif
