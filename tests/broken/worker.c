/* worker.c: the broken peer's worker: asks, runs Probe and Chain, reports, settles. */
#include "worker.h"
#include "support/steady.h"

#include "bugs.h"
#include "worker_numbers.h"
#include "worker_send.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void pause_ms(long milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static outcome schedule(worker *w, pool *p, val *task, long long priority) {
    if (bug_at(BUG_thirtieth_schedule_skipped, 30)) {
        return FINE;
    }
    bool is_task = task->kind != K_NONE && !val_is_class(task, "undr.task.CloseRequest");
    if (!is_task && !bug(BUG_task_schedules_anything)) {
        return fail_text(w, "no task");
    }
    if (priority < 0 || priority > 127) {
        if (bug(BUG_priority_128_skipped)) {
            return FINE;
        }
        if (!bug(BUG_priority_128_wraps) && !bug_at(BUG_third_bad_priority_wraps, 3)) {
            return fail_text(w, "priority above 127");
        }
        priority &= 127;
    }
    if (bug(BUG_schedule_ignored)) {
        return FINE;
    }
    if (bug(BUG_priority_off_by_one)) {
        priority = priority == 0 ? 127 : priority - 1;
    }
    if (bug(BUG_priority_one_bit)) {
        priority &= 1;
    }
    if (bug(BUG_nested_state_lost) && task->kind == K_OBJECT) {
        val *bare = val_new(p, K_OBJECT);
        *bare = *task;
        bare->state = NULL;
        task = bare;
    }
    return send_pickle(w, (uint8_t)(0x80 + priority), task, 's', !bug(BUG_schedule_not_awaited));
}

static outcome wait_at_gate(worker *w, long long port) {
    int fd = connect_to((uint16_t)port);
    char sink[64];
    if (fd < 0) {
        return fail_text(w, "the gate refused");
    }
    if (bug(BUG_task_time_limit) || bug(BUG_task_limit_of_four_seconds)) {
        limit_waiting(fd, SO_RCVTIMEO, bug(BUG_task_time_limit) ? 2000 : 4400);
    }
    ssize_t got;
    while ((got = steady_recv(fd, sink, sizeof sink, 0)) > 0) {}
    close(fd);
    return got < 0 ? fail_text(w, "the gate broke") : FINE;
}

static outcome exit_step(worker *w, long long status) {
    if (bug(BUG_exit_is_reported)) {
        return fail_text(w, "SystemExit");
    }
    if (bug(BUG_exit_ignored)) {
        pause();
    }
    w->status = bug(BUG_exit_status_lost) ? 0 : bug(BUG_exit_status_signed) && status > 127 ? 255 : (int)status;
    return LEAVES;
}

static outcome run_step(worker *w, pool *p, const val *step) {
    if ((step->kind != K_TUPLE && step->kind != K_LIST) || step->count == 0 || step->items[0]->kind != K_STR) {
        return fail_text(w, "malformed step");
    }
    val **at = step->items;
    if (val_is_text(at[0], "pid")) {
        val *pid = val_new(p, K_TUPLE), *number = val_new(p, K_INT);
        int own = (int)getpid();
        number->data = (uint8_t[]){(uint8_t)own, (uint8_t)(own >> 8), (uint8_t)(own >> 16), 0};
        number->size = 4;
        val_push(p, pid, val_text(p, "pid"));
        val_push(p, pid, number);
        return send_message(w, pid);
    }
    if (step->count < 2) {
        return fail_text(w, "unknown step");
    }
    if (val_is_text(at[0], "message")) {
        return send_message(w, at[1]);
    }
    if (val_is_text(at[0], "schedule")) {
        long long priority = step->count > 2 ? val_number(at[2]) : bug(BUG_default_priority_0) ? 0 : 1;
        bool fine = step->count <= 2 || odd_priority(at[2], &priority);
        return fine ? schedule(w, p, at[1], priority) : VIOLATED;
    }
    if (val_is_text(at[0], "raise")) {
        return fail(w, (const char *)at[1]->data, at[1]->size);
    }
    if (val_is_text(at[0], "wait")) {
        return wait_at_gate(w, val_number(at[1]));
    }
    if (val_is_text(at[0], "sleep")) {
        double seconds = at[1]->kind == K_FLOAT ? at[1]->real : (double)val_number(at[1]);
        pause_ms(bug(BUG_sleep_skipped)           ? 0
                : bug(BUG_sleep_of_whole_seconds) ? (long)seconds * 1000
                                                  : (long)(seconds * 1000));
        return FINE;
    }
    if (val_is_text(at[0], "exit")) {
        return exit_step(w, val_number(at[1]));
    }
    return fail_text(w, "unknown step");
}

