/* How many segments a text costs, and how to make it cost fewer. One character outside the GSM-7
 * alphabet (a curly quote, the U+202F that ICU writes before "PM") turns the whole text into UCS-2
 * and 160 characters into 70. */
#ifndef RESPONDER_SMS_GSM7_H
#define RESPONDER_SMS_GSM7_H

#include <stdbool.h>

#include "responder/base/arena.h"

struct gsm7_count {
	int segments; /* 0 for an empty text */
	bool ucs2;
	int units; /* septets, or UTF-16 units with ucs2 */
};

struct gsm7_count gsm7_count(const char *utf8);

/* The text with typographic quotes, dashes, spaces and dots replaced by GSM-7 twins. Letters stay:
 * those that GSM-7 has (é ñ ü) because they cost nothing, those it lacks because a name spelt right
 * matters more than a segment. Never longer in bytes than it was. */
char *gsm7_plain(struct arena *a, const char *utf8);

#endif
