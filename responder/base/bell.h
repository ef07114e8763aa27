/* A bell wakes one waiting thread: ring it after a commit, wait on it with a time-out, or give its
 * descriptor to poll(2). Ringing twice before the waiter looks counts once. Carries no data: what
 * there is to do stands in the database. */
#ifndef RESPONDER_BASE_BELL_H
#define RESPONDER_BASE_BELL_H

#include <stdbool.h>

struct bell {
	int fd; /* readable when rung */
};

struct bell bell_new(void);
void bell_free(struct bell *b);
void bell_ring(const struct bell *b);
void bell_clear(const struct bell *b);
bool bell_wait(const struct bell *b, int timeout_ms); /* true: it rang (and is cleared) */

#endif
