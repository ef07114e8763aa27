/* A `struct pattern` is a pcre2_code by another name. PCRE2 runs without JIT: it is refused under
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

struct pattern *pattern_new(const char *regex, const char **why)
{
	static _Thread_local char message[160];
	int code;
	PCRE2_SIZE at;
	pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED,
		PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS | PCRE2_NEVER_BACKSLASH_C, &code, &at, NULL);
	if (!compiled) {
		pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof message);
		*why = message;
		return NULL;
	}
	return (struct pattern *)compiled;
}

void pattern_free(struct pattern *p)
{
	pcre2_code_free((pcre2_code *)p);
}

int pattern_find(const struct pattern *p, const char *s, size_t n, size_t from,
	struct span spans[PATTERN_GROUPS])
{
	struct workspace *w = workspace();
	int count = pcre2_match((const pcre2_code *)p, (PCRE2_SPTR)s, n, from, PCRE2_NO_UTF_CHECK,
		w->data, w->limits);
	if (count == PCRE2_ERROR_NOMATCH)
		return 0;
	if (count < 0)
		return -1;
	const PCRE2_SIZE *v = pcre2_get_ovector_pointer(w->data);
	memset(spans, 0, sizeof(struct span) * PATTERN_GROUPS);
	for (int i = 0; i < count && i < PATTERN_GROUPS; i++)
		if (v[2 * i] != PCRE2_UNSET)
			spans[i] = (struct span){v[2 * i], v[2 * i + 1]};
	return 1;
}
