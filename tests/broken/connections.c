/* connections.c: the broken manager's requests and answers: a thread per connection. */
#include "connections.h"

#include "again.h"
#include "bugs.h"
#include "closing.h"
#include "holding.h"
#include "inbox.h"
#include "known.h"
#include "pickle.h"
#include "processes.h"
#include "support/steady.h"
#include "tasks.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Answers, under the lock. */

typedef struct answer {
    uint8_t type;
    bytes payload; /* owned */
    bool refused, twice, crash;
} answer;

static bytes copy_bytes(const void *data, size_t size) {
    bytes copy = {.data = must_have(malloc(size + 1)), .size = size};
    memcpy(copy.data, data, size);
    return copy;
}

static bytes none_pickle(void) {
    if (bug(BUG_none_is_empty)) {
        return copy_bytes("", 0);
    }
    if (bug(BUG_none_is_false)) {
        return copy_bytes("\x80\x04\x89.", 4);
    }
    if (bug(BUG_none_is_zero)) {
        return copy_bytes("\x80\x04K\0.", 5);
    }
    if (bug(BUG_none_is_protocol_0)) {
        return copy_bytes("N.", 2);
    }
    if (bug(BUG_none_is_protocol_5)) {
        return copy_bytes("\x80\x05N.", 4);
    }
    return bug(BUG_none_is_protocol_2) ? copy_bytes("\x80\x02N.", 4) : copy_bytes("\x80\x04N.", 4);
}

static bytes close_pickle(void) {
    if (bug(BUG_close_request_reduce)) {
        static const char reduce[] = "\x80\x04"
                                     "cundr.task\nCloseRequest\n)R}b.";
        return copy_bytes(reduce, sizeof reduce - 1);
    }
    if (bug(BUG_close_request_is_class)) {
        static const char class[] = "\x80\x04"
                                    "cundr.task\nCloseRequest\n.";
        return copy_bytes(class, sizeof class - 1);
    }
    if (bug(BUG_close_request_misnamed)) {
        static const char other[] = "\x80\x04"
                                    "cundr.tasks\nCloseRequest\n)\x81.";
        return copy_bytes(other, sizeof other - 1);
    }
    if (bug(BUG_none_is_protocol_0)) {
        static const char zero[] = "cundr.task\nCloseRequest\n(tR.";
        return copy_bytes(zero, sizeof zero - 1);
    }
    static const char plain[] = "\x80\x04\x95\x21\0\0\0\0\0\0\0\x8c\x09undr.task\x94\x8c\x0c"
                                "CloseRequest\x94\x93\x94)\x81\x94.";
    static const char two[] = "\x80\x02"
                              "cundr.task\nCloseRequest\n)\x81.";
    bytes close = bug(BUG_none_is_protocol_2) ? copy_bytes(two, sizeof two - 1) : copy_bytes(plain, sizeof plain - 1);
    close.data[1] = bug(BUG_none_is_protocol_5) ? 5 : close.data[1];
    return close;
}

static bool closing_answer(manager *m, const connection *c, answer *a) {
    if (m->policy == 1 && bug(BUG_cancel_late) && m->closing && !m->was_late) {
        return false;
    }
    bool closing = m->closing || is_dismissed(m, c) || (m->joining && bug(BUG_join_closes_early))
        || (c->came_late && bug(BUG_join_dismisses_newcomers));
    if (!closing || (m->policy == 1 && (bug(BUG_cancel_answers_none) || bug(BUG_cancel_hands_out)))
        || (m->policy == 0 && bug(BUG_join_never_closes)) || (m->policy == 2 && bug(BUG_kill_forgets_idle))) {
        return false;
    }
    if (bug(BUG_close_ends_connections)) {
        a->refused = true;
        return true;
    }
    a->payload = close_pickle();
    return true;
}