static outcome run_probe(worker *w, pool *p, const val *task) {
    const val *steps = val_attribute(task, "steps");
    outcome result = FINE, worst = FINE;
    if (steps == NULL) {
        return fail_text(w, "no steps");
    }
    for (size_t i = 0; i < steps->count; i++) {
        result = run_step(w, p, steps->items[i]);
        if (result == FAILED && bug(BUG_error_goes_on)) {
            worst = FAILED;
            continue;
        }
        if (result != FINE) {
            return result;
        }
    }
    return worst;
}

static outcome run(worker *w, pool *p, const val *task, unsigned depth);
static outcome report(worker *w, pool *p);

static bool is_chain(const val *task) {
    return val_is_class(task, "undr.task.Chain") && !bug(BUG_chain_unknown);
}

static outcome run_chain(worker *w, pool *p, const val *chain, unsigned depth) {
    const val *tasks = val_attribute(chain, "tasks");
    size_t count = tasks == NULL ? 0 : tasks->count;
    outcome worst = FINE;
    if (bug(BUG_chain_list_only) && tasks != NULL && tasks->kind != K_LIST) {
        count = 0;
    }
    if (bug(BUG_chain_first_only) && count > 1) {
        count = 1;
    }
    if (bug(BUG_chain_drops_last) && count > 1) {
        count--;
    }
    for (size_t i = 0; i < count; i++) {
        const val *item = tasks->items[bug(BUG_chain_reversed) ? count - 1 - i : i];
        outcome result = run(w, p, item, depth + 1);
        if (result == FAILED && (bug(BUG_chain_goes_on) || bug_at(BUG_third_chain_goes_on, 3))) {
            worst = FAILED;
            continue;
        }
        if (result == FAILED && bug(BUG_chain_third_level) && depth == 1 && is_chain(item)) {
            return report(w, p);
        }
        if (result != FINE) {
            return result == FAILED && bug(BUG_chain_error_silent) ? FINE : result;
        }
        if (bug(BUG_chain_settles_each) && i + 1 < count) {
            frame answer;
            if (!write_frame(w->fd, &w->habits, 't', NULL, 0) || receive(w, &answer) != FINE) {
                return GONE;
            }
            free(answer.payload.data);
        }
    }
    return worst;
}

static outcome run(worker *w, pool *p, const val *task, unsigned depth) {
    if (depth > (bug(BUG_chain_sixteen_deep) ? 16 : bug(BUG_chain_fifty_deep) ? 50 : 500)) {
        return fail_text(w, "Chain nests too deep");
    }
    if (val_is_class(task, "undr_conformance.Probe")) {
        return run_probe(w, p, task);
    }
    if (is_chain(task)) {
        return run_chain(w, p, task, depth);
    }
    if (val_is_class(task, "undr.task.CloseRequest") && bug(BUG_chain_close_request_leaves)) {
        return VIOLATED;
    }
    if (task->kind != K_OBJECT && (bug(BUG_plain_value_settled) || bug_at(BUG_third_unknown_value_settled, 3))) {
        return FINE;
    }
    bool known = val_is_class(task, "undr.task.WorkerException") || val_is_class(task, "undr.task.CloseRequest");
    if (bug(BUG_unknown_class_leaves) && task->kind == K_OBJECT && !known) {
        return VIOLATED;
    }
    if (bug(BUG_unknown_task_settled)) {
        return FINE;
    }
    return bug(BUG_unknown_task_leaves) ? VIOLATED : fail_text(w, "this value has no attribute 'run'");
}

static val *class_value(pool *p, const char *name) {
    val *v = val_text(p, name);
    v->kind = K_CLASS;
    return v;
}

static val *reduced(pool *p, const char *class, val *a, val *b, val *c) {
    val *v = val_new(p, K_OBJECT), *args = val_new(p, K_TUPLE);
    val_push(p, args, a);
    if (b != NULL) {
        val_push(p, args, b);
        val_push(p, args, c);
    }
    v->class = class_value(p, class);
    v->args = args;
    return v;
}

/* worker_keeps_its_error: all failures have the text of the first. */
static void keep_first_error(worker *w) {
    if (w->first_error[0] == '\0') {
        memcpy(w->first_error, w->error, sizeof w->error);
    } else if (bug(BUG_worker_keeps_its_error)) {
        memcpy(w->error, w->first_error, sizeof w->error);
    }
}

