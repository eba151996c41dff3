/* test_control.c: the adapter's lines, in pieces, of every kind and of none. */
#include "support/steady.h"
#include "target/control.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct channel {
    check_control control;
    int pipe[2];
} channel;

static void open_channel(channel *both) {
    both->control = (check_control){0};
    assert_int_equal(pipe2(both->pipe, O_NONBLOCK), 0);
}

static void close_channel(channel *both) {
    check_control_free(&both->control);
    close(both->pipe[0]);
    if (both->pipe[1] >= 0) {
        close(both->pipe[1]);
    }
}

static void say(channel *both, const char *text) {
    assert_int_equal(steady_write(both->pipe[1], text, strlen(text)), strlen(text));
    assert_int_equal(check_control_read(&both->control, both->pipe[0]), UNDR_OK);
}

static void expect(channel *both, check_command in_flight, const char *text, check_answer answer) {
    check_line line;
    both->control.in_flight = in_flight;
    say(both, text);
    assert_int_equal(check_control_take(&both->control, &line), UNDR_OK);
    assert_int_equal(line.answer, answer);
    assert_int_equal(both->control.in_flight, answer == CHECK_ANSWER_NONSENSE ? in_flight : CHECK_NO_COMMAND);
    check_line_free(&line);
}

static void answers_fit_their_commands(void **state) {
    (void)state;
    channel both;
    open_channel(&both);
    expect(&both, CHECK_AWAIT_READY, "ready 4711\n", CHECK_ANSWER_READY);
    expect(&both, CHECK_AWAIT_OK, "ok\n", CHECK_ANSWER_OK);
    expect(&both, CHECK_AWAIT_OK, "ok\r\n", CHECK_ANSWER_OK);
    expect(&both, CHECK_AWAIT_OK, "error no such queue\n", CHECK_ANSWER_ERROR);
    expect(&both, CHECK_AWAIT_NEXT, "message 80044E2e\n", CHECK_ANSWER_MESSAGE);
    expect(&both, CHECK_AWAIT_NEXT, "done\n", CHECK_ANSWER_DONE);
    expect(&both, CHECK_AWAIT_CLOSED, "closed\n", CHECK_ANSWER_CLOSED);
    close_channel(&both);
}

