/* test_decode.c: frames printed in the notation: in transcripts, and by undr-check decode. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "notation/decode.h"
#include "notation/names.h"

#include "notation/parse.h"
#include "notation/print.h"
#include "undr/frame.h"
#include "undr/pickle.h"
#include "undr/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES(literal) undr_slice_of(literal, sizeof(literal) - 1)

static void assert_frame(const char *arrow, uint8_t type, undr_slice payload, bool shorten, const char *expected) {
    undr_buffer line = {0};
    assert_int_equal(check_print_frame(&line, "A", arrow, type, payload, shorten), UNDR_OK);
    assert_int_equal(undr_put_u8(&line, 0), UNDR_OK);
    assert_string_equal((char *)line.data, expected);
    undr_buffer_free(&line);
}

static void types_and_bytes_are_printed(void **state) {
    (void)state;
    assert_frame("->", 'n', BYTES(""), true, "A -> n");
    assert_frame("->", 0x81, BYTES("late"), true, "A -> 0x81 b'late'");
    assert_frame("<-", 0x00, BYTES("\xff"), true, "A <- 0x00 b'\\xff'");
    assert_frame("-> bad", 'n', BYTES("x"), true, "A -> bad n b'x'");
}

static void a_pickle_is_printed_as_its_value(void **state) {
    (void)state;
    assert_frame("<-", 't', undr_pickle_none(), true, "A <- t None");
    assert_frame("<-", 't', undr_pickle_close_request(), true, "A <- t CloseRequest");
    assert_frame("<-", 'm', BYTES("K\x01."), true, "A <- m 1");
    assert_frame("<-", 'm',
        BYTES("\x80\x04"
              "C\x01x."),
        true, "A <- m pickle(b'x')");
    assert_frame("<-", 'm', BYTES("K\x01.x"), true, "A <- m b'K\\x01.x'"); /* what follows would be lost */
    assert_frame(
        "<-", 'm', BYTES("cos\nsystem\n(V1\ntR."), true, "A <- m b'cos\\nsystem\\n(V1\\ntR.'"); /* has arguments */
    assert_frame("<-", 'm',
        BYTES("]q\x00h\x00"
              "a."),
        true, "A <- m b']q\\x00h\\x00a.'"); /* contains itself */
}

/* What is sent must be printed so that it would be sent as the very same bytes. */
static void what_was_sent_is_printed_exactly(void **state) {
    (void)state;
    assert_frame("->", 'm', undr_pickle_none(), true, "A -> m None");
    assert_frame("->", 'm', BYTES("N."), true, "A -> m pickle0(None)");
    assert_frame("->", 'm', BYTES("\x80\x02N."), true, "A -> m pickle2(None)");
    assert_frame("->", 'm', BYTES("K\x01."), true, "A -> m pickle1(1)");
    assert_frame("->", 'm', BYTES("\x80\x05K\x01."), true, "A -> m pickle5(1)");
    assert_frame("->", 'm', BYTES("J\x01\0\0\0."), true, "A -> m b'J\\x01\\x00\\x00\\x00.'"); /* nobody writes 1 so */
}

static void long_payloads_are_shortened(void **state) {
    (void)state;
    static uint8_t bytes[65536];
    memset(bytes, 'x', sizeof bytes);
    undr_buffer pickle = {0}, line = {0};
    undr_arena arena = {0};
    undr_value *value;
    assert_frame("<-", 't', undr_slice_of(bytes, sizeof bytes), true, "A <- t b'x' * 65536");
    assert_frame("->", 't', undr_slice_of(bytes, sizeof bytes), false, "A -> t b'x' * 65536");
    assert_int_equal(undr_value_bytes(&arena, UNDR_STR, undr_slice_of(bytes, sizeof bytes), &value), UNDR_OK);
    assert_int_equal(undr_pickle_write(value, 4, &pickle), UNDR_OK);
    assert_frame("->", 'm', undr_buffer_slice(&pickle), true, "A -> m 'x' * 65536");
    bytes[9] = 'y';
    assert_frame("<-", 't', undr_slice_of(bytes, sizeof bytes), true,
        "A <- t b'xxxxxxxxxyxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'... (65536 bytes)");
    assert_int_equal(check_print_frame(&line, "A", "<-", 't', undr_slice_of(bytes, sizeof bytes), false), UNDR_OK);
    assert_int_equal(line.size, strlen("A <- t b''") + sizeof bytes);
    undr_buffer_free(&line);
    undr_buffer_free(&pickle);
    undr_arena_free(&arena);
}

