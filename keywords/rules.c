/* The parser of rule files: one line at a time, every fault named with its line. A phrase becomes a
 * part of its rule's one regular expression, in the same normal form as the texts it shall meet. */
#include "keywords/rules.h"

#include <stdlib.h>
#include <string.h>

#include "keywords/normalise.h"
#include "responder/base/buf.h"
#include "responder/base/text.h"

#define REGEX_MOST 65536
#define PHRASES_MOST 1000

/* The phrases of a rule or a list. They are tried longest first, whatever their order in the file:
 * "book me an appointment" must not be read as "book" with words left over. */
struct phrases {
	struct phrase {
		const char *regex;
		int words, order;
		struct pattern_starts starts;
		int group; /* of phrases that may begin with one word */
	} * at;
	int n;
	/* the phrase being read: */
	struct pattern_starts starts;
	bool started;  /* a word that may not be missing was there */
	bool mendable; /* a slip in its words does no harm */
};

struct parser {
	struct arena *arena, *scratch; /* what stays, and what only the parsing needs */
	struct pack *pack;
	keywords_complain *complain;
	void *context;
	int line;
	bool faulty;
	struct rule *rule, **rules_end;
	struct phrases phrases; /* of the rule being read */
	struct phrases words[WORDS_LISTS];
};

