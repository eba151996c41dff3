/* test_hint.c: each classic mistake is proven by its bytes, and by no others. */
#include "play/hint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(text) undr_slice_of(text, sizeof(text) - 1)

static void assert_stream(undr_slice bytes, bool followed, check_hint wanted) {
    check_hint hint = CHECK_HINT_COUNT;
    undr_buffer seen = {0};
    assert_int_equal(check_hint_of_stream(bytes, followed, &hint, &seen), UNDR_OK);
    assert_int_equal(hint, wanted);
    assert_int_equal(seen.size > 0, wanted != CHECK_HINT_NONE);
    undr_buffer_free(&seen);
}

static void lengths(void **state) {
    (void)state;
    assert_stream(BYTES("m\0\0\0\0\0\0\0\x05\x80\x04K\x01."), false, CHECK_HINT_BYTE_ORDER);
    assert_stream(BYTES("m\x0e\0\0\0\0\0\0\0\x80\x04K\x01."), false, CHECK_HINT_COUNTS_HEADER);
    assert_stream(BYTES("n\x09\0\0\0\0\0\0\0"), false, CHECK_HINT_COUNTS_HEADER);
    assert_stream(BYTES("m\x05\0\0\0\x80\x04K\x01."), false, CHECK_HINT_LENGTH_SIZE);
    assert_stream(BYTES("n\0\0\0\0"), false, CHECK_HINT_LENGTH_SIZE);
    assert_stream(BYTES("m\0\0\0\x05\x80\x04K\x01."), false, CHECK_HINT_LENGTH_SIZE);
    assert_stream(BYTES("m\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\x80\x04K\x01."), false, CHECK_HINT_PADDED_HEADER);
    assert_stream(BYTES("\0\0\0\0\0\0\0"), true, CHECK_HINT_PADDED_HEADER);
    assert_stream(BYTES("m\x06\0\0\0\0\0\0\0\x80\x04K\x01."), false, CHECK_HINT_LENGTH_OFF);
    assert_stream(BYTES("m\x04\0\0\0\0\0\0\0\x80\x04K\x01."), false, CHECK_HINT_LENGTH_OFF);
    assert_stream(BYTES("n\x01\0\0\0\0\0\0\0"), false, CHECK_HINT_LENGTH_OFF);
    assert_stream(BYTES("s\x01\0\0\0\0\0\0\0"), true, CHECK_HINT_LENGTH_OFF);
}

static void text_layers(void **state) {
    (void)state;
    assert_stream(BYTES("\n"), true, CHECK_HINT_TEXT_MODE);
    assert_stream(BYTES("\r\nn\0\0\0\0\0\0\0\0"), true, CHECK_HINT_TEXT_MODE);
    assert_stream(BYTES("m\x05\0\0\0\0\0\0\0\xc2\x80\x04K\x01."), false, CHECK_HINT_TEXT_MODE);
    assert_stream(BYTES("\xc2\x81\x05\0\0\0\0\0\0\0\xc2\x80\x04K\x01."), false, CHECK_HINT_TEXT_MODE);
    assert_stream(BYTES("m\x05\0\0\0\0\0\0\0\x80\x04K\r\n."), false, CHECK_HINT_TEXT_MODE);
}

/* What is right, what is merely not whole yet, and what allows another reading. */
static void nothing_is_guessed(void **state) {
    (void)state;
    assert_stream(BYTES(""), true, CHECK_HINT_NONE);
    assert_stream(BYTES("m\x05\0\0\0\0\0\0\0\x80\x04K\x01."), false, CHECK_HINT_NONE);
    assert_stream(BYTES("m\x05\0\0\0\0\0\0\0\x80\x04K"), false, CHECK_HINT_NONE);
    assert_stream(BYTES("m\0\0\0\0\0\0\0\x05\x80\x04K"), false, CHECK_HINT_NONE);
    assert_stream(BYTES("n\0\0\0"), false, CHECK_HINT_NONE);
    assert_stream(BYTES("\0\0\0\0\0\0\0"), false, CHECK_HINT_NONE);
    assert_stream(BYTES("\0\0\0\0\0\0"), true, CHECK_HINT_NONE);
    assert_stream(BYTES("\n"), false, CHECK_HINT_NONE);
    assert_stream(BYTES("HTTP/1.1 400 Bad Request\r\n"), false, CHECK_HINT_NONE);
    assert_stream(BYTES("m\x01\0\0\0\0\0\0\0"), false, CHECK_HINT_NONE); /* its byte may be on its way */
    assert_stream(BYTES("m\x06\0\0\0\0\0\0\0\x80\x04K\x01"), false, CHECK_HINT_NONE);
    assert_stream(BYTES("m\x11\0\0\0\0\0\0\0\x80\x04K\x01."), false, CHECK_HINT_NONE);
    assert_stream(BYTES("m\x05\0\0\0\0\0\0\0\x80\x04K\x01.\x80\x04K\x01."), false, CHECK_HINT_NONE);
    assert_stream(
        BYTES("m\x06\0\0\0\0\0\0\0\x80\x04K\r\n\n."), false, CHECK_HINT_NONE); /* a text layer leaves no bare \n */
    assert_stream(BYTES("m\xff\xff\xff\xff\xff\xff\xff\xff"), false, CHECK_HINT_NONE);
}

