/* The door for webhooks: /in/ACCOUNT and /dlr/ACCOUNT/TOKEN. Authenticity and form are checked on
 * the server's thread, without the store; what is authentic goes to the writer, which answers only
 * after the commit. */
#ifndef RESPONDER_WEB_DOOR_H
#define RESPONDER_WEB_DOOR_H

#include "responder/flow/app.h"
#include "responder/net/server.h"

struct door;

enum err door_start(struct door **out, const struct app *app) MUST_USE;
void door_drain(struct door *d); /* answers what waits; later visitors get 503 */
void door_free(struct door *d);	 /* after the server has stopped */

/* Takes over an exchange whose path begins with /in/ or /dlr/. */
void door_take(struct door *d, struct exchange *x);

#endif