static void answer_request(manager *m, connection *c, answer *a, bool done) {
    bool holds = may_hold() || (bug(BUG_holds_after_close) && m->closing), released = true;
    if (holds && !task_waits(m, c) && (!m->closing || bug(BUG_holds_after_close))) {
        c->lasts = bug(BUG_hold_lasts_for_done) ? done : c->holds++ > 0;
        released = hold(m, c, done);
        if (bug(BUG_hold_drops_what_comes)) {
            drop_pending(c->fd);
        }
        if (hold_lasts(m, c)) {
            struct timespec rest = {20, 0};
            pthread_mutex_unlock(&m->lock);
            nanosleep(&rest, NULL);
            pthread_mutex_lock(&m->lock);
        }
    }
    a->type = bug(BUG_answer_type_n) ? 'n' : 't';
    bool on = runs_on(m, c, done) && task_waits(m, c);
    if (released && !on && closing_answer(m, c, a)) {
        c->told_to_close = true;
        return;
    }
    bool hands_out = released && !(bug(BUG_one_task_out) && c->out_count > 0) && !(bug(BUG_done_gets_none) && done)
        && !(bug(BUG_none_is_for_ever) && c->had_none);
    if (m->closing && (bug(BUG_cancel_answers_none) || bug(BUG_cancel_late))) {
        hands_out = false;
        m->was_late = true;
    }
    if (may_hold() && !bug(BUG_hold_keeps_reset) && peer_is_gone(c)) {
        hands_out = false;
    }
    hands_out = hands_out && !gets_no_task(m, c) && !(bug(BUG_out_limit_64) && c->out_count >= 64);
    task *next = hands_out ? take_task(m, c) : NULL;
    if (next == NULL) {
        c->had_none = true;
        a->payload = none_pickle();
        a->twice = bug(BUG_double_answer);
        return;
    }
    a->payload = next->data.size == 0 && bug(BUG_empty_task_is_none) ? none_pickle()
                                                                     : copy_bytes(next->data.data, next->data.size);
    hand_out(m, c, next);
}

static void on_next(manager *m, connection *c, const frame *f, answer *a) {
    if (f->payload.size > 0 && !bug(BUG_next_payload_ignored) && !bug_at(BUG_third_next_with_payload, 3)) {
        a->refused = true;
        return;
    }
    if (bug(BUG_next_counts)) {
        settle_task(m, c);
    }
    answer_request(m, c, a, false);
}

static void on_done(manager *m, connection *c, const frame *f, answer *a) {
    if (f->payload.size > 0 && !bug(BUG_done_payload_ignored) && !bug_at(BUG_third_done_with_payload, 3)) {
        m->left -= bug(BUG_done_payload_counts) ? 1 : 0;
        if (bug(BUG_done_payload_settles)) {
            settle_task(m, c);
        }
        a->refused = true;
        return;
    }
    if (c->out_count == 0 && bug(BUG_surplus_done_ends)) {
        a->refused = true;
        return;
    }
    settle_task(m, c);
    if (bug(BUG_join_closes_at_once) && m->joining && m->left <= 0) {
        clear_inbox(m);
        m->closing = true;
    }
    answer_request(m, c, a, true);
}

