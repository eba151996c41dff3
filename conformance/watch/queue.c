/* queue.c: the queue across connections. Each request is an operation between its last byte and its answer; a finding is
 * made where no order inside of these intervals is one that a right manager could have had (SCHED-2, -3, -4, -6, -10). */
#include "watch/inside.h"

#include <stdlib.h>

/* ---- requests that wait ---- */

void watch_queue_asked(watch_request *request) {
    watch_manager *m = request->connection->manager;
    request->waits = true;
    request->none = m->none;
    request->before = m->last;
    *(m->last == NULL ? &m->first : &m->last->after) = request;
    m->last = request;
    m->waiting++;
}

static void unlink_waiting(watch_manager *m, watch_request *request) {
    *(request->before == NULL ? &m->first : &request->before->after) = request->after;
    *(request->after == NULL ? &m->last : &request->after->before) = request->before;
    m->waiting--;
    request->waits = false;
}

void watch_queue_drop_request(watch_connection *c, watch_request *request) {
    if (request->waits) {
        unlink_waiting(c->manager, request);
    }
    if (request->task != NULL) {
        request->task->asker = NULL;
    }
}

void watch_queue_forget(watch_manager *m) {
    m->since = m->owner->place;
    watch_doubts_drop(m);
}

/* ---- scheduling ---- */

undr_error watch_queue_scheduling(watch_connection *c, watch_request *request, undr_slice payload, bool holed) {
    watch_manager *m = c->manager;
    if (m->closing) {
        return UNDR_OK;
    }
    if (holed) {
        m->unknown = true;
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
        request->task->asker = NULL;
        watch_task_acknowledge(c->manager, request->task, c->owner->place, c->last_answer.time);
        request->task = NULL;
    }
}

/* ---- what is judged ---- */

static bool is_silent(const watch_manager *m) {
    return m->owner->options.program == WATCH_PROGRAM_SILENT && !m->unknown && !m->partial;
}

/* Nothing that was not seen can have taken a task away. */
static bool is_clear(const watch_manager *m) {
    return m->lost == 0 && m->dead == 0;
}

static bool is_judged(const watch_manager *m, const watch_task *task) {
    return task->asked > m->since && task->acknowledged;
}

static undr_error doubt(watch_manager *m, watch_doubt *made, const watch_sight *const sights[WATCH_SIGHTS]) {
    made->finding.blamed = WATCH_MANAGER;
    for (size_t i = 0; i < WATCH_SIGHTS; i++) {
        watch_add_sight(&made->finding, sights[i]);
    }
    if (!watch_is_on(m->owner, made->finding.rules[0])) {
        return UNDR_OK;
    }
    return watch_doubt_add(m, made);
}

/* SCHED-3: the other task was scheduled after this one was acknowledged, and handed out before this one was asked for. */
static undr_error look_at_order(
    watch_manager *m, const watch_task *task, const watch_request *request, const watch_sight *answer) {
    const watch_pass *pass = watch_passes_before(&m->passes[task->priority], request->place);
    if (pass == NULL || pass->scheduled <= task->given) {
        watch_held(m->owner, WATCH_SCHED_3);
        return UNDR_OK;
    }
    watch_doubt made = {
        .finding = {.rules = {WATCH_SCHED_3},
            .what = "a task overtook one of its own priority that was acknowledged before it was scheduled"},
        .classes = {task->class_, pass->scheduled_class},
        .place = pass->place,
        .wants_none = !is_silent(m)};
    const watch_sight *sights[] = {&task->request, &pass->scheduled_request, &pass->scheduled_answer, answer};
    return doubt(m, &made, sights);
}

/* SCHED-2: a less urgent task was asked for after this one was acknowledged, and was there before this one was asked for. */
static undr_error look_at_priority(watch_manager *m, const watch_task *task, const watch_request *request,
    const watch_sight *answer, unsigned priority) {
    const watch_pass *pass = watch_passes_before(&m->passes[priority], request->place);
    if (pass == NULL || pass->asked <= task->given) {
        return UNDR_OK;
    }
    watch_doubt made = {.finding = {.rules = {WATCH_SCHED_2},
                            .what = "a less urgent task was handed out while a more urgent one lay in its queue"},
        .classes = {task->class_, pass->asked_class},
        .place = pass->place,
        .wants_none = !is_silent(m)};
    const watch_sight *sights[] = {&task->request, &pass->asked_request, &pass->asked_answer, answer};
    return doubt(m, &made, sights);
}

/* SCHED-10: None was asked for after this task was acknowledged, and was there before this task was asked for. */
static undr_error look_at_none(
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
    return doubt(m, &made, sights);
}

