/* test_grow.c: an array grows when it is full, and is as it was when there is no memory. */
#include "base/grow.h"
#include "support/failing_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void grows_when_it_is_full(void **state) {
    (void)state;
    int *at = NULL;
    size_t capacity = 0;
    for (size_t count = 0; count < 1000; count++) {
        size_t before = capacity;
        int *grown = check_array_grow(at, count, &capacity, sizeof *at);
        assert_non_null(grown);
        assert_true(capacity > count);
        assert_true(count == before ? capacity > before : capacity == before && grown == at);
        at = grown;
        at[count] = (int)count;
    }
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(at[i], i);
    }
    free(at);
}

static void is_as_before_without_memory(void **state) {
    (void)state;
    size_t capacity = 0;
    int *at = check_array_grow(NULL, 0, &capacity, sizeof *at);
    assert_non_null(at);
    size_t before = capacity;
    at[0] = 7;
    fail_allocation(1);
    assert_null(check_array_grow(at, capacity, &capacity, sizeof *at));
    end_failing();
    assert_int_equal(capacity, before);
    assert_int_equal(at[0], 7);
    size_t huge = SIZE_MAX / 4;
    assert_null(check_array_grow(at, huge, &huge, sizeof *at));
    assert_int_equal(huge, SIZE_MAX / 4);
    free(at);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_when_it_is_full),
        cmocka_unit_test(is_as_before_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
