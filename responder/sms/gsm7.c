/* Segments and look-alikes; see gsm7.h. The alphabet is 3GPP TS 23.038's default table with its
 * extension table, without national shift tables: no provider we know sends those. */
#include "responder/sms/gsm7.h"

#include <stdint.h>
#include <string.h>

#include "responder/base/text.h"

/* The default table beyond ASCII, and the extension table, whose characters cost two septets. */
static const uint16_t basic[] = {0xA3, 0xA5, 0xE8, 0xE9, 0xF9, 0xEC, 0xF2, 0xC7, 0xD8, 0xF8, 0xC5,
	0xE5, 0x394, 0x3A6, 0x393, 0x39B, 0x3A9, 0x3A0, 0x3A8, 0x3A3, 0x398, 0x39E, 0xC6, 0xE6,
	0xDF, 0xC9, 0xA4, 0xA1, 0xC4, 0xD6, 0xD1, 0xDC, 0xA7, 0xBF, 0xE4, 0xF6, 0xF1, 0xFC, 0xE0};
static const uint16_t extended[] = {'\f', '^', '{', '}', '\\', '[', '~', ']', '|', 0x20AC};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static bool among(const uint16_t *codes, size_t n, int32_t code)
{
	for (size_t i = 0; i < n; i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* Septets that a character takes; 0: it is not in the alphabet. */
static int septets(int32_t code)
{
	if (among(extended, COUNT(extended), code))
		return 2;
	if ((code >= ' ' && code < 0x7F && code != '`') || code == '\n' || code == '\r')
		return 1;
	return among(basic, COUNT(basic), code) ? 1 : 0;
}

/* UTF-16 units; a malformed byte (-1) will travel as one replacement character. */
static int utf16_units(int32_t code)
{
	return code > 0xFFFF ? 2 : 1;
}

/* The next character, a malformed byte being one of its own. */
static int32_t next(const char *s, size_t n, size_t *at)
{
	int32_t code = text_next(s, n, at);
	if (code < 0)
		(*at)++;
	return code;
}

static bool all_septets(const char *s, size_t n)
{
	for (size_t at = 0; at < n;)
		if (!septets(next(s, n, &at)))
			return false;
	return true;
}

struct gsm7_count gsm7_count(const char *utf8)
{
	size_t n = strlen(utf8);
	struct gsm7_count c = {.ucs2 = !all_septets(utf8, n)};
	int whole = c.ucs2 ? 70 : 160, part = c.ucs2 ? 67 : 153;
	int parts = 1, used = 0; /* as if it were joined: a pair never straddles two parts */
	for (size_t at = 0; at < n;) {
		int32_t code = next(utf8, n, &at);
		int cost = c.ucs2 ? utf16_units(code) : septets(code);
		c.units += cost;
		if (used + cost > part) {
			parts++;
			used = 0;
		}
		used += cost;
	}
	c.segments = n == 0 ? 0 : c.units <= whole ? 1 : parts;
	return c;
}

/* Ranges of look-alikes. Joiners (U+200C, U+200D) are missing on purpose: scripts and emoji that
 * use them mean something else without, and are UCS-2 anyway. So is U+00B7, a letter's part in
 * Catalan. */
static const struct {
	uint16_t first, last;
	const char *twin;
} twins[] = {
	{'\t', '\t', " "}, {'`', '`', "'"}, {0x00A0, 0x00A0, " "}, {0x00AB, 0x00AB, "\""},
	{0x00AD, 0x00AD, ""}, /* soft hyphen */
	{0x00B4, 0x00B4, "'"}, {0x00BB, 0x00BB, "\""}, {0x00D7, 0x00D7, "x"}, {0x02B9, 0x02B9, "'"},
	{0x02BA, 0x02BA, "\""}, {0x02BB, 0x02BD, "'"}, {0x2000, 0x200A, " "},
	{0x200B, 0x200B, ""}, /* zero-width space */
	{0x2010, 0x2015, "-"}, {0x2018, 0x201B, "'"}, {0x201C, 0x201F, "\""}, {0x2022, 0x2023, "*"},
	{0x2024, 0x2024, "."}, {0x2025, 0x2025, ".."}, {0x2026, 0x2026, "..."},
	{0x2028, 0x2029, "\n"}, {0x202F, 0x202F, " "}, {0x2032, 0x2032, "'"},
	{0x2033, 0x2033, "\""}, {0x2039, 0x203A, "'"}, {0x2043, 0x2043, "-"}, {0x2044, 0x2044, "/"},
	{0x205F, 0x205F, " "}, {0x2060, 0x2060, ""}, /* word joiner */
	{0x2212, 0x2212, "-"}, {0x25CF, 0x25CF, "*"}, {0x3000, 0x3000, " "},
	{0xFEFF, 0xFEFF, ""}, /* byte order mark */
};

static const char *twin_of(int32_t code)
{
	for (size_t i = 0; i < COUNT(twins) && twins[i].first <= code; i++) /* they are sorted */
		if (code <= twins[i].last)
			return twins[i].twin;
	return NULL;
}

char *gsm7_plain(struct arena *a, const char *utf8)
{
	size_t n = strlen(utf8);
	char *out = arena_alloc(a, n + 1), *end = out;
	for (size_t at = 0; at < n;) {
		size_t from = at;
		const char *twin = twin_of(next(utf8, n, &at));
		const char *bytes = twin ? twin : utf8 + from;
		size_t length = twin ? strlen(twin) : at - from;
		memcpy(end, bytes, length);
		end += length;
	}
	*end = '\0';
	return out;
}