/* A list that takes 302 characters. */
static void long_values_are_shortened(void **state) {
    (void)state;
    undr_buffer pickle = {0}, line = {0};
    assert_int_equal(undr_put_text(&pickle, "]("), UNDR_OK);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(undr_put_bytes(&pickle, "K\7", 2), UNDR_OK);
    }
    assert_int_equal(undr_put_text(&pickle, "e."), UNDR_OK);
    assert_int_equal(check_print_frame(&line, "A", "<-", 'm', undr_buffer_slice(&pickle), true), UNDR_OK);
    assert_int_equal(undr_put_u8(&line, 0), UNDR_OK);
    assert_string_equal(
        (char *)line.data + line.size - strlen("7, 7, 7,... (204 bytes)") - 1, "7, 7, 7,... (204 bytes)");
    assert_true(line.size >= 130 && line.size <= 170);
    line.size = 0;
    assert_int_equal(check_print_frame(&line, "A", "<-", 'm', undr_buffer_slice(&pickle), false), UNDR_OK);
    assert_int_equal(line.size, strlen("A <- m ") + 300);
    undr_buffer_free(&pickle);
    undr_buffer_free(&line);
}

/* Few bytes, but each takes four characters. */
static void bytes_are_shortened_by_what_they_take(void **state) {
    (void)state;
    char bytes[60], text[sizeof "A <- m b''... (60 bytes)" + 60 * 4] = "A <- m b'";
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)(i % 2 == 0 ? 0xfe : 0xff);
    }
    for (size_t i = 0; i < 20; i++) {
        strcat(text, "\\xfe\\xff");
    }
    strcat(text, "'... (60 bytes)");
    assert_frame("<-", 'm', undr_slice_of(bytes, sizeof bytes), true, text);
    text[9 + 160] = '\0';
    for (size_t i = 20; i < 30; i++) {
        strcat(text, "\\xfe\\xff");
    }
    strcat(text, "'");
    assert_frame("<-", 'm', undr_slice_of(bytes, sizeof bytes), false, text);
}

/* Above 1 MiB: shortened it would be cut anyway. */
static void large_values_are_decoded_where_all_is_shown(void **state) {
    (void)state;
    const size_t size = (1 << 20) + 1;
    undr_buffer pickle = {0};
    assert_int_equal(undr_put_bytes(&pickle, "\x80\x04X\x01\x00\x10\x00", 7), UNDR_OK);
    assert_int_equal(undr_buffer_reserve(&pickle, size + 1), UNDR_OK);
    memset(pickle.data + pickle.size, 'x', size);
    pickle.size += size;
    assert_int_equal(undr_put_text(&pickle, "."), UNDR_OK);
    assert_frame("<-", 'm', undr_buffer_slice(&pickle), false, "A <- m 'x' * 1048577");
    assert_frame("<-", 'm', undr_buffer_slice(&pickle), true,
        "A <- m b'\\x80\\x04X\\x01\\x00\\x10\\x00xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'... (1048585 bytes)");
    undr_buffer_free(&pickle);
}