static void everything_else_is_nonsense(void **state) {
    (void)state;
    const struct {
        check_command in_flight;
        const char *text;
    } table[] = {{CHECK_NO_COMMAND, "ok\n"}, {CHECK_AWAIT_OK, "\n"}, {CHECK_AWAIT_OK, "okay\n"},
        {CHECK_AWAIT_OK, "done\n"}, {CHECK_AWAIT_OK, "ok fine\n"}, {CHECK_AWAIT_READY, "ready\n"},
        {CHECK_AWAIT_READY, "ready 0\n"}, {CHECK_AWAIT_READY, "ready 65536\n"},
        {CHECK_AWAIT_READY, "ready 99999999999999999999\n"}, {CHECK_AWAIT_READY, "ready 12x\n"},
        {CHECK_AWAIT_NEXT, "message 123\n"}, {CHECK_AWAIT_NEXT, "message 1g\n"}, {CHECK_AWAIT_NEXT, "closed\n"},
        {CHECK_AWAIT_CLOSED, "ok\n"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        channel both;
        open_channel(&both);
        expect(&both, table[i].in_flight, table[i].text, CHECK_ANSWER_NONSENSE);
        close_channel(&both);
    }
}

static void lines_come_in_pieces(void **state) {
    (void)state;
    channel both;
    check_line line;
    open_channel(&both);
    both.control.in_flight = CHECK_AWAIT_NEXT;
    say(&both, "mess");
    assert_int_equal(check_control_take(&both.control, &line), UNDR_WAIT);
    say(&both, "age 0102ff");
    assert_false(check_control_has_line(&both.control));
    say(&both, "\nmess");
    assert_true(check_control_has_line(&both.control));
    assert_int_equal(check_control_take(&both.control, &line), UNDR_OK);
    assert_int_equal(line.pickle.size, 3);
    assert_memory_equal(line.pickle.data, "\1\2\377", 3);
    check_line_free(&line);
    assert_int_equal(check_control_unread(&both.control).size, 4);
    close_channel(&both);
}

static void a_line_can_be_put_back(void **state) {
    (void)state;
    channel both;
    check_line line;
    open_channel(&both);
    both.control.in_flight = CHECK_AWAIT_NEXT;
    say(&both, "done\n");
    assert_int_equal(check_control_take(&both.control, &line), UNDR_OK);
    check_control_untake(&both.control, &line, CHECK_AWAIT_NEXT);
    check_line_free(&line);
    assert_int_equal(check_control_take(&both.control, &line), UNDR_OK);
    assert_int_equal(line.answer, CHECK_ANSWER_DONE);
    check_line_free(&line);
    close_channel(&both);
}

static void a_line_without_end_is_seen(void **state) {
    (void)state;
    channel both;
    open_channel(&both);
    both.control.limit = 10;
    say(&both, "0123456789");
    assert_false(check_control_line_is_endless(&both.control));
    say(&both, "0");
    assert_true(check_control_line_is_endless(&both.control));
    assert_false(check_control_wants_to_read(&both.control));
    close_channel(&both);
}

/* What begins otherwise, or answers another command, is not collected without end. */
static void only_a_message_may_be_long(void **state) {
    (void)state;
    static const struct {
        const char *begin;
        check_command in_flight;
        bool endless;
    } rows[] = {{"message 80", CHECK_AWAIT_NEXT, false}, {"message 80", CHECK_AWAIT_OK, true},
        {"messages 8", CHECK_AWAIT_NEXT, true}, {"error a", CHECK_AWAIT_NEXT, true},
        {"message 80", CHECK_NO_COMMAND, true}, {"xxxxxxxxxx", CHECK_NO_COMMAND, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_control control = {.in_flight = rows[i].in_flight};
        assert_int_equal(undr_put_text(&control.in, rows[i].begin), UNDR_OK);
        while (control.in.size <= CHECK_LINE_LIMIT) {
            assert_int_equal(undr_put_text(&control.in, "00000000000000000000000000000000"), UNDR_OK);
        }
        assert_int_equal(check_control_line_is_endless(&control), rows[i].endless);
        assert_int_equal(check_control_wants_to_read(&control), !rows[i].endless);
        check_control_free(&control);
    }
}

static void the_end_of_the_output_is_seen(void **state) {
    (void)state;
    channel both;
    open_channel(&both);
    say(&both, "x");
    assert_false(both.control.ended);
    close(both.pipe[1]);
    both.pipe[1] = -1;
    assert_int_equal(check_control_read(&both.control, both.pipe[0]), UNDR_OK);
    assert_true(both.control.ended);
    close_channel(&both);
}

static void commands_are_lines(void **state) {
    (void)state;
    channel both;
    char text[128] = {0};
    open_channel(&both);
    assert_int_equal(check_control_schedule(&both.control, 127, undr_slice_of("\x80\x04N.", 4)), UNDR_OK);
    assert_int_equal(both.control.in_flight, CHECK_AWAIT_OK);
    assert_int_equal(check_control_message(&both.control, undr_slice_of("\0\377", 2)), UNDR_OK);
    assert_int_equal(check_control_next(&both.control), UNDR_OK);
    assert_int_equal(both.control.in_flight, CHECK_AWAIT_NEXT);
    assert_int_equal(check_control_close(&both.control, 1), UNDR_OK);
    assert_int_equal(check_control_close(&both.control, 3), UNDR_ARGUMENT);
    assert_true(check_control_wants_to_write(&both.control));
    assert_int_equal(check_control_write(&both.control, both.pipe[1]), UNDR_OK);
    assert_false(check_control_wants_to_write(&both.control));
    assert_true(steady_read(both.pipe[0], text, sizeof text - 1) > 0);
    assert_string_equal(text, "schedule 127 80044e2e\nmessage 00ff\nnext\nclose cancel\n");
    assert_int_equal(check_control_next(&both.control), UNDR_OK);
    assert_int_equal(check_control_write(&both.control, -1), UNDR_OK);
    assert_true(both.control.broken);
    close_channel(&both);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_fit_their_commands),
        cmocka_unit_test(everything_else_is_nonsense),
        cmocka_unit_test(lines_come_in_pieces),
        cmocka_unit_test(a_line_can_be_put_back),
        cmocka_unit_test(a_line_without_end_is_seen),
        cmocka_unit_test(only_a_message_may_be_long),
        cmocka_unit_test(the_end_of_the_output_is_seen),
        cmocka_unit_test(commands_are_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
