/* Atomics only: read by every thread, written by the demo and by tests. */
#include "responder/base/clock.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t shift;
static _Atomic int64_t pinned; /* 0: not pinned */

int64_t clock_now(void)
{
	int64_t pin = atomic_load(&pinned);
	return (pin ? pin : (int64_t)time(NULL)) + atomic_load(&shift);
}

int64_t clock_mono_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void clock_pin(int64_t epoch)
{
	atomic_store(&pinned, epoch);
	atomic_store(&shift, 0);
}

void clock_shift(int64_t seconds)
{
	atomic_fetch_add(&shift, seconds);
}

int64_t clock_shifted(void)
{
	return atomic_load(&shift);
}
