/* closing.c: what a broken pool does wrong with foreign connections, with closes, and with workers that die. */
#include "closing.h"

#include "bugs.h"
#include "foreign.h"
#include "inbox.h"
#include "processes.h"
#include "tasks.h"

enum { JOIN, CANCEL, KILL };

bool gets_no_task(const manager *m, const connection *c) {
    bool foreign = is_foreign(m, c);
    return (foreign && m->joining && bug(BUG_join_gives_foreign_none))
        || (foreign && bug(BUG_foreign_not_served) && workers_busy(m) > 0)
        || (bug(BUG_workers_take_turns) && m->worker_count > 2 && workers_busy(m) >= 2);
}

bool is_dismissed(const manager *m, const connection *c) {
    return is_foreign(m, c) && m->joining && bug(BUG_join_dismisses_foreign);
}

bool runs_on(manager *m, const connection *c, bool done) {
    if (!m->closing || m->policy != CANCEL || m->worker_count == 0) {
        return false;
    }
    if (is_foreign(m, c)) {
        return bug(BUG_cancel_hands_foreign_tasks);
    }
    return (done && bug_at(BUG_cancel_runs_one_more, 1)) || (bug(BUG_cancel_runs_urgent) && m->queues[0].count > 0)
        || (bug(BUG_cancel_runs_what_is_scheduled) && m->scheduled > m->scheduled_at_close);
}

bool refuses_message(const manager *m, const connection *c) {
    bool foreign = is_foreign(m, c), cancels = m->closing && m->policy == CANCEL && m->worker_count > 0;
    return (foreign && m->joining && bug(BUG_join_refuses_foreign_messages))
        || (foreign && cancels && bug(BUG_cancel_refuses_foreign_messages))
        || (!foreign && cancels && bug(BUG_cancel_refuses_own_messages));
}

bool drops_task(const manager *m, const connection *c) {
    return is_foreign(m, c) && m->joining && bug(BUG_join_drops_foreign_tasks);
}

static bool waits(const manager *m) {
    bool workers = m->worker_count > 0;
    if (m->policy == CANCEL) {
        return (workers && bug(BUG_cancel_waits_for_foreign) && foreign_out(m) > 0)
            || (workers && bug(BUG_cancel_after_a_loss_hangs) && m->foreign_lost > 0);
    }
    if (m->policy == KILL) {
        return (workers && bug(BUG_kill_waits_for_foreign) && foreign_out(m) > 0)
            || (workers && bug(BUG_kill_waits_for_the_queue) && m->queued > 0)
            || (workers && bug(BUG_kill_needs_reader) && m->inbox_count > 0);
    }
    return false;
}

void wait_beside(manager *m) {
    m->scheduled_at_close = m->scheduled;
    if (m->policy == JOIN && m->worker_count > 0 && bug(BUG_join_drops_the_urgent)) {
        drop_tasks(m, &m->queues[0]);
    }
    while (waits(m)) {
        pthread_cond_wait(&m->changed, &m->lock);
    }
}

long forgotten(const manager *m) {
    return bug(BUG_join_forgets_foreign) ? foreign_out(m) : 0;
}

static void drop_scheduled_by(manager *m, const connection *c) {
    for (int i = 0; i <= m->levels; i++) {
        drop_tasks_of(m, &m->queues[i], c->number);
    }
}

void mourn(manager *m, const connection *c) {
    bool foreign = is_foreign(m, c);
    m->foreign_lost += foreign ? (unsigned)c->out_count : 0;
    if (foreign && c->out_count > 0 && bug(BUG_foreign_loss_replaces)) {
        start_extra(m);
    }
    if (m->worker_count == 0 || foreign || m->closing || c->told_to_close) {
        return;
    }
    if (bug(BUG_death_loses_messages)) {
        clear_inbox(m);
    }
    if (bug(BUG_death_loses_what_it_scheduled)) {
        drop_scheduled_by(m, c);
    }
    if (bug(BUG_death_settles_all)) {
        m->left = 0;
    }
}
