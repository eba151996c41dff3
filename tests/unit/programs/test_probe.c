/* test_probe.c: the steps of the Probe task, run by a worker. */
#include "support/played_manager.h"

#include <sys/wait.h>

static void malformed_steps(void **unused) {
    (void)unused;
    stage self = {0};
    raise_curtain(&self, probe_registry());
    const struct {
        undr_value *step;
        const char *said;
    } rows[] = {
        {step1(&self, "jump", integer(&self, 1)), "unknown Probe step ('jump', 1)"},
        {tuple(&self, NULL, NULL, NULL), "unknown Probe step ()"},
        {integer(&self, 7), "unknown Probe step 7"},
        {tuple(&self, integer(&self, 7), NULL, NULL), "unknown Probe step (7,)"},
        {step1(&self, "message", NULL), "('message', value)"},
        {tuple(&self, text(&self, "message"), integer(&self, 1), integer(&self, 2)), "('message', value)"},
        {step1(&self, "schedule", NULL), "('schedule', task)"},
        {tuple(&self, text(&self, "schedule"), integer(&self, 1), text(&self, "1")), "('schedule', task)"},
        {tuple(&self, text(&self, "schedule"), integer(&self, 1), integer(&self, -1)), "('schedule', task)"},
        {step1(&self, "raise", integer(&self, 1)), "('raise', text)"},
        {step1(&self, "wait", integer(&self, 0)), "('wait', port 1..65535)"},
        {step1(&self, "wait", integer(&self, 65536)), "('wait', port 1..65535)"},
        {step1(&self, "sleep", integer(&self, -1)), "('sleep', seconds 0..1000000)"},
        {step1(&self, "sleep", real(&self, -0.5)), "('sleep', seconds 0..1000000)"},
        {step1(&self, "sleep", real(&self, strtod("nan", NULL))), "('sleep', seconds 0..1000000)"},
        {step1(&self, "sleep", text(&self, "1")), "('sleep', seconds 0..1000000)"},
        {step1(&self, "sleep", integer(&self, 1000001)), "('sleep', seconds 0..1000000)"},
        {step1(&self, "pid", integer(&self, 1)), "('pid',)"},
        {step1(&self, "exit", integer(&self, 511)), "('exit', status 0..255)"},
        {step1(&self, "exit", integer(&self, 256)), "('exit', status 0..255)"},
        {step1(&self, "exit", integer(&self, -1)), "('exit', status 0..255)"},
    };
    expect_empty(&self, 'n');
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        answer_task(&self, probe(&self, rows[i].step, NULL, NULL));
        expect_failure(&self, "ValueError", rows[i].said);
        expect_empty(&self, 't');
    }
    answer_task(&self, instance(&self, "Probe", "step", integer(&self, 1)));
    expect_failure(&self, "ValueError", "{'steps': [...]}");
    close_worker(&self, 't');
}

static void probe_waits_sleeps_and_tells_its_pid(void **unused) {
    (void)unused;
    char printed[64];
    stage self = {.interrupts = true};
    gate hold = make_gate();
    take_interrupts();
    raise_curtain(&self, probe_registry());
    expect_empty(&self, 'n');
    answer_task(&self, probe(&self, step1(&self, "wait", integer(&self, hold.port)), step1(&self, "pid", NULL), NULL));
    hold.visitor = accept_one(hold.listener);
    assert_int_equal(steady_send(hold.visitor, "ignored", 7, 0), 7); /* it reads to the end, whatever comes */
    for (size_t i = 0; i < 10; i++) {
        const struct timespec moment = {.tv_nsec = 1000000};
        (void)nanosleep(&moment, NULL);
        interrupt(&self);
    }
    open_gate(&hold);
    (void)snprintf(printed, sizeof printed, "('pid', %d)", (int)getpid());
    expect_printed(&self, 'm', printed, true);
    acknowledge(&self, 'm');
    expect_empty(&self, 't');
    answer_task(
        &self, probe(&self, step1(&self, "sleep", integer(&self, 0)), step1(&self, "sleep", real(&self, 0.001)), NULL));
    expect_empty(&self, 't');
    answer_task(&self, probe(&self, step1(&self, "wait", integer(&self, hold.port)), NULL, NULL));
    expect_failure(&self, "OSError", "Connection refused");
    close_worker(&self, 't');
}

/* A million of them are run, one more is too many, and then none is. */
static void probe_has_a_bound_of_steps(void **unused) {
    (void)unused;
    enum { MOST = 1000000 };
    stage self = {0};
    undr_value *sleep = step1(&self, "sleep", integer(&self, 0)), *list;
    undr_value **steps = calloc(MOST + 1, sizeof *steps);
    assert_non_null(steps);
    for (size_t i = 0; i <= MOST; i++) {
        steps[i] = sleep;
    }
    raise_curtain(&self, probe_registry());
    expect_empty(&self, 'n');
    assert_int_equal(undr_value_items(&self.arena, UNDR_LIST, steps, MOST, &list), UNDR_OK);
    answer_task(&self, instance(&self, "Probe", "steps", list));
    expect_empty(&self, 't');
    assert_int_equal(undr_value_items(&self.arena, UNDR_LIST, steps, MOST + 1, &list), UNDR_OK);
    answer_task(&self, instance(&self, "Probe", "steps", list));
    expect_failure(&self, "ValueError", "a Probe of more than 1000000 steps");
    close_worker(&self, 't');
    free(steps);
}

/* WORK-17: by FIN or RST, nobody waits for the end of what takes for ever. */
static void probe_notices_that_its_manager_is_gone(void **unused) {
    (void)unused;
    for (int i = 0; i < 6; i++) {
        stage self = {0};
        gate hold = make_gate();
        const bool sleeps = i % 2 == 0;
        raise_curtain(&self, probe_registry());
        undr_value *long_one = sleeps ? step1(&self, "sleep", integer(&self, 1000000))
                                      : step1(&self, "wait", integer(&self, hold.port));
        expect_empty(&self, 'n');
        answer_task(&self, probe(&self, step1(&self, "pid", NULL), long_one, step1(&self, "exit", integer(&self, 9))));
        char printed[64];
        (void)snprintf(printed, sizeof printed, "('pid', %d)", (int)getpid());
        expect_printed(&self, 'm', printed, true);
        acknowledge(&self, 'm');
        hold.visitor = sleeps ? -1 : accept_one(hold.listener);
        i < 2 ? hang_up(&self) : i < 4 ? reset(&self) : (void)shutdown(self.worker, SHUT_WR);
        assert_int_equal(drop_curtain(&self), UNDR_OK);
        open_gate(&hold);
    }
}

/* WORK-19 */
static void probe_ends_its_process(void **unused) {
    (void)unused;
    stage self = {.options = {.registry = probe_registry()}};
    self.listener = listen_on_loopback(&self.options.server_port);
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (freopen("/dev/null", "w", stdout) == NULL) {
            _exit(70);
        }
        _exit(undr_target(&self.options) == UNDR_OK ? 71 : 72); /* never reached */
    }
    self.worker = accept_one(self.listener);
    expect_empty(&self, 'n');
    answer_task(&self, probe(&self, step1(&self, "exit", integer(&self, 33)), NULL, NULL));
    int status = 0;
    assert_int_equal(steady_waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 33);
    hang_up(&self);
    (void)close(self.listener);
    undr_arena_free(&self.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_steps),
        cmocka_unit_test(probe_waits_sleeps_and_tells_its_pid),
        cmocka_unit_test(probe_has_a_bound_of_steps),
        cmocka_unit_test(probe_notices_that_its_manager_is_gone),
        cmocka_unit_test(probe_ends_its_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
