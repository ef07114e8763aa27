/* Strings and UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). */
#include "responder/base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool text_eq(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool text_eq_nocase(const char *a, const char *b)
{
	return a == b || (a && b && strcasecmp(a, b) == 0);
}

bool text_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool text_empty(const char *s)
{
	while (s && is_space(*s))
		s++;
	return !s || !*s;
}

char *text_trim(char *s)
{
	while (is_space(*s))
		s++;
	size_t n = strlen(s);
	while (n && is_space(s[n - 1]))
		s[--n] = '\0';
	return s;
}

bool text_like(const char *s, const char *picture)
{
	for (; s && *s && *picture; s++, picture++)
		if (*picture == '0' ? *s < '0' || *s > '9' : *s != *picture)
			return false;
	return s && !*s && !*picture;
}

bool text_int(const char *s, int64_t low, int64_t high, int64_t *out)
{
	if (!s || !*s || is_space(*s))
		return false;
	char *end;
	errno = 0;
	long long v = strtoll(s, &end, 10);
	if (errno || *end || v < low || v > high)
		return false;
	*out = v;
	return true;
}

/* How many continuation bytes follow a lead byte, and the least code point that needs them. */
static int tail_length(unsigned char lead, uint32_t *bits, uint32_t *least)
{
	if (lead < 0x80)
		return *bits = lead, *least = 0, 0;
	if (lead >= 0xC2 && lead < 0xE0)
		return *bits = lead & 0x1Fu, *least = 0x80, 1;
	if (lead >= 0xE0 && lead < 0xF0)
		return *bits = lead & 0x0Fu, *least = 0x800, 2;
	if (lead >= 0xF0 && lead < 0xF5)
		return *bits = lead & 0x07u, *least = 0x10000, 3;
	return -1;
}

int32_t text_next(const char *s, size_t n, size_t *at)
{
	uint32_t code, least;
	int tail = tail_length((unsigned char)s[*at], &code, &least);
	if (tail < 0 || (size_t)tail >= n - *at)
		return -1;
	for (int i = 1; i <= tail; i++) {
		unsigned char c = (unsigned char)s[*at + (size_t)i];
		if ((c & 0xC0) != 0x80)
			return -1;
		code = code << 6 | (c & 0x3Fu);
	}
	if (code < least || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
		return -1;
	*at += (size_t)tail + 1;
	return (int32_t)code;
}

bool text_utf8_ok(const char *s, size_t n)
{
	for (size_t at = 0; at < n;)
		if (text_next(s, n, &at) <= 0)
			return false;
	return true;
}

size_t text_utf8_put(char out[4], uint32_t code)
{
	if (code < 0x80)
		return out[0] = (char)code, 1;
	if (code < 0x800) {
		out[0] = (char)(0xC0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3F));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xE0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3F));
		out[2] = (char)(0x80 | (code & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3F));
	out[2] = (char)(0x80 | (code >> 6 & 0x3F));
	out[3] = (char)(0x80 | (code & 0x3F));
	return 4;
}
