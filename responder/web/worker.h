/* A thread with a capped queue in front. It takes all that waits at once: while it works on one
 * batch the next one gathers, so a slow commit makes larger batches instead of a longer queue. */
#ifndef RESPONDER_WEB_WORKER_H
#define RESPONDER_WEB_WORKER_H

#include <stdbool.h>
#include <stddef.h>

struct worker;

/* `run` is called on the worker's thread with one to `batch` items, in order. */
struct worker *worker_start(size_t cap, size_t batch,
	void (*run)(void *context, void **items, size_t n), void *context);

/* From any thread. False: the queue is full, the item stays the caller's. */
bool worker_give(struct worker *w, void *item);

/* Works off what is queued and ends the thread; from then on worker_give returns false. */
void worker_drain(struct worker *w);
void worker_free(struct worker *w); /* after worker_drain, when nobody can give any more */

#endif
