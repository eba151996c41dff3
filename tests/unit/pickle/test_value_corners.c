/* test_value_corners.c: values that only callers make, and walks over values that give up wherever their bound is. */
#include "pickle/number.h"
#include "pickle/value_walk.h"
#include "support/make_values.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static undr_value *pair(undr_arena *arena, undr_kind kind, undr_value *first, undr_value *second) {
    undr_value *const items[] = {first, second};
    return collect(arena, kind, items, 2);
}

static undr_value *object(undr_arena *arena, undr_value *args, undr_value *kwargs) {
    undr_value *value = NULL;
    assert_int_equal(undr_value_reduce(arena, class_named(arena, "m", "N"), args, &value), UNDR_OK);
    value->object.kwargs = kwargs;
    return value;
}

static undr_value *list_of(undr_arena *arena, int64_t first, int64_t count) {
    undr_value *items[40];
    assert_true(count <= 40);
    for (int64_t i = 0; i < count; ++i) {
        items[i] = integer(arena, first + i);
    }
    return collect(arena, UNDR_LIST, items, (size_t)count);
}

/* One of each kind that can be sought in a set, in one order or the other; a caller may put lists in sets. */
static undr_value *mixed_set(undr_arena *arena, bool backwards) {
    undr_value *deep = integer(arena, 1);
    for (int level = 0; level < 6; ++level) {
        deep = collect(arena, UNDR_LIST, &deep, 1);
    }
    undr_value *none = NULL, *nan = NULL, *half = NULL;
    assert_int_equal(undr_value_none(arena, &none), UNDR_OK);
    assert_int_equal(undr_value_float(arena, NAN, &nan), UNDR_OK);
    assert_int_equal(undr_value_float(arena, 0.5, &half), UNDR_OK);
    undr_value *items[] = {none, boolean(arena, true), boolean(arena, false), bytes(arena, UNDR_BYTES, "a", 1),
        bytes(arena, UNDR_BYTEARRAY, "a", 1), text(arena, "a"), class_named(arena, "m", "A"),
        class_named(arena, "n", "A"), list_of(arena, 0, 3), list_of(arena, 0, 40), deep, nan, half,
        object(arena, NULL, NULL)};
    const size_t count = sizeof items / sizeof *items;
    for (size_t i = 0; backwards && i < count / 2; ++i) {
        undr_value *first = items[i];
        items[i] = items[count - 1 - i];
        items[count - 1 - i] = first;
    }
    return collect(arena, UNDR_SET, items, count);
}

static void any_kind_may_be_an_element(void **state) {
    (void)state;
    undr_arena arena = {0};
    assert_true(are_equal(mixed_set(&arena, false), mixed_set(&arena, true)));
    undr_value *other = mixed_set(&arena, true);
    other->items.at[4]->items.at[39] = integer(&arena, 7); /* behind what the hash looks at */
    assert_false(are_equal(mixed_set(&arena, false), other));
    undr_arena_free(&arena);
}

static void classes_are_named_by_module_and_name(void **state) {
    (void)state;
    undr_arena arena = {0};
    assert_true(are_equal(class_named(&arena, "m", "A"), class_named(&arena, "m", "A")));
    assert_false(are_equal(class_named(&arena, "m", "A"), class_named(&arena, "n", "A")));
    assert_false(are_equal(class_named(&arena, "m", "A"), class_named(&arena, "m", "B")));
    undr_arena_free(&arena);
}

