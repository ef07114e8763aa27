/* The normal form: what rules and opt-out words are matched against. */
#ifndef KEYWORDS_NORMALISE_H
#define KEYWORDS_NORMALISE_H

#include <stdbool.h>
#include <stddef.h>

#include "responder/base/arena.h"

#define NORMALISE_MOST ((size_t)4096) /* bytes of a text that are looked at */

/* Lower-case words without accents, one blank between them; apostrophes stay inside words, '?' is a
 * word of its own, emoji that answer are words ("thumbsup", "thumbsdown"), a tapback is its
 * reaction without the text it quotes. `text` must be valid UTF-8. Doing it twice changes nothing.
 */
char *normalise(struct arena *a, const char *text);

/* What it looks like to the eye: "ЅТОР" in Cyrillic gives what "STOP" gives. For comparing with the
 * same of another word. NULL when it is all ASCII (but `always`) or longer than 64 bytes. */
char *normalise_skeleton(struct arena *a, const char *text, bool always);

/* Lower case, but with its accents, for words that another word is without them; NULL for a text of
 * more than a few words. */
char *normalise_accented(struct arena *a, const char *text);

#endif
