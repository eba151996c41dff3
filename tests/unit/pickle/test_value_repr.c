/* test_value_repr.c: values as Python's repr() prints them, and values that are cut for a person. The interop test
 * task_repr compares with Python itself. */
#include "pickle/value_walk.h"
#include "support/make_values.h"
#include "undr/pickle.h"
#include "undr/task.h"

#include <stdlib.h>
#include <string.h>

static undr_value *read_value(undr_arena *arena, const char *pickle, size_t size) {
    undr_value *value = NULL;
    assert_int_equal(undr_pickle_read(undr_slice_of(pickle, size), NULL, arena, &value, NULL, NULL), UNDR_OK);
    return value;
}

typedef struct row {
    const char *pickle;
    size_t size;
    const char *text;
} row;
#define ROW(pickle, text) {pickle, sizeof(pickle) - 1, text}

static void reprs(void **state) {
    (void)state;
    static const row rows[] = {
        ROW("N.", "None"), ROW("X\x05\0\0\0K\xc3\xa4se.", "'K\xc3\xa4se'"),
        ROW("X\x03\0\0\0\xe2\x80\xae.", "'\\u202e'"), ROW("X\x04\0\0\0\n\\\xc3\xa4.", "'\\n\\\\\xc3\xa4'"),
        ROW("X\x03\0\0\0\xed\xa0\x80.", "'\\ud800'"),
        ROW("X\x03\0\0\0\xef\xb8\x8f.", "'\xef\xb8\x8f'"), /* Python prints variation selectors */
        ROW("C\x02\xc3\xa4.", "b'\\xc3\\xa4'"), ROW("\x96\x02\0\0\0\0\0\0\0'\".", "bytearray(b'\\'\"')"),
        ROW("\x96\x01\0\0\0\0\0\0\0'.", "bytearray(b\"\\'\")"), ROW("cbuiltins\nint\n.", "<class 'int'>"),
        ROW("cm\nN\n.", "<class 'm.N'>"), ROW("cm\nN\n)\x81.", "<class 'm.N'>({})"),
        ROW("cm\nN\n)\x81Nb.", "<class 'm.N'>({})"), ROW("cm\nN\n)\x81}U\001aK\001sb.", "<class 'm.N'>({'a': 1})"),
        ROW("cm\nN\n)\x81}U\001acm\nO\n)\x81sb.", "<class 'm.N'>({'a': <class 'm.O'>({})})"),
        ROW("cm\nN\n)\x81N}U\001bK\002s\x86"
            "b.",
            "<class 'm.N'>({})"), /* slots are not in __dict__ */
        ROW("cm\nN\n)\x81K\001b.", "<class 'm.N'>(1)"),
        ROW("cm\nN\n)\x81q\0}U\001ah\0sb.", "<class 'm.N'>({'a': <class 'm.N'>({...})})"),
        ROW("cm\nN\n)\x81q\0]h\0ab.", "<class 'm.N'>([...])"), ROW("cm\nN\n)R.", "<class 'm.N'>({})"),
        ROW("cm\nN\nK\001\x85R.", "m.N(1)"), ROW("cm\nN\n)\x81K\001a.", "m.N().extend([1])"),
        ROW("cm\nN\n)\x81K\001K\002s.", "m.N().update({1: 2})"), ROW("cm\nN\n)}\x92.", "<class 'm.N'>({})"),
        ROW("cm\nN\n)}U\001kK\001s\x92.", "m.N(k=1)"),
        ROW("cbuiltins\nValueError\nU\004boom\x85R.", "ValueError('boom')"),
        ROW("cbuiltins\nKeyError\n)R.", "KeyError()"),
        ROW("cbuiltins\nKeyError\n)R}U\001aK\001sb.", "<class 'KeyError'>({'a': 1})"), ROW("]q\0h\0a.", "[[...]]"),
        ROW("K\001K\001R.", NULL), /* refused */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        undr_arena arena = {0};
        undr_buffer text = {0};
        undr_value *value = NULL;
        const undr_slice pickle = undr_slice_of(rows[i].pickle, rows[i].size);
        const undr_error error = undr_pickle_read(pickle, NULL, &arena, &value, NULL, NULL);
        if (rows[i].text != NULL) {
            assert_int_equal(error, UNDR_OK);
            assert_int_equal(undr_task_repr(&text, value), UNDR_OK);
            assert_int_equal(undr_put_u8(&text, 0), UNDR_OK);
            assert_string_equal((char *)text.data, rows[i].text);
        } else {
            assert_int_not_equal(error, UNDR_OK);
        }
        undr_buffer_free(&text);
        undr_arena_free(&arena);
    }
}

/* Only a caller can make a set that holds itself, or an object of no class. */
static void what_no_pickle_makes(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_buffer text = {0};
    const undr_kind kinds[] = {UNDR_SET, UNDR_FROZENSET};
    for (size_t i = 0; i < 2; i++) {
        undr_value *one = integer(&arena, 1);
        undr_value *set = collect(&arena, kinds[i], &one, 1);
        set->items.at[0] = set;
        assert_int_equal(undr_value_repr_short(&text, set, 100), UNDR_OK);
    }
    undr_value *object = NULL;
    assert_int_equal(undr_value_instance(&arena, "m", "N", NULL, &object), UNDR_OK);
    object->object.callable = NULL;
    assert_int_equal(undr_value_repr_short(&text, object, 100), UNDR_OK);
    object->object.callable = integer(&arena, 1);
    assert_int_equal(undr_value_repr_short(&text, object, 100), UNDR_OK);
    assert_int_equal(undr_put_u8(&text, 0), UNDR_OK);
    assert_string_equal((char *)text.data, "{set(...)}frozenset({frozenset(...)})()1()");
    assert_int_equal(undr_value_print_short(&text, NULL, 100), UNDR_ARGUMENT);
    undr_buffer_free(&text);
    undr_arena_free(&arena);
}

