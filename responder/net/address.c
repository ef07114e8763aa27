/* Addresses; see address.h. */
#include "responder/net/address.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct in6_addr address_of(const struct sockaddr *s)
{
	struct in6_addr out = IN6ADDR_ANY_INIT;
	if (s->sa_family == AF_INET6) {
		memcpy(&out, (const char *)s + offsetof(struct sockaddr_in6, sin6_addr), 16);
	} else if (s->sa_family == AF_INET) {
		out.s6_addr[10] = out.s6_addr[11] = 0xFF;
		memcpy(out.s6_addr + 12, (const char *)s + offsetof(struct sockaddr_in, sin_addr),
			4);
	}
	return out;
}

bool address_parse(const char *name, int port, struct sockaddr_storage *out)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	memset(out, 0, sizeof *out);
	if (inet_pton(AF_INET, name, &four.sin_addr) == 1)
		memcpy(out, &four, sizeof four);
	else if (inet_pton(AF_INET6, name, &six.sin6_addr) == 1)
		memcpy(out, &six, sizeof six);
	return out->ss_family != AF_UNSPEC;
}

bool address_is_loopback(const struct in6_addr *a)
{
	return IN6_IS_ADDR_LOOPBACK(a) || (IN6_IS_ADDR_V4MAPPED(a) && a->s6_addr[12] == 127);
}

static const struct {
	unsigned char net[4];
	int bits;
} private4[] = {
	{{0, 0, 0, 0}, 8}, {{10, 0, 0, 0}, 8}, {{100, 64, 0, 0}, 10}, {{127, 0, 0, 0}, 8},
	{{169, 254, 0, 0}, 16}, {{172, 16, 0, 0}, 12}, {{192, 0, 0, 0}, 24}, {{192, 168, 0, 0}, 16},
	{{198, 18, 0, 0}, 15}, {{224, 0, 0, 0}, 3}, /* multicast, reserved, broadcast */
};

static uint32_t number(const unsigned char b[4])
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static bool is_private4(const unsigned char address[4])
{
	for (size_t i = 0; i < sizeof private4 / sizeof *private4; i++)
		if (!((number(address) ^ number(private4[i].net)) >> (32 - private4[i].bits)))
			return true;
	return false;
}

bool address_is_private(const struct in6_addr *a)
{
	static const unsigned char nat64[12] = {0, 0x64, 0xFF, 0x9B};
	const unsigned char *b = a->s6_addr;
	if (IN6_IS_ADDR_V4MAPPED(a) || memcmp(b, nat64, sizeof nat64) == 0)
		return is_private4(b + 12);
	if (b[0] == 0x20 && b[1] == 0x02) /* 6to4 */
		return is_private4(b + 2);
	return (b[0] & 0xE0) != 0x20; /* all global unicast is 2000::/3 */
}

bool address_same_site(const struct in6_addr *a, const struct in6_addr *b)
{
	return memcmp(a, b, IN6_IS_ADDR_V4MAPPED(a) ? 16 : 8) == 0;
}

void address_name(const struct in6_addr *a, char out[ADDRESS_NAME])
{
	if (IN6_IS_ADDR_V4MAPPED(a))
		inet_ntop(AF_INET, a->s6_addr + 12, out, ADDRESS_NAME);
	else
		inet_ntop(AF_INET6, a, out, ADDRESS_NAME);
}