/* Each part of an object counts; and what stands for nothing is nothing. */
static void every_part_of_an_object_counts(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *one = integer(&arena, 1), *two = integer(&arena, 2);
    undr_value *dict = pair(&arena, UNDR_DICT, text(&arena, "k"), one);
    undr_value *args = collect(&arena, UNDR_TUPLE, &one, 1);
    undr_value *plain = object(&arena, NULL, NULL);
    undr_value *const others[] = {object(&arena, args, NULL), object(&arena, NULL, dict), object(&arena, NULL, NULL),
        object(&arena, NULL, NULL), object(&arena, NULL, NULL), object(&arena, NULL, NULL)};
    others[2]->object.state = dict;
    others[3]->object.appended = args->items;
    others[4]->object.entries = dict->items;
    others[5]->object.callable = class_named(&arena, "m", "Other");
    for (size_t a = 0; a < sizeof others / sizeof *others; ++a) {
        assert_false(are_equal(plain, others[a]));
        assert_false(are_equal(others[a], plain));
        for (size_t b = 0; b < sizeof others / sizeof *others; ++b) {
            assert_int_equal(are_equal(others[a], others[b]), a == b);
        }
    }
    undr_value *changed = object(&arena, NULL, NULL);
    changed->object.appended = collect(&arena, UNDR_LIST, &two, 1)->items;
    assert_false(are_equal(changed, others[3]));
    undr_value *empty_tuple = collect(&arena, UNDR_TUPLE, NULL, 0), *empty_list = collect(&arena, UNDR_LIST, NULL, 0);
    assert_true(are_equal(plain, object(&arena, empty_tuple, collect(&arena, UNDR_DICT, NULL, 0))));
    undr_value *listed = object(&arena, NULL, NULL);
    listed->object.state = empty_list; /* a state of its own, though empty */
    assert_false(are_equal(plain, listed));
    undr_arena_free(&arena);
}

/* A value with all there is to compare and to print. */
static undr_value *everything(undr_arena *arena, bool backwards) {
    undr_value *one = integer(arena, 1), *two = integer(arena, -123456789012345678);
    undr_value *float_value = NULL;
    assert_int_equal(undr_value_float(arena, -1.5e-7, &float_value), UNDR_OK);
    undr_value *key = text(arena, "k\n\xe2\x82\xac"), *other_key = text(arena, "it's");
    undr_value *const entries[] = {key, one, other_key, two};
    undr_value *const turned[] = {other_key, two, text(arena, "k\n\xe2\x82\xac"), integer(arena, 1)};
    undr_value *dict = collect(arena, UNDR_DICT, backwards ? turned : entries, 4);
    undr_value *made = object(arena, pair(arena, UNDR_TUPLE, one, float_value), pair(arena, UNDR_DICT, one, key));
    made->object.state = dict;
    made->object.appended = list_of(arena, 0, 3)->items;
    made->object.entries = dict->items;
    undr_value *called = object(arena, NULL, dict);
    called->object.callable = made;
    undr_value *const all[] = {made, called, mixed_set(arena, backwards), collect(arena, UNDR_FROZENSET, NULL, 0),
        collect(arena, UNDR_FROZENSET, &one, 1), pair(arena, UNDR_LIST, dict, class_named(arena, "m\t", "N'"))};
    return collect(arena, UNDR_LIST, all, sizeof all / sizeof *all);
}

static void a_comparison_gives_up_at_any_step(void **state) {
    (void)state;
    undr_arena arena = {0};
    const undr_value *a = everything(&arena, false), *b = everything(&arena, true);
    uint64_t steps = 0;
    bool equal = true;
    while (undr_value_equal_within(a, b, steps, &equal) != UNDR_OK) {
        assert_int_equal(undr_value_equal_within(a, b, steps, &equal), UNDR_LIMIT_NODES);
        assert_false(equal);
        ++steps;
    }
    assert_true(equal);
    assert_true(steps > 100 && steps < 1000);
    undr_arena_free(&arena);
}