static bool message_fine(const frame *f) {
    if (f->payload.size == 0) {
        return bug(BUG_empty_message_accepted) || bug_at(BUG_third_empty_message_taken, 3);
    }
    if (bug(BUG_garbage_message_accepted) || (bug(BUG_garbage_message_large_accepted) && f->payload.size > 65536)) {
        return true;
    }
    pool p = {0};
    size_t used = 0;
    val *v = pickle_loads(&p, f->payload.data, f->payload.size, &used);
    bool fine = v != NULL && !(bug(BUG_refuses_deep) && val_nests(v, 100));
    if (bug(BUG_pickle_4_only) && (f->payload.size < 2 || f->payload.data[0] != 0x80 || f->payload.data[1] != 4)) {
        fine = false;
    }
    if (bug(BUG_reads_no_protocol_5) && f->payload.size > 1 && f->payload.data[0] == 0x80 && f->payload.data[1] == 5) {
        fine = false;
    }
    if (fine && bug(BUG_refuses_unknown_classes)) {
        bool known = v->kind != K_OBJECT || val_is_class(v, "undr.task.WorkerException")
            || val_is_class(v, "undr_conformance.Probe") || val_is_class(v, "undr.task.Chain");
        fine = used == f->payload.size && known && v->kind != K_CLASS;
    }
    if (!fine && bug(BUG_truncated_message_accepted) && f->payload.data[0] == 0x80
        && f->payload.data[f->payload.size - 1] != '.') {
        fine = true;
    }
    pool_free(&p);
    fine = fine && !(bug(BUG_message_64_kib_refused) && f->payload.size == 65536);
    return fine || bug_at(BUG_thirtieth_garbage_taken, 30);
}

/* SEC-1: calls what the pickle names, as a real unpickler would; it can only do os._exit. */
static void execute(const frame *f) {
    pool p = {0};
    val *v = pickle_loads(&p, f->payload.data, f->payload.size, NULL);
    if (v != NULL && val_is_class(v, "os._exit") && v->args->count == 1) {
        _exit((int)val_number(v->args->items[0]));
    }
    pool_free(&p);
}

static void on_message(manager *m, connection *c, const frame *f, answer *a) {
    bool closed_to_it = (m->joining && bug(BUG_join_refuses_messages))
        || (m->closing && bug(BUG_cancel_refuses_messages));
    if (!message_fine(f) || closed_to_it || refuses_message(m, c)) {
        if (bug(BUG_garbage_message_ends_unread)) {
            clear_inbox(m);
        }
        a->refused = true;
        return;
    }
    if (bug(BUG_executes_messages)) {
        execute(f);
    }
    if (bug(BUG_early_message_ack) || (bug(BUG_early_large_ack) && f->payload.size > 65536)) {
        (void)write_frame(c->fd, &m->habits, 'm', NULL, 0);
        a->type = 0;
        struct timespec moment = {0, 20000000};
        pthread_mutex_unlock(&m->lock);
        nanosleep(&moment, NULL);
        pthread_mutex_lock(&m->lock);
    } else {
        a->type = bug(BUG_message_ack_is_s) ? 's' : bug(BUG_no_message_ack) ? 0 : 'm';
    }
    a->type = bug(BUG_message_256_unacknowledged) && m->messages == 255 ? 0 : a->type;
    a->type = bug(BUG_message_65536_unacknowledged) && m->messages == 65535 ? 0 : a->type;
    m->asleep = m->asleep || (bug(BUG_next_sleeps_through_a_message) && m->reader_waits);
    put_message(m, f->payload.data, f->payload.size);
    if (bug(BUG_errors_end_the_pool) && memmem(f->payload.data, f->payload.size, "WorkerException", 15) != NULL) {
        _exit(1);
    }
    a->twice = bug(BUG_double_message_ack);
    if (bug(BUG_message_ack_payload)) {
        a->payload = copy_bytes("ok", 2);
    }
}

static bool priority_fine(const manager *m, unsigned priority) {
    unsigned levels = (unsigned)m->levels;
    if (bug(BUG_priority_clamped)) {
        return true;
    }
    if (bug(BUG_last_level_refused)) {
        return priority + 1 < levels;
    }
    if (bug(BUG_priority_64_refused) && priority == 64) {
        return false;
    }
    return priority < levels + (bug(BUG_levels_off_by_one) ? 1 : 0);
}

static bool task_fine(const frame *f) {
    if (f->payload.size == 0) {
        return !bug(BUG_empty_task_refused);
    }
    if (!bug(BUG_tasks_must_be_pickles)) {
        return true;
    }
    pool p = {0};
    bool fine = pickle_loads(&p, f->payload.data, f->payload.size, NULL) != NULL;
    pool_free(&p);
    return fine;
}

