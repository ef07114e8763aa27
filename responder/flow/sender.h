/* The sender role: one thread that claims due texts, hands them to their providers, and notes what
 * became of them. `sending` is committed before the first byte leaves, and nothing that may have
 * been taken is ever sent again. */
#ifndef RESPONDER_FLOW_SENDER_H
#define RESPONDER_FLOW_SENDER_H

#include "responder/flow/app.h"

struct sender;

enum err sender_start(struct sender **out, const struct app *app) MUST_USE;

/* Claims nothing more, waits up to 15 seconds for the answers under way, notes the rest as
 * uncertain, and ends. */
void sender_stop(struct sender *s);

#endif
