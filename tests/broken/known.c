/* known.c: the connections that the broken manager knows, and the tasks of one that ends. Every function is called
 * under the lock. */
#include "known.h"

#include "bugs.h"
#include "closing.h"
#include "inbox.h"
#include "tasks.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A pool's own workers connect from 127.0.0.2. */
static bool comes_from_own_worker(int fd) {
    struct sockaddr_in name = {0};
    socklen_t size = sizeof name;
    return getpeername(fd, (struct sockaddr *)&name, &size) == 0 && ntohl(name.sin_addr.s_addr) == OWN_WORKER_ADDRESS;
}

connection *remember_connection(manager *m, int fd) {
    connection *c = must_have(calloc(1, sizeof *c));
    *c = (connection){.next = m->connections, .manager = m, .fd = fd, .number = ++m->connection_number};
    c->own = comes_from_own_worker(fd);
    c->inherited = m->lost_last;
    c->came_late = m->joining;
    m->connections = c;
    m->connection_count++;
    return c;
}

/* lost_newest_twice: each task that is out becomes a copy of the newest. */
static void copy_newest(connection *c) {
    const task *newest = c->out;
    while (newest != NULL && newest->next != NULL) {
        newest = newest->next;
    }
    for (task *t = c->out; t != newest; t = t->next) {
        free(t->data.data);
        t->data = (bytes){.data = must_have(malloc(newest->data.size + 1)), .size = newest->data.size};
        memcpy(t->data.data, newest->data.data, newest->data.size);
    }
}

void forget_connection(manager *m, connection *c) {
    m->lost_last = c->out_count;
    mourn(m, c);
    if (bug(BUG_lost_newest_twice)) {
        copy_newest(c);
    }
    while (c->out != NULL) {
        task *t = c->out;
        c->out = t->next;
        m->out_count--;
        bool repeats = bug(BUG_lost_is_repeated) || bug(BUG_repeats_and_holds) || bug(BUG_lost_for_ever)
            || bug(BUG_lost_newest_twice);
        if (repeats && (t->lost++ < 3 || bug(BUG_lost_for_ever)) && !m->closing) {
            repeat_task(m, t);
            continue;
        }
        if (bug(BUG_lost_once) && m->given_up++ > 0) {
            free_task(t);
            continue;
        }
        bool silent = bug_at(BUG_third_loss_silent, 3) || bug_at(BUG_thirtieth_loss_silent, 30);
        m->asleep = bug(BUG_join_sleeps_through_a_loss) || (bug(BUG_next_sleeps_through_a_loss) && m->reader_waits)
            || bug(BUG_report_waits_for_a_settling);
        if (!silent && !bug(BUG_lost_task_silent) && !bug(BUG_hold_keeps_reset)) {
            report_lost(m);
        }
        m->left -= t->counted && !bug(BUG_lost_task_counts) ? 1 : 0;
        free_task(t);
    }
    for (connection **place = &m->connections; *place != NULL; place = &(*place)->next) {
        if (*place == c) {
            *place = c->next;
            break;
        }
    }
    m->connection_count--;
    close(c->fd);
    free(c);
}

void shut_all(manager *m) {
    for (connection *c = m->connections; c != NULL; c = c->next) {
        shutdown(c->fd, SHUT_RDWR);
    }
}
