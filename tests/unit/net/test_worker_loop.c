/* test_worker_loop.c: the worker loop against a manager that the test plays frame by frame. */
#include "support/played_manager.h"

/* ---- the loop ---- */

static void closed_at_once(void **unused) {
    (void)unused;
    stage self = {0};
    raise_curtain(&self, probe_registry());
    close_worker(&self, 'n');
}

/* WORK-1, WORK-3, WORK-6, WORK-7, WORK-8 */
static void whole_life(stage *self) {
    raise_curtain(self, probe_registry());
    for (size_t i = 0; i < 3; i++) {
        expect_empty(self, 'n');
        answer_none(self);
    }
    expect_empty(self, 'n');
    answer_task(self, say(self, "one"));
    expect_printed(self, 'm', "'one'", true);
    acknowledge(self, 'm');
    expect_empty(self, 't');
    answer_task(self, probe(self, NULL, NULL, NULL));
    expect_empty(self, 't');
    answer_task(self, say(self, "two"));
    expect_printed(self, 'm', "'two'", true);
    acknowledge(self, 'm');
    expect_empty(self, 't');
    answer_none(self);
    close_worker(self, 'n');
}

static void asks_runs_settles(void **unused) {
    (void)unused;
    stage self = {0};
    whole_life(&self);
}

static void asks_runs_settles_byte_by_byte(void **unused) {
    (void)unused;
    stage self = {.trickle = true};
    whole_life(&self);
}

/* WORK-9 */
static void schedules(void **unused) {
    (void)unused;
    stage self = {0};
    raise_curtain(&self, probe_registry());
    undr_value *task = say(&self, "x");
    expect_empty(&self, 'n');
    answer_task(&self,
        probe(&self, step1(&self, "schedule", task), tuple(&self, text(&self, "schedule"), task, integer(&self, 0)),
            tuple(&self, text(&self, "schedule"), integer(&self, 5), integer(&self, 127))));
    const char *printed = "undr_conformance.Probe({'steps': [('message', 'x')]})";
    expect_printed(&self, 0x81, printed, true);
    acknowledge(&self, 's');
    expect_printed(&self, 0x80, printed, true);
    acknowledge(&self, 's');
    expect_printed(&self, 0xff, "5", true);
    acknowledge(&self, 's');
    close_worker(&self, 't');
}

/* WORK-10, WORK-11, WORK-20 */
static void failures_are_reported(void **unused) {
    (void)unused;
    stage self = {0};
    raise_curtain(&self, probe_registry());
    expect_empty(&self, 'n');
    answer_task(&self,
        probe(&self, step1(&self, "raise", text(&self, "b\xc3\xb6om")), step1(&self, "message", text(&self, "never")),
            NULL));
    expect_failure(&self, "RuntimeError", "b\xc3\xb6om");
    expect_empty(&self, 't');
    answer_task(
        &self, probe(&self, tuple(&self, text(&self, "schedule"), integer(&self, 1), integer(&self, 128)), NULL, NULL));
    expect_failure(&self, "ValueError", "the priority has no queue");
    close_worker(&self, 't');
}

/* WORK-15 */
static void what_cannot_run_is_reported(void **unused) {
    (void)unused;
    stage self = {0};
    raise_curtain(&self, probe_registry());
    expect_empty(&self, 'n');
    answer(&self, 't', (undr_slice){0});
    expect_failure(&self, "TypeError", "the payload is empty");
    expect_empty(&self, 't');
    answer_task(&self, integer(&self, 5));
    expect_failure(&self, "TypeError", "not an instance of a task class");
    expect_empty(&self, 't');
    answer_task(&self, instance(&self, "Other", "k", integer(&self, 1)));
    expect_failure(&self, "TypeError", "undr_conformance.Other");
    close_worker(&self, 't');
}

