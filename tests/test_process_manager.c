/* test_process_manager.c: ProcessManager with real worker processes, which are this program itself. */
#include "loopback.h"

#include "undr/pickle.h"
#include "undr/process_manager.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

/* The tasks: what each does is its class, what it does it with is its attribute 'x'. */

static undr_error run_echo(const undr_registry *registry, const undr_value *task, void *session, undr_manager *manager,
    undr_failure *failure) {
    (void)registry, (void)session, (void)failure;
    return undr_send_message_to(manager, undr_value_attribute(task, "x"));
}

static undr_error run_raise(const undr_registry *registry, const undr_value *task, void *session,
    undr_manager *manager, undr_failure *failure) {
    (void)registry, (void)task, (void)session, (void)manager;
    return undr_fail(failure, "ValueError", "no good");
}

/* Sends its process id. */
static undr_error run_pid(const undr_registry *registry, const undr_value *task, void *session, undr_manager *manager,
    undr_failure *failure) {
    (void)registry, (void)task, (void)session, (void)failure;
    undr_arena arena = {0};
    undr_value *pid;
    undr_error error = undr_value_int(&arena, getpid(), &pid);
    if (error == UNDR_OK) {
        error = undr_send_message_to(manager, pid);
    }
    undr_arena_free(&arena);
    return error;
}

/* Sends its process id and waits to be killed. */
static undr_error run_hang(const undr_registry *registry, const undr_value *task, void *session, undr_manager *manager,
    undr_failure *failure) {
    undr_error error = run_pid(registry, task, session, manager, failure);
    while (error == UNDR_OK) {
        (void)pause();
    }
    return error;
}

/* Sends its process id, then 'x' after a while. */
static undr_error run_slow(const undr_registry *registry, const undr_value *task, void *session, undr_manager *manager,
    undr_failure *failure) {
    undr_error error = run_pid(registry, task, session, manager, failure);
    (void)usleep(200000);
    return error == UNDR_OK ? run_echo(registry, task, session, manager, failure) : error;
}

static undr_error run_die(const undr_registry *registry, const undr_value *task, void *session, undr_manager *manager,
    undr_failure *failure) {
    (void)registry, (void)task, (void)session, (void)manager, (void)failure;
    _exit(7);
}

/* Schedules a t.Echo with the same 'x'. */
static undr_error run_spawn(const undr_registry *registry, const undr_value *task, void *session,
    undr_manager *manager, undr_failure *failure) {
    (void)registry, (void)session, (void)failure;
    undr_arena arena = {0};
    undr_value *state, *echo, *parts[2];
    undr_error error = undr_value_text(&arena, "x", &parts[0]);
    parts[1] = (undr_value *)(uintptr_t)undr_value_attribute(task, "x"); /* only written, never changed */
    if (error == UNDR_OK) {
        error = undr_value_items(&arena, UNDR_DICT, parts, 2, &state);
    }
    if (error == UNDR_OK) {
        error = undr_value_instance(&arena, "t", "Echo", state, &echo);
    }
    if (error == UNDR_OK) {
        error = undr_schedule(manager, echo, 0);
    }
    undr_arena_free(&arena);
    return error;
}

static const undr_task_type types[] = {{"t.Echo", run_echo}, {"t.Raise", run_raise}, {"t.Pid", run_pid},
    {"t.Hang", run_hang}, {"t.Slow", run_slow}, {"t.Die", run_die}, {"t.Spawn", run_spawn}};
static const undr_registry registry = {.types = types, .count = sizeof types / sizeof *types};

/* Steps. */

static undr_process_manager *start(undr_process_manager_options options) {
    undr_process_manager *manager;
    assert_int_equal(undr_process_manager_start(&options, &manager), UNDR_OK);
    return manager;
}

static undr_process_manager *start_with(int workers) {
    return start((undr_process_manager_options){.workers = workers, .hold = -1});
}

