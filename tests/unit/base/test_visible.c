/* test_visible.c: which characters may be printed, by the class that they belong to. */
#include "undr/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static undr_visibility of(uint32_t character) {
    return undr_character_visibility(character);
}

static void assert_all(uint32_t first, uint32_t last, undr_visibility expected) {
    for (uint32_t character = first; character <= last; character++) {
        assert_int_equal(of(character), expected);
    }
}

static void controls(void **state) {
    (void)state;
    assert_all(0, 0x1f, UNDR_UNPRINTABLE);    /* C0: BEL, BS, ESC, ... */
    assert_all(0x7f, 0x9f, UNDR_UNPRINTABLE); /* DEL, C1: 0x9b is a terminal's CSI */
    assert_all(0x20, 0x7e, UNDR_VISIBLE);
}

/* The list of "Trojan Source", and what else turns the direction of text. */
static void bidirectional_controls(void **state) {
    (void)state;
    assert_all(0x202a, 0x202e, UNDR_UNPRINTABLE);
    assert_all(0x2066, 0x2069, UNDR_UNPRINTABLE);
    assert_int_equal(of(0x200e), UNDR_UNPRINTABLE);
    assert_int_equal(of(0x200f), UNDR_UNPRINTABLE);
    assert_int_equal(of(0x061c), UNDR_UNPRINTABLE);
}

static void separators(void **state) {
    (void)state;
    static const uint32_t separators[] = {0xa0, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000};
    for (size_t i = 0; i < sizeof separators / sizeof *separators; i++) {
        assert_int_equal(of(separators[i]), UNDR_UNPRINTABLE);
    }
}

static void without_width(void **state) {
    (void)state;
    static const uint32_t hidden[] = {0xad, 0x200b, 0x200c, 0x200d, 0x2060, 0x2064, 0xfeff, 0xfff9, 0xe0001, 0xe007f};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        assert_int_equal(of(hidden[i]), UNDR_UNPRINTABLE);
    }
    static const uint32_t invisible[] = {
        0x34f, 0x115f, 0x17b4, 0x180b, 0x3164, 0xfe00, 0xfe0f, 0xffa0, 0xe0100, 0xe01ef};
    for (size_t i = 0; i < sizeof invisible / sizeof *invisible; i++) {
        assert_int_equal(of(invisible[i]), UNDR_INVISIBLE);
    }
}

static void no_characters(void **state) {
    (void)state;
    assert_all(0xd800, 0xdfff, UNDR_UNPRINTABLE); /* surrogates */
    assert_all(0xfdd0, 0xfdef, UNDR_UNPRINTABLE); /* noncharacters */
    for (uint32_t plane = 0; plane <= 0x10; plane++) {
        assert_int_equal(of(plane << 16 | 0xfffe), UNDR_UNPRINTABLE);
        assert_int_equal(of(plane << 16 | 0xffff), UNDR_UNPRINTABLE);
    }
    assert_int_equal(of(0xe000), UNDR_UNPRINTABLE); /* private use */
    assert_int_equal(of(0x100000), UNDR_UNPRINTABLE);
    assert_int_equal(of(0x378), UNDR_UNPRINTABLE); /* not assigned */
    assert_int_equal(of(0x110000), UNDR_UNPRINTABLE);
    assert_int_equal(of(UINT32_MAX), UNDR_UNPRINTABLE);
}

static void letters_and_signs(void **state) {
    (void)state;
    static const uint32_t seen[] = {0xa1, 0xe9, 0x301, 0x3b1, 0x5d0, 0x627, 0x20ac, 0x4e2d, 0xac00, 0x1f642};
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
        assert_int_equal(of(seen[i]), UNDR_VISIBLE);
    }
}

static void decoding(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size, used;
        uint32_t character;
    } rows[] = {
        {"a", 1, 1, 'a'},
        {"\0", 1, 1, 0},
        {"\xc2\x9b", 2, 2, 0x9b},
        {"\xdf\xbf!", 3, 2, 0x7ff},
        {"\xe0\xa0\x80", 3, 3, 0x800},
        {"\xe2\x80\xae", 3, 3, 0x202e},
        {"\xed\xa0\x80", 3, 3, 0xd800},
        {"\xf0\x90\x80\x80", 4, 4, 0x10000},
        {"\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff},
        {"", 0, 0, 7},
        {"\x80", 1, 0, 7},
        {"\xc0\xaf", 2, 0, 7},
        {"\xc1\x81", 2, 0, 7},
        {"\xc3", 1, 0, 7},
        {"\xe0\x9f\xbf", 3, 0, 7},
        {"\xe2\x28\xa1", 3, 0, 7},
        {"\xe2\x80", 2, 0, 7},
        {"\xf0\x8f\xbf\xbf", 4, 0, 7},
        {"\xf4\x90\x80\x80", 4, 0, 7},
        {"\xf5\x80\x80\x80", 4, 0, 7},
        {"\xff", 1, 0, 7},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t character = 7;
        assert_int_equal(undr_next_character(undr_slice_of(rows[i].bytes, rows[i].size), &character), rows[i].used);
        assert_int_equal(character, rows[i].character);
    }
}

static void printing(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *printed;
    } rows[] = {
        {"", 0, ""},
        {"a \\ b", 5, "a \\ b"},
        {"K\xc3\xa4se \xf0\x9f\xa7\x80", 10, "K\xc3\xa4se \xf0\x9f\xa7\x80"},
        {"\t\n\r\0\a\b\x1b[31m\x7f", 12, "\\t\\n\\r\\x00\\x07\\x08\\x1b[31m\\x7f"},
        {"\xc2\x9b"
         "1m",
            4, "\\x9b1m"},
        {"\xe2\x80\xae\xe2\x80\xa8\xef\xbb\xbf", 9, "\\u202e\\u2028\\ufeff"},
        {"\xef\xb8\x8f\xe3\x85\xa4", 6, "\\ufe0f\\u3164"},
        {"\xed\xa0\x80\xef\xbf\xbf\xee\x80\x80", 9, "\\ud800\\uffff\\ue000"},
        {"\xf3\xa0\x81\x81", 4, "\\U000e0041"},
        {"\xff\xc3(\xe2\x80", 5, "\\xff\\xc3(\\xe2\\x80"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        undr_buffer text = {0};
        assert_int_equal(undr_put_text(&text, "> "), UNDR_OK);
        assert_int_equal(undr_put_visible(&text, undr_slice_of(rows[i].bytes, rows[i].size)), UNDR_OK);
        assert_int_equal(undr_put_u8(&text, 0), UNDR_OK);
        assert_string_equal((char *)text.data + 2, rows[i].printed);
        undr_buffer_free(&text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(controls),
        cmocka_unit_test(bidirectional_controls),
        cmocka_unit_test(separators),
        cmocka_unit_test(without_width),
        cmocka_unit_test(no_characters),
        cmocka_unit_test(letters_and_signs),
        cmocka_unit_test(decoding),
        cmocka_unit_test(printing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
