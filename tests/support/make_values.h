/* make_values.h: values in one expression each, for tests; what can't be made fails the test. */
#ifndef TESTS_MAKE_VALUES_H
#define TESTS_MAKE_VALUES_H

#include "undr/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static inline undr_value *integer(undr_arena *arena, int64_t number) {
    undr_value *value = NULL;
    assert_int_equal(undr_value_int(arena, number, &value), UNDR_OK);
    return value;
}

static inline undr_value *real(undr_arena *arena, double number) {
    undr_value *value = NULL;
    assert_int_equal(undr_value_float(arena, number, &value), UNDR_OK);
    return value;
}

static inline undr_value *boolean(undr_arena *arena, bool truth) {
    undr_value *value = NULL;
    assert_int_equal(undr_value_bool(arena, truth, &value), UNDR_OK);
    return value;
}

static inline undr_value *text(undr_arena *arena, const char *content) {
    undr_value *value = NULL;
    assert_int_equal(undr_value_text(arena, content, &value), UNDR_OK);
    return value;
}

static inline undr_value *bytes(undr_arena *arena, undr_kind kind, const char *content, size_t size) {
    undr_value *value = NULL;
    assert_int_equal(undr_value_bytes(arena, kind, undr_slice_of(content, size), &value), UNDR_OK);
    return value;
}

static inline undr_value *class_named(undr_arena *arena, const char *module, const char *name) {
    undr_value *value = NULL;
    assert_int_equal(undr_value_class(arena, module, name, &value), UNDR_OK);
    return value;
}

static inline undr_value *collect(undr_arena *arena, undr_kind kind, undr_value *const *items, size_t count) {
    undr_value *value = NULL;
    assert_int_equal(undr_value_items(arena, kind, items, count, &value), UNDR_OK);
    return value;
}

/* Either way round. */
static inline bool are_equal(const undr_value *a, const undr_value *b) {
    bool forth = false, back = false;
    assert_int_equal(undr_value_equal(a, b, &forth), UNDR_OK);
    assert_int_equal(undr_value_equal(b, a, &back), UNDR_OK);
    assert_int_equal(forth, back);
    return forth;
}

static inline void assert_prints(const undr_value *value, const char *expected) {
    undr_buffer buffer = {0};
    assert_int_equal(undr_value_print(&buffer, value), UNDR_OK);
    assert_int_equal(undr_put_u8(&buffer, '\0'), UNDR_OK);
    assert_string_equal((const char *)buffer.data, expected);
    undr_buffer_free(&buffer);
}

#endif
