/* test_pickle_keys.c: keys of equal hash that differ, and what comparing keys may cost. Whoever knows the hash key can
 * choose such keys, and these tests do, with the steps of ref/pickle/pickle_key.c; nobody else can (test_hash.c). */
#include "support/known_hash_key.h"
#include "undr/pickle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(literal) undr_slice_of(literal, sizeof(literal) - 1)

enum { TEXT = 16 };

static undr_hash_key known(void) {
    return __wrap_undr_process_hash_key();
}

/* How a key of 16 characters is hashed. */
typedef uint64_t text_hash(const char *text);

static uint64_t hash_of_text(const char *text) {
    const undr_hash_key key = known();
    return undr_hash_bytes(&key, undr_slice_of(text, TEXT));
}

static uint64_t hash_of_class(const char *name) {
    const undr_hash_key key = known();
    undr_sip sip = undr_sip_begin(&key);
    undr_sip_word(&sip, undr_hash_bytes(&key, BYTES("m")));
    undr_sip_word(&sip, hash_of_text(name));
    return undr_sip_end(&sip, 2);
}

static uint64_t hash_of_class_in(const char *module) {
    const undr_hash_key key = known();
    undr_sip sip = undr_sip_begin(&key);
    undr_sip_word(&sip, hash_of_text(module));
    undr_sip_word(&sip, undr_hash_bytes(&key, BYTES("N")));
    return undr_sip_end(&sip, 2);
}

typedef struct numbered {
    uint32_t hash, number;
} numbered;

static int compare_numbered(const void *left, const void *right) {
    const numbered *a = left, *b = right;
    return (a->hash > b->hash) - (a->hash < b->hash);
}

static void spell(uint32_t number, char *text) {
    char digits[TEXT + 1];
    (void)snprintf(digits, sizeof digits, "text %011u", number);
    memcpy(text, digits, TEXT);
}

/* Two texts of 16 plain characters whose hash is the same: among 2 ** 18 there are some. */
static void collide(text_hash *hash, char *first, char *second) {
    enum { TRIED = 1 << 18 };
    static numbered all[TRIED];
    for (uint32_t number = 0; number < TRIED; ++number) {
        spell(number, first);
        all[number] = (numbered){.hash = (uint32_t)(hash(first) >> 32), .number = number};
    }
    qsort(all, TRIED, sizeof *all, compare_numbered);
    size_t at = 1;
    while (all[at - 1].hash != all[at].hash) {
        assert_true(++at < TRIED);
    }
    spell(all[at - 1].number, first);
    spell(all[at].number, second);
    assert_memory_not_equal(first, second, TEXT);
}

static void put(undr_buffer *buffer, undr_slice bytes) {
    assert_int_equal(undr_put_slice(buffer, bytes), UNDR_OK);
}

/* How many entries a dict has, whose keys stand in `buffer`, which is freed. */
static size_t count_keys(undr_buffer *buffer) {
    undr_arena arena = {0};
    undr_value *value = NULL;
    put(buffer, BYTES("u."));
    assert_int_equal(undr_pickle_read(undr_buffer_slice(buffer), NULL, &arena, &value, NULL, NULL), UNDR_OK);
    const size_t count = value->items.count / 2;
    undr_arena_free(&arena);
    undr_buffer_free(buffer);
    return count;
}

enum { OTHERS = 20 };

/* Others in front of them: then they are found by their hash, not one after the other. */
static void put_others(undr_buffer *buffer, bool others) {
    put(buffer, BYTES("}("));
    for (int number = 0; others && number < OTHERS; ++number) {
        assert_int_equal(undr_put_format(buffer, "I%d\nN", 1000000 + number), UNDR_OK);
    }
    put(buffer, BYTES("u(")); /* what is there before has its index before */
}

/* `before` TEXT `after` None, for two texts that collide, and for the first of them again. */
static size_t count_of_three(char texts[2][TEXT], undr_slice before, undr_slice after, bool others) {
    undr_buffer buffer = {0};
    put_others(&buffer, others);
    for (size_t index = 0; index < 3; ++index) {
        put(&buffer, before);
        put(&buffer, undr_slice_of(texts[index % 2], TEXT));
        put(&buffer, after);
        put(&buffer, BYTES("N"));
    }
    return count_keys(&buffer) - (others ? OTHERS : 0);
}