static void printing_gives_up_at_any_step_and_byte(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_buffer whole = {0}, cut = {0};
    const undr_value *value = everything(&arena, false);
    assert_int_equal(undr_value_print(&whole, value), UNDR_OK);
    assert_int_equal(undr_put_text(&cut, "kept"), UNDR_OK);
    uint64_t steps = 0;
    while (undr_value_print_within(&cut, value, steps, SIZE_MAX / 2) == UNDR_LIMIT_NODES) {
        assert_true(undr_slice_equal(undr_buffer_slice(&cut), undr_slice_text("kept")));
        ++steps;
    }
    assert_true(steps > 50 && steps < 1000);
    assert_int_equal(cut.size, 4 + whole.size);
    cut.size = 4;
    for (size_t most = 0; most < whole.size; ++most) {
        assert_int_equal(undr_value_print_within(&cut, value, UINT64_MAX, most), UNDR_LIMIT_BYTES);
        assert_true(undr_slice_equal(undr_buffer_slice(&cut), undr_slice_text("kept")));
    }
    assert_int_equal(undr_value_print_within(&cut, value, UINT64_MAX, whole.size), UNDR_OK);
    assert_memory_equal(cut.data + 4, whole.data, whole.size);
    undr_buffer_free(&whole);
    undr_buffer_free(&cut);
    undr_arena_free(&arena);
}

static void odd_calls_are_printed(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *one = integer(&arena, 1), *two = integer(&arena, 2);
    undr_value *const names[] = {text(&arena, "a"), one, two, text(&arena, "x")};
    undr_value *keywords = collect(&arena, UNDR_DICT, names, 4), *none = collect(&arena, UNDR_DICT, NULL, 0);
    assert_prints(object(&arena, NULL, keywords), "m.N(a=1, 2='x')");
    assert_prints(object(&arena, collect(&arena, UNDR_TUPLE, &one, 1), keywords), "m.N(1, a=1, 2='x')");
    undr_value *empty = object(&arena, NULL, none);
    empty->object.state = two;
    assert_prints(empty, "m.N(2)");
    assert_prints(bytes(&arena, UNDR_STR, "\xc1\x81", 2), "'\\x41'"); /* no UTF-8: no reader makes it */
    undr_arena_free(&arena);
}

/* More bytes than an int needs: no value has them. Beyond 4,300 digits it is printed in hexadecimal. */
static void a_long_zero_is_printed(void **state) {
    (void)state;
    static const uint8_t zeros[2000];
    undr_buffer text = {0};
    assert_int_equal(undr_print_int(&text, undr_slice_of(zeros, 1785)), UNDR_OK);
    assert_int_equal(undr_print_int(&text, undr_slice_of(zeros, 1786)), UNDR_OK);
    assert_true(undr_slice_equal(undr_buffer_slice(&text), undr_slice_text("00x0")));
    undr_buffer_free(&text);
}

static void limits_of_the_arena(void **state) {
    (void)state;
    undr_value *value = NULL, *copy = NULL;
    undr_arena tiny = {.limit = 1};
    size_t too_small = 0;
    for (; undr_value_int(&tiny, 1, &value) == UNDR_LIMIT_BYTES; ++tiny.limit) {
        ++too_small;
    }
    assert_true(too_small > 16 && too_small < 128);
    undr_arena_free(&tiny);
    tiny.limit = 1;
    undr_arena arena = {0};
    assert_int_equal(undr_value_bytes(&arena, UNDR_BYTES, (undr_slice){.size = SIZE_MAX / 2}, &value), UNDR_MEMORY);
    value = integer(&arena, 5);
    assert_int_equal(undr_value_copy(&tiny, value, &copy), UNDR_LIMIT_BYTES);
    assert_int_equal(undr_value_copy(&arena, value, &copy), UNDR_OK);
    assert_ptr_not_equal(copy, value);
    assert_true(are_equal(copy, value));
    undr_arena_free(&arena);
    undr_arena_free(&tiny);
}

