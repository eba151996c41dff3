/* test_pickle_faults.c: each allocation of reader, writer, printer and comparison fails in turn. */
#include "failing_malloc.h"
#include "undr/frame.h"
#include "undr/pickle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define BYTES(text) undr_slice_of(text, sizeof(text) - 1)

/* Every kind of value, every table that grows. */
static undr_slice sample(void) {
    return BYTES("\x80\x04]\x94(NK\x01\x88G?\xf8\0\0\0\0\0\0\x8c\x04text\x94"
                 "C\x02xy\x94Va\\u20ac\nS'a\\n'\nI12\nL7L\nF1.5\n\x8a\x09\0\0\0\0\0\0\0\0\x01"
                 "}\x94(K\x01NK\x02NK\x03NK\x04NK\x05NK\x06NK\x07NK\x08NK\x09NK\x0aNK\x01\x88u"
                 "\x8f\x94(K\x01K\x02\x90(K\x03\x91\x94"
                 "\x8c\x01m\x94\x8c\x01N\x94\x93\x94)\x81\x94}\x94\x8c\x01k\x94h\x00sb"
                 "h\x08)\x81(K\x01" "e}(K\x02K\x03ub"
                 "c_codecs\nencode\nX\x02\0\0\0\xc3\xbfX\x06\0\0\0latin1\x86R"
                 "cbuiltins\nset\n](K\x05" "e\x85R"
                 "cbuiltins\ngetattr\ncm\nA\n\x8c\x01" "B\x86R"
                 "(((((((((((((((((1111111111111111"
                 "1\x96\x01\0\0\0\0\0\0\0qp20\ng20\n"
                 "e.");
}

/* Reads, prints, compares, searches and writes in one; the first error. */
static undr_error everything(void) {
    undr_arena arena = {0};
    undr_arena other_arena = {0};
    undr_buffer output = {0};
    undr_value *value = NULL;
    undr_value *other = NULL;
    bool answer = false;
    undr_error error = undr_pickle_read(sample(), NULL, &arena, &value, NULL, NULL);
    if (error == UNDR_OK) {
        error = undr_pickle_read(sample(), NULL, &other_arena, &other, NULL, NULL);
    }
    if (error == UNDR_OK) {
        error = undr_value_print(&output, value);
    }
    if (error == UNDR_OK) {
        error = undr_value_contains(value, undr_slice_text("not in it"), &answer);
    }
    for (int protocol = 2; error == UNDR_OK && protocol <= 5; ++protocol) {
        error = undr_pickle_write(value, protocol, &output);
    }
    if (error == UNDR_OK) {
        const undr_frame frame = {.type = 'm', .payload = undr_buffer_slice(&output)};
        undr_buffer framed = {0};
        error = undr_frame_encode(&framed, &frame);
        undr_buffer_free(&framed);
    }
    undr_buffer_free(&output);
    undr_arena_free(&arena);
    undr_arena_free(&other_arena);
    return error;
}

static void test_each_allocation(void **state) {
    (void)state;
    fail_allocation(0);
    assert_int_equal(everything(), UNDR_OK);
    size_t failures = 0;
    for (size_t number = 1;; ++number) {
        fail_allocation(number);
        const undr_error error = everything();
        const bool failed = allocation_failed;
        fail_allocation(0);
        if (!failed) {
            assert_int_equal(error, UNDR_OK);
            break;
        }
        assert_int_equal(error, UNDR_MEMORY);
        ++failures;
    }
    assert_true(failures > 30);
}

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
    assert_int_equal(undr_pickle_read(sample(), NULL, &arena, &value, NULL, NULL), UNDR_OK);
    undr_buffer buffer = {0};
    assert_int_equal(undr_put_text(&buffer, "kept"), UNDR_OK);
    for (size_t number = 1; number < 6; ++number) {
        fail_allocation(number);
        const undr_error error = undr_pickle_write(value, 4, &buffer);
        fail_allocation(0);
        assert_int_equal(error, UNDR_MEMORY);
        assert_true(undr_slice_equal(undr_buffer_slice(&buffer), undr_slice_text("kept")));
    }
    undr_buffer_free(&buffer);
    undr_arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation),
        cmocka_unit_test(test_comparison),
        cmocka_unit_test(test_buffer_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
