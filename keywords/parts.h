/* "1 yes 2 no", "Ada yes but Ben can't": an answer in parts, each about somebody or something else.
 */
#ifndef KEYWORDS_PARTS_H
#define KEYWORDS_PARTS_H

#include "keywords/keywords.h"

#define PARTS_MOST 8

struct reading_part {
	int number;  /* the number that it names, 0: a name instead */
	size_t name; /* index into the names */
	bool yes;    /* else no */
};

/* How many parts a text has in which each names one number or person, each another one, and says a
 * clean yes or no about it; 0 when it is not wholly made of such. `normal` is a normal form. */
size_t keywords_parts(struct arena *a, const struct keywords *k, const char *normal,
	const char *const *names, size_t name_n, struct reading_part out[PARTS_MOST]);

#endif
