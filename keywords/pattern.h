/* Regular expressions with limits: a pattern stops rather than burn time. The only user of PCRE2.
 */
#ifndef KEYWORDS_PATTERN_H
#define KEYWORDS_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#define PATTERN_GROUPS 8

struct pattern;

struct span { /* bytes of the subject; start == end == 0 for a group that took no part */
	size_t start, end;
};

/* NULL when it does not compile; *why then says so (constant or static per thread). */
struct pattern *pattern_new(const char *regex, const char **why);
void pattern_free(struct pattern *p);

/* The next match from byte `from` on: 1 found, 0 not, -1 a limit was hit. */
int pattern_find(const struct pattern *p, const char *s, size_t n, size_t from,
	struct span spans[PATTERN_GROUPS]);

#endif