static void on_schedule(manager *m, connection *c, const frame *f, answer *a) {
    unsigned priority = f->type == 's' || f->type == 0x7f ? 0 : f->type & 0x7f;
    bool fine = priority_fine(m, priority) && task_fine(f) && !(m->joining && bug(BUG_join_refuses_spawned))
        && !(m->closing && bug(BUG_cancel_refuses_spawned));
    if (!fine) {
        bool queues = bug_at(BUG_third_refused_priority_queues, 3) || bug_at(BUG_thirtieth_refused_priority_queues, 30);
        if (bug(BUG_refused_priority_queues) || queues) {
            put_task(m, c, (unsigned)m->levels - 1, f->payload.data, f->payload.size, true);
        }
        a->refused = true;
        return;
    }
    a->type = bug(BUG_schedule_ack_is_m) ? 'm'
        : bug(BUG_schedule_ack_echoes)   ? f->type
        : bug(BUG_no_schedule_ack)       ? 0
                                         : 's';
    if (bug(BUG_early_schedule_ack)) {
        (void)write_frame(c->fd, &m->habits, 's', NULL, 0);
        a->type = 0;
        struct timespec moment = {0, 20000000};
        pthread_mutex_unlock(&m->lock);
        nanosleep(&moment, NULL);
        pthread_mutex_lock(&m->lock);
    }
    wire_task look = look_at_task(f);
    if (look == WIRE_TASK_CLOSES) {
        m->closing = true;
    } else if (look == WIRE_TASK_REFUSED) {
        a->refused = true;
    } else if (!(m->closing && bug(BUG_closed_drops)) && look == WIRE_TASK_FINE && !drops_task(m, c)) {
        bool foreign = bug(BUG_foreign_tasks_not_counted) && m->worker_count > 0 && !c->own;
        put_task(m, c, priority, f->payload.data, f->payload.size, is_counted(f) && !foreign);
        start_late(m);
    }
    a->twice = bug(BUG_double_schedule_ack);
    if (bug(BUG_schedule_ack_payload)) {
        a->payload = copy_bytes("ok", 2);
    }
}

static void on_unknown(answer *a) {
    if (bug(BUG_unknown_type_crashes)) {
        a->crash = true;
    } else if (bug(BUG_unknown_type_answered)) {
        a->type = 't';
    } else if (!bug(BUG_unknown_type_ignored) && !bug_at(BUG_third_violation_ignored, 3)
        && !bug_at(BUG_thirtieth_violation_ignored, 30)) {
        a->refused = true;
    }
}

static uint8_t known_type(uint8_t type) {
    if (type == 0 && bug(BUG_zero_type_is_next)) {
        return 'n';
    }
    if ((type == 'N' || type == 'T' || type == 'M') && bug(BUG_upper_case_types)) {
        return (uint8_t)(type | 0x20);
    }
    return type;
}

static void dispatch(manager *m, connection *c, const frame *f, answer *a) {
    uint8_t type = known_type(f->type);
    bool schedules = type >= (bug(BUG_priority_0_refused) ? 0x81 : 0x80) || (type == 's' && bug(BUG_s_schedules))
        || (type == 0x7f && bug(BUG_type_7f_schedules));
    if (type == 'n') {
        on_next(m, c, f, a);
    } else if (type == 't') {
        on_done(m, c, f, a);
    } else if (type == 'm') {
        on_message(m, c, f, a);
    } else if (schedules) {
        on_schedule(m, c, f, a);
    } else {
        on_unknown(a);
    }
    if (a->refused) {
        if (bug(BUG_violation_clears_queues) || bug_at(BUG_thirtieth_violation_clears, 30)) {
            clear_queues(m);
        }
        if (bug(BUG_violation_ends_all)) {
            shut_all(m);
        }
    }
}

/* Connections. */

