/* test_pool_signals.c: a pool in a program that keeps SIGCHLD from the library, before it starts or while it runs: no
 * wait for a worker's end depends on that signal alone. */
#include "support/pool.h"

#include <pthread.h>

static void reap_all(int number) {
    (void)number;
    int reason = errno;
    while (waitpid(-1, NULL, WNOHANG) > 0) {}
    errno = reason;
}

static void ignore(void) {
    (void)signal(SIGCHLD, SIG_IGN);
}

static void forget(void) {
    (void)signal(SIGCHLD, SIG_DFL);
}

static void reap(void) {
    (void)signal(SIGCHLD, reap_all);
}

static void block(void) {
    sigset_t all;
    (void)sigfillset(&all);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &all, NULL), 0);
}

static void nothing(void) {}

/* A worker dies and is replaced, all tasks are run, and each way to close returns with no worker left. */
static void play(void (*before)(void), void (*during)(void), undr_close_policy policy) {
    before();
    undr_process_manager *manager = start_with(1);
    during();
    schedule(manager, "Die", 1);
    schedule(manager, "Hang", 1);
    int64_t pid = 0;
    while (pid == 0) { /* behind what tells of the first task's end */
        undr_arena arena = {0};
        undr_value *message;
        assert_int_equal(undr_process_manager_next_message(manager, &arena, &message), UNDR_OK);
        pid = undr_value_int64(message, &pid) ? pid : 0;
        undr_arena_free(&arena);
    }
    if (policy != UNDR_CLOSE_KILL) {
        assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
    }
    close_by(manager, policy);
    undr_process_manager_free(manager);
    assert_int_equal(kill((pid_t)pid, 0), -1);
    assert_int_equal(errno, ESRCH);
    forget();
    sigset_t none;
    (void)sigemptyset(&none);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &none, NULL), 0);
}

static void play_all(void (*before)(void), void (*during)(void)) {
    play(before, during, UNDR_CLOSE_JOIN);
    play(before, during, UNDR_CLOSE_CANCEL);
    play(before, during, UNDR_CLOSE_KILL);
}

static void kept_from_it_before_the_start(void **state) {
    (void)state;
    play_all(ignore, nothing);
    play_all(block, nothing);
    play_all(reap, nothing);
}

static void kept_from_it_while_it_runs(void **state) {
    (void)state;
    play_all(nothing, ignore);
    play_all(nothing, forget);
    play_all(nothing, reap);
    play_all(nothing, block);
}

int main(int argc, char **argv) {
    undr_process_manager_main(argc, argv, &registry);
    const struct CMUnitTest tests[] = {
        CLEAN(kept_from_it_before_the_start),
        CLEAN(kept_from_it_while_it_runs),
    };
    return cmocka_run_group_tests(tests, warm_up, NULL);
}
