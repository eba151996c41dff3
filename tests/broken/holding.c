/* holding.c: answers that the broken manager holds. */
#include "holding.h"

#include "bugs.h"
#include "support/steady.h"
#include "tasks.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

void drop_pending(int fd) {
    char sink[65536];
    while (steady_recv(fd, sink, sizeof sink, MSG_DONTWAIT) > 0) {}
}

bool may_hold(void) {
    return (declared_hold() > 0 && !bug(BUG_declares_hold_only)) || bug(BUG_holds_undeclared);
}

bool peer_is_gone(const connection *c) {
    struct pollfd one = {.fd = c->fd, .events = POLLIN};
    return steady_poll(&one, 1, 0) > 0 && (one.revents & (POLLERR | POLLHUP)) != 0;
}

/* hold_answers_out_of_order: looks for a message every 20 ms, and acknowledges it at once. It does not reach an
 * inbox. */
static bool answer_early(connection *c) {
    manager *m = c->manager;
    uint8_t header[9];
    struct timespec moment = later(20);
    (void)pthread_cond_timedwait(&m->changed, &m->lock, &moment);
    if (steady_recv(c->fd, header, sizeof header, MSG_PEEK | MSG_DONTWAIT) != (ssize_t)sizeof header
        || header[0] != 'm') {
        return false;
    }
    frame f = {0};
    (void)read_frame(c->fd, &m->habits, &f);
    free(f.payload.data);
    return write_frame(c->fd, &m->habits, 'm', NULL, 0);
}

/* For the bugs that wait for the end of a declared hold: is this one that what has come does not end? */
bool hold_lasts(manager *m, connection *c) {
    const task *t = task_waits(m, c);
    if (t == NULL) {
        return m->closing && (bug(BUG_hold_lasts_at_close) || (bug(BUG_hold_lasts_at_join) && m->policy == 0));
    }
    if (bug(BUG_hold_lasts_for_done) || bug(BUG_hold_lasts_for_the_second)) {
        return c->lasts;
    }
    return bug(t->owner == 0 ? BUG_hold_lasts_for_own : BUG_hold_lasts_for_wire)
        || (t->priority == 0 && bug(BUG_hold_lasts_for_urgent)) || (bug(BUG_hold_signals_one) && m->released++ > 0);
}

/* Holds an answer until a task waits for it, the manager closes, or the time is over. False: the answer is None, even
 * if a task waits. */
bool hold(manager *m, connection *c, bool done) {
    bool for_ever = bug(BUG_holds_undeclared) || bug(BUG_holds_after_close) || bug(BUG_hold_too_long)
        || (bug(BUG_hold_of_done_for_ever) && done);
    struct timespec until = later(for_ever ? 1000000 : bug(BUG_holds_shortly) ? 100 : bug(BUG_hold_of_900) ? 900 : 450);
    bool deaf = bug(BUG_hold_not_released);
    if (bug(BUG_hold_blocks_all)) {
        struct timespec moment = {1, 900000000};
        nanosleep(&moment, NULL);
        return true;
    }
    while (deaf || !task_waits(m, c)) {
        if (bug(BUG_hold_answers_out_of_order) && answer_early(c)) {
            continue;
        }
        if (m->closing && bug(BUG_hold_close_not_released)) {
            pthread_cond_wait(&m->changed, &m->lock);
            continue;
        }
        if (m->closing && !bug(BUG_holds_after_close)) {
            return true;
        }
        if (pthread_cond_timedwait(&m->changed, &m->lock, &until) != 0) {
            return !deaf;
        }
        deaf = deaf || (bug(BUG_hold_releases_one) && task_waits(m, c) && m->released++ % 2 == 1);
    }
    return true;
}
