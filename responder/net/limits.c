/* Limits; see limits.h. A list is enough: there are at most a thousand connections, walked once per
 * new connection and once a second. */
#include "responder/net/limits.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "responder/base/must.h"

/* The address alone as 16 bytes, IPv4 as ::ffff:a.b.c.d. */
static struct in6_addr address_of(const struct sockaddr *peer)
{
	struct in6_addr out = IN6ADDR_ANY_INIT;
	if (peer->sa_family == AF_INET6) {
		struct sockaddr_in6 six;
		memcpy(&six, peer, sizeof six);
		return six.sin6_addr;
	}
	struct sockaddr_in four;
	memcpy(&four, peer, sizeof four);
	out.s6_addr[10] = out.s6_addr[11] = 0xff;
	memcpy(out.s6_addr + 12, &four.sin_addr, 4);
	return out;
}

bool limits_is_loopback(const struct sockaddr *peer)
{
	struct in6_addr a = address_of(peer);
	return IN6_IS_ADDR_LOOPBACK(&a) || (IN6_IS_ADDR_V4MAPPED(&a) && a.s6_addr[12] == 127);
}

bool limits_welcome(const struct limits *l, const struct sockaddr *peer)
{
	struct in6_addr a = address_of(peer);
	int n = 0;
	if (limits_is_loopback(peer))
		return true;
	for (const struct limits_visitor *v = l->first; v; v = v->next) {
		struct in6_addr other = address_of((const struct sockaddr *)&v->peer);
		n += memcmp(&a, &other, sizeof a) == 0;
	}
	return n < l->per_address;
}

struct limits_visitor *limits_enter(
	struct limits *l, int fd, const struct sockaddr *peer, int64_t now_ms)
{
	struct limits_visitor *v = calloc(1, sizeof *v);
	must(v);
	v->fd = fd;
	memcpy(&v->peer, peer,
		peer->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
	v->since_ms = now_ms;
	v->next = l->first;
	if (l->first)
		l->first->previous = v;
	l->first = v;
	return v;
}

void limits_leave(struct limits *l, struct limits_visitor *v)
{
	if (v->next)
		v->next->previous = v->previous;
	if (v->previous)
		v->previous->next = v->next;
	else
		l->first = v->next;
	free(v);
}

void limits_reap(struct limits *l, int64_t now_ms)
{
	for (struct limits_visitor *v = l->first; v; v = v->next) {
		int64_t most = v->phase == LIMITS_IDLE ? l->idle_ms : l->request_ms;
		if (v->phase != LIMITS_OURS && now_ms - v->since_ms > most)
			shutdown(v->fd, SHUT_RDWR);
	}
}

void limits_name(const struct sockaddr *peer, char *out, size_t n)
{
	struct in6_addr a = address_of(peer);
	if (IN6_IS_ADDR_V4MAPPED(&a))
		inet_ntop(AF_INET, a.s6_addr + 12, out, (socklen_t)n);
	else
		inet_ntop(AF_INET6, &a, out, (socklen_t)n);
}
