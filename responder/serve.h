/* Starts the roles of the running program and stops them in reverse. */
#ifndef RESPONDER_SERVE_H
#define RESPONDER_SERVE_H

#include "responder/flow/app.h"

struct serve_hooks {				      /* for the demo; each may be NULL */
	enum err (*started)(void *context, int port); /* the web role listens */
	void (*stopping)(void *context);
	void *context;
};

/* Fills the bells and the node's name; runs until SIGTERM or SIGINT. Returns the exit status. */
int serve_run(struct app *app, const struct serve_hooks *hooks);

#endif
