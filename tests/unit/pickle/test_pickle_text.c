/* test_pickle_text.c: text and numbers that the reader takes in steps of several bytes, or by a short way: what is
 * wrong is found wherever it stands, and what is right is the same by either way. */
#include "support/guard_page.h"
#include "undr/pickle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { LONGEST = 44 }; /* one step of 32 bytes, one of 8, one of 4 */

static undr_error read_in_place(undr_slice pickle, undr_arena *arena, undr_value **value) {
    return undr_pickle_read_in_place(pickle, NULL, arena, value, NULL, NULL);
}

/* Is that text UTF-8 for the reader? It ends where memory ends, and behind it stands a STOP that is never reached. */
static bool is_taken(const char *text, size_t size) {
    undr_buffer pickle = {0};
    assert_int_equal(undr_put_bytes(&pickle, "X", 1), UNDR_OK);
    assert_int_equal(undr_put_u32le(&pickle, (uint32_t)size), UNDR_OK);
    assert_int_equal(undr_put_bytes(&pickle, text, size), UNDR_OK);
    guarded copy = guard_page_copy(undr_buffer_slice(&pickle));
    undr_arena arena = {0};
    undr_value *value = NULL;
    const undr_error error = read_in_place(copy.bytes, &arena, &value);
    assert_true(error == UNDR_PICKLE_TRUNCATED || error == UNDR_PICKLE_TEXT);
    undr_arena_free(&arena);
    guard_page_free(&copy);
    undr_buffer_free(&pickle);
    return error == UNDR_PICKLE_TRUNCATED;
}

/* `part` in the midst of characters of one kind, at each place. */
static bool is_taken_among(const char *character, const char *part) {
    const size_t step = strlen(character);
    const size_t size = strlen(part);
    size_t taken = 0, tried = 0;
    for (size_t before = 0; before <= LONGEST; before += step) {
        for (size_t behind = 0; behind <= LONGEST - before; behind += step) {
            char text[2 * LONGEST];
            for (size_t index = 0; index < before + behind; index += step) {
                memcpy(text + index + (index < before ? 0 : size), character, step);
            }
            memcpy(text + before, part, size);
            taken += is_taken(text, before + size + behind);
            ++tried;
        }
    }
    assert_true(taken == 0 || taken == tried);
    return taken > 0;
}

