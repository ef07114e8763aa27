/* The quoted-text shield: our own words come back (forwarded copies, quotes, long-press reactions)
 * and must not be read as the patient's. */
#ifndef KEYWORDS_SHIELD_H
#define KEYWORDS_SHIELD_H

#include <stddef.h>

#include "responder/base/arena.h"

/* `normal` without the runs of words that quote one of `ours` (raw texts of ours to that number);
 * NULL when it quotes none. */
char *shield_strip(struct arena *a, const char *normal, const char *const *ours, size_t ours_n)
	__attribute__((nonnull(1, 2)));

/* Texts with fewer words quote nothing. */
#define SHIELD_LEAST_WORDS 6

size_t shield_words(const char *normal);

#endif