static undr_error judge_task(
    watch_manager *m, const watch_task *task, const watch_request *request, const watch_sight *answer) {
    undr_error error = look_at_order(m, task, request, answer);
    for (unsigned p = task->priority + 1u; p < WATCH_PRIORITIES && error == UNDR_OK; p++) {
        error = m->passes[p].count == 0 ? UNDR_OK : look_at_priority(m, task, request, answer, p);
    }
    watch_held(m->owner, WATCH_SCHED_2);
    return error == UNDR_OK ? look_at_none(m, task, request, answer) : error;
}

/* The only one of its bytes: of several nobody knows which was handed out. */
static bool is_only_one(const watch_class *class_) {
    return class_->scheduled == 1 && class_->out == 0 && class_->lost == 0;
}

/* A task that certainly lay in its queue, and was due before the one that was handed out. */
static bool was_due_before(
    const watch_manager *m, const watch_task *task, const watch_task *other, const watch_request *request) {
    bool older = task->priority == other->priority && task->given < other->asked;
    bool urgent = task->priority < other->priority && task->given < request->place;
    return task != other && !task->told && is_judged(m, task) && is_only_one(task->class_) && (older || urgent);
}

static void tell_passed_over(watch_manager *m, watch_task *task, const watch_task *other, const watch_request *request,
    const watch_sight *answer) {
    bool same = task->priority == other->priority;
    watch_finding finding = {.rules = {same ? WATCH_SCHED_3 : WATCH_SCHED_2},
        .blamed = WATCH_MANAGER,
        .what = same ? "a task overtook one of its own priority that was acknowledged before it was scheduled"
                     : "a less urgent task was handed out while a more urgent one lay in its queue"};
    task->told = true;
    watch_add_sight(&finding, &task->request);
    watch_add_sight(&finding, same ? &other->request : &request->sight);
    watch_add_sight(&finding, answer);
    watch_tell(m->owner, m, &finding);
}

/* At once, while no request waits that may have been given one of the two and lost it again with its connection, which
 * shows later. Only where the program is silent: elsewhere the task that was handed out may be one of its own. */
static void look_at_passed_over(
    watch_manager *m, const watch_task *other, const watch_request *request, const watch_sight *answer) {
    enum { MOST_STEPS = 256 };
    size_t steps = 0;
    for (watch_task *task = m->oldest; m->waiting == 0 && task != NULL && ++steps < MOST_STEPS; task = task->newer) {
        if (was_due_before(m, task, other, request)) {
            tell_passed_over(m, task, other, request, answer);
            return;
        }
    }
}

/* ---- tasks that are out ---- */

static undr_error add_out(watch_connection *c, watch_class *class_, const watch_sight *answer) {
    if (c->out_count == c->out_capacity) {
        size_t capacity = c->out_capacity == 0 ? 4 : c->out_capacity * 2;
        watch_out *outs = realloc(c->outs, capacity * sizeof *outs);
        if (outs == NULL) {
            return UNDR_MEMORY;
        }
        c->outs = outs;
        c->out_capacity = capacity;
    }
    watch_class_pin(class_);
    c->outs[c->out_count++] = (watch_out){class_, *answer};
    return UNDR_OK;
}

/* Of several that are out nobody knows which was settled: they count as out until as many were settled. */
static void settle_out(watch_connection *c) {
    c->manager->settled = c->owner->place;
    c->settled += c->settled < c->out_count;
    if (c->settled < c->out_count) {
        return;
    }
    for (size_t i = 0; i < c->out_count; i++) {
        watch_class_unpin(c->manager, c->outs[i].class_);
    }
    c->out_count = c->settled = 0;
}

static const watch_out *find_out(const watch_manager *m, const watch_class *class_, watch_connection **holder) {
    for (watch_connection *c = m->connections; c != NULL; c = c->after) {
        for (size_t i = 0; i < c->out_count; i++) {
            if (c->outs[i].class_ == class_) {
                *holder = c;
                return &c->outs[i];
            }
        }
    }
    return NULL;
}

/* ---- a task that nobody was seen to schedule, or that came before ---- */

/* An answer to a request that is older than the last settling may have been decided before it: the task then went on to
 * another connection when its manager dropped this one, which shows later. */
