/* Which of the open questions an answer is about. Pure, like decide.c, which asks it. */
#ifndef RESPONDER_FLOW_BIND_H
#define RESPONDER_FLOW_BIND_H

#include "responder/base/arena.h"
#include "responder/flow/situation.h"

#define BIND_MOST 8

struct binding {
	const struct question *at[BIND_MOST]; /* confirm questions, each about another visit */
	size_t n;			      /* 0: `why` says what is missing */
	const char *why;
};

/* The only open question; of several the one whose patient, day or time the text names; or every
 * one when it says "both". What it names must fit: a yes to another time is nobody's. */
struct binding bind_answer(struct arena *a, const struct situation *s);

/* "the visit on 2026-03-10 at 14:20 with Dr. Osei" */
const char *bind_describe(struct arena *a, const struct visit *v);

#endif