static void a_worker_exception_is_named(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_buffer pickle = {0};
    undr_value *exception;
    undr_failure failure = {.class_name = "ValueError", .text = "it's over"};
    assert_int_equal(undr_worker_exception(&arena, &failure, &exception), UNDR_OK);
    assert_int_equal(undr_pickle_write(exception, 4, &pickle), UNDR_OK);
    assert_frame("<-", 'm', undr_buffer_slice(&pickle), true, "A <- m WorkerException contains \"it's over\"");
    undr_buffer_free(&pickle);
    undr_arena_free(&arena);
    /* one without a report, one whose report is none, one with a text of its own kind */
    assert_frame("<-", 'm', BYTES("cundr.task\nWorkerException\n)R."), true, "A <- m WorkerException");
    assert_frame("<-", 'm', BYTES("cundr.task\nWorkerException\n(NtR."), true, "A <- m WorkerException");
    assert_frame("<-", 'm', BYTES("cundr.task\nWorkerException\n(cm\nR\n(NNtRtR."), true, "A <- m WorkerException");
    assert_frame("<-", 'm', BYTES("cundr.task\nWorkerException\n(cm\nR\n(Ncm\nE\n(VtR\ntRtRtR."), true,
        "A <- m WorkerException contains 'tR'");
    assert_frame("<-", 'm', BYTES("cundr.task\nWorkerException\n(cm\nR\n)R}(V_str\nVgone\nubtR."), true,
        "A <- m WorkerException contains 'gone'");
}

/* A few bytes that make a value of two to the thirtieth leaves: never printed as one. */
static void a_pickle_bomb_stays_bytes(void **state) {
    (void)state;
    undr_buffer pickle = {0}, line = {0};
    assert_int_equal(undr_put_text(&pickle, "]"), UNDR_OK);
    for (int i = 0; i < 30; i++) {
        assert_int_equal(undr_put_bytes(&pickle, "2\x86", 2), UNDR_OK); /* DUP TUPLE2 */
    }
    assert_int_equal(undr_put_text(&pickle, "."), UNDR_OK);
    assert_int_equal(check_print_frame(&line, "A", "<-", 'm', undr_buffer_slice(&pickle), true), UNDR_OK);
    assert_memory_equal(line.data, "A <- m b']2\\x86", 14);
    undr_buffer_free(&pickle);
    undr_buffer_free(&line);
}

/* ---- decode ---- */

static undr_buffer decode(undr_slice bytes, check_side side, uint64_t limit, size_t *wrong) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    check_decode_options options = {.side = side, .payload_limit = limit};
    assert_int_equal(check_decode(bytes, out, &options, wrong), UNDR_OK);
    assert_int_equal(fclose(out), 0);
    undr_buffer printed = {0};
    assert_int_equal(undr_put_bytes(&printed, text, size), UNDR_OK);
    assert_int_equal(undr_put_u8(&printed, 0), UNDR_OK);
    free(text);
    return printed;
}

static void assert_decoded(undr_slice bytes, check_side side, size_t wrong, const char *expected) {
    size_t counted = 99;
    undr_buffer printed = decode(bytes, side, 0, &counted);
    assert_string_equal((char *)printed.data, expected);
    assert_int_equal(counted, wrong);
    undr_buffer_free(&printed);
}

#define LENGTH(n) n "\0\0\0\0\0\0\0"

static void a_workers_bytes_are_decoded(void **state) {
    (void)state;
    assert_decoded(BYTES("n" LENGTH("\0") "m" LENGTH("\2") "N."
                                                           "\x81" LENGTH("\4") "late"
                                                                               "t" LENGTH("\0")),
        CHECK_SIDE_WORKER, 0, "  A -> n\n  A -> m pickle0(None)\n  A -> 0x81 b'late'\n  A -> t\n");
}

static void a_managers_bytes_are_decoded(void **state) {
    (void)state;
    assert_decoded(BYTES("t" LENGTH("\4") "\x80\4N."
                                          "m" LENGTH("\0") "s" LENGTH("\0") "t" LENGTH("\0")),
        CHECK_SIDE_MANAGER, 0, "  A <- t None\n  A <- m\n  A <- s\n  A <- t\n");
}

