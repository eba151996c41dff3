/* manager_steps.h: what the tests of the manager's core are written in: send, expect, counts. */
#ifndef TESTS_MANAGER_STEPS_H
#define TESTS_MANAGER_STEPS_H

#include "undr/manager.h"

#include "undr/pickle.h"
#include "undr/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NONE undr_pickle_none()
#define CLOSE undr_pickle_close_request()

static inline undr_slice text(const char *content) {
    return undr_slice_text(content);
}

/* A literal that may hold NULs. */
#define BYTES(literal) undr_slice_of(literal, sizeof(literal) - 1)

/* The pickle of a str of one digit: a message that a test can tell from others. */
static inline undr_slice note(char digit) {
    static uint8_t whole[10][7];
    size_t i = (size_t)(digit - '0');
    memcpy(whole[i], "X\1\0\0\0", 5);
    whole[i][5] = (uint8_t)digit;
    whole[i][6] = '.';
    return undr_slice_of(whole[i], sizeof whole[i]);
}

static inline undr_manager_core *make(unsigned levels, uint64_t hold, unsigned retries) {
    undr_manager_core *core;
    undr_manager_options options = {.priority_levels = levels, .hold = hold, .retries = retries};
    assert_int_equal(undr_manager_new(&options, &core), UNDR_OK);
    return core;
}

static inline undr_connection join(undr_manager_core *core) {
    undr_connection connection = 0;
    assert_int_equal(undr_manager_connect(core, &connection), UNDR_OK);
    assert_int_not_equal(connection, 0);
    return connection;
}

static inline undr_error send_at(
    undr_manager_core *core, undr_connection from, unsigned type, undr_slice payload, uint64_t now) {
    undr_frame frame = {.type = (uint8_t)type, .payload = payload};
    return undr_manager_receive(core, from, &frame, now);
}

static inline void send(undr_manager_core *core, undr_connection from, unsigned type, undr_slice payload) {
    assert_int_equal(send_at(core, from, type, payload, 0), UNDR_OK);
}

static inline void expect(undr_manager_core *core, undr_connection to, unsigned type, undr_slice payload) {
    undr_answer answer;
    assert_int_equal(undr_manager_next_answer(core, &answer), UNDR_OK);
    assert_int_equal(answer.connection, to);
    assert_int_equal(answer.frame.type, type);
    assert_int_equal(answer.frame.payload.size, payload.size);
    assert_memory_equal(answer.frame.payload.data, payload.data, payload.size);
}

static inline void expect_empty(undr_manager_core *core, undr_connection to, unsigned type) {
    undr_answer answer;
    assert_int_equal(undr_manager_next_answer(core, &answer), UNDR_OK);
    assert_int_equal(answer.connection, to);
    assert_int_equal(answer.frame.type, type);
    assert_int_equal(answer.frame.payload.size, 0);
}

static inline void expect_nothing(undr_manager_core *core) {
    undr_answer answer;
    assert_int_equal(undr_manager_next_answer(core, &answer), UNDR_DONE);
}

static inline void ask(undr_manager_core *core, undr_connection from, unsigned type, undr_slice task) {
    send(core, from, type, (undr_slice){0});
    expect(core, from, 't', task);
}

static inline void schedule(undr_manager_core *core, undr_connection from, unsigned priority, undr_slice task) {
    send(core, from, 0x80 + priority, task);
    expect_empty(core, from, 's');
}

static inline void expect_message(undr_manager_core *core, undr_slice pickle) {
    undr_buffer message = {0};
    assert_int_equal(undr_manager_next_message(core, &message), UNDR_OK);
    assert_true(undr_slice_equal(undr_buffer_slice(&message), pickle));
    undr_buffer_free(&message);
}

static inline void expect_no_message(undr_manager_core *core, undr_error why) {
    undr_buffer message = {0};
    assert_int_equal(undr_manager_next_message(core, &message), why);
    undr_buffer_free(&message);
}

/* The next message is a WorkerException in which `words` stand. */
static inline void expect_loss(undr_manager_core *core, const char *words) {
    undr_buffer message = {0};
    undr_arena arena = {0};
    undr_value *value = NULL;
    bool found = false;
    undr_buffer printed = {0};
    assert_int_equal(undr_manager_next_message(core, &message), UNDR_OK);
    assert_int_equal(undr_pickle_read(undr_buffer_slice(&message), NULL, &arena, &value, NULL, NULL), UNDR_OK);
    assert_true(undr_value_is_instance(value, UNDR_CLASS_WORKER_EXCEPTION));
    assert_int_equal(undr_value_contains(value, text(words), &found), UNDR_OK);
    assert_int_equal(undr_value_print(&printed, value), UNDR_OK);
    if (!found) {
        print_error("expected %s in %.*s\n", words, (int)printed.size, (const char *)printed.data);
    }
    assert_true(found);
    undr_buffer_free(&printed);
    undr_arena_free(&arena);
    undr_buffer_free(&message);
}

static inline void expect_counts(const undr_manager_core *core, size_t tasks, size_t messages, size_t connections) {
    assert_int_equal(undr_manager_tasks_left(core), tasks);
    assert_int_equal(undr_manager_messages(core), messages);
    assert_int_equal(undr_manager_connections(core), connections);
}

#endif
