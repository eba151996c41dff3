/* name_map.h: finds things by their names, in a time that grows with the logarithm of their number. */
#ifndef CHECK_NAME_MAP_H
#define CHECK_NAME_MAP_H

#include "undr/error.h"

#include <stddef.h>
#include <stdint.h>

/* Zero-initialise; check_name_map_free when done. The names are borrowed. */
typedef struct check_name_map {
    void *root; /* of tsearch(3) */
} check_name_map;

#define CHECK_NO_NAME SIZE_MAX

/* Adds the name of thing number `index`. When the name is there already it keeps its number, which *before becomes,
 * else CHECK_NO_NAME. before may be NULL. */
UNDR_MUST_USE undr_error check_name_map_put(check_name_map *map, const char *name, size_t index, size_t *before);

/* CHECK_NO_NAME: it is not there. */
size_t check_name_map_get(const check_name_map *map, const char *name);

void check_name_map_remove(check_name_map *map, const char *name);
void check_name_map_free(check_name_map *map); /* and back to {0} */

#endif