/* WORK-12, WORK-13 */
static void chain_stops_at_the_first_failure(void **unused) {
    (void)unused;
    stage self = {0};
    raise_curtain(&self, probe_registry());
    undr_value *tasks[] = {say(&self, "first"), probe(&self, step1(&self, "raise", text(&self, "second")), NULL, NULL),
        say(&self, "third")};
    undr_value *chain;
    assert_int_equal(undr_chain(&self.arena, tasks, 3, &chain), UNDR_OK);
    expect_empty(&self, 'n');
    answer_task(&self, chain);
    expect_printed(&self, 'm', "'first'", true);
    acknowledge(&self, 'm');
    expect_failure(&self, "RuntimeError", "second");
    expect_empty(&self, 't');
    tasks[1] = say(&self, "2");
    assert_int_equal(undr_chain(&self.arena, tasks, 3, &chain), UNDR_OK);
    answer_task(&self, chain);
    static const char *const said[] = {"'first'", "'2'", "'third'"};
    for (size_t i = 0; i < 3; i++) {
        expect_printed(&self, 'm', said[i], true);
        acknowledge(&self, 'm');
    }
    close_worker(&self, 't');
}

/* WORK-14 */
static void wrong_acknowledgements_fail_the_task(void **unused) {
    (void)unused;
    static const struct {
        uint8_t type;
        const char *payload;
    } wrong[] = {{'s', ""}, {'m', "x"}, {'t', ""}, {'t', "N."}, {'n', ""}, {0x81, ""}, {'m', "N."}};
    stage self = {0};
    raise_curtain(&self, probe_registry());
    expect_empty(&self, 'n');
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        answer_task(&self, say(&self, "x"));
        expect_printed(&self, 'm', "'x'", true);
        answer(&self, wrong[i].type, undr_slice_text(wrong[i].payload));
        expect_failure(&self, "RuntimeError", "acknowledgement");
        expect_empty(&self, 't');
        answer_task(&self, probe(&self, step1(&self, "schedule", integer(&self, 3)), NULL, NULL));
        expect_printed(&self, 0x81, "3", true);
        answer(&self, wrong[i].type == 's' ? 'm' : wrong[i].type, undr_slice_text(wrong[i].payload));
        expect_failure(&self, "RuntimeError", "acknowledgement");
        expect_empty(&self, 't');
    }
    answer_none(&self);
    close_worker(&self, 'n');
}

static void wrong_acknowledgement_of_a_report(void **unused) {
    (void)unused;
    stage self = {0};
    raise_curtain(&self, probe_registry());
    expect_empty(&self, 'n');
    answer_task(&self, integer(&self, 5));
    expect_printed(&self, 'm', "undr.task.WorkerException(", false);
    acknowledge(&self, 's');
    expect_end(&self);
    assert_int_equal(drop_curtain(&self), UNDR_ACKNOWLEDGEMENT);
}

/* Lets the worker ask with `n` or `t`. */
static void bring_to_asking(stage *self, uint8_t request) {
    expect_empty(self, 'n');
    if (request == 't') {
        answer_task(self, probe(self, NULL, NULL, NULL));
        expect_empty(self, 't');
    }
}

/* WORK-16, WORK-23 */
static void bad_answers_to_n_and_t(void **unused) {
    (void)unused;
    static const struct {
        uint8_t type;
        const char *payload;
        undr_error error;
    } bad[] = {
        {'s', "", UNDR_UNEXPECTED_TYPE},
        {'m', "", UNDR_UNEXPECTED_TYPE},
        {'n', "", UNDR_UNEXPECTED_TYPE},
        {0x00, "", UNDR_UNEXPECTED_TYPE},
        {0x81, "N.", UNDR_UNEXPECTED_TYPE},
        {'T', "N.", UNDR_UNEXPECTED_TYPE},
        {'t', "\xff", UNDR_PICKLE_OPCODE},
        {'t', "\x80\x04", UNDR_PICKLE_TRUNCATED},
    };
    static const uint8_t requests[] = {'n', 't'};
    for (size_t i = 0; i < 2 * sizeof bad / sizeof *bad; i++) {
        stage self = {0};
        raise_curtain(&self, probe_registry());
        bring_to_asking(&self, requests[i % 2]);
        answer(&self, bad[i / 2].type, undr_slice_text(bad[i / 2].payload));
        expect_end(&self);
        assert_int_equal(drop_curtain(&self), bad[i / 2].error);
    }
}

