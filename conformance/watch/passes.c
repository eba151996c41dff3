/* passes.c: which tasks of a priority were handed out before a place: of these the one that was scheduled last and the
 * one that was asked for last, which is all that SCHED-2 and SCHED-3 need. An entry is kept where a request that still
 * waits can tell it from the next; there are no more of them than such requests, beside the newest. */
#include "base/grow.h"
#include "watch/inside.h"

#include <stdlib.h>

static void free_pass(watch_manager *m, watch_pass *pass) {
    watch_class_unpin(m, pass->scheduled_class);
    watch_class_unpin(m, pass->asked_class);
}

void watch_passes_clear(watch_manager *m) {
    for (size_t p = 0; p < WATCH_PRIORITIES; p++) {
        watch_passes *passes = &m->passes[p];
        for (size_t i = 0; i < passes->count; i++) {
            free_pass(m, &passes->at[i]);
        }
        free(passes->at);
        *passes = (watch_passes){0};
    }
}

const watch_pass *watch_passes_before(const watch_passes *passes, uint64_t place) {
    size_t low = 0, high = passes->count; /* entries before low are before place */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (passes->at[middle].place < place) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == 0 ? NULL : &passes->at[low - 1];
}

/* Keeps, for each request that waits, the last entry before it, and the newest entry. */
static void compact(watch_manager *m, watch_passes *passes) {
    size_t kept = 0;
    const watch_request *request = m->first;
    for (size_t i = 0; i < passes->count; i++) {
        while (request != NULL && request->place <= passes->at[i].place) {
            request = request->after;
        }
        bool last = i + 1 == passes->count;
        bool needed = last || (request != NULL && request->place <= passes->at[i + 1].place);
        if (needed) {
            passes->at[kept++] = passes->at[i];
        } else {
            free_pass(m, &passes->at[i]);
        }
    }
    passes->count = kept;
}

static undr_error have_room(watch_manager *m, watch_passes *passes) {
    if (passes->count < passes->capacity) {
        return UNDR_OK;
    }
    compact(m, passes);
    if (passes->count * 2 < passes->capacity) {
        return UNDR_OK;
    }
    watch_pass *at = check_array_grow(passes->at, passes->capacity, &passes->capacity, sizeof *at);
    if (at == NULL) {
        return passes->count < passes->capacity ? UNDR_OK : UNDR_MEMORY;
    }
    passes->at = at;
    return UNDR_OK;
}

static watch_pass next_of(const watch_passes *passes, const watch_task *task, const watch_request *request,
    const watch_sight *answer, uint64_t place) {
    watch_pass pass = {0};
    if (passes->count > 0) {
        pass = passes->at[passes->count - 1];
    }
    pass.place = place;
    if (task->asked >= pass.scheduled) {
        pass.scheduled = task->asked;
        pass.scheduled_class = task->class_;
        pass.scheduled_request = task->request;
        pass.scheduled_answer = *answer;
    }
    if (request->place >= pass.asked) {
        pass.asked = request->place;
        pass.asked_class = task->class_;
        pass.asked_request = request->sight;
        pass.asked_answer = *answer;
    }
    return pass;
}

undr_error watch_passes_add(
    watch_manager *m, const watch_task *task, const watch_request *request, const watch_sight *answer, uint64_t place) {
    watch_passes *passes = &m->passes[task->priority];
    undr_error error = have_room(m, passes);
    if (error != UNDR_OK) {
        return error;
    }
    watch_pass pass = next_of(passes, task, request, answer, place);
    watch_class_pin(pass.scheduled_class);
    watch_class_pin(pass.asked_class);
    watch_pass *newest = passes->count == 0 ? NULL : &passes->at[passes->count - 1];
    bool replaces = newest != NULL && (m->last == NULL || m->last->place <= newest->place || newest->place == place);
    if (replaces) { /* no request that waits can tell the two apart */
        free_pass(m, newest);
        *newest = pass;
    } else {
        passes->at[passes->count++] = pass;
    }
    return UNDR_OK;
}
