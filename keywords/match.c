/* Reading: opt-out words first, then the rules of all packs in the order of their intents; each
 * match is struck out of the working text, and what is left at the end says how sure the reading
 * is. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keywords/keywords.h"
#include "keywords/normalise.h"
#include "keywords/optwords.h"
#include "keywords/rules.h"
#include "keywords/said.h"
#include "keywords/shield.h"
#include "responder/base/buf.h"
#include "responder/base/must.h"
#include "responder/base/text.h"

#define PACKS_MOST 32
#define FILE_MOST ((size_t)1 << 20)

struct keywords {
	struct arena *arena;
	struct pack packs[PACKS_MOST];
	int pack_n;
	struct said_patterns *said;
	struct rule **by_intent; /* all rules, in the order of their intents */
	int rule_n;
};

const char *intent_word(enum intent i)
{
	static const char *const words[] = {
#define X(name, word) word,
		INTENT_TABLE(X)
#undef X
	};
	must((unsigned)i < INTENT_COUNT);
	return words[i];
}

/* What has been found so far. */
struct finding {
	char *work;		  /* the working text, see said.h */
	const struct rule *first; /* the strongest rule */
	const struct rule *weak;  /* the weak rule that stands first in the text */
	size_t weak_at;
	bool denied;
	bool torn;	  /* between two choices */
	unsigned intents; /* bit per intent that matched, weak ones apart */
	int minutes;
	bool limit;
};

/* Strikes out all matches of a pattern; how many. `first` gets the spans of the first. */
static int strike(const struct pattern *p, struct finding *f, struct span first[PATTERN_GROUPS])
{
	struct span g[PATTERN_GROUPS];
	int count = 0, found;
	size_t from = 0, n = strlen(f->work);
	while (p && (found = pattern_find(p, f->work, n, from, g)) != 0) {
		if (found < 0) {
			f->limit = true;
			break;
		}
		if (g[0].end <= g[0].start + 1) /* nothing but a blank: no way forward */
			break;
		if (!count++ && first)
			memcpy(first, g, sizeof g);
		memset(f->work + g[0].start, '_', g[0].end - 1 - g[0].start);
		from = g[0].end - 1;
	}
	return count;
}

/* All of the text at once. */
static bool strike_whole(const struct rule *r, struct finding *f, size_t n)
{
	for (const struct whole *w = r->whole; w; w = w->next)
		if (w->n + 2 == n && memcmp(f->work + 1, w->text, w->n) == 0) {
			memset(f->work + 1, '_', w->n);
			return true;
		}
	return false;
}

static void try_rule(struct finding *f, const struct rule *r, size_t n)
{
	struct span g[PATTERN_GROUPS] = {{0}};
	if (!strike_whole(r, f, n) && !strike(r->pattern, f, g))
		return;
	if (r->weak) {
		if (!f->weak || g[0].start < f->weak_at) {
			f->weak = r;
			f->weak_at = g[0].start;
		}
		return;
	}
	f->denied |= r->denies;
	f->torn |= r->intent == INTENT_CHOICE && f->first && f->first->choice != r->choice;
	f->first = f->first ? f->first : r;
	f->intents |= 1u << r->intent;
}

/* The number of minutes in a late text, before it is struck out. */
static void note_minutes(struct finding *f, const struct rule *r)
{
	struct span g[PATTERN_GROUPS];
	if (r->intent != INTENT_LATE || f->minutes || !r->pattern)
		return;
	if (pattern_find(r->pattern, f->work, strlen(f->work), 0, g) <= 0)
		return;
	for (int i = PATTERN_GROUPS - 1; i > 0; i--)
		if (g[i].end > g[i].start)
			f->minutes = atoi(f->work + g[i].start);
}

static void try_rules(const struct keywords *k, struct finding *f, bool answers)
{
	size_t n = strlen(f->work);
	for (int i = 0; i < k->rule_n; i++) {
		const struct rule *r = k->by_intent[i];
		if ((r->intent >= INTENT_CHOICE) != answers)
			continue;
		note_minutes(f, r);
		try_rule(f, r, n);
	}
}

static bool strike_words(const struct keywords *k, struct finding *f, enum word_list list)
{
	int count = 0;
	for (int i = 0; i < k->pack_n; i++)
		count += strike(k->packs[i].words[list], f, NULL);
	return count > 0;
}

