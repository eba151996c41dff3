/* test_process_tree.c: how long others have kept the descendants of this process from running. */
#include "support/steady.h"
#include "target/process_tree.h"

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static unsigned long long delay(void) {
    unsigned long long sum = 0;
    assert_int_equal(check_family_delay(&sum), UNDR_OK);
    return sum;
}

/* A child that never rests, on the first processor that this process may use. */
static pid_t start_child(void) {
    cpu_set_t all, first;
    size_t cpu = 0;
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    while (!CPU_ISSET(cpu, &all)) {
        cpu++;
    }
    CPU_ZERO(&first);
    CPU_SET(cpu, &first);
    pid_t pid = fork();
    if (pid == 0) {
        while (sched_setaffinity(0, sizeof first, &first) == 0) {}
        _exit(1);
    }
    assert_true(pid > 0);
    return pid;
}

static void stop_child(pid_t pid) {
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(steady_waitpid(pid, NULL, 0), pid);
}

static void who_waits_for_a_processor_is_seen(void **state) {
    (void)state;
    pid_t one = start_child(), other = start_child();
    unsigned long long before = delay();
    while (delay() <= before) {
        usleep(1000); /* one of the two runs, the other one waits; for ever when that is not seen */
    }
    stop_child(one);
    stop_child(other);
    assert_int_equal(delay(), 0); /* nobody is left */
}

static void who_is_stopped_waits_for_none(void **state) {
    (void)state;
    pid_t pid = start_child();
    assert_int_equal(kill(pid, SIGSTOP), 0);
    assert_int_equal(steady_waitpid(pid, NULL, WUNTRACED), pid);
    unsigned long long before = delay();
    usleep(20000);
    assert_int_equal(delay(), before);
    stop_child(pid);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_waits_for_a_processor_is_seen),
        cmocka_unit_test(who_is_stopped_waits_for_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
