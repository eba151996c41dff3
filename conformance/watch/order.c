/* order.c: a task that was handed out, beside those that were handed out before it and those that were not: is there an
 * order inside of the intervals of the requests that a right manager could have had (SCHED-2, -3)? */
#include "watch/inside.h"

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
        .wants_none = !watch_queue_is_silent(m)};
    const watch_sight *sights[] = {&task->request, &pass->scheduled_request, &pass->scheduled_answer, answer};
    return watch_doubt_make(m, &made, sights);
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
        .wants_none = !watch_queue_is_silent(m)};
    const watch_sight *sights[] = {&task->request, &pass->asked_request, &pass->asked_answer, answer};
    return watch_doubt_make(m, &made, sights);
}

static undr_error judge_task(
    watch_manager *m, const watch_task *task, const watch_request *request, const watch_sight *answer) {
    undr_error error = look_at_order(m, task, request, answer);
    for (unsigned p = task->priority + 1u; p < WATCH_PRIORITIES && error == UNDR_OK; p++) {
        error = m->passes[p].count == 0 ? UNDR_OK : look_at_priority(m, task, request, answer, p);
    }
    watch_held(m->owner, WATCH_SCHED_2);
    return error == UNDR_OK ? watch_none_before(m, task, request, answer) : error;
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
    return task != other && !task->told && watch_task_is_judged(m, task) && is_only_one(task->class_)
        && (older || urgent);
}

static void tell_passed_over(watch_manager *m, watch_task *task, const watch_task *other, const watch_request *request,
    const watch_sight *answer) {
    bool same = task->priority == other->priority;
    watch_finding finding = {.rules = {same ? WATCH_SCHED_3 : WATCH_SCHED_2, WATCH_SCHED_6}, /* late, or lost */
        .blamed = WATCH_MANAGER,
        .what = same ? "a task overtook one of its own priority that was acknowledged before it was scheduled"
                     : "a less urgent task was handed out while a more urgent one lay in its queue"};
    task->told = true;
    watch_add_sight(&finding, &task->request);
    watch_add_sight(&finding, same ? &other->request : &request->sight);
    watch_add_sight(&finding, answer);
    watch_tell_across(m, &finding);
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

undr_error watch_order_of(watch_manager *m, watch_task *task, const watch_request *request, const watch_sight *answer) {
    const watch_class *class_ = task->class_;
    bool unique = class_->scheduled == 1 && class_->out == 1 && class_->lost == 0;
    if (!unique || !watch_queue_is_clear(m) || task->asked <= m->since || request->place <= m->forgotten) {
        watch_undecided(m->owner, WATCH_SCHED_3);
        return UNDR_OK;
    }
    bool silent = watch_queue_is_silent(m);
    if (silent) {
        look_at_passed_over(m, task, request, answer);
    } else if (!task->acknowledged) { /* it may be one of the program's, with this one still on its way */
        return UNDR_OK;
    }
    undr_error error = UNDR_OK;
    if (watch_task_is_judged(m, task) && !task->told) {
        error = judge_task(m, task, request, answer);
    }
    return error == UNDR_OK ? watch_passes_add(m, task, request, answer, m->owner->place) : error;
}