static undr_error tell_unscheduled(watch_connection *c, const watch_request *request, const watch_sight *answer) {
    watch_manager *m = c->manager;
    watch_doubt made = {
        .finding = {.rules = {WATCH_SCHED_4, WATCH_SCHED_6, WATCH_PAY_1},
            .what = "a task was handed out that nobody has scheduled with these bytes, or that was settled before"},
        .place = m->owner->place,
        .holders = {c, c}};
    const watch_sight *sights[] = {&request->sight, answer, &(watch_sight){0}, &(watch_sight){0}};
    if (request->place < m->settled) {
        return doubt(m, &made, sights);
    }
    made.finding.blamed = WATCH_MANAGER;
    watch_add_sight(&made.finding, &request->sight);
    watch_add_sight(&made.finding, answer);
    watch_tell(m->owner, m, &made.finding);
    return UNDR_OK;
}

static undr_error look_at_double(
    watch_connection *c, const watch_class *class_, const watch_request *request, const watch_sight *answer) {
    watch_manager *m = c->manager;
    watch_connection *holder = NULL;
    if (class_ != NULL && class_->scheduled > 1) { /* which of them it is nobody knows */
        watch_undecided(m->owner, WATCH_SCHED_6);
        return UNDR_OK;
    }
    const watch_out *first = class_ == NULL ? NULL : find_out(m, class_, &holder);
    if (first == NULL) {
        return tell_unscheduled(c, request, answer);
    }
    watch_doubt made = {.finding = {.rules = {WATCH_SCHED_6},
                            .blamed = WATCH_MANAGER,
                            .what = "a task was handed out twice, although both connections that have it live"},
        .place = m->owner->place,
        .holders = {holder, c}};
    const watch_sight *sights[] = {&first->answer, &request->sight, answer, &(watch_sight){0}};
    if (holder != c) { /* its manager may have given it up already */
        return doubt(m, &made, sights);
    }
    for (size_t i = 0; i < 3; i++) {
        watch_add_sight(&made.finding, sights[i]);
    }
    watch_tell(m->owner, m, &made.finding);
    return UNDR_OK;
}

static undr_error handed_unscheduled(
    watch_connection *c, watch_class *class_, const watch_request *request, const watch_sight *answer) {
    watch_manager *m = c->manager;
    if (class_ != NULL && class_->lost > 0) { /* FAULT-3: its worker died */
        class_->lost--;
        undr_error error = add_out(c, class_, answer);
        watch_class_unpin(m, class_);
        return error;
    }
    if (is_silent(m) && is_clear(m)) {
        return look_at_double(c, class_, request, answer);
    }
    watch_undecided(m->owner, WATCH_SCHED_4);
    watch_undecided(m->owner, WATCH_SCHED_6);
    return UNDR_OK;
}

/* ---- answers ---- */

static undr_error handed_scheduled(
    watch_connection *c, watch_task *task, const watch_request *request, const watch_sight *answer) {
    watch_manager *m = c->manager;
    watch_class *class_ = task->class_;
    bool unique = class_->scheduled == 1 && class_->out == 1 && class_->lost == 0;
    undr_error error = UNDR_OK;
    watch_held(m->owner, WATCH_SCHED_4);
    watch_held(m->owner, WATCH_SCHED_6);
    if (!unique || !is_clear(m) || task->asked <= m->since) {
        watch_undecided(m->owner, WATCH_SCHED_3);
    } else {
        if (is_silent(m)) {
            look_at_passed_over(m, task, request, answer);
        }
        error = is_judged(m, task) && !task->told ? judge_task(m, task, request, answer) : UNDR_OK;
        error = error == UNDR_OK ? watch_passes_add(m, task, request, answer, m->owner->place) : error;
    }
    error = error == UNDR_OK ? add_out(c, class_, answer) : error;
    watch_task_remove(m, task);
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
        watch_queue_forget(m);
        return UNDR_OK;
    }
    uint64_t digest = watch_digest(seen->frame.payload);
    watch_class *class_ = watch_class_find(m, digest, seen->frame.payload.size);
    watch_task *task = watch_class_first(class_);
    if (task == NULL) {
        undr_error error = handed_unscheduled(c, class_, request, answer);
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
    return m->closing && request->place > m->close_request.place;
}

