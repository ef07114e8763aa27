/* PCRE2 runs without JIT: it is refused under
 * MemoryDenyWriteExecute, and the interpreter is fast enough. Match data and limits belong to the
 * thread. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "keywords/pattern.h"

#include <pcre2.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "responder/base/must.h"

#define MATCH_LIMIT 100000
#define DEPTH_LIMIT 1000
#define HEAP_LIMIT_KIB 1024

#define STARTS_BITS 512

struct pattern {
	pcre2_code *code;
	struct pattern_starts starts;
};

struct workspace { /* of one thread */
	pcre2_match_data *data;
	pcre2_match_context *limits;
};

static pthread_key_t key;

static void free_workspace(void *p)
{
	struct workspace *w = p;
	pcre2_match_data_free(w->data);
	pcre2_match_context_free(w->limits);
	free(w);
}

static void make_key(void)
{
	must(pthread_key_create(&key, free_workspace) == 0);
}

static struct workspace *workspace(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, make_key);
	struct workspace *w = pthread_getspecific(key);
	if (w)
		return w;
	w = calloc(1, sizeof *w);
	must(w);
	w->data = pcre2_match_data_create(PATTERN_GROUPS, NULL);
	w->limits = pcre2_match_context_create(NULL);
	must(w->data && w->limits);
	pcre2_set_match_limit(w->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(w->limits, DEPTH_LIMIT);
	pcre2_set_heap_limit(w->limits, HEAP_LIMIT_KIB);
	pthread_setspecific(key, w);
	return w;
}

void pattern_starts_any(struct pattern_starts *s)
{
	memset(s->bits, 0xff, sizeof s->bits);
}

/* The bit of a word: its first three bytes, or up to its end. `word` ends with a blank. */
static unsigned start_bit(const char *word)
{
	unsigned hash = 0;
	for (int i = 0; i < 3; i++) {
		hash = hash * 37 + (unsigned char)word[i];
		if (word[i] == ' ')
			break;
	}
	return hash % STARTS_BITS;
}

void pattern_starts_word(struct pattern_starts *s, const char *word, bool stem)
{
	char first[4] = "   ";
	size_t n = strlen(word);
	memcpy(first, word, n < 3 ? n : 3);
	if (stem && n < 3) {
		pattern_starts_any(s);
		return;
	}
	unsigned bit = start_bit(first);
	s->bits[bit / 64] |= (uint64_t)1 << bit % 64;
}

static bool may_start(const struct pattern *p, const char *word)
{
	unsigned bit = start_bit(word);
	return p->starts.bits[bit / 64] >> bit % 64 & 1;
}

struct pattern *pattern_new(
	const char *regex, const struct pattern_starts *starts, const char **why)
{
	static _Thread_local char message[160];
	int code;
	PCRE2_SIZE at;
	pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED,
		PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS | PCRE2_ANCHORED | PCRE2_NEVER_BACKSLASH_C,
		&code, &at, NULL);
	if (!compiled) {
		pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof message);
		*why = message;
		return NULL;
	}
	struct pattern *p = calloc(1, sizeof *p);
	must(p);
	*p = (struct pattern){compiled, *starts};
	return p;
}

void pattern_free(struct pattern *p)
{
	if (!p)
		return;
	pcre2_code_free(p->code);
	free(p);
}

static void copy_spans(const struct workspace *w, int count, struct span spans[PATTERN_GROUPS])
{
	const PCRE2_SIZE *v = pcre2_get_ovector_pointer(w->data);
	memset(spans, 0, sizeof(struct span) * PATTERN_GROUPS);
	for (int i = 0; i < count && i < PATTERN_GROUPS; i++)
		if (v[2 * i] != PCRE2_UNSET)
			spans[i] = (struct span){v[2 * i], v[2 * i + 1]};
}

int pattern_find(const struct pattern *p, const char *s, size_t n, size_t from,
	struct span spans[PATTERN_GROUPS])
{
	struct workspace *w = workspace();
	for (const char *blank; (blank = strchr(s + from, ' ')) && blank[1];) {
		from = (size_t)(blank + 1 - s);
		if (!may_start(p, s + from))
			continue;
		int count = pcre2_match(
			p->code, (PCRE2_SPTR)s, n, from, PCRE2_NO_UTF_CHECK, w->data, w->limits);
		if (count >= 0)
			copy_spans(w, count, spans);
		if (count != PCRE2_ERROR_NOMATCH)
			return count < 0 ? -1 : 1;
	}
	return 0;
}
