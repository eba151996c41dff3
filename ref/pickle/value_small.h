/* value_small.h: how small values are made, inline; for the library's own use. */
#ifndef UNDR_VALUE_SMALL_H
#define UNDR_VALUE_SMALL_H

#include "undr/value.h"

#include <stddef.h>

enum { UNDR_SMALL_VALUE = 32 }; /* what every value takes at least, and most take */
_Static_assert(UNDR_SMALL_VALUE >= offsetof(undr_value, bytes) + sizeof(undr_slice), "a small value has a slice");

/* A value of a kind that takes no more than that, followed by `more` bytes (a multiple of 16); its content is not
 * set. It costs no call: a pickle is mostly made of these. */
UNDR_MUST_USE static inline undr_error undr_value_small(
    undr_arena *arena, undr_kind kind, size_t more, undr_value **value) {
    const size_t size = UNDR_SMALL_VALUE + more;
    void *memory = arena->next;
    if (arena->left >= size) {
        arena->next += size;
        arena->left -= size;
    } else {
        const undr_error error = undr_arena_take(arena, size, &memory);
        if (error != UNDR_OK) {
            return error;
        }
    }
    undr_value *made = memory;
    made->kind = kind;
    made->mark = 0;
    made->hash = 0;
    made->height = 0;
    made->held = 0;
    *value = made;
    return UNDR_OK;
}

/* As undr_value_bytes, but the bytes stay where they are, as long as the arena. */
UNDR_MUST_USE static inline undr_error undr_value_borrow(
    undr_arena *arena, undr_kind kind, undr_slice bytes, undr_value **value) {
    const undr_error error = undr_value_small(arena, kind, 0, value);
    if (error == UNDR_OK) {
        (*value)->bytes = bytes;
    }
    return error;
}

#endif
