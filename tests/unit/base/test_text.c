/* test_text.c: text from anywhere, made safe to print; the nearest word. */
#include "base/text.h"
#include "base/user_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static size_t character(const char *bytes, size_t size) {
    return check_text_character(undr_slice_of(bytes, size));
}

static void characters_that_may_be_printed(void **state) {
    (void)state;
    assert_int_equal(character("a", 1), 1);
    assert_int_equal(character("\n", 1), 1);
    assert_int_equal(character("\xc3\xa9x", 3), 2);
    assert_int_equal(character("\xe2\x82\xac", 3), 3);
    assert_int_equal(character("\xf0\x9f\x99\x82", 4), 4);
}

static void bytes_that_are_escaped(void **state) {
    (void)state;
    assert_int_equal(character("", 0), 0);
    assert_int_equal(character("\x1b", 1), 0); /* control */
    assert_int_equal(character("\r", 1), 0);
    assert_int_equal(character("\x7f", 1), 0);
    assert_int_equal(character("\xc2\x9b", 2), 0); /* C1: a terminal's CSI */
    assert_int_equal(character("\xff", 1), 0);
    assert_int_equal(character("\xc3", 1), 0);     /* cut short */
    assert_int_equal(character("\xc0\xaf", 2), 0); /* longer than needed */
    assert_int_equal(character("\xe0\x80\xaf", 3), 0);
    assert_int_equal(character("\xed\xa0\x80", 3), 0);     /* a surrogate */
    assert_int_equal(character("\xef\xbf\xbe", 3), 0);     /* U+FFFE: not allowed in XML */
    assert_int_equal(character("\xf4\x90\x80\x80", 4), 0); /* above U+10FFFF */
    assert_int_equal(character("\xe2\x28\xa1", 3), 0);
    assert_int_equal(character("\xe2\x80\xae", 3), 0); /* U+202E; all classes: test_visible.c */
    assert_int_equal(character("\xef\xb8\x8f", 3), 0); /* a variation selector */
}

typedef void printer(FILE *out, undr_slice text);

static char *printed(printer *print, const char *bytes, size_t size) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    print(out, undr_slice_of(bytes, size));
    assert_int_equal(fclose(out), 0);
    return text;
}

static void as_lines(FILE *out, undr_slice text) {
    check_text_lines(out, text, "> ");
}

static void assert_printed(printer *print, const char *bytes, size_t size, const char *expected) {
    char *text = printed(print, bytes, size);
    assert_string_equal(text, expected);
    free(text);
}

static void printing(void **state) {
    (void)state;
    assert_printed(check_text_plain, "a\x1b[31m\0\xff", 8, "a\\x1b[31m\\x00\\xff");
    assert_printed(check_text_plain, "\xe2\x80\xae\xf3\xa0\x81\x81", 7, "\\u202e\\U000e0041");
    assert_printed(as_lines, "one\ntwo", 7, "> one\n> two\n");
    assert_printed(as_lines, "one\n", 4, "> one\n");
    assert_printed(as_lines, "", 0, "");
}

static void cleaning(void **state) {
    undr_buffer clean = {0};
    (void)state;
    assert_int_equal(check_text_clean(&clean, undr_slice_of("\xc3\xa9\xc3", 3)), UNDR_OK);
    assert_int_equal(clean.size, 6);
    assert_memory_equal(clean.data, "\xc3\xa9\\xc3", 6);
    undr_buffer_free(&clean);
}

static void trimming(void **state) {
    (void)state;
    assert_true(undr_slice_equal(check_text_trim(undr_slice_text(" \na b\t\n")), undr_slice_text("a b")));
    assert_int_equal(check_text_trim(undr_slice_text(" \n")).size, 0);
}

static void nearest_word(void **state) {
    static const char *const choices[] = {"manager", "worker", "pool", NULL};
    (void)state;
    assert_string_equal(check_text_nearest("managr", choices), "manager");
    assert_string_equal(check_text_nearest("wroker", choices), "worker");
    assert_string_equal(check_text_nearest("pol", choices), "pool");
    assert_null(check_text_nearest("zzzzzzzz", choices));
    assert_null(check_text_nearest("", choices));
}

static void unreadable_file(void **state) {
    undr_buffer text = {0}, message = {0};
    (void)state;
    assert_int_equal(check_file_read("/nonexistent/file", CHECK_TEXT_LIMIT, &text, &message), UNDR_ARGUMENT);
    assert_non_null(memmem(message.data, message.size, "/nonexistent/file", 17));
    message.size = 0;
    assert_int_equal(check_file_read("/", CHECK_TEXT_LIMIT, &text, &message), UNDR_ARGUMENT);
    undr_buffer_free(&text);
    undr_buffer_free(&message);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_that_may_be_printed),
        cmocka_unit_test(bytes_that_are_escaped),
        cmocka_unit_test(printing),
        cmocka_unit_test(cleaning),
        cmocka_unit_test(trimming),
        cmocka_unit_test(nearest_word),
        cmocka_unit_test(unreadable_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