static void tell_after_close(watch_manager *m, const watch_request *request, const watch_sight *answer) {
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

/* The first task that was certainly in a queue all the while; NULL: each may have been taken by a request that waits. */
static const watch_task *left_lying(const watch_manager *m, const watch_request *request) {
    enum { MOST_STEPS = 256 };
    size_t count = 0, steps = 0;
    const watch_task *found = NULL;
    for (const watch_task *task = m->oldest; task != NULL && task->given < request->place; task = task->newer) {
        bool counts = is_judged(m, task);
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
    watch_tell(m->owner, m, &finding);
    watch_queue_forget(m);
}

/* A None that is judged: the client reads, has not closed its sending side, and asks for one thing at a time. Another may
 * be given None although a task is there (section 5.2). */
static void answered_none(watch_connection *c, const watch_request *request, const watch_sight *answer) {
    watch_manager *m = c->manager;
    if (!request->alone || c->ended[WATCH_CLIENT] || !is_clear(m)) {
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

static void drop_tasks(watch_manager *m) {
    for (size_t i = 0; i < m->bucket_count; i++) {
        for (watch_class *one = m->buckets[i]; one != NULL;) {
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
        watch_task_remove(m, task);
    }
    watch_undecided(m->owner, WATCH_SCHED_10);
    watch_queue_forget(m);
    return true;
}

undr_error watch_queue_answered(watch_connection *c, watch_request *request, const watch_seen_frame *seen,
    watch_value value, const watch_sight *answer) {
    watch_manager *m = c->manager;
    undr_error error = UNDR_OK;
    unlink_waiting(m, request);
    if (request->done) {
        settle_out(c);
    }
    if (may_be_task(m, seen, value)) {
        return UNDR_OK;
    }
    if (value == WATCH_CLOSE_REQUEST) {
        close_queue(m, answer);
    } else if (is_after_close(m, request)) {
        tell_after_close(m, request, answer);
    } else if (m->closing) { /* decided before: what was in the queues then is not known any more */
        watch_undecided(m->owner, WATCH_SCHED_6);
    } else if (value == WATCH_NONE) {
        answered_none(c, request, answer);
    } else {
        error = handed_out(c, request, seen, answer);
    }
    watch_doubts_settle(m);
    return error;
}

/* ---- what takes too long ---- */

#define SECOND UINT64_C(1000000000)

/* A request of a connection that ended without an answer: its manager may read it later, and give it a task, which then
 * is lost. It is done with when its manager has answered many others since, for a long time. */
static void bury_dead(watch_manager *m, uint64_t time) {
    enum { MANY = 256 };
    for (watch_request *at = m->first, *next; at != NULL; at = next) {
        next = at->after;
        if (at->connection == NULL && time > at->ended_time + 10 * SECOND && m->answers > at->ended_answers + MANY) {
            unlink_waiting(m, at);
            free(at);
            m->dead--;
            watch_queue_forget(m);
        }
    }
}

static void tell_late(watch_manager *m, watch_request *waits, const watch_task *task, const watch_request *answered) {
    bool came = waits->place < task->asked;
    watch_finding finding = {.rules = {came ? WATCH_NEXT_6 : WATCH_SCHED_10, came ? WATCH_SCHED_10 : WATCH_NEXT_1},
        .blamed = WATCH_MANAGER,
        .what = "a request waits although a task lies there for more than five seconds, while others are answered"};
    waits->told = true;
    watch_add_sight(&finding, &waits->sight);
    watch_add_sight(&finding, &task->request);
    watch_add_sight(&finding, &answered->sight);
    watch_tell(m->owner, m, &finding);
}

/* NEXT-6: five seconds is what section 11 gives a peer that makes no progress. That the manager does, is shown by
 * requests that were made half of that time later, over a second, and have been answered. */
static void look_for_late(watch_manager *m, const watch_request *answered, uint64_t time) {
    const watch_task *task = m->oldest;
    if (task == NULL || !is_judged(m, task) || !is_clear(m) || m->partial
        || answered->time < task->given_time + 5 * SECOND / 2) {
        return;
    }
    if (m->late != task) {
        m->late = task;
        m->late_time = time;
    }
    watch_request *waits = m->first;
    bool watched = waits != NULL && waits->alone && !waits->told && !waits->connection->ended[WATCH_CLIENT]
        && !watch_stream_is_inside(&waits->connection->streams[WATCH_MANAGER]);
    if (watched && waits->place < task->given && time > task->given_time + 5 * SECOND
        && answered->time > m->late_time + SECOND) {
        tell_late(m, waits, task, answered);
    }
}

void watch_queue_check(watch_manager *m, const watch_request *answered, uint64_t time) {
    enum { NOW_AND_THEN = 64 };
    if (m->dead > 0 && m->answers % NOW_AND_THEN == 0) {
        bury_dead(m, time);
    }
    look_for_late(m, answered, time);
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
    for (size_t i = 0; i < c->out_count; i++) {
        c->outs[i].class_->lost++; /* the pin is its now */
    }
    c->out_count = c->settled = 0;
    watch_doubts_of(m, c);
}

void watch_queue_free(watch_manager *m) {
    watch_doubts_drop(m);
    watch_passes_clear(m);
    drop_tasks(m);
    while (m->first != NULL) {
        watch_request *request = m->first;
        unlink_waiting(m, request);
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
