/* value_walk.h: what every walk over a value needs; for the library's own use. */
#ifndef UNDR_VALUE_WALK_H
#define UNDR_VALUE_WALK_H

#include "undr/value.h"

/* The walks that recurse go this deep into values within values, and no deeper. */
enum { UNDR_WALK_DEPTH = 1000 };

/* The values directly inside a value, numbered from 0. A dict's keys and values alternate. */
size_t undr_child_count(const undr_value *value);
undr_value *undr_child(const undr_value *value, size_t index);

/* How many levels of values there are below this one (0 for None, 1 for [None]); an edge back to a value that
 * holds it is not followed. Linear; uses and leaves the marks. UNDR_OK, UNDR_MEMORY, UNDR_LIMIT_DEPTH above limit. */
UNDR_MUST_USE undr_error undr_value_check_depth(undr_value *value, size_t limit);

/* undr_value_print that gives up with UNDR_LIMIT_NODES or UNDR_LIMIT_BYTES beyond about that many values or bytes. */
UNDR_MUST_USE undr_error undr_value_print_within(
    undr_buffer *buffer, const undr_value *value, uint64_t steps, size_t bytes);

/* undr_value_print_short of what Python's repr() prints: text beyond ASCII as it is, instances as Task.__repr__
 * does. */
UNDR_MUST_USE undr_error undr_value_repr_short(undr_buffer *buffer, const undr_value *value, size_t bytes);

/* undr_value_equal that gives up with UNDR_LIMIT_NODES beyond about that many values. */
UNDR_MUST_USE undr_error undr_value_equal_within(const undr_value *a, const undr_value *b, uint64_t steps, bool *equal);

#endif
