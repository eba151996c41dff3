/* test_hash.c: SipHash-1-3 by its vectors, the hash of a word, and what keys cost that somebody chose. */
#include "base/hash.h"
#include "undr/pickle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Of the bytes 0, 1, 2, ... up to so many, under the key 0, 1, ... 15. The same come of CPython's hash(), whose
 * algorithm this is since 3.11. */
static const uint64_t vectors[] = {
    0xabac0158050fc4dc,
    0xc9f49bf37d57ca93,
    0x82cb9b024dc7d44d,
    0x8bf80ab8e7ddf7fb,
    0xcf75576088d38328,
    0xdef9d52f49533b67,
    0xc50d2b50c59f22a7,
    0xd3927d989bb11140,
    0x369095118d299a8e,
    0x25a48eb36c063de4,
    0x79de85ee92ff097f,
    0x70c118c1f94dc352,
    0x78a384b157b4d9a2,
    0x306f760c1229ffa7,
    0x605aa111c0f95d34,
    0xd320d86d2a519956,
    0xcc4fdd1a7d908b66,
    0x9cf2689063dbd80c,
    0x8ffc389cb473e63e,
    0xf21f9de58d297d1c,
    0xc0dc2f46a6cce040,
    0xb992abfe2b45f844,
    0x7ffe7b9ba320872e,
    0x525a0e7fdae6c123,
};

static void sip_hash(void **state) {
    (void)state;
    const undr_hash_key key = {.k0 = 0x0706050403020100, .k1 = 0x0f0e0d0c0b0a0908};
    uint8_t bytes[sizeof vectors / sizeof *vectors];
    for (size_t size = 0; size < sizeof bytes; size++) {
        bytes[size] = (uint8_t)size;
        assert_true(undr_hash_bytes(&key, undr_slice_of(bytes, size)) == vectors[size]);
    }
    undr_sip sip = undr_sip_begin(&key);
    undr_sip_word(&sip, 0x0706050403020100);
    undr_sip_word(&sip, 0x0f0e0d0c0b0a0908);
    assert_true(undr_sip_end(&sip, 2) == vectors[16]);
}

static void few_bytes(void **state) {
    (void)state;
    const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7};
    uint64_t expected = 0;
    for (size_t size = 0; size < sizeof bytes; size++) {
        assert_true(undr_few_bytes(bytes, size) == expected);
        expected |= (uint64_t)bytes[size] << 8 * size;
    }
}

/* What a set of so many keys that somebody chose costs: within a budget of a few steps for each of them, or not. */
static undr_error read_set(undr_buffer *keys, size_t count) {
    undr_pickle_limits limits = undr_pickle_default_limits;
    undr_arena arena = {0};
    undr_value *value = NULL;
    limits.steps = 4 * count;
    assert_int_equal(undr_put_text(keys, "\x90."), UNDR_OK);
    const undr_error error = undr_pickle_read(undr_buffer_slice(keys), &limits, &arena, &value, NULL, NULL);
    undr_arena_free(&arena);
    undr_buffer_free(keys);
    return error;
}

/* Multiples of the inverse of the usual factor, whose products are 1, 2, 3, ...: they had one hash for all. */
static void numbers_in_a_row_of_products(void **state) {
    (void)state;
    const uint64_t factors[] = {UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0x100000001b3), UINT64_C(0xd6e8feb86659fd93), 1};
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        uint64_t inverse = factors[i];
        for (int round = 0; round < 5; round++) {
            inverse *= 2 - factors[i] * inverse;
        }
        undr_buffer keys = {0};
        assert_int_equal(undr_put_text(&keys, "\x8f("), UNDR_OK);
        for (uint64_t number = 1; number <= 4000; number++) {
            assert_int_equal(undr_put_text(&keys, "\x8a\x08"), UNDR_OK);
            assert_int_equal(undr_put_u64le(&keys, inverse * number & INT64_MAX), UNDR_OK);
        }
        assert_int_equal(read_set(&keys, 4000), UNDR_OK);
    }
}

/* In steps of any size, as a table of 2^k entries would like it least. */
static void numbers_in_steps(void **state) {
    (void)state;
    for (unsigned shift = 0; shift < 50; shift++) {
        undr_buffer keys = {0};
        assert_int_equal(undr_put_text(&keys, "\x8f("), UNDR_OK);
        for (uint64_t number = 1; number <= 4000; number++) {
            assert_int_equal(undr_put_text(&keys, "\x8a\x08"), UNDR_OK);
            assert_int_equal(undr_put_u64le(&keys, number << shift), UNDR_OK);
        }
        assert_int_equal(read_set(&keys, 4000), UNDR_OK);
    }
}

/* Classes of one name in many modules, and the other way round. */
static void classes(void **state) {
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        undr_buffer keys = {0};
        assert_int_equal(undr_put_text(&keys, "\x8f("), UNDR_OK);
        for (int number = 0; number < 4000; number++) {
            char text[32];
            (void)snprintf(text, sizeof text, i == 0 ? "cm%d\nN\n" : "cm\nN%d\n", number);
            assert_int_equal(undr_put_text(&keys, text), UNDR_OK);
        }
        assert_int_equal(read_set(&keys, 4000), UNDR_OK);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sip_hash),
        cmocka_unit_test(few_bytes),
        cmocka_unit_test(numbers_in_a_row_of_products),
        cmocka_unit_test(numbers_in_steps),
        cmocka_unit_test(classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
