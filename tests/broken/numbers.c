/* numbers.c: what the broken peer does wrong with some numbers, but right with their neighbours. */
#include "numbers.h"

#include "bugs.h"

#include <stdio.h>
#include <string.h>

enum { PAGE = 4096, CHUNK = 65536 };

static unsigned reversed(unsigned priority) {
    unsigned other = 0;
    for (int i = 0; i < 7; i++) {
        other |= (priority >> i & 1) << (6 - i);
    }
    return other;
}

/* How many priorities come before this one when they are sorted as text. */
static unsigned rank_of_text(unsigned priority, unsigned levels) {
    char own[16], other[16];
    unsigned rank = 0;
    snprintf(own, sizeof own, "%u", priority);
    for (unsigned i = 0; i < levels; i++) {
        snprintf(other, sizeof other, "%u", i);
        rank += strcmp(other, own) < 0 ? 1 : 0;
    }
    return rank;
}

static unsigned swapped(unsigned priority, unsigned a, unsigned b) {
    return priority == a ? b : priority == b ? a : priority;
}

unsigned odd_queue(unsigned priority, unsigned levels) {
    unsigned at = bug(BUG_priority_four_bits)            ? priority % 16
        : bug(BUG_priority_five_bits)                    ? priority % 32
        : bug(BUG_priority_halved) && priority > 1       ? priority & ~1u
        : bug(BUG_priority_high_bits) && priority > 15   ? priority & ~15u
        : bug(BUG_priority_signed)                       ? priority ^ 64
        : bug(BUG_priority_by_text)                      ? rank_of_text(priority, levels)
        : bug(BUG_priority_bits_reversed)                ? reversed(priority)
        : bug(BUG_priority_99_is_highest)                ? (priority > 99 ? 99 : priority)
        : bug(BUG_priority_127_first) && priority == 127 ? 0
        : bug(BUG_priority_126_and_127_swapped)          ? swapped(priority, 126, 127)
        : bug(BUG_priority_2_and_3_swapped)              ? swapped(priority, 2, 3)
        : bug(BUG_priority_31_and_32_swapped)            ? swapped(priority, 31, 32)
                                                         : priority;
    return at < levels ? at : priority;
}

bool priority_is_lost(unsigned priority) {
    return (bug(BUG_priority_126_lost) && priority == 126) || (bug(BUG_priority_77_lost) && priority == 77);
}

bool queue_is_skipped(unsigned at) {
    return (bug(BUG_scan_ends_at_100) && at >= 100) || (bug(BUG_scan_skips_31) && at == 31);
}

bool queue_is_lifo(unsigned at, unsigned levels) {
    return (bug(BUG_lifo_above_one) && at > 1) || (bug(BUG_lifo_in_the_last) && at + 1 == levels && levels > 2)
        || (bug(BUG_lifo_in_eighths) && at > 0 && at % 8 == 0);
}

bool count_loses_task(const manager *m) {
    return (bug(BUG_task_256_lost) && m->scheduled == 256) || (bug(BUG_queue_keeps_4096) && m->queued >= 4096)
        || (bug(BUG_task_65536_lost) && m->scheduled == 65536) || (bug(BUG_queue_keeps_65535) && m->queued >= 65535);
}

bool ring_is_full(const manager *m, const queue *q) {
    (void)m;
    return bug(BUG_queue_ring_of_256) && q->count >= 256;
}

bool count_loses_message(const manager *m) {
    return (bug(BUG_inbox_keeps_256) && m->inbox_count >= 256) || (bug(BUG_inbox_keeps_1000) && m->inbox_count >= 1000);
}

size_t odd_size(size_t size) {
    if (bug(BUG_task_size_of_16_bits) && size % CHUNK == 0) {
        return 0;
    }
    return size - (bug(BUG_task_page_loses_a_byte) && size > 0 && size % PAGE == 0 ? 1 : 0);
}

bool size_loses_message(size_t size) {
    return bug(BUG_message_128_kib_lost) && size == 2 * CHUNK;
}

int odd_worker_number(int told) {
    return bug(BUG_three_workers_at_most) && told > 3 ? 3 : told;
}
