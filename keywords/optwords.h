/* The words of opting out, opting in and asking for help: compiled in, first, and not removable
 * (47 CFR 64.1200(a)(10) and what providers add to it). */
#ifndef KEYWORDS_OPTWORDS_H
#define KEYWORDS_OPTWORDS_H

#include "keywords/keywords.h"

/* INTENT_STOP, _CANCEL_WORD, _START, _HELP, _WRONG_NUMBER, _STOP_INSIDE, or INTENT_NONE. */
enum intent optwords_read(struct arena *a, const char *text, const char *normal);

#endif
