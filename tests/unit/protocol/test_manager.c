/* test_manager.c: the manager's core: every request in every state, order, counts, inbox, held answers. */
#include "support/manager_steps.h"
#include "support/pickle_tower.h"

/* Options. */

static void priority_levels_are_1_to_128(void **state) {
    (void)state;
    undr_manager_core *core;
    undr_manager_options options = {.priority_levels = 129};
    assert_int_equal(undr_manager_new(&options, &core), UNDR_ARGUMENT);
    options = (undr_manager_options){.retries = UNDR_MAXIMUM_RETRIES + 1};
    assert_int_equal(undr_manager_new(&options, &core), UNDR_ARGUMENT);
    core = make(128, 0, UNDR_MAXIMUM_RETRIES);
    schedule(core, join(core), 127, text("x"));
    undr_manager_free(core);
    core = make(0, 0, 0); /* the default is 2 */
    undr_connection a = join(core);
    schedule(core, a, 1, text("x"));
    assert_int_equal(send_at(core, a, 0x82, text("x"), 0), UNDR_PRIORITY);
    undr_manager_free(core);
    undr_manager_free(NULL);
}

/* The table: every type, without and with a payload, in both states. */

static undr_error expected_of(unsigned type, bool has_payload, unsigned levels) {
    if (type == 'n' || type == 't') {
        return has_payload ? UNDR_UNEXPECTED_PAYLOAD : UNDR_OK;
    }
    if (type == 'm') {
        return has_payload ? UNDR_OK : UNDR_MISSING_PAYLOAD;
    }
    if (type < 0x80) {
        return UNDR_UNEXPECTED_TYPE;
    }
    return type - 0x80 < levels ? UNDR_OK : UNDR_PRIORITY;
}

static unsigned answer_to(unsigned type) {
    return type == 'm' ? 'm' : type >= 0x80 ? 's' : 't';
}

static void try_type(unsigned type, bool has_payload, bool closing) {
    undr_manager_core *core = make(5, 0, 0);
    undr_connection a = join(core);
    schedule(core, a, 0, text("first"));
    schedule(core, a, 0, text("second"));
    ask(core, a, 'n', text("first"));
    if (closing) {
        undr_manager_close(core);
    }
    size_t left = undr_manager_tasks_left(core);
    undr_error expected = expected_of(type, has_payload, 5);
    assert_int_equal(left, closing ? 1 : 2);
    assert_int_equal(send_at(core, a, type, has_payload ? note('1') : (undr_slice){0}, 0), expected);
    if (expected != UNDR_OK) {
        expect_nothing(core);
        expect_counts(core, left, 0, 1);
    } else if (answer_to(type) == 't') {
        expect(core, a, 't', closing ? CLOSE : text("second"));
        expect_counts(core, left - (type == 't'), 0, 1);
    } else {
        expect_empty(core, a, answer_to(type));
        expect_counts(core, left + (type >= 0x80 && !closing), type == 'm', 1);
    }
    expect_nothing(core);
    undr_manager_free(core);
}

static void every_type_in_every_state(void **state) {
    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        for (unsigned variant = 0; variant < 4; variant++) {
            try_type(type, variant & 1, variant & 2);
        }
    }
}

/* Scheduling. */

static void lower_numbers_first_and_each_in_order(void **state) {
    (void)state;
    undr_manager_core *core = make(128, 0, 0);
    undr_connection a = join(core);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned priority = 128; priority-- > 0;) {
            uint8_t task[2] = {(uint8_t)priority, (uint8_t)round};
            schedule(core, a, priority, undr_slice_of(task, sizeof task));
        }
    }
    assert_int_equal(undr_manager_tasks_left(core), 3 * 128);
    for (unsigned priority = 0; priority < 128; priority++) {
        for (unsigned round = 0; round < 3; round++) {
            uint8_t task[2] = {(uint8_t)priority, (uint8_t)round};
            ask(core, a, priority + round == 0 ? 'n' : 't', undr_slice_of(task, sizeof task));
        }
    }
    ask(core, a, 't', NONE);
    expect_counts(core, 0, 0, 1);
    undr_manager_free(core);
}

static void tasks_are_opaque(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 0, 0);
    undr_connection a = join(core), b = join(core);
    schedule(core, a, 1, (undr_slice){0});
    schedule(core, a, 1, undr_slice_of("\0\xff\0", 3));
    send(core, b, 'n', (undr_slice){0});
    expect_empty(core, b, 't'); /* an empty task */
    assert_int_equal(undr_manager_tasks_left(core), 2);
    ask(core, b, 't', undr_slice_of("\0\xff\0", 3));
    ask(core, b, 't', NONE);
    expect_counts(core, 0, 0, 2);
    undr_manager_free(core);
}

