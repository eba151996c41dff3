/* array.c: arrays that grow. */
#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>

enum { FIRST = 16 };

void *check_array_room(void *at, size_t count, size_t *capacity, size_t size) {
    if (count < *capacity) {
        return at;
    }
    if (*capacity > SIZE_MAX / 2 / size) {
        return NULL;
    }
    size_t larger = *capacity == 0 ? FIRST : 2 * *capacity;
    void *grown = realloc(at, larger * size);
    *capacity = grown == NULL ? *capacity : larger;
    return grown;
}
