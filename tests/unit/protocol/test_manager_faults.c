/* test_manager_faults.c: the manager's core when connections end, it closes, or memory is short. */
#include "support/manager_steps.h"

#include "protocol/manager_queue.h"
#include "support/failing_malloc.h"

/* Connections that end. */

static void a_lost_task_is_reported(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 0, 0);
    undr_connection a = join(core), b = join(core);
    schedule(core, b, 1,
        BYTES("\x80\x02"
              "cmy.module\nJob\n)\x81}X\3\0\0\0urlX\1\0\0\0us"
              "b."));
    schedule(core, b, 1, text("no pickle"));
    schedule(core, b, 1, (undr_slice){0});
    for (int i = 0; i < 3; i++) {
        undr_answer answer;
        send(core, a, 'n', (undr_slice){0});
        assert_int_equal(undr_manager_next_answer(core, &answer), UNDR_OK);
    }
    undr_manager_disconnect(core, a);
    expect_counts(core, 0, 3, 1);
    expect_loss(core, "<class 'my.module.Job'>({'url': 'u'})");
    expect_loss(core, "a task of 9 bytes");
    expect_loss(core, "connection of its worker ended before it was settled: a task of 0 bytes");
    expect_no_message(core, UNDR_DONE);
    undr_manager_disconnect(core, a);
    assert_int_equal(send_at(core, a, 'n', (undr_slice){0}, 0), UNDR_ARGUMENT);
    undr_manager_free(core);
}

static void a_long_report_is_cut_between_characters(void **state) {
    (void)state;
    for (size_t shift = 0; shift < 3; shift++) {
        undr_manager_core *core = make(2, 0, 0);
        undr_connection a = join(core);
        undr_buffer task = {0};
        assert_int_equal(undr_put_text(&task, "(cm\n"), UNDR_OK);
        assert_int_equal(undr_put_bytes(&task, "xx", shift), UNDR_OK);
        for (size_t i = 0; i < 300; i++) { /* a long class name */
            assert_int_equal(undr_put_text(&task, "\xe2\x82\xac"), UNDR_OK);
        }
        assert_int_equal(undr_put_text(&task, "\no."), UNDR_OK);
        schedule(core, a, 1, undr_buffer_slice(&task));
        ask(core, a, 'n', undr_buffer_slice(&task));
        undr_manager_disconnect(core, a);
        expect_loss(core, "\xe2\x82\xac..."); /* decodes: the text in it is whole */
        undr_buffer_free(&task);
        undr_manager_free(core);
    }
}

static void a_lost_task_is_handed_out_again(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 0, 1);
    undr_connection a = join(core), b = join(core);
    schedule(core, a, 0, text("w"));
    schedule(core, a, 1, text("x"));
    schedule(core, a, 1, text("y"));
    schedule(core, a, 1, text("z"));
    ask(core, a, 'n', text("w"));
    ask(core, a, 'n', text("x"));
    ask(core, a, 'n', text("y"));
    undr_manager_disconnect(core, a);
    expect_counts(core, 4, 0, 1);
    ask(core, b, 'n', text("w")); /* in the old order, before those behind them */
    ask(core, b, 't', text("x"));
    ask(core, b, 't', text("y"));
    ask(core, b, 'n', text("z"));
    undr_manager_disconnect(core, b); /* y for the second time, z for the first */
    expect_counts(core, 1, 1, 0);
    expect_loss(core, "a task of 1 bytes");
    ask(core, join(core), 'n', text("z"));
    undr_manager_free(core);
}

static void a_lost_task_goes_to_a_held_request(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 100, 1);
    undr_connection a = join(core), b = join(core);
    schedule(core, a, 1, text("x"));
    ask(core, a, 'n', text("x"));
    send(core, b, 'n', (undr_slice){0});
    expect_nothing(core);
    undr_manager_disconnect(core, a);
    expect(core, b, 't', text("x"));
    expect_counts(core, 1, 0, 1);
    undr_manager_free(core);
}

