/* The only source of time. Wall time can be shifted (the demo's "advance" buttons) or pinned
 * (tests); intervals come from the monotonic clock and never jump. */
#ifndef RESPONDER_BASE_CLOCK_H
#define RESPONDER_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_now(void);     /* wall time, epoch seconds */
int64_t clock_mono_ms(void); /* monotonic milliseconds, from an arbitrary start */

void clock_pin(int64_t epoch);	   /* tests: time stands still here until moved again */
void clock_shift(int64_t seconds); /* demo: adds to the present shift, or moves a pinned clock */
int64_t clock_shifted(void);	   /* the present shift in seconds */

#endif
