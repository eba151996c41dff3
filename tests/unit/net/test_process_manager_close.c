/* test_process_manager_close.c: the close policies and SIGINT, with real worker processes. */
#include "support/pool.h"

/* Closing. */

static void expect_closed(undr_process_manager *manager) {
    assert_refused(undr_process_manager_port(manager));
    assert_int_equal(try_task(manager, "Echo", 1, 1), UNDR_CLOSED);
    close_by(manager, UNDR_CLOSE_JOIN);
    close_by(manager, UNDR_CLOSE_KILL);
}

static void join_runs_everything(void **state) {
    (void)state;
    undr_process_manager *manager = start_with(2);
    for (int64_t i = 0; i < 20; i++) {
        schedule(manager, "Spawn", i);
    }
    schedule(manager, "Slow", 1);
    schedule(manager, "Die", 1);
    close_by(manager, UNDR_CLOSE_JOIN);
    expect_done(manager); /* it has consumed all messages */
    expect_closed(manager);
    undr_process_manager_free(manager);
}

static void cancel_lets_running_tasks_finish(void **state) {
    (void)state;
    undr_process_manager *manager = start_with(1);
    schedule(manager, "Slow", 11);
    schedule(manager, "Echo", 12);
    assert_true(next_number(manager) > 1); /* it runs */
    close_by(manager, UNDR_CLOSE_CANCEL);
    assert_int_equal(next_number(manager), 11);
    expect_done(manager); /* the other one never started */
    expect_closed(manager);
    undr_process_manager_free(manager);
}

static void cancel_has_a_grace(void **state) {
    (void)state;
    undr_process_manager *manager = start((undr_process_manager_options){.workers = 1, .hold = -1, .grace = 50});
    schedule(manager, "Hang", 0);
    pid_t pid = (pid_t)next_number(manager);
    close_by(manager, UNDR_CLOSE_CANCEL);
    assert_int_equal(kill(pid, 0), -1); /* gone and reaped */
    assert_int_equal(errno, ESRCH);
    expect_closed(manager);
    undr_process_manager_free(manager);
}

static void kill_does_not_wait(void **state) {
    (void)state;
    undr_process_manager *manager = start_with(2);
    pid_t pids[2];
    for (size_t i = 0; i < 3; i++) {
        schedule(manager, "Hang", 0);
    }
    for (size_t i = 0; i < 2; i++) {
        pids[i] = (pid_t)next_number(manager);
    }
    close_by(manager, UNDR_CLOSE_KILL);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(kill(pids[i], 0), -1);
    }
    expect_closed(manager);
    undr_process_manager_free(manager);
}

static void close_at_once(void **state) {
    (void)state;
    for (int policy = UNDR_CLOSE_JOIN; policy <= UNDR_CLOSE_KILL; policy++) {
        undr_process_manager *manager = start_with(4);
        close_by(manager, (undr_close_policy)policy); /* its workers have hardly begun */
        expect_closed(manager);
        undr_process_manager_free(manager);
    }
    undr_process_manager *manager = start_with(1);
    assert_int_equal(undr_process_manager_close(manager, (undr_close_policy)3), UNDR_ARGUMENT);
    undr_process_manager_free(manager); /* without a close */
    undr_process_manager_free(NULL);
    assert_int_equal(undr_process_manager_exit(NULL, false), UNDR_OK);
}

static void other_connections_get_close_request(void **state) {
    (void)state;
    for (int policy = UNDR_CLOSE_JOIN; policy <= UNDR_CLOSE_KILL; policy++) {
        undr_process_manager *manager = start_with(0);
        int client = join_server(undr_process_manager_port(manager));
        send_type(client, 'n');
        expect_frame(client, 't', undr_pickle_none());
        close_by(manager, (undr_close_policy)policy);
        if (policy == UNDR_CLOSE_KILL) {
            expect_end(client);
        } else {
            send_type(client, 'n');
            expect_frame(client, 't', undr_pickle_close_request());
            send_type(client, 't');
            expect_frame(client, 't', undr_pickle_close_request());
            close(client);
        }
        undr_process_manager_free(manager);
    }
}

/* SIGINT. */

static void sigint_interrupts_messages_and_join(void **state) {
    (void)state;
    undr_process_manager *manager = start(
        (undr_process_manager_options){.workers = 1, .hold = -1, .handle_interrupt = true});
    undr_buffer message = {0};
    schedule(manager, "Slow", 1);
    assert_true(next_number(manager) > 1);
    assert_int_equal(kill(getpid(), SIGINT), 0);
    undr_error error = UNDR_OK;
    while (error == UNDR_OK) {
        error = undr_process_manager_next_pickle(manager, &message);
    }
    assert_int_equal(error, UNDR_INTERRUPTED);
    assert_int_equal(undr_process_manager_close(manager, UNDR_CLOSE_JOIN), UNDR_INTERRUPTED);
    close_by(manager, UNDR_CLOSE_CANCEL);
    expect_closed(manager);
    undr_buffer_free(&message);
    undr_process_manager_free(manager);
}

static void an_interrupt_ends_an_endless_cancel(void **state) {
    (void)state;
    undr_process_manager *manager = start(
        (undr_process_manager_options){.workers = 1, .hold = -1, .handle_interrupt = true});
    schedule(manager, "Hang", 0);
    assert_true(next_number(manager) > 1);
    pid_t child = fork(); /* it sends SIGINT until the cancel has returned */
    if (child == 0) {
        for (;;) {
            (void)usleep(20000);
            (void)kill(getppid(), SIGINT);
        }
    }
    close_by(manager, UNDR_CLOSE_CANCEL);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(steady_waitpid(child, NULL, 0), child);
    undr_process_manager_free(manager);
}

static void workers_ignore_sigint(void **state) {
    (void)state;
    undr_process_manager *manager = start_with(1);
    schedule(manager, "Slow", 8);
    assert_int_equal(kill((pid_t)next_number(manager), SIGINT), 0);
    assert_int_equal(next_number(manager), 8);
    expect_done(manager);
    undr_process_manager_free(manager);
}

int main(int argc, char **argv) {
    undr_process_manager_main(argc, argv, &registry);
    const struct CMUnitTest tests[] = {
        CLEAN(join_runs_everything),
        CLEAN(cancel_lets_running_tasks_finish),
        CLEAN(cancel_has_a_grace),
        CLEAN(kill_does_not_wait),
        CLEAN(close_at_once),
        CLEAN(other_connections_get_close_request),
        CLEAN(sigint_interrupts_messages_and_join),
        CLEAN(an_interrupt_ends_an_endless_cancel),
        CLEAN(workers_ignore_sigint),
    };
    return cmocka_run_group_tests(tests, warm_up, NULL);
}