static undr_error try_task(undr_process_manager *manager, const char *name, int64_t x, unsigned priority) {
    undr_arena arena = {0};
    undr_value *parts[2], *state, *task;
    assert_int_equal(undr_value_text(&arena, "x", &parts[0]), UNDR_OK);
    assert_int_equal(undr_value_int(&arena, x, &parts[1]), UNDR_OK);
    assert_int_equal(undr_value_items(&arena, UNDR_DICT, parts, 2, &state), UNDR_OK);
    assert_int_equal(undr_value_instance(&arena, "t", name, state, &task), UNDR_OK);
    undr_error error = undr_process_manager_schedule(manager, task, priority);
    undr_arena_free(&arena);
    return error;
}

static void schedule(undr_process_manager *manager, const char *name, int64_t x) {
    assert_int_equal(try_task(manager, name, x, 1), UNDR_OK);
}

static int64_t next_number(undr_process_manager *manager) {
    undr_arena arena = {0};
    undr_value *message;
    int64_t number = -1;
    assert_int_equal(undr_process_manager_next_message(manager, &arena, &message), UNDR_OK);
    assert_true(undr_value_int64(message, &number));
    undr_arena_free(&arena);
    return number;
}

static void expect_exception(undr_process_manager *manager, const char *words) {
    undr_arena arena = {0};
    undr_value *message;
    bool found = false;
    assert_int_equal(undr_process_manager_next_message(manager, &arena, &message), UNDR_OK);
    assert_true(undr_value_is_instance(message, UNDR_CLASS_WORKER_EXCEPTION));
    assert_int_equal(undr_value_contains(message, undr_slice_text(words), &found), UNDR_OK);
    assert_true(found);
    undr_arena_free(&arena);
}

static void expect_done(undr_process_manager *manager) {
    undr_arena arena = {0};
    undr_value *message;
    assert_int_equal(undr_process_manager_next_message(manager, &arena, &message), UNDR_DONE);
    undr_arena_free(&arena);
}

static void close_by(undr_process_manager *manager, undr_close_policy policy) {
    assert_int_equal(undr_process_manager_close(manager, policy), UNDR_OK);
}

static size_t entries(const char *path) {
    DIR *directory = opendir(path);
    size_t count = 0;
    assert_non_null(directory);
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count;
}

/* Around each test: no process and no descriptor is left behind. */

/* libuv opens a pipe for signals when it is first used, and keeps it. */
static int warm_up(void **state) {
    (void)state;
    undr_process_manager_free(start_with(0));
    return 0;
}

static int count_before(void **state) {
    *state = (void *)entries("/proc/self/fd");
    return 0;
}

static int compare_after(void **state) {
    assert_int_equal(entries("/proc/self/fd"), (size_t)*state);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    return 0;
}

/* Tasks and messages. */

static void workers_run_tasks_and_send_messages(void **state) {
    (void)state;
    enum { TASKS = 200 };
    undr_process_manager *manager = start_with(3);
    int64_t sum = 0;
    for (int64_t i = 1; i <= TASKS; i++) {
        schedule(manager, i % 2 ? "Echo" : "Spawn", i);
    }
    for (int64_t i = 1; i <= TASKS; i++) {
        sum += next_number(manager);
    }
    assert_int_equal(sum, TASKS * (TASKS + 1) / 2);
    expect_done(manager);
    expect_done(manager);
    assert_int_equal(undr_process_manager_exit(manager, false), UNDR_OK);
}

static void the_reader_may_schedule_more(void **state) {
    (void)state;
    undr_process_manager *manager = start_with(2);
    schedule(manager, "Echo", 10);
    for (int64_t expected = 10; expected > 0; expected--) {
        assert_int_equal(next_number(manager), expected);
        if (expected > 1) {
            schedule(manager, "Echo", expected - 1);
        }
    }
    expect_done(manager);
    close_by(manager, UNDR_CLOSE_JOIN);
    undr_process_manager_free(manager);
}