static void lost_tasks_go_to_held_requests_in_order(void **state) {
    (void)state;
    for (size_t held = 1; held <= 3; held++) {
        undr_manager_core *core = make(2, 100, 1);
        undr_connection a = join(core);
        schedule(core, a, 1, text("x"));
        schedule(core, a, 1, text("y"));
        ask(core, a, 'n', text("x"));
        ask(core, a, 'n', text("y"));
        undr_connection waiting[3];
        for (size_t i = 0; i < held; i++) {
            waiting[i] = join(core);
            send(core, waiting[i], 'n', (undr_slice){0});
        }
        undr_manager_disconnect(core, a);
        expect(core, waiting[0], 't', text("x"));
        if (held > 1) {
            expect(core, waiting[1], 't', text("y"));
        }
        expect_nothing(core);
        expect_counts(core, 2, 0, held);
        undr_manager_free(core);
    }
}

/* Of those that wait, for a task or to be taken, one goes that is not the first; the rest keep their order. */
static void whoever_goes_leaves_no_gap(void **state) {
    (void)state;
    for (uint64_t hold = 0; hold <= 100; hold += 100) {
        undr_manager_core *core = make(2, hold, 0);
        undr_connection waiting[5];
        for (size_t i = 0; i < 4; i++) {
            waiting[i] = join(core);
            send(core, waiting[i], 'n', (undr_slice){0});
        }
        undr_manager_disconnect(core, waiting[1]); /* from the middle */
        undr_manager_disconnect(core, waiting[3]); /* the last */
        waiting[4] = join(core);
        send(core, waiting[4], 'n', (undr_slice){0});
        undr_manager_advance(core, hold);
        for (size_t i = 0; i <= 4; i += 2) {
            expect(core, waiting[i], 't', NONE);
        }
        expect_nothing(core);
        undr_manager_free(core);
    }
}

static void an_answer_that_nobody_took_is_no_loss(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 0, 0);
    undr_connection a = join(core), b = join(core);
    schedule(core, b, 1, text("x"));
    schedule(core, b, 1, text("y"));
    send(core, a, 'n', (undr_slice){0});
    send(core, a, 'm', note('1'));
    undr_manager_disconnect(core, a);
    expect_nothing(core);
    expect_counts(core, 2, 1, 1); /* what a had sent stays (FAULT-2) */
    ask(core, b, 'n', text("x"));
    undr_manager_free(core);
}

static void nor_is_one_that_was_lost_before(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 0, 1);
    undr_connection a = join(core), b = join(core), c = join(core);
    schedule(core, c, 1, text("x"));
    ask(core, a, 'n', text("x"));
    undr_manager_disconnect(core, a); /* its one retry */
    send(core, b, 'n', (undr_slice){0});
    undr_manager_disconnect(core, b); /* nobody took that */
    expect_counts(core, 1, 0, 1);
    send(core, c, 'n', (undr_slice){0});
    send(core, c, 't', (undr_slice){0}); /* settled before its answer is taken */
    expect(core, c, 't', text("x"));
    expect(core, c, 't', NONE);
    expect_counts(core, 0, 0, 1);
    undr_manager_free(core);
}

static void a_held_request_dies_with_its_connection(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 100, 0);
    undr_connection a = join(core), b = join(core);
    send(core, a, 'n', (undr_slice){0});
    send(core, a, 'm', note('1'));
    send(core, b, 'n', (undr_slice){0});
    undr_manager_disconnect(core, a);
    expect_nothing(core);
    assert_int_equal(undr_manager_schedule(core, 1, text("x")), UNDR_OK);
    expect(core, b, 't', text("x"));
    undr_manager_disconnect(core, b);
    assert_true(undr_manager_deadline(core) == UINT64_MAX);
    expect_counts(core, 0, 2, 0);
    undr_manager_free(core);
}

static void handles_are_never_used_again(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 0, 0);
    undr_connection last = 0;
    for (int i = 0; i < 1000; i++) {
        undr_connection fresh = join(core);
        assert_true(fresh > last);
        last = fresh;
        undr_manager_disconnect(core, fresh);
    }
    expect_counts(core, 0, 0, 0);
    undr_manager_free(core);
}

/* Closing. */

