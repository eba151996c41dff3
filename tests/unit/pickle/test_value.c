/* test_value.c: values: constructors, questions, equality, printing, and what hostile shapes cost. */
#include "support/make_values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* `...`: items up to NULL */
static undr_value *items(undr_arena *arena, undr_kind kind, undr_value *first, ...) {
    undr_value *array[16];
    size_t count = 0;
    va_list arguments;
    va_start(arguments, first);
    for (undr_value *item = first; item != NULL; item = va_arg(arguments, undr_value *)) {
        array[count++] = item;
    }
    va_end(arguments);
    return collect(arena, kind, array, count);
}

static undr_value *instance(undr_arena *arena, const char *name, undr_value *state) {
    undr_value *value = NULL;
    assert_int_equal(undr_value_instance(arena, "module", name, state, &value), UNDR_OK);
    return value;
}

static void test_arena(void **state) {
    (void)state;
    undr_arena arena = {.limit = 100000};
    void *memory = NULL;
    size_t taken = 0;
    while (undr_arena_take(&arena, 100, &memory) == UNDR_OK) {
        assert_int_equal((uintptr_t)memory % 16, 0);
        memset(memory, 0xa5, 100);
        ++taken;
    }
    assert_true(taken > 700 && taken < 1000);
    assert_true(arena.used <= arena.limit);
    assert_int_equal(undr_arena_take(&arena, 1000000, &memory), UNDR_LIMIT_BYTES);
    undr_arena_free(&arena);
    assert_int_equal(arena.used, 0);
    assert_int_equal(arena.limit, 100000);
    assert_int_equal(undr_arena_take(&arena, 0, &memory), UNDR_OK);
    undr_arena_free(&arena);
    undr_arena unlimited = {0};
    assert_int_equal(undr_arena_take(&unlimited, SIZE_MAX - 8, &memory), UNDR_MEMORY);
    undr_arena_free(&unlimited);
}

static void test_ints(void **state) {
    (void)state;
    static const struct {
        int64_t number;
        size_t size;
    } rows[] = {{0, 0}, {1, 1}, {127, 1}, {128, 2}, {-1, 1}, {-128, 1}, {-129, 2}, {255, 2}, {32767, 2}, {32768, 3},
        {INT64_MAX, 8}, {INT64_MIN, 8}};
    undr_arena arena = {0};
    for (size_t index = 0; index < sizeof rows / sizeof rows[0]; ++index) {
        const undr_value *value = integer(&arena, rows[index].number);
        int64_t back = 7;
        assert_int_equal(value->bytes.size, rows[index].size);
        assert_true(undr_value_int64(value, &back));
        assert_true(back == rows[index].number);
    }
    undr_value *big = NULL;
    assert_int_equal(undr_value_big(&arena, undr_slice_of("\0\0\0\0\0\0\0\x80\0\0", 10), &big), UNDR_OK);
    int64_t back = 7;
    assert_int_equal(big->bytes.size, 9);
    assert_false(undr_value_int64(big, &back));
    assert_prints(big, "9223372036854775808");
    assert_false(undr_value_int64(NULL, &back));
    assert_false(undr_value_int64(boolean(&arena, true), &back));
    undr_arena_free(&arena);
}

