/* grow.h: arrays that grow, each time to twice as much. */
#ifndef CHECK_GROW_H
#define CHECK_GROW_H

#include <stddef.h>

/* Memory of `at`, which has `count` elements of `size` bytes each and room for *capacity, with room for one more: to be
 * assigned to `at`. NULL: out of memory; `at` is as before, and still the caller's. Start with {NULL, 0, 0}. */
void *check_array_grow(void *at, size_t count, size_t *capacity, size_t size);

#endif