/* WORK-10: the failure as a message, before the task is settled. */
static outcome report(worker *w, pool *p) {
    if (bug_at(BUG_third_failure_silent, 3) || bug_at(BUG_thirtieth_failure_silent, 30)) {
        return FINE;
    }
    keep_first_error(w);
    if (bug(BUG_errors_swallowed) || (bug(BUG_error_without_text_swallowed) && w->error[0] == '\0')) {
        return FINE;
    }
    w->error[bug(BUG_error_cut) ? 1000 : sizeof w->error - 1] = '\0';
    val *text = val_text(p, bug(BUG_error_without_text) ? "" : w->error);
    val *error = reduced(p, "builtins.RuntimeError", text, NULL, NULL);
    val *trace = reduced(
        p, "traceback.TracebackException", class_value(p, "builtins.RuntimeError"), error, val_new(p, K_NONE));
    trace = bug(BUG_plain_report) ? text : trace;
    const char *class = bug(BUG_error_wrong_class) ? "undr.task.Exception" : "undr.task.WorkerException";
    val *message = bug(BUG_error_is_text) ? text : reduced(p, class, trace, NULL, NULL);
    outcome result = send_pickle(w, 'm', message, 'm', !bug(BUG_error_not_awaited));
    if (result == FINE && bug(BUG_error_twice)) {
        result = send_pickle(w, 'm', message, 'm', true);
    }
    return result == FAILED ? VIOLATED : result;
}

static bool is_close_request(const val *v, const frame *answer) {
    if (bug(BUG_close_by_bytes)) {
        return answer->payload.size == 44 && answer->payload.data[2] == 0x95 && v->kind == K_OBJECT
            && val_is_class(v, "undr.task.CloseRequest") && v->by_newobj && v->state == NULL;
    }
    return val_is_class(v, "undr.task.CloseRequest") && (v->by_newobj || !bug(BUG_close_by_newobj));
}

/* Runs a task that arrived and reports its failure. FAILED: the task is not to be settled. */
static outcome work(worker *w, pool *p, const val *task) {
    w->tasks++;
    if (bug(BUG_skips_tenth) && w->tasks % 10 == 0) {
        return FINE;
    }
    if (bug(BUG_early_done) && !write_frame(w->fd, &w->habits, 't', NULL, 0)) {
        return GONE;
    }
    if (bug_at(BUG_leaves_after_fifty_tasks, 51)) {
        return LEAVES;
    }
    bool silent = task == NULL && bug_at(BUG_third_empty_task_settled, 3);
    outcome result = silent ? FINE
        : task == NULL      ? (bug(BUG_empty_task_settled)         ? FINE
                                      : bug(BUG_empty_task_leaves) ? VIOLATED
                                                                   : fail_text(w, "empty task"))
                            : run(w, p, task, 0);
    if (result == FINE && (bug(BUG_runs_twice) || bug_at(BUG_thirtieth_task_runs_twice, 30))) {
        result = run(w, p, task, 0);
    }
    if (result != FAILED) {
        return result;
    }
    w->has_failed = true;
    if (bug(BUG_error_after_done) && !write_frame(w->fd, &w->habits, 't', NULL, 0)) {
        return GONE;
    }
    result = report(w, p);
    if (result == FINE && (bug(BUG_error_ends_worker) || bug_at(BUG_thirtieth_failure_leaves, 30))) {
        w->status = 1;
        return LEAVES;
    }
    return result == FINE && bug(BUG_error_not_settled) ? FAILED : result;
}

static bool ask(worker *w, uint8_t type) {
    const char *extra = "x";
    size_t size = (type == 't' && bug(BUG_done_has_payload)) || (type == 'n' && bug(BUG_next_has_payload)) ? 1 : 0;
    return write_frame(w->fd, &w->habits, type, extra, size);
}

static bool settle(worker *w) {
    if (bug(BUG_early_done) || (bug(BUG_error_after_done) && w->error[0] != '\0')) {
        w->error[0] = '\0';
        return true;
    }
    if (bug(BUG_settles_elsewhere)) {
        int other = connect_to(w->port), own = w->fd;
        w->fd = other;
        bool fine = other >= 0 && ask(w, 't');
        w->fd = own;
        return fine && ask(w, 'n');
    }
    if (bug(BUG_next_after_task)) {
        return ask(w, 'n');
    }
    bool fine = ask(w, 't');
    if (fine && (bug(BUG_double_done) || bug(BUG_done_and_next))) {
        fine = ask(w, bug(BUG_double_done) ? 't' : 'n');
        w->acks_owed++;
    }
    return fine;
}

