/* proof_handles.c: a handle finds what it was given for until it is removed, and never anything afterwards; no handle
 * is given twice.
 *
 * Bounds: OPERATIONS (3, or 4 in the whole) of any kind (add, remove any one that is alive) in a table that has 2 slots
 * at first, here, and grows once to 4, or runs out of memory; any 64-bit number is looked up at the end. */
#include "proof.h"

static void *resize_slots(void *old, size_t size);
#define realloc resize_slots
#include "base/handles.c"
#undef realloc
#include "typed_slots.h"

typedef struct given {
    uint64_t number;
    bool alive;
} given;

static int things[OPERATIONS];

static void check_all(const undr_handles *handles, const given *all, size_t count) {
    size_t alive = 0;
    for (size_t i = 0; i < count; i++) {
        assert(undr_handles_find(handles, all[i].number) == (all[i].alive ? &things[i] : NULL));
        alive += all[i].alive;
        for (size_t j = 0; j < i; j++) {
            assert(all[i].number != all[j].number);
        }
    }
    assert(handles->count == alive);
}

int main(void) {
    undr_handles handles = {0};
    given all[OPERATIONS];
    size_t count = 0;
    for (int step = 0; step < OPERATIONS; step++) {
        if (nondet_bool()) {
            uint64_t number = 0;
            if (undr_handles_add(&handles, &things[count], &number) == UNDR_OK) {
                assert(number != 0);
                all[count++] = (given){.number = number, .alive = true};
            }
        } else if (count > 0) {
            size_t which = any_size_to(count - 1);
            if (all[which].alive) {
                undr_handles_remove(&handles, all[which].number);
                all[which].alive = false;
            }
        }
        check_all(&handles, all, count);
    }
    uint64_t other = nondet_u64();
    bool known = false;
    for (size_t i = 0; i < count; i++) {
        known = known || all[i].number == other;
    }
    assert(known || undr_handles_find(&handles, other) == NULL);
    undr_handles_free(&handles);
    return 0;
}