static void what_is_wrong_is_told_with_its_offset(void **state) {
    (void)state;
    assert_decoded(BYTES("n" LENGTH("\0") "n" LENGTH("\1") "x"
                                                           "m\5\0"),
        CHECK_SIDE_GUESS, 2,
        "  A -> n\n  # offset 9: `n` carries no payload (REQ-5)\n  A -> bad n b'x'\n"
        "  # offset 19: the bytes end inside a header, after 3 of 9 (FRAME-5)\n  A -> raw b'm\\x05\\x00'\n");
    assert_decoded(BYTES("m" LENGTH("\0") "m" LENGTH("\2") "K\1"
                                                           "s" LENGTH("\0") "\x80" LENGTH("\2") "N."),
        CHECK_SIDE_WORKER, 4,
        "  # offset 0: `m` must carry a pickle (MSG-3)\n  A -> bad m\n"
        "  # offset 9: `m` carries a pickle, but these bytes are not one (MSG-3); at offset 2 of the payload: the "
        "pickle "
        "ends before "
        "its STOP\n  A -> bad m b'K\\x01'\n"
        "  # offset 20: a worker never sends this type (REQ-4)\n  A -> bad s\n"
        "  # offset 29: None and CloseRequest are never scheduled as tasks (SCHED-12)\n  A -> bad 0x80 "
        "pickle0(None)\n");
    assert_decoded(BYTES("m" LENGTH("\1") "x"
                                          "t" LENGTH("\1") "x"
                                                           "n" LENGTH("\0") "t" LENGTH("\5") "ab"),
        CHECK_SIDE_MANAGER, 4,
        "  # offset 0: an acknowledgement carries no payload (WORK-14)\n  A <- m b'x'\n"
        "  # offset 10: `t` to a worker carries a pickle, but these bytes are not one (WORK-16); at offset 0 of the "
        "payload: not a "
        "pickle opcode\n  A <- t b'x'\n"
        "  # offset 20: a manager never sends this type (WORK-16)\n  A <- n\n"
        "  # offset 29: the bytes end inside a payload: the header announces 5, but 2 follow (FRAME-5)\n"
        "  # raw b't\\x05\\x00\\x00\\x00\\x00\\x00\\x00\\x00ab'\n");
}

static void a_huge_length_costs_nothing(void **state) {
    (void)state;
    assert_decoded(BYTES("\x80\xff\xff\xff\xff\xff\xff\xff\x7fx"), CHECK_SIDE_WORKER, 1,
        "  # offset 0: the bytes end inside a payload: the header announces 9223372036854775807, but 1 follow (FRAME-5)\n"
        "  A -> raw b'\\x80\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x7fx'\n");
    size_t wrong;
    undr_buffer printed = decode(BYTES("\x80" LENGTH("\5") "abcde"), CHECK_SIDE_WORKER, 4, &wrong);
    assert_int_equal(wrong, 1);
    assert_non_null(strstr((char *)printed.data, "announces 5 bytes, more than the limit; 5 follow (FRAME-7)"));
    undr_buffer_free(&printed);
}

