/* From a patient's words to a reading: what the text says, how surely, and why.
 * Nothing here knows of visits, clocks or databases: what shall happen is decide()'s business.
 * A loaded `struct keywords` is immutable and shared by all threads. */
#ifndef KEYWORDS_KEYWORDS_H
#define KEYWORDS_KEYWORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "keywords/said.h"
#include "responder/base/arena.h"
#include "responder/base/err.h"

/* X(name, word for people and files). Order is priority: what stands first wins. */
#define INTENT_TABLE(X)                                                                            \
	X(INTENT_STOP, "stop")		     /* conclusive: whole-message word or clear phrase */  \
	X(INTENT_CANCEL_WORD, "cancel-word") /* a bare CANCEL: opt-out or visit, by country */     \
	X(INTENT_START, "start")	     /* START, UNSTOP: the only way back */                \
	X(INTENT_URGENT, "urgent")	     /* chest pain, overdose, …: people first */         \
	X(INTENT_WRONG_NUMBER, "wrong-number")                                                     \
	X(INTENT_STOP_INSIDE, "stop-inside") /* a stop word within other text: hold, ask staff */  \
	X(INTENT_HELP, "help")                                                                     \
	X(INTENT_ROBOT, "robot") /* auto-responders and carrier notices */                         \
	X(INTENT_RESCHEDULE, "reschedule")                                                         \
	X(INTENT_CANCEL, "cancel") /* plain wording about the visit */                             \
	X(INTENT_LATE, "late")                                                                     \
	X(INTENT_BOOK, "book")                                                                     \
	X(INTENT_CONFIRM, "confirm")                                                               \
	X(INTENT_NO, "no")	   /* a bare no: means what the question makes of it */            \
	X(INTENT_CHOICE, "choice") /* a bare number: takes an offered option */                    \
	X(INTENT_THANKS, "thanks") /* courtesy that asks for nothing */                            \
	X(INTENT_NONE, "none")

enum intent {
#define X(name, word) name,
	INTENT_TABLE(X)
#undef X
		INTENT_COUNT
};

const char *intent_word(enum intent i);

/* What makes a reading unsafe to act on, whatever it matched. */
enum guard {
	GUARD_NEGATION = 1 << 0, /* "can't", "not", "no puedo" */
	GUARD_CONTRAST = 1 << 1, /* "but", "pero", "except" */
	GUARD_TIME = 1 << 2,	 /* names a time or day: see `said` whether it is another one */
	GUARD_QUESTION = 1 << 3, /* asks something */
	GUARD_SEVERAL = 1 << 4,	 /* a second intent matched too */
	GUARD_MORE = 1 << 5,	 /* words are left over that no rule explains */
	GUARD_LIMIT = 1 << 6,	 /* a pattern hit its limit: the text was not wholly understood */
};

struct reading {
	const char *normal; /* the normal form the rules saw */
	enum intent intent;
	const char *rule; /* "en/yes", "core/stop"; "-" when none */
	unsigned guards;  /* enum guard, or-ed */
	int choice;	  /* INTENT_CHOICE: the number, from 1 */
	int minutes;	  /* INTENT_LATE: how late, 0 when not said */
	struct said said; /* GUARD_TIME: what was named */
	unsigned named;	  /* bit per name of the aids that it says */
	bool all;	  /* it says "both", "all of us" */
	const char *why;  /* one sentence for staff */
};

/* What the reader may know of the conversation; each may be empty. */
struct reading_aids {
	const char *const
		*ours; /* our recent texts to this number: quoted, they are not the patient's */
	size_t ours_n;
	const char *const *names;  /* of the people on it: said, they are no riddle */
	size_t name_n;		   /* 32 at most count */
	const char *const *others; /* clinicians: said, they are no riddle either */
	size_t other_n;
};

struct keywords;

/* Called once per problem in a rule file. `line` counts from 1; 0: the file as a whole. */
typedef void keywords_complain(void *context, const char *file, int line, const char *what);

/* Loads the built-in packs, or every *.rules file of `folder` instead of them when not NULL. A file
 * that fails its own examples does not load, and then nothing does: ERR_CONFIG. */
enum err keywords_load(struct keywords **out, const char *folder, keywords_complain *complain,
	void *context) MUST_USE;
void keywords_free(struct keywords *k);

/* Never fails: what cannot be read is INTENT_NONE with a guard. `text` must be valid UTF-8; `aids`
 * may be NULL. */
void keywords_read(struct arena *a, const struct keywords *k, const char *text,
	const struct reading_aids *aids, struct reading *out);
/* Whether a text is long enough for `ours` to matter. */
bool keywords_may_quote(const char *text);

/* Only the compiled-in opt-out words, no rule files, no PCRE2: for a text that broke all else. */
bool keywords_is_stop(const char *text);

#endif
