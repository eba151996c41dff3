/* test_process_manager.c: ProcessManager with real worker processes, which are this program itself. */
#include "support/pool.h"

#include <sys/resource.h>

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

static void a_message_that_can_not_be_decoded_is_not_lost(void **state) {
    (void)state;
    undr_process_manager *manager = start_with(0);
    static const undr_slice large = {(const uint8_t *)"](NNNe.", 7};
    undr_buffer got = {0};
    for (int joins = 0; joins < 2; joins++) {
        assert_int_equal(undr_process_manager_send_pickle(manager, large), UNDR_OK);
        assert_int_equal(undr_process_manager_send_pickle(manager, undr_slice_of("K\5.", 3)), UNDR_OK);
        for (int i = 0; i < 2; i++) {
            undr_arena arena = {.limit = 1};
            undr_value *message;
            assert_int_equal(undr_process_manager_next_message(manager, &arena, &message), UNDR_LIMIT_BYTES);
            undr_arena_free(&arena);
        }
        if (joins) {
            close_by(manager, UNDR_CLOSE_JOIN); /* it consumes that one, too */
            break;
        }
        assert_int_equal(undr_process_manager_next_pickle(manager, &got), UNDR_OK);
        assert_true(undr_slice_equal(undr_buffer_slice(&got), large));
        assert_int_equal(next_number(manager), 5);
        expect_done(manager);
    }
    expect_done(manager);
    undr_buffer_free(&got);
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
    undr_process_manager *manager = start(
        (undr_process_manager_options){.workers = 1, .hold = -1, .log_directory = path, .start_patience = 400});
    schedule(manager, "Echo", 1);
    expect_exception(manager, "no worker is left");
    expect_done(manager);
    schedule(manager, "Echo", 2);
    close_by(manager, UNDR_CLOSE_JOIN);
    undr_process_manager_free(manager);
    assert_int_equal(rmdir(log), 0);
    assert_int_equal(rmdir(path), 0);
}

/* However many workers there are, all are started a few times at most, but the one that is tried again and again. */
static void replacing_workers_in_vain_is_bounded(void **state) {
    (void)state;
    enum { WORKERS = 24, LIMIT = 6 * WORKERS };
    char path[] = "/tmp/undr-test-XXXXXX", log[64], *said = NULL;
    size_t size = 0, ends = 0;
    FILE *journal = open_memstream(&said, &size);
    assert_non_null(journal);
    assert_non_null(mkdtemp(path));
    for (int i = 1; i <= WORKERS; i++) {
        assert_true(snprintf(log, sizeof log, "%s/worker-%d.log", path, i) > 0);
        assert_int_equal(mkdir(log, 0700), 0);
    }
    undr_process_manager *manager = start((undr_process_manager_options){
        .workers = WORKERS, .hold = -1, .log_directory = path, .log = journal, .start_patience = 400});
    schedule(manager, "Echo", 1);
    expect_exception(manager, "no worker is left");
    undr_process_manager_free(manager);
    assert_int_equal(fclose(journal), 0);
    for (const char *at = said; (at = strstr(at, "ended with exit status")) != NULL; at++) {
        ends++;
    }
    assert_true(ends >= WORKERS && ends <= LIMIT);
    free(said);
    for (int i = 1; i <= WORKERS; i++) {
        assert_true(snprintf(log, sizeof log, "%s/worker-%d.log", path, i) > 0);
        assert_int_equal(rmdir(log), 0);
    }
    assert_int_equal(rmdir(path), 0);
}

/* Sends `signal` (0: none) to each child of this process; how many it has. */
static size_t signal_children(int signal) {
    char path[64], line[16 * 1024];
    size_t count = 0;
    DIR *threads = opendir("/proc/self/task");
    assert_non_null(threads);
    for (struct dirent *thread; (thread = readdir(threads)) != NULL;) {
        assert_true(snprintf(path, sizeof path, "/proc/self/task/%.20s/children", thread->d_name) > 0);
        FILE *list = fopen(path, "re");
        char *rest = list == NULL ? NULL : fgets(line, sizeof line, list); /* none in . and .. */
        for (char *pid; rest != NULL && (pid = strtok_r(rest, " \n", &rest)) != NULL; count++) {
            assert_int_equal(kill((pid_t)strtol(pid, NULL, 10), signal), 0);
        }
        if (list != NULL) {
            (void)fclose(list);
        }
    }
    closedir(threads);
    return count;
}

/* How often the words stand in the file, which another thread writes: nothing of its stream is looked at. */
static size_t count_words(FILE *file, const char *words) {
    static char text[1 << 20];
    const ssize_t size = pread(fileno(file), text, sizeof text - 1, 0);
    assert_true(size >= 0 && (size_t)size < sizeof text - 1);
    text[size] = '\0';
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, words)) != NULL; at++) {
        count++;
    }
    return count;
}

