/* handles.c: a table of slots. The low half of a number is a slot's index + 1; the high half is how often that slot was
 * used before. */
#include "base/handles.h"

#include <stdlib.h>

typedef struct undr_handle_slot {
    void *what;       /* NULL: free */
    uint64_t number;  /* the handle of this slot, or the next one to give it */
    size_t next_free; /* slot, + 1 */
} slot;

enum { HALF = 32, FIRST_SLOTS = 16 };

static undr_error grow(undr_handles *handles) {
    size_t capacity = handles->capacity == 0 ? FIRST_SLOTS : handles->capacity * 2;
    slot *slots = realloc(handles->slots, capacity * sizeof *slots);
    if (slots == NULL) {
        return UNDR_MEMORY;
    }
    for (size_t place = capacity; place > handles->capacity; place--) {
        slots[place - 1] = (slot){.number = place, .next_free = handles->first_free};
        handles->first_free = place;
    }
    handles->slots = slots;
    handles->capacity = capacity;
    return UNDR_OK;
}

undr_error undr_handles_add(undr_handles *handles, void *what, uint64_t *number) {
    undr_error error = handles->first_free == 0 ? grow(handles) : UNDR_OK;
    if (error != UNDR_OK) {
        return error;
    }
    slot *fresh = &handles->slots[handles->first_free - 1];
    handles->first_free = fresh->next_free;
    handles->count++;
    fresh->what = what;
    *number = fresh->number;
    return UNDR_OK;
}

void *undr_handles_find(const undr_handles *handles, uint64_t number) {
    uint64_t place = number & UINT32_MAX;
    if (place == 0 || place > handles->capacity || handles->slots[place - 1].number != number) {
        return NULL;
    }
    return handles->slots[place - 1].what;
}

void undr_handles_remove(undr_handles *handles, uint64_t number) {
    size_t place = (size_t)(number & UINT32_MAX);
    slot *spent = &handles->slots[place - 1];
    *spent = (slot){.number = number + ((uint64_t)1 << HALF), .next_free = handles->first_free};
    handles->first_free = place;
    handles->count--;
}

void *undr_handles_next(const undr_handles *handles, size_t *place) {
    void *next = NULL;
    while (next == NULL && *place < handles->capacity) {
        next = handles->slots[(*place)++].what;
    }
    return next;
}

void undr_handles_free(undr_handles *handles) {
    free(handles->slots);
    *handles = (undr_handles){0};
}
