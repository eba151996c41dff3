/* none.c: requests that are answered None, or not at all, although a task lies in its queue (NEXT-2, -6, SCHED-10). */
#include "watch/inside.h"

/* SCHED-10: None was asked for after this task was acknowledged, and was there before this task was asked for. */
undr_error watch_none_before(
    watch_manager *m, const watch_task *task, const watch_request *request, const watch_sight *answer) {
    const watch_none *none = &request->none;
    if (none->asked <= task->given) {
        return UNDR_OK;
    }
    watch_doubt made = {
        .finding = {.rules = {WATCH_SCHED_10, none->request.type == UNDR_TYPE_TASK ? WATCH_DONE_2 : WATCH_NEXT_1},
            .what = "None was answered although a task lay in its queue all the while"},
        .classes = {task->class_},
        .place = none->given};
    const watch_sight *sights[] = {&task->request, &none->request, &none->answer, answer};
    return watch_doubt_make(m, &made, sights);
}

/* The first task that was certainly in a queue all the while; NULL: each may have been taken by a request that waits. */
static const watch_task *left_lying(const watch_manager *m, const watch_request *request) {
    enum { MOST_STEPS = 256 };
    size_t count = 0, steps = 0;
    const watch_task *found = NULL;
    for (const watch_task *task = m->oldest; task != NULL && task->given < request->place; task = task->newer) {
        bool counts = watch_task_is_judged(m, task);
        found = found == NULL && counts ? task : found;
        count += counts;
        if (count > m->waiting) {
            return found;
        }
        if (++steps > m->waiting + MOST_STEPS) {
            return NULL;
        }
    }
    return NULL;
}

/* What else it may be: the manager takes an empty task for none, gives one task at a time, or answers `t` otherwise. */
static watch_rule left_lying_for(const watch_connection *c, const watch_task *task, const watch_request *request) {
    return task->request.size == 0 ? WATCH_SCHED_7
        : c->out_count > 0         ? WATCH_NEXT_3
        : request->done            ? WATCH_DONE_2
                                   : WATCH_NEXT_2;
}

static void tell_left_lying(
    watch_connection *c, const watch_task *task, const watch_request *request, const watch_sight *answer) {
    watch_manager *m = c->manager;
    watch_finding finding = {.rules = {WATCH_SCHED_10, WATCH_SCHED_6, left_lying_for(c, task, request)},
        .blamed = WATCH_MANAGER,
        .what = "None was answered although a task that was acknowledged has not been handed out"};
    watch_add_sight(&finding, &task->request);
    watch_add_sight(&finding, &request->sight);
    watch_add_sight(&finding, answer);
    watch_queue_forget(m);
    watch_tell_across(m, &finding);
}

/* A None that is judged: the client reads, has not closed its sending side, and asks for one thing at a time. Another may
 * be given None although a task is there (section 5.2). */
void watch_answered_none(watch_connection *c, const watch_request *request, const watch_sight *answer) {
    watch_manager *m = c->manager;
    if (!request->alone || c->ended[WATCH_CLIENT] || !watch_queue_is_clear(m)) {
        watch_undecided(m->owner, WATCH_SCHED_10);
        return;
    }
    const watch_task *task = m->partial ? NULL : left_lying(m, request);
    if (task != NULL && watch_is_on(m->owner, WATCH_SCHED_10)) {
        tell_left_lying(c, task, request, answer);
        return;
    }
    watch_held(m->owner, WATCH_SCHED_10);
    watch_held(m->owner, WATCH_NEXT_2);
    if (request->place > m->none.asked) {
        m->none = (watch_none){request->place, m->owner->place, request->sight, *answer};
    }
    watch_doubts_none(m, request->place, m->owner->place);
}

/* ---- what takes too long ---- */

static void tell_late(watch_manager *m, watch_request *waits, const watch_task *task, const watch_request *answered) {
    bool came = waits->place < task->asked;
    watch_finding finding = {.rules = {came ? WATCH_NEXT_6 : WATCH_SCHED_10, came ? WATCH_SCHED_10 : WATCH_NEXT_1},
        .blamed = WATCH_MANAGER,
        .what = "a request waits although a task lies there for more than five seconds, while others are answered"};
    waits->told = true;
    watch_add_sight(&finding, &waits->sight);
    watch_add_sight(&finding, &task->request);
    watch_add_sight(&finding, &answered->sight);
    watch_tell_across(m, &finding);
}

/* NEXT-6: five seconds is what section 11 gives a peer that makes no progress. That the manager does, is shown by
 * requests that were made half of that time later, over a second, and have been answered. */
void watch_look_for_late(watch_manager *m, const watch_request *answered, uint64_t time) {
    const watch_task *task = m->oldest;
    if (task == NULL || !watch_task_is_judged(m, task) || !watch_queue_is_clear(m) || m->partial
        || answered->time < task->given_time + 5 * WATCH_SECOND / 2) {
        return;
    }
    if (m->late != task) {
        m->late = task;
        m->late_time = time;
    }
    watch_request *waits = m->first;
    bool watched = waits != NULL && waits->alone && !waits->told && !waits->connection->ended[WATCH_CLIENT]
        && !watch_stream_is_inside(&waits->connection->streams[WATCH_MANAGER]);
    if (watched && waits->place < task->given && time > task->given_time + 5 * WATCH_SECOND
        && answered->time > m->late_time + WATCH_SECOND) {
        tell_late(m, waits, task, answered);
    }
}