static void own_side_schedules_too(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 0, 0);
    undr_connection a = join(core);
    assert_int_equal(undr_manager_schedule(core, 2, text("x")), UNDR_PRIORITY);
    assert_int_equal(undr_manager_schedule(core, 1, text("late")), UNDR_OK);
    assert_int_equal(undr_manager_schedule(core, 0, text("soon")), UNDR_OK);
    ask(core, a, 'n', text("soon"));
    ask(core, a, 't', text("late"));
    undr_manager_close(core);
    assert_int_equal(undr_manager_schedule(core, 0, text("x")), UNDR_CLOSED);
    undr_manager_free(core);
}

static void each_of_many_tasks_is_handed_out_once(void **state) {
    (void)state;
    enum { CONNECTIONS = 300, TASKS = 100000 };
    undr_manager_core *core = make(128, 0, 0);
    undr_connection connections[CONNECTIONS];
    uint8_t *seen = calloc(TASKS, 1);
    assert_non_null(seen);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        connections[i] = join(core);
    }
    for (uint32_t i = 0; i < TASKS; i++) {
        schedule(core, connections[i % CONNECTIONS], i % 128, undr_slice_of(&i, sizeof i));
    }
    for (uint32_t i = 0; i < TASKS; i++) {
        undr_answer answer;
        uint32_t task;
        send(core, connections[i * 7 % CONNECTIONS], 't', (undr_slice){0});
        assert_int_equal(undr_manager_next_answer(core, &answer), UNDR_OK);
        assert_int_equal(answer.frame.payload.size, sizeof task);
        memcpy(&task, answer.frame.payload.data, sizeof task);
        assert_true(task < TASKS && !seen[task]);
        seen[task] = 1;
    }
    assert_int_equal(undr_manager_handed_out(core), TASKS);
    free(seen);
    undr_manager_free(core);
}

/* Counting. */

static void a_surplus_t_leaves_the_count(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 0, 0);
    undr_connection a = join(core), b = join(core);
    ask(core, a, 't', NONE);
    expect_counts(core, 0, 0, 2);
    schedule(core, a, 1, text("x"));
    ask(core, a, 'n', text("x"));
    ask(core, b, 't', NONE); /* b has no task out */
    assert_int_equal(undr_manager_tasks_left(core), 1);
    ask(core, a, 't', NONE);
    assert_int_equal(undr_manager_tasks_left(core), 0);
    undr_manager_free(core);
}

static void a_connection_may_have_several_tasks_out(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 0, 0);
    undr_connection a = join(core);
    schedule(core, a, 1, text("x"));
    schedule(core, a, 1, text("y"));
    schedule(core, a, 1, text("z"));
    ask(core, a, 'n', text("x"));
    ask(core, a, 'n', text("y"));
    ask(core, a, 't', text("z"));
    assert_int_equal(undr_manager_tasks_left(core), 2);
    ask(core, a, 't', NONE);
    ask(core, a, 't', NONE);
    ask(core, a, 't', NONE);
    assert_int_equal(undr_manager_tasks_left(core), 0);
    undr_manager_free(core);
}

static void a_task_may_be_settled_before_its_answer_is_taken(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 0, 0);
    undr_connection a = join(core);
    schedule(core, a, 1, text("x"));
    send(core, a, 'n', (undr_slice){0});
    send(core, a, 't', (undr_slice){0});
    assert_int_equal(undr_manager_tasks_left(core), 0);
    expect(core, a, 't', text("x"));
    expect(core, a, 't', NONE);
    schedule(core, a, 1, text("y"));
    send(core, a, 'n', (undr_slice){0});
    send(core, a, 't', (undr_slice){0});
    undr_manager_disconnect(core, a); /* settled: not lost */
    expect_counts(core, 0, 0, 0);
    undr_manager_free(core);
}

/* The inbox. */

