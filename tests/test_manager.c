/* test_manager.c: the manager's core. */
#include "undr/manager.h"

#include "undr/pickle.h"
#include "undr/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing_malloc.h"

#define NONE undr_pickle_none()
#define CLOSE undr_pickle_close_request()

static undr_slice text(const char *content) {
    return undr_slice_text(content);
}

/* The pickle of a str of one digit: a message that a test can tell from others. */
static undr_slice note(char digit) {
    static uint8_t whole[10][7];
    size_t i = (size_t)(digit - '0');
    memcpy(whole[i], "X\1\0\0\0", 5);
    whole[i][5] = (uint8_t)digit;
    whole[i][6] = '.';
    return undr_slice_of(whole[i], sizeof whole[i]);
}

static undr_manager_core *make(unsigned levels, uint64_t hold, unsigned retries) {
    undr_manager_core *core;
    undr_manager_options options = {.priority_levels = levels, .hold = hold, .retries = retries};
    assert_int_equal(undr_manager_new(&options, &core), UNDR_OK);
    return core;
}

static undr_connection join(undr_manager_core *core) {
    undr_connection connection = 0;
    assert_int_equal(undr_manager_connect(core, &connection), UNDR_OK);
    assert_int_not_equal(connection, 0);
    return connection;
}

static undr_error send_at(
    undr_manager_core *core, undr_connection from, unsigned type, undr_slice payload, uint64_t now) {
    undr_frame frame = {.type = (uint8_t)type, .payload = payload};
    return undr_manager_receive(core, from, &frame, now);
}

static void send(undr_manager_core *core, undr_connection from, unsigned type, undr_slice payload) {
    assert_int_equal(send_at(core, from, type, payload, 0), UNDR_OK);
}

static void expect(undr_manager_core *core, undr_connection to, unsigned type, undr_slice payload) {
    undr_answer answer;
    assert_int_equal(undr_manager_next_answer(core, &answer), UNDR_OK);
    assert_int_equal(answer.connection, to);
    assert_int_equal(answer.frame.type, type);
    assert_int_equal(answer.frame.payload.size, payload.size);
    assert_memory_equal(answer.frame.payload.data, payload.data, payload.size);
}

static void expect_empty(undr_manager_core *core, undr_connection to, unsigned type) {
    undr_answer answer;
    assert_int_equal(undr_manager_next_answer(core, &answer), UNDR_OK);
    assert_int_equal(answer.connection, to);
    assert_int_equal(answer.frame.type, type);
    assert_int_equal(answer.frame.payload.size, 0);
}

static void expect_nothing(undr_manager_core *core) {
    undr_answer answer;
    assert_int_equal(undr_manager_next_answer(core, &answer), UNDR_DONE);
}

static void ask(undr_manager_core *core, undr_connection from, unsigned type, undr_slice task) {
    send(core, from, type, (undr_slice){0});
    expect(core, from, 't', task);
}

static void schedule(undr_manager_core *core, undr_connection from, unsigned priority, undr_slice task) {
    send(core, from, 0x80 + priority, task);
    expect_empty(core, from, 's');
}

static void expect_message(undr_manager_core *core, undr_slice pickle) {
    undr_buffer message = {0};
    assert_int_equal(undr_manager_next_message(core, &message), UNDR_OK);
    assert_true(undr_slice_equal(undr_buffer_slice(&message), pickle));
    undr_buffer_free(&message);
}

static void expect_no_message(undr_manager_core *core, undr_error why) {
    undr_buffer message = {0};
    assert_int_equal(undr_manager_next_message(core, &message), why);
    undr_buffer_free(&message);
}

/* The next message is a WorkerException in which `words` stand. */
static void expect_loss(undr_manager_core *core, const char *words) {
    undr_buffer message = {0};
    undr_arena arena = {0};
    undr_value *value = NULL;
    bool found = false;
    assert_int_equal(undr_manager_next_message(core, &message), UNDR_OK);
    assert_int_equal(undr_pickle_read(undr_buffer_slice(&message), NULL, &arena, &value, NULL, NULL), UNDR_OK);
    assert_true(undr_value_is_instance(value, UNDR_CLASS_WORKER_EXCEPTION));
    assert_int_equal(undr_value_contains(value, text(words), &found), UNDR_OK);
    assert_true(found);
    undr_arena_free(&arena);
    undr_buffer_free(&message);
}

static void expect_counts(const undr_manager_core *core, size_t tasks, size_t messages, size_t connections) {
    assert_int_equal(undr_manager_tasks_left(core), tasks);
    assert_int_equal(undr_manager_messages(core), messages);
    assert_int_equal(undr_manager_connections(core), connections);
}

