/* test_listener.c: whose socket listens on a port. */
#include "listener.h"

#include "gate.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A process that does nothing, and has no socket open. */
static pid_t start_other(int without) {
    pid_t pid = fork();
    if (pid == 0) {
        close(without);
        pause();
        _exit(0);
    }
    assert_true(pid > 0);
    return pid;
}

static void stop_other(pid_t pid) {
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void a_listener_has_its_owner(void **state) {
    uint16_t port = 0;
    int file = check_listen(&port);
    pid_t other = start_other(file);
    pid_t both[] = {other, getpid()};
    const check_pids family = {.at = both, .count = 2}, strangers = {.at = both, .count = 1}, nobody = {0};
    (void)state;
    assert_true(file >= 0);
    while (check_listener_is_foreign(port, &strangers) == false) {
        usleep(1000); /* until the other one has closed its copy; for ever when it is not seen */
    }
    assert_false(check_listener_is_foreign(port, &family));
    assert_true(check_listener_is_foreign(port, &nobody));
    close(file);
    assert_false(check_listener_is_foreign(port, &nobody)); /* nobody listens */
    stop_other(other);
}

static void who_has_gone_owns_nothing(void **state) {
    uint16_t port = 0;
    int file = check_listen(&port);
    pid_t other = start_other(file);
    const check_pids family = {.at = &other, .count = 1};
    (void)state;
    assert_int_equal(kill(other, SIGKILL), 0);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)other, &info, WEXITED | WNOWAIT), 0); /* a zombie */
    assert_true(check_listener_is_foreign(port, &family));
    assert_int_equal(waitpid(other, NULL, 0), other);
    assert_true(check_listener_is_foreign(port, &family));
    close(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listener_has_its_owner),
        cmocka_unit_test(who_has_gone_owns_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