static void assert_short(const undr_value *value, size_t bytes, const char *expected) {
    undr_buffer text = {0};
    assert_int_equal(undr_put_text(&text, "> "), UNDR_OK);
    assert_int_equal(undr_value_print_short(&text, value, bytes), UNDR_OK);
    assert_int_equal(undr_put_u8(&text, 0), UNDR_OK);
    assert_string_equal((char *)text.data + 2, expected);
    undr_buffer_free(&text);
}

static void what_is_long_is_cut(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *number = integer(&arena, 7);
    undr_value *const items[] = {number, text(&arena, "abcdefgh"), number};
    undr_value *list = collect(&arena, UNDR_LIST, items, 3);
    assert_short(list, 100, "[7, 'abcdefgh', 7]");
    assert_short(list, 18, "[7, 'abcdefgh', 7]");
    assert_short(list, 17, "[7, 'abcdefgh', 7...");
    assert_short(list, 7, "[7, 'ab...");
    assert_short(list, 0, "...");
    assert_short(text(&arena, "\x1b\x1b\x1b"), 4, "'\\x1b...");
    undr_value *huge = NULL;
    uint8_t digits[4000];
    memset(digits, 0x11, sizeof digits);
    assert_int_equal(undr_value_big(&arena, undr_slice_of(digits, sizeof digits), &huge), UNDR_OK);
    assert_short(huge, 100, "...");
    undr_arena_free(&arena);
}

/* A pair that holds the former one twice, of each kind that can: 2^60 paths, 60 values. */
static undr_value *bomb(undr_arena *arena, undr_kind kind) {
    undr_value *value = text(arena, "end");
    for (int64_t level = 0; level < 60; level++) {
        undr_value *const items[] = {integer(arena, 0), value, integer(arena, 1), value};
        value = collect(arena, kind, items, 4);
    }
    return value;
}

/* Few bytes, but many steps: around each of them all the holders are looked at. */
static void what_is_deep_is_cut(void **state) {
    (void)state;
    enum { DEPTH = 900, FITS = 100 };
    undr_arena arena = {0};
    undr_value *value = collect(&arena, UNDR_LIST, NULL, 0);
    char expected[DEPTH + 4];
    for (int depth = 1; depth < DEPTH; depth++) {
        value = collect(&arena, UNDR_LIST, &value, 1);
        if (depth == FITS - 1) {
            memset(expected, '[', FITS);
            memset(expected + FITS, ']', FITS);
            expected[2 * (size_t)FITS] = '\0';
            assert_short(value, 2 * (size_t)FITS, expected);
        }
    }
    undr_buffer text = {0};
    assert_int_equal(undr_value_print_short(&text, value, 2 * (size_t)DEPTH), UNDR_OK);
    assert_true(text.size >= FITS && text.size <= DEPTH);
    memset(expected, '[', text.size - 3);
    memcpy(expected + text.size - 3, "...", 3);
    assert_memory_equal(text.data, expected, text.size);
    undr_buffer_free(&text);
    undr_arena_free(&arena);
}

static void bombs(void **state) {
    (void)state;
    static const undr_kind kinds[] = {UNDR_LIST, UNDR_TUPLE, UNDR_DICT, UNDR_SET, UNDR_FROZENSET};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        undr_arena arena = {0};
        undr_buffer literal = {0}, repr = {0};
        undr_value *value = bomb(&arena, kinds[i]), *task = NULL;
        assert_int_equal(undr_value_print_short(&literal, value, 1000), UNDR_OK);
        assert_true(literal.size >= 900 && literal.size <= 1003);
        assert_memory_equal(literal.data + literal.size - 3, "...", 3);
        assert_int_equal(undr_value_instance(&arena, "m", "N", value, &task), UNDR_OK);
        assert_int_equal(undr_task_repr(&repr, task), UNDR_OK);
        assert_true(repr.size < 65 * 1024);
        assert_memory_equal(repr.data + repr.size - 3, "...", 3);
        undr_buffer_free(&literal);
        undr_buffer_free(&repr);
        undr_arena_free(&arena);
    }
}

/* Objects that hold the former one as an argument, twice. */
static void bomb_of_calls(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_buffer text = {0}, pickle = {0};
    assert_int_equal(undr_put_bytes(&pickle, "cm\nN\nq\001Nq\0", 10), UNDR_OK);
    for (int level = 0; level < 60; level++) {
        assert_int_equal(undr_put_bytes(&pickle, "0h\001h\0h\0\x86Rq\0", 11), UNDR_OK);
    }
    assert_int_equal(undr_put_text(&pickle, "."), UNDR_OK);
    const undr_value *value = read_value(&arena, (const char *)pickle.data, pickle.size);
    assert_int_equal(undr_value_print_short(&text, value, 1000), UNDR_OK);
    assert_int_equal(undr_task_repr(&text, value), UNDR_OK);
    assert_true(text.size < 70000);
    undr_buffer_free(&text);
    undr_buffer_free(&pickle);
    undr_arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reprs),
        cmocka_unit_test(what_no_pickle_makes),
        cmocka_unit_test(what_is_long_is_cut),
        cmocka_unit_test(what_is_deep_is_cut),
        cmocka_unit_test(bombs),
        cmocka_unit_test(bomb_of_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
