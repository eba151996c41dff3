/* pool.h: a pool of real worker processes for tests: the tasks that they run, and steps. A test program's main calls
 * undr_process_manager_main with `registry` first. */
#ifndef TESTS_POOL_H
#define TESTS_POOL_H

#include "support/loopback.h"

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

static undr_error run_raise(const undr_registry *registry, const undr_value *task, void *session, undr_manager *manager,
    undr_failure *failure) {
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
static undr_error run_spawn(const undr_registry *registry, const undr_value *task, void *session, undr_manager *manager,
    undr_failure *failure) {
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

static inline undr_process_manager *start(undr_process_manager_options options) {
    undr_process_manager *manager;
    assert_int_equal(undr_process_manager_start(&options, &manager), UNDR_OK);
    return manager;
}

static inline undr_process_manager *start_with(int workers) {
    return start((undr_process_manager_options){.workers = workers, .hold = -1});
}

static inline undr_error try_task(undr_process_manager *manager, const char *name, int64_t x, unsigned priority) {
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

static inline void schedule(undr_process_manager *manager, const char *name, int64_t x) {
    assert_int_equal(try_task(manager, name, x, 1), UNDR_OK);
}

static inline int64_t next_number(undr_process_manager *manager) {
    undr_arena arena = {0};
    undr_value *message;
    int64_t number = -1;
    assert_int_equal(undr_process_manager_next_message(manager, &arena, &message), UNDR_OK);
    assert_true(undr_value_int64(message, &number));
    undr_arena_free(&arena);
    return number;
}

static inline void expect_exception(undr_process_manager *manager, const char *words) {
    undr_arena arena = {0};
    undr_value *message;
    bool found = false;
    assert_int_equal(undr_process_manager_next_message(manager, &arena, &message), UNDR_OK);
    assert_true(undr_value_is_instance(message, UNDR_CLASS_WORKER_EXCEPTION));
    assert_int_equal(undr_value_contains(message, undr_slice_text(words), &found), UNDR_OK);
    assert_true(found);
    undr_arena_free(&arena);
}

static inline void expect_done(undr_process_manager *manager) {
    undr_arena arena = {0};
    undr_value *message;
    assert_int_equal(undr_process_manager_next_message(manager, &arena, &message), UNDR_DONE);
    undr_arena_free(&arena);
}

static inline void close_by(undr_process_manager *manager, undr_close_policy policy) {
    assert_int_equal(undr_process_manager_close(manager, policy), UNDR_OK);
}

static inline size_t entries(const char *path) {
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
static inline int warm_up(void **state) {
    (void)state;
    undr_process_manager_free(start_with(0));
    return 0;
}

static inline int count_before(void **state) {
    *state = (void *)entries("/proc/self/fd");
    return 0;
}

static inline int compare_after(void **state) {
    assert_int_equal(entries("/proc/self/fd"), (size_t)*state);
    assert_int_equal(steady_waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    return 0;
}

#define CLEAN(test) cmocka_unit_test_setup_teardown(test, count_before, compare_after)

#endif