/* [[s], [1, s], [s, [s, [[1, s]]]]] with s = [1], or with s = [s]: what is shared is met at several depths. */
static undr_value *diamonds(undr_arena *arena, bool cyclic) {
    undr_value *one = integer(arena, 1);
    undr_value *shared = collect(arena, UNDR_LIST, &one, 1);
    undr_value *second = pair(arena, UNDR_LIST, one, shared);
    undr_value *deep = collect(arena, UNDR_LIST, &second, 1);
    undr_value *const parts[] = {collect(arena, UNDR_LIST, &shared, 1), second,
        pair(arena, UNDR_LIST, shared, pair(arena, UNDR_LIST, shared, deep))};
    if (cyclic) {
        shared->items.at[0] = shared;
    }
    return collect(arena, UNDR_LIST, parts, 3);
}

/* An edge back is not followed. The walk leaves its marks, so each has a value of its own. */
static void shared_values_count_where_they_are(void **state) {
    (void)state;
    undr_arena arena = {0};
    for (size_t limit = 0; limit < 10; ++limit) {
        const undr_error shared = undr_value_check_depth(diamonds(&arena, false), limit);
        const undr_error cyclic = undr_value_check_depth(diamonds(&arena, true), limit);
        assert_int_equal(shared, limit < 6 ? UNDR_LIMIT_DEPTH : UNDR_OK);
        assert_int_equal(cyclic, limit < 5 ? UNDR_LIMIT_DEPTH : UNDR_OK);
    }
    undr_value *tower = integer(&arena, 1);
    for (int level = 0; level < 100; ++level) { /* 2^100 paths: each value is walked once */
        tower = pair(&arena, UNDR_LIST, tower, tower);
    }
    assert_int_equal(undr_value_check_depth(tower, 100), UNDR_OK);
    undr_arena_free(&arena);
}

static bool holds(const undr_value *value, const char *content) {
    bool found = false;
    assert_int_equal(undr_value_contains(value, undr_slice_text(content), &found), UNDR_OK);
    return found;
}

static void what_was_added_to_an_object_is_searched(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *first = text(&arena, "first");
    undr_value *made = object(&arena, NULL, NULL);
    made->object.appended = pair(&arena, UNDR_LIST, first, text(&arena, "second"))->items;
    made->object.entries = pair(&arena, UNDR_DICT, text(&arena, "key"), text(&arena, "value"))->items;
    assert_true(holds(made, "first") && holds(made, "second") && holds(made, "key") && holds(made, "value"));
    assert_false(holds(made, "other"));
    undr_arena_free(&arena);
}

static void a_zero_byte_in_a_name_is_escaped(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *odd = class_named(&arena, "m", "N");
    odd->class_name.name = undr_slice_of("N\0", 2);
    assert_prints(odd, "<class m.N\\x00>");
    undr_arena_free(&arena);
}

/* What is filled and cleared again and again grows to what is needed once, and not any more. */
static void an_arena_that_is_filled_again_does_not_grow(void **state) {
    (void)state;
    undr_arena arena = {0};
    size_t kept = 0;
    for (int round = 0; round < 4; ++round) {
        kept = arena.used;
        for (int i = 0; i < 5000; ++i) {
            (void)integer(&arena, i);
        }
        if (round == 3) {
            assert_int_equal(arena.used, kept);
        }
        undr_arena_clear(&arena);
    }
    assert_true(kept > 0);
    undr_arena_free(&arena);
}

/* What malloc has given out. Under a sanitizer it says 0: that looks itself. musl does not say it. */
static size_t allocated(void) {
#ifdef __GLIBC__
    return mallinfo2().uordblks;
#else
    return 0;
#endif
}

/* malloc keeps small pieces; each of these is too large for that. */
static void adopted_buffers_are_freed_with_the_arena(void **state) {
    (void)state;
    enum { SIZE = 8192 };
    undr_arena arena = {0};
    const size_t before = allocated();
    for (int i = 0; i < 3; ++i) {
        undr_buffer buffer = {0};
        assert_int_equal(undr_buffer_reserve(&buffer, SIZE), UNDR_OK);
        buffer.size = SIZE;
        assert_int_equal(undr_arena_adopt(&arena, &buffer), UNDR_OK);
        assert_null(buffer.data);
    }
    assert_int_equal(arena.adopted_size, 3 * SIZE);
    undr_arena_free(&arena);
    assert_null(arena.adopted);
    assert_int_equal(arena.adopted_size, 0);
    assert_true(allocated() < before + SIZE);
}