static void a_close_drops_what_is_queued(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 0, 3);
    undr_connection a = join(core), b = join(core);
    schedule(core, a, 1, text("x"));
    schedule(core, a, 1, text("y"));
    schedule(core, a, 0, text("z"));
    ask(core, a, 'n', text("z"));
    ask(core, b, 'n', text("x"));
    assert_int_equal(undr_manager_current_state(core), UNDR_MANAGER_RUNNING);
    undr_manager_close(core);
    undr_manager_close(core);
    assert_int_equal(undr_manager_current_state(core), UNDR_MANAGER_CLOSING);
    expect_counts(core, 2, 0, 2);
    schedule(core, a, 1, text("v")); /* acknowledged, never run */
    assert_int_equal(send_at(core, a, 0x82, text("v"), 0), UNDR_PRIORITY);
    send(core, a, 'm', note('1'));
    expect_empty(core, a, 'm');
    ask(core, a, 't', CLOSE);
    expect_counts(core, 1, 1, 2);
    undr_manager_disconnect(core, b); /* with x: not handed out again, as nothing is */
    expect_message(core, note('1'));
    expect_loss(core, "a task of 1 bytes");
    expect_no_message(core, UNDR_DONE);
    undr_manager_free(core);
}

static void abandoned_tasks_are_reported(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 0, 3);
    undr_connection a = join(core);
    schedule(core, a, 1, text("xx"));
    schedule(core, a, 0, text("x"));
    schedule(core, a, 0, text("out"));
    ask(core, a, 'n', text("x"));
    undr_manager_abandon(core);
    expect_counts(core, 1, 2, 1);
    expect_loss(core, "no worker is left to run it: a task of 3 bytes");
    expect_loss(core, "no worker is left to run it: a task of 2 bytes");
    expect_no_message(core, UNDR_WAIT);
    schedule(core, a, 1, text("more"));
    assert_int_equal(undr_manager_schedule(core, 1, text("mores")), UNDR_OK);
    expect_loss(core, "no worker is left to run it: a task of 4 bytes");
    expect_loss(core, "no worker is left to run it: a task of 5 bytes");
    undr_manager_disconnect(core, a);
    expect_loss(core, "ended before it was settled: a task of 1 bytes");
    expect_no_message(core, UNDR_DONE);
    undr_manager_free(core);
}

/* What is long is named by its size. */
static void a_large_lost_task_is_named_by_its_size(void **state) {
    (void)state;
    enum { LARGE = 64 * 1024 + 1 };
    static uint8_t bytes[LARGE] = "N.";
    undr_manager_core *core = make(2, 0, 0);
    for (size_t size = LARGE - 1; size <= LARGE; size++) {
        undr_connection a = join(core);
        schedule(core, a, 1, undr_slice_of(bytes, size));
        ask(core, a, 'n', undr_slice_of(bytes, size));
        undr_manager_disconnect(core, a);
        expect_loss(core, size < LARGE ? ": None" : "a task of 65537 bytes");
    }
    undr_manager_free(core);
}

/* A name that does not fit says no more than the size would; without memory there is no report at all. */
static undr_error report_of_a_task(void *context) {
    const undr_slice *task = context;
    undr_buffer pickle = {0};
    undr_parcel *parcel = undr_parcel_new(*task, NULL, 1);
    if (parcel == NULL) {
        return UNDR_MEMORY;
    }
    parcel->loss = UNDR_LOSS_CONNECTION;
    const undr_error error = undr_parcel_report(parcel, &pickle);
    assert_int_equal(error != UNDR_OK, pickle.size == 0);
    undr_buffer_free(&pickle);
    undr_parcel_free(parcel);
    return error;
}

static void every_allocation_of_a_report_fails(void **state) {
    (void)state;
    undr_slice task = BYTES("\x80\x02"
                            "cmy.module\nJob\n)\x81}X\3\0\0\0urlX\1\0\0\0us"
                            "b.");
    assert_true(fail_each(report_of_a_task, &task) >= 3);
}

/* Want of memory: every allocation of a session fails in turn, that one only or for as long as nobody gives up. A call
 * that failed has changed nothing that can be seen, and succeeds when it is tried again and there is memory. */

enum { PATIENCE = 3 }; /* so often a call fails before memory is back */

typedef struct counts {
    size_t tasks, messages, connections;
    uint64_t handed_out, deadline;
} counts;

static counts counts_of(const undr_manager_core *core) {
    return (counts){undr_manager_tasks_left(core), undr_manager_messages(core), undr_manager_connections(core),
        undr_manager_handed_out(core), undr_manager_deadline(core)};
}