static void the_side_is_guessed(void **state) {
    static const struct {
        undr_slice bytes;
        const char *first;
    } table[] = {
        {{(const uint8_t *)"n" LENGTH("\0"), 9}, "  A -> n\n"},
        {{(const uint8_t *)"s" LENGTH("\0"), 9}, "  A <- s\n"},
        {{(const uint8_t *)"t" LENGTH("\0"), 9}, "  A -> t\n"},
        {{(const uint8_t *)"m" LENGTH("\0"), 9}, "  A <- m\n"},
        {{(const uint8_t *)"m" LENGTH("\0") "t" LENGTH("\2") "N.", 20}, "  A <- m\n"},
        {{(const uint8_t *)"t" LENGTH("\0") "m" LENGTH("\2") "N.", 20}, "  A -> t\n"},
        {{(const uint8_t *)"t" LENGTH("\2") "N.", 11}, "  A <- t None\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t wrong;
        undr_buffer printed = decode(table[i].bytes, CHECK_SIDE_GUESS, 0, &wrong);
        assert_memory_equal(printed.data, table[i].first, strlen(table[i].first));
        assert_int_equal(wrong, 0);
        undr_buffer_free(&printed);
    }
    assert_decoded(BYTES(""), CHECK_SIDE_GUESS, 0, "");
}

/* The printed lines are a case: sent again they are the same bytes. */
static void what_is_decoded_can_be_sent_again(void **state) {
    (void)state;
    const undr_slice bytes = BYTES(
        "n" LENGTH("\0") "m" LENGTH("\2") "N."
                                          "n" LENGTH("\1") "x"
                                                           "\x80" LENGTH("\3") "a\0b"
                                                                               "m" LENGTH("\6") "\x80\4K\1.\0"
                                                                                                "s" LENGTH("\0") "m\1");
    size_t wrong;
    undr_buffer printed = decode(bytes, CHECK_SIDE_WORKER, 0, &wrong), text = {0}, again = {0};
    assert_int_equal(undr_put_format(&text, "case manager.a.b\n  must X-1 s\n%s", (char *)printed.data), UNDR_OK);
    check_cases cases;
    check_mistake mistake;
    if (check_parse(undr_buffer_slice(&text), "text", &cases, &mistake) != UNDR_OK) {
        fail_msg("%s", mistake.text);
    }
    for (size_t i = 0; i < cases.at[0].step_count; i++) {
        const check_step *step = &cases.at[0].steps[i];
        undr_buffer payload = {0};
        assert_int_equal(check_build_payload(&step->payload, NULL, &payload, NULL), UNDR_OK);
        undr_frame frame = {.type = step->type, .payload = undr_buffer_slice(&payload)};
        assert_int_equal(
            step->what == CHECK_SEND_RAW ? undr_put_slice(&again, frame.payload) : undr_frame_encode(&again, &frame),
            UNDR_OK);
        undr_buffer_free(&payload);
    }
    assert_int_equal(again.size, bytes.size);
    assert_memory_equal(again.data, bytes.data, bytes.size);
    undr_buffer_free(&printed);
    undr_buffer_free(&text);
    undr_buffer_free(&again);
    check_cases_free(&cases);
}

static void an_output_that_fails_is_reported(void **state) {
    (void)state;
    FILE *out = fopen("/dev/full", "wb");
    if (out == NULL) {
        print_message("SKIPPED: an output that fails (there is no /dev/full)\n");
        skip();
    }
    check_decode_options options = {.side = CHECK_SIDE_GUESS};
    size_t wrong;
    assert_int_equal(check_decode(undr_slice_of("n" LENGTH("\0"), 9), out, &options, &wrong), UNDR_SYSTEM);
    (void)fclose(out); /* fails as it should */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_and_bytes_are_printed),
        cmocka_unit_test(a_pickle_is_printed_as_its_value),
        cmocka_unit_test(what_was_sent_is_printed_exactly),
        cmocka_unit_test(long_payloads_are_shortened),
        cmocka_unit_test(long_values_are_shortened),
        cmocka_unit_test(bytes_are_shortened_by_what_they_take),
        cmocka_unit_test(large_values_are_decoded_where_all_is_shown),
        cmocka_unit_test(a_worker_exception_is_named),
        cmocka_unit_test(a_pickle_bomb_stays_bytes),
        cmocka_unit_test(a_workers_bytes_are_decoded),
        cmocka_unit_test(a_managers_bytes_are_decoded),
        cmocka_unit_test(what_is_wrong_is_told_with_its_offset),
        cmocka_unit_test(a_huge_length_costs_nothing),
        cmocka_unit_test(the_side_is_guessed),
        cmocka_unit_test(what_is_decoded_can_be_sent_again),
        cmocka_unit_test(an_output_that_fails_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
