/* test_pickle_in_place.c: reading without copying, writing in pieces, and the arena's ways to keep and to take
 * memory. */
#include "undr/pickle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { LARGE = 64 * 1024 };

static bool is_within(undr_slice inner, undr_slice outer) {
    return inner.data >= outer.data && inner.data + inner.size <= outer.data + outer.size;
}

static void text_and_bytes_stay_in_the_input(void **state) {
    (void)state;
    static const char pickle[] = "\x80\x04(\x8c\x03"
                                 "abcC\x02xyM\x39\x30K\xffJ\xff\xff\xff\xffG\x3f\xf8\0\0\0\0\0\0t.";
    undr_slice input = undr_slice_of(pickle, sizeof pickle - 1);
    undr_arena arena = {0};
    undr_value *value, *copied;
    bool equal = false;
    int64_t number = 0;
    assert_int_equal(undr_pickle_read_in_place(input, NULL, &arena, &value, NULL, NULL), UNDR_OK);
    assert_int_equal(undr_pickle_read(input, NULL, &arena, &copied, NULL, NULL), UNDR_OK);
    assert_int_equal(undr_value_equal(value, copied, &equal), UNDR_OK);
    assert_true(equal);
    for (size_t i = 0; i < 2; i++) {
        assert_true(is_within(value->items.at[i]->bytes, input));
        assert_false(is_within(copied->items.at[i]->bytes, input));
    }
    static const int64_t numbers[] = {12345, 255, -1};
    for (size_t i = 0; i < 3; i++) {
        assert_true(undr_value_int64(value->items.at[2 + i], &number));
        assert_int_equal(number, numbers[i]);
        assert_int_equal(
            is_within(value->items.at[2 + i]->bytes, input), i != 1); /* 255 takes a byte more in a value */
        assert_false(is_within(copied->items.at[2 + i]->bytes, input));
    }
    undr_arena_free(&arena);
}

/* The pieces, put together. */
static undr_buffer join(const undr_pieces *pieces) {
    undr_buffer whole = {0};
    size_t offset = 0;
    for (size_t i = 0; i <= pieces->count; i++) {
        size_t end = i < pieces->count ? pieces->borrowed[i].offset : pieces->bytes.size;
        assert_int_equal(undr_put_bytes(&whole, pieces->bytes.data + offset, end - offset), UNDR_OK);
        if (i < pieces->count) {
            assert_int_equal(undr_put_slice(&whole, pieces->borrowed[i].slice), UNDR_OK);
        }
        offset = end;
    }
    return whole;
}

static void pieces_are_the_same_pickle(void **state) {
    (void)state;
    static char large[LARGE];
    memset(large, 'x', sizeof large);
    undr_arena arena = {0};
    undr_value *items[12], *list;
    for (size_t i = 0; i < 12; i++) { /* large ones, just too small ones, short ones */
        size_t size = i % 3 == 0 ? LARGE : i % 3 == 1 ? LARGE - 1 : i;
        undr_kind kind = i % 2 == 0 ? UNDR_STR : UNDR_BYTES;
        assert_int_equal(undr_value_bytes(&arena, kind, undr_slice_of(large, size), &items[i]), UNDR_OK);
    }
    assert_int_equal(undr_value_items(&arena, UNDR_LIST, items, 12, &list), UNDR_OK);
    for (int protocol = 2; protocol <= 5; protocol++) {
        undr_pieces pieces = {0};
        undr_buffer whole = {0};
        assert_int_equal(undr_pickle_write(list, protocol, &whole), UNDR_OK);
        assert_int_equal(undr_pickle_write_pieces(list, protocol, &pieces), UNDR_OK);
        assert_int_equal(pieces.count, protocol >= 4 ? 4 : 0);
        assert_int_equal(undr_pieces_size(&pieces), whole.size);
        undr_buffer joined = join(&pieces);
        assert_true(undr_slice_equal(undr_buffer_slice(&joined), undr_buffer_slice(&whole)));
        assert_int_equal(undr_pickle_write_pieces(list, 6, &pieces), UNDR_ARGUMENT);
        assert_int_equal(undr_pieces_size(&pieces), 0);
        undr_pieces_free(&pieces);
        undr_buffer_free(&joined);
        undr_buffer_free(&whole);
    }
    undr_arena_free(&arena);
}

static void an_arena_keeps_some_memory_when_it_is_cleared(void **state) {
    (void)state;
    undr_arena arena = {.limit = 8 << 20};
    void *memory, *again;
    undr_arena_clear(&arena);
    assert_int_equal(undr_arena_take(&arena, 100000, &memory), UNDR_OK);
    undr_arena_clear(&arena);
    assert_true(arena.used >= 100000 && arena.used <= 200000);
    assert_int_equal(undr_arena_take(&arena, 100000, &again), UNDR_OK);
    assert_ptr_equal(memory, again);
    assert_int_equal(undr_arena_take(&arena, 2 << 20, &memory), UNDR_OK);
    undr_arena_clear(&arena); /* so much is not kept */
    assert_int_equal(arena.used, 0);
    assert_int_equal(arena.limit, 8 << 20);
}

static void an_arena_takes_a_buffer_over(void **state) {
    (void)state;
    undr_arena arena = {0};
    for (int i = 0; i < 3; i++) {
        undr_buffer buffer = {0};
        assert_int_equal(undr_put_text(&buffer, "abc"), UNDR_OK);
        assert_int_equal(undr_arena_adopt(&arena, &buffer), UNDR_OK);
        assert_null(buffer.data);
    }
    assert_int_equal(arena.used, 0);
    undr_arena_free(&arena); /* a leak checker sees whether they went with it */
    assert_null(arena.adopted);
}

static void a_copy_is_a_value_of_its_own(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *value, *copy;
    bool equal = false;
    assert_int_equal(undr_value_instance(&arena, "m", "C", NULL, &value), UNDR_OK);
    assert_int_equal(undr_value_copy(&arena, value, &copy), UNDR_OK);
    assert_ptr_not_equal(value, copy);
    assert_int_equal(undr_value_equal(value, copy, &equal), UNDR_OK);
    assert_true(equal);
    undr_arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_bytes_stay_in_the_input),
        cmocka_unit_test(pieces_are_the_same_pickle),
        cmocka_unit_test(an_arena_keeps_some_memory_when_it_is_cleared),
        cmocka_unit_test(an_arena_takes_a_buffer_over),
        cmocka_unit_test(a_copy_is_a_value_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
