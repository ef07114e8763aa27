/* Which of the open questions an answer is about. Pure, like decide.c, which asks it. */
#ifndef RESPONDER_FLOW_BIND_H
#define RESPONDER_FLOW_BIND_H

#include "responder/base/arena.h"
#include "responder/flow/situation.h"

#define BIND_MOST 8

struct binding {
	const struct question *at[BIND_MOST]; /* confirm questions, each about another visit */
	size_t n;			      /* 0: `why` says what is missing */
	size_t several; /* with n 0: so many of `at` could all be meant, and the text does not say
			 */
	const char *why;
};

/* The only open question; of several the one whose patient, day or time the text names; or every
 * one when it says "both". What it names must fit: a yes to another time is nobody's. */
struct binding bind_answer(struct arena *a, const struct situation *s);

/* The newest question, when it asks which visit is meant and is not yet answered; else NULL. */
const struct question *bind_which_asked(const struct situation *s);
/* The answer to it: a number, a name, a day or time, or all of them. */
struct binding bind_which(const struct situation *s);

/* The question that one part of an answer is about; NULL: none, or more than one. */
const struct question *bind_part(const struct situation *s, const struct reading_part *p);

/* "the visit on 2026-03-10 at 14:20 with Dr. Osei" */
const char *bind_describe(struct arena *a, const struct visit *v);

#endif
