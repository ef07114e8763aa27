/* Small look-ups and the form decoder of http.h. */
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

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes s[0..n) into a new string; NULL when it is malformed. */
static char *decode(struct arena *a, const char *s, size_t n)
{
	char *out = arena_alloc(a, n + 1), *to = out;
	for (size_t i = 0; i < n; i++) {
		if (s[i] != '%') {
			*to++ = s[i];
			if (s[i] == '+')
				to[-1] = ' ';
			continue;
		}
		if (n - i < 3 || hex(s[i + 1]) < 0 || hex(s[i + 2]) < 0)
			return NULL;
		*to++ = (char)(hex(s[i + 1]) << 4 | hex(s[i + 2]));
		i += 2;
	}
	return text_utf8_ok(out, (size_t)(to - out)) ? out : NULL;
}

enum err http_form(struct arena *a, const char *s, size_t n, struct http_fields *out)
{
	const char *end = s + n;
	size_t count = 0;
	*out = (struct http_fields){0};
	if (!n)
		return OK;
	for (const char *p = s; p < end; p++)
		count += *p == '&';
	if (++count > FIELDS_MOST)
		return ERR_INPUT;
	out->at = arena_array(a, struct http_field, count);
	while (s <= end) {
		const char *amp = memchr(s, '&', (size_t)(end - s));
		const char *stop = amp ? amp : end;
		const char *equals = memchr(s, '=', (size_t)(stop - s));
		const char *name_end = equals ? equals : stop;
		const char *value = equals ? equals + 1 : stop;
		struct http_field *f = &out->at[out->n];
		f->name = decode(a, s, (size_t)(name_end - s));
		f->value = decode(a, value, (size_t)(stop - value));
		if (!f->name || !f->value)
			return ERR_INPUT;
		out->n += stop > s; /* "a&&b" has two fields */
		s = stop + 1;
	}
	return OK;
}