static void assert_payload(undr_slice payload, undr_slice expected, check_hint wanted) {
    check_hint hint = CHECK_HINT_COUNT;
    undr_buffer seen = {0};
    assert_int_equal(check_hint_of_payload(payload, expected, &hint, &seen), UNDR_OK);
    assert_int_equal(hint, wanted);
    undr_buffer_free(&seen);
}

static void payloads(void **state) {
    (void)state;
    assert_payload(BYTES("cundr.task\nCloseRequest\n."), BYTES(""), CHECK_HINT_CLASS);
    assert_payload(BYTES("cundr_conformance\nProbe\n."), BYTES(""), CHECK_HINT_CLASS);
    assert_payload(BYTES("c__main__\nCloseRequest\n)\x81."), BYTES(""), CHECK_HINT_MAIN_MODULE);
    assert_payload(BYTES("c__main__\nCloseRequest\n."), BYTES(""), CHECK_HINT_MAIN_MODULE);
    assert_payload(BYTES("\x80\x04\x8c\x01x."),
        BYTES("\x80\x04"
              "C\x01x."),
        CHECK_HINT_STR);
    assert_payload(BYTES("\x80\x04"
                         "C\x01x."),
        BYTES("\x80\x04\x8c\x01x."), CHECK_HINT_STR);
    assert_payload(BYTES("\x80\x04\x8c\x02\xc3\xbf."),
        BYTES("\x80\x04"
              "C\x01\xff."),
        CHECK_HINT_STR);
    assert_payload(BYTES("\x80\x04K\x01\x8c\x01x\x86."),
        BYTES("\x80\x04K\x01"
              "C\x01x\x86."),
        CHECK_HINT_STR);
    assert_payload(BYTES("\x80\x04K\x02\x8c\x01x\x86."),
        BYTES("\x80\x04K\x01"
              "C\x01x\x86."),
        CHECK_HINT_NONE);
    assert_payload(BYTES("\x80\x04\x8c\x01y."),
        BYTES("\x80\x04"
              "C\x01x."),
        CHECK_HINT_NONE);
    assert_payload(BYTES("cbuiltins\nRuntimeError\n."), BYTES(""), CHECK_HINT_NONE);
    assert_payload(BYTES("cundr.task\nCloseRequest\n)\x81."), BYTES(""), CHECK_HINT_NONE);
    assert_payload(BYTES("garbage"), BYTES(""), CHECK_HINT_NONE);
    assert_payload(BYTES(""), BYTES(""), CHECK_HINT_NONE);
}

static void assert_line(const char *line, const char *says) {
    check_hint hint = CHECK_HINT_NONE;
    undr_buffer seen = {0};
    assert_int_equal(check_hint_of_line(undr_slice_text(line), &hint, &seen), UNDR_OK);
    assert_int_equal(hint, CHECK_HINT_OUTPUT);
    assert_non_null(memmem(seen.data, seen.size, says, strlen(says)));
    undr_buffer_free(&seen);
}

static void lines_and_files(void **state) {
    (void)state;
    assert_line("(Pdb) ", "debugger");
    assert_line("> /src/manager.py(12)serve()", "debugger");
    assert_line("x.py:1: DeprecationWarning: old", "warning");
    assert_line("got 1", "not an answer");
    assert_true(check_hint_no_interpreter(undr_slice_text("import sys\n")));
    assert_false(check_hint_no_interpreter(undr_slice_text("#!/bin/sh\n")));
    assert_false(check_hint_no_interpreter(BYTES("\x7f"
                                                 "ELF\x02\x01\x01\0")));
    assert_false(check_hint_no_interpreter(undr_slice_text("")));
}

static void each_has_an_advice(void **state) {
    (void)state;
    assert_null(check_hint_advice(CHECK_HINT_NONE));
    for (int hint = CHECK_HINT_NONE + 1; hint < CHECK_HINT_COUNT; hint++) {
        const check_advice *advice = check_hint_advice((check_hint)hint);
        assert_non_null(advice);
        assert_true(strlen(advice->name) > 0 && strlen(advice->id) > 0 && strlen(advice->text) > 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(lengths), cmocka_unit_test(text_layers),
        cmocka_unit_test(nothing_is_guessed), cmocka_unit_test(payloads), cmocka_unit_test(lines_and_files),
        cmocka_unit_test(each_has_an_advice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
