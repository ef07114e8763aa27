/* Growth by doubling; the old copy stays behind in the arena. */
#include "responder/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "responder/base/must.h"

struct buf buf_new(struct arena *a, size_t cap)
{
	size_t room = cap < 256 ? cap : 256;
	return (struct buf){.arena = a, .s = arena_alloc(a, room + 1), .room = room, .cap = cap};
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
	if (n > b->cap - b->n) {
		b->over = true;
		n = b->cap - b->n;
	}
	if (n > b->room - b->n) {
		size_t room = b->room * 2 > b->n + n ? b->room * 2 : b->n + n;
		room = room < b->cap ? room : b->cap;
		b->s = arena_grow(b->arena, b->s, b->n, room + 1);
		b->room = room;
	}
	if (n)
		memcpy(b->s + b->n, bytes, n);
	b->n += n;
	b->s[b->n] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *s = arena_vprintf(b->arena, format, args);
	va_end(args);
	buf_str(b, s);
}

void buf_url(struct buf *b, const char *s)
{
	static const char hex[] = "0123456789ABCDEF";
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
			     (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
		if (plain)
			buf_char(b, (char)c);
		else
			buf_add(b, (char[]){'%', hex[c >> 4], hex[c & 15]}, 3);
	}
}