static void test_questions(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *dict = items(
        &arena, UNDR_DICT, text(&arena, "a"), integer(&arena, 1), text(&arena, "b"), text(&arena, "two"), NULL);
    undr_value *made = instance(&arena, "Outer.Name", dict);
    assert_true(undr_value_is_text(text(&arena, "abc"), "abc"));
    assert_false(undr_value_is_text(bytes(&arena, UNDR_BYTES, "abc", 3), "abc"));
    assert_false(undr_value_is_text(NULL, "abc"));
    assert_true(undr_value_is_instance(made, "module.Outer.Name"));
    assert_false(undr_value_is_instance(made, "module.Outer.Nam"));
    assert_false(undr_value_is_instance(made, "module.Outer.Names"));
    assert_false(undr_value_is_instance(made, "module_Outer.Name"));
    assert_false(undr_value_is_instance(made->object.callable, "module.Outer.Name"));
    assert_false(undr_value_is_instance(NULL, "module.Outer.Name"));
    assert_true(undr_value_is_text(undr_value_attribute(made, "b"), "two"));
    assert_null(undr_value_attribute(made, "c"));
    assert_null(undr_value_attribute(dict, "b"));
    assert_null(undr_value_attribute(NULL, "b"));
    undr_value *slots = items(&arena, UNDR_DICT, text(&arena, "s"), text(&arena, "slot"), NULL);
    undr_value *both = instance(&arena, "Name", items(&arena, UNDR_TUPLE, dict, slots, NULL));
    assert_true(undr_value_is_text(undr_value_attribute(both, "b"), "two"));
    assert_true(undr_value_is_text(undr_value_attribute(both, "s"), "slot"));
    undr_value *class_value = NULL;
    undr_value *reduced = NULL;
    assert_int_equal(undr_value_class(&arena, "module", "Name", &class_value), UNDR_OK);
    assert_int_equal(undr_value_reduce(&arena, class_value, items(&arena, UNDR_TUPLE, NULL), &reduced), UNDR_OK);
    assert_true(undr_value_is_instance(reduced, "module.Name"));
    undr_value *odd = NULL;
    assert_int_equal(undr_value_items(&arena, UNDR_DICT, &made, 1, &odd), UNDR_ARGUMENT);
    undr_arena_free(&arena);
}

static void test_equal_scalars(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *none = NULL;
    assert_int_equal(undr_value_none(&arena, &none), UNDR_OK);
    undr_value *const distinct[] = {none, boolean(&arena, true), boolean(&arena, false), integer(&arena, 0),
        integer(&arena, 1), integer(&arena, -1), integer(&arena, 255), real(&arena, 1.0), real(&arena, 0.0),
        real(&arena, -0.0), real(&arena, NAN), text(&arena, ""), text(&arena, "a"), bytes(&arena, UNDR_BYTES, "a", 1),
        bytes(&arena, UNDR_BYTEARRAY, "a", 1), items(&arena, UNDR_LIST, NULL), items(&arena, UNDR_TUPLE, NULL),
        items(&arena, UNDR_DICT, NULL), items(&arena, UNDR_SET, NULL), items(&arena, UNDR_FROZENSET, NULL)};
    const size_t count = sizeof distinct / sizeof distinct[0];
    for (size_t a = 0; a < count; ++a) {
        for (size_t b = 0; b < count; ++b) {
            assert_int_equal(are_equal(distinct[a], distinct[b]), a == b);
        }
    }
    assert_true(are_equal(real(&arena, NAN), real(&arena, NAN)));
    assert_true(are_equal(real(&arena, NAN), real(&arena, -NAN))); /* other bits, also a nan */
    assert_true(are_equal(text(&arena, "same"), text(&arena, "same")));
    assert_false(are_equal(NULL, none));
    assert_false(are_equal(NULL, NULL));
    undr_arena_free(&arena);
}

