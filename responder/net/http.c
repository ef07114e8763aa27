/* The helpers of http.h: look-ups, the strict decoders of forms and paths, and the check of what a
 * request says about its own length. */
#include "responder/net/http.h"

#include <string.h>

#include "responder/base/text.h"

#define FIELDS_MOST 200

const char *http_header(const struct http_fields *headers, const char *name)
{
	for (size_t i = 0; i < headers->n; i++)
		if (text_eq_nocase(headers->at[i].name, name))
			return headers->at[i].value;
	return NULL;
}

const char *http_field(const struct http_fields *fields, const char *name)
{
	for (size_t i = 0; i < fields->n; i++)
		if (text_eq(fields->at[i].name, name))
			return fields->at[i].value;
	return NULL;
}

/* Forms and paths */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes s[0..n) into a new string; NULL when it is malformed. */
static const char *decode(struct arena *a, const char *s, size_t n, char plus)
{
	char *out = arena_alloc(a, n + 1), *to = out;
	for (size_t i = 0; i < n; i++) {
		if (s[i] != '%') {
			*to++ = s[i] == '+' ? plus : s[i];
			continue;
		}
		if (n - i < 3 || hex(s[i + 1]) < 0 || hex(s[i + 2]) < 0)
			return NULL;
		*to++ = (char)(hex(s[i + 1]) << 4 | hex(s[i + 2]));
		i += 2;
	}
	return text_utf8_ok(out, (size_t)(to - out)) ? out : NULL;
}

static bool decode_field(struct arena *a, const char *s, const char *end, struct http_field *out)
{
	const char *equals = memchr(s, '=', (size_t)(end - s));
	const char *value = equals ? equals + 1 : end;
	out->name = decode(a, s, (size_t)((equals ? equals : end) - s), ' ');
	out->value = decode(a, value, (size_t)(end - value), ' ');
	return out->name && out->value;
}

enum err http_form(struct arena *a, const char *s, size_t n, struct http_fields *out)
{
	*out = (struct http_fields){0};
	if (!n)
		return OK;
	size_t most = 1;
	for (size_t i = 0; i < n; i++)
		most += s[i] == '&';
	if (most > FIELDS_MOST)
		return ERR_INPUT;
	struct http_fields f = {.at = arena_array(a, struct http_field, most)};
	for (const char *stop, *end = s + n; s <= end; s = stop + 1) {
		stop = memchr(s, '&', (size_t)(end - s));
		stop = stop ? stop : end;
		if (stop == s) /* nothing stands between two ampersands */
			continue;
		if (!decode_field(a, s, stop, &f.at[f.n++]))
			return ERR_INPUT;
	}
	*out = f;
	return OK;
}

enum err http_path(struct arena *a, const char *target, const char **path)
{
	*path = *target == '/' ? decode(a, target, strcspn(target, "?"), '+') : NULL;
	return *path ? OK : ERR_INPUT;
}

/* Framing */

static bool is_token(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++) {
		bool word = (*s >= '0' && *s <= '9') || (*s >= 'A' && *s <= 'Z') ||
			    (*s >= 'a' && *s <= 'z');
		if (!word && !strchr("!#$%&'*+-.^_`|~", *s))
			return false;
	}
	return true;
}

static bool has_control(const char *s)
{
	for (; *s; s++)
		if (((unsigned char)*s < ' ' && *s != '\t') || *s == 127)
			return true;
	return false;
}

/* Digits and nothing else: no sign, no list, no blank. */
static bool read_length(const char *s, int64_t *out)
{
	return strspn(s, "0123456789") == strlen(s) && text_int(s, 0, INT64_MAX, out);
}

enum err http_framing(const struct http_fields *headers, const char *version, int64_t *length)
{
	int lengths = 0, encodings = 0;
	*length = 0;
	for (size_t i = 0; i < headers->n; i++) {
		const struct http_field *h = &headers->at[i];
		if (!is_token(h->name) || has_control(h->value))
			return ERR_INPUT;
		if (text_eq_nocase(h->name, "Content-Length")) {
			lengths++;
			if (!read_length(h->value, length))
				return ERR_INPUT;
		} else if (text_eq_nocase(h->name, "Transfer-Encoding")) {
			encodings++;
			*length = -1;
			if (!text_eq_nocase(h->value, "chunked"))
				return ERR_INPUT;
		}
	}
	bool odd = lengths + encodings > 1 || (encodings && !text_eq(version, "HTTP/1.1"));
	return odd ? ERR_INPUT : OK;
}