static void a_long_hold_delays_nothing(void **state) {
    (void)state;
    undr_process_manager *manager = start((undr_process_manager_options){.workers = 2, .hold = 3600000});
    for (int64_t i = 0; i < 5; i++) {
        schedule(manager, "Echo", i); /* its workers wait with held answers */
        assert_int_equal(next_number(manager), i);
        expect_done(manager);
    }
    (void)usleep(50000); /* so that all of them are held */
    close_by(manager, UNDR_CLOSE_JOIN);
    undr_process_manager_free(manager);
}

static void several_run_at_a_time(void **state) {
    (void)state;
    undr_process_manager *manager = start_with(3);
    int64_t pids[3];
    for (size_t i = 0; i < 3; i++) {
        schedule(manager, "Hang", 0);
    }
    for (size_t i = 0; i < 3; i++) {
        pids[i] = next_number(manager); /* none of them ends */
    }
    assert_true(pids[0] != pids[1] && pids[1] != pids[2] && pids[0] != pids[2]);
    assert_int_equal(undr_process_manager_exit(manager, true), UNDR_OK);
}

static void a_failing_task_is_reported(void **state) {
    (void)state;
    undr_process_manager *manager = start_with(1);
    schedule(manager, "Raise", 0);
    schedule(manager, "Unknown", 0);
    schedule(manager, "Echo", 5);
    expect_exception(manager, "no good");
    expect_exception(manager, "t.Unknown");
    assert_int_equal(next_number(manager), 5);
    expect_done(manager);
    close_by(manager, UNDR_CLOSE_JOIN);
    undr_process_manager_free(manager);
}

static void the_program_sends_and_schedules_through_the_interface(void **state) {
    (void)state;
    undr_process_manager *manager = start_with(1);
    undr_manager *interface = undr_process_manager_interface(manager);
    undr_arena arena = {0};
    undr_value *number, *pid;
    assert_int_equal(undr_value_int(&arena, 42, &number), UNDR_OK);
    assert_int_equal(undr_value_instance(&arena, "t", "Pid", NULL, &pid), UNDR_OK);
    assert_int_equal(undr_send_message_to(interface, number), UNDR_OK);
    assert_int_equal(undr_schedule(interface, pid, 0), UNDR_OK);
    assert_int_equal(next_number(manager), 42);
    assert_true(next_number(manager) > 1);
    expect_done(manager);
    undr_arena_free(&arena);
    undr_process_manager_free(manager);
}

static void what_is_no_task_is_refused(void **state) {
    (void)state;
    undr_process_manager *manager = start_with(0);
    undr_arena arena = {0};
    undr_value *none, *request;
    assert_int_equal(undr_value_none(&arena, &none), UNDR_OK);
    assert_int_equal(undr_close_request(&arena, &request), UNDR_OK);
    assert_int_equal(undr_process_manager_schedule(manager, none, 1), UNDR_NOT_A_TASK);
    assert_int_equal(undr_process_manager_schedule(manager, request, 1), UNDR_NOT_A_TASK);
    assert_int_equal(undr_process_manager_schedule_pickle(manager, undr_pickle_none(), 1), UNDR_NOT_A_TASK);
    assert_int_equal(undr_process_manager_schedule_pickle(manager, undr_slice_text("?"), 1), UNDR_PICKLE_OPCODE);
    assert_int_equal(undr_process_manager_send_pickle(manager, undr_slice_text("?")), UNDR_PICKLE_OPCODE);
    assert_int_equal(try_task(manager, "Echo", 1, 2), UNDR_PRIORITY);
    assert_int_equal(undr_process_manager_send_message(manager, none), UNDR_OK); /* a message may be None */
    undr_arena_free(&arena);
    undr_process_manager_free(manager);
}

/* Workers that die. */

