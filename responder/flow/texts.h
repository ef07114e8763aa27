/* The words we send. A text is a key, a language and values for its {fields}; a part in [brackets]
 * falls away when a field in it has no value. */
#ifndef RESPONDER_FLOW_TEXTS_H
#define RESPONDER_FLOW_TEXTS_H

#include "responder/base/arena.h"

struct text_values { /* NULL: no value */
	const char *practice, *phone, *first, *when, *clinician, *list, *emergency;
};

/* The text in plain GSM-7 punctuation. An unknown language falls back to English; an unknown key is
 * a broken invariant. */
char *texts_render(struct arena *a, const char *key, const char *lang, const struct text_values *v);

/* A visit's wall time ("2026-03-10T14:20") in words: "Tue Mar 10 at 2:20 PM". */
char *texts_when(struct arena *a, const char *lang, const char *wall);

#endif
