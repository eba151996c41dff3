/* map.h: a hash map from numbers to pointers, for the library's own use (memo tables, visited values).
 *
 * It counts its steps, so that a caller with numbers from outside can limit the work that chosen numbers cause. */
#ifndef UNDR_MAP_H
#define UNDR_MAP_H

#include "base/hash.h"

#include <stddef.h>
#include <stdint.h>

typedef struct undr_map_entry {
    uint64_t key;
    const void *value; /* NULL: the entry is free */
} undr_map_entry;

/* Zero-initialise; undr_map_free when done. */
typedef struct undr_map {
    undr_map_entry *entries;
    size_t count;
    size_t capacity;        /* 0 or a power of two */
    uint64_t steps;         /* entries looked at so far */
    undr_hash_key hash_key; /* since there are entries: chosen numbers do not collide */
} undr_map;

void undr_map_free(undr_map *map);
const void *undr_map_get(undr_map *map, uint64_t key); /* NULL: not there */
/* Adds or replaces; value is not NULL and is borrowed. UNDR_OK or UNDR_MEMORY. */
UNDR_MUST_USE undr_error undr_map_put(undr_map *map, uint64_t key, const void *value);
/* The same with an address as the key. */
uint64_t undr_map_address(const void *address);

#endif
