/* Pace; see pace.h. At high rates a slice of a tenth of a second may go at once, so that the sender
 * works in batches instead of waking for every text. */
#include "responder/flow/pace.h"

#define SLICE_US 100000
#define BREAK_AFTER 5
#define PROBE_EVERY_MS 30000

struct pace pace_new(int per_minute, int64_t now_ms)
{
	int64_t interval = 60000000 / (per_minute > 0 ? per_minute : 60);
	return (struct pace){.interval_us = interval, .next_us = now_ms * 1000 + interval};
}

static bool broken(const struct pace *p)
{
	return p->failures >= BREAK_AFTER;
}

size_t pace_allows(const struct pace *p, int64_t now_ms, size_t room)
{
	int64_t now_us = now_ms * 1000;
	if (now_us < p->next_us || (broken(p) && now_ms < p->probe_ms))
		return 0;
	size_t slice = 1 + (size_t)(SLICE_US / p->interval_us);
	size_t most = broken(p) ? 1 : slice;
	return most < room ? most : room;
}

void pace_started(struct pace *p, int64_t now_ms, size_t n)
{
	/* Time that was lost to waking late is made up for, a slice at most. */
	int64_t since = now_ms * 1000 - (p->interval_us < SLICE_US ? SLICE_US : 0);
	if (p->next_us < since)
		p->next_us = since;
	p->next_us += (int64_t)n * p->interval_us;
	if (broken(p) && n)
		p->probe_ms = now_ms + PROBE_EVERY_MS;
}

void pace_settled(struct pace *p, int64_t now_ms, const struct outcome *o)
{
	bool failed =
		o->kind == OUTCOME_LATER || o->kind == OUTCOME_HALT || o->kind == OUTCOME_UNCERTAIN;
	if (!failed) {
		p->failures = 0;
		return;
	}
	p->failures++;
	if (p->failures == BREAK_AFTER)
		p->probe_ms = now_ms + PROBE_EVERY_MS;
	/* The provider's own wish counts for the account, not only for this text. */
	int64_t wish_us = (now_ms + o->retry_s * 1000) * 1000;
	if (o->retry_s && p->next_us < wish_us)
		p->next_us = wish_us;
}

int64_t pace_wake_ms(const struct pace *p, int64_t now_ms)
{
	int64_t wake = (p->next_us + 999) / 1000;
	if (broken(p) && wake < p->probe_ms)
		wake = p->probe_ms;
	return wake < now_ms ? now_ms : wake;
}
