/* Network addresses as 16 bytes, IPv4 as ::ffff:a.b.c.d, and what one may ask about them: the
 * server counts visitors by them, the client refuses to call some. Knows no sockets, allocates
 * nothing. */
#ifndef RESPONDER_NET_ADDRESS_H
#define RESPONDER_NET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>

#define ADDRESS_NAME INET6_ADDRSTRLEN

struct in6_addr address_of(const struct sockaddr *s); /* "::" for a family that is not IP */

/* "127.0.0.1" or "::1" and a port, for bind(2). */
bool address_parse(const char *name, int port, struct sockaddr_storage *out);

bool address_is_loopback(const struct in6_addr *a);

/* Whether it is anything but a public unicast address: private, loopback, link-local, shared,
 * multicast, reserved, or an IPv6 form (mapped, NAT64, 6to4) of such an IPv4 address. */
bool address_is_private(const struct in6_addr *a);

/* The same IPv4 address, or the same IPv6 /64: one household has all of a /64 to choose from. */
bool address_same_site(const struct in6_addr *a, const struct in6_addr *b);

void address_name(
	const struct in6_addr *a, char out[ADDRESS_NAME]); /* "203.0.113.7", "2001:db8::1" */

#endif
