/* Who is connected, and since when: the counters behind the server's limits. Used on the server's
 * thread and by its reaper, under the server's lock; knows nothing of the HTTP library. */
#ifndef RESPONDER_NET_LIMITS_H
#define RESPONDER_NET_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct limits_visitor { /* one open connection */
	int fd;
	struct sockaddr_storage peer;
	int64_t since_ms; /* when it was opened, or when its present request began to be waited for */
	enum { LIMITS_FRESH, LIMITS_IDLE, LIMITS_READING, LIMITS_OURS } phase;
	struct limits_visitor *next, *previous;
};

struct limits {
	struct limits_visitor *first;
	int per_address;
	int64_t request_ms, idle_ms;
};

bool limits_is_loopback(const struct sockaddr *peer);

/* Whether one more connection from there is welcome. Loopback, where a proxy lives, always is. */
bool limits_welcome(const struct limits *l, const struct sockaddr *peer);
struct limits_visitor *limits_enter(
	struct limits *l, int fd, const struct sockaddr *peer, int64_t now_ms);
void limits_leave(struct limits *l, struct limits_visitor *v);

/* Shuts the sockets of those who are overdue; the library then closes them. */
void limits_reap(struct limits *l, int64_t now_ms);

/* "203.0.113.7" or "2001:db8::1" */
void limits_name(const struct sockaddr *peer, char *out, size_t n);

#endif
