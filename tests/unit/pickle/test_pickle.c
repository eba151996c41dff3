/* test_pickle.c: the pickle reader's limits and what hostile pickles cost; the writer's exact bytes. What CPython says
 * of 1,600 pickles is in test_pickle_cpython.c. */
#include "support/guard_page.h"
#include "undr/pickle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define BYTES(text) undr_slice_of(text, sizeof(text) - 1)

static undr_error read_quietly(undr_slice input, const undr_pickle_limits *limits, undr_pickle_fault *fault) {
    guarded copy = guard_page_copy(input);
    undr_arena arena = {0};
    undr_value *value = NULL;
    const undr_error error = undr_pickle_read(copy.bytes, limits, &arena, &value, NULL, fault);
    undr_arena_free(&arena);
    guard_page_free(&copy);
    return error;
}

static void assert_written(const undr_value *value, int protocol, undr_slice expected) {
    undr_buffer buffer = {0};
    assert_int_equal(undr_pickle_write(value, protocol, &buffer), UNDR_OK);
    assert_int_equal(buffer.size, expected.size);
    assert_memory_equal(buffer.data, expected.data, expected.size);
    undr_buffer_free(&buffer);
}

/* PAY-1, PAY-2: byte for byte what CPython writes, and what our writer makes of the values. */
static void test_none_and_close_request(void **state) {
    (void)state;
    static const char close_request[] = "\x80\x04\x95\x21\0\0\0\0\0\0\0\x8c\x09undr.task\x94\x8c\x0c"
                                        "CloseRequest"
                                        "\x94\x93\x94)\x81\x94.";
    assert_true(undr_slice_equal(undr_pickle_none(), BYTES("\x80\x04N.")));
    assert_true(undr_slice_equal(undr_pickle_close_request(), BYTES(close_request)));
    undr_arena arena = {0};
    undr_value *value = NULL;
    assert_int_equal(undr_value_none(&arena, &value), UNDR_OK);
    assert_written(value, 4, undr_pickle_none());
    assert_int_equal(undr_value_instance(&arena, "undr.task", "CloseRequest", NULL, &value), UNDR_OK);
    assert_written(value, 4, undr_pickle_close_request());
    undr_arena_free(&arena);
}

/* PAY-4: NEWOBJ, REDUCE, OBJ, INST, _reconstructor, with and without a state. */
static void test_forms_of_close_request(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } forms[] = {
#define FORM(text) {text, sizeof(text) - 1}
        FORM("\x80\x02"
             "cundr.task\nCloseRequest\n)\x81."),
        FORM("\x80\x02"
             "cundr.task\nCloseRequest\n)\x81}b."),
        FORM("\x80\x04"
             "cundr.task\nCloseRequest\n)R."),
        FORM("(cundr.task\nCloseRequest\no."),
        FORM("(iundr.task\nCloseRequest\n."),
        FORM("ccopy_reg\n_reconstructor\n(cundr.task\nCloseRequest\nc__builtin__\nobject\nNtR."),
        FORM("\x80\x04\x8c\x09undr.task\x8c\x0c"
             "CloseRequest\x93)}\x92."),
#undef FORM
    };
    for (size_t index = 0; index < sizeof forms / sizeof forms[0]; ++index) {
        undr_arena arena = {0};
        undr_value *value = NULL;
        const undr_slice input = undr_slice_of(forms[index].bytes, forms[index].size);
        assert_int_equal(undr_pickle_read(input, NULL, &arena, &value, NULL, NULL), UNDR_OK);
        assert_true(undr_value_is_instance(value, "undr.task.CloseRequest"));
        undr_arena_free(&arena);
    }
}