static void a_killed_worker_is_replaced_and_its_task_reported(void **state) {
    (void)state;
    undr_process_manager *manager = start_with(1);
    schedule(manager, "Hang", 0);
    schedule(manager, "Echo", 6);
    assert_int_equal(kill((pid_t)next_number(manager), SIGKILL), 0);
    expect_exception(manager, "<class 't.Hang'>");
    assert_int_equal(next_number(manager), 6);
    schedule(manager, "Die", 0);
    close_by(manager, UNDR_CLOSE_JOIN);
    undr_process_manager_free(manager);
}

static void many_tasks_may_end_their_workers(void **state) {
    (void)state;
    undr_process_manager *manager = start_with(1);
    for (size_t i = 0; i < 40; i++) {
        schedule(manager, "Die", 0);
    }
    schedule(manager, "Echo", 3);
    for (size_t i = 0; i < 40; i++) {
        expect_exception(manager, "<class 't.Die'>");
    }
    assert_int_equal(next_number(manager), 3);
    expect_done(manager);
    undr_process_manager_free(manager);
}

static void a_task_is_tried_again(void **state) {
    (void)state;
    undr_process_manager *manager = start((undr_process_manager_options){.workers = 1, .hold = -1, .retries = 2});
    schedule(manager, "Hang", 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(kill((pid_t)next_number(manager), SIGKILL), 0);
    }
    expect_exception(manager, "<class 't.Hang'>");
    expect_done(manager);
    undr_process_manager_free(manager);
}

/* A pool whose workers can't work gives up: here they can't write their log. */
static void tasks_without_workers_are_reported(void **state) {
    (void)state;
    char path[] = "/tmp/undr-test-XXXXXX", log[64];
    assert_non_null(mkdtemp(path));
    assert_true(snprintf(log, sizeof log, "%s/worker-1.log", path) > 0);
    assert_int_equal(mkdir(log, 0700), 0); /* where the worker's file should be */
    undr_process_manager *manager =
        start((undr_process_manager_options){.workers = 1, .hold = -1, .log_directory = path});
    schedule(manager, "Echo", 1);
    expect_exception(manager, "no worker is left");
    expect_done(manager);
    schedule(manager, "Echo", 2);
    close_by(manager, UNDR_CLOSE_JOIN);
    undr_process_manager_free(manager);
    assert_int_equal(rmdir(log), 0);
    assert_int_equal(rmdir(path), 0);
}

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
    undr_process_manager *manager =
        start((undr_process_manager_options){.workers = 1, .hold = -1, .handle_interrupt = true});
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
    undr_process_manager *manager =
        start((undr_process_manager_options){.workers = 1, .hold = -1, .handle_interrupt = true});
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
    assert_int_equal(waitpid(child, NULL, 0), child);
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

/* The rest. */

static void each_worker_writes_a_log(void **state) {
    (void)state;
    char parent[] = "/tmp/undr-test-XXXXXX", path[64], log[80];
    struct stat status;
    assert_non_null(mkdtemp(parent));
    assert_true(snprintf(path, sizeof path, "%s/logs", parent) > 0);
    undr_process_manager *manager =
        start((undr_process_manager_options){.workers = 2, .hold = -1, .log_directory = path});
    close_by(manager, UNDR_CLOSE_JOIN);
    undr_process_manager_free(manager);
    assert_int_equal(entries(path), 2 + 2); /* and . and .. */
    for (int i = 1; i <= 2; i++) {
        assert_true(snprintf(log, sizeof log, "%s/worker-%d.log", path, i) > 0);
        assert_int_equal(stat(log, &status), 0);
        assert_true(status.st_size > 0);
        assert_int_equal(unlink(log), 0);
    }
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(parent), 0);
}

