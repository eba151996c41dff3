/* test_worker.c: every input in every state of the worker's core, against a second writing of the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/pickle_tower.h"
#include "undr/task.h"
#include "undr/worker.h"

#include <stdio.h>
#include <string.h>

static undr_slice bytes(const char *data, size_t size) {
    return undr_slice_of(data, size);
}

#define BYTES(literal) bytes(literal, sizeof(literal) - 1)

static undr_error receive(
    undr_worker_core *core, uint8_t type, undr_slice payload, undr_worker_action *action, undr_value **task) {
    undr_arena arena = {0};
    undr_frame frame = {.type = type, .payload = payload};
    undr_error error = undr_worker_receive(core, &frame, &arena, action, task);
    if (*task != NULL) {
        /* The value dies with the arena: the tests only ask whether there was one, except where they read it here. */
        assert_true((*task)->kind <= UNDR_OBJECT);
    }
    undr_arena_free(&arena);
    return error;
}

/* A core in the state, driven there by its own functions. */
static undr_worker_core core_in(undr_worker_state state) {
    undr_worker_core core;
    undr_frame frame;
    undr_worker_action action;
    undr_value *task;
    undr_worker_start(&core);
    if (state == UNDR_WORKER_LEFT) {
        undr_worker_end(&core);
    } else if (state != UNDR_WORKER_IDLE) {
        assert_int_equal(undr_worker_ask(&core, &frame), UNDR_OK);
    }
    if (state >= UNDR_WORKER_RUNNING && state <= UNDR_WORKER_SCHEDULING) {
        assert_int_equal(receive(&core, 't', BYTES("K\x01."), &action, &task), UNDR_OK);
    }
    if (state == UNDR_WORKER_SENDING) {
        assert_int_equal(undr_worker_send_message(&core, BYTES("N."), &frame), UNDR_OK);
    } else if (state == UNDR_WORKER_SCHEDULING) {
        assert_int_equal(undr_worker_schedule(&core, BYTES("N."), 1, &frame), UNDR_OK);
    }
    assert_int_equal(core.state, state);
    return core;
}

enum { STATES = UNDR_WORKER_LEFT + 1 };
static const char letters[STATES + 1] = "IARMSL"; /* idle asking running (m)essage schedule left */

/* What one input does: the state afterwards, then the action or error as a letter. */
static void describe(char text[3], const undr_worker_core *core, undr_error error, undr_worker_action action) {
    static const char actions[] = {
        [UNDR_WORKER_POLL] = 'p', [UNDR_WORKER_RUN] = 'r', [UNDR_WORKER_RESUME] = 'g', [UNDR_WORKER_LEAVE] = 'l'};
    text[0] = letters[core->state];
    text[1] = error == UNDR_OK          ? actions[action]
        : error == UNDR_UNEXPECTED_TYPE ? 'u'
        : error == UNDR_ACKNOWLEDGEMENT ? 'a'
                                        : 'x';
    text[2] = '\0';
}

typedef struct frame_row {
    const char *name;
    uint8_t type;
    const char *payload;
    size_t size;
    const char *expected[STATES]; /* in the order idle asking running sending scheduling left */
} frame_row;

#define CLOSE_REQUEST \
    "\x80\x04\x95\x21\0\0\0\0\0\0\0\x8c\x09undr.task\x94\x8c\x0c" \
    "CloseRequest\x94\x93\x94)\x81\x94."
#define ROW(name, type, literal, ...) {name, type, literal, sizeof(literal) - 1, __VA_ARGS__}

/* p poll, r run, g resume, l leave, u unexpected type, a acknowledgement, x another error */
static const frame_row frame_rows[] = {
    ROW("t None", 't', "\x80\x04N.", {"Lu", "Ip", "Lu", "Ra", "Ra", "Lu"}),
    ROW("t None, protocol 0", 't', "N.", {"Lu", "Ip", "Lu", "Ra", "Ra", "Lu"}),
    ROW("t CloseRequest", 't', CLOSE_REQUEST, {"Lu", "Ll", "Lu", "Ra", "Ra", "Lu"}),
    ROW("t task", 't', "K\x01.", {"Lu", "Rr", "Lu", "Ra", "Ra", "Lu"}),
    ROW("t empty", 't', "", {"Lu", "Rr", "Lu", "Ra", "Ra", "Lu"}),
    ROW("t no pickle", 't', "\xff\xff", {"Lu", "Lx", "Lu", "Ra", "Ra", "Lu"}),
    ROW("t cut pickle", 't', "\x80\x04", {"Lu", "Lx", "Lu", "Ra", "Ra", "Lu"}),
    ROW("m", 'm', "", {"Lu", "Lu", "Lu", "Rg", "Ra", "Lu"}),
    ROW("m payload", 'm', "N.", {"Lu", "Lu", "Lu", "Ra", "Ra", "Lu"}),
    ROW("s", 's', "", {"Lu", "Lu", "Lu", "Ra", "Rg", "Lu"}),
    ROW("s payload", 's', "x", {"Lu", "Lu", "Lu", "Ra", "Ra", "Lu"}),
    ROW("n", 'n', "", {"Lu", "Lu", "Lu", "Ra", "Ra", "Lu"}),
    ROW("0x80", 0x80, "", {"Lu", "Lu", "Lu", "Ra", "Ra", "Lu"}),
    ROW("0x00", 0x00, "", {"Lu", "Lu", "Lu", "Ra", "Ra", "Lu"}),
    ROW("0xff with None", 0xff, "N.", {"Lu", "Lu", "Lu", "Ra", "Ra", "Lu"}),
};

