/* See config_value.h. Readers check the shape themselves before any scanf or strtol sees it: those
 * take signs and blanks that nobody meant. */
#include "responder/base/config_value.h"

#include <arpa/inet.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "responder/base/text.h"
#include "responder/base/zone.h"

#define DIGITS "0123456789"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

bool config_value_name(const char *s)
{
	return s && *s && !s[strspn(s, CAPITALS "abcdefghijklmnopqrstuvwxyz" DIGITS "-_")];
}

bool config_value_country(const char *s)
{
	return s && strlen(s) == 2 && strspn(s, CAPITALS) == 2;
}

bool config_value_phone(const char *s)
{
	if (!s || s[0] != '+' || s[1] == '0')
		return false;
	size_t digits = strspn(s + 1, DIGITS);
	return digits >= 7 && digits <= 15 && !s[1 + digits];
}

bool config_value_listen(const char *s)
{
	const char *colon = s ? strrchr(s, ':') : NULL;
	char host[INET6_ADDRSTRLEN + 2];
	struct in6_addr address;
	int64_t port;
	if (!colon || (size_t)(colon - s) >= sizeof host || !g_ascii_isdigit(colon[1]) ||
		!text_int(colon + 1, 0, 65535, &port))
		return false;
	memcpy(host, s, (size_t)(colon - s));
	host[colon - s] = '\0';
	if (*host != '[')
		return inet_pton(AF_INET, host, &address) == 1;
	size_t n = strlen(host);
	if (host[n - 1] != ']')
		return false;
	host[n - 1] = '\0';
	return inet_pton(AF_INET6, host + 1, &address) == 1;
}

bool config_value_date(const char *s)
{
	char moment[ZONE_WALL];
	struct wall w;
	if (!text_like(s, "0000-00-00"))
		return false;
	snprintf(moment, sizeof moment, "%sT00:00", s);
	return zone_parse_wall(moment, &w);
}

static bool is_here(const char *host)
{
	return text_eq(host, "localhost") || text_eq(host, "127.0.0.1") || text_eq(host, "::1");
}

bool config_value_url(const char *s)
{
	GUri *u = s ? g_uri_parse(s, G_URI_FLAGS_NONE, NULL) : NULL;
	if (!u)
		return false;
	const char *host = g_uri_get_host(u), *scheme = g_uri_get_scheme(u);
	bool safe = text_eq(scheme, "https") || (text_eq(scheme, "http") && is_here(host));
	bool plain = !g_uri_get_userinfo(u) && !g_uri_get_query(u) && !g_uri_get_fragment(u);
	bool fine = safe && plain && host && *host && s[strlen(s) - 1] != '/' &&
		    !s[strcspn(s, " \t\r\n\"\\")];
	g_uri_unref(u);
	return fine;
}

bool config_value_span(const char *s, int32_t *minutes)
{
	size_t digits = s ? strspn(s, DIGITS) : 0;
	if (digits < 1 || digits > 4 || !s[digits] || s[digits + 1])
		return false;
	int32_t factor = s[digits] == 'd' ? 1440 : s[digits] == 'h' ? 60 : s[digits] == 'm' ? 1 : 0;
	*minutes = (int32_t)strtol(s, NULL, 10) * factor;
	return factor != 0;
}

bool config_value_window(const char *s, int32_t *open, int32_t *close)
{
	int from_h, from_m, to_h, to_m;
	if (!text_like(s, "00:00-00:00") ||
		sscanf(s, "%2d:%2d-%2d:%2d", &from_h, &from_m, &to_h, &to_m) != 4 || from_m > 59 ||
		to_m > 59 || to_h > 23)
		return false;
	*open = from_h * 60 + from_m;
	*close = to_h * 60 + to_m;
	return *open + 60 <= *close;
}