static void starting_can_fail(void **state) {
    (void)state;
    undr_process_manager *manager;
    const undr_process_manager_options bad[] = {{.workers = -2}, {.priority_levels = 129}, {.hold = -2},
        {.payload_limit = UNDR_PAYLOAD_MINIMUM - 1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(undr_process_manager_start(&bad[i], &manager), UNDR_ARGUMENT);
    }
    undr_process_manager_options options = {.workers = 1, .log_directory = "/proc/self/exe"};
    assert_int_equal(undr_process_manager_start(&options, &manager), UNDR_SYSTEM);
    assert_int_equal(errno, ENOTDIR);
    options.log_directory = "/nowhere/at/all";
    assert_int_equal(undr_process_manager_start(&options, &manager), UNDR_SYSTEM);
    assert_int_equal(errno, ENOENT);
}

/* Workers do not outlive a manager that is killed: the manager here is a process of its own. */
static void workers_die_with_their_manager(void **state) {
    (void)state;
    int ends[2];
    pid_t worker = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        undr_process_manager *manager = start_with(1);
        schedule(manager, "Hang", 0);
        pid_t pid = (pid_t)next_number(manager);
        (void)!write(ends[1], &pid, sizeof pid);
        for (;;) {
            (void)pause();
        }
    }
    assert_int_equal(read(ends[0], &worker, sizeof worker), sizeof worker);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(ends[0]);
    close(ends[1]);
    char path[64];
    assert_true(snprintf(path, sizeof path, "/proc/%d/exe", worker) > 0);
    while (access(path, R_OK) == 0) { /* a process that has ended has no file, reaped or not; ctest ends a wait for ever */
        (void)usleep(1000);
    }
}

int main(int argc, char **argv) {
    undr_process_manager_main(argc, argv, &registry);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(workers_run_tasks_and_send_messages, count_before, compare_after),
        cmocka_unit_test_setup_teardown(the_reader_may_schedule_more, count_before, compare_after),
        cmocka_unit_test_setup_teardown(a_long_hold_delays_nothing, count_before, compare_after),
        cmocka_unit_test_setup_teardown(several_run_at_a_time, count_before, compare_after),
        cmocka_unit_test_setup_teardown(a_failing_task_is_reported, count_before, compare_after),
        cmocka_unit_test_setup_teardown(
            the_program_sends_and_schedules_through_the_interface, count_before, compare_after),
        cmocka_unit_test_setup_teardown(what_is_no_task_is_refused, count_before, compare_after),
        cmocka_unit_test_setup_teardown(a_killed_worker_is_replaced_and_its_task_reported, count_before, compare_after),
        cmocka_unit_test_setup_teardown(many_tasks_may_end_their_workers, count_before, compare_after),
        cmocka_unit_test_setup_teardown(a_task_is_tried_again, count_before, compare_after),
        cmocka_unit_test_setup_teardown(tasks_without_workers_are_reported, count_before, compare_after),
        cmocka_unit_test_setup_teardown(join_runs_everything, count_before, compare_after),
        cmocka_unit_test_setup_teardown(cancel_lets_running_tasks_finish, count_before, compare_after),
        cmocka_unit_test_setup_teardown(cancel_has_a_grace, count_before, compare_after),
        cmocka_unit_test_setup_teardown(kill_does_not_wait, count_before, compare_after),
        cmocka_unit_test_setup_teardown(close_at_once, count_before, compare_after),
        cmocka_unit_test_setup_teardown(other_connections_get_close_request, count_before, compare_after),
        cmocka_unit_test_setup_teardown(sigint_interrupts_messages_and_join, count_before, compare_after),
        cmocka_unit_test_setup_teardown(an_interrupt_ends_an_endless_cancel, count_before, compare_after),
        cmocka_unit_test_setup_teardown(workers_ignore_sigint, count_before, compare_after),
        cmocka_unit_test_setup_teardown(each_worker_writes_a_log, count_before, compare_after),
        cmocka_unit_test_setup_teardown(starting_can_fail, count_before, compare_after),
        cmocka_unit_test_setup_teardown(workers_die_with_their_manager, count_before, compare_after),
    };
    return cmocka_run_group_tests(tests, warm_up, NULL);
}