static void every_frame_in_every_state(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof frame_rows / sizeof *frame_rows; i++) {
        const frame_row *row = &frame_rows[i];
        for (size_t at = 0; at < STATES; at++) {
            undr_worker_core core = core_in((undr_worker_state)at);
            undr_worker_action action = UNDR_WORKER_POLL;
            undr_value *task;
            char got[3];
            undr_error error = receive(&core, row->type, bytes(row->payload, row->size), &action, &task);
            describe(got, &core, error, action);
            if (strcmp(got, row->expected[at]) != 0) {
                fail_msg("%s in %c: expected %s, got %s", row->name, letters[at], row->expected[at], got);
            }
            bool decodes = row->type == 't' && at == UNDR_WORKER_ASKING && row->size > 0 && error == UNDR_OK;
            assert_int_equal(task != NULL, decodes);
        }
    }
}

static undr_error ask(undr_worker_core *core, undr_frame *frame) {
    return undr_worker_ask(core, frame);
}
static undr_error finish(undr_worker_core *core, undr_frame *frame) {
    return undr_worker_finish(core, frame);
}
static undr_error message(undr_worker_core *core, undr_frame *frame) {
    return undr_worker_send_message(core, BYTES("N."), frame);
}
static undr_error schedule(undr_worker_core *core, undr_frame *frame) {
    return undr_worker_schedule(core, BYTES("N."), 5, frame);
}

static void every_request_in_every_state(void **unused) {
    (void)unused;
    static const struct {
        undr_error (*request)(undr_worker_core *core, undr_frame *frame);
        undr_worker_state allowed, next;
        uint8_t type;
        size_t size;
    } requests[] = {
        {ask, UNDR_WORKER_IDLE, UNDR_WORKER_ASKING, 'n', 0},
        {finish, UNDR_WORKER_RUNNING, UNDR_WORKER_ASKING, 't', 0},
        {message, UNDR_WORKER_RUNNING, UNDR_WORKER_SENDING, 'm', 2},
        {schedule, UNDR_WORKER_RUNNING, UNDR_WORKER_SCHEDULING, 0x85, 2},
    };
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        for (size_t at = 0; at < STATES; at++) {
            undr_worker_core core = core_in((undr_worker_state)at);
            undr_frame frame = {.type = 0x55};
            undr_error error = requests[i].request(&core, &frame);
            bool allowed = at == (size_t)requests[i].allowed;
            assert_int_equal(error, allowed ? UNDR_OK : UNDR_ARGUMENT);
            assert_int_equal(core.state, allowed ? requests[i].next : (undr_worker_state)at);
            assert_int_equal(frame.type, allowed ? requests[i].type : 0x55);
            assert_int_equal(frame.payload.size, allowed ? requests[i].size : 0);
        }
    }
}

static void end_in_every_state(void **state) {
    (void)state;
    for (size_t at = 0; at < STATES; at++) {
        undr_worker_core core = core_in((undr_worker_state)at);
        undr_worker_end(&core);
        assert_int_equal(core.state, UNDR_WORKER_LEFT);
    }
}

/* WORK-20, WORK-9 */
static void priorities(void **state) {
    (void)state;
    for (unsigned priority = 0; priority < 128; priority++) {
        undr_worker_core core = core_in(UNDR_WORKER_RUNNING);
        undr_frame frame;
        assert_int_equal(undr_worker_schedule(&core, BYTES("N."), priority, &frame), UNDR_OK);
        assert_int_equal(frame.type, 0x80 + priority);
    }
    static const unsigned beyond[] = {128, 129, 255, 256, UINT32_MAX};
    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++) {
        undr_worker_core core = core_in(UNDR_WORKER_RUNNING);
        undr_frame frame;
        assert_int_equal(undr_worker_schedule(&core, BYTES("N."), beyond[i], &frame), UNDR_PRIORITY);
        assert_int_equal(core.state, UNDR_WORKER_RUNNING);
    }
}

