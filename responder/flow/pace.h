/* How fast an account may be used, and whether to use it at all: a rate, and a breaker that after
 * several failures in a row lets one probe through every half minute. Times are monotonic ms. */
#ifndef RESPONDER_FLOW_PACE_H
#define RESPONDER_FLOW_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "responder/sms/sms.h"

struct pace {
	int64_t interval_us; /* between two texts */
	int64_t next_us;     /* not before this */
	int failures;	     /* in a row */
	int64_t probe_ms;    /* breaker open: no try before this */
};

/* The first text waits as if one had gone just now: perhaps it has, before a restart. */
struct pace pace_new(int per_minute, int64_t now_ms);
/* How many texts may start now, at most `room`. */
size_t pace_allows(const struct pace *p, int64_t now_ms, size_t room);
void pace_started(struct pace *p, int64_t now_ms, size_t n);
void pace_settled(struct pace *p, int64_t now_ms, const struct outcome *o);
/* When pace_allows may next be more than 0. */
int64_t pace_wake_ms(const struct pace *p, int64_t now_ms);

#endif
