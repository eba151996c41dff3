/* test_process.c: processes under test: how they start, end, leave children behind, and how all of them are
 * gone. */
#include "base/clock.h"
#include "support/steady.h"
#include "target/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static bool is_gone(pid_t pid) {
    bool gone = false;
    assert_int_equal(check_process_is_gone(pid, &gone), UNDR_OK);
    return gone;
}

static void start(check_target *target, const char *script) {
    char shell[] = "/bin/sh", option[] = "-c";
    char *argv[] = {shell, option, (char *)(uintptr_t)script, NULL};
    undr_buffer why = {0};
    assert_int_equal(check_target_start(target, argv, &why), UNDR_OK);
    assert_int_equal(why.size, 0);
}

static void wait_for_end(check_target *target) {
    uint64_t until = check_now() + 20 * CHECK_SECOND;
    while (target->state == CHECK_TARGET_RUNS && check_now() < until) {
        assert_int_equal(check_target_drain(target), UNDR_OK);
        check_target_look(target);
        steady_poll(NULL, 0, 1);
    }
}

static void assert_alone(void) {
    assert_int_equal(steady_waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void says_how_it_ended(void **state) {
    (void)state;
    const struct {
        const char *script, *text;
    } table[] = {
        {"exit 3", "has ended with exit status 3"}, {"kill -ABRT $$", "was ended by signal 6"}, {":", "exit status 0"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        check_target target;
        undr_buffer text = {0};
        start(&target, table[i].script);
        wait_for_end(&target);
        assert_int_equal(check_target_describe(&target, &text), UNDR_OK);
        assert_int_equal(undr_put_u8(&text, 0), UNDR_OK);
        assert_non_null(strstr((const char *)text.data, table[i].text));
        undr_buffer_free(&text);
        check_target_free(&target);
        assert_alone();
    }
}

static void keeps_the_last_of_its_errors(void **state) {
    (void)state;
    check_target target;
    start(&target, "i=0; while [ $i -lt 5000 ]; do echo line number $i >&2; i=$((i+1)); done");
    wait_for_end(&target);
    assert_int_equal(check_target_stop(&target, NULL), UNDR_OK);
    assert_true(target.kept.size <= 2 * CHECK_OUTPUT_KEPT);
    assert_true(target.dropped > 0);
    assert_memory_equal(target.kept.data + target.kept.size - 5, "4999\n", 5);
    check_target_free(&target);
}

static void runs_in_a_session_of_its_own(void **state) {
    (void)state;
    check_target target;
    start(&target, "exec sleep 100");
    assert_int_equal(getsid(target.pid), target.pid);
    assert_int_equal(getpgid(target.pid), target.pid);
    assert_int_equal(check_target_stop(&target, NULL), UNDR_OK);
    check_target_free(&target);
    assert_alone();
}

static void a_daemon_and_its_children_are_killed(void **state) {
    (void)state;
    check_target target;
    size_t left = 0;
    check_pids found = {0};
    start(&target, "(setsid sh -c 'sleep 100 & sleep 100 & wait' &)");
    wait_for_end(&target);
    uint64_t until = check_now() + 20 * CHECK_SECOND;
    while (found.count < 4 && check_now() < until) { /* the target itself, a shell, two that sleep */
        assert_int_equal(check_family_descendants(&target.spared, &found), UNDR_OK);
        steady_poll(NULL, 0, 1);
    }
    check_pids_free(&found);
    assert_int_equal(check_target_stop(&target, &left), UNDR_OK);
    assert_int_equal(left, 3);
    check_target_free(&target);
    assert_alone();
}

static void other_children_are_spared(void **state) {
    (void)state;
    pid_t own = fork();
    if (own == 0) {
        for (;;) {
            pause();
        }
    }
    check_target target;
    start(&target, "exec sleep 100");
    assert_int_equal(check_target_stop(&target, NULL), UNDR_OK);
    check_target_free(&target);
    assert_int_equal(kill(own, 0), 0);
    assert_int_equal(steady_waitpid(own, NULL, WNOHANG), 0);
    kill(own, SIGKILL);
    assert_int_equal(steady_waitpid(own, NULL, 0), own);
}

static void inherits_no_file(void **state) {
    (void)state;
    check_target target;
    int file = open("/dev/null", O_RDONLY); /* on purpose without close-on-exec */
    assert_true(file >= 0);
    start(&target, "ls /proc/self/fd >&2");
    wait_for_end(&target);
    assert_int_equal(check_target_stop(&target, NULL), UNDR_OK);
    assert_true(target.kept.size >= 8);
    assert_memory_equal(target.kept.data, "0\n1\n2\n3\n", 8); /* 3 is the folder that ls reads */
    assert_int_equal(target.kept.size, 8);
    check_target_free(&target);
    close(file);
}

static void signals_are_as_new(void **state) {
    (void)state;
    check_target target;
    signal(SIGPIPE, SIG_IGN);
    start(&target, "grep SigIgn /proc/self/status >&2");
    signal(SIGPIPE, SIG_DFL);
    wait_for_end(&target);
    assert_int_equal(check_target_stop(&target, NULL), UNDR_OK);
    assert_memory_equal(target.kept.data, "SigIgn:\t0000000000000000", 24);
    check_target_free(&target);
}

static void says_why_it_did_not_start(void **state) {
    (void)state;
    char missing[] = "/nowhere/at-all", folder[] = "/tmp";
    char *commands[][2] = {{missing, NULL}, {folder, NULL}};
    const char *const reasons[] = {"No such file", "chmod +x"};
    for (size_t i = 0; i < 2; i++) {
        check_target target;
        undr_buffer why = {0};
        assert_int_equal(check_target_start(&target, commands[i], &why), UNDR_ARGUMENT);
        assert_int_equal(undr_put_u8(&why, 0), UNDR_OK);
        assert_non_null(strstr((const char *)why.data, reasons[i]));
        undr_buffer_free(&why);
        check_target_free(&target);
        assert_alone();
    }
}

static void knows_who_is_gone(void **state) {
    (void)state;
    assert_false(is_gone(getpid()));
    pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    assert_true(is_gone(child)); /* ended, not reaped */
    assert_int_equal(steady_waitpid(child, NULL, 0), child);
    assert_true(is_gone(child));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_how_it_ended),
        cmocka_unit_test(keeps_the_last_of_its_errors),
        cmocka_unit_test(runs_in_a_session_of_its_own),
        cmocka_unit_test(a_daemon_and_its_children_are_killed),
        cmocka_unit_test(other_children_are_spared),
        cmocka_unit_test(inherits_no_file),
        cmocka_unit_test(signals_are_as_new),
        cmocka_unit_test(says_why_it_did_not_start),
        cmocka_unit_test(knows_who_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
