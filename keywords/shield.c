/* See shield.h. A run of words counts as a quote when it is most of our text, or when it carries
 * what only we say ("Reply …"): "see you Tue Mar 10 at 2:20 PM" may well be the patient's own. */
#include "keywords/shield.h"

#include <stdbool.h>
#include <string.h>

#include "keywords/normalise.h"
#include "responder/base/text.h"

#define WORDS_MOST 1000

struct words {
	const char *at[WORDS_MOST];
	size_t length[WORDS_MOST], n;
};

struct run {
	size_t text, ours, n; /* first words, and how many */
};

static void split(const char *s, struct words *out)
{
	out->n = 0;
	for (size_t n; *s && out->n < WORDS_MOST; s += n + (s[n] == ' ')) {
		n = strcspn(s, " ");
		out->at[out->n] = s;
		out->length[out->n++] = n;
	}
}

size_t shield_words(const char *normal)
{
	size_t n = *normal != '\0';
	for (; *normal; normal++)
		n += *normal == ' ';
	return n;
}

static bool same(const struct words *x, size_t i, const struct words *y, size_t k)
{
	return x->length[i] == y->length[k] && memcmp(x->at[i], y->at[k], x->length[i]) == 0;
}

static struct run longest(const struct words *text, const struct words *ours)
{
	struct run best = {0};
	for (size_t i = 0; i + best.n < text->n; i++)
		for (size_t k = 0; k + best.n < ours->n; k++) {
			size_t n = 0;
			while (i + n < text->n && k + n < ours->n && same(text, i + n, ours, k + n))
				n++;
			if (n > best.n)
				best = (struct run){i, k, n};
		}
	return best;
}

static bool only_we_say(const char *word, size_t n)
{
	static const char *const words[] = {"reply", "responda", "escriba", "stop", "start"};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strlen(words[i]) == n && memcmp(words[i], word, n) == 0)
			return true;
	return false;
}

static bool quotes(const struct run *r, const struct words *ours)
{
	bool ours_alone = false;
	for (size_t i = r->ours; i < r->ours + r->n; i++)
		ours_alone |= only_we_say(ours->at[i], ours->length[i]);
	return r->n >= SHIELD_LEAST_WORDS && (ours_alone || r->n * 10 >= ours->n * 6);
}

static void cut(struct words *w, const struct run *r)
{
	size_t behind = w->n - r->text - r->n;
	memmove(w->at + r->text, w->at + r->text + r->n, behind * sizeof w->at[0]);
	memmove(w->length + r->text, w->length + r->text + r->n, behind * sizeof w->length[0]);
	w->n -= r->n;
}

static char *join(struct arena *a, const struct words *w)
{
	size_t room = 1;
	for (size_t i = 0; i < w->n; i++)
		room += w->length[i] + 1;
	char *out = arena_alloc(a, room), *to = out;
	for (size_t i = 0; i < w->n; i++) {
		if (i)
			*to++ = ' ';
		memcpy(to, w->at[i], w->length[i]);
		to += w->length[i];
	}
	return out;
}

char *shield_strip(struct arena *a, const char *normal, const char *const *ours, size_t ours_n)
{
	struct words *text = arena_new_of(a, struct words), *mine = arena_new_of(a, struct words);
	bool any = false;
	split(normal, text);
	for (size_t i = 0; i < ours_n; i++) {
		split(normalise(a, ours[i]), mine);
		struct run r = longest(text, mine);
		while (r.n && quotes(&r, mine)) {
			cut(text, &r);
			any = true;
			r = longest(text, mine);
		}
	}
	return any ? join(a, text) : NULL;
}
