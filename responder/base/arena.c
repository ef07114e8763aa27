/* Bump allocation in a list of blocks. */
#include "responder/base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "responder/base/must.h"

#define BLOCK_SIZE ((size_t)16 * 1024)
#define DEFAULT_CAP ((size_t)64 * 1024 * 1024)
#define SPARE_MOST                                                                                 \
	64 /* blocks kept over a reset: giving memory back and faulting it in again costs          \
	    * more than a small transaction */

struct block {
	struct block *next;
	size_t size, used;
	alignas(max_align_t) unsigned char bytes[];
};

struct arena {
	struct block *blocks; /* newest first */
	struct block *spare;  /* of the usual size, empty */
	size_t cap, total, spare_n;
};

static struct block *block_new(struct arena *a, size_t need)
{
	size_t size = need > BLOCK_SIZE ? need : BLOCK_SIZE;
	must(a->total + size <= a->cap);
	struct block *b = size == BLOCK_SIZE ? a->spare : NULL;
	if (b) {
		a->spare = b->next;
		a->spare_n--;
	} else {
		b = malloc(sizeof *b + size);
		must(b);
	}
	b->size = size;
	b->used = 0;
	b->next = a->blocks;
	a->blocks = b;
	a->total += size;
	return b;
}

struct arena *arena_new(size_t cap)
{
	struct arena *a = calloc(1, sizeof *a);
	must(a);
	a->cap = cap ? cap : DEFAULT_CAP;
	return a;
}

static void blocks_free(struct block *b)
{
	while (b) {
		struct block *next = b->next;
		free(b);
		b = next;
	}
}

void arena_reset(struct arena *a)
{
	while (a->blocks) {
		struct block *b = a->blocks;
		a->blocks = b->next;
		if (b->size != BLOCK_SIZE || a->spare_n == SPARE_MOST) {
			free(b);
			continue;
		}
		b->next = a->spare;
		a->spare = b;
		a->spare_n++;
	}
	a->total = 0;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	blocks_free(a->blocks);
	blocks_free(a->spare);
	free(a);
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t align = alignof(max_align_t);
	must(size <= a->cap);
	size_t need = (size + align - 1) / align * align;
	struct block *b = a->blocks;
	if (!b || b->size - b->used < need)
		b = block_new(a, need);
	void *p = b->bytes + b->used;
	b->used += need;
	return memset(p, 0, need);
}

void *arena_grow(struct arena *a, void *old, size_t old_size, size_t new_size)
{
	void *p = arena_alloc(a, new_size);
	if (old_size)
		memcpy(p, old, old_size);
	return p;
}

void *arena_copy(struct arena *a, const void *from, size_t size)
{
	void *p = arena_alloc(a, size ? size : 1);
	if (size)
		memcpy(p, from, size);
	return p;
}

char *arena_strn(struct arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1);
	memcpy(p, s, n);
	return p;
}

char *arena_str(struct arena *a, const char *s)
{
	return s ? arena_strn(a, s, strlen(s)) : NULL;
}

char *arena_vprintf(struct arena *a, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	must(n >= 0);
	char *p = arena_alloc(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, format, args);
	return p;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *p = arena_vprintf(a, format, args);
	va_end(args);
	return p;
}
