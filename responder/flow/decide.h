/* The decision: what shall happen about a text, and why. Pure: the same situation gives the same
 * decision. Strings of the decision live in the arena or are constant. */
#ifndef RESPONDER_FLOW_DECIDE_H
#define RESPONDER_FLOW_DECIDE_H

#include "responder/base/arena.h"
#include "responder/flow/situation.h"

struct decision decide(struct arena *a, const struct situation *s);

/* Whether decide will want open slots for this reading: lets the loader fetch them only then. */
bool decide_needs_slots(const struct reading *r);

#endif
