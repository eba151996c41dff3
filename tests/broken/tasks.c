/* tasks.c: the broken manager's queues, the tasks that are out, and the count of tasks left. Every function is called
 * under the lock. */
#include "tasks.h"

#include "bugs.h"
#include "inbox.h"
#include "numbers.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void append(queue *q, task *t) {
    if (q->first == NULL) {
        q->end = &q->first;
    }
    t->next = NULL;
    *q->end = t;
    q->end = &t->next;
    q->count++;
}

static task *remove_at(queue *q, task **place) {
    task *t = *place;
    *place = t->next;
    if (t->next == NULL) {
        q->end = place;
    }
    q->count--;
    return t;
}

void free_task(task *t) {
    free(t->data.data);
    free(t);
}

static size_t kept_size(const void *data, size_t size) {
    if (bug(BUG_truncates_4096) && size > 4096) {
        return 4096;
    }
    if (bug(BUG_truncates_64k) && size > 65536) {
        return 65536;
    }
    if (bug(BUG_truncates_1m) && size > 1 << 20) {
        return 1 << 20;
    }
    if (bug(BUG_truncates_32m) && size > 32 << 20) {
        return 32 << 20;
    }
    if (bug(BUG_cuts_at_nul)) {
        return strnlen(data, size);
    }
    if (bug(BUG_strips_newlines) && size > 0 && ((const char *)data)[size - 1] == '\n') {
        return size - 1;
    }
    return odd_size(size);
}

static unsigned queue_of(const manager *m, unsigned priority) {
    if (bug(BUG_one_queue)) {
        return 0;
    }
    if (bug(BUG_two_queues)) {
        return priority > 1 ? 1 : priority;
    }
    if (bug(BUG_priority_modulo_64)) {
        return priority % 64;
    }
    if (bug(BUG_priority_clamped) && priority >= (unsigned)m->levels) {
        return (unsigned)m->levels - 1;
    }
    return odd_queue(priority, (unsigned)m->levels);
}

static bool is_lost(const manager *m) {
    return (bug(BUG_loses_some) && m->scheduled % 64 == 0) || (bug(BUG_loses_when_long) && m->queued > 1000)
        || (bug(BUG_loses_when_very_long) && m->queued > 20000) || (bug(BUG_loses_late) && m->scheduled > 50000);
}

static void drop_oldest(manager *m, queue *q) {
    task *t = remove_at(q, &q->first);
    m->queued--;
    m->left -= t->counted ? 1 : 0;
    free_task(t);
}

void put_task(manager *m, connection *c, unsigned priority, const void *data, size_t size, bool counted) {
    m->scheduled++;
    if (m->abandoned) {
        report_lost(m);
        return;
    }
    if (is_lost(m) || count_loses_task(m) || priority_is_lost(priority)
        || (bug(BUG_task_192_kib_lost) && size == 192 * 1024)) {
        return;
    }
    task *t = must_have(calloc(1, sizeof *t));
    t->data.size = kept_size(data, size);
    t->data.data = must_have(malloc(t->data.size + 1));
    memcpy(t->data.data, data, t->data.size);
    t->priority = bug(BUG_large_task_last) && size > 65536 ? (unsigned)m->levels - 1 : queue_of(m, priority);
    t->owner = c == NULL ? 0 : c->number;
    t->counted = counted;
    append(&m->queues[t->priority], t);
    m->queued++;
    if (ring_is_full(m, &m->queues[t->priority])) {
        drop_oldest(m, &m->queues[t->priority]);
    }
    m->left += counted ? 1 : 0;
    if (bug(BUG_count_wraps) && m->left >= 256) {
        m->left -= 256;
    } else if (bug(BUG_count_of_16_bits) && m->left >= 65536) {
        m->left -= 65536;
    }
}

/* Is a task out that is more urgent than priority p? */
static bool urgent_is_out(const manager *m, unsigned p) {
    for (const connection *c = m->connections; c != NULL; c = c->next) {
        for (const task *t = c->out; t != NULL; t = t->next) {
            if (t->priority < p) {
                return true;
            }
        }
    }
    return false;
}

/* Which queue is next; NULL when all are empty. */
static queue *next_queue(manager *m) {
    unsigned levels = (unsigned)m->levels + 1;
    for (unsigned i = 0; i < levels; i++) {
        unsigned at = bug(BUG_inverted_priority) ? levels - 1 - i : bug(BUG_fair_queues) ? (m->turn + i) % levels : i;
        if (m->queues[at].count > 0 && !queue_is_skipped(at) && !(bug(BUG_starves_the_rest) && urgent_is_out(m, at))) {
            m->turn = bug(BUG_fair_queues) ? at + 1 : 0;
            return &m->queues[at];
        }
    }
    return NULL;
}

static task **place_in(queue *q, manager *m, connection *c) {
    bool last = bug(BUG_lifo) || queue_is_lifo((unsigned)(q - m->queues), (unsigned)m->levels)
        || (bug(BUG_lifo_above_16) && q->count > 16);
    bool second = bug(BUG_swaps_neighbours) && m->handed_out % 7 == 6 && q->count > 1;
    task **place = &q->first;
    while (last && (*place)->next != NULL) {
        place = &(*place)->next;
    }
    if (second) {
        place = &(*place)->next;
    }
    while (bug(BUG_own_tasks_only) && *place != NULL && (*place)->owner != c->number && (*place)->owner != 0) {
        place = &(*place)->next;
    }
    return place;
}