/* As CPython's protocol 4 has it: attribute names and classes once each. */
static void test_instances(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *made[2] = {NULL, NULL};
    for (int64_t index = 0; index < 2; ++index) {
        undr_value *pair[2];
        undr_value *dict = NULL;
        assert_int_equal(undr_value_text(&arena, "size", &pair[0]), UNDR_OK);
        assert_int_equal(undr_value_int(&arena, index, &pair[1]), UNDR_OK);
        assert_int_equal(undr_value_items(&arena, UNDR_DICT, pair, 2, &dict), UNDR_OK);
        assert_int_equal(undr_value_instance(&arena, "m", "N", dict, &made[index]), UNDR_OK);
    }
    undr_value *list = NULL;
    assert_int_equal(undr_value_items(&arena, UNDR_LIST, made, 2, &list), UNDR_OK);
    assert_written(made[0], 4,
        BYTES("\x80\x04\x95\x1b\0\0\0\0\0\0\0\x8c\x01m\x94\x8c\x01N\x94\x93\x94)\x81\x94}\x94"
              "\x8c\x04size\x94K\x00sb."));
    assert_written(list, 4,
        BYTES("\x80\x04\x95\x2c\0\0\0\0\0\0\0]\x94(\x8c\x01m\x94\x8c\x01N\x94\x93\x94)\x81\x94}\x94"
              "\x8c\x04size\x94K\x00sbh\x03)\x81\x94}\x94h\x06K\x01sbe."));
    undr_arena_free(&arena);
}

static void test_protocols_of_the_writer(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *value = NULL;
    assert_int_equal(undr_value_bytes(&arena, UNDR_BYTES, BYTES("a\xff"), &value), UNDR_OK);
    undr_buffer buffer = {0};
    assert_int_equal(undr_put_text(&buffer, "kept"), UNDR_OK);
    const int refused[] = {-1, 0, 1, 6, 100};
    for (size_t index = 0; index < sizeof refused / sizeof refused[0]; ++index) {
        assert_int_equal(undr_pickle_write(value, refused[index], &buffer), UNDR_ARGUMENT);
    }
    assert_int_equal(undr_pickle_write(NULL, 4, &buffer), UNDR_ARGUMENT);
    assert_true(undr_slice_equal(undr_buffer_slice(&buffer), undr_slice_text("kept")));
    undr_buffer_free(&buffer);
    assert_written(value, 2,
        BYTES("\x80\x02"
              "c_codecs\nencode\nq\0X\x03\0\0\0a\xc3\xbfq\x01"
              "X\x06\0\0\0latin1q\x02\x86q\x03Rq\x04."));
    assert_written(value, 3,
        BYTES("\x80\x03"
              "C\x02"
              "a\xffq\0."));
    assert_written(value, 5,
        BYTES("\x80\x05\x95\x06\0\0\0\0\0\0\0C\x02"
              "a\xff\x94."));
    undr_arena_free(&arena);
}

static undr_value *zeros(undr_arena *arena, size_t size) {
    undr_buffer content = {0};
    assert_int_equal(undr_buffer_reserve(&content, size), UNDR_OK);
    memset(content.data, 0, size);
    undr_value *value = NULL;
    assert_int_equal(undr_value_bytes(arena, UNDR_BYTES, undr_slice_of(content.data, size), &value), UNDR_OK);
    undr_buffer_free(&content);
    return value;
}

/* What is 64 KiB or more stands outside of frames; a frame below 4 bytes is left out. */
static void test_large_values_and_frames(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *list = NULL;
    undr_buffer buffer = {0};
    undr_value *value = zeros(&arena, 65535);
    assert_int_equal(undr_value_items(&arena, UNDR_LIST, &value, 1, &list), UNDR_OK);
    assert_int_equal(undr_pickle_write(list, 4, &buffer), UNDR_OK);
    assert_memory_equal(buffer.data,
        "\x80\x04\x95\x09\0\x01\0\0\0\0\0]\x94"
        "B\xff\xff\0\0",
        18); /* 65,545 */
    buffer.size = 0;
    value = zeros(&arena, 65536);
    assert_int_equal(undr_value_items(&arena, UNDR_LIST, &value, 1, &list), UNDR_OK);
    assert_int_equal(undr_pickle_write(list, 4, &buffer), UNDR_OK);
    assert_memory_equal(buffer.data,
        "\x80\x04]\x94"
        "B\0\0\x01\0",
        9);
    assert_memory_equal(buffer.data + buffer.size - 3,
        "\x94"
        "a.",
        3);
    undr_buffer_free(&buffer);
    undr_arena_free(&arena);
}