/* More than are replaced in vain, all killed at once before any had a task. */
static void all_of_many_idle_workers_are_replaced(void **state) {
    (void)state;
    enum { WORKERS = 300 };
    FILE *journal = tmpfile();
    assert_non_null(journal);
    undr_process_manager *manager = start(
        (undr_process_manager_options){.workers = WORKERS, .hold = -1, .log = journal, .retries = WORKERS});
    assert_int_equal(signal_children(SIGKILL), WORKERS);
    while (count_words(journal, "ended by signal 9") < WORKERS) { /* ctest ends a wait for ever */
        (void)usleep(1000);
    }
    while (signal_children(0) < WORKERS) {
        (void)usleep(1000);
    }
    schedule(manager, "Echo", 1); /* handed out again when a dead worker's connection was not seen to end yet */
    assert_int_equal(next_number(manager), 1);
    undr_process_manager_free(manager);
    assert_int_equal(fclose(journal), 0);
}

/* A worker dies while no process can be started: its replacement comes when one can. */
static void a_start_that_fails_is_tried_again(void **state) {
    (void)state;
    struct rlimit limit, low;
    char *said = NULL;
    size_t size = 0;
    FILE *journal = open_memstream(&said, &size);
    assert_non_null(journal);
    undr_process_manager *manager = start((undr_process_manager_options){.workers = 1, .hold = -1, .log = journal});
    schedule(manager, "Hang", 0);
    pid_t pid = (pid_t)next_number(manager);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = limit;
    low.rlim_cur = 0; /* none for the pipe that a start takes, nor, with libuv 1.53, for the process itself */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    assert_int_equal(kill(pid, SIGKILL), 0);
    for (bool failed = false; !failed;) { /* ctest ends a wait for ever */
        (void)usleep(1000);
        flockfile(journal);
        failed = said != NULL && strstr(said, "worker 1 can't be started: ") != NULL;
        funlockfile(journal);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    expect_exception(manager, "<class 't.Hang'>");
    schedule(manager, "Echo", 2);
    assert_int_equal(next_number(manager), 2);
    undr_process_manager_free(manager);
    assert_int_equal(fclose(journal), 0);
    free(said);
}

/* The rest. */

static void each_worker_writes_a_log(void **state) {
    (void)state;
    char parent[] = "/tmp/undr-test-XXXXXX", path[64], log[80];
    struct stat status;
    assert_non_null(mkdtemp(parent));
    assert_true(snprintf(path, sizeof path, "%s/logs", parent) > 0);
    undr_process_manager *manager = start(
        (undr_process_manager_options){.workers = 2, .hold = -1, .log_directory = path});
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
    const undr_process_manager_options bad[] = {
        {.workers = -2}, {.priority_levels = 129}, {.hold = -2}, {.payload_limit = UNDR_PAYLOAD_MINIMUM - 1}};
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
        (void)!steady_write(ends[1], &pid, sizeof pid);
        for (;;) {
            (void)pause();
        }
    }
    assert_int_equal(steady_read(ends[0], &worker, sizeof worker), sizeof worker);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(steady_waitpid(child, NULL, 0), child);
    close(ends[0]);
    close(ends[1]);
    char path[64];
    assert_true(snprintf(path, sizeof path, "/proc/%d/exe", worker) > 0);
    while (access(path, R_OK) == 0) { /* what has ended has no file, reaped or not; ctest ends a wait for ever */
        (void)usleep(1000);
    }
}

int main(int argc, char **argv) {
    undr_process_manager_main(argc, argv, &registry);
    const struct CMUnitTest tests[] = {
        CLEAN(workers_run_tasks_and_send_messages),
        CLEAN(the_reader_may_schedule_more),
        CLEAN(a_long_hold_delays_nothing),
        CLEAN(several_run_at_a_time),
        CLEAN(a_failing_task_is_reported),
        CLEAN(the_program_sends_and_schedules_through_the_interface),
        CLEAN(what_is_no_task_is_refused),
        CLEAN(a_message_that_can_not_be_decoded_is_not_lost),
        CLEAN(a_killed_worker_is_replaced_and_its_task_reported),
        CLEAN(many_tasks_may_end_their_workers),
        CLEAN(a_task_is_tried_again),
        CLEAN(tasks_without_workers_are_reported),
        CLEAN(replacing_workers_in_vain_is_bounded),
        CLEAN(all_of_many_idle_workers_are_replaced),
        CLEAN(a_start_that_fails_is_tried_again),
        CLEAN(each_worker_writes_a_log),
        CLEAN(starting_can_fail),
        CLEAN(workers_die_with_their_manager),
    };
    return cmocka_run_group_tests(tests, warm_up, NULL);
}
