/* The day and time that a text names, as far as it names one. */
#ifndef KEYWORDS_SAID_H
#define KEYWORDS_SAID_H

#include <stdbool.h>

#include "responder/base/zone.h"

struct said {	       /* -1: not said */
	int minute;    /* of the day */
	bool half_day; /* the minute may be in either half: "2:20" */
	int weekday;   /* 0 is Sunday */
	int day, month;
	int days_ahead; /* 0 today, 1 tomorrow */
	bool vague;	/* "next week", "later": some other time */
};

/* Working text of a reading: words padded with a blank at each end; what a rule has explained is
 * overwritten with '_', so that nothing matches across it. */
struct said_patterns;

struct said_patterns *said_patterns_new(void);
void said_patterns_free(struct said_patterns *p);

/* Takes what names a time out of the working text; false when nothing did. *limit is set when a
 * pattern gave up. */
bool said_take(const struct said_patterns *p, char *work, struct said *out, bool *limit);

/* Whether all that was said fits a visit at `visit`, said on a day when the clock shows `now`. */
bool said_agrees(const struct said *s, const struct wall *visit, struct wall now);

#endif