static void refuse(connection *c) {
    if (bug(BUG_refuses_by_reset) || bug(BUG_refuses_at_header)) {
        struct linger now = {1, 0};
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
}

/* Writes the frame's answer; false: the connection is over. */
static bool reply(manager *m, connection *c, const frame *f, answer *a) {
    if (a->crash) {
        abort();
    }
    if (bug(BUG_slow_answers)) {
        struct timespec moment = {0, 3000000};
        nanosleep(&moment, NULL);
    }
    bool fine = true;
    for (int times = a->twice ? 2 : 1; times > 0 && a->type != 0 && fine; times--) {
        fine = write_frame(c->fd, &m->habits, a->type, a->payload.data, a->payload.size);
    }
    if (fine && a->type == 's' && f->type >= 0x80 && bug(BUG_none_after_ack)) {
        fine = write_frame(c->fd, &m->habits, 't', "\x80\x04N.", 4);
    }
    bool ends = bug(BUG_ends_with_a_task_out) || (bug(BUG_ends_after_close_request) && c->out_count == 0);
    return fine && !(c->told_to_close && ends);
}

static bool half_closed(int fd) {
    struct pollfd one = {.fd = fd, .events = POLLRDHUP};
    return steady_poll(&one, 1, 0) > 0 && (one.revents & POLLRDHUP) != 0;
}

/* A reader that mistakes less than a header for the rest of a buffer. */
static void drop_short_rest(int fd) {
    char sink[8];
    int waiting = 0;
    if (ioctl(fd, FIONREAD, &waiting) == 0 && waiting > 0 && waiting < 9) {
        (void)!steady_recv(fd, sink, (size_t)waiting, MSG_DONTWAIT);
    }
}

bool serve_frame(manager *m, connection *c, frame *f) {
    answer a = {0};
    if (bug(BUG_half_close_ends)) {
        struct timespec moment = {0, 5000000}; /* for a half-close on its way */
        nanosleep(&moment, NULL);
        if (half_closed(c->fd)) {
            return false;
        }
    }
    if (bug(BUG_drops_coalesced)) {
        drop_pending(c->fd);
    }
    if (bug(BUG_drops_short_rests)) {
        drop_short_rest(c->fd);
    }
    atomic_fetch_add(&m->asking, 1);
    pthread_mutex_lock(&m->lock);
    make_stale(m, f);
    m->asleep = m->asleep && (bug(BUG_report_waits_for_a_settling) || bug(BUG_next_sleeps_through_a_message));
    dispatch(m, c, f, &a);
    pthread_cond_broadcast(&m->changed);
    pthread_mutex_unlock(&m->lock);
    atomic_fetch_sub(&m->asking, 1);
    bool goes_on = false;
    if (a.refused) {
        refuse(c);
    } else {
        goes_on = reply(m, c, f, &a);
    }
    free(a.payload.data);
    return goes_on;
}

/* pause_of_three_seconds_ends: waits without limit for the first byte, and three seconds for each other. */
static wire_result read_in_time(manager *m, connection *c, frame *f) {
    char first;
    limit_waiting(c->fd, SO_RCVTIMEO, 0);
    if (steady_recv(c->fd, &first, 1, MSG_PEEK) <= 0) {
        return WIRE_END;
    }
    struct timespec until = later(3000);
    if (!bug(BUG_frame_of_three_seconds_ends)) {
        limit_waiting(c->fd, SO_RCVTIMEO, bug(BUG_pause_of_3500_ms_ends) ? 3500 : 3000);
    }
    wire_result result = read_frame(c->fd, &m->habits, f);
    struct timespec now = later(0);
    bool late = now.tv_sec > until.tv_sec || (now.tv_sec == until.tv_sec && now.tv_nsec > until.tv_nsec);
    return late && bug(BUG_frame_of_three_seconds_ends) ? WIRE_REFUSED : result;
}

static wire_result read_under_lock(manager *m, connection *c, frame *f) {
    /* lock_while_reading: waits for the first byte, then holds the lock until the frame is whole */
    char first;
    if (steady_recv(c->fd, &first, 1, MSG_PEEK) <= 0) {
        return WIRE_END;
    }
    pthread_mutex_lock(&m->lock);
    wire_result result = read_frame(c->fd, &m->habits, f);
    pthread_mutex_unlock(&m->lock);
    return result;
}

static wire_result read_next(manager *m, connection *c, frame *f) {
    if (bug(BUG_pause_of_three_seconds_ends) || bug(BUG_pause_of_3500_ms_ends)
        || bug(BUG_frame_of_three_seconds_ends)) {
        return read_in_time(m, c, f);
    }
    return bug(BUG_lock_while_reading) ? read_under_lock(m, c, f) : read_frame(c->fd, &m->habits, f);
}

static void *serve_connection(void *argument) {
    connection *c = argument;
    manager *m = c->manager;
    wire_result result = WIRE_OK;
    if (bug(BUG_silent_second_ends) || bug(BUG_silent_five_seconds_ends)) {
        limit_waiting(c->fd, SO_RCVTIMEO, bug(BUG_silent_second_ends) ? 700 : 5000);
    }
    if (bug(BUG_silent_three_seconds_ends) || bug(BUG_silent_four_seconds_ends)) {
        limit_waiting(c->fd, SO_RCVTIMEO, bug(BUG_silent_three_seconds_ends) ? 3000 : 4000);
    }
    if (bug(BUG_slow_reader_ends) || bug(BUG_slow_reader_second_ends)) {
        bool soon = bug(BUG_slow_reader_ends);
        limit_waiting(c->fd, SO_SNDTIMEO, soon ? 100 : 1000);
    }
    if (bug(BUG_greets)) {
        (void)write_frame(c->fd, &m->habits, 't', "\x80\x04N.", 4);
    }
    for (;;) {
        frame f = {0};
        result = read_next(m, c, &f);
        bool goes_on = result == WIRE_OK && serve_frame(m, c, &f);
        if (result == WIRE_END) {
            pthread_mutex_lock(&m->lock);
            take_partial(m, c, &f);
            pthread_mutex_unlock(&m->lock);
        }
        free(f.payload.data);
        if (!goes_on) {
            break;
        }
    }
    if (result == WIRE_REFUSED) {
        refuse(c);
    }
    if (result == WIRE_RESET && bug(BUG_reset_crashes)) {
        abort();
    }
    pthread_mutex_lock(&m->lock);
    bool clears = result == WIRE_RESET && (bug_at(BUG_third_reset_clears, 3) || bug_at(BUG_thirtieth_reset_clears, 30));
    if (clears || (result == WIRE_RESET && bug(BUG_reset_loses_queue))) {
        clear_queues(m);
    }
    forget_connection(m, c);
    pthread_cond_broadcast(&m->changed);
    pthread_mutex_unlock(&m->lock);
    return NULL;
}

void *accept_connections(void *argument) {
    manager *m = argument;
    for (;;) {
        int fd = steady_accept(m->listen_fd);
        if (fd < 0) {
            return NULL; /* the listener was shut down */
        }
        pthread_mutex_lock(&m->lock);
        connection *c = remember_connection(m, fd);
        bool too_many = (bug(BUG_max_hundred_connections) && m->connection_count > 100)
            || (bug(BUG_leaks_connections) && m->connection_number > 400)
            || (bug(BUG_connections_255_at_once) && m->connection_count > 255);
        bool unserved = bug(BUG_connection_256_unserved) && m->connection_number == 256;
        pthread_mutex_unlock(&m->lock);
        pthread_t thread;
        if (too_many) {
            shutdown(fd, SHUT_RDWR);
        }
        if (bug(BUG_one_connection)) {
            serve_connection(c);
        } else if (!unserved && pthread_create(&thread, NULL, serve_connection, c) == 0) {
            pthread_detach(thread);
        }
    }
}
