/* What every role of the running program shares: the configuration, the rules, the store's address
 * and the bells. Constant after start; the store is the only thing that changes between threads. */
#ifndef RESPONDER_FLOW_APP_H
#define RESPONDER_FLOW_APP_H

#include "keywords/keywords.h"
#include "responder/base/bell.h"
#include "responder/base/config.h"

struct carrier;

struct app {
	const struct config *config;
	const struct keywords *keywords;
	const char *node;	 /* this process among others on the same store */
	struct carrier *carrier; /* the demo's pretend one; NULL in earnest */
	struct bell sender_bell; /* something may be due to be sent */
	struct bell jobs_bell;	 /* the clock was moved, or the program stops */
	struct bell pages_bell;	 /* something that a page shows changed */
};

/* After each commit that others may wait for. */
static inline void app_committed(const struct app *app)
{
	bell_ring(&app->sender_bell);
	bell_ring(&app->pages_bell);
}

#endif
