/* manager.c: the broken peer's manager as its program sees it: the control channel and the close policies. */
#include "manager.h"

#include "bugs.h"
#include "closing.h"
#include "connections.h"
#include "inbox.h"
#include "known.h"
#include "numbers.h"
#include "pickle.h"
#include "processes.h"
#include "tasks.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int nibble(char c) {
    return c >= '0' && c <= '9' ? c - '0'
        : c >= 'a' && c <= 'f'  ? c - 'a' + 10
        : c >= 'A' && c <= 'F'  ? c - 'A' + 10
                                : -1;
}

static bool from_hex(const char *hex, bytes *out) {
    size_t length = strlen(hex);
    out->data = must_have(malloc(length / 2 + 1));
    out->size = length / 2;
    for (size_t i = 0; i < out->size; i++) {
        int high = nibble(hex[2 * i]), low = nibble(hex[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out->data[i] = (uint8_t)(high << 4 | low);
    }
    return length % 2 == 0;
}

/* None and CloseRequest are not tasks. */
static bool is_task(const bytes *data) {
    pool p = {0};
    val *v = pickle_loads(&p, data->data, data->size, NULL);
    bool is = v != NULL && v->kind != K_NONE && !val_is_class(v, "undr.task.CloseRequest");
    pool_free(&p);
    return is || bug(BUG_schedules_anything);
}

static void command_schedule(manager *m, char *rest) {
    char *hex = strchr(rest, ' ');
    bytes data = {0};
    long priority = strtol(rest, NULL, 10);
    bool fine = hex != NULL && from_hex(hex + 1, &data);
    if (priority < 0 && bug(BUG_priority_from_the_end)) {
        priority += m->levels;
    } else if (bug(BUG_priority_32_bits)) {
        priority = (int32_t)(uint32_t)priority;
    }
    pthread_mutex_lock(&m->lock);
    bool level_fine = priority >= 0 && priority < m->levels;
    if (m->closing && !bug(BUG_schedules_after_close)) {
        puts("error the manager is closed");
    } else if (!fine || !(level_fine || bug(BUG_bad_priority_ok) || bug_at(BUG_third_bad_priority_ok, 3))) {
        puts("error no such priority");
    } else if (!is_task(&data)) {
        puts("error no task");
    } else {
        if (level_fine) {
            put_task(m, NULL, (unsigned)priority, data.data, data.size, !bug(BUG_own_not_counted));
            start_late(m);
        }
        pthread_cond_broadcast(&m->changed);
        puts("ok");
    }
    pthread_mutex_unlock(&m->lock);
    free(data.data);
}

static void command_message(manager *m, char *hex) {
    bytes data = {0};
    if (bug(BUG_cuts_long_lines) && strlen(hex) > 65536) {
        hex[65536] = '\0';
    }
    if (!from_hex(hex, &data)) {
        puts("error not hexadecimal");
    } else {
        pthread_mutex_lock(&m->lock);
        put_own_message(m, data.data, data.size);
        pthread_cond_broadcast(&m->changed);
        pthread_mutex_unlock(&m->lock);
        puts("ok");
    }
    free(data.data);
}

/* In milliseconds; 0: messages() waits without limit. */
static long messages_patience(void) {
    return bug(BUG_messages_time_out)               ? 1000
        : bug(BUG_messages_time_out_late)           ? 1500
        : bug(BUG_messages_end_after_three_seconds) ? 3000
        : bug(BUG_messages_end_after_four_seconds)  ? 4400
                                                    : 0;
}

/* Under the lock. False: a wait for messages is over. */
static bool wait_for_change(manager *m, const struct timespec *until) {
    if (messages_patience() > 0) {
        return pthread_cond_timedwait(&m->changed, &m->lock, until) == 0;
    }
    pthread_cond_wait(&m->changed, &m->lock);
    if (bug(BUG_messages_look_late)) {
        pthread_mutex_unlock(&m->lock);
        (void)usleep(20000);
        pthread_mutex_lock(&m->lock);
    }
    return true;
}

/* One step of messages(), under the lock; false: it ends. */
static bool next_message(manager *m, bytes *text) {
    struct timespec until = later(messages_patience());
    for (bool waited = false;; waited = true) {
        if (m->asleep && !bug(BUG_join_sleeps_through_a_loss)) {
            pthread_cond_wait(&m->changed, &m->lock);
            continue;
        }
        bool ends = m->left == 0 && !bug(BUG_messages_never_end);
        bool skips = bug(BUG_messages_skip_inbox) || (bug(BUG_messages_look_late) && waited);
        if (!(ends && skips) && take_message(m, text)) {
            return true;
        }
        bool early = bug(BUG_messages_end_early) || (bug(BUG_third_end_comes_early) && m->ends >= 2);
        m->reader_waits = true;
        if (ends || early || !wait_for_change(m, &until)) {
            return false;
        }
    }
}

static void command_next(manager *m) {
    bytes text = {0};
    pthread_mutex_lock(&m->lock);
    bool got = next_message(m, &text);
    pthread_mutex_unlock(&m->lock);
    m->reader_waits = false;
    if (!got) {
        m->ends++;
        puts("done");
        return;
    }
    static const char digits[] = "0123456789abcdef";
    fputs("message ", stdout);
    for (size_t i = 0; i < text.size; i++) {
        putchar_unlocked(digits[text.data[i] >> 4]);
        putchar_unlocked(digits[text.data[i] & 15]);
    }
    putchar('\n');
    free(text.data);
}

static void stop_listening(manager *m) {
    shutdown(m->listen_fd, SHUT_RDWR);
}

static void close_join(manager *m) {
    m->joining = true;
    if (bug(BUG_join_refuses_connections) && m->worker_count == 0) {
        stop_listening(m);
    }
    while (bug(BUG_join_never_returns) || (bug(BUG_idle_join_hangs) && m->scheduled == 0)) {
        pthread_cond_wait(&m->changed, &m->lock);
    }
    struct timespec until = later(bug(BUG_join_four_seconds) ? 4400 : bug(BUG_join_three_seconds) ? 3000 : 2000);
    bool gives_up = false;
    while (!gives_up) {
        if (!bug(BUG_join_needs_reader)) {
            clear_inbox(m);
        }
        bool over = m->left - forgotten(m) <= 0 || bug(BUG_join_at_once) || bug(BUG_join_kills)
            || (bug(BUG_join_leaves_queue) && m->out_count == 0);
        if (over && m->inbox_count == 0 && !m->asleep) {
            break;
        }
        if (bug(BUG_join_two_seconds) || bug(BUG_join_three_seconds) || bug(BUG_join_four_seconds)) {
            gives_up = pthread_cond_timedwait(&m->changed, &m->lock, &until) != 0;
        } else {
            pthread_cond_wait(&m->changed, &m->lock);
        }
    }
    if (bug(BUG_join_leaves_workers)) {
        return;
    }
    m->closing = true;
    pthread_cond_broadcast(&m->changed);
    if (bug(BUG_join_cuts_off)) {
        shut_all(m);
    }
    if (bug(BUG_join_kills) || gives_up) {
        kill_workers(m);
    }
    if (bug(BUG_join_forgets_the_last_worker)) {
        stop_last_worker(m);
    }
    wait_for_workers(m);
}

static void close_cancel(manager *m) {
    while ((bug(BUG_idle_cancel_hangs) && m->scheduled == 0) || (bug(BUG_cancel_runs_queue) && m->left > 0)
        || (bug(BUG_cancel_needs_reader) && m->inbox_count > 0)) {
        pthread_cond_wait(&m->changed, &m->lock);
    }
    m->closing = true;
    pthread_cond_broadcast(&m->changed);
    while (bug(BUG_cancel_waits_for_all) && m->out_count > 0) {
        pthread_cond_wait(&m->changed, &m->lock);
    }
    if (bug(BUG_cancel_refuses_connections)) {
        stop_listening(m);
    }
    if (bug(BUG_cancel_kills)) {
        kill_workers(m);
    }
    if (bug(BUG_cancel_kills_the_second)) {
        wait_for_one_worker(m);
        kill_workers(m);
    }
    if (bug(BUG_keeps_grace)) {
        wait_for_workers_until(m, 950);
        kill_workers(m);
    }
    if (bug(BUG_cancel_spares_the_idle) && m->out_count == 0) {
        stop_last_worker(m);
    }
    if (!bug(BUG_cancel_leaves_workers)) {
        wait_for_workers(m);
    }
    while (bug(BUG_death_during_cancel_hangs) && m->deaths_at_close > 0) {
        pthread_cond_wait(&m->changed, &m->lock);
    }
}

static void close_kill(manager *m) {
    m->closing = true;
    pthread_cond_broadcast(&m->changed);
    while ((bug(BUG_kill_answers_late) && m->left > 0) || (bug(BUG_idle_kill_hangs) && m->scheduled == 0)) {
        pthread_cond_wait(&m->changed, &m->lock);
    }
    if (bug(BUG_kill_after_a_death_spares) && m->deaths > 0) {
        return;
    }
    if (bug(BUG_kill_leaves_workers) || (bug(BUG_kill_forgets_idle) && m->out_count == 0)) {
        return;
    }
    if (bug(BUG_kill_ends_connections)) {
        shut_all(m);
    }
    if (!bug(BUG_kill_is_cancel)) {
        kill_workers(m);
    }
    if (!bug(BUG_kill_spares_one)) {
        wait_for_workers(m);
    }
}

static bool keeps_listening(const manager *m) {
    static const bug_id of_policy[] = {BUG_join_listens, BUG_cancel_listens, BUG_kill_listens};
    return bug(of_policy[m->policy]) || bug(BUG_listens_after_close);
}

static bool hangs_again(const manager *m) {
    return bug(BUG_second_close_hangs) || (bug(BUG_join_after_cancel_hangs) && m->policy == 0 && m->left > 0)
        || (bug(BUG_join_after_cancel_waits) && m->policy == 0 && m->out_count > 0);
}

static void command_close(manager *m, const char *policy) {
    pthread_mutex_lock(&m->lock);
    bool again = m->closing;
    m->policy = strcmp(policy, "join") == 0 ? 0 : strcmp(policy, "cancel") == 0 ? 1 : 2;
    while (again && hangs_again(m)) {
        pthread_cond_wait(&m->changed, &m->lock);
    }
    wait_beside(m);
    if (!again) {
        m->policy == 0 ? close_join(m) : m->policy == 1 ? close_cancel(m) : close_kill(m);
    }
    bool stops = !again && !keeps_listening(m);
    pthread_mutex_unlock(&m->lock);
    if (bug(BUG_stops_listening_late)) {
        puts("closed");
        fflush(stdout);
        (void)usleep(100000);
    }
    if (stops) {
        stop_listening(m);
        close(m->listen_fd);
    }
    if (!bug(BUG_stops_listening_late)) {
        puts("closed");
    }
}

static void command(manager *m, char *line) {
    line[strcspn(line, "\r\n")] = '\0';
    if (strncmp(line, "schedule ", 9) == 0) {
        command_schedule(m, line + 9);
    } else if (strncmp(line, "message ", 8) == 0) {
        command_message(m, line + 8);
    } else if (strcmp(line, "next") == 0) {
        command_next(m);
    } else if (strncmp(line, "close ", 6) == 0) {
        command_close(m, line + 6);
    } else {
        puts("error unknown command");
    }
    fflush(stdout);
}

static wire_habits manager_habits(void) {
    return (wire_habits){
        .write_big_endian = bug(BUG_big_endian_answers),
        .read_big_endian = bug(BUG_big_endian_requests),
        .header_one_read = bug(BUG_header_in_one_read),
        .payload_one_read = bug(BUG_payload_in_one_read),
        .one_byte_writes = bug(BUG_one_byte_answers),
        .partial_counts = bug(BUG_partial_takes_effect),
        .length_signed = bug(BUG_length_signed),
        .length_32_bits = bug(BUG_length_32_bits),
        .absurd_waits = bug(BUG_absurd_length_waits),
        .empty_blocks = bug(BUG_empty_blocks),
        .refuse_at_header = bug(BUG_refuses_at_header),
        .length_added = bug(BUG_length_counts_header) ? 9
            : bug(BUG_length_one_short)               ? -1
                                                      : 0,
        .limit = bug(BUG_refuses_64k)            ? 65535
            : bug(BUG_refuses_1m)                ? 1 << 20
            : bug(BUG_refuses_32m)               ? 32 << 20
            : bug(BUG_limit_64_mib)              ? 64 << 20
            : bug(BUG_byte_below_64_mib_refused) ? (64 << 20) - 2
                                                 : 1 << 30,
        .header_patience = bug(BUG_pause_in_a_header_ends) ? 2000 : 0,
        .payload_patience = bug(BUG_pause_in_a_payload_ends) ? 3500 : 0,
        .reads_per_second = bug(BUG_reads_slowly) ? 60000 : 0,
        .writes_per_second = bug(BUG_writes_slowly) ? 60000 : 0,
        .chunk_waits = bug(BUG_chunk_waits_for_more),
    };
}

static int worker_number(int told) {
    told = odd_worker_number(told);
    return bug(BUG_one_worker) && told > 1 ? 1 : bug(BUG_extra_worker) && told > 0 ? told + 1 : told;
}

int manager_main(const char *self, const char *bug_name, int workers, int levels, const char *log_directory) {
    manager *m = must_have(calloc(1, sizeof *m));
    m->levels = levels;
    m->habits = manager_habits();
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->changed, NULL);
    m->listen_fd = listen_on(bug(BUG_listens_everywhere) ? INADDR_ANY : INADDR_LOOPBACK, &m->port);
    start_workers(m, self, bug_name, worker_number(workers), log_directory);
    pthread_t thread;
    if (pthread_create(&thread, NULL, accept_connections, m) != 0) {
        return 70;
    }
    printf("ready %u\n", (unsigned)m->port);
    fflush(stdout);
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        command(m, line);
    }
    free(line);
    while (bug(BUG_stays_at_the_end)) {
        pause();
    }
    pthread_mutex_lock(&m->lock);
    if (!bug(BUG_outlives_its_input)) {
        kill_workers(m);
    }
    return bug(BUG_leaves_with_status_1) ? 1 : 0;
}
