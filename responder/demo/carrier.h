/* The demo's pretend carrier: takes texts over HTTP like a real one, and reports delivery a moment
 * later. Typed answers go through it as signed webhooks, the same way in as any provider's. */
#ifndef RESPONDER_DEMO_CARRIER_H
#define RESPONDER_DEMO_CARRIER_H

#include "responder/base/config.h"
#include "responder/net/http.h"

struct carrier;

struct carrier *carrier_new(const struct account *account);
enum err carrier_start(struct carrier *c, int port) MUST_USE; /* where our own web role listens */
void carrier_stop(struct carrier *c);
void carrier_free(struct carrier *c);

void carrier_set_down(struct carrier *c, bool down);
bool carrier_is_down(const struct carrier *c);

/* The other end of provider/fake.c's `build`. From any thread. */
struct http_response carrier_take(
	struct carrier *c, struct arena *a, const struct http_fields *form);

/* Delivers a text from a handset, `times` times with one id. Waits for the answer. ERR_NET when the
 * door did not answer 2xx. */
enum err carrier_deliver(struct carrier *c, struct arena *a, const char *theirs, const char *text,
	int times) MUST_USE;

#endif