/* FRAME-7 */
static void absurd_lengths(void **unused) {
    (void)unused;
    static const uint64_t lengths[] = {1001, (uint64_t)1 << 40, (uint64_t)1 << 63, UINT64_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        stage self = {.options = {.payload_limit = 1000}};
        raise_curtain(&self, probe_registry());
        expect_empty(&self, 'n');
        put_header(&self, 't', lengths[i]);
        expect_end(&self);
        assert_int_equal(drop_curtain(&self), UNDR_PAYLOAD_TOO_LARGE);
    }
    stage self = {0}; /* no limit: not even then a length that no memory has */
    raise_curtain(&self, probe_registry());
    expect_empty(&self, 'n');
    put_header(&self, 't', UINT64_MAX);
    expect_end(&self);
    assert_int_equal(drop_curtain(&self), UNDR_PAYLOAD_TOO_LARGE);
}

/* ---- the manager gone at each point: WORK-17, WORK-18 ---- */

static void gone_while_asking(void **unused) {
    (void)unused;
    static const uint8_t requests[] = {'n', 't'};
    static const char part[] = "t\x05\0\0\0\0\0\0\0ab";
    for (size_t i = 0; i < 12; i++) {
        stage self = {0};
        raise_curtain(&self, probe_registry());
        bring_to_asking(&self, requests[i % 2]);
        static const size_t cuts[] = {0, 5, 11};
        put(&self, part, cuts[i / 4]); /* a part of a frame is no frame: FRAME-5 */
        if (i / 2 % 2 == 0) {
            hang_up(&self);
        } else {
            reset(&self);
        }
        assert_int_equal(drop_curtain(&self), UNDR_OK);
    }
}

static void gone_while_it_pauses(void **unused) {
    (void)unused;
    for (size_t i = 0; i < 2; i++) {
        stage self = {.options = {.poll_period_ms = 60000}}; /* the end cuts the pause short */
        raise_curtain(&self, probe_registry());
        expect_empty(&self, 'n');
        answer_none(&self);
        if (i == 0) {
            hang_up(&self);
        } else {
            reset(&self);
        }
        assert_int_equal(drop_curtain(&self), UNDR_OK);
    }
}

/* Waits at a gate, and sees nothing but that; then it may say something. */
static undr_error wait_blindly(const undr_value *task, undr_manager *manager, bool speaks) {
    int64_t port = 0;
    int client;
    uint8_t byte;
    assert_true(undr_value_int64(undr_value_attribute(task, "port"), &port));
    assert_int_equal(undr_connect((uint16_t)port, &client), UNDR_OK);
    while (steady_recv(client, &byte, 1, 0) > 0) {}
    (void)close(client);
    return speaks ? undr_send_message_to(manager, task) : UNDR_OK;
}

static undr_error run_silent(const undr_registry *registry, const undr_value *task, void *session,
    undr_manager *manager, undr_failure *failure) {
    (void)registry, (void)session, (void)failure;
    return wait_blindly(task, manager, false);
}

static undr_error run_speaking(const undr_registry *registry, const undr_value *task, void *session,
    undr_manager *manager, undr_failure *failure) {
    (void)registry, (void)session, (void)failure;
    return wait_blindly(task, manager, true);
}

/* A task that does not ask whether its manager is still there (undr_wait_for does). */
static void gone_while_a_task_runs(void **unused) {
    (void)unused;
    static const struct {
        bool by_reset, speaks;
        undr_error result;
    } rows[] = {
        {false, false, UNDR_OK}, {true, false, UNDR_OK},    /* silent: the end is seen at the `t` */
        {false, true, UNDR_RESET}, {true, true, UNDR_RESET} /* what it says can't be delivered */
    };
    static const undr_task_type types[] = {
        {"undr_conformance.Silent", run_silent}, {"undr_conformance.Speaking", run_speaking}};
    static const undr_registry registry = {.types = types, .count = 2};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        stage self = {0};
        gate hold = make_gate();
        raise_curtain(&self, &registry);
        expect_empty(&self, 'n');
        answer_task(&self, instance(&self, rows[i].speaks ? "Speaking" : "Silent", "port", integer(&self, hold.port)));
        hold.visitor = accept_one(hold.listener);
        if (rows[i].by_reset) {
            reset(&self);
        } else {
            hang_up(&self);
        }
        open_gate(&hold);
        assert_int_equal(drop_curtain(&self), rows[i].result);
    }
}

