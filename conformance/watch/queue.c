/* queue.c: the queue across connections. Each request is an operation between its last byte and its answer; a finding is
 * made where no order inside of these intervals is one that a right manager could have had (SCHED-2, -3, -4, -6, -10). */
#include "watch/inside.h"

#include <stdlib.h>

void watch_queue_drop_request(watch_connection *c, watch_request *request) {
    if (request->waits) {
        watch_queue_unlink(c->manager, request);
    }
    if (request->task != NULL) {
        watch_task_unanswered(c->manager, request->task);
        request->task = NULL;
    }
    c->settling -= request->settles;
    request->settles = false;
}

/* ---- scheduling ---- */

undr_error watch_queue_scheduling(watch_connection *c, watch_request *request, undr_slice payload, bool holed) {
    watch_manager *m = c->manager;
    if (m->closing) {
        return UNDR_OK;
    }
    if (holed) {
        m->unknown = true;
        watch_doubts_lost(m);
        return UNDR_OK;
    }
    watch_class *class_;
    undr_error error = watch_class_have(m, watch_digest(payload), payload.size, &class_);
    if (error != UNDR_OK) {
        return error;
    }
    watch_class_pin(class_); /* while it has no task that does */
    error = watch_task_add(
        class_, (uint8_t)(request->sight.type - UNDR_TYPE_SCHEDULE), request->place, &request->sight, &request->task);
    if (error == UNDR_OK) {
        request->task->asker = request;
    }
    watch_class_unpin(m, class_);
    return error;
}

void watch_queue_scheduled(watch_connection *c, watch_request *request) {
    if (request->task != NULL) {
        watch_task_acknowledge(c->manager, request->task, c->owner->place, c->last_answer.time);
        request->task = NULL;
    }
}

/* ---- answers ---- */

static undr_error handed_scheduled(
    watch_connection *c, watch_task *task, const watch_request *request, const watch_sight *answer) {
    watch_manager *m = c->manager;
    watch_class *class_ = task->class_;
    watch_held(m->owner, WATCH_SCHED_4);
    watch_held(m->owner, WATCH_SCHED_6);
    undr_error error = watch_order_of(m, task, request, answer);
    error = error == UNDR_OK ? watch_out_add(c, class_, answer) : error;
    watch_task_handed_out(m, task);
    return error;
}

static undr_error handed_out(
    watch_connection *c, const watch_request *request, const watch_seen_frame *seen, const watch_sight *answer) {
    watch_manager *m = c->manager;
    if (c->out_count > 0) {
        watch_held(m->owner, WATCH_NEXT_3);
    }
    if (seen->holed) { /* it may be any task */
        m->unknown = true;
        watch_doubts_lost(m);
        watch_queue_forget(m);
        return watch_out_add(c, NULL, answer);
    }
    uint64_t digest = watch_digest(seen->frame.payload);
    watch_class *class_ = watch_class_find(m, digest, seen->frame.payload.size);
    watch_task *task = watch_class_first(class_);
    if (task == NULL) {
        undr_error error = watch_out_unscheduled(c, class_, request, answer);
        class_ = watch_class_find(m, digest, seen->frame.payload.size);
        if (class_ != NULL) {
            class_->out++;
        }
        return error;
    }
    class_->out++;
    return handed_scheduled(c, task, request, answer);
}

static bool is_after_close(const watch_manager *m, const watch_request *request) {
    const watch_connection *c = request->connection;
    return m->closing && request->place > m->close_request.place && !c->resumed;
}

static void tell_after_close(
    watch_manager *m, const watch_request *request, watch_value value, const watch_sight *answer) {
    if (value == WATCH_UNKNOWN) { /* it may be one */
        watch_undecided(m->owner, WATCH_CLOSE_CANCEL_1);
        return;
    }
    watch_finding finding = {.rules = {WATCH_CLOSE_CANCEL_1, WATCH_CLOSE_JOIN_3},
        .blamed = WATCH_MANAGER,
        .what = "after CloseRequest was answered, a later request was answered otherwise"};
    if (m->owner->options.program == WATCH_PROGRAM_UNSEEN) {
        finding.rules[2] = WATCH_SCHED_13; /* its program may have scheduled a CloseRequest */
    }
    watch_add_sight(&finding, &m->close_request);
    watch_add_sight(&finding, &request->sight);
    watch_add_sight(&finding, answer);
    watch_tell(m->owner, m, &finding);
}