/* ---- how long a comparison of sets takes ---- */

enum { MANY = 1024 };

typedef undr_value *element(undr_arena *arena, int number);

static undr_value *float_element(undr_arena *arena, int number) {
    return real(arena, number);
}

static undr_value *bytearray_element(undr_arena *arena, int number) {
    const char digits[2] = {(char)number, (char)(number >> 8)};
    return bytes(arena, UNDR_BYTEARRAY, digits, 2);
}

static undr_value *class_element(undr_arena *arena, int number) {
    char name[16];
    (void)snprintf(name, sizeof name, "N%d", number);
    return class_named(arena, "m", name);
}

/* Ten bools that are its digits. */
static undr_value *bools_element(undr_arena *arena, int number) {
    undr_value *digits[10];
    for (int bit = 0; bit < 10; ++bit) {
        digits[bit] = boolean(arena, (number >> bit & 1) != 0);
    }
    return collect(arena, UNDR_TUPLE, digits, 10);
}

/* Equal in all but the last of sixteen. */
static undr_value *long_element(undr_arena *arena, int number) {
    undr_value *same = integer(arena, 7), *items[16];
    for (int i = 0; i < 15; ++i) {
        items[i] = same;
    }
    items[15] = integer(arena, number);
    return collect(arena, UNDR_TUPLE, items, 16);
}

static undr_value *nested_element(undr_arena *arena, int number) {
    undr_value *inner = integer(arena, number);
    inner = pair(arena, UNDR_TUPLE, integer(arena, 0), inner);
    return pair(arena, UNDR_TUPLE, inner, integer(arena, 0));
}

static undr_value *set_of(undr_arena *arena, element *make, bool backwards) {
    undr_value *elements[MANY];
    for (int i = 0; i < MANY; ++i) {
        elements[i] = make(arena, backwards ? MANY - 1 - i : i);
    }
    return collect(arena, UNDR_SET, elements, MANY);
}

/* To compare each with each would be a million steps. */
static void elements_of_any_kind_are_found_without_trying_all(void **state) {
    (void)state;
    element *const kinds[] = {
        float_element, bytearray_element, class_element, bools_element, long_element, nested_element};
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; ++kind) {
        undr_arena arena = {0};
        bool equal = false;
        const undr_value *a = set_of(&arena, kinds[kind], false), *b = set_of(&arena, kinds[kind], true);
        assert_int_equal(undr_value_equal_within(a, b, 100 * MANY, &equal), UNDR_OK);
        assert_true(equal);
        undr_arena_free(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_kind_may_be_an_element),
        cmocka_unit_test(classes_are_named_by_module_and_name),
        cmocka_unit_test(every_part_of_an_object_counts),
        cmocka_unit_test(a_comparison_gives_up_at_any_step),
        cmocka_unit_test(printing_gives_up_at_any_step_and_byte),
        cmocka_unit_test(odd_calls_are_printed),
        cmocka_unit_test(a_long_zero_is_printed),
        cmocka_unit_test(limits_of_the_arena),
        cmocka_unit_test(shared_values_count_where_they_are),
        cmocka_unit_test(what_was_added_to_an_object_is_searched),
        cmocka_unit_test(a_zero_byte_in_a_name_is_escaped),
        cmocka_unit_test(an_arena_that_is_filled_again_does_not_grow),
        cmocka_unit_test(adopted_buffers_are_freed_with_the_arena),
        cmocka_unit_test(elements_of_any_kind_are_found_without_trying_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
