/* out.c: the tasks that connections have out, and those that come a second time, or that nobody has scheduled (SCHED-4, -6). */
#include "base/grow.h"
#include "watch/inside.h"

#include <stdlib.h>

/* ---- tasks that are out ---- */

undr_error watch_out_add(watch_connection *c, watch_class *class_, const watch_sight *answer) {
    watch_out *grown = check_array_grow(c->outs, c->out_count, &c->out_capacity, sizeof *grown);
    if (grown == NULL) {
        return UNDR_MEMORY;
    }
    c->outs = grown;
    if (class_ != NULL) {
        watch_class_pin(class_);
    }
    c->outs[c->out_count++] = (watch_out){class_, *answer};
    return UNDR_OK;
}

/* ---- what was settled ---- */

/* A settled task's class is kept as long as a request waits that is older than that: an answer to it may have been on its
 * way before, and carry the task, if its manager then dropped that connection and handed the task to another. */
static undr_error bury(watch_manager *m, watch_class *class_) {
    watch_graves *graves = &m->graves;
    uint64_t place = m->owner->place;
    if (class_ == NULL) {
        return UNDR_OK;
    }
    class_->settled = place;
    if (graves->at == NULL && (graves->at = malloc(WATCH_GRAVES * sizeof *graves->at)) == NULL) {
        return UNDR_MEMORY;
    }
    if (graves->count == WATCH_GRAVES) {
        m->forgotten = graves->at[graves->first].place;
        watch_out_forget_oldest(m);
    }
    graves->at[(graves->first + graves->count++) % WATCH_GRAVES] = (watch_grave){class_, place};
    return UNDR_OK;
}

void watch_out_forget_oldest(watch_manager *m) {
    watch_graves *graves = &m->graves;
    watch_class *class_ = graves->at[graves->first].class_;
    graves->first = (graves->first + 1) % WATCH_GRAVES;
    graves->count--;
    watch_class_unpin(m, class_);
}

void watch_out_forget(watch_manager *m) {
    const watch_graves *graves = &m->graves;
    while (graves->count > 0 && (m->first == NULL || m->first->place > graves->at[graves->first].place)) {
        watch_out_forget_oldest(m);
    }
}

/* Tasks that may have been settled by a `t` that was sent before they came are out for ever, as far as is known. */
static void give_up(watch_connection *c) {
    while (c->out_count > 0) {
        watch_class_unpin(c->manager, c->outs[--c->out_count].class_);
    }
    c->settled = 0;
    c->manager->unknown = true;
}

/* Of several that are out nobody knows which was settled: they count as out until as many were settled. */
undr_error watch_out_settle(watch_connection *c, watch_request *request) {
    enum { MOST_OUT = 4096 };
    undr_error error = UNDR_OK;
    if (!request->settles) {
        if (c->out_count > MOST_OUT) {
            give_up(c);
        }
        return UNDR_OK;
    }
    request->settles = false;
    c->settling--;
    if (++c->settled < c->out_count) {
        return UNDR_OK;
    }
    for (size_t i = 0; i < c->out_count && error == UNDR_OK; i++) {
        error = bury(c->manager, c->outs[i].class_); /* the pin is its now */
    }
    c->out_count = c->settled = 0;
    return error;
}

void watch_out_lost(watch_connection *c) {
    for (size_t i = 0; i < c->out_count; i++) {
        if (c->outs[i].class_ != NULL) {
            c->outs[i].class_->lost++; /* the pin is its now */
        }
    }
    c->out_count = c->settled = c->settling = 0;
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

static void add_sights(watch_finding *finding, const watch_sight *const sights[WATCH_SIGHTS]) {
    for (size_t i = 0; i < WATCH_SIGHTS; i++) {
        watch_add_sight(finding, sights[i]);
    }
}

/* What came may be what a manager makes of an empty payload. */
static bool is_empty_task_due(watch_manager *m) {
    const watch_class *empty = watch_class_find(m, watch_digest((undr_slice){0}), 0);
    return empty != NULL && watch_class_first(empty) != NULL;
}

/* Nothing that was settled since the request was made has these bytes: the answer was not on its way before. */
static undr_error tell_unscheduled(watch_connection *c, const watch_request *request, const watch_sight *answer) {
    watch_manager *m = c->manager;
    watch_finding finding = {.rules = {WATCH_SCHED_4, WATCH_SCHED_6, WATCH_PAY_1},
        .blamed = WATCH_MANAGER,
        .what = "a task was handed out that nobody has scheduled with these bytes, or that was settled before"};
    if (request->place <= m->forgotten) {
        watch_undecided(m->owner, WATCH_SCHED_4);
        return UNDR_OK;
    }
    if (is_empty_task_due(m)) {
        finding.rules[2] = WATCH_SCHED_7;
    }
    watch_add_sight(&finding, &request->sight);
    watch_add_sight(&finding, answer);
    watch_tell_across(m, &finding);
    return UNDR_OK;
}

/* Both connections have to live on: the manager may have given up one of them before it gave the task to the other. */
static undr_error doubt_double(
    watch_connection *c, watch_connection *other, const watch_sight *const sights[WATCH_SIGHTS]) {
    watch_manager *m = c->manager;
    watch_doubt made = {.finding = {.rules = {WATCH_SCHED_6},
                            .blamed = WATCH_MANAGER,
                            .what = "a task was handed out twice, although both connections that got it live"},
        .place = m->owner->place,
        .holders = {other, c}};
    return watch_doubt_make(m, &made, sights);
}

static undr_error handed_twice(
    watch_connection *c, const watch_class *class_, const watch_request *request, const watch_sight *answer) {
    watch_manager *m = c->manager;
    watch_connection *holder = NULL;
    if (class_ == NULL) {
        return tell_unscheduled(c, request, answer);
    }
    if (class_->scheduled > 1) { /* which of them it is nobody knows */
        watch_undecided(m->owner, WATCH_SCHED_6);
        return UNDR_OK;
    }
    static const watch_sight none;
    const watch_out *first = find_out(m, class_, &holder);
    const watch_sight *sights[WATCH_SIGHTS] = {first == NULL ? &none : &first->answer, &request->sight, answer, &none};
    if (first == NULL && request->place > class_->settled) {
        return tell_unscheduled(c, request, answer);
    }
    if (holder != c) {
        return doubt_double(c, first == NULL ? c : holder, sights);
    }
    watch_finding finding = {
        .rules = {WATCH_SCHED_6}, .blamed = WATCH_MANAGER, .what = "a task was handed out twice on one connection"};
    add_sights(&finding, sights);
    watch_tell_across(m, &finding);
    return UNDR_OK;
}

undr_error watch_out_unscheduled(
    watch_connection *c, watch_class *class_, const watch_request *request, const watch_sight *answer) {
    watch_manager *m = c->manager;
    undr_error error = UNDR_OK;
    bool lost = class_ != NULL && class_->lost > 0; /* FAULT-3: its worker died */
    if (lost) {
        class_->lost--;
    } else if (watch_queue_is_silent(m) && watch_queue_is_clear(m)) {
        error = handed_twice(c, class_, request, answer);
    } else {
        watch_undecided(m->owner, WATCH_SCHED_4);
        watch_undecided(m->owner, WATCH_SCHED_6);
    }
    error = error == UNDR_OK ? watch_out_add(c, class_, answer) : error;
    if (lost) {
        watch_class_unpin(m, class_);
    }
    return error;
}