static void what_collides_is_told_apart(void **state) {
    (void)state;
    char texts[2][TEXT], names[2][TEXT], modules[2][TEXT];
    collide(hash_of_text, texts[0], texts[1]);
    collide(hash_of_class, names[0], names[1]);
    collide(hash_of_class_in, modules[0], modules[1]);
    for (int others = 0; others < 2; ++others) {
        assert_int_equal(count_of_three(texts, BYTES("\x8a\x10"), BYTES(""), others), 2); /* ints */
        assert_int_equal(count_of_three(texts, BYTES("X\x10\0\0\0"), BYTES(""), others), 2);
        assert_int_equal(count_of_three(texts, BYTES("C\x10"), BYTES(""), others), 2);
        assert_int_equal(count_of_three(names, BYTES("cm\n"), BYTES("\n"), others), 2);
        assert_int_equal(count_of_three(modules, BYTES("c"), BYTES("\nN\n"), others), 2);
        /* and in tuples and frozensets */
        assert_int_equal(count_of_three(texts, BYTES("\x8a\x10"), BYTES("K\1\x86"), others), 2);
        assert_int_equal(count_of_three(texts, BYTES("K\1\x8a\x10"), BYTES("\x86"), others), 2);
        assert_int_equal(count_of_three(texts, BYTES("(K\1\x8a\x10"), BYTES("\x91"), others), 2);
        assert_int_equal(count_of_three(texts, BYTES("(\x8a\x10"), BYTES("K\1\x91"), others), 2);
    }
}

/* The writer looks for classes by all 64 bits of a hash. These two texts have the same: the first such pair on a walk
 * of some 2 ** 32 texts under the hash key that is known here. */
static void classes_that_collide_are_written_apart(void **state) {
    (void)state;
    static const char pickle[] =
        "(cm\ncocffkmkjcnebonc\ncm\nbmjapabnecgimceo\nccocffkmkjcnebonc\nN\ncbmjapabnecgimceo\nN\n"
        "cm\ncocffkmkjcnebonc\ncbmjapabnecgimceo\nN\nt.";
    const undr_hash_key key = known();
    assert_true(undr_hash_bytes(&key, BYTES("cocffkmkjcnebonc")) == undr_hash_bytes(&key, BYTES("bmjapabnecgimceo")));
    undr_arena arena = {0};
    undr_value *value = NULL, *again = NULL;
    assert_int_equal(undr_pickle_read(BYTES(pickle), NULL, &arena, &value, NULL, NULL), UNDR_OK);
    for (int protocol = 2; protocol <= 5; ++protocol) {
        undr_buffer written = {0}, text = {0};
        assert_int_equal(undr_pickle_write(value, protocol, &written), UNDR_OK);
        assert_int_equal(undr_pickle_read(undr_buffer_slice(&written), NULL, &arena, &again, NULL, NULL), UNDR_OK);
        assert_int_equal(undr_value_print(&text, again), UNDR_OK);
        assert_int_equal(undr_put_u8(&text, 0), UNDR_OK);
        assert_string_equal((char *)text.data,
            "(<class m.cocffkmkjcnebonc>, <class m.bmjapabnecgimceo>, <class cocffkmkjcnebonc.N>, "
            "<class bmjapabnecgimceo.N>, <class m.cocffkmkjcnebonc>, <class bmjapabnecgimceo.N>)");
        undr_buffer_free(&written);
        undr_buffer_free(&text);
    }
    undr_arena_free(&arena);
}

static size_t count_of_keys(undr_slice keys, bool others) {
    undr_buffer buffer = {0};
    put_others(&buffer, others);
    put(&buffer, keys);
    return count_keys(&buffer) - (others ? OTHERS : 0);
}

/* Either way there are as many. */
static size_t count_of(undr_slice keys) {
    const size_t count = count_of_keys(keys, false);
    assert_int_equal(count_of_keys(keys, true), count);
    return count;
}

