/* worker_numbers.c: priorities that a broken worker schedules with, beside those that it was given. */
#include "worker_numbers.h"

#include "bugs.h"

static bool clamps(const val *given, long long *priority) {
    bool below = given->size > 0 && (given->data[given->size - 1] & 0x80) != 0;
    if (bug(BUG_worker_priority_clamped) && !below && (given->size > 8 || *priority > 127)) {
        *priority = 127;
        return true;
    }
    if (bug(BUG_worker_priority_clamped_below) && below) {
        *priority = 0;
        return true;
    }
    return false;
}

bool odd_priority(const val *given, long long *priority) {
    size_t keeps = bug(BUG_worker_priority_8_bits) ? 1
        : bug(BUG_worker_priority_16_bits)         ? 2
        : bug(BUG_worker_priority_32_bits)         ? 4
        : bug(BUG_worker_priority_64_bits)         ? 8
                                                   : 0;
    if (given->kind != K_INT || clamps(given, priority)) {
        return true;
    }
    if (bug(BUG_worker_priority_huge_leaves) && given->size > 8) {
        return false;
    }
    bool below = given->size > 0 && (given->data[given->size - 1] & 0x80) != 0;
    if (keeps > 0 && given->size > keeps && !below) {
        *priority = 0;
        for (size_t i = keeps; i-- > 0;) {
            *priority = (long long)((unsigned long long)*priority << 8 | given->data[i]);
        }
    } else if (*priority == -1 && given->size == 1 && bug(BUG_worker_priority_absolute)) {
        *priority = 1;
    } else if (*priority == -1 && given->size == 1 && bug(BUG_worker_priority_from_the_end)) {
        *priority = 127;
    } else if (bug(BUG_worker_priority_126_is_127) && *priority == 126) {
        *priority = 127;
    } else if (*priority >= 0 && *priority < 128) {
        *priority &= bug(BUG_worker_priority_six_bits) ? 63 : bug(BUG_worker_priority_five_bits) ? 31 : 127;
    }
    return true;
}
