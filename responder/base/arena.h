/* One arena per unit of work (a request, a batch, a pass of a loop): allocate freely, free once.
 * A function that allocates takes the arena as its first argument; one that takes none allocates
 * nothing. Running out of memory or over the cap is a broken invariant, not an error to handle. */
#ifndef RESPONDER_BASE_ARENA_H
#define RESPONDER_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct arena;

struct arena *arena_new(size_t cap); /* cap in bytes over the arena's whole life; 0: 64 MiB */
void arena_reset(struct arena *a);   /* forgets everything, keeps up to a MiB for reuse */
void arena_free(struct arena *a);    /* NULL is fine */

void *arena_alloc(struct arena *a, size_t size); /* zeroed, aligned for any type */
void *arena_grow(struct arena *a, void *old, size_t old_size, size_t new_size);
void *arena_copy(struct arena *a, const void *from, size_t size);
char *arena_str(struct arena *a, const char *s); /* NULL stays NULL */
char *arena_strn(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

#ifdef __cplusplus
}
#endif

#define arena_new_of(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (size_t)(n)))

#endif