static void test_equal_containers(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *one = integer(&arena, 1);
    undr_value *two = integer(&arena, 2);
    undr_value *a = text(&arena, "a");
    undr_value *b = text(&arena, "b");
    assert_false(are_equal(items(&arena, UNDR_LIST, one, two, NULL), items(&arena, UNDR_LIST, two, one, NULL)));
    assert_true(are_equal(items(&arena, UNDR_SET, one, two, a, NULL), items(&arena, UNDR_SET, a, one, two, NULL)));
    assert_false(are_equal(items(&arena, UNDR_SET, one, two, NULL), items(&arena, UNDR_SET, one, a, NULL)));
    assert_false(are_equal(items(&arena, UNDR_SET, one, two, NULL), items(&arena, UNDR_SET, one, NULL)));
    undr_value *dict = items(&arena, UNDR_DICT, a, one, b, two, NULL);
    assert_true(are_equal(dict, items(&arena, UNDR_DICT, b, integer(&arena, 2), a, integer(&arena, 1), NULL)));
    assert_false(are_equal(dict, items(&arena, UNDR_DICT, b, one, a, two, NULL)));
    assert_false(are_equal(dict, items(&arena, UNDR_DICT, a, one, b, one, NULL)));
    assert_false(are_equal(dict, items(&arena, UNDR_DICT, a, one, text(&arena, "c"), two, NULL)));
    undr_value *keys = items(&arena, UNDR_DICT, items(&arena, UNDR_TUPLE, one, two, NULL), a,
        items(&arena, UNDR_TUPLE, one, one, NULL), b, NULL);
    undr_value *turned = items(&arena, UNDR_DICT, items(&arena, UNDR_TUPLE, one, one, NULL), b,
        items(&arena, UNDR_TUPLE, one, two, NULL), a, NULL);
    assert_true(are_equal(keys, turned));
    undr_value *sets = items(&arena, UNDR_SET, items(&arena, UNDR_FROZENSET, one, two, NULL),
        items(&arena, UNDR_FROZENSET, a, b, NULL), NULL);
    undr_value *same_sets = items(&arena, UNDR_SET, items(&arena, UNDR_FROZENSET, b, a, NULL),
        items(&arena, UNDR_FROZENSET, two, one, NULL), NULL);
    assert_true(are_equal(sets, same_sets));
    undr_value *nan_last = items(&arena, UNDR_SET, one, two, real(&arena, NAN), NULL);
    assert_true(are_equal(nan_last, items(&arena, UNDR_SET, real(&arena, -NAN), one, two, NULL)));
    /* Not what a reader makes, but a caller can: elements that occur twice are not equal to others that do. */
    undr_value *again = items(&arena, UNDR_SET, one, integer(&arena, 1), two, NULL);
    assert_false(are_equal(again, items(&arena, UNDR_SET, two, one, integer(&arena, 2), NULL)));
    undr_arena_free(&arena);
}

static void test_equal_objects(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *dict = items(&arena, UNDR_DICT, text(&arena, "a"), integer(&arena, 1), NULL);
    undr_value *none = items(&arena, UNDR_DICT, NULL);
    assert_true(are_equal(instance(&arena, "Name", dict), instance(&arena, "Name", dict)));
    assert_false(are_equal(instance(&arena, "Name", dict), instance(&arena, "Other", dict)));
    assert_false(are_equal(instance(&arena, "Name", dict), instance(&arena, "Name", NULL)));
    assert_true(are_equal(instance(&arena, "Name", none), instance(&arena, "Name", NULL)));
    undr_value *built = instance(&arena, "Name", NULL);
    undr_value *reduced = NULL;
    assert_int_equal(
        undr_value_reduce(&arena, built->object.callable, items(&arena, UNDR_TUPLE, NULL), &reduced), UNDR_OK);
    assert_true(are_equal(built, reduced)); /* however it was built */
    undr_value *with_args = NULL;
    assert_int_equal(undr_value_reduce(&arena, built->object.callable,
                         items(&arena, UNDR_TUPLE, integer(&arena, 1), NULL), &with_args),
        UNDR_OK);
    assert_false(are_equal(built, with_args));
    undr_arena_free(&arena);
}

static void test_print_scalars(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *none = NULL;
    assert_int_equal(undr_value_none(&arena, &none), UNDR_OK);
    assert_prints(none, "None");
    assert_prints(boolean(&arena, true), "True");
    assert_prints(integer(&arena, INT64_MIN), "-9223372036854775808");
    assert_prints(text(&arena, ""), "''");
    assert_prints(text(&arena, "it's"), "\"it's\"");
    assert_prints(text(&arena, "'\""), "'\\'\"'");
    assert_prints(text(&arena, "a\\\n\t\r\x01\x7f"), "'a\\\\\\n\\t\\r\\x01\\x7f'");
    assert_prints(text(&arena, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), "'\\xe9\\u20ac\\U0001f600'");
    assert_prints(bytes(&arena, UNDR_STR, "\xed\xa0\x80", 3), "'\\ud800'");
    assert_prints(bytes(&arena, UNDR_STR, "\xf0\x9f", 2), "'\\xf0\\x9f'"); /* cut: no reader makes it, no crash */
    assert_prints(bytes(&arena, UNDR_BYTES, "a'\0\xff", 4), "b\"a'\\x00\\xff\"");
    assert_prints(bytes(&arena, UNDR_BYTEARRAY, "", 0), "bytearray(b'')");
    undr_arena_free(&arena);
}

