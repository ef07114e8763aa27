/* See typo.h. The first letter is almost never the slip, which keeps "where" from being "there". */
#include "keywords/typo.h"

#include <string.h>

#include "responder/base/text.h"

#define LEAST_KEPT 5
#define LEAST_MENDED 4

/* One letter away from a word that we keep, and yet something else. */
static const char *const own_words[] = {"three", "these", "those", "their", "then", "than", "them",
	"this", "thing", "think", "thank", "works", "words", "work", "word", "grate", "greet",
	"still", "stall", "could", "cold", "should", "shall", "would", "world", "quite", "quiet",
	"apply", "form", "from", "after", "afternoon", "sent", "send", "sound", "pound", "mover",
	"never", "none", "nine", "worse", "right", "fight", "coding", "cooking", "combing",
	"conform", "attest", "hear", "heart"};

static bool is_own(const char *s, size_t n)
{
	for (size_t i = 0; i < sizeof own_words / sizeof own_words[0]; i++)
		if (strlen(own_words[i]) == n && memcmp(own_words[i], s, n) == 0)
			return true;
	return false;
}

static bool all_letters(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] < 'a' || s[i] > 'z')
			return false;
	return true;
}

static bool one_apart(const char *x, size_t x_n, const char *y, size_t y_n)
{
	size_t head = 0, tail = 0, least = x_n < y_n ? x_n : y_n;
	while (head < least && x[head] == y[head])
		head++;
	while (tail < least - head && x[x_n - 1 - tail] == y[y_n - 1 - tail])
		tail++;
	size_t x_left = x_n - head - tail, y_left = y_n - head - tail;
	if (x_left + y_left == 1 || (x_left == 1 && y_left == 1))
		return true;
	return x_left == 2 && y_left == 2 && x[head] == y[head + 1] && x[head + 1] == y[head];
}

void typo_keep(struct arena *a, struct typo_words *words, const char *word)
{
	size_t n = strlen(word);
	if (n < LEAST_KEPT || !all_letters(word, n))
		return;
	for (size_t i = 0; i < words->n; i++)
		if (text_eq(words->at[i], word))
			return;
	if (words->n == words->room) {
		size_t room = words->room ? words->room * 2 : 64;
		words->at = arena_grow(a, (void *)words->at, words->n * sizeof *words->at,
			room * sizeof *words->at);
		words->room = room;
	}
	words->at[words->n++] = arena_str(a, word);
}

const char *typo_mend(const struct typo_words *words, const char *s, size_t n)
{
	if (n < LEAST_MENDED || !all_letters(s, n) || is_own(s, n))
		return NULL;
	for (size_t i = 0; i < words->n; i++) {
		const char *word = words->at[i];
		if (word[0] == s[0] && one_apart(s, n, word, strlen(word)))
			return word;
	}
	return NULL;
}