static undr_slice key_in(undr_buffer *buffer, undr_slice key) {
    buffer->size = 0;
    put(buffer, key);
    put(buffer, BYTES("N"));
    return undr_buffer_slice(buffer);
}

static uint64_t inverse_of(uint64_t odd) {
    uint64_t inverse = odd; /* right in three bits, then in twice as many each time */
    for (int round = 0; round < 5; ++round) {
        inverse *= 2 - odd * inverse;
    }
    return inverse;
}

/* An int of 7 bytes whose hash is that of the text `a`: its steps can be undone. */
static uint64_t number_like_text(void) {
    const undr_hash_key key = known();
    const uint64_t high = undr_hash_bytes(&key, BYTES("a")) >> 32 << 32;
    for (uint64_t low = 0;; ++low) {
        uint64_t number = (high | low) * inverse_of(key.odd[1]);
        number ^= number >> 32;
        number *= inverse_of(key.odd[0]);
        number ^= number >> 32;
        if (number < UINT64_C(1) << 55) {
            assert_true(undr_hash_word(&key, number) >> 32 == high >> 32);
            return number;
        }
    }
}

static void kinds_that_collide_are_told_apart(void **state) {
    (void)state;
    const uint64_t number = number_like_text();
    char integer[10] = "\x8a\x08";
    memcpy(integer + 2, &number, sizeof number);
    const undr_slice text = BYTES("V"
                                  "a\n"),
                     other = undr_slice_of(integer, sizeof integer);
    undr_buffer first = {0}, second = {0}, both = {0};
    put(&both, key_in(&first, text));
    put(&both, key_in(&second, other));
    put(&both, undr_buffer_slice(&first));
    put(&both, undr_buffer_slice(&second));
    assert_int_equal(count_of(undr_buffer_slice(&both)), 2);
    both.size = 0;
    put(&both, undr_buffer_slice(&second));
    put(&both, undr_buffer_slice(&first));
    assert_int_equal(count_of(undr_buffer_slice(&both)), 2);
    assert_int_equal(count_of(BYTES("K\1q\0Nh\0N")), 1);                     /* the very same */
    assert_int_equal(count_of(BYTES("K\1N\x88NG\x3f\xf0\0\0\0\0\0\0N")), 1); /* 1, True, 1.0 in each order */
    assert_int_equal(count_of(BYTES("\x88NG\x3f\xf0\0\0\0\0\0\0NK\1N")), 1);
    assert_int_equal(count_of(BYTES("G\x3f\xf0\0\0\0\0\0\0NK\1N\x88N")), 1);
    assert_int_equal(count_of(BYTES("V"
                                    "a\nNC\1aNK\x61N")),
        3); /* a text, bytes, a number of the same bytes */
    undr_buffer_free(&first);
    undr_buffer_free(&second);
    undr_buffer_free(&both);
}

typedef struct hashed_pair {
    uint32_t hash;
    uint8_t first, second;
} hashed_pair;

static int compare_pairs(const void *left, const void *right) {
    const hashed_pair *a = left, *b = right;
    return (a->hash > b->hash) - (a->hash < b->hash);
}

static uint32_t hash_of_byte(unsigned number) {
    const undr_hash_key key = known();
    const uint32_t hash = (uint32_t)(undr_hash_word(&key, number) >> 32);
    return hash == 0 ? 1 : hash;
}

static uint32_t hash_of_three(unsigned first, unsigned second, unsigned third) {
    const undr_hash_key key = known();
    undr_sip sip = undr_sip_begin(&key);
    undr_sip_word(&sip, hash_of_byte(first));
    undr_sip_word(&sip, hash_of_byte(second));
    undr_sip_word(&sip, hash_of_byte(third));
    undr_sip_word(&sip, 0);
    return (uint32_t)(undr_sip_end(&sip, 4) >> 32);
}

/* Among 2 ** 16 tuples of one int and any two others there are some whose hash is the same, though not those of their
 * items. */