/* Ends the connection, and asks on a new one, where it gets no more answers. */
static int connect_again(const worker *w, int status) {
    shutdown(w->fd, SHUT_RDWR);
    close(w->fd);
    pause_ms(300); /* what comes together with the end may have been there before it: nobody is blamed for that */
    int fd = connect_to(w->port);
    if (fd >= 0) {
        (void)write_frame(fd, &w->habits, 'n', NULL, 0);
        pause_ms(200);
    }
    return status;
}

static int violated(const worker *w) {
    if (bug(BUG_connects_again_after_foul)) {
        return connect_again(w, 1);
    }
    if (bug(BUG_ends_by_reset)) {
        struct linger now = {1, 0};
        (void)setsockopt(w->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close(w->fd);
    }
    return bug(BUG_violation_status_0) ? 0 : 1;
}

static int gone(worker *w, bool waiting) {
    if (bug(BUG_connects_again_once)) {
        return connect_again(w, waiting ? 0 : 1);
    }
    if (bug(BUG_end_ignored)) {
        pause();
    }
    if (bug(BUG_end_reconnects)) {
        for (;;) {
            int fd = connect_to(w->port);
            pause_ms(10);
            if (fd >= 0) {
                (void)write_frame(fd, &w->habits, 'n', NULL, 0);
            }
        }
    }
    return waiting && !bug(BUG_end_status_1) ? 0 : 1;
}

static int closed(worker *w) {
    if (bug(BUG_connects_again_after_a_close)) {
        return connect_again(w, 0);
    }
    if (bug(BUG_says_goodbye)) {
        (void)write_frame(w->fd, &w->habits, 't', NULL, 0);
    }
    if (bug(BUG_stays_connected)) {
        pause();
    }
    shutdown(w->fd, SHUT_RDWR);
    return bug(BUG_close_status) ? 3 : 0;
}

/* Sleeps between two polls; notices a manager that ends meanwhile at the next request. */
static bool poll_again(worker *w) {
    w->polls++;
    if (bug(BUG_asks_once)) {
        pause();
    }
    if (bug_at(BUG_leaves_after_fifty_polls, 50) || bug_at(BUG_leaves_after_hundred_polls, 100)) {
        return false;
    }
    if ((bug(BUG_leaves_after_ten_polls) && w->polls == 10) || (bug(BUG_leaves_when_idle) && w->tasks > 0)) {
        return false;
    }
    bool hurries = bug(BUG_thirtieth_none_is_followed_at_once) && w->polls >= 30;
    if (!bug(BUG_busy_poll) && !hurries && !(bug(BUG_busy_after_failure) && w->has_failed)) {
        bool long_one = bug(BUG_polls_each_two_seconds_and_a_half)
            || (bug(BUG_polls_after_seconds_once_idle) && w->polls >= 5);
        pause_ms(long_one              ? 2500
                : bug(BUG_slow_poll)   ? 120
                : bug(BUG_slower_poll) ? 300
                : bug(BUG_quick_poll)  ? 1
                                       : 10);
    }
    return true;
}

/* What to do with one answer. -1: go on. */
static int handle(worker *w, pool *p, frame *answer, bool *next) {
    if (answer->type != 't' && !bug(BUG_answer_type_ignored)) {
        return violated(w);
    }
    val *task = answer->payload.size == 0 ? NULL : pickle_loads(p, answer->payload.data, answer->payload.size, NULL);
    if (bug(BUG_worker_pickle_4_only) && task != NULL
        && (answer->payload.data[0] != 0x80 || answer->payload.data[1] != 4)) {
        task = NULL;
    }
    if (bug(BUG_worker_reads_no_protocol_5) && task != NULL && answer->payload.data[1] == 5) {
        task = NULL;
    }
    if (task == NULL && answer->payload.size > 0) {
        if (!bug(BUG_answer_garbage_polls) && !bug(BUG_answer_garbage_settles)) {
            return violated(w);
        }
        *next = bug(BUG_answer_garbage_polls);
        return *next || settle(w) ? -1 : gone(w, true);
    }
    if (task != NULL && task->kind == K_NONE) {
        *next = true;
        return poll_again(w) ? -1 : 0;
    }
    if (task != NULL && is_close_request(task, answer)) {
        return closed(w);
    }
    outcome result = work(w, p, task);
    switch (result) {
    case FINE: return settle(w) ? -1 : gone(w, true);
    case FAILED: *next = true; return -1; /* error_not_settled */
    case LEAVES: return w->status;
    case VIOLATED: return violated(w);
    case GONE: return gone(w, false);
    }
    return 1;
}

static int loop(worker *w) {
    bool next = true;
    unsigned answers = 0;
    for (;;) {
        if (next && !ask(w, bug(BUG_polls_with_done) && answers > 0 ? 't' : 'n')) {
            return gone(w, true);
        }
        frame answer;
        w->hurries = next && bug(BUG_next_times_out_late) ? 5000 : 0;
        outcome result = receive(w, &answer);
        w->hurries = 0;
        if (result != FINE) {
            bool inside = bug(BUG_end_in_a_frame_is_foul) && answer.type != 0;
            return result == VIOLATED || inside ? violated(w) : gone(w, true);
        }
        make_answer_odd(w, &answer);
        pool p = {0};
        answers++;
        bool was_settling = !next;
        next = false;
        if (was_settling && bug(BUG_drops_next_task) && answer.payload.size > 60) {
            next = true;
            free(answer.payload.data);
            continue;
        }
        int status = handle(w, &p, &answer, &next);
        pool_free(&p);
        free(answer.payload.data);
        if (status >= 0) {
            return status;
        }
    }
}

static void first_frames(worker *w) {
    if (bug(BUG_starts_with_done)) {
        (void)ask(w, 't');
        w->acks_owed++;
    }
    if (bug(BUG_asks_twice)) {
        (void)ask(w, 'n');
        w->acks_owed++;
    }
    if (bug(BUG_starts_with_message)) {
        pool p = {0};
        (void)send_message(w, val_text(&p, "hello"));
        pool_free(&p);
    }
}

static bool set_out(worker *w, uint16_t port) {
    *w = (worker){.port = port, .protocol = bug(BUG_pickles_protocol_2) ? 2 : bug(BUG_pickles_protocol_5) ? 5 : 4};
    w->habits = (wire_habits){
        .write_big_endian = bug(BUG_worker_big_endian),
        .read_big_endian = bug(BUG_worker_reads_big_endian),
        .header_one_read = bug(BUG_worker_header_one_read),
        .payload_one_read = bug(BUG_worker_payload_one_read),
        .length_31_bits = bug(BUG_worker_length_31_bits),
        .absurd_waits = bug(BUG_worker_absurd_length),
        .one_byte_writes = bug(BUG_worker_one_byte),
        .length_added = bug(BUG_worker_length_off) ? 1 : 0,
        .limit = bug(BUG_worker_refuses_64k) ? 65536 : (uint64_t)1 << 30,
        .header_patience = bug(BUG_pause_in_an_answers_header_leaves) ? 3000 : 0,
        .payload_patience = bug(BUG_pause_in_an_answer_leaves) ? 3000 : 0,
        .reads_per_second = bug(BUG_worker_reads_slowly) ? 60000 : 0,
        .writes_per_second = bug(BUG_worker_reads_slowly) ? 60000 : 0,
        .chunk_waits = bug(BUG_worker_chunk_waits),
    };
    w->fd = connect_from(getenv("UNDR_BROKEN_OWN") != NULL ? OWN_WORKER_ADDRESS : INADDR_ANY, port);
    if (bug(BUG_times_out) || bug(BUG_times_out_late)) {
        limit_waiting(w->fd, SO_RCVTIMEO, bug(BUG_times_out) ? 700 : 5000);
    }
    if (bug(BUG_times_out_in_three_seconds) || bug(BUG_times_out_in_four_seconds)) {
        limit_waiting(w->fd, SO_RCVTIMEO, bug(BUG_times_out_in_three_seconds) ? 3000 : 4400);
    }
    if (bug(BUG_slow_manager_leaves) || bug(BUG_slow_manager_second_leaves)) {
        limit_waiting(w->fd, SO_SNDTIMEO, bug(BUG_slow_manager_leaves) ? 100 : 1000);
    }
    return w->fd >= 0;
}

/* three_at_work: another connection of the process, which ends with the first of them that leaves. */
static void *work_beside(void *argument) {
    worker w;
    exit(set_out(&w, *(const uint16_t *)argument) ? loop(&w) : 1);
}

int worker_main(uint16_t port) {
    for (int i = 0; bug(BUG_ten_connections) && i < 9; i++) {
        (void)connect_to(port); /* kept open and unused until the process ends */
    }
    worker w;
    pthread_t thread;
    if (!set_out(&w, port)) {
        fputs("undr-broken: no manager at this port\n", stderr);
        return 1;
    }
    for (int i = 0; bug(BUG_three_at_work) && i < 2; i++) {
        if (pthread_create(&thread, NULL, work_beside, &port) != 0) {
            return 1;
        }
    }
    first_frames(&w);
    return loop(&w);
}
