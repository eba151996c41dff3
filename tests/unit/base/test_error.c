/* test_error.c: each error has its own name and text. */
#include "undr/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NUMBER(name, text) UNDR_##name,
static const undr_error errors[] = {UNDR_ERRORS(NUMBER)};
#undef NUMBER

static const size_t error_count = sizeof errors / sizeof errors[0];

static void test_success_is_zero(void **state) {
    (void)state;
    assert_int_equal(UNDR_OK, 0);
    assert_string_equal(undr_error_name(UNDR_OK), "UNDR_OK");
    assert_string_equal(undr_error_text(UNDR_OK), "success");
}

static void test_names_and_texts(void **state) {
    (void)state;
    assert_string_equal(undr_error_name(UNDR_PICKLE_TRUNCATED), "UNDR_PICKLE_TRUNCATED");
    assert_string_equal(undr_error_text(UNDR_PICKLE_TRUNCATED), "the pickle ends before its STOP");
    for (size_t index = 0; index < error_count; ++index) {
        const char *text = undr_error_text(errors[index]);
        assert_int_equal(errors[index], index);
        assert_memory_equal(undr_error_name(errors[index]), "UNDR_", 5);
        assert_true(strlen(text) > 0 && text[strlen(text) - 1] != '.');
        for (size_t other = 0; other < index; ++other) {
            assert_string_not_equal(undr_error_name(errors[index]), undr_error_name(errors[other]));
            assert_string_not_equal(text, undr_error_text(errors[other]));
        }
    }
}

static void test_unknown_numbers(void **state) {
    (void)state;
    assert_string_equal(undr_error_name((undr_error)error_count), "UNDR_?");
    assert_string_equal(undr_error_name((undr_error)-1), "UNDR_?");
    assert_non_null(undr_error_text((undr_error)error_count));
    assert_non_null(undr_error_text((undr_error)-1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_success_is_zero),
        cmocka_unit_test(test_names_and_texts),
        cmocka_unit_test(test_unknown_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
