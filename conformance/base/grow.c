/* grow.c: arrays that grow, each time to twice as much. */
#include "base/grow.h"

#include <stdint.h>
#include <stdlib.h>

enum { FIRST = 16 }; /* elements */

void *check_array_grow(void *at, size_t count, size_t *capacity, size_t size) {
    if (count < *capacity) {
        return at;
    }
    size_t more = *capacity == 0 ? FIRST : *capacity * 2;
    if (more > SIZE_MAX / 2 / size) {
        return NULL;
    }
    void *grown = realloc(at, more * size);
    *capacity = grown == NULL ? *capacity : more;
    return grown;
}
