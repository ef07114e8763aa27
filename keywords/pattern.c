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

struct part {
	pcre2_code *code;
	uint8_t first[32]; /* bit per byte that it may begin with */
};

struct pattern {
	struct part *any, *own; /* ways that may begin with any word; with words of their own */
	int any_n, own_n;
	uint16_t own_of[STARTS_BITS]; /* 1 + index into `own`; 0: none begins with this word */
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

static bool has_bit(const struct pattern_starts *s, unsigned bit)
{
	return s->bits[bit / 64] >> bit % 64 & 1;
}

void pattern_starts_join(struct pattern_starts *into, const struct pattern_starts *from)
{
	for (size_t i = 0; i < sizeof into->bits / sizeof into->bits[0]; i++)
		into->bits[i] |= from->bits[i];
}

bool pattern_starts_meet(const struct pattern_starts *a, const struct pattern_starts *b)
{
	for (size_t i = 0; i < sizeof a->bits / sizeof a->bits[0]; i++)
		if (a->bits[i] & b->bits[i])
			return true;
	return false;
}

static bool is_any(const struct pattern_starts *s)
{
	for (size_t i = 0; i < sizeof s->bits / sizeof s->bits[0]; i++)
		if (~s->bits[i])
			return false;
	return true;
}

struct pattern *pattern_new(void)
{
	struct pattern *p = calloc(1, sizeof *p);
	must(p);
	return p;
}

/* PCRE2 knows with which bytes an expression may begin. */
static void note_first(struct part *part)
{
	const uint8_t *map = NULL;
	if (pcre2_pattern_info(part->code, PCRE2_INFO_FIRSTBITMAP, &map) == 0 && map)
		memcpy(part->first, map, sizeof part->first);
	else
		memset(part->first, 0xff, sizeof part->first);
}

static struct part *append(struct part **list, int *n)
{
	*list = realloc(*list, (size_t)(*n + 1) * sizeof **list);
	must(*list);
	return &(*list)[(*n)++];
}

bool pattern_add(
	struct pattern *p, const char *regex, const struct pattern_starts *starts, const char **why)
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
		return false;
	}
	bool any = is_any(starts);
	struct part *part = any ? append(&p->any, &p->any_n) : append(&p->own, &p->own_n);
	part->code = compiled;
	note_first(part);
	for (unsigned bit = 0; !any && bit < STARTS_BITS; bit++)
		if (has_bit(starts, bit)) {
			must(!p->own_of[bit]);
			p->own_of[bit] = (uint16_t)p->own_n;
		}
	return true;
}

void pattern_free(struct pattern *p)
{
	if (!p)
		return;
	for (int i = 0; i < p->any_n; i++)
		pcre2_code_free(p->any[i].code);
	for (int i = 0; i < p->own_n; i++)
		pcre2_code_free(p->own[i].code);
	free(p->any);
	free(p->own);
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

/* 1 it matches at `from`, 0 not, -1 a limit was hit. */
static int try(const struct part *part, struct workspace *w, const char *s, size_t n, size_t from,
	struct span spans[PATTERN_GROUPS])
{
	unsigned char first = (unsigned char)s[from];
	if (!(part->first[first / 8] >> first % 8 & 1))
		return 0;
	int count = pcre2_match(
		part->code, (PCRE2_SPTR)s, n, from, PCRE2_NO_UTF_CHECK, w->data, w->limits);
	if (count >= 0)
		copy_spans(w, count, spans);
	return count == PCRE2_ERROR_NOMATCH ? 0 : count < 0 ? -1 : 1;
}

int pattern_find(const struct pattern *p, const char *s, size_t n, size_t from,
	struct span spans[PATTERN_GROUPS])
{
	struct workspace *w = workspace();
	for (const char *blank; (blank = strchr(s + from, ' ')) && blank[1];) {
		from = (size_t)(blank + 1 - s);
		int found = 0, own = p->own_of[start_bit(s + from)];
		for (int i = 0; !found && i < p->any_n; i++)
			found = try(&p->any[i], w, s, n, from, spans);
		if (!found && own)
			found = try(&p->own[own - 1], w, s, n, from, spans);
		if (found)
			return found;
	}
	return 0;
}