static void pairs_that_collide_are_told_apart(void **state) {
    (void)state;
    static hashed_pair pairs[1 << 16];
    size_t collisions = 0;
    for (unsigned salt = 0; salt < 8; ++salt) {
        for (unsigned i = 0; i < 1 << 16; ++i) {
            pairs[i] = (hashed_pair){hash_of_three(salt, i >> 8, i & 0xff), (uint8_t)(i >> 8), (uint8_t)i};
        }
        qsort(pairs, 1 << 16, sizeof *pairs, compare_pairs);
        for (size_t i = 1; i < 1 << 16; ++i) {
            const hashed_pair a = pairs[i - 1], b = pairs[i];
            if (a.hash == b.hash) {
                const uint8_t keys[] = {'K', (uint8_t)salt, 'K', a.first, 'K', a.second, 0x87, 'N', 'K', (uint8_t)salt,
                    'K', b.first, 'K', b.second, 0x87, 'N'};
                assert_int_equal(count_of(undr_slice_of(keys, sizeof keys)), 2);
                ++collisions;
            }
        }
    }
    assert_true(collisions > 0);
}

static void numbers_that_collide_are_told_apart(void **state) {
    (void)state;
    assert_int_equal(count_of(BYTES("G\x3f\xe0\0\0\0\0\0\0N\x8a\x08\0\0\0\0\0\0\xe0\x3fN")), 2); /* 0.5, its bits */
    assert_int_equal(count_of(BYTES("G\x40\x08\0\0\0\0\0\0NK\3N")), 1);                          /* 3.0 */
    assert_int_equal(count_of(BYTES("G\xc0\x60\x20\0\0\0\0\0NJ\x7f\xff\xff\xffN")), 1);          /* -129.0 */
    assert_int_equal(count_of(BYTES("G\x43\x40\0\0\0\0\0\0N\x8a\x07\0\0\0\0\0\0\x20N")), 1);     /* 2.0 ** 53 */
    assert_int_equal(count_of(BYTES("G\x80\0\0\0\0\0\0\0NK\0N\x89N")), 1);                       /* -0.0, 0, False */
}

/* A key of each kind, twice, each time with ever less work left to compare them: the reader says so wherever it is.
 * Work that is left is a matter of the pickle's size and of what was done before, here to keys that collide. */
static void append_keys(undr_buffer *buffer, undr_slice key, size_t times) {
    for (size_t index = 0; index < times; ++index) {
        put(buffer, key);
        put(buffer, BYTES("N"));
    }
}

/* Towers of pairs, (x, x) of (x, x): equal, at a cost of 2 ** height. */
static void append_tower(undr_buffer *buffer, undr_slice base, size_t height) {
    put(buffer, base);
    for (size_t level = 0; level < height; ++level) {
        put(buffer, BYTES("q\0h\0\x86"));
    }
}

static void work_ends_wherever_it_is(void **state) {
    (void)state;
    static const struct {
        const char *key;
        size_t size;
    } keys[] = {{"K\1", 2}, {"X\1\0\0\0a", 6}, {"cm\nA\n", 5}, {"K\1\x85", 3}, {"(K\1\x91", 4}, {")", 1}};
    size_t ends = 0;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; ++i) {
        for (size_t height = 10; height < 20; ++height) {
            undr_buffer buffer = {0};
            undr_arena arena = {0};
            undr_value *value = NULL;
            const undr_slice key = undr_slice_of(keys[i].key, keys[i].size);
            put(&buffer, BYTES("}("));
            for (int twice = 0; twice < 2; ++twice) {
                append_tower(&buffer, key, height);
                put(&buffer, BYTES("N"));
            }
            append_keys(&buffer, key, 2);
            put(&buffer, BYTES("u."));
            const undr_error error = undr_pickle_read(undr_buffer_slice(&buffer), NULL, &arena, &value, NULL, NULL);
            assert_true(error == UNDR_OK || error == UNDR_LIMIT_NODES);
            ends += error == UNDR_LIMIT_NODES;
            undr_arena_free(&arena);
            undr_buffer_free(&buffer);
        }
    }
    assert_true(ends > sizeof keys / sizeof *keys && ends < 10 * sizeof keys / sizeof *keys);
}

