/* A slip of the thumb in a word that does no harm. Only words of a yes, of thanks and fillers are
 * mended, never one that could cancel, stop or deny, and never a number. */
#ifndef KEYWORDS_TYPO_H
#define KEYWORDS_TYPO_H

#include <stdbool.h>
#include <stddef.h>

#include "responder/base/arena.h"

struct typo_words { /* words in normal form that others may be a slip of */
	const char **at;
	size_t n, room;
};

/* Keeps a word when it is long enough to be told from its neighbours. */
void typo_keep(struct arena *a, struct typo_words *words, const char *word);

/* The word that s[0..n) is one letter away from: one missing, one too many, one wrong, or two
 * swapped. NULL when there is none, when it is short, or a word of its own. */
const char *typo_mend(const struct typo_words *words, const char *s, size_t n);

#endif
