/* map.c: a hash map from numbers to pointers, with open addressing. */
#include "base/map.h"

#include <stdlib.h>

void undr_map_free(undr_map *map) {
    free(map->entries);
    *map = (undr_map){0};
}

uint64_t undr_map_address(const void *address) {
    return (uint64_t)(uintptr_t)address;
}

/* The entry that holds the key, or the free one where it belongs. There is always a free one. */
static undr_map_entry *find(undr_map *map, uint64_t key) {
    for (uint64_t position = undr_hash_word(&map->hash_key, key) >> 32;; ++position) {
        ++map->steps;
        undr_map_entry *entry = &map->entries[position & (map->capacity - 1)];
        if (entry->value == NULL || entry->key == key) {
            return entry;
        }
    }
}

const void *undr_map_get(undr_map *map, uint64_t key) {
    return map->capacity == 0 ? NULL : find(map, key)->value;
}

static undr_error grow(undr_map *map) {
    undr_map larger = {.capacity = map->capacity == 0 ? 16 : map->capacity * 2, .steps = map->steps};
    larger.hash_key = map->capacity == 0 ? undr_process_hash_key() : map->hash_key;
    larger.entries = calloc(larger.capacity, sizeof *larger.entries);
    if (larger.entries == NULL) {
        return UNDR_MEMORY;
    }
    for (size_t index = 0; index < map->capacity; ++index) {
        if (map->entries[index].value != NULL) {
            *find(&larger, map->entries[index].key) = map->entries[index];
            ++larger.count;
        }
    }
    free(map->entries);
    *map = larger;
    return UNDR_OK;
}

undr_error undr_map_put(undr_map *map, uint64_t key, const void *value) {
    if (map->count >= map->capacity / 2) { /* at most half full, so that a search ends soon */
        const undr_error error = grow(map);
        if (error != UNDR_OK) {
            return error;
        }
    }
    undr_map_entry *entry = find(map, key);
    if (entry->value == NULL) {
        ++map->count;
    }
    *entry = (undr_map_entry){.key = key, .value = value};
    return UNDR_OK;
}