/* A frame ends before the first value after 64 KiB. */
static void test_frames_end(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *items[200];
    for (size_t index = 0; index < 200; ++index) {
        items[index] = zeros(&arena, 1000); /* 1,006 bytes in the pickle, MEMOIZE included */
    }
    undr_value *list = NULL;
    undr_buffer buffer = {0};
    assert_int_equal(undr_value_items(&arena, UNDR_LIST, items, 200, &list), UNDR_OK);
    assert_int_equal(undr_pickle_write(list, 4, &buffer), UNDR_OK);
    const size_t sizes[] = {3 + 66 * 1006, 66 * 1006, 66 * 1006, 2 * 1006 + 2}; /* "]\x94(" begins, "e." ends */
    undr_cursor cursor = undr_cursor_over(undr_buffer_slice(&buffer));
    cursor.offset = 2;
    for (size_t index = 0; index < 4; ++index) {
        uint8_t opcode = 0;
        uint64_t size = 0;
        undr_slice frame = {0};
        assert_true(undr_read_u8(&cursor, &opcode) && opcode == 0x95 && undr_read_u64le(&cursor, &size));
        assert_int_equal(size, sizes[index]);
        assert_true(undr_read_slice(&cursor, size, &frame));
    }
    assert_int_equal(undr_cursor_left(&cursor), 0);
    undr_buffer_free(&buffer);
    undr_arena_free(&arena);
}

/* What can't be written leaves the buffer alone. */
static void test_unwritable(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *value = NULL;
    undr_buffer buffer = {0};
    static const char *const names[][2] = {
        {"m\n", "N"}, {"m", "N\xc3\xa9"}, {"", "N"}, {"m", ""}, {"__builtin__", "N"}};
    for (size_t index = 0; index < sizeof names / sizeof names[0]; ++index) {
        assert_int_equal(undr_value_class(&arena, names[index][0], names[index][1], &value), UNDR_OK);
        assert_int_equal(undr_pickle_write(value, 2, &buffer), UNDR_ARGUMENT);
        assert_int_equal(undr_pickle_write(value, 4, &buffer), UNDR_OK);
        buffer.size = 0;
    }
    undr_value *made = NULL;
    assert_int_equal(undr_value_instance(&arena, "m", "N", NULL, &made), UNDR_OK);
    assert_int_equal(undr_value_items(&arena, UNDR_TUPLE, &made, 1, &value), UNDR_OK);
    made->object.args = value; /* an object among its own arguments has no pickle */
    assert_int_equal(undr_pickle_write(made, 4, &buffer), UNDR_LIMIT_DEPTH);
    assert_int_equal(buffer.size, 0);
    made->object.callable = NULL;
    assert_int_equal(undr_pickle_write(made, 4, &buffer), UNDR_ARGUMENT);
    undr_buffer_free(&buffer);
    undr_arena_free(&arena);
}

static void test_used(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *value = NULL;
    size_t used = 0;
    assert_int_equal(undr_pickle_read(BYTES("\x80\x04K\x05.N."), NULL, &arena, &value, &used, NULL), UNDR_OK);
    assert_int_equal(used, 5);
    undr_arena_free(&arena);
}

/* Offset and opcode of what is wrong. */
static void test_faults(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        undr_error error;
        size_t offset;
        uint8_t opcode;
    } rows[] = {
        {"", 0, UNDR_PICKLE_TRUNCATED, 0, 0},
        {"\x80\x04N", 3, UNDR_PICKLE_TRUNCATED, 3, 0},
        {"\x80\x04NX\x05\0\0\0ab", 10, UNDR_PICKLE_TRUNCATED, 3, 'X'},
        {"\x80\x04N\xfe.", 5, UNDR_PICKLE_OPCODE, 3, 0xfe},
        {"\x80\x09N.", 4, UNDR_PICKLE_PROTOCOL, 0, 0x80},
        {"NNa.", 4, UNDR_PICKLE_TYPE, 2, 'a'},
        {"h\x01.", 3, UNDR_PICKLE_MEMO, 0, 'h'},
        {"P1\n.", 4, UNDR_PICKLE_UNSUPPORTED, 0, 'P'},
    };
    for (size_t index = 0; index < sizeof rows / sizeof rows[0]; ++index) {
        undr_pickle_fault fault = {.offset = 77, .opcode = 77};
        const undr_slice input = undr_slice_of(rows[index].bytes, rows[index].size);
        assert_int_equal(read_quietly(input, NULL, &fault), rows[index].error);
        assert_int_equal(fault.offset, rows[index].offset);
        assert_int_equal(fault.opcode, rows[index].opcode);
    }
}

