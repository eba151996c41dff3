/* name_map.c: finds things by their names. */
#include "base/name_map.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

typedef struct named {
    const char *name;
    size_t index;
} named;

static int compare(const void *left, const void *right) {
    const named *a = left, *b = right;
    return strcmp(a->name, b->name);
}

undr_error check_name_map_put(check_name_map *map, const char *name, size_t index, size_t *before) {
    named *one = malloc(sizeof *one);
    if (one == NULL) {
        return UNDR_MEMORY;
    }
    *one = (named){name, index};
    named **found = tsearch(one, &map->root, compare);
    const named *there = found == NULL ? one : *found;
    if (before != NULL) {
        *before = there == one ? CHECK_NO_NAME : there->index;
    }
    if (found == NULL || there != one) {
        free(one);
    }
    return found == NULL ? UNDR_MEMORY : UNDR_OK;
}

size_t check_name_map_get(const check_name_map *map, const char *name) {
    const named wanted = {.name = name};
    named *const *found = tfind(&wanted, &map->root, compare);
    return found == NULL ? CHECK_NO_NAME : (*found)->index;
}

void check_name_map_remove(check_name_map *map, const char *name) {
    const named wanted = {.name = name};
    named *const *found = tfind(&wanted, &map->root, compare);
    named *one = found == NULL ? NULL : *found;
    if (one != NULL) {
        tdelete(one, &map->root, compare);
        free(one);
    }
}

void check_name_map_free(check_name_map *map) {
    tdestroy(map->root, free);
    map->root = NULL;
}
