/* A growing byte buffer in an arena, always NUL-terminated, with a cap.
 * Going over the cap sets `over` and keeps what fits: check once at the end, not at each append. */
#ifndef RESPONDER_BASE_BUF_H
#define RESPONDER_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "responder/base/arena.h"

struct buf {
	struct arena *arena;
	char *s; /* never NULL after buf_new */
	size_t n, room, cap;
	bool over;
};

struct buf buf_new(struct arena *a, size_t cap);
void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_url(struct buf *b, const char *s); /* percent-encodes all but RFC 3986 unreserved */

#endif