static void test_limits(void **state) {
    (void)state;
    undr_pickle_limits limits = undr_pickle_default_limits;
    limits.depth = 2;
    assert_int_equal(read_quietly(BYTES("]]]aa."), &limits, NULL), UNDR_OK);
    assert_int_equal(read_quietly(BYTES("]]]]aaa."), &limits, NULL), UNDR_LIMIT_DEPTH);
    limits = undr_pickle_default_limits;
    limits.nodes = 3;
    assert_int_equal(read_quietly(BYTES("](NNe."), &limits, NULL), UNDR_OK);
    assert_int_equal(read_quietly(BYTES("](NNNe."), &limits, NULL), UNDR_LIMIT_NODES);
    limits = undr_pickle_default_limits;
    limits.memo = 2;
    assert_int_equal(read_quietly(BYTES("Nq\x01."), &limits, NULL), UNDR_OK);
    assert_int_equal(read_quietly(BYTES("Nq\x02."), &limits, NULL), UNDR_LIMIT_MEMO);
    limits = undr_pickle_default_limits;
    limits.bytes = 1500;
    assert_int_equal(read_quietly(BYTES("(NNl."), &limits, NULL), UNDR_OK);
    assert_int_equal(
        read_quietly(BYTES("(]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]l."), &limits, NULL),
        UNDR_LIMIT_BYTES);
}

/* The arena's own limit holds, and is the same afterwards. */
static void test_limit_of_the_arena(void **state) {
    (void)state;
    undr_arena arena = {.limit = 500};
    undr_value *value = NULL;
    assert_int_equal(
        undr_pickle_read(BYTES("(]]]]]]]]]]]]]]]]]]]]l."), NULL, &arena, &value, NULL, NULL), UNDR_LIMIT_BYTES);
    assert_int_equal(arena.limit, 500);
    assert_true(arena.used <= 500);
    undr_arena_free(&arena);
    arena.limit = 0;
    assert_int_equal(undr_pickle_read(BYTES("N."), NULL, &arena, &value, NULL, NULL), UNDR_OK);
    assert_int_equal(arena.limit, 0);
    undr_arena_free(&arena);
}

/* The edge of the memo's index, and a length that lies, cost nothing. */
static void test_lies_are_cheap(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } rows[] = {
#define ROW(text) {text, sizeof(text) - 1}
        ROW("Nr\xff\xff\xff\xff."),
        ROW("\x8d\xff\xff\xff\xff\xff\xff\xff\x7f."),
        ROW("\x96\0\0\0\0\xff\0\0\0."),
        ROW("\x8b\xff\xff\xff\x7f."),
        ROW("B\xff\xff\xff\xff."),
        ROW("\x80\x04\x95\0\0\0\0\0\0\0\x80N."),
#undef ROW
    };
    for (size_t index = 0; index < sizeof rows / sizeof rows[0]; ++index) {
        undr_arena arena = {0};
        undr_value *value = NULL;
        const undr_slice input = undr_slice_of(rows[index].bytes, rows[index].size);
        assert_int_not_equal(undr_pickle_read(input, NULL, &arena, &value, NULL, NULL), UNDR_OK);
        assert_true(arena.used <= 2048);
        undr_arena_free(&arena);
    }
}

static void repeat(undr_buffer *buffer, undr_slice part, size_t times) {
    for (size_t index = 0; index < times; ++index) {
        assert_int_equal(undr_put_slice(buffer, part), UNDR_OK);
    }
}

