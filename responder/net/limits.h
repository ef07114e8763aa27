/* Who is connected and what they are doing since when: the counters behind the server's limits.
 * Written on the server's thread, read by its reaper; locks itself; knows nothing of the HTTP
 * library. A visitor lives from the connection's start to its end, longer than its exchanges. */
#ifndef RESPONDER_NET_LIMITS_H
#define RESPONDER_NET_LIMITS_H

#include <pthread.h>
#include <stdint.h>

#include "responder/net/address.h"

enum limits_phase {
	LIMITS_FRESH,	  /* connected, nothing asked yet */
	LIMITS_READING,	  /* a request comes in */
	LIMITS_OURS,	  /* we owe the answer, or it is a stream: no limit */
	LIMITS_ANSWERING, /* the answer goes out */
	LIMITS_IDLE,	  /* kept alive between requests */
};

struct limits_visitor { /* one open connection */
	int fd;
	struct in6_addr peer;
	char name[ADDRESS_NAME];
	int64_t since_ms;
	enum limits_phase phase;
	struct limits_visitor *next, *previous;
};

struct limits {
	pthread_mutex_t lock;
	struct limits_visitor *first;
	int per_address;
	int request_ms; /* FRESH and READING, together for a first request */
	int idle_ms;	/* IDLE, ANSWERING */
};

void limits_init(struct limits *l, int per_address, int request_ms, int idle_ms);
void limits_end(struct limits *l); /* after the last visitor has left */

/* Whether one more connection from there is welcome. Loopback, where a proxy lives, always is. */
bool limits_welcome(struct limits *l, const struct in6_addr *peer);

struct limits_visitor *limits_enter(struct limits *l, int fd, const struct in6_addr *peer);
void limits_leave(struct limits *l, struct limits_visitor *v);
void limits_move(struct limits *l, struct limits_visitor *v, enum limits_phase phase);

/* Shuts the sockets of those who are overdue, so that the library finds them closed. */
void limits_reap(struct limits *l);

#endif
