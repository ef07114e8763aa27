/* Limits; see limits.h. A list is enough: there are at most a thousand connections, walked once per
 * new connection and a few times a second. */
#include "responder/net/limits.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "responder/base/clock.h"
#include "responder/base/must.h"

void limits_init(struct limits *l, int per_address, int request_ms, int idle_ms)
{
	*l = (struct limits){
		.per_address = per_address, .request_ms = request_ms, .idle_ms = idle_ms};
	pthread_mutex_init(&l->lock, NULL);
}

void limits_end(struct limits *l)
{
	must(!l->first);
	pthread_mutex_destroy(&l->lock);
}

bool limits_welcome(struct limits *l, const struct in6_addr *peer)
{
	int n = 0;
	if (address_is_loopback(peer))
		return true;
	pthread_mutex_lock(&l->lock);
	for (const struct limits_visitor *v = l->first; v; v = v->next)
		n += address_same_site(peer, &v->peer);
	pthread_mutex_unlock(&l->lock);
	return n < l->per_address;
}

struct limits_visitor *limits_enter(struct limits *l, int fd, const struct in6_addr *peer)
{
	struct limits_visitor *v = calloc(1, sizeof *v);
	must(v);
	v->fd = fd;
	v->peer = *peer;
	address_name(peer, v->name);
	v->since_ms = clock_mono_ms();
	pthread_mutex_lock(&l->lock);
	v->next = l->first;
	if (l->first)
		l->first->previous = v;
	l->first = v;
	pthread_mutex_unlock(&l->lock);
	return v;
}

void limits_leave(struct limits *l, struct limits_visitor *v)
{
	pthread_mutex_lock(&l->lock);
	if (v->next)
		v->next->previous = v->previous;
	if (v->previous)
		v->previous->next = v->next;
	else
		l->first = v->next;
	pthread_mutex_unlock(&l->lock);
	free(v);
}

void limits_move(struct limits *l, struct limits_visitor *v, enum limits_phase phase)
{
	int64_t now = clock_mono_ms();
	pthread_mutex_lock(&l->lock);
	/* A first request's time runs from the connection's start. */
	if (v->phase != LIMITS_FRESH || phase != LIMITS_READING)
		v->since_ms = now;
	v->phase = phase;
	pthread_mutex_unlock(&l->lock);
}

static bool overdue(const struct limits *l, const struct limits_visitor *v, int64_t now)
{
	bool reading = v->phase == LIMITS_FRESH || v->phase == LIMITS_READING;
	return v->phase != LIMITS_OURS &&
	       now - v->since_ms > (reading ? l->request_ms : l->idle_ms);
}

void limits_reap(struct limits *l)
{
	int64_t now = clock_mono_ms();
	pthread_mutex_lock(&l->lock);
	for (struct limits_visitor *v = l->first; v; v = v->next)
		if (overdue(l, v, now))
			shutdown(v->fd, SHUT_RDWR);
	pthread_mutex_unlock(&l->lock);
}
