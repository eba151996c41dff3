/* test_bytes.c: the cursor never reads past its bytes, the buffer grows and keeps what it has. */
#include "support/guard_page.h"
#include "undr/bytes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_slices(void **state) {
    (void)state;
    assert_true(undr_slice_equal(undr_slice_text("abc"), undr_slice_of("abcd", 3)));
    assert_false(undr_slice_equal(undr_slice_text("abc"), undr_slice_text("abd")));
    assert_false(undr_slice_equal(undr_slice_text("abc"), undr_slice_text("ab")));
    assert_true(undr_slice_equal(undr_slice_of(NULL, 0), undr_slice_text("")));
}

static void test_integers(void **state) {
    (void)state;
    guarded copy = guard_page_copy(undr_slice_of("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f", 15));
    undr_cursor cursor = undr_cursor_over(copy.bytes);
    uint8_t one = 0;
    uint16_t two = 0;
    uint32_t four = 0;
    uint64_t eight = 0;
    assert_true(undr_read_u8(&cursor, &one));
    assert_int_equal(one, 1);
    assert_true(undr_read_u16le(&cursor, &two));
    assert_int_equal(two, 0x0302);
    assert_true(undr_read_u32le(&cursor, &four));
    assert_int_equal(four, 0x07060504);
    assert_true(undr_read_u64le(&cursor, &eight));
    assert_true(eight == UINT64_C(0x0f0e0d0c0b0a0908));
    assert_int_equal(undr_cursor_left(&cursor), 0);
    assert_false(undr_read_u8(&cursor, &one));
    guard_page_free(&copy);
}

/* Of `size` bytes, at the edge of what is readable: each read takes all that it needs or stays where it is. */
static void check_short_reads(size_t size) {
    guarded copy = guard_page_copy(undr_slice_of("\x7f\xf8\n\x00\x00\x00\x00\x00", size));
    uint16_t two = 0;
    uint32_t four = 0;
    uint64_t eight = 0;
    double real = 0;
    undr_slice slice = {0};
    undr_cursor cursor = undr_cursor_over(copy.bytes);
    assert_int_equal(undr_read_u16le(&cursor, &two), size >= 2);
    cursor = undr_cursor_over(copy.bytes);
    assert_int_equal(undr_read_u32le(&cursor, &four), size >= 4);
    cursor = undr_cursor_over(copy.bytes);
    assert_int_equal(undr_read_u64le(&cursor, &eight), size >= 8);
    assert_int_equal(cursor.offset, size >= 8 ? 8 : 0);
    cursor = undr_cursor_over(copy.bytes);
    assert_int_equal(undr_read_f64be(&cursor, &real), size >= 8);
    cursor = undr_cursor_over(copy.bytes);
    assert_int_equal(undr_read_line(&cursor, &slice), size >= 3);
    assert_int_equal(cursor.offset, size >= 3 ? 3 : 0);
    cursor = undr_cursor_over(copy.bytes);
    assert_true(undr_read_slice(&cursor, size, &slice));
    assert_int_equal(slice.size, size);
    assert_false(undr_read_slice(&cursor, 1, &slice));
    assert_false(undr_read_slice(&cursor, UINT64_MAX, &slice));
    assert_true(undr_read_slice(&cursor, 0, &slice));
    guard_page_free(&copy);
}

static void test_short_reads(void **state) {
    (void)state;
    for (size_t size = 0; size <= 8; ++size) {
        check_short_reads(size);
    }
}

static void test_lines(void **state) {
    (void)state;
    undr_cursor cursor = undr_cursor_over(undr_slice_text("one\n\nthree"));
    undr_slice line = {0};
    assert_true(undr_read_line(&cursor, &line));
    assert_true(undr_slice_equal(line, undr_slice_text("one")));
    assert_true(undr_read_line(&cursor, &line));
    assert_int_equal(line.size, 0);
    assert_false(undr_read_line(&cursor, &line));
    assert_int_equal(cursor.offset, 5);
}