static bool has_word(const char *work, const char *padded)
{
	return strstr(work, padded) != NULL;
}

static bool words_left(const char *work)
{
	return work[strspn(work, " _")] != '\0';
}

/* "No, I can't come" says one thing, and so does "can't come, another time?". */
static bool several(const struct finding *f)
{
	unsigned intents = f->intents;
	if (f->denied)
		intents &= ~(1u << INTENT_NO);
	if (intents & 1u << INTENT_RESCHEDULE)
		intents &= ~(1u << INTENT_CANCEL);
	return f->torn || (intents & (intents - 1)) != 0;
}

/* A name that no rule has explained. Names that are words, too (Will, May), are left to the rules.
 */
static unsigned strike_names(struct arena *a, struct finding *f, const struct reading_aids *aids)
{
	unsigned named = 0;
	for (size_t i = 0; aids && i < aids->name_n && i < 32; i++) {
		const char *name = arena_printf(a, " %s ", normalise(a, aids->names[i]));
		size_t n = strlen(name);
		for (char *at = f->work; n > 2 && (at = strstr(at, name)); at++) {
			memset(at + 1, '_', n - 2);
			named |= 1u << i;
		}
	}
	return named;
}

/* The words of a clinician's name. */
static void strike_others(struct arena *a, struct finding *f, const struct reading_aids *aids)
{
	for (size_t i = 0; aids && i < aids->other_n; i++) {
		char *rest = normalise(a, aids->others[i]);
		for (char *word; (word = strsep(&rest, " "));) {
			const char *padded = arena_printf(a, " %s ", word);
			for (char *at = f->work; *word && (at = strstr(at, padded)); at++)
				memset(at + 1, '_', strlen(word));
		}
	}
}

static unsigned guards_of(struct arena *a, const struct keywords *k, struct finding *f,
	const struct reading_aids *aids, struct reading *out)
{
	unsigned guards = 0;
	if (said_take(k->said, f->work, &out->said, &f->limit))
		guards |= GUARD_TIME;
	out->all = strike_words(k, f, WORDS_ALL); /* "las dos" is no choice of the second */
	try_rules(k, f, true);
	if (has_word(f->work, " ? "))
		guards |= GUARD_QUESTION;
	for (char *at; (at = strstr(f->work, " ? "));)
		at[1] = '_';
	/* Why somebody cannot come explains itself; beside a yes it would not. */
	if (f->intents & (1u << INTENT_CANCEL | 1u << INTENT_RESCHEDULE | 1u << INTENT_NO))
		strike_words(k, f, WORDS_REASON);
	if (strike_words(k, f, WORDS_CONTRAST))
		guards |= GUARD_CONTRAST;
	if (strike_words(k, f, WORDS_NEGATION))
		guards |= GUARD_NEGATION;
	strike_words(k, f, WORDS_FILLER);
	out->all |= strike_words(k, f, WORDS_ALL_LEFT);
	out->named = strike_names(a, f, aids);
	strike_others(a, f, aids);
	if (words_left(f->work))
		guards |= GUARD_MORE;
	if (several(f))
		guards |= GUARD_SEVERAL;
	return guards | (f->limit ? GUARD_LIMIT : 0);
}

static const char *explain(struct arena *a, const struct reading *r)
{
	if (r->intent == INTENT_NONE)
		return "No rule reads this.";
	return arena_printf(a, "Read as \"%s\" by rule %s.", intent_word(r->intent), r->rule);
}

static void settle(struct arena *a, struct reading *out, const struct finding *f, enum intent core)
{
	const struct rule *r = f->first ? f->first : f->weak;
	out->intent = r ? r->intent : INTENT_NONE;
	out->rule = r ? r->name : "-";
	out->choice = r ? r->choice : 0;
	out->minutes = f->minutes;
	if (core < out->intent) {
		out->intent = core;
		out->rule = arena_printf(a, "core/%s", intent_word(core));
	}
	out->why = explain(a, out);
}

/* Whether the program would act on it. Intents that only make a task are right when they are seen
 * at all; asking to book is a question by nature. */
static bool sure(const struct reading *r)
{
	static const unsigned booking = GUARD_QUESTION | GUARD_MORE | GUARD_TIME;
	switch (r->intent) {
	case INTENT_CONFIRM:
	case INTENT_CANCEL:
	case INTENT_NO:
	case INTENT_CHOICE:
	case INTENT_THANKS: return !(r->guards & ~(unsigned)GUARD_TIME);
	case INTENT_BOOK: return !(r->guards & ~booking);
	default: return true;
	}
}