static void utf8_at_each_place(void **state) {
    (void)state;
    static const char *const characters[] = {"a", "\xc2\x80", "\xdf\xbf", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    static const char *const right[] = {
        "", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\xa0\x80", "\xf4\x8f\xbf\xbf"};
    static const char *const wrong[] = {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc3(", "\xdf\xc0",
        "\xe0\x9f\xbf", "\xe0\xa0", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"};
    for (size_t i = 0; i < sizeof characters / sizeof *characters; ++i) {
        for (size_t j = 0; j < sizeof right / sizeof *right; ++j) {
            assert_true(is_taken_among(characters[i], right[j]));
        }
        for (size_t j = 0; j < sizeof wrong / sizeof *wrong; ++j) {
            assert_false(is_taken_among(characters[i], wrong[j]));
        }
    }
}

typedef struct printed {
    const char *pickle, *text; /* text NULL: an error */
} printed;

static void assert_printed(const printed *row) {
    undr_arena arena = {0};
    undr_value *value = NULL;
    undr_buffer text = {0};
    const undr_error error = read_in_place(undr_slice_text(row->pickle), &arena, &value);
    assert_int_equal(error != UNDR_OK, row->text == NULL);
    if (error == UNDR_OK) {
        assert_int_equal(undr_value_print(&text, value), UNDR_OK);
        assert_int_equal(undr_put_u8(&text, '\0'), UNDR_OK);
        assert_string_equal((const char *)text.data, row->text);
    }
    undr_buffer_free(&text);
    undr_arena_free(&arena);
}

static void numbers_in_text(void **state) {
    (void)state;
    static const printed rows[] = {
        {"I0\n.", "0"},
        {"I7\n.", "7"},
        {"I-7\n.", "-7"},
        {"I10\n.", "10"},
        {"I00\n.", "False"},
        {"I01\n.", "True"},
        {"I-0\n.", "False"},
        {"I+1\n.", "True"},
        {"I010\n.", "8"},
        {"I-010\n.", "-8"},
        {"I1_0\n.", "10"},
        {"I 1\n.", "True"},
        {"I\n.", NULL},
        {"I-\n.", NULL},
        {"I--1\n.", NULL},
        {"I1/\n.", NULL},
        {"I1:\n.", NULL},
        {"Ix\n.", NULL},
        {"L1L\n.", "1"},
        {"L-12L\n.", "-12"},
        {"L0L\n.", "0"},
        {"L010L\n.", NULL},
        {"L0x10L\n.", "16"},
        {"I999999999999999999\n.", "999999999999999999"},
        {"I-999999999999999999\n.", "-999999999999999999"},
        {"I1000000000000000000\n.", "1000000000000000000"},
        {"I9223372036854775808\n.", "9223372036854775808"},
        {"L-9223372036854775809L\n.", "-9223372036854775809"},
        {"F1\n.", "1.0"},
        {"F.5\n.", "0.5"},
        {"F5.\n.", "5.0"},
        {"F-1.25e2\n.", "-125.0"},
        {"F1.2.3\n.", NULL},
        {"Vabc\n.", "'abc'"},
        {"Va\\u00e9\n.", "'a\\xe9'"},
        {"V\\\n.", "'\\\\'"},
        {"V\n.", "''"},
        {"V\xe9\n.", "'\\xe9'"},
        {"N\x85p10\n0g10\n.", "(None,)"},
        {"N\x85p010\n0g10\n.", "(None,)"},
        {"N\x85p0\n0g00\n.", "(None,)"},
        {"Np-1\n.", NULL},
        {"Np-010\n.", NULL},
        {"Npx\n.", NULL},
        {"Ng1\n.", NULL},
        {"Np99999999999999999999\n.", NULL},
    };
    for (size_t index = 0; index < sizeof rows / sizeof *rows; ++index) {
        assert_printed(&rows[index]);
    }
}

static void small_ints(void **state) {
    (void)state;
    static const struct {
        undr_slice pickle;
        int64_t number;
    } rows[] = {
        {{(const uint8_t *)"K\0.", 3}, 0},
        {{(const uint8_t *)"K\x7f.", 3}, 127},
        {{(const uint8_t *)"K\x80.", 3}, 128},
        {{(const uint8_t *)"K\xff.", 3}, 255},
        {{(const uint8_t *)"M\0\0.", 4}, 0},
        {{(const uint8_t *)"M\x80\0.", 4}, 128},
        {{(const uint8_t *)"M\0\1.", 4}, 256},
        {{(const uint8_t *)"M\xff\x7f.", 4}, 32767},
        {{(const uint8_t *)"M\0\x80.", 4}, 32768},
        {{(const uint8_t *)"M\xff\xff.", 4}, 65535},
        {{(const uint8_t *)"J\0\0\0\0.", 6}, 0},
        {{(const uint8_t *)"J\xff\xff\xff\xff.", 6}, -1},
        {{(const uint8_t *)"J\x80\xff\xff\xff.", 6}, -128},
        {{(const uint8_t *)"J\x7f\xff\xff\xff.", 6}, -129},
        {{(const uint8_t *)"J\0\0\0\x80.", 6}, INT32_MIN},
        {{(const uint8_t *)"J\xff\xff\xff\x7f.", 6}, INT32_MAX},
        {{(const uint8_t *)"J\0\0\x80\0.", 6}, 1 << 23},
    };
    for (size_t index = 0; index < sizeof rows / sizeof *rows; ++index) {
        undr_arena arena = {0};
        undr_value *borrowed = NULL, *copied = NULL, *made = NULL;
        bool equal = false;
        assert_int_equal(read_in_place(rows[index].pickle, &arena, &borrowed), UNDR_OK);
        assert_int_equal(undr_pickle_read(rows[index].pickle, NULL, &arena, &copied, NULL, NULL), UNDR_OK);
        assert_int_equal(undr_value_int(&arena, rows[index].number, &made), UNDR_OK);
        assert_int_equal(undr_value_equal(borrowed, made, &equal), UNDR_OK);
        assert_true(equal);
        assert_int_equal(undr_value_equal(copied, made, &equal), UNDR_OK);
        assert_true(equal);
        undr_arena_free(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_at_each_place),
        cmocka_unit_test(numbers_in_text),
        cmocka_unit_test(small_ints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
