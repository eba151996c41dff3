/* test_transcript.c: frames as the transcript shows them, and what it keeps of a long play. */
#include "play/transcript.h"

#include "undr/pickle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_text(undr_buffer *buffer, const char *text) {
    assert_int_equal(undr_put_u8(buffer, 0), UNDR_OK);
    assert_string_equal((const char *)buffer->data, text);
    undr_buffer_free(buffer);
}

static void expect(uint8_t type, const char *payload, size_t size, bool wire, const char *text) {
    undr_buffer shown = {0};
    assert_int_equal(check_show_frame(&shown, type, undr_slice_of(payload, size), wire, NULL), UNDR_OK);
    assert_text(&shown, text);
}

#define PAYLOAD(bytes) bytes, sizeof bytes - 1

static void frames_are_shown_in_the_notation(void **state) {
    (void)state;
    expect('n', NULL, 0, false, "n");
    expect(0x81, PAYLOAD("late"), false, "0x81 b'late'");
    expect('t', PAYLOAD("\x80\4N."), false, "t None");
    expect('t', PAYLOAD("\x80\4N."), true, "t b'\\x80\\x04N.'");
    expect('m', PAYLOAD("\x80\2K\1."), false, "m pickle2(1)");
    expect('m', PAYLOAD("I1\n."), false, "m pickle0(1)");
    expect('m', PAYLOAD("\x80\4C\1x."), false, "m pickle(b'x')");
    expect('m', PAYLOAD("\x80\4N.rest"), false, "m b'\\x80\\x04N.rest'");
    expect('m', PAYLOAD("\x80\4]q\0K\1K\2\x86q\1a."), false, "m [(1, 2)]");
    expect('s', PAYLOAD("x"), false, "s b'x'");
}

static void what_only_literals_can_say_is_one(void **state) {
    (void)state;
    expect('m', PAYLOAD("\x80\4\x8f."), false, "m set()");
    expect('m', PAYLOAD("\x80\4(K\1\x91."), false, "m frozenset({1})");
    expect('m', PAYLOAD("\x80\5\x96\2\0\0\0\0\0\0\0ab."), false, "m pickle5(bytearray(b'ab'))");
}

static void close_request_is_a_word(void **state) {
    (void)state;
    undr_slice pickle = undr_pickle_close_request();
    expect('t', (const char *)pickle.data, pickle.size, false, "t CloseRequest");
}

static void long_payloads_are_shortened(void **state) {
    (void)state;
    static char bytes[100000];
    memset(bytes, 'x', sizeof bytes);
    expect('t', bytes, sizeof bytes, false, "t b'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'... (100000 bytes)");
    undr_buffer shown = {0};
    memcpy(bytes, "\x80\4X\x10\x27\0\0", 7); /* a str of 10,000 characters */
    bytes[10007] = '.';
    assert_int_equal(check_show_payload(&shown, undr_slice_of(bytes, 10008), false, NULL), UNDR_OK);
    assert_true(shown.size < 4200);
    assert_int_equal(undr_put_u8(&shown, 0), UNDR_OK);
    assert_non_null(strstr((const char *)shown.data, "x... (10008 bytes)"));
    undr_buffer_free(&shown);
}

static void gates_are_letters(void **state) {
    (void)state;
    check_names names = {0};
    undr_buffer shown = {0};
    check_names_open(&names, 'G', 0x1234);
    assert_int_equal(check_show_payload(&shown, undr_slice_of("\x80\4M\x34\x12K\1\x86.", 9), false, &names), UNDR_OK);
    assert_text(&shown, "(G, 1)");
    assert_int_equal(check_show_payload(&shown, undr_slice_of("\x80\4M\x35\x12K\1\x86.", 9), false, &names), UNDR_OK);
    assert_text(&shown, "(4661, 1)");
    check_names_free(&names);
}

static void an_adapter_may_use_any_protocol(void **state) {
    (void)state;
    undr_buffer shown = {0};
    assert_int_equal(check_show_message(&shown, undr_slice_of("K\2.", 3), NULL), UNDR_OK);
    assert_text(&shown, "2");
    assert_int_equal(check_show_message(&shown, undr_slice_of("no", 2), NULL), UNDR_OK);
    assert_text(&shown, "b'no'");
}

static void first_and_last_lines_are_kept(void **state) {
    (void)state;
    check_transcript transcript = {0};
    undr_buffer all = {0};
    char line[64];
    uint64_t lines = 200000;
    for (uint64_t i = 0; i < lines; i++) {
        snprintf(line, sizeof line, "line %llu", (unsigned long long)i);
        assert_int_equal(check_transcript_add(&transcript, undr_slice_text(line)), UNDR_OK);
    }
    assert_int_equal(check_transcript_write(&transcript, &all), UNDR_OK);
    assert_true(all.size < 250 * 1024);
    assert_memory_equal(all.data, "line 0\nline 1\n", 14);
    assert_memory_equal(all.data + all.size - 12, "line 199999\n", 12);
    uint64_t kept = 0;
    for (size_t i = 0; i < all.size; i++) {
        kept += all.data[i] == '\n' ? 1 : 0;
    }
    assert_int_equal(kept - 1 + transcript.dropped, lines); /* one line says how many were dropped */
    undr_buffer_free(&all);
    check_transcript_free(&transcript);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_shown_in_the_notation),
        cmocka_unit_test(what_only_literals_can_say_is_one),
        cmocka_unit_test(close_request_is_a_word),
        cmocka_unit_test(long_payloads_are_shortened),
        cmocka_unit_test(gates_are_letters),
        cmocka_unit_test(an_adapter_may_use_any_protocol),
        cmocka_unit_test(first_and_last_lines_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