/* PAY-4: NEWOBJ, REDUCE, OBJ, INST, with and without a state; and what only looks like it. */
static void close_request_in_every_form(void **state) {
    (void)state;
    static const struct {
        const char *pickle;
        size_t size;
        undr_worker_action action;
    } forms[] = {
        {CLOSE_REQUEST, sizeof(CLOSE_REQUEST) - 1, UNDR_WORKER_LEAVE},
#define FORM(literal, action) {literal, sizeof(literal) - 1, action}
        FORM("cundr.task\nCloseRequest\n)\x81.", UNDR_WORKER_LEAVE),
        FORM("cundr.task\nCloseRequest\n)R.", UNDR_WORKER_LEAVE),
        FORM("cundr.task\nCloseRequest\n)\x81}b.", UNDR_WORKER_LEAVE),
        FORM("cundr.task\nCloseRequest\n)\x81}U\001aK\001sb.", UNDR_WORKER_LEAVE),
        FORM("(cundr.task\nCloseRequest\no.", UNDR_WORKER_LEAVE),
        FORM("(iundr.task\nCloseRequest\n.", UNDR_WORKER_LEAVE),
        FORM("ccopy_reg\n_reconstructor\n(cundr.task\nCloseRequest\nc__builtin__\nobject\nNtR.", UNDR_WORKER_LEAVE),
        FORM("cundr.task\nCloseRequest\n.", UNDR_WORKER_RUN),       /* the class itself */
        FORM("cundr.task\nCloseRequests\n)\x81.", UNDR_WORKER_RUN), /* another class */
        FORM("cundr.other\nCloseRequest\n)\x81.", UNDR_WORKER_RUN),
        FORM("\x8c\x0c"
             "CloseRequest.",
            UNDR_WORKER_RUN),                                        /* a str */
        FORM("(cundr.task\nCloseRequest\n)\x81l.", UNDR_WORKER_RUN), /* in a list */
#undef FORM
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        undr_worker_core core = core_in(UNDR_WORKER_ASKING);
        undr_worker_action action = UNDR_WORKER_POLL;
        undr_value *task;
        undr_error error = receive(&core, 't', bytes(forms[i].pickle, forms[i].size), &action, &task);
        if (error != UNDR_OK || action != forms[i].action) {
            fail_msg("form %zu: %s, action %d", i, undr_error_name(error), (int)action);
        }
    }
}

static void false_values_are_tasks(void **state) {
    (void)state;
    static const char *const pickles[] = {"I00\n.", "].", ").", "}.", "I0\n.", "\x89."};
    for (size_t i = 0; i < sizeof pickles / sizeof *pickles; i++) {
        undr_worker_core core = core_in(UNDR_WORKER_ASKING);
        undr_worker_action action = UNDR_WORKER_POLL;
        undr_value *task;
        assert_int_equal(receive(&core, 't', undr_slice_text(pickles[i]), &action, &task), UNDR_OK);
        assert_int_equal(action, UNDR_WORKER_RUN);
    }
}

static void fault_names_the_place(void **state) {
    (void)state;
    undr_worker_core core = core_in(UNDR_WORKER_ASKING);
    undr_worker_action action;
    undr_value *task;
    assert_int_equal(receive(&core, 't', BYTES("K\x01\xff."), &action, &task), UNDR_PICKLE_OPCODE);
    assert_int_equal(core.fault.offset, 2);
    assert_int_equal(core.fault.opcode, 0xff);
}

/* FRAME-6, WORK-15: a task that is more than the reader takes in is one that can't be run, not a broken frame. */
static void what_is_too_large_to_read_is_a_task(void **state) {
    (void)state;
    undr_buffer tower = make_tower();
    undr_worker_core core = core_in(UNDR_WORKER_ASKING);
    undr_worker_action action = UNDR_WORKER_POLL;
    undr_value *task;
    assert_int_equal(receive(&core, 't', undr_buffer_slice(&tower), &action, &task), UNDR_OK);
    assert_int_equal(action, UNDR_WORKER_RUN);
    assert_null(task);
    assert_int_equal(core.state, UNDR_WORKER_RUNNING);
    undr_buffer_free(&tower);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_frame_in_every_state),
        cmocka_unit_test(every_request_in_every_state),
        cmocka_unit_test(end_in_every_state),
        cmocka_unit_test(priorities),
        cmocka_unit_test(close_request_in_every_form),
        cmocka_unit_test(false_values_are_tasks),
        cmocka_unit_test(what_is_too_large_to_read_is_a_task),
        cmocka_unit_test(fault_names_the_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