static void messages_come_in_order(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 0, 0);
    undr_connection a = join(core), b = join(core);
    send(core, a, 'm', note('1'));
    expect_empty(core, a, 'm');
    assert_int_equal(undr_manager_send_message(core, note('2')), UNDR_OK);
    send(core, b, 'm', note('3'));
    expect_empty(core, b, 'm');
    schedule(core, a, 1, text("x"));
    expect_message(core, note('1'));
    expect_message(core, note('2'));
    expect_message(core, note('3'));
    expect_no_message(core, UNDR_WAIT);
    ask(core, a, 'n', text("x"));
    expect_no_message(core, UNDR_WAIT);
    ask(core, a, 't', NONE);
    expect_no_message(core, UNDR_DONE);
    send(core, a, 'm', note('4')); /* a new iteration */
    send(core, a, 'm', note('5'));
    undr_buffer message = {0};
    assert_int_equal(undr_manager_next_message(core, &message), UNDR_OK);
    assert_int_equal(undr_manager_next_message(core, &message), UNDR_OK); /* a buffer may be used again */
    assert_true(undr_slice_equal(undr_buffer_slice(&message), note('5')));
    undr_buffer_free(&message);
    expect_no_message(core, UNDR_DONE);
    undr_manager_free(core);
}

static void what_is_no_pickle_has_no_effect(void **state) {
    (void)state;
    static const char *const bad[] = {"x", "X", "\x80\x04", "N", "."};
    undr_manager_core *core = make(2, 0, 0);
    undr_connection a = join(core);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        undr_error error = send_at(core, a, 'm', text(bad[i]), 0);
        assert_true(error >= UNDR_LIMIT_DEPTH && error <= UNDR_PICKLE_UNSUPPORTED);
        assert_int_not_equal(undr_manager_send_message(core, text(bad[i])), UNDR_OK);
        expect_nothing(core);
        expect_counts(core, 0, 0, 1);
    }
    send(core, a, 'm', text("cnowhere\nAtAll\n.")); /* an unknown class is a name like any other */
    expect_empty(core, a, 'm');
    expect_counts(core, 0, 1, 1);
    undr_manager_free(core);
}

/* FRAME-6: a message that is more than the reader takes in is passed on as it is. */
static void what_is_too_large_to_read_is_a_message(void **state) {
    (void)state;
    undr_buffer tower = make_tower();
    undr_manager_core *core = make(2, 0, 0);
    undr_connection a = join(core);
    send(core, a, 'm', undr_buffer_slice(&tower));
    expect_empty(core, a, 'm');
    expect_message(core, undr_buffer_slice(&tower));
    undr_manager_free(core);
    undr_buffer_free(&tower);
}

/* So large that the reader's own bound on bytes holds. */
static void a_large_message_is_read(void **state) {
    (void)state;
    enum { SIZE = 17 << 20, AROUND = 6 };
    uint8_t *bytes = calloc(1, SIZE);
    assert_non_null(bytes);
    const uint32_t inside = SIZE - AROUND;
    bytes[0] = 'B';
    for (size_t i = 0; i < 4; i++) {
        bytes[1 + i] = (uint8_t)(inside >> (8 * i));
    }
    bytes[SIZE - 1] = '.';
    undr_frame frame = {.type = 'm', .payload = undr_slice_of(bytes, SIZE)};
    assert_int_equal(undr_manager_check(&frame), UNDR_OK);
    frame.payload.size--;
    assert_int_equal(undr_manager_check(&frame), UNDR_PICKLE_TRUNCATED);
    free(bytes);
}

static void each_connection_has_its_owner(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 0, 0);
    undr_connection a = join(core), b = join(core);
    undr_answer answer;
    int mine;
    undr_manager_set_owner(core, a, &mine);
    undr_manager_set_owner(core, b + 1, core); /* there is none */
    send(core, b, 'n', (undr_slice){0});
    send(core, a, 'n', (undr_slice){0});
    assert_int_equal(undr_manager_next_answer(core, &answer), UNDR_OK);
    assert_null(answer.owner);
    assert_int_equal(undr_manager_next_answer(core, &answer), UNDR_OK);
    assert_ptr_equal(answer.owner, &mine);
    undr_manager_free(core);
}

/* Held answers. */

static void an_answer_is_held_until_its_deadline(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 100, 0);
    undr_connection a = join(core), b = join(core);
    assert_true(undr_manager_deadline(core) == UINT64_MAX);
    assert_int_equal(send_at(core, a, 'n', (undr_slice){0}, 1000), UNDR_OK);
    assert_int_equal(send_at(core, b, 't', (undr_slice){0}, 1010), UNDR_OK);
    expect_nothing(core);
    assert_int_equal(undr_manager_deadline(core), 1100);
    undr_manager_advance(core, 1099);
    expect_nothing(core);
    undr_manager_advance(core, 1100);
    expect(core, a, 't', NONE);
    expect_nothing(core);
    assert_int_equal(undr_manager_deadline(core), 1110);
    undr_manager_advance(core, UINT64_MAX);
    expect(core, b, 't', NONE);
    assert_int_equal(send_at(core, b, 'n', (undr_slice){0}, UINT64_MAX - 1), UNDR_OK);
    assert_true(undr_manager_deadline(core) == UINT64_MAX);
    undr_manager_free(core);
}