/* Whatever is repeated, the arena holds no more than a constant times the input. */
static void test_memory_is_linear(void **state) {
    (void)state;
    static const struct {
        const char *start, *part;
        size_t part_size;
        const char *end;
    } rows[] = {
        {"N", "]", 1, "."},
        {"N", "K\x01", 2, "."},
        {"N", ")R0N", 0, "."},
        {"N", "2\x85", 2, "."},
        {"]", "2", 1, "."},
        {"(", "cm\nN\n", 5, "l."},
        {"]p1\n(", "\x8c\x01x", 3, "e."},
        {"]", "Na", 2, "."},
        {"}", "K\x01Ns", 4, "."},
        {"N", "(", 1, "."},
    };
    for (size_t index = 0; index < sizeof rows / sizeof rows[0]; ++index) {
        undr_buffer input = {0};
        undr_arena arena = {0};
        undr_value *value = NULL;
        repeat(&input, undr_slice_text(rows[index].start), 1);
        repeat(&input, undr_slice_of(rows[index].part, rows[index].part_size), 20000);
        repeat(&input, undr_slice_text(rows[index].end), 1);
        const undr_error error = undr_pickle_read(undr_buffer_slice(&input), NULL, &arena, &value, NULL, NULL);
        assert_true(error == UNDR_OK || error == UNDR_LIMIT_DEPTH || error == UNDR_PICKLE_STACK);
        assert_true(arena.used <= 65536 + 256 * input.size);
        undr_arena_free(&arena);
        undr_buffer_free(&input);
    }
}

/* Copies on demand (set of a list, bytes of a str, state upon state) end at a limit. */
static void test_copies_end(void **state) {
    (void)state;
    static const struct {
        const char *start, *element, *middle, *copy;
    } rows[] = {
        {"c__builtin__\nset\nq\x01](", "]0K\x01", "e\x85q\x02", "h\x01h\x02R0"},
        {"c_codecs\nencode\nq\x01(V", "xxxxxxxx", "\nVlatin1\ntq\x02", "h\x01h\x02R0"},
        {"c__builtin__\nbytearray\nq\x01(V", "xxxxxxxx", "\nVlatin1\ntq\x02", "h\x01h\x02R0"},
        {"cm\nN\n)\x81}(", "]0K\x01N",
            "uq\x02"
            "bh\x02",
            "bh\x02"},
    };
    for (size_t index = 0; index < sizeof rows / sizeof rows[0]; ++index) {
        undr_buffer input = {0};
        repeat(&input, undr_slice_text("\x80\x02"), 1);
        repeat(&input, undr_slice_text(rows[index].start), 1);
        repeat(&input, undr_slice_text(rows[index].element), 5000);
        repeat(&input, undr_slice_text(rows[index].middle), 1);
        repeat(&input, undr_slice_text(rows[index].copy), 10000);
        repeat(&input, undr_slice_text("."), 1);
        undr_arena arena = {0};
        undr_value *value = NULL;
        const undr_error error = undr_pickle_read(undr_buffer_slice(&input), NULL, &arena, &value, NULL, NULL);
        /* Elements that are one key are one element: nothing is copied, and the reading succeeds. */
        assert_true(error == UNDR_LIMIT_BYTES || error == UNDR_LIMIT_NODES || error == UNDR_OK);
        assert_true(arena.used <= 65536 + 256 * input.size);
        undr_arena_free(&arena);
        undr_buffer_free(&input);
    }
}

/* 300 doublings by the memo: small for the reader and the writer, refused by the printer. */
static void test_doublings(void **state) {
    (void)state;
    undr_buffer input = {0};
    repeat(&input, BYTES("]"), 1);
    repeat(&input, BYTES("q\0h\0\x86"), 300); /* (x, x) */
    repeat(&input, BYTES("."), 1);
    undr_arena arena = {0};
    undr_value *value = NULL;
    undr_buffer output = {0};
    assert_int_equal(undr_pickle_read(undr_buffer_slice(&input), NULL, &arena, &value, NULL, NULL), UNDR_OK);
    assert_int_equal(undr_value_print(&output, value), UNDR_LIMIT_NODES);
    assert_int_equal(undr_pickle_write(value, 4, &output), UNDR_OK);
    assert_true(output.size < 3000);
    undr_buffer_free(&output);
    undr_arena_free(&arena);
    undr_buffer_free(&input);
}

