/* test_pickle_depth.c: how deep a pickle nests is known while it is read, whatever grows when. Each pickle is just as
 * deep as the limit allows, or one level deeper. */
#include "undr/pickle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { MOST = 40 };

static void put(undr_buffer *buffer, const char *text, size_t times) {
    for (size_t index = 0; index < times; ++index) {
        assert_int_equal(undr_put_text(buffer, text), UNDR_OK);
    }
}

static undr_error read_within(const undr_buffer *pickle, size_t depth) {
    undr_pickle_limits limits = undr_pickle_default_limits;
    limits.depth = depth;
    undr_arena arena = {0};
    undr_value *value = NULL;
    const undr_error error = undr_pickle_read(undr_buffer_slice(pickle), &limits, &arena, &value, NULL, NULL);
    undr_arena_free(&arena);
    return error;
}

/* `begin`, a None in `levels` tuples, `end`: `outer` levels deeper than that. */
typedef struct shape {
    const char *begin, *end;
    size_t outer;
} shape;

static const shape shapes[] = {
    {"", ".", 0},
    {"]", "a.", 1},
    {"](", "e.", 1},
    {"](N", "e.", 1},
    {"}N", "s.", 1},
    {"}(NNN", "u.", 1}, /* in place of what the key had */
    {"(", "l.", 1},
    {"(", "\x91.", 1},
    {"\x8f(", "\x90.", 1},
    {"cm\nA\n", "\x81.", 1},
    {"cm\nA\n", "R.", 1},
    {"cm\nA\n", "R)R.", 2}, /* what it makes is called */
    {"cm\nA\n", "}\x92.", 1},
    {"cm\nA\n)}N", "s\x92.", 2},
    {"cm\nA\n)\x81", "b.", 1},
    {"cm\nA\n)\x81N", "s.", 1},
    {"cm\nA\n)\x81", "a.", 1},
    {"cm\nA\n)\x81(", "\x90.", 1},
    {"cm\nA\n)\x81}(NNub}(K\1", "ub.", 2}, /* two states, of which one is made */
    {"(cm\nA\n", "o.", 2},                 /* in the tuple of the arguments */
    {"(", "im\nA\n.", 2},
    /* what is held grows, and is deeper than who holds it knew */
    {"]q\1\x85h\1", "a0.", 2},
    {"]q\1\x85\x85h\1(", "e0.", 3},
    {"}q\1\x85h\1N", "s0.", 2},
    {"\x8fq\1\x85h\1(",
        "\x90"
        "0.",
        2},
    {"cm\nA\n)\x81q\1\x85h\1", "b0.", 2},
    {"cm\nA\n)\x81q\1\x85h\1", "a0.", 2},
    {"]q\1h\1a", "a.", 1}, /* a list in itself */
    {"]q\1h\1\x85"
     "ah\1",
        "a0.", 1},
};

static void depth_is_known(void **state) {
    (void)state;
    size_t wrong = 0;
    for (size_t index = 0; index < sizeof shapes / sizeof *shapes; ++index) {
        const shape *one = &shapes[index];
        for (size_t levels = 1; levels <= MOST; levels += MOST - 1) {
            undr_buffer pickle = {0};
            const size_t depth = levels + one->outer;
            put(&pickle, one->begin, 1);
            put(&pickle, "N", 1);
            put(&pickle, "\x85", levels);
            put(&pickle, one->end, 1);
            const undr_error whole = read_within(&pickle, depth);
            const undr_error deeper = read_within(&pickle, depth - 1);
            undr_buffer_free(&pickle);
            if (whole != UNDR_OK || deeper != UNDR_LIMIT_DEPTH) {
                print_error(
                    "shape %zu, %zu levels: %s, %s\n", index, levels, undr_error_name(whole), undr_error_name(deeper));
                ++wrong;
            }
        }
    }
    assert_int_equal(wrong, 0);
}

static void what_is_dropped_does_not_count(void **state) {
    (void)state;
    undr_buffer pickle = {0};
    put(&pickle, "NN", 1);
    put(&pickle, "\x85", MOST);
    put(&pickle, "0\x85.", 1);
    assert_int_equal(read_within(&pickle, 1), UNDR_OK);
    assert_int_equal(read_within(&pickle, 0), UNDR_LIMIT_DEPTH);
    undr_buffer_free(&pickle);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(depth_is_known),
        cmocka_unit_test(what_is_dropped_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
