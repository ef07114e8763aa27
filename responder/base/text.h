/* Small questions about strings, and UTF-8. Nothing here allocates. */
#ifndef RESPONDER_BASE_TEXT_H
#define RESPONDER_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool text_eq(const char *a, const char *b);	   /* NULL equals only NULL */
bool text_eq_nocase(const char *a, const char *b); /* ASCII case only */
bool text_starts(const char *s, const char *prefix);
bool text_empty(const char *s); /* NULL, "" or only ASCII white space */
char *text_trim(char *s);	/* cuts ASCII white space at both ends, in place */

/* Whether s looks like the picture, in which 0 stands for any digit: "00:00". */
bool text_like(const char *s, const char *picture);

/* Whole-string decimal integer within [low, high]; false otherwise. */
bool text_int(const char *s, int64_t low, int64_t high, int64_t *out);

/* The code point at s[*at] (n bytes in all), *at moved behind it; -1 at a malformed byte. */
int32_t text_next(const char *s, size_t n, size_t *at);
bool text_utf8_ok(const char *s, size_t n);	  /* well-formed, and no NUL inside */
size_t text_utf8_put(char out[4], uint32_t code); /* bytes written */

#endif
