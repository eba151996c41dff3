/* look.c: what a payload is, as far as the rules ask. */
#include "watch/inside.h"

#include "undr/pickle.h"
#include "undr/task.h"

#include <string.h>

enum { LOOKED_INTO = 16 << 20 }; /* larger payloads are not read */

/* MSG-3 says what no reader may take for a pickle. Anything else may be refused, or taken. */
static bool is_none_for_anybody(undr_error error) {
    return error == UNDR_PICKLE_TRUNCATED || error == UNDR_PICKLE_OPCODE || error == UNDR_PICKLE_STACK
        || error == UNDR_PICKLE_MARK || error == UNDR_PICKLE_MEMO;
}

static watch_value of_value(const undr_value *value) {
    return value->kind == UNDR_NONE                                  ? WATCH_NONE
        : undr_value_is_instance(value, UNDR_CLASS_CLOSE_REQUEST)    ? WATCH_CLOSE_REQUEST
        : undr_value_is_instance(value, UNDR_CLASS_WORKER_EXCEPTION) ? WATCH_EXCEPTION
                                                                     : WATCH_OTHER;
}

undr_error watch_look(undr_slice payload, undr_arena *arena, watch_value *value, int *protocol) {
    *protocol = -1;
    if (payload.size == 0 || payload.size > LOOKED_INTO) {
        *value = payload.size == 0 ? WATCH_EMPTY : WATCH_UNKNOWN;
        return UNDR_OK;
    }
    if (payload.size > 1 && payload.data[0] == 0x80) {
        *protocol = payload.data[1];
    }
    if (undr_slice_equal(payload, undr_pickle_none())) {
        *value = WATCH_NONE;
        return UNDR_OK;
    }
    undr_value *read;
    undr_error error = undr_pickle_read_in_place(payload, NULL, arena, &read, NULL, NULL);
    *value = error == UNDR_OK ? of_value(read) : is_none_for_anybody(error) ? WATCH_NO_PICKLE : WATCH_UNKNOWN;
    undr_arena_clear(arena);
    return error == UNDR_MEMORY ? error : UNDR_OK;
}

/* Tells payloads apart. Two that share a digest are taken for equal, which is read in the kindest way. */
uint64_t watch_digest(undr_slice payload) {
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15) ^ payload.size, word = 0;
    size_t at = 0;
    for (; at + sizeof word <= payload.size; at += sizeof word) {
        memcpy(&word, payload.data + at, sizeof word);
        state = (state ^ word) * UINT64_C(0xff51afd7ed558ccd);
        state ^= state >> 32;
    }
    word = 0;
    for (size_t left = at; left < payload.size; left++) {
        word = word << 8 | payload.data[left];
    }
    state = (state ^ word) * UINT64_C(0xc4ceb9fe1a85ec53);
    return state ^ state >> 29;
}