static void gone_before_an_acknowledgement(void **unused) {
    (void)unused;
    for (size_t i = 0; i < 4; i++) {
        stage self = {0};
        raise_curtain(&self, probe_registry());
        expect_empty(&self, 'n');
        answer_task(&self, probe(&self, step1(&self, i < 2 ? "message" : "schedule", integer(&self, 1)), NULL, NULL));
        expect_printed(&self, i < 2 ? 'm' : 0x81, "1", true);
        if (i % 2 == 0) {
            hang_up(&self);
        } else {
            reset(&self);
        }
        assert_int_equal(drop_curtain(&self), i % 2 == 0 ? UNDR_OK : UNDR_RESET);
    }
}

static void gone_before_a_report_is_acknowledged(void **unused) {
    (void)unused;
    for (size_t i = 0; i < 2; i++) {
        stage self = {0};
        raise_curtain(&self, probe_registry());
        expect_empty(&self, 'n');
        answer_task(&self, integer(&self, 5));
        expect_printed(&self, 'm', "undr.task.WorkerException(", false);
        if (i == 0) {
            hang_up(&self);
        } else {
            reset(&self);
        }
        assert_int_equal(drop_curtain(&self), i == 0 ? UNDR_OK : UNDR_RESET);
    }
}

static void no_manager(void **unused) {
    (void)unused;
    uint16_t port;
    (void)close(listen_on_loopback(&port));
    const undr_target_options options = {.server_port = port};
    assert_int_equal(undr_target(&options), UNDR_SYSTEM);
}

/* ---- sessions, registries, logs ---- */

typedef struct counts {
    int made, freed, used;
} counts;

static void *make_session(void *context) {
    ((counts *)context)->made++;
    return context;
}

static void free_session(void *session, void *context) {
    assert_ptr_equal(session, context);
    ((counts *)context)->freed++;
}

static undr_error run_count(const undr_registry *registry, const undr_value *task, void *session, undr_manager *manager,
    undr_failure *failure) {
    (void)task;
    (void)manager;
    (void)failure;
    assert_ptr_equal(registry->context, session);
    ((counts *)session)->used++;
    return UNDR_OK;
}

/* Passes over what the manager answered, as a careless task might. */
static undr_error run_careless(const undr_registry *registry, const undr_value *task, void *session,
    undr_manager *manager, undr_failure *failure) {
    (void)registry;
    (void)session;
    (void)failure;
    if (undr_send_message_to(manager, task) != UNDR_OK) {
        return undr_send_message_to(manager, task) == UNDR_OK ? UNDR_TASK : UNDR_OK;
    }
    return UNDR_OK;
}

static void one_session_per_worker(void **unused) {
    (void)unused;
    static const undr_task_type types[] = {{"undr_conformance.Count", run_count}};
    counts seen = {0};
    const undr_registry registry = {
        .types = types, .count = 1, .make_session = make_session, .free_session = free_session, .context = &seen};
    stage self = {0};
    raise_curtain(&self, &registry);
    expect_empty(&self, 'n');
    for (size_t i = 0; i < 3; i++) {
        answer_task(&self, instance(&self, "Count", "k", integer(&self, 1)));
        expect_empty(&self, 't');
    }
    answer_none(&self);
    close_worker(&self, 'n');
    assert_int_equal(seen.made, 1);
    assert_int_equal(seen.used, 3);
    assert_int_equal(seen.freed, 1);
}

static void no_registry(void **unused) {
    (void)unused;
    stage self = {0};
    raise_curtain(&self, NULL);
    expect_empty(&self, 'n');
    answer_task(&self, say(&self, "x"));
    expect_failure(&self, "TypeError", "undr_conformance.Probe is not a task class of this worker");
    close_worker(&self, 't');
}

static void a_careless_task_hides_nothing(void **unused) {
    (void)unused;
    static const undr_task_type types[] = {{"undr_conformance.Careless", run_careless}};
    static const undr_registry registry = {.types = types, .count = 1};
    stage self = {0};
    raise_curtain(&self, &registry);
    expect_empty(&self, 'n');
    answer_task(&self, instance(&self, "Careless", "k", integer(&self, 1)));
    expect_printed(&self, 'm', "undr_conformance.Careless({'k': 1})", true);
    reset(&self);
    assert_int_equal(drop_curtain(&self), UNDR_RESET);
}