/* Two towers of doublings as keys of one dict: equal, but to find that out takes 2^300 steps. */
static void test_doublings_as_keys(void **state) {
    (void)state;
    undr_buffer input = {0};
    repeat(&input, BYTES("}("), 1);
    for (int tower = 0; tower < 2; ++tower) {
        repeat(&input, BYTES(")"), 1);
        repeat(&input, BYTES("q\0h\0\x86"), 300);
        repeat(&input, BYTES("N"), 1);
    }
    repeat(&input, BYTES("u."), 1);
    assert_int_equal(read_quietly(undr_buffer_slice(&input), NULL, NULL), UNDR_LIMIT_NODES);
    undr_buffer_free(&input);
}

/* A dict of many keys, then each again: all found. */
static void test_large_dict(void **state) {
    (void)state;
    enum { KEYS = 5000 };
    undr_buffer input = {0};
    repeat(&input, BYTES("}("), 1);
    for (unsigned key = 0; key < 2 * KEYS; ++key) {
        assert_int_equal(undr_put_u8(&input, 'M'), UNDR_OK);
        assert_int_equal(undr_put_u16le(&input, (uint16_t)(key % KEYS)), UNDR_OK);
        repeat(&input, key < KEYS ? BYTES("N") : BYTES("\x88"), 1);
    }
    repeat(&input, BYTES("u."), 1);
    undr_arena arena = {0};
    undr_value *value = NULL;
    assert_int_equal(undr_pickle_read(undr_buffer_slice(&input), NULL, &arena, &value, NULL, NULL), UNDR_OK);
    assert_int_equal(value->items.count, 2 * KEYS);
    for (size_t index = 0; index < value->items.count; index += 2) {
        int64_t key = -1;
        assert_true(undr_value_int64(value->items.at[index], &key));
        assert_int_equal(key, index / 2);
        assert_int_equal(value->items.at[index + 1]->kind, UNDR_BOOL);
    }
    undr_arena_free(&arena);
    undr_buffer_free(&input);
}

/* Depth comes in many ways: it is refused, not followed. */
static void test_depth(void **state) {
    (void)state;
    static const char *const parts[] = {"\x85", "2\x86", "(1\x85", "\x85\x85"};
    for (size_t index = 0; index < sizeof parts / sizeof parts[0]; ++index) {
        undr_buffer input = {0};
        repeat(&input, BYTES(")"), 1);
        repeat(&input, undr_slice_text(parts[index]), 50000);
        repeat(&input, BYTES("."), 1);
        const undr_error error = read_quietly(undr_buffer_slice(&input), NULL, NULL);
        assert_true(error == UNDR_LIMIT_DEPTH || (index == 2 && error == UNDR_PICKLE_STACK));
        undr_buffer_free(&input);
    }
    undr_buffer keys = {0};
    repeat(&keys, BYTES("})"), 1);
    repeat(&keys, BYTES("\x85"), 200000);
    repeat(&keys, BYTES("Ns."), 1);
    assert_int_equal(read_quietly(undr_buffer_slice(&keys), NULL, NULL), UNDR_LIMIT_DEPTH);
    undr_buffer_free(&keys);
}

/* Sharing survives: what was one value is one value. */
static void test_sharing(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *value = NULL;
    assert_int_equal(undr_pickle_read(BYTES("\x80\x04]\x94(]\x94h\x01h\x00"
                                            "e."),
                         NULL, &arena, &value, NULL, NULL),
        UNDR_OK);
    assert_int_equal(value->items.count, 3);
    assert_ptr_equal(value->items.at[0], value->items.at[1]);
    assert_ptr_equal(value->items.at[2], value);
    undr_arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none_and_close_request),
        cmocka_unit_test(test_forms_of_close_request),
        cmocka_unit_test(test_instances),
        cmocka_unit_test(test_protocols_of_the_writer),
        cmocka_unit_test(test_large_values_and_frames),
        cmocka_unit_test(test_frames_end),
        cmocka_unit_test(test_unwritable),
        cmocka_unit_test(test_used),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_limit_of_the_arena),
        cmocka_unit_test(test_lies_are_cheap),
        cmocka_unit_test(test_memory_is_linear),
        cmocka_unit_test(test_copies_end),
        cmocka_unit_test(test_doublings),
        cmocka_unit_test(test_doublings_as_keys),
        cmocka_unit_test(test_large_dict),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_sharing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
