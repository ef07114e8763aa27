/* See parts.h. The names and numbers stand before what is said of them, or behind it; a text that
 * does both is not taken apart. */
#include "keywords/parts.h"

#include <string.h>

#include "keywords/normalise.h"
#include "responder/base/buf.h"
#include "responder/base/text.h"

#define WORDS_MOST 64

struct splitter {
	const char *words[WORDS_MOST];
	size_t n;
	size_t marks[PARTS_MOST], mark_n; /* which words name something */
	struct reading_part *out;
};

static bool split(struct arena *a, const char *normal, struct splitter *s)
{
	char *rest = arena_str(a, normal);
	for (char *word; (word = strsep(&rest, " "));) {
		if (s->n == WORDS_MOST || text_eq(word, "?"))
			return false;
		s->words[s->n++] = word;
	}
	return true;
}

static bool names(const struct splitter *s, const struct reading_part *p)
{
	for (size_t i = 0; i < s->mark_n; i++)
		if (s->out[i].number == p->number && s->out[i].name == p->name)
			return true;
	return false;
}

/* False when something is named twice, or too much. */
static bool mark(struct splitter *s, size_t at, struct reading_part p)
{
	if (s->mark_n == PARTS_MOST || names(s, &p))
		return false;
	s->out[s->mark_n] = p;
	s->marks[s->mark_n++] = at;
	return true;
}

static bool find_marks(struct arena *a, struct splitter *s, const char *const *names, size_t name_n)
{
	for (size_t i = 0; i < s->n; i++) {
		const char *word = s->words[i];
		bool ok = true;
		if (word[0] >= '1' && word[0] <= '9' && !word[1])
			ok = mark(s, i, (struct reading_part){.number = word[0] - '0'});
		for (size_t k = 0; ok && k < name_n; k++)
			if (text_eq(word, normalise(a, names[k])))
				ok = mark(s, i, (struct reading_part){.name = k});
		if (!ok)
			return false;
	}
	return s->mark_n > 1;
}

/* "and Ben can't": the joint says nothing. */
static bool is_joint(const char *word)
{
	static const char *const joints[] = {"and", "but", "y", "pero", "for", "para", "is", "e"};
	for (size_t i = 0; i < sizeof joints / sizeof joints[0]; i++)
		if (text_eq(word, joints[i]))
			return true;
	return false;
}

/* The words from..to without the mark and without joints at the ends. */
static const char *said(
	struct arena *a, const struct splitter *s, size_t from, size_t to, size_t mark)
{
	while (from < to && (from == mark || is_joint(s->words[from])))
		from++;
	while (to > from && (to - 1 == mark || is_joint(s->words[to - 1])))
		to--;
	struct buf b = buf_new(a, 1024);
	for (size_t i = from; i < to; i++)
		buf_printf(&b, "%s%s", i > from ? " " : "", s->words[i]);
	return b.s;
}

size_t keywords_parts(struct arena *a, const struct keywords *k, const char *normal,
	const char *const *names, size_t name_n, struct reading_part out[PARTS_MOST])
{
	struct splitter s = {.out = out};
	if (!split(a, normal, &s) || !find_marks(a, &s, names, name_n))
		return 0;
	bool before = s.marks[0] == 0, behind = s.marks[s.mark_n - 1] == s.n - 1;
	if (before == behind)
		return 0;
	for (size_t i = 0; i < s.mark_n; i++) {
		size_t from = before ? s.marks[i] : i ? s.marks[i - 1] + 1 : 0;
		size_t to = !before ? s.marks[i] + 1 : i + 1 < s.mark_n ? s.marks[i + 1] : s.n;
		struct reading r;
		keywords_read(a, k, said(a, &s, from, to, s.marks[i]), NULL, &r);
		bool no = r.intent == INTENT_NO || r.intent == INTENT_CANCEL;
		if (r.guards || r.all || (!no && r.intent != INTENT_CONFIRM))
			return 0;
		out[i].yes = !no;
	}
	return s.mark_n;
}
