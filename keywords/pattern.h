/* Regular expressions with limits: a pattern stops rather than burn time. The only user of PCRE2.
 * A pattern is a list of ways to match from the beginning of a word. With which words each may
 * begin is known before, so that most never run on most texts, however many there are. */
#ifndef KEYWORDS_PATTERN_H
#define KEYWORDS_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATTERN_GROUPS 8

struct pattern;

struct span { /* bytes of the subject; start == end == 0 for a group that took no part */
	size_t start, end;
};

/* The words that a pattern may begin with, by their first letters; a set that is too large costs
 * time only. */
struct pattern_starts {
	uint64_t bits[8];
};

void pattern_starts_any(struct pattern_starts *s);
/* `stem`: with any ending. */
void pattern_starts_word(struct pattern_starts *s, const char *word, bool stem);

void pattern_starts_join(struct pattern_starts *into, const struct pattern_starts *from);
/* Whether a word may be in both. */
bool pattern_starts_meet(const struct pattern_starts *a, const struct pattern_starts *b);

struct pattern *pattern_new(void);
/* One more way to match. Of the ways that may begin with any word the first that fits wins, then
 * the one with this word among its own: those sets must not meet. False when it does not compile;
 * *why then says so (static per thread). */
bool pattern_add(struct pattern *p, const char *regex, const struct pattern_starts *starts,
	const char **why);
void pattern_free(struct pattern *p);

/* The next match from byte `from` on, in a text of words between single blanks, one blank before
 * and one behind them: 1 found, 0 not, -1 a limit was hit. */
int pattern_find(const struct pattern *p, const char *s, size_t n, size_t from,
	struct span spans[PATTERN_GROUPS]);

#endif
