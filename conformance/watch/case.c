/* case.c: a finding as a case of the suite, where a few steps of one connection show it. */
#include "watch/case.h"
#include "notation/print.h"

#include "undr/frame.h"

/* A payload is kept whole, so that it can be sent again. */
static bool is_whole(const watch_sight *sight) {
    return sight->what == WATCH_SAW_FRAME && sight->kept == sight->size;
}

static undr_error put_frame(undr_buffer *to, const char *arrow, uint8_t type, undr_slice payload) {
    undr_error error = undr_put_text(to, "  ");
    error = error == UNDR_OK ? check_print_frame(to, "A", arrow, type, payload, false) : error;
    return error == UNDR_OK ? undr_put_u8(to, '\n') : error;
}

static undr_slice payload_of(const watch_sight *sight) {
    return undr_slice_of(sight->bytes, sight->kept);
}

static undr_error put_schedule(undr_buffer *to, unsigned priority, undr_slice task) {
    undr_error error = put_frame(to, "->", (uint8_t)(UNDR_TYPE_SCHEDULE + priority), task);
    return error == UNDR_OK ? put_frame(to, "<-", UNDR_TYPE_SCHEDULED, (undr_slice){0}) : error;
}

static undr_error put_task(undr_buffer *to, uint8_t request, undr_slice task) {
    undr_error error = put_frame(to, "->", request, (undr_slice){0});
    return error == UNDR_OK ? put_frame(to, "<-", UNDR_TYPE_TASK, task) : error;
}

static undr_error put_head(undr_buffer *to, const watch_finding *finding, uint64_t number) {
    static const char *const levels[] = {[CHECK_MUST] = "must", [CHECK_SHOULD] = "should", [CHECK_MAY] = "may"};
    const watch_rule_text *rule = watch_rule_about(finding->rules[0]);
    return undr_put_format(to, "%scase manager.watch.finding-%llu\n  %s %s  %s\n\n", number > 1 ? "\n" : "",
        (unsigned long long)number, levels[rule->level], rule->id, finding->what);
}

/* The first and the second task, scheduled in this order, and in which order they are due. */
static undr_error put_order(
    undr_buffer *to, const watch_sight *task, unsigned other_priority, undr_slice other, bool other_first) {
    unsigned priority = task->type - UNDR_TYPE_SCHEDULE;
    undr_error error = other_first ? put_schedule(to, other_priority, other) : UNDR_OK;
    error = error == UNDR_OK ? put_schedule(to, priority, payload_of(task)) : error;
    error = error == UNDR_OK && !other_first ? put_schedule(to, other_priority, other) : error;
    error = error == UNDR_OK ? put_task(to, UNDR_TYPE_NEXT, payload_of(task)) : error;
    return error == UNDR_OK ? put_task(to, UNDR_TYPE_TASK, other) : error;
}

/* Of the queue: the task that was passed over is the first sight, the one that came too early the third. */
static undr_error put_queue(undr_buffer *to, const watch_finding *finding) {
    const watch_sight *task = &finding->sights[0], *other = &finding->sights[2];
    unsigned priority = task->type - UNDR_TYPE_SCHEDULE;
    switch (finding->rules[0]) {
    case WATCH_SCHED_3: return put_order(to, task, priority, payload_of(other), false);
    case WATCH_SCHED_2: return put_order(to, task, priority + 1, payload_of(other), true);
    default: break;
    }
    undr_error error = put_schedule(to, priority, payload_of(task));
    return error == UNDR_OK ? put_task(to, UNDR_TYPE_NEXT, payload_of(task)) : error;
}

/* Of one connection: a request, and the answer that is due. */
static undr_error put_exchange(undr_buffer *to, const watch_sight *request) {
    undr_error error = put_frame(to, "->", request->type, payload_of(request));
    if (error != UNDR_OK) {
        return error;
    }
    return request->type >= UNDR_TYPE_SCHEDULE ? put_frame(to, "<-", UNDR_TYPE_SCHEDULED, (undr_slice){0})
        : request->type == UNDR_TYPE_MESSAGE   ? put_frame(to, "<-", UNDR_TYPE_MESSAGE, (undr_slice){0})
                                               : undr_put_text(to, "  A <- t None\n");
}

typedef enum form { NO_CASE, QUEUE, EXCHANGE } form;

static form form_of(const watch_finding *finding) {
    const watch_sight *first = &finding->sights[0];
    if (finding->blamed != WATCH_MANAGER || finding->sight_count == 0 || !is_whole(first)) {
        return NO_CASE;
    }
    bool queue = first->from == WATCH_CLIENT && first->type >= UNDR_TYPE_SCHEDULE && finding->sight_count > 2;
    switch (finding->rules[0]) {
    case WATCH_SCHED_2:
        if (first->type == 0xff) {
            return NO_CASE;
        } /* fall through */
    case WATCH_SCHED_3: return queue && is_whole(&finding->sights[2]) ? QUEUE : NO_CASE;
    case WATCH_SCHED_10:
    case WATCH_DONE_2: return queue ? QUEUE : NO_CASE;
    case WATCH_NEXT_1:
    case WATCH_MSG_1:
    case WATCH_SCHED_1: return first->from == WATCH_CLIENT ? EXCHANGE : NO_CASE;
    default: return NO_CASE;
    }
}

undr_error watch_print_case(undr_buffer *to, const watch_finding *finding, uint64_t number) {
    form found = form_of(finding);
    if (found == NO_CASE) {
        return UNDR_OK;
    }
    undr_error error = put_head(to, finding, number);
    if (error != UNDR_OK) {
        return error;
    }
    return found == QUEUE ? put_queue(to, finding) : put_exchange(to, &finding->sights[0]);
}
