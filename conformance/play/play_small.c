/* play_small.c: payloads that the harness understands without a case. */
#include "play/play_small.h"

#include "undr/pickle.h"

enum { SMALL_PICKLE = 4096 }; /* None and CloseRequest are never longer */

static bool read_small(undr_slice payload, undr_arena *arena, undr_value **value) {
    return payload.size > 0 && payload.size <= SMALL_PICKLE
        && undr_pickle_read(payload, NULL, arena, value, NULL, NULL) == UNDR_OK;
}

bool check_is_none(undr_slice payload) {
    undr_arena arena = {0};
    undr_value *value = NULL;
    bool none = read_small(payload, &arena, &value) && value->kind == UNDR_NONE;
    undr_arena_free(&arena);
    return none;
}

bool check_is_instance(undr_slice payload, const char *class_name) {
    undr_arena arena = {0};
    undr_value *value = NULL;
    bool is = read_small(payload, &arena, &value) && undr_value_is_instance(value, class_name);
    undr_arena_free(&arena);
    return is;
}