static void drop_tasks(watch_manager *m) {
    for (size_t i = 0; i < m->bucket_count; i++) {
        for (watch_class *one = m->buckets[i]; one != NULL;) {
            one->early = 0;
            watch_task *task = watch_class_first(one);
            if (task != NULL) {
                watch_task_remove(m, task);
                one = m->buckets[i]; /* it may be gone */
            } else {
                one = one->next;
            }
        }
    }
}

static void close_queue(watch_manager *m, const watch_sight *answer) {
    watch_held(m->owner, WATCH_CLOSE_2);
    if (!m->closing) {
        m->closing = true;
        m->close_request = *answer;
        watch_doubts_drop(m);
        watch_passes_clear(m);
        drop_tasks(m);
    }
}

/* None or CloseRequest were scheduled (SCHED-12): this answer may be that task. It is taken for handed out, and nothing is
 * concluded from it. */
static bool may_be_task(watch_manager *m, const watch_seen_frame *seen, watch_value value) {
    bool scheduled = (value == WATCH_NONE && m->none_is_task) || (value == WATCH_CLOSE_REQUEST && m->close_is_task);
    if (!scheduled) {
        return false;
    }
    watch_task *task = watch_class_first(
        watch_class_find(m, watch_digest(seen->frame.payload), seen->frame.payload.size));
    if (task != NULL) {
        watch_task_handed_out(m, task);
    }
    watch_undecided(m->owner, WATCH_SCHED_10);
    watch_queue_forget(m);
    return true;
}

undr_error watch_queue_answered(watch_connection *c, watch_request *request, const watch_seen_frame *seen,
    watch_value value, const watch_sight *answer) {
    watch_manager *m = c->manager;
    undr_error error = UNDR_OK;
    watch_queue_unlink(m, request);
    if (request->done) {
        error = watch_out_settle(c, request);
    }
    if (error != UNDR_OK || may_be_task(m, seen, value)) {
        return error;
    }
    if (value == WATCH_CLOSE_REQUEST) {
        close_queue(m, answer);
    } else if (is_after_close(m, request)) {
        tell_after_close(m, request, value, answer);
    } else if (m->closing) { /* decided before: what was in the queues then is not known any more */
        watch_undecided(m->owner, WATCH_SCHED_6);
    } else if (value == WATCH_NONE) {
        watch_answered_none(c, request, answer);
    } else {
        error = handed_out(c, request, seen, answer);
    }
    watch_doubts_settle(m);
    watch_out_forget(m);
    return error;
}

void watch_queue_check(watch_manager *m, const watch_request *answered, uint64_t time) {
    enum { NOW_AND_THEN = 64 };
    if (m->answers % NOW_AND_THEN == 0 && (m->dead > 0 || m->haunted)) {
        watch_queue_bury(m, time);
    }
    watch_look_for_late(m, answered, time);
}

/* ---- ends ---- */

void watch_queue_ended(watch_connection *c, uint64_t time) {
    watch_manager *m = c->manager;
    for (watch_request *request = c->oldest; request != NULL;) {
        watch_request *next = request->next;
        if (request->waits) {
            request->connection = NULL;
            request->next = NULL;
            request->ended_time = time;
            request->ended_answers = m->answers;
            m->dead++;
        } else {
            watch_queue_drop_request(c, request);
            free(request);
        }
        request = next;
    }
    c->oldest = c->newest = NULL;
    watch_out_lost(c);
    watch_doubts_of(m, c);
}

void watch_queue_free(watch_manager *m) {
    watch_doubts_lost(m);
    watch_passes_clear(m);
    drop_tasks(m);
    while (m->graves.count > 0) {
        watch_out_forget_oldest(m);
    }
    free(m->graves.at);
    while (m->first != NULL) {
        watch_request *request = m->first;
        watch_queue_unlink(m, request);
        free(request);
    }
    for (size_t i = 0; i < m->bucket_count; i++) {
        while (m->buckets[i] != NULL) { /* those that connections had that ended */
            watch_class *one = m->buckets[i];
            m->buckets[i] = one->next;
            free(one);
        }
    }
    free(m->buckets);
}