/* Two towers that were hashed level by level, so that only the comparison meets their depth. */
static void depth_of_a_comparison(void **state) {
    (void)state;
    enum { HEIGHT = 60 };
    undr_pickle_limits limits = undr_pickle_default_limits;
    undr_buffer buffer = {0};
    put(&buffer, BYTES("}("));
    for (int twice = 0; twice < 2; ++twice) {
        put(&buffer, BYTES("K\1\x85q\0"));
        for (int level = 0; level < HEIGHT; ++level) {
            put(&buffer, BYTES("}(h\0Nu0h\0\x85q\0")); /* a dict of it, dropped; then (it,) */
        }
        put(&buffer, BYTES("N"));
    }
    put(&buffer, BYTES("u0N.")); /* the result itself is shallow */

    for (limits.depth = 10; limits.depth <= 100; limits.depth += 90) {
        undr_arena arena = {0};
        undr_value *value = NULL;
        assert_int_equal(undr_pickle_read(undr_buffer_slice(&buffer), &limits, &arena, &value, NULL, NULL),
            limits.depth == 10 ? UNDR_LIMIT_DEPTH : UNDR_OK);
        undr_arena_free(&arena);
    }
    undr_buffer_free(&buffer);
}

/* Indexes of the memo that fall upon each other in its table: each search takes steps, and they end at a limit. */
static void searches_in_the_memo_end(void **state) {
    (void)state;
    enum { INDEXES = 400, GETS = 20000 };
    undr_buffer buffer = {0};
    size_t found = 0;
    uint32_t last = 0;
    put(&buffer, BYTES("N"));
    for (uint32_t index = 1; found < INDEXES; ++index) {
        const undr_hash_key key = known();
        if ((undr_hash_word(&key, index) >> 32 & 1023) != 0) {
            continue;
        }
        assert_int_equal(undr_put_u8(&buffer, 'r'), UNDR_OK);
        assert_int_equal(undr_put_u32le(&buffer, index), UNDR_OK);
        last = index;
        ++found;
    }
    undr_arena arena = {0};
    undr_value *value = NULL;
    const size_t end = buffer.size;
    put(&buffer, BYTES("."));
    assert_int_equal(undr_pickle_read(undr_buffer_slice(&buffer), NULL, &arena, &value, NULL, NULL), UNDR_OK);
    buffer.size = end;
    for (size_t index = 0; index < GETS; ++index) {
        assert_int_equal(undr_put_u8(&buffer, 'j'), UNDR_OK);
        assert_int_equal(undr_put_u32le(&buffer, last), UNDR_OK);
        put(&buffer, BYTES("0"));
    }
    put(&buffer, BYTES("."));
    assert_int_equal(undr_pickle_read(undr_buffer_slice(&buffer), NULL, &arena, &value, NULL, NULL), UNDR_LIMIT_NODES);
    undr_arena_free(&arena);
    undr_buffer_free(&buffer);
}

/* Two large ints that are equal, and the second of them as a key again and again: each time all of it is compared. */
static void comparing_large_ints_takes_work(void **state) {
    (void)state;
    enum { SIZE = 64000, TIMES = 12000 };
    undr_buffer buffer = {0};
    undr_arena arena = {0};
    undr_value *value = NULL;
    put(&buffer, BYTES("}("));
    for (int twice = 0; twice < 2; ++twice) {
        put(&buffer, BYTES("\x8b"));
        assert_int_equal(undr_put_u32le(&buffer, SIZE), UNDR_OK);
        assert_int_equal(undr_buffer_reserve(&buffer, SIZE), UNDR_OK);
        memset(buffer.data + buffer.size, 1, SIZE);
        buffer.size += SIZE;
        put(&buffer, BYTES("q\0N"));
    }
    for (int time = 0; time < TIMES; ++time) {
        put(&buffer, BYTES("h\0N"));
    }
    put(&buffer, BYTES("u."));
    assert_int_equal(undr_pickle_read(undr_buffer_slice(&buffer), NULL, &arena, &value, NULL, NULL), UNDR_LIMIT_NODES);
    undr_arena_free(&arena);
    undr_buffer_free(&buffer);
}

