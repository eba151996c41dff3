/* manager_check.c: what can be said about a request without the manager's state. */
#include "undr/manager.h"
#include "undr/pickle.h"

/* The memory for reading a message (SEC-3): a value of one byte in the pickle takes a few dozen; a pickle that needs
 * more copies its content again and again, and is accepted unread, like any other that is too large. */
enum { LEAST_BYTES = 1 << 20, BYTES_PER_BYTE = 64, QUICK_BYTES = 256 * 1024 };

static undr_pickle_limits limits_of(undr_slice pickle) {
    undr_pickle_limits limits = undr_pickle_default_limits;
    if (pickle.size < (limits.bytes - LEAST_BYTES) / BYTES_PER_BYTE) {
        limits.bytes = LEAST_BYTES + pickle.size * BYTES_PER_BYTE;
    }
    return limits;
}

/* PAY-6, SEC-1, MSG-3, MSG-4, MSG-5. FRAME-6: a payload that is only too large for the reader is not a fault. */
static undr_error check_message(undr_slice pickle) {
    undr_arena arena = {0};
    undr_value *value;
    const undr_pickle_limits limits = limits_of(pickle);
    undr_error error = undr_pickle_read_in_place(pickle, &limits, &arena, &value, NULL, NULL);
    undr_arena_free(&arena);
    return undr_pickle_is_too_large(error) ? UNDR_OK : error;
}

/* Without a pickle the core refuses it, or takes it for what it is (undr_manager_receive_checked). */
static bool has_pickle(const undr_frame *frame) {
    return frame->type == UNDR_TYPE_MESSAGE && frame->payload.size > 0;
}

undr_error undr_manager_check(const undr_frame *frame) {
    return has_pickle(frame) ? check_message(frame->payload) : UNDR_OK;
}

undr_error undr_manager_check_within(const undr_frame *frame, size_t *budget) {
    if (!has_pickle(frame)) {
        return UNDR_OK;
    }
    undr_pickle_limits limits = undr_pickle_default_limits;
    limits.bytes = QUICK_BYTES; /* whose pages have to be had first */
    const undr_error error = undr_pickle_check_within(frame->payload, &limits, budget);
    return undr_pickle_is_too_large(error) ? UNDR_WAIT : error;
}
