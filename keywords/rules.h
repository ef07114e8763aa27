/* Rule files: a language's rules, with the examples that prove them. README.md has the language. */
#ifndef KEYWORDS_RULES_H
#define KEYWORDS_RULES_H

#include "keywords/keywords.h"
#include "keywords/pattern.h"
#include "keywords/typo.h"

enum example_kind { EXAMPLE_LIKE, EXAMPLE_NOT };

struct example {
	enum example_kind kind;
	const char *text;
	int line;
	struct example *next;
};

struct whole {
	const char *text; /* normal form */
	size_t n;
	struct whole *next;
};

struct rule {
	const char *name; /* "en/yes" */
	enum intent intent;
	bool weak;   /* counts only when nothing else is said */
	bool denies; /* "can't come": a no beside it says the same */
	int choice;  /* INTENT_CHOICE: which */
	int line;
	struct whole *whole;	 /* texts that it reads when they are all there is */
	struct pattern *pattern; /* a group in it is a number of minutes; or NULL */
	struct example *examples;
	struct rule *next;
};

/* Words that are no rule but decide how safe a reading is. */
enum word_list {
	WORDS_GREETING,
	WORDS_FILLER,
	WORDS_NEGATION,
	WORDS_CONTRAST,
	WORDS_REASON,
	WORDS_ALL,
	WORDS_ALL_LEFT, /* the same, but only what no filler has taken */
	WORDS_LISTS
};

struct pack { /* one file */
	const char *file, *language;
	struct rule *rules;		    /* in the file's order */
	struct pattern *words[WORDS_LISTS]; /* NULL: none */
	struct typo_words mendable;	    /* of a yes, of thanks, fillers, reasons */
};

/* Reads a file's text; everything lives in `a` but the patterns. ERR_CONFIG after a complaint. */
enum err rules_parse(struct arena *a, const char *file, const char *text, struct pack *out,
	keywords_complain *complain, void *context) MUST_USE;
void rules_free(struct pack *p);

/* The built-in packs (packs.c). */
struct rules_builtin {
	const char *file;
	const char *text, *end;
};
extern const struct rules_builtin rules_builtins[];
extern const int rules_builtin_n;

#endif