/* True, then an int, which is compared at once: the few keys in front of it are no reason not to count that. */
static void comparing_a_few_numbers_takes_work(void **state) {
    (void)state;
    static const undr_slice pickles[] = {{(const uint8_t *)"}(\x88NK\1Nu.", 9}, {(const uint8_t *)"}(\x88NK\2Nu.", 9}};
    undr_pickle_limits limits = undr_pickle_default_limits;
    for (limits.steps = 1; limits.steps < 4; ++limits.steps) {
        undr_arena arena = {0};
        undr_value *value = NULL;
        assert_int_equal(undr_pickle_read(pickles[0], &limits, &arena, &value, NULL, NULL),
            limits.steps < 2 ? UNDR_LIMIT_NODES : UNDR_OK);
        assert_int_equal(undr_pickle_read(pickles[1], &limits, &arena, &value, NULL, NULL), UNDR_OK); /* another hash */
        assert_int_equal(value->items.count, 4);
        undr_arena_free(&arena);
    }
}

/* What takes longer than the bytes of its opcodes let expect: counted as work, so that a budget for it is kept. */
static void dear_opcodes_take_work(void **state) {
    (void)state;
    static const struct {
        const char *before, *repeated, *after;
        size_t times;
    } rows[] = {
        {"L", "7", "L\n.", 4000}, /* digits */
        {"Np", "0", "\n.", 4000},
        {"Np0\n0g", "0", "\n.", 4000},
        {"F1.", "7", "\n.", 4000},
        {"", "F5e-324\n0", "N.", 60},
        {"c_codecs\nencode\n(V", "x", "\nVlatin1\ntR.", 4000}, /* copies */
        {"cbuiltins\nbytearray\n(c_codecs\nencode\n(V", "x", "\nVlatin1\ntRtR.", 4000},
        {"cbuiltins\nset\n((", "K\1", "ltR.", 4000},
        {"ccopyreg\n__newobj__\n(cm\nN\n", "N", "tR.", 4000},
        {"cbuiltins\ngetattr\n(cm\nN\nV", "x", "\ntR.", 4000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        undr_buffer buffer = {0};
        put(&buffer, undr_slice_text(rows[i].before));
        for (size_t time = 0; time < rows[i].times; ++time) {
            put(&buffer, undr_slice_text(rows[i].repeated));
        }
        put(&buffer, undr_slice_text(rows[i].after));
        undr_pickle_limits limits = undr_pickle_default_limits;
        undr_error error = UNDR_LIMIT_NODES;
        for (limits.steps = 1; error == UNDR_LIMIT_NODES; limits.steps *= 2) {
            undr_arena arena = {0};
            undr_value *value = NULL;
            error = undr_pickle_read(undr_buffer_slice(&buffer), &limits, &arena, &value, NULL, NULL);
            undr_arena_free(&arena);
        }
        assert_int_equal(error, UNDR_OK);
        assert_true(limits.steps > 60);
        undr_buffer_free(&buffer);
    }
}

static void what_a_check_takes(void **state) {
    (void)state;
    size_t budget = 100;
    const undr_pickle_limits *limits = &undr_pickle_default_limits;
    assert_int_equal(undr_pickle_check_within(BYTES("](NNNe."), limits, &budget), UNDR_OK);
    assert_int_equal(budget, 96); /* four values */
    assert_int_equal(undr_pickle_check_within(BYTES("X"), limits, &budget), UNDR_PICKLE_TRUNCATED);
    assert_int_equal(budget, 96);
    assert_int_equal(undr_pickle_check_within(BYTES("}(K\1NK\1NK\1Nu."), limits, &budget), UNDR_OK);
    assert_true(budget >= 80 && budget <= 89);
    budget = 3;
    assert_int_equal(undr_pickle_check_within(BYTES("](NNNe."), limits, &budget), UNDR_LIMIT_NODES);
    assert_int_equal(budget, 0);
    assert_int_equal(undr_pickle_check_within(BYTES("N."), limits, &budget), UNDR_LIMIT_NODES);
    budget = SIZE_MAX;
    assert_int_equal(undr_pickle_check_within(BYTES("N."), limits, &budget), UNDR_OK);
    assert_true(budget < SIZE_MAX);
    budget = 64 + 8 * 3 + 1;
    assert_int_equal(undr_pickle_check_within(BYTES("F1.5\n."), limits, &budget), UNDR_OK);
    assert_int_equal(budget, 0); /* each of the two is within it, both together are as much */
    budget = 64 + 8 * 3;
    assert_int_equal(undr_pickle_check_within(BYTES("F1.5\n."), limits, &budget), UNDR_OK);
    assert_int_equal(budget, 0); /* both together are more: it is used up */
    budget = SIZE_MAX - 1;       /* no budget: what the size of the pickle allows */
    assert_int_equal(undr_pickle_check_within(BYTES("F1.5\n."), limits, &budget), UNDR_OK);
    assert_true(budget == SIZE_MAX - 1 - 1 - 64 - 8 * 3);
}

/* ---- how long it takes to find a key among many ---- */

typedef void put_key(undr_buffer *buffer, int number);

static void put_short_text(undr_buffer *buffer, int number) {
    assert_int_equal(undr_put_format(buffer, "V%d\n", number), UNDR_OK);
}

static void put_long_text(undr_buffer *buffer, int number) {
    assert_int_equal(undr_put_format(buffer, "Vthe same, the same, %05d, the same\n", number), UNDR_OK);
}

static void put_second_eight(undr_buffer *buffer, int number) {
    assert_int_equal(undr_put_format(buffer, "Vthe same%05d, the same\n", number), UNDR_OK);
}

static void put_first_eight(undr_buffer *buffer, int number) {
    assert_int_equal(undr_put_format(buffer, "V%05d, the same, the same\n", number), UNDR_OK);
}

static void put_class(undr_buffer *buffer, int number) {
    assert_int_equal(undr_put_format(buffer, "cm\nN%d\n", number), UNDR_OK);
}

static void put_float(undr_buffer *buffer, int number) {
    assert_int_equal(undr_put_format(buffer, "F%d.5\n", number), UNDR_OK);
}

static void put_whole_float(undr_buffer *buffer, int number) {
    assert_int_equal(undr_put_format(buffer, "F%d.0\n", number), UNDR_OK);
}

static void put_large_int(undr_buffer *buffer, int number) {
    assert_int_equal(undr_put_format(buffer, "L0x%x0000000000000000\n", number), UNDR_OK);
}

static void put_tuple(undr_buffer *buffer, int number) {
    assert_int_equal(undr_put_format(buffer, "(NI%d\nNt", number), UNDR_OK);
}

static void put_frozenset(undr_buffer *buffer, int number) {
    assert_int_equal(undr_put_format(buffer, "(NI%d\nK\1\x91", number + 2), UNDR_OK);
}

/* Were their hashes the same, the reader would give up: to compare each with each is more than it takes on. */
static void keys_of_any_kind_are_found_in_good_time(void **state) {
    (void)state;
    enum { KEYS = 12000 };
    put_key *const kinds[] = {put_short_text, put_long_text, put_second_eight, put_first_eight, put_class, put_float,
        put_whole_float, put_large_int, put_tuple, put_frozenset};
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; ++kind) {
        undr_buffer buffer = {0};
        put(&buffer, BYTES("}"));
        for (int number = 0; number < 2 * KEYS; ++number) { /* each by itself; then each again, at once */
            put(&buffer, number == KEYS ? BYTES("(") : BYTES(""));
            kinds[kind](&buffer, number % KEYS);
            put(&buffer, number < KEYS ? BYTES("Ns") : BYTES("N"));
        }
        assert_int_equal(count_keys(&buffer), KEYS);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_collides_is_told_apart),
        cmocka_unit_test(classes_that_collide_are_written_apart),
        cmocka_unit_test(kinds_that_collide_are_told_apart),
        cmocka_unit_test(pairs_that_collide_are_told_apart),
        cmocka_unit_test(numbers_that_collide_are_told_apart),
        cmocka_unit_test(work_ends_wherever_it_is),
        cmocka_unit_test(depth_of_a_comparison),
        cmocka_unit_test(searches_in_the_memo_end),
        cmocka_unit_test(comparing_large_ints_takes_work),
        cmocka_unit_test(comparing_a_few_numbers_takes_work),
        cmocka_unit_test(dear_opcodes_take_work),
        cmocka_unit_test(what_a_check_takes),
        cmocka_unit_test(keys_of_any_kind_are_found_in_good_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
