/* typed_slots.h: realloc for ref/base/handles.c, as CBMC can follow it. Include it behind handles.c, with realloc
 * defined as resize_slots before.
 *
 * CBMC takes what its own realloc returns for bytes, which makes each pointer in it a puzzle; this one returns slots.
 * Like realloc it moves what is there, always, so that a pointer to the old slots is a pointer to freed memory. */
#ifndef UNDR_PROOF_TYPED_SLOTS_H
#define UNDR_PROOF_TYPED_SLOTS_H

static slot *fresh_slots(size_t count) {
    switch (count) {
    case 2: return malloc(2 * sizeof(slot));
    case 4: return malloc(4 * sizeof(slot));
    default: assert(!"within the bounds of the proof there are no larger tables"); return NULL;
    }
}

static void *resize_slots(void *old, size_t size) {
    size_t count = size / sizeof(slot);
    slot *larger = fresh_slots(count);
    if (larger != NULL && old != NULL) {
        for (size_t i = 0; i < 2; i++) { /* the only size that grows */
            larger[i] = ((slot *)old)[i];
        }
        free(old);
    }
    return larger;
}

#endif