static bool is_unchanged(const undr_manager_core *core, undr_error error, counts before) {
    static unsigned failures;
    counts after = counts_of(core);
    assert_true(error == UNDR_OK || error == UNDR_MEMORY);
    if (error == UNDR_OK) {
        failures = 0;
        return false;
    }
    if (++failures == PATIENCE) {
        end_failing();
    }
    assert_true(allocation_failed);
    assert_memory_equal(&after, &before, sizeof after);
    return true;
}

static undr_connection stubborn_join(undr_manager_core *core) {
    undr_connection connection;
    counts before = counts_of(core);
    while (is_unchanged(core, undr_manager_connect(core, &connection), before)) {}
    return connection;
}

static void stubborn_send(undr_manager_core *core, undr_connection from, unsigned type, undr_slice payload) {
    counts before = counts_of(core);
    while (is_unchanged(core, send_at(core, from, type, payload, 0), before)) {
        expect_nothing(core);
    }
}

static void session_without_memory(undr_manager_core *core) {
    undr_connection connections[40]; /* enough for the table of connections to grow */
    for (size_t i = 0; i < sizeof connections / sizeof *connections; i++) {
        connections[i] = stubborn_join(core);
    }
    undr_connection a = connections[0], b = connections[1];
    stubborn_send(core, a, 0x81, text("x"));
    expect_empty(core, a, 's');
    stubborn_send(core, b, 'n', (undr_slice){0});
    expect(core, b, 't', text("x"));
    stubborn_send(core, a, 'm', note('1'));
    expect_empty(core, a, 'm');
    stubborn_send(core, a, 'n', (undr_slice){0});
    expect_nothing(core);
    counts before = counts_of(core);
    while (is_unchanged(core, undr_manager_schedule(core, 0, text("y")), before)) {}
    expect(core, a, 't', text("y"));
    stubborn_send(core, a, 't', (undr_slice){0});
    undr_manager_disconnect(core, b);
    before = counts_of(core);
    undr_buffer message = {0};
    while (is_unchanged(core, undr_manager_next_message(core, &message), before)) {}
    assert_true(undr_slice_equal(undr_buffer_slice(&message), note('1')));
    before = counts_of(core);
    while (is_unchanged(core, undr_manager_next_message(core, &message), before)) {}
    assert_true(message.size > 20); /* the report of x */
    undr_buffer_free(&message);
    expect_counts(core, 0, 0, 39);
}

static void session_that_fails(size_t n, failing how) {
    undr_manager_options options = {.hold = 100};
    undr_manager_core *core = NULL;
    fail_allocations(n, how);
    undr_error error = undr_manager_new(&options, &core);
    if (error == UNDR_MEMORY) {
        end_failing();
        error = undr_manager_new(&options, &core);
    }
    assert_int_equal(error, UNDR_OK);
    session_without_memory(core);
    end_failing();
    undr_manager_free(core);
}

static void every_failed_allocation_leaves_all_as_it_was(void **state) {
    (void)state;
    for (failing how = FAIL_ONCE; how <= FAIL_FOR_GOOD; how++) {
        size_t n = 0;
        do {
            session_that_fails(++n, how);
        } while (allocation_failed);
        assert_true(n > 15); /* each call of the session that takes memory, and the tables that grow */
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_task_is_reported),
        cmocka_unit_test(a_long_report_is_cut_between_characters),
        cmocka_unit_test(a_lost_task_is_handed_out_again),
        cmocka_unit_test(a_lost_task_goes_to_a_held_request),
        cmocka_unit_test(lost_tasks_go_to_held_requests_in_order),
        cmocka_unit_test(whoever_goes_leaves_no_gap),
        cmocka_unit_test(an_answer_that_nobody_took_is_no_loss),
        cmocka_unit_test(nor_is_one_that_was_lost_before),
        cmocka_unit_test(a_held_request_dies_with_its_connection),
        cmocka_unit_test(handles_are_never_used_again),
        cmocka_unit_test(a_close_drops_what_is_queued),
        cmocka_unit_test(abandoned_tasks_are_reported),
        cmocka_unit_test(a_large_lost_task_is_named_by_its_size),
        cmocka_unit_test(every_allocation_of_a_report_fails),
        cmocka_unit_test(every_failed_allocation_leaves_all_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
