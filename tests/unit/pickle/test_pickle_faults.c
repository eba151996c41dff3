/* test_pickle_faults.c: what is left behind when writer or comparison run out of memory (that they say so for each
 * allocation: test_allocations.c). */
#include "support/failing_malloc.h"
#include "undr/frame.h"
#include "undr/pickle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define BYTES(text) undr_slice_of(text, sizeof(text) - 1)

/* Two sets in different order: the comparison allocates. */
static void test_comparison(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *numbers[2] = {NULL, NULL};
    undr_value *turned[2] = {NULL, NULL};
    undr_value *one = NULL;
    undr_value *other = NULL;
    for (int64_t index = 0; index < 2; ++index) {
        assert_int_equal(undr_value_int(&arena, index, &numbers[index]), UNDR_OK);
        turned[1 - index] = numbers[index];
    }
    assert_int_equal(undr_value_items(&arena, UNDR_SET, numbers, 2, &one), UNDR_OK);
    assert_int_equal(undr_value_items(&arena, UNDR_SET, turned, 2, &other), UNDR_OK);
    bool equal = true;
    fail_allocation(1);
    const undr_error error = undr_value_equal(one, other, &equal);
    fail_allocation(0);
    assert_int_equal(error, UNDR_MEMORY);
    assert_false(equal);
    assert_int_equal(undr_value_equal(one, other, &equal), UNDR_OK);
    assert_true(equal);
    undr_arena_free(&arena);
}

/* A failed append leaves the buffer as it was. */
static void test_buffer_is_kept(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *value = NULL;
    const undr_slice pickle = BYTES(
        "\x80\x04]\x94(\x8c\x04text\x94"
        "C\x02xy\x94"
        "X\x64\0\0\0"
        "long long long long long long long long long long long long long long long long long long long long "
        "e.");
    assert_int_equal(undr_pickle_read(pickle, NULL, &arena, &value, NULL, NULL), UNDR_OK);
    undr_buffer buffer = {0};
    assert_int_equal(undr_put_text(&buffer, "kept"), UNDR_OK);
    const undr_slice kept = undr_slice_text("kept");
    for (size_t number = 1;; ++number) {
        fail_allocation(number);
        const undr_error error = undr_pickle_write(value, 4, &buffer);
        end_failing();
        if (!allocation_failed) {
            assert_int_equal(error, UNDR_OK);
            assert_true(number > 2);
            break;
        }
        assert_int_equal(error, UNDR_MEMORY);
        assert_true(undr_slice_equal(undr_buffer_slice(&buffer), kept));
    }
    undr_buffer_free(&buffer);
    undr_arena_free(&arena);
}

/* Large texts are borrowed; the list of those grows, and fails to. */
static void test_pieces(void **state) {
    (void)state;
    enum { LARGE = 64 * 1024, COUNT = 9 };
    static uint8_t content[COUNT][LARGE];
    undr_arena arena = {0};
    undr_value *texts[COUNT], *list = NULL;
    for (size_t index = 0; index < COUNT; ++index) {
        assert_int_equal(
            undr_value_bytes(&arena, UNDR_BYTES, undr_slice_of(content[index], LARGE), &texts[index]), UNDR_OK);
    }
    assert_int_equal(undr_value_items(&arena, UNDR_LIST, texts, COUNT, &list), UNDR_OK);
    size_t failures = 0;
    for (size_t number = 1;; ++number) {
        undr_pieces pieces = {0};
        fail_allocation(number);
        const undr_error error = undr_pickle_write_pieces(list, 4, &pieces);
        end_failing();
        assert_int_equal(error, allocation_failed ? UNDR_MEMORY : UNDR_OK);
        assert_int_equal(pieces.count, allocation_failed ? 0 : COUNT);
        assert_true(allocation_failed ? undr_pieces_size(&pieces) == 0 : undr_pieces_size(&pieces) > COUNT * LARGE);
        undr_pieces_free(&pieces);
        if (!allocation_failed) {
            break;
        }
        ++failures;
    }
    assert_true(failures >= 4); /* the bytes, the memo, and three times the list */
    undr_arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comparison),
        cmocka_unit_test(test_buffer_is_kept),
        cmocka_unit_test(test_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
