/* The HTTP client; client.c is the only user of libcurl. One client belongs to one thread.
 * A request is sent at most once: libcurl's habit of repeating a POST on a dead reused connection
 * is refused, and everything that is not provably unsent or wholly answered is HTTP_UNKNOWN. */
#ifndef RESPONDER_NET_CLIENT_H
#define RESPONDER_NET_CLIENT_H

#include "responder/base/bell.h"
#include "responder/net/http.h"

struct client;

struct client_options {
	int parallel;	      /* connections at most; 0: 64 */
	int connect_ms;	      /* 0: 5,000 */
	int total_ms;	      /* 0: 15,000 */
	bool loopback_only;   /* refuse any address but 127.0.0.0/8 and ::1 (demo, tests) */
	bool private_allowed; /* else private and loopback addresses are refused after DNS */
	const char *ca_file;  /* NULL: the system's; tests give their own */
};

enum err client_new(struct client **out, const struct client_options *options) MUST_USE;
void client_free(struct client *c); /* calls still under way are dropped without a result */

/* Starts a call; `tag` comes back with its result. The call's strings are copied.
 * http and https only, no redirects, TLS verified. ERR_LIMIT when `parallel` are under way. */
enum err client_start(struct client *c, const struct http_call *call, void *tag) MUST_USE;
int client_active(const struct client *c);

/* Works until a result is there, the bell rings, or the time is up; then `client_next` hands out
 * results one by one (strings live in `a`); false when there is none. */
void client_wait(struct client *c, const struct bell *bell, int timeout_ms);
bool client_next(struct client *c, struct arena *a, struct http_result *out, void **tag);

/* One call, waited for. */
void client_call(
	struct client *c, struct arena *a, const struct http_call *call, struct http_result *out);

#endif