static void the_longest_waiting_gets_the_task(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 100, 0);
    undr_connection a = join(core), b = join(core), c = join(core);
    send(core, b, 'n', (undr_slice){0});
    send(core, a, 'n', (undr_slice){0});
    schedule(core, c, 1, text("x")); /* the acknowledgement is taken first, then: */
    expect(core, b, 't', text("x"));
    assert_int_equal(undr_manager_schedule(core, 1, text("y")), UNDR_OK);
    expect(core, a, 't', text("y"));
    expect_nothing(core);
    assert_int_equal(undr_manager_tasks_left(core), 2);
    send(core, a, 't', (undr_slice){0}); /* settles when it arrives, though its answer is held (DONE-1) */
    assert_int_equal(undr_manager_tasks_left(core), 1);
    expect_nothing(core);
    undr_manager_free(core);
}

static void answers_keep_the_order_of_their_requests(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 100, 0);
    undr_connection a = join(core), b = join(core);
    send(core, a, 'n', (undr_slice){0});
    send(core, a, 'm', note('1'));
    send(core, a, 'n', (undr_slice){0});
    send(core, a, 'm', note('2'));
    expect_nothing(core);
    send(core, b, 'm', note('3')); /* another connection is not delayed (FAULT-1) */
    expect_empty(core, b, 'm');
    assert_int_equal(undr_manager_schedule(core, 1, text("x")), UNDR_OK);
    expect(core, a, 't', text("x"));
    expect_empty(core, a, 'm');
    expect_nothing(core);
    send(core, a, 0x80, text("y")); /* goes to its own held request, and is acknowledged behind it */
    expect(core, a, 't', text("y"));
    expect_empty(core, a, 'm');
    expect_empty(core, a, 's');
    expect_nothing(core);
    undr_manager_free(core);
}

static void a_close_releases_held_answers(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 100, 0);
    undr_connection a = join(core), b = join(core);
    send(core, a, 'n', (undr_slice){0});
    send(core, a, 'm', note('1'));
    send(core, b, 't', (undr_slice){0});
    undr_manager_close(core);
    expect(core, a, 't', CLOSE);
    expect_empty(core, a, 'm');
    expect(core, b, 't', CLOSE);
    ask(core, a, 'n', CLOSE); /* nothing is held any more */
    undr_manager_free(core);
}

static void the_end_of_requests_releases_held_answers(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 100, 0);
    undr_connection a = join(core), b = join(core);
    send(core, a, 'n', (undr_slice){0});
    send(core, b, 'n', (undr_slice){0});
    send(core, a, 'm', note('1'));
    send(core, a, 'n', (undr_slice){0});
    undr_manager_end_requests(core, a);
    expect(core, a, 't', NONE);
    expect_empty(core, a, 'm');
    expect(core, a, 't', NONE);
    expect_nothing(core);
    schedule(core, a, 1, text("x"));
    expect(core, b, 't', text("x"));
    undr_manager_end_requests(core, 99);
    undr_manager_free(core);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(priority_levels_are_1_to_128),
        cmocka_unit_test(every_type_in_every_state),
        cmocka_unit_test(what_is_too_large_to_read_is_a_message),
        cmocka_unit_test(a_large_message_is_read),
        cmocka_unit_test(each_connection_has_its_owner),
        cmocka_unit_test(lower_numbers_first_and_each_in_order),
        cmocka_unit_test(tasks_are_opaque),
        cmocka_unit_test(own_side_schedules_too),
        cmocka_unit_test(each_of_many_tasks_is_handed_out_once),
        cmocka_unit_test(a_surplus_t_leaves_the_count),
        cmocka_unit_test(a_connection_may_have_several_tasks_out),
        cmocka_unit_test(a_task_may_be_settled_before_its_answer_is_taken),
        cmocka_unit_test(messages_come_in_order),
        cmocka_unit_test(what_is_no_pickle_has_no_effect),
        cmocka_unit_test(an_answer_is_held_until_its_deadline),
        cmocka_unit_test(the_longest_waiting_gets_the_task),
        cmocka_unit_test(answers_keep_the_order_of_their_requests),
        cmocka_unit_test(a_close_releases_held_answers),
        cmocka_unit_test(the_end_of_requests_releases_held_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