/* `*left` is the working text: what was understood is struck out of it. */
static void read_once(struct arena *a, const struct keywords *k, const char *text,
	const char *normal, const struct reading_aids *aids, struct reading *out, const char **left)
{
	*out = (struct reading){.normal = normal};
	struct finding f = {
		.work = arena_printf(a, " %s ", normal), .limit = strlen(text) > NORMALISE_MOST};
	enum intent core = optwords_read(a, text, normal);
	/* Conclusive words need no rule; the others may be outranked by one (urgent words). */
	if (core > INTENT_START) {
		strike_words(k, &f, WORDS_GREETING);
		try_rules(k, &f, false);
		out->guards = guards_of(a, k, &f, aids, out);
	}
	settle(a, out, &f, core);
	*left = f.work;
}

static const char *mend_word(const struct keywords *k, const char *s, size_t n)
{
	const char *word = NULL;
	for (int i = 0; i < k->pack_n && !word; i++)
		word = typo_mend(&k->packs[i].mendable, s, n);
	return word;
}

/* The text with its slips mended where nothing was understood; NULL when there are none. */
static const char *mend(
	struct arena *a, const struct keywords *k, const char *normal, const char *left)
{
	struct buf out = buf_new(a, NORMALISE_MOST * 8);
	bool any = false;
	for (size_t at = 0, n; normal[at]; at += n + (normal[at + n] == ' ')) {
		n = strcspn(normal + at, " ");
		/* `left` has one blank more before it. */
		bool open = memcmp(left + 1 + at, normal + at, n) == 0;
		const char *word = open ? mend_word(k, normal + at, n) : NULL;
		any |= word != NULL;
		buf_str(&out, at ? " " : "");
		buf_add(&out, word ? word : normal + at, word ? strlen(word) : n);
	}
	return any && !out.over ? out.s : NULL;
}

/* Whether a mended text may be believed: it says a clean yes or thanks, or just what was read
 * before. */
static bool harmless(const struct reading *before, const struct reading *after)
{
	bool kind = after->intent == INTENT_CONFIRM || after->intent == INTENT_THANKS ||
		    after->intent == before->intent;
	return kind && after->intent != INTENT_NONE && sure(after) &&
	       !(after->guards & ~before->guards);
}

bool keywords_may_quote(const char *text)
{
	int blanks = 0;
	for (; *text; text++)
		blanks += *text == ' ' || *text == '\n';
	return blanks + 1 >= SHIELD_LEAST_WORDS;
}

static void read_mended(struct arena *a, const struct keywords *k, const char *text,
	const char *normal, const struct reading_aids *aids, struct reading *out)
{
	const char *left;
	read_once(a, k, text, normal, aids, out, &left);
	if (out->intent < INTENT_HELP || !(out->guards & GUARD_MORE))
		return;
	const char *mended = mend(a, k, normal, left);
	if (!mended)
		return;
	struct reading again;
	read_once(a, k, text, mended, aids, &again, &left);
	if (!harmless(out, &again))
		return;
	again.normal = normal;
	again.why = arena_printf(a, "%s Mended to \"%s\".", again.why, mended);
	*out = again;
}

void keywords_read(struct arena *a, const struct keywords *k, const char *text,
	const struct reading_aids *aids, struct reading *out)
{
	const char *normal = normalise(a, text), *stripped = NULL;
	if (aids && aids->ours_n && shield_words(normal) >= SHIELD_LEAST_WORDS)
		stripped = shield_strip(a, normal, aids->ours, aids->ours_n);
	read_mended(a, k, stripped ? stripped : text, stripped ? stripped : normal, aids, out);
	if (stripped)
		out->why = arena_printf(a, "%s Our own words in it were left out.", out->why);
}

/* Loading */

struct complaint {
	keywords_complain *complain;
	void *context;
};

static void say(const struct complaint *c, const char *file, int line, const char *what)
{
	if (c->complain)
		c->complain(c->context, file, line, what);
}

