/* array.h: arrays that grow, each time to twice their size. */
#ifndef CHECK_ARRAY_H
#define CHECK_ARRAY_H

#include <stddef.h>

/* Room for one more item behind `count` of *capacity, each of `size` bytes. Returns the array, which may have moved,
 * and sets *capacity; NULL: out of memory, the old one is as it was. `at` may be NULL while *capacity is 0. */
void *check_array_room(void *at, size_t count, size_t *capacity, size_t size);

#endif