/* Options. */

static void priority_levels_are_1_to_128(void **state) {
    (void)state;
    undr_manager_core *core;
    undr_manager_options options = {.priority_levels = 129};
    assert_int_equal(undr_manager_new(&options, &core), UNDR_ARGUMENT);
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
    expect_message(core, note('4'));
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

/* Connections that end. */

static void a_lost_task_is_reported(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 0, 0);
    undr_connection a = join(core), b = join(core);
    schedule(core, b, 1, text("\x80\x02" "cmy.module\nJob\n)\x81}X\3\0\0\0urlX\1\0\0\0us" "b."));
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
        assert_int_equal(undr_put_text(&task, "(cm\nC\no}X\1"), UNDR_OK);
        assert_int_equal(undr_put_bytes(&task, "\0\0\0kX", 5), UNDR_OK);
        assert_int_equal(undr_put_u32le(&task, (uint32_t)(900 + shift)), UNDR_OK);
        assert_int_equal(undr_put_bytes(&task, "xx", shift), UNDR_OK);
        for (size_t i = 0; i < 300; i++) {
            assert_int_equal(undr_put_text(&task, "\xe2\x82\xac"), UNDR_OK);
        }
        assert_int_equal(undr_put_text(&task, "sb."), UNDR_OK);
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

/* Want of memory: every allocation of a session fails in turn. A call that failed has changed nothing that can be
 * seen, and succeeds when it is tried again. */

typedef struct counts {
    size_t tasks, messages, connections;
    uint64_t handed_out, deadline;
} counts;

static counts counts_of(const undr_manager_core *core) {
    return (counts){undr_manager_tasks_left(core), undr_manager_messages(core), undr_manager_connections(core),
        undr_manager_handed_out(core), undr_manager_deadline(core)};
}

static bool is_unchanged(const undr_manager_core *core, undr_error error, counts before) {
    counts after = counts_of(core);
    assert_true(error == UNDR_OK || error == UNDR_MEMORY);
    if (error == UNDR_OK) {
        return false;
    }
    assert_true(allocation_failed);
    assert_memory_equal(&after, &before, sizeof after);
    return true;
}

static undr_connection stubborn_join(undr_manager_core *core) {
    undr_connection connection;
    counts before = counts_of(core);
    while (is_unchanged(core, undr_manager_connect(core, &connection), before)) {
    }
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
    while (is_unchanged(core, undr_manager_schedule(core, 0, text("y")), before)) {
    }
    expect(core, a, 't', text("y"));
    stubborn_send(core, a, 't', (undr_slice){0});
    undr_manager_disconnect(core, b);
    before = counts_of(core);
    undr_buffer message = {0};
    while (is_unchanged(core, undr_manager_next_message(core, &message), before)) {
    }
    assert_true(undr_slice_equal(undr_buffer_slice(&message), note('1')));
    before = counts_of(core);
    while (is_unchanged(core, undr_manager_next_message(core, &message), before)) {
    }
    assert_true(message.size > 20); /* the report of x */
    undr_buffer_free(&message);
    expect_counts(core, 0, 0, 39);
}

static void every_failed_allocation_leaves_all_as_it_was(void **state) {
    (void)state;
    undr_manager_options options = {.hold = 100};
    size_t n = 1;
    for (bool failed = true; failed; n++) {
        undr_manager_core *core = NULL;
        fail_allocation(n);
        undr_error error = undr_manager_new(&options, &core);
        if (error == UNDR_MEMORY) {
            error = undr_manager_new(&options, &core);
        }
        assert_int_equal(error, UNDR_OK);
        session_without_memory(core);
        failed = allocation_failed;
        fail_allocation(0);
        undr_manager_free(core);
    }
    assert_true(n > 60);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(priority_levels_are_1_to_128),
        cmocka_unit_test(every_type_in_every_state),
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
        cmocka_unit_test(a_lost_task_is_reported),
        cmocka_unit_test(a_long_report_is_cut_between_characters),
        cmocka_unit_test(a_lost_task_is_handed_out_again),
        cmocka_unit_test(a_lost_task_goes_to_a_held_request),
        cmocka_unit_test(an_answer_that_nobody_took_is_no_loss),
        cmocka_unit_test(a_held_request_dies_with_its_connection),
        cmocka_unit_test(handles_are_never_used_again),
        cmocka_unit_test(a_close_drops_what_is_queued),
        cmocka_unit_test(abandoned_tasks_are_reported),
        cmocka_unit_test(every_failed_allocation_leaves_all_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