static void log_lines(void **unused) {
    (void)unused;
    FILE *log = tmpfile();
    assert_non_null(log);
    stage self = {.options = {.log = log}};
    raise_curtain(&self, probe_registry());
    expect_empty(&self, 'n');
    answer_none(&self);
    expect_empty(&self, 'n');
    answer_task(&self, probe(&self, step1(&self, "raise", text(&self, "boom")), NULL, NULL));
    expect_failure(&self, "RuntimeError", "boom");
    expect_empty(&self, 't');
    char large[8001];
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    answer_task(&self, probe(&self, step1(&self, "raise", text(&self, large)), NULL, NULL));
    expect_failure(&self, "RuntimeError", "xxx");
    expect_empty(&self, 't');
    answer(&self, 't', undr_slice_text("K\x01\xff."));
    expect_end(&self);
    assert_int_equal(drop_curtain(&self), UNDR_PICKLE_OPCODE);
    char got[4096] = "";
    rewind(log);
    got[fread(got, 1, sizeof got - 1, log)] = '\0';
    (void)fclose(log);
    static const char *const lines[] = {" connected to the manager on 127.0.0.1:",
        " run <class 'undr_conformance.Probe'>({'steps': [('raise', 'boom')]})\n",
        " the task failed: RuntimeError: boom\n", " run a task of ", " the task failed: RuntimeError: xxx",
        " leave: the answer to `n` or `t` can't be decoded: not a pickle opcode (byte 2, opcode 0xff)\n"};
    const char *at = got;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const char *found = strstr(at, lines[i]);
        if (found == NULL) {
            fail_msg("no '%s' in its place in\n%s", lines[i], got);
        }
        at = found;
    }
}

/* ---- signals ---- */

/* A whole life, and requests of 1 MB, while signals interrupt every blocking call of the worker. */
static void among_signals(void **unused) {
    (void)unused;
    take_interrupts();
    stage life = {.trickle = true, .interrupts = true};
    whole_life(&life);

    enum { LARGE = 1000000 };
    stage self = {.interrupts = true};
    char *large = test_malloc(LARGE + 1);
    memset(large, 'x', LARGE);
    large[LARGE] = '\0';
    raise_curtain(&self, probe_registry());
    expect_empty(&self, 'n');
    answer_task(&self,
        probe(&self, step1(&self, "message", text(&self, large)), step1(&self, "sleep", real(&self, 0.02)),
            step1(&self, "schedule", text(&self, large))));
    expect_printed(&self, 'm', large, false);
    acknowledge(&self, 'm');
    expect_printed(&self, 0x81, large, false);
    acknowledge(&self, 's');
    close_worker(&self, 't');
    test_free(large);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_at_once),
        cmocka_unit_test(asks_runs_settles),
        cmocka_unit_test(asks_runs_settles_byte_by_byte),
        cmocka_unit_test(schedules),
        cmocka_unit_test(failures_are_reported),
        cmocka_unit_test(what_cannot_run_is_reported),
        cmocka_unit_test(chain_stops_at_the_first_failure),
        cmocka_unit_test(wrong_acknowledgements_fail_the_task),
        cmocka_unit_test(wrong_acknowledgement_of_a_report),
        cmocka_unit_test(bad_answers_to_n_and_t),
        cmocka_unit_test(absurd_lengths),
        cmocka_unit_test(gone_while_asking),
        cmocka_unit_test(gone_while_it_pauses),
        cmocka_unit_test(gone_while_a_task_runs),
        cmocka_unit_test(gone_before_an_acknowledgement),
        cmocka_unit_test(gone_before_a_report_is_acknowledged),
        cmocka_unit_test(no_manager),
        cmocka_unit_test(one_session_per_worker),
        cmocka_unit_test(no_registry),
        cmocka_unit_test(a_careless_task_hides_nothing),
        cmocka_unit_test(log_lines),
        cmocka_unit_test(among_signals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