static bool holds(struct arena *a, const struct keywords *k, const struct rule *r,
	const struct example *e, const struct complaint *c, const char *file)
{
	struct reading got;
	keywords_read(a, k, e->text, NULL, &got);
	bool same = got.intent == r->intent && got.choice == r->choice && sure(&got);
	if (same == (e->kind == EXAMPLE_LIKE))
		return true;
	say(c, file, e->line,
		arena_printf(a, "\"%s\" must %sread as %s, but is %s by %s%s", e->text,
			e->kind == EXAMPLE_LIKE ? "" : "not ", intent_word(r->intent),
			intent_word(got.intent), got.rule,
			sure(&got) ? "" : ", with words that make it unsure"));
	return false;
}

static enum err prove(struct keywords *k, const struct complaint *c)
{
	bool ok = true;
	struct arena *a = arena_new(0);
	for (int i = 0; i < k->pack_n; i++)
		for (const struct rule *r = k->packs[i].rules; r; r = r->next)
			for (const struct example *e = r->examples; e; e = e->next) {
				ok = holds(a, k, r, e, c, k->packs[i].file) && ok;
				arena_reset(a);
			}
	arena_free(a);
	return ok ? OK : ERR_CONFIG;
}

static enum err add_pack(
	struct keywords *k, const char *file, const char *text, const struct complaint *c)
{
	if (k->pack_n == PACKS_MOST) {
		say(c, file, 0, "there are too many rule files");
		return ERR_CONFIG;
	}
	return rules_parse(k->arena, file, text, &k->packs[k->pack_n++], c->complain, c->context);
}

static char *read_file(struct arena *a, const char *path)
{
	FILE *f = fopen(path, "r");
	if (!f)
		return NULL;
	char *text = arena_alloc(a, FILE_MOST + 1);
	size_t n = fread(text, 1, FILE_MOST, f);
	bool whole = !ferror(f) && n < FILE_MOST && !memchr(text, '\0', n);
	fclose(f);
	return whole ? text : NULL;
}

static int rules_only(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);
	return n > 6 && text_eq(entry->d_name + n - 6, ".rules");
}

static enum err add_folder(struct keywords *k, const char *folder, const struct complaint *c)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, rules_only, alphasort);
	enum err e = n > 0 ? OK : ERR_CONFIG;
	if (n <= 0)
		say(c, folder, 0, "there are no *.rules files here");
	for (int i = 0; i < n; i++) {
		char *path = arena_printf(k->arena, "%s/%s", folder, entries[i]->d_name);
		char *text = read_file(k->arena, path);
		free(entries[i]);
		if (!text)
			say(c, path, 0, "it cannot be read, or is larger than 1 MiB");
		if (!e)
			e = text ? add_pack(k, path, text, c) : ERR_CONFIG;
	}
	if (n >= 0)
		free(entries);
	return e;
}

static enum err add_builtins(struct keywords *k, const struct complaint *c)
{
	enum err e = OK;
	for (int i = 0; !e && i < rules_builtin_n; i++) {
		const struct rules_builtin *b = &rules_builtins[i];
		e = add_pack(
			k, b->file, arena_strn(k->arena, b->text, (size_t)(b->end - b->text)), c);
	}
	return e;
}

static void order_rules(struct keywords *k)
{
	int n = 0;
	for (int i = 0; i < k->pack_n; i++)
		for (struct rule *r = k->packs[i].rules; r; r = r->next)
			n++;
	k->by_intent = arena_array(k->arena, struct rule *, n + 1);
	for (int intent = 0; intent < INTENT_COUNT; intent++)
		for (int i = 0; i < k->pack_n; i++)
			for (struct rule *r = k->packs[i].rules; r; r = r->next)
				if ((int)r->intent == intent)
					k->by_intent[k->rule_n++] = r;
}

enum err keywords_load(
	struct keywords **out, const char *folder, keywords_complain *complain, void *context)
{
	struct complaint c = {complain, context};
	struct keywords *k = calloc(1, sizeof *k);
	must(k);
	k->arena = arena_new(0);
	k->said = said_patterns_new();
	enum err e = folder ? add_folder(k, folder, &c) : add_builtins(k, &c);
	if (!e) {
		order_rules(k);
		e = prove(k, &c);
	}
	*out = k;
	if (e) {
		keywords_free(k);
		*out = NULL;
	}
	return e;
}

void keywords_free(struct keywords *k)
{
	if (!k)
		return;
	for (int i = 0; i < k->pack_n; i++)
		rules_free(&k->packs[i]);
	said_patterns_free(k->said);
	arena_free(k->arena);
	free(k);
}
