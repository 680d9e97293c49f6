/* SPDX-License-Identifier: MIT */
/* An arena: many small allocations, one release. Used for what lives as long as a graph or a plan.
 *
 * Memory is zeroed and aligned to 16 bytes. Running out is the one error that ends the process here
 * (message, exit code 7): callers need no checks. Anything whose size an input chooses (frames,
 * weights, files) is allocated with malloc and an error instead.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include "base/error.h"
#include <stddef.h>

struct arena {
    struct arena_block *head;
};

void *arena_alloc(struct arena *a, size_t bytes);
char *arena_dup(struct arena *a, const char *s);
char *arena_dup_n(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
void arena_free(struct arena *a); /* releases everything; the arena is empty and usable again */

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (size_t)(n)))

#endif
