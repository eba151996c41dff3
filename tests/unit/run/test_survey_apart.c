/* test_survey_apart.c: the survey as an item of the supervisor: what it finds out, and how it may end. */
#include "run/supervisor.h"
#include "support/steady.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* What the watcher was told last, and whether it interrupts this process when it is told anything. */
struct seen {
    char doing[CHECK_DOING];
    bool interrupts;
};

static void on_waits(void *context, const char *what) {
    struct seen *seen = context;
    if (what[0] != '\0') {
        memcpy(seen->doing, what, strlen(what) + 1);
    }
    if (what[0] != '\0' && seen->interrupts) {
        seen->interrupts = false;
        kill(getpid(), SIGINT);
    }
}

/* Surveys an adapter that is this shell script; *why is zero-terminated. */
static undr_error survey(const char *script, struct seen *seen, check_setting *setting, undr_buffer *why, int *by) {
    char *command[] = {(char[]){"sh"}, (char[]){"-c"}, strdup(script), (char[]){"adapter"}, NULL};
    const check_survey_watcher watcher = {seen, on_waits};
    check_signals signals;
    *setting = (check_setting){.command = command, .timeout_factor = 1};
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    assert_int_equal(check_signals_open(&signals), UNDR_OK);
    undr_error error = check_survey_apart(setting, CHECK_ROLE_MANAGER, why, &signals, &watcher, by);
    check_signals_close(&signals);
    assert_int_equal(steady_waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
    assert_int_equal(undr_put_u8(why, 0), UNDR_OK);
    free(command[2]);
    return error;
}

static void assert_survey(const char *script, undr_error expected, const char *says, const char *declares) {
    struct seen seen = {0};
    check_setting setting;
    undr_buffer why = {0};
    int interrupted = 0;
    assert_int_equal(survey(script, &seen, &setting, &why, &interrupted), expected);
    assert_int_equal(interrupted, 0);
    assert_non_null(strstr((const char *)why.data, says));
    undr_slice text = undr_buffer_slice(&setting.capabilities.text);
    assert_int_equal(text.size, strlen(declares));
    assert_memory_equal(text.size > 0 ? (const char *)text.data : "", declares, text.size);
    undr_buffer_free(&setting.capabilities.text);
    undr_buffer_free(&why);
}

static void what_the_adapter_declares_crosses(void **state) {
    (void)state;
    assert_survey("test $1 = capabilities && echo worker && exit; exit 89", UNDR_ARGUMENT, "manager", "worker\n");
}

static void a_survey_that_crashes_is_the_harness_s_failure(void **state) {
    (void)state;
    assert_survey("kill -9 $PPID; exit 89", UNDR_SYSTEM,
        "the harness itself failed while it measured the target: the process that played ended: it was killed by "
        "signal 9",
        "");
}

static void an_interruption_ends_it(void **state) {
    struct seen seen = {.interrupts = true};
    check_setting setting;
    undr_buffer why = {0};
    int interrupted = 0;
    (void)state;
    assert_int_equal(survey("exec sleep 600", &seen, &setting, &why, &interrupted), UNDR_INTERRUPTED);
    assert_int_equal(interrupted, SIGINT);
    assert_non_null(strstr(seen.doing, "verb"));
    undr_buffer_free(&why);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_adapter_declares_crosses),
        cmocka_unit_test(a_survey_that_crashes_is_the_harness_s_failure),
        cmocka_unit_test(an_interruption_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