const task *task_waits(manager *m, connection *c) {
    queue *q = next_queue(m);
    return q == NULL ? NULL : *place_in(q, m, c);
}

static task *copy_task(const task *from) {
    task *t = must_have(calloc(1, sizeof *t));
    *t = *from;
    t->data.data = must_have(malloc(from->data.size + 1));
    memcpy(t->data.data, from->data.data, from->data.size);
    return t;
}

/* twins_in_one_instant: another connection asks within 5 ms. */
static bool is_twin(manager *m) {
    struct timespec moment = {0, 5000000};
    if (!bug(BUG_twins_in_one_instant)) {
        return false;
    }
    nanosleep(&moment, NULL);
    return atomic_load(&m->asking) > 1;
}

task *take_task(manager *m, connection *c) {
    queue *q = next_queue(m);
    task **place = q == NULL ? NULL : place_in(q, m, c);
    if (place == NULL || *place == NULL) {
        return NULL;
    }
    m->handed_out++;
    bool doubles = (bug(BUG_doubles_some) && m->handed_out % 50 == 0)
        || (bug(BUG_doubles_when_busy) && m->out_count == 24) || (bug(BUG_task_257_doubled) && m->handed_out == 257)
        || is_twin(m);
    if (bug(BUG_removes_at_done) || doubles) {
        return copy_task(*place);
    }
    m->queued--;
    task *taken = remove_at(q, place);
    if (bug(BUG_loses_when_busy) && m->out_count >= 8 && m->handed_out % 4 == 0) {
        free_task(taken);
        return take_task(m, c);
    }
    taken->data.size -= bug(BUG_truncates_when_busy) && m->out_count >= 2 && taken->data.size > 0 ? 1 : 0;
    return taken;
}

void hand_out(manager *m, connection *c, task *t) {
    t->next = NULL;
    *(c->out == NULL ? &c->out : &c->out_last->next) = t;
    c->out_last = t;
    c->out_count++;
    m->out_count++;
    if (bug(BUG_counts_at_handout) && t->counted) {
        t->counted = false;
        m->left--;
    }
}

/* A thread that waits for the end is not woken. */
static void fall_asleep_at_the_end(manager *m) {
    m->asleep = m->asleep || (bug(BUG_next_sleeps_through_the_end) && m->reader_waits && m->left == 0);
}

void settle_task(manager *m, connection *c) {
    task *t = c->out;
    m->asleep = false;
    if (t == NULL) {
        bool counts = bug(BUG_surplus_done_counts) || bug_at(BUG_third_surplus_counts, 3)
            || bug_at(BUG_thirtieth_surplus_counts, 30) || (bug(BUG_heir_settles) && c->inherited-- > 0);
        m->left -= counts ? 1 : 0;
        return;
    }
    task **place = &c->out;
    while (bug(BUG_settles_newest) && (*place)->next != NULL) {
        c->out_last = *place;
        place = &(*place)->next;
    }
    t = *place;
    *place = t->next;
    c->out_count--;
    m->out_count--;
    m->settled++;
    bool overflows = (bug(BUG_out_count_of_8_bits) && c->out_count >= 255)
        || (bug(BUG_out_count_of_16_bits) && c->out_count >= 65535) || (bug(BUG_settles_65535) && m->settled > 65535);
    if (!bug(BUG_done_not_counted) && !overflows && t->counted
        && !(bug(BUG_done_not_counted_large) && t->data.size > 65536)) {
        m->left -= bug(BUG_done_counts_twice) ? 2 : 1;
    }
    if (bug(BUG_removes_at_done) && m->queues[t->priority].count > 0) {
        free_task(remove_at(&m->queues[t->priority], &m->queues[t->priority].first));
        m->queued--;
    }
    fall_asleep_at_the_end(m);
    free_task(t);
}

void repeat_task(manager *m, task *t) {
    append(&m->queues[t->priority], t);
    m->queued++;
}

void drop_tasks(manager *m, queue *q) {
    while (q->first != NULL) {
        drop_oldest(m, q);
    }
}

void clear_queues(manager *m) {
    for (int i = 0; i <= m->levels; i++) {
        while (m->queues[i].first != NULL) {
            task *t = remove_at(&m->queues[i], &m->queues[i].first);
            m->left -= t->counted ? 1 : 0;
            m->queued--;
            free_task(t);
        }
    }
}

void drop_tasks_of(manager *m, queue *q, unsigned owner) {
    for (task **place = &q->first; *place != NULL;) {
        if ((*place)->owner != owner) {
            place = &(*place)->next;
            continue;
        }
        task *t = remove_at(q, place);
        m->queued--;
        m->left -= t->counted ? 1 : 0;
        free_task(t);
    }
}

/* FAULT-3: a task whose connection ended is reported. */
void abandon_queues(manager *m) {
    m->abandoned = true;
    for (int i = 0; i <= m->levels; i++) {
        while (m->queues[i].first != NULL) {
            task *t = remove_at(&m->queues[i], &m->queues[i].first);
            m->queued--;
            m->left -= t->counted ? 1 : 0;
            free_task(t);
            report_lost(m);
        }
    }
}
