/* waiting.c: the requests for a task that wait, also those of connections that have ended, and what can be concluded while
 * they do. */
#include "watch/inside.h"

#include <stdlib.h>

void watch_queue_asked(watch_request *request) {
    watch_manager *m = request->connection->manager;
    request->waits = true;
    request->none = m->none;
    watch_connection *c = request->connection;
    request->settles = request->done && c->out_count > c->settled + c->settling;
    c->settling += request->settles;
    request->before = m->last;
    *(m->last == NULL ? &m->first : &m->last->after) = request;
    m->last = request;
    m->waiting++;
}

void watch_queue_unlink(watch_manager *m, watch_request *request) {
    *(request->before == NULL ? &m->first : &request->before->after) = request->after;
    *(request->after == NULL ? &m->last : &request->after->before) = request->before;
    m->waiting--;
    request->waits = false;
}

/* ---- what can be concluded ---- */

bool watch_queue_is_silent(const watch_manager *m) {
    return m->owner->options.program == WATCH_PROGRAM_SILENT && !m->unknown && !m->partial;
}

bool watch_queue_is_clear(const watch_manager *m) {
    return m->lost == 0 && m->dead == 0 && !m->haunted;
}

bool watch_task_is_judged(const watch_manager *m, const watch_task *task) {
    return task->asked > m->since && task->acknowledged;
}

void watch_queue_forget(watch_manager *m) {
    m->since = m->owner->place;
    watch_doubts_drop(m);
}

/* ---- those whose connection has ended ---- */

void watch_queue_haunt(watch_manager *m, uint64_t time) {
    m->haunted = true;
    m->haunted_time = time;
    m->haunted_answers = m->answers;
    watch_queue_forget(m);
}

/* A request of a connection that ended without an answer: its manager may read it later, and give it a task, which then
 * is lost. It is done with when its manager has answered many others since, for a long time. */
static bool is_done_with(const watch_manager *m, uint64_t since, uint64_t answers, uint64_t time) {
    enum { MANY = 256 };
    return time > since + 10 * WATCH_SECOND && m->answers > answers + MANY;
}

void watch_queue_bury(watch_manager *m, uint64_t time) {
    for (watch_request *at = m->first, *next; at != NULL; at = next) {
        next = at->after;
        if (at->connection == NULL && is_done_with(m, at->ended_time, at->ended_answers, time)) {
            watch_queue_unlink(m, at);
            free(at);
            m->dead--;
            watch_queue_forget(m);
        }
    }
    if (m->haunted && is_done_with(m, m->haunted_time, m->haunted_answers, time)) {
        m->haunted = false;
        watch_queue_forget(m);
    }
}