static void fault(struct parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void fault(struct parser *p, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *what = arena_vprintf(p->scratch, format, args);
	va_end(args);
	if (p->complain)
		p->complain(p->context, p->pack->file, p->line, what);
	p->faulty = true;
}

/* A word as a regular expression: its letters as they are, "~" at the end for any ending. */
static void add_word(struct parser *p, struct phrases *list, struct buf *out, char *word)
{
	size_t n = strlen(word);
	bool any_ending = n > 1 && word[n - 1] == '~';
	if (any_ending)
		word[n - 1] = '\0';
	/* A lone letter would be taken for spelling; it is its own normal form. */
	const char *normal = word[1] ? normalise(p->scratch, word) : word;
	if (!*normal || strpbrk(normal, "\\^$.[|()*+{"))
		fault(p, "'%s' is no word", word);
	if (list->mendable && !any_ending)
		typo_keep(p->arena, &p->pack->mendable, normal);
	if (!list->started)
		pattern_starts_word(&list->starts, normal, any_ending);
	if (text_eq(word, "?"))
		normal = "\\?";
	buf_str(out, normal);
	if (any_ending)
		buf_str(out, "[^ ]*");
}

/* "a/b/c" or "[a/b]": one of these; in brackets it may be missing. Each eats the blank behind it.
 */
static void add_token(struct parser *p, struct phrases *list, struct buf *out, char *token)
{
	size_t n = strlen(token);
	bool optional = token[0] == '[';
	if (optional != (token[n - 1] == ']') || (optional && n < 3)) {
		fault(p, "'%s' has only one bracket", token);
		return;
	}
	if (optional) {
		token[n - 1] = '\0';
		token++;
	}
	buf_str(out, "(?:(?:");
	char *rest = token, *save = NULL;
	for (char *word = strtok_r(rest, "/", &save); word; word = strtok_r(NULL, "/", &save)) {
		if (word != rest)
			buf_char(out, '|');
		add_word(p, list, out, word);
	}
	list->started |= !optional;
	buf_str(out, optional ? ") )?" : ") )");
}

static void keep_phrase(struct parser *p, struct phrases *list, const char *regex, int words)
{
	if (list->n == PHRASES_MOST) {
		fault(p, "there are more than %d phrases", PHRASES_MOST);
		return;
	}
	if (!list->at)
		list->at = arena_array(p->scratch, struct phrase, PHRASES_MOST);
	list->at[list->n] = (struct phrase){regex, words, list->n, list->starts, list->n};
	list->n++;
}

static void add_phrase(struct parser *p, struct phrases *list, char *phrase)
{
	struct buf out = buf_new(p->scratch, REGEX_MOST);
	char *save = NULL;
	int words = 0;
	list->starts = (struct pattern_starts){0};
	list->started = false;
	for (char *t = strtok_r(phrase, " \t", &save); t; t = strtok_r(NULL, " \t", &save), words++)
		add_token(p, list, &out, t);
	keep_phrase(p, list, out.s, words);
}

/* "can't come, won't come": phrases between commas. */
static void add_phrases(struct parser *p, struct phrases *list, char *text)
{
	char *save = NULL;
	for (char *s = strtok_r(text, ",", &save); s; s = strtok_r(NULL, ",", &save)) {
		s = text_trim(s);
		if (*s)
			add_phrase(p, list, s);
	}
}

static int longest_first(const void *a, const void *b)
{
	const struct phrase *x = a, *y = b;
	return x->words != y->words ? y->words - x->words : x->order - y->order;
}

/* Only phrases that may begin with the same word compete; an expression competes with all, and
 * wins. */
static void group_phrases(struct phrases *list)
{
	for (int i = 0; i < list->n; i++)
		for (int k = 0; k < i; k++) {
			struct phrase *x = &list->at[i], *y = &list->at[k];
			bool experts = x->words == PHRASES_MOST || y->words == PHRASES_MOST;
			if (x->group == y->group || experts ||
				!pattern_starts_meet(&x->starts, &y->starts))
				continue;
			for (int m = 0, from = x->group, to = y->group; m < list->n; m++)
				if (list->at[m].group == from)
					list->at[m].group = to;
		}
}

static void add_group(struct parser *p, struct phrases *list, int group, struct pattern *out)
{
	struct buf all = buf_new(p->scratch, REGEX_MOST);
	struct pattern_starts starts = {0};
	for (int i = 0; i < list->n; i++) {
		if (list->at[i].group != group)
			continue;
		buf_printf(&all, "%s(?:%s)", all.n ? "|" : "(?:", list->at[i].regex);
		pattern_starts_join(&starts, &list->at[i].starts);
	}
	if (!all.n)
		return;
	buf_char(&all, ')');
	const char *why = "it is too long";
	if (all.over || !pattern_add(out, all.s, &starts, &why))
		fault(p, "the expression does not compile: %s", why);
}

static struct pattern *compile(struct parser *p, struct phrases *list)
{
	if (!list->n)
		return NULL;
	group_phrases(list);
	qsort(list->at, (size_t)list->n, sizeof *list->at, longest_first);
	struct pattern *out = pattern_new();
	for (int group = 0; group < list->n; group++)
		add_group(p, list, group, out);
	return out;
}

static void end_rule(struct parser *p)
{
	if (!p->rule)
		return;
	int here = p->line;
	p->line = p->rule->line;
	if (!p->phrases.n && !p->rule->whole)
		fault(p, "rule %s says nothing", p->rule->name);
	p->rule->pattern = compile(p, &p->phrases);
	p->line = here;
	p->rule = NULL;
}

/* Opting out and in is compiled in: no file can say what it means. */
static bool intent_of(const char *word, enum intent *out)
{
	for (int i = INTENT_URGENT; i < INTENT_NONE; i++) {
		*out = (enum intent)i;
		if (i != INTENT_STOP_INSIDE && text_eq(word, intent_word(*out)))
			return true;
	}
	return false;
}

/* rule NAME = INTENT [NUMBER] [weak] [denies] */
static void begin_rule(struct parser *p, char *s)
{
	char *save = NULL, *name = strtok_r(s, " \t", &save),
	     *equals = strtok_r(NULL, " \t", &save);
	char *intent = strtok_r(NULL, " \t", &save);
	end_rule(p);
	struct rule *r = arena_new_of(p->arena, struct rule);
	if (!intent || !text_eq(equals, "=") || !intent_of(intent, &r->intent)) {
		fault(p, "say: rule NAME = INTENT, with one of the intents of the README");
		return;
	}
	for (char *more; (more = strtok_r(NULL, " \t", &save));) {
		int64_t n;
		if (text_eq(more, "weak"))
			r->weak = true;
		else if (text_eq(more, "denies"))
			r->denies = true;
		else if (text_int(more, 1, 99, &n))
			r->choice = (int)n;
		else
			fault(p, "what is '%s'?", more);
	}
	r->name = arena_printf(p->arena, "%s/%s", p->pack->language, name);
	r->line = p->line;
	*p->rules_end = r;
	p->rules_end = &r->next;
	p->rule = r;
	p->phrases = (struct phrases){
		.mendable = r->intent == INTENT_CONFIRM || r->intent == INTENT_THANKS};
}

static void add_example(struct parser *p, enum example_kind kind, const char *text)
{
	struct example *e = arena_new_of(p->arena, struct example);
	*e = (struct example){kind, arena_str(p->arena, text), p->line, p->rule->examples};
	p->rule->examples = e;
}

static void add_wholes(struct parser *p, char *text)
{
	char *save = NULL;
	for (char *s = strtok_r(text, ",", &save); s; s = strtok_r(NULL, ",", &save)) {
		const char *normal = normalise(p->arena, text_trim(s));
		if (!*normal) {
			fault(p, "'%s' is no text", s);
			continue;
		}
		struct whole *w = arena_new_of(p->arena, struct whole);
		*w = (struct whole){normal, strlen(normal), p->rule->whole};
		p->rule->whole = w;
	}
}

/* A line inside a rule. */
static void rule_line(struct parser *p, const char *key, char *value)
{
	if (!p->rule)
		fault(p, "'%s' belongs under a rule", key);
	else if (text_eq(key, "say"))
		add_phrases(p, &p->phrases, value);
	else if (text_eq(key, "whole"))
		add_wholes(p, value);
	else if (text_eq(key, "expert")) {
		pattern_starts_any(&p->phrases.starts);
		keep_phrase(p, &p->phrases, arena_printf(p->scratch, "%s ", value), PHRASES_MOST);
	} else if (text_eq(key, "like"))
		add_example(p, EXAMPLE_LIKE, value);
	else
		add_example(p, EXAMPLE_NOT, value);
}

static void read_line(struct parser *p, char *s)
{
	static const char *const lists[] = {
		"greeting", "filler", "negation", "contrast", "reason", "all", "all-left"};
	static const char *const keys[] = {"say", "whole", "expert", "like", "not"};
	s = text_trim(s);
	if (!*s || *s == '#')
		return;
	if (text_starts(s, "rule ")) {
		begin_rule(p, s + 5);
		return;
	}
	char *colon = strchr(s, ':');
	if (colon) {
		*colon = '\0';
		char *value = text_trim(colon + 1);
		for (size_t i = 0; i < WORDS_LISTS; i++)
			if (text_eq(s, lists[i])) {
				end_rule(p);
				p->words[i].mendable = i == WORDS_GREETING || i == WORDS_FILLER ||
						       i == WORDS_REASON;
				add_phrases(p, &p->words[i], value);
				return;
			}
		for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
			if (text_eq(s, keys[i])) {
				rule_line(p, s, value);
				return;
			}
		if (text_eq(s, "language")) {
			p->pack->language = arena_str(p->arena, value);
			return;
		}
	}
	fault(p, "what does '%s' mean here?", s);
}

enum err rules_parse(struct arena *a, const char *file, const char *text, struct pack *out,
	keywords_complain *complain, void *context)
{
	struct parser p = {.arena = a,
		.scratch = arena_new(0),
		.pack = out,
		.complain = complain,
		.context = context};
	*out = (struct pack){.file = file, .language = "xx"};
	p.rules_end = &out->rules;
	if (!text_utf8_ok(text, strlen(text)))
		fault(&p, "the file is not valid UTF-8");
	for (char *rest = arena_str(p.scratch, text), *line;
		!p.faulty && (line = strsep(&rest, "\n"));) {
		p.line++;
		read_line(&p, line);
	}
	end_rule(&p);
	for (int i = 0; i < WORDS_LISTS; i++)
		out->words[i] = compile(&p, &p.words[i]);
	arena_free(p.scratch);
	return p.faulty ? ERR_CONFIG : OK;
}

void rules_free(struct pack *p)
{
	for (struct rule *r = p->rules; r; r = r->next)
		pattern_free(r->pattern);
	for (int i = 0; i < WORDS_LISTS; i++)
		pattern_free(p->words[i]);
}