static void test_written_integers(void **state) {
    (void)state;
    undr_buffer buffer = {0};
    assert_int_equal(undr_put_u8(&buffer, 0x01), UNDR_OK);
    assert_int_equal(undr_put_u16le(&buffer, 0x0302), UNDR_OK);
    assert_int_equal(undr_put_u32le(&buffer, 0x07060504), UNDR_OK);
    assert_int_equal(undr_put_u64le(&buffer, UINT64_C(0x0f0e0d0c0b0a0908)), UNDR_OK);
    assert_true(undr_slice_equal(
        undr_buffer_slice(&buffer), undr_slice_of("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f", 15)));
    undr_buffer_free(&buffer);
    assert_null(buffer.data);
    assert_int_equal(buffer.capacity, 0);
}

static void test_floats(void **state) {
    (void)state;
    const double numbers[] = {0.0, -0.0, 1.5, -1e300, INFINITY, 5e-324};
    for (size_t index = 0; index < sizeof numbers / sizeof numbers[0]; ++index) {
        undr_buffer buffer = {0};
        assert_int_equal(undr_put_f64be(&buffer, numbers[index]), UNDR_OK);
        undr_cursor cursor = undr_cursor_over(undr_buffer_slice(&buffer));
        double back = 7;
        assert_true(undr_read_f64be(&cursor, &back));
        assert_memory_equal(&back, &numbers[index], sizeof back);
        undr_buffer_free(&buffer);
    }
    undr_buffer buffer = {0};
    assert_int_equal(undr_put_f64be(&buffer, 1.5), UNDR_OK);
    assert_memory_equal(buffer.data, "\x3f\xf8\0\0\0\0\0\0", 8);
    undr_buffer_free(&buffer);
}

static void test_growing(void **state) {
    (void)state;
    undr_buffer buffer = {0};
    unsigned moves = 0;
    for (unsigned index = 0; index < 10000; ++index) {
        const size_t before = buffer.capacity;
        assert_int_equal(undr_put_u8(&buffer, (uint8_t)index), UNDR_OK);
        moves += buffer.capacity != before;
    }
    assert_int_equal(moves, 9); /* 64, 128, ... 16384: appending is cheap in the mean */
    assert_int_equal(buffer.size, 10000);
    for (unsigned index = 0; index < 10000; ++index) {
        assert_int_equal(buffer.data[index], (uint8_t)index);
    }
    const size_t capacity = buffer.capacity;
    assert_int_equal(undr_buffer_grow(&buffer, capacity + 1), UNDR_OK);
    assert_int_equal(buffer.capacity, capacity + 1);
    assert_int_equal(undr_buffer_grow(&buffer, 1), UNDR_OK); /* never less */
    assert_int_equal(buffer.capacity, capacity + 1);
    assert_int_equal(buffer.size, 10000);
    undr_buffer_free(&buffer);
}

static void test_text_and_format(void **state) {
    (void)state;
    undr_buffer buffer = {0};
    assert_int_equal(undr_put_text(&buffer, "a"), UNDR_OK);
    assert_int_equal(undr_put_text(&buffer, ""), UNDR_OK);
    assert_int_equal(undr_put_slice(&buffer, undr_slice_of(NULL, 0)), UNDR_OK);
    assert_int_equal(undr_put_format(&buffer, "%d-%s", 12, "x"), UNDR_OK);
    assert_int_equal(undr_put_format(&buffer, "%0100d", 7), UNDR_OK);
    assert_int_equal(buffer.size, 105);
    assert_memory_equal(buffer.data, "a12-x0", 6);
    undr_buffer_free(&buffer);
}

static void test_impossible_sizes(void **state) {
    (void)state;
    undr_buffer buffer = {0};
    assert_int_equal(undr_put_text(&buffer, "kept"), UNDR_OK);
    assert_int_equal(undr_buffer_reserve(&buffer, SIZE_MAX), UNDR_MEMORY);
    assert_int_equal(undr_buffer_reserve(&buffer, SIZE_MAX / 2), UNDR_MEMORY);
    assert_true(undr_slice_equal(undr_buffer_slice(&buffer), undr_slice_text("kept")));
    undr_buffer_free(&buffer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_short_reads),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_written_integers),
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_growing),
        cmocka_unit_test(test_text_and_format),
        cmocka_unit_test(test_impossible_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
