/* test_handles.c: numbers for pointers: found, forgotten, never given twice, and many of them. */
#include "base/handles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { MANY = 1000 };

static void a_number_finds_what_it_stands_for(void **state) {
    (void)state;
    undr_handles handles = {0};
    int things[MANY];
    uint64_t numbers[MANY];
    assert_null(undr_handles_find(&handles, 1));
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(undr_handles_add(&handles, &things[i], &numbers[i]), UNDR_OK);
        assert_int_not_equal(numbers[i], 0);
    }
    for (size_t i = 0; i < MANY; i++) {
        assert_ptr_equal(undr_handles_find(&handles, numbers[i]), &things[i]);
    }
    assert_int_equal(handles.count, MANY);
    assert_null(undr_handles_find(&handles, 0));
    assert_null(undr_handles_find(&handles, UINT32_MAX));
    assert_null(undr_handles_find(&handles, UINT64_MAX));
    undr_handles_free(&handles);
}

static void a_number_is_never_given_twice(void **state) {
    (void)state;
    undr_handles handles = {0};
    int thing;
    uint64_t numbers[MANY];
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(undr_handles_add(&handles, &thing, &numbers[i]), UNDR_OK);
        undr_handles_remove(&handles, numbers[i]);
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(numbers[k], numbers[i]);
        }
        assert_null(undr_handles_find(&handles, numbers[i]));
    }
    size_t place = 0;
    assert_int_equal(handles.count, 0);
    assert_null(undr_handles_next(&handles, &place));
    undr_handles_free(&handles);
}

/* Each once, also when each is removed as it comes, as the manager does at its end. */
static void those_that_are_left_come_one_after_the_other(void **state) {
    (void)state;
    undr_handles handles = {0};
    enum { COUNT = 40 };
    int things[COUNT];
    uint64_t numbers[COUNT];
    size_t place = 0;
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(undr_handles_add(&handles, &things[i], &numbers[i]), UNDR_OK);
    }
    undr_handles_remove(&handles, numbers[0]);
    undr_handles_remove(&handles, numbers[17]);
    undr_handles_remove(&handles, numbers[COUNT - 1]);
    for (size_t i = 1; i < COUNT - 1; i += i == 16 ? 2 : 1) {
        assert_ptr_equal(undr_handles_next(&handles, &place), &things[i]);
        undr_handles_remove(&handles, numbers[i]);
    }
    assert_null(undr_handles_next(&handles, &place));
    assert_int_equal(handles.count, 0);
    undr_handles_free(&handles);
    place = 0;
    assert_null(undr_handles_next(&handles, &place));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_finds_what_it_stands_for),
        cmocka_unit_test(a_number_is_never_given_twice),
        cmocka_unit_test(those_that_are_left_come_one_after_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