static void test_print_floats(void **state) {
    (void)state;
    static const struct {
        double number;
        const char *text;
    } rows[] = {{0.0, "0.0"}, {-0.0, "-0.0"}, {1.0, "1.0"}, {-1.5, "-1.5"}, {0.1, "0.1"}, {1e15, "1000000000000000.0"},
        {1e16, "1e+16"}, {123456789012345680.0, "1.2345678901234568e+17"}, {0.0001, "0.0001"}, {0.00001, "1e-05"},
        {1.5e-7, "1.5e-07"}, {5e-324, "5e-324"}, {1.7976931348623157e308, "1.7976931348623157e+308"}, {1e100, "1e+100"},
        {123.456, "123.456"}, {9007199254740993.0, "9007199254740992.0"},
        {5.684341886080802e-14, "5.684341886080802e-14"}, {HUGE_VAL, "inf"}, {-HUGE_VAL, "-inf"}, {NAN, "nan"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"}, {100.0, "100.0"}, {0.3, "0.3"}, {2.5e22, "2.5e+22"}};
    undr_arena arena = {0};
    for (size_t index = 0; index < sizeof rows / sizeof rows[0]; ++index) {
        assert_prints(real(&arena, rows[index].number), rows[index].text);
    }
    undr_arena_free(&arena);
}

static void test_print_containers(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *one = integer(&arena, 1);
    undr_value *a = text(&arena, "a");
    assert_prints(items(&arena, UNDR_LIST, NULL), "[]");
    assert_prints(items(&arena, UNDR_LIST, one, a, NULL), "[1, 'a']");
    assert_prints(items(&arena, UNDR_TUPLE, NULL), "()");
    assert_prints(items(&arena, UNDR_TUPLE, one, NULL), "(1,)");
    assert_prints(items(&arena, UNDR_TUPLE, one, a, NULL), "(1, 'a')");
    assert_prints(items(&arena, UNDR_DICT, NULL), "{}");
    assert_prints(items(&arena, UNDR_DICT, a, one, one, a, NULL), "{'a': 1, 1: 'a'}");
    assert_prints(items(&arena, UNDR_SET, NULL), "set()");
    assert_prints(items(&arena, UNDR_SET, one, a, text(&arena, "B"), NULL), "{'B', 'a', 1}");
    assert_prints(items(&arena, UNDR_FROZENSET, NULL), "frozenset()");
    assert_prints(items(&arena, UNDR_FROZENSET, integer(&arena, 10), one, NULL), "frozenset({1, 10})");
    undr_arena_free(&arena);
}

static void test_print_objects(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *dict = items(&arena, UNDR_DICT, text(&arena, "k"), integer(&arena, 5), NULL);
    undr_value *made = instance(&arena, "Name", NULL);
    assert_prints(made, "module.Name()");
    assert_prints(made->object.callable, "<class module.Name>");
    assert_prints(instance(&arena, "Name", dict), "module.Name({'k': 5})");
    made->object.args = items(&arena, UNDR_TUPLE, integer(&arena, 1), NULL);
    made->object.kwargs = dict;
    assert_prints(made, "module.Name(1, k=5)");
    made->object.state = dict;
    made->object.appended = items(&arena, UNDR_LIST, integer(&arena, 7), NULL)->items;
    made->object.entries = dict->items;
    assert_prints(made, "module.Name(1, k=5).__setstate__({'k': 5}).extend([7]).update({'k': 5})");
    undr_value *odd = NULL;
    assert_int_equal(undr_value_class(&arena, "m\n", "'\xc3\xa9", &odd), UNDR_OK);
    assert_prints(odd, "<class m\\n.'\\xe9>");
    undr_buffer buffer = {0};
    assert_int_equal(undr_value_print(&buffer, NULL), UNDR_ARGUMENT);
    undr_buffer_free(&buffer);
    undr_arena_free(&arena);
}

static void test_values_in_themselves(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *list = items(&arena, UNDR_LIST, integer(&arena, 1), NULL);
    list->items.at[0] = list;
    assert_prints(list, "[[...]]");
    undr_value *dict = items(&arena, UNDR_DICT, integer(&arena, 1), list, NULL);
    dict->items.at[1] = dict;
    assert_prints(dict, "{1: {...}}");
    undr_value *tuple = items(&arena, UNDR_TUPLE, list, NULL);
    list->items.at[0] = tuple;
    assert_prints(tuple, "([(...)],)");
    undr_value *made = instance(&arena, "Name", dict);
    dict->items.at[1] = made;
    assert_prints(made, "module.Name({1: ...})");
    bool answer = true;
    assert_int_equal(undr_value_contains(made, undr_slice_text("x"), &answer), UNDR_OK);
    assert_false(answer);
    undr_value *other = items(&arena, UNDR_LIST, list, NULL);
    other->items.at[0] = other;
    undr_value *another = items(&arena, UNDR_LIST, other, NULL);
    another->items.at[0] = another;
    assert_int_equal(undr_value_equal(other, another, &answer), UNDR_LIMIT_DEPTH);
    assert_false(answer);
    undr_arena_free(&arena);
}

/* lists[0] = [leaf], lists[n] = [lists[n-1]] `width` times */
static undr_value *tower(undr_arena *arena, undr_value *leaf, size_t height, size_t width) {
    undr_value *value = items(arena, UNDR_LIST, leaf, NULL);
    for (size_t level = 0; level < height; ++level) {
        undr_value *const array[] = {value, value};
        undr_value *next = NULL;
        assert_int_equal(undr_value_items(arena, UNDR_LIST, array, width, &next), UNDR_OK);
        value = next;
    }
    return value;
}

static void test_depth(void **state) {
    (void)state;
    undr_arena arena = {0};
    bool answer = false;
    undr_value *deep = tower(&arena, text(&arena, "bottom"), 999, 1);
    assert_int_equal(undr_value_equal(deep, tower(&arena, text(&arena, "bottom"), 999, 1), &answer), UNDR_OK);
    assert_true(answer);
    undr_value *deeper = tower(&arena, text(&arena, "bottom"), 50000, 1);
    undr_value *same = tower(&arena, text(&arena, "bottom"), 50000, 1);
    assert_int_equal(undr_value_equal(deeper, same, &answer), UNDR_LIMIT_DEPTH);
    assert_int_equal(undr_value_contains(deeper, undr_slice_text("tom"), &answer), UNDR_OK);
    assert_true(answer);
    undr_buffer buffer = {0};
    assert_int_equal(undr_value_print(&buffer, deeper), UNDR_OK);
    assert_int_equal(buffer.size, 2003);
    assert_memory_equal(buffer.data + 1000, "...", 3);
    buffer.size = 0;
    assert_int_equal(undr_value_print(&buffer, deep), UNDR_OK);
    assert_memory_equal(buffer.data + 1000, "'bottom'", 8);
    undr_buffer_free(&buffer);
    undr_arena_free(&arena);
}

/* A hundred doublings of one value: 2^100 values to whoever walks it naively. */
static void test_doublings(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *leaf = text(&arena, "leaf");
    undr_value *laughs = tower(&arena, leaf, 100, 2);
    undr_value *others = tower(&arena, text(&arena, "leaf"), 100, 2);
    bool answer = true;
    undr_buffer buffer = {0};
    assert_int_equal(undr_put_text(&buffer, "kept"), UNDR_OK);
    assert_int_equal(undr_value_print(&buffer, laughs), UNDR_LIMIT_NODES);
    assert_true(undr_slice_equal(undr_buffer_slice(&buffer), undr_slice_text("kept")));
    assert_int_equal(undr_value_equal(laughs, others, &answer), UNDR_LIMIT_NODES);
    assert_int_equal(undr_value_equal(laughs, laughs, &answer), UNDR_OK);
    assert_true(answer);
    assert_int_equal(undr_value_contains(laughs, undr_slice_text("no"), &answer), UNDR_OK);
    assert_false(answer);
    undr_buffer_free(&buffer);
    undr_arena_free(&arena);
}

/* One large text shared many times is small in memory and large in print. */
static void test_large_print(void **state) {
    (void)state;
    undr_arena arena = {0};
    char *content = malloc(1 << 20);
    assert_non_null(content);
    memset(content, 'x', 1 << 20);
    undr_value *large = bytes(&arena, UNDR_STR, content, 1 << 20);
    undr_value *laughs = tower(&arena, large, 9, 2);
    undr_buffer buffer = {0};
    assert_int_equal(undr_value_print(&buffer, laughs), UNDR_LIMIT_BYTES);
    assert_int_equal(buffer.size, 0);
    undr_buffer_free(&buffer);
    free(content);
    undr_arena_free(&arena);
}

/* Large sets and dicts in another order are still compared in good time. */
static void test_large_unordered(void **state) {
    (void)state;
    enum { COUNT = 20000 };
    undr_arena arena = {0};
    undr_value **forth = calloc(COUNT, sizeof *forth);
    undr_value **back = calloc(COUNT, sizeof *back);
    assert_true(forth != NULL && back != NULL);
    for (int index = 0; index < COUNT; ++index) {
        forth[index] = integer(&arena, index);
        back[COUNT - 1 - index] = integer(&arena, index);
    }
    undr_value *first = NULL;
    undr_value *second = NULL;
    assert_int_equal(undr_value_items(&arena, UNDR_SET, forth, COUNT, &first), UNDR_OK);
    assert_int_equal(undr_value_items(&arena, UNDR_SET, back, COUNT, &second), UNDR_OK);
    assert_true(are_equal(first, second));
    second->items.at[COUNT / 2] = integer(&arena, COUNT);
    assert_false(are_equal(first, second));
    for (int index = 0; index < COUNT; ++index) { /* elements that differ in what they hold */
        forth[index] = items(&arena, UNDR_TUPLE, integer(&arena, index), NULL);
        back[COUNT - 1 - index] = items(&arena, UNDR_TUPLE, integer(&arena, index), NULL);
    }
    assert_int_equal(undr_value_items(&arena, UNDR_SET, forth, COUNT, &first), UNDR_OK);
    assert_int_equal(undr_value_items(&arena, UNDR_SET, back, COUNT, &second), UNDR_OK);
    assert_true(are_equal(first, second));
    free(forth);
    free(back);
    undr_arena_free(&arena);
}

static void test_contains(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *inner = items(&arena, UNDR_DICT, text(&arena, "key"), bytes(&arena, UNDR_BYTES, "by\0tes", 6), NULL);
    undr_value *made = instance(&arena, "Name", items(&arena, UNDR_LIST, inner, NULL));
    static const struct {
        const char *text;
        bool found;
    } rows[] = {{"key", true}, {"ke", true}, {"keys", false}, {"tes", true}, {"Name", false}, {"", true}};
    for (size_t index = 0; index < sizeof rows / sizeof rows[0]; ++index) {
        bool found = !rows[index].found;
        assert_int_equal(undr_value_contains(made, undr_slice_text(rows[index].text), &found), UNDR_OK);
        assert_int_equal(found, rows[index].found);
    }
    bool found = true;
    assert_int_equal(undr_value_contains(NULL, undr_slice_text("x"), &found), UNDR_OK);
    assert_false(found);
    assert_int_equal(undr_value_contains(text(&arena, "alone"), undr_slice_text("lon"), &found), UNDR_OK);
    assert_true(found);
    undr_arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena),
        cmocka_unit_test(test_ints),
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_equal_scalars),
        cmocka_unit_test(test_equal_containers),
        cmocka_unit_test(test_equal_objects),
        cmocka_unit_test(test_print_scalars),
        cmocka_unit_test(test_print_floats),
        cmocka_unit_test(test_print_containers),
        cmocka_unit_test(test_print_objects),
        cmocka_unit_test(test_values_in_themselves),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_doublings),
        cmocka_unit_test(test_large_print),
        cmocka_unit_test(test_large_unordered),
        cmocka_unit_test(test_contains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
