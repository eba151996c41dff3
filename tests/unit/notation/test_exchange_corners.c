/* test_exchange_corners.c: what neither the cases of the suite nor the other tests of the notation write: odd indexes,
 * names, numbers and values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "notation/case.h"
#include "notation/parse.h"
#include "notation/parse_step.h"
#include "notation/print.h"
#include "support/failing_malloc.h"
#include "undr/pickle.h"

#include <string.h>

#define HEAD "case manager.a.b\n  must X-1 s\n"
#define POOL "case pool.a.b\n  must X-1 s\n"

static const struct {
    const char *text, *says;
} mistakes[] = {
    {"case manager.x\n  must FRAME-1  s\n  since \n  P alive\n", "a version, as in since 0.2.0"},
    {"case manager.x\n  must FRAME-1  s\n  since 2\n  P alive\n", "a version, as in since 0.2.0"},
    {"case manager.x\n  must FRAME-1  s\n  since 1.x\n  P alive\n", "a version, as in since 0.2.0"},
    {"case manager.x\n  must FRAME-1  s\n  since .1\n  P alive\n", "a version, as in since 0.2.0"},
    {"case manager.x\n  must FRAME-1  s\n  since 1..2\n  P alive\n", "a version, as in since 0.2.0"},
    {"case manager.x\n  must FRAME-1  s\n  since 1.\n  P alive\n", "a version, as in since 0.2.0"},
    {"case manager.x\n  must FRAME-1  s\n  since 0.2,0\n  P alive\n", "a version, as in since 0.2.0"},
    {HEAD "  together\n    A[i] -> n\n", "is outside a repeat"},
    {HEAD "  together\n    A -> m i\n", "`i` is outside a repeat"},
    {HEAD "  M -> schedule 1 Probe([('wait', G)])\n  repeat 2\n    G[i] accept\n", "a gate has no index"},
    {HEAD "  repeat 2\n    M[i] quiet\n", "M is one channel"},
    {HEAD "  repeat 2\n    P[i] alive\n", "P is one channel"},
    {HEAD "  A -> n\n  repeat 2\n    A[i] -> n\n", "A is used both with [i] and without it"},
    {HEAD "  repeat 2\n    A[i] -> n\n  A -> n\n", "A is used both with [i] and without it"},
    {HEAD "  A <- m _ contains [?x]\n", "a text after `contains`"},
    {HEAD "  A <- m _ contains 5\n", "a text after `contains`"},
    {HEAD "  poll P n until t\n", "a connection, as in poll A n"},
    {HEAD "  kill A\n", "the name of a process id"},
    {HEAD "  kill ?pid * 3\n", ""},
    {HEAD "  A -> m {bytearray(b'x'): 1}\n", ""},
    {HEAD "  A -> m ub'x'\n", ""},
    {HEAD "  A -> m b'\\x4", ""},
    {HEAD "  A <- m float([?x])\n", "float('inf')"},
    {HEAD "  A -> m set 5\n", "`(`"},
    {HEAD "  M -> message class 5\n", "`(`, as in class"},
    {HEAD "  A -> m {set(): 1}\n", ""},
    {HEAD "  A -> m {{1}: 1}\n", ""},
    {HEAD "  A -> m {(1, {2}): 1}\n", ""},
    {HEAD "  A -> m b'\\xg0'\n", ""},
    {HEAD "  A -> m b'\\x", ""},
    {HEAD "  A -> m pickle6(1)\n", ""},
};

static void mistakes_are_explained(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        check_cases cases;
        check_mistake mistake = {.text = ""};
        if (check_parse(undr_slice_text(mistakes[i].text), "text", &cases, &mistake) != UNDR_ARGUMENT) {
            fail_msg("accepted:\n%s", mistakes[i].text);
        }
        if (strstr(mistake.text, mistakes[i].says) == NULL || mistake.line == 0) {
            fail_msg("%s\ngives: %s\nexpected: %s", mistakes[i].text, mistake.text, mistakes[i].says);
        }
    }
}

/* Each is read and printed as it stands. */
static const char *const lines[] = {
    "  A <- m object('undr_conformance.Probe')\n",
    "  A <- m object('undr_conformance.Probe', {'a': 1, 'b': 2})\n",
    "  A <- m object('undr_conformance.Probe', {'a': ?x, 'b': 1})\n",
    "  A <- m object('undr_conformance.Probe', {1: ?x})\n",
    "  A <- m object('undr_conformance.Probe', [?x])\n",
    "  A <- m Probe(?x)\n",
    "  M -> message {G: 1, 2: 3}\n",
    "  M -> message {2: 3, G: 1}\n",
    "  M -> message object('undr_conformance.Probe', {G: 1})\n",
    "  A -> m 0\n",
    "  P <- exit or exit 3\n",
};

static void odd_lines_are_printed_as_written(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        undr_buffer text = {0}, printed = {0};
        check_cases cases;
        check_mistake mistake = {.text = ""};
        assert_int_equal(undr_put_format(&text, "case manager.a.b\n  must  X-1  s\n\n%s", lines[i]), UNDR_OK);
        if (check_parse(undr_buffer_slice(&text), "", &cases, &mistake) != UNDR_OK) {
            fail_msg("%s", mistake.text);
        }
        assert_string_equal(cases.at[0].file, "");
        assert_int_equal(check_print(&printed, &cases.at[0]), UNDR_OK);
        if (!undr_slice_equal(undr_buffer_slice(&text), undr_buffer_slice(&printed))) {
            fail_msg("%sgives\n%.*s", lines[i], (int)printed.size, (const char *)printed.data);
        }
        undr_buffer_free(&text);
        undr_buffer_free(&printed);
        check_cases_free(&cases);
    }
}

static void assert_int_literal(const char *text, int64_t expected) {
    undr_arena arena = {0};
    check_term *term = NULL;
    size_t offset = 0;
    int64_t number = -1;
    assert_int_equal(check_parse_term(undr_slice_text(text), &offset, &arena, &term, NULL), UNDR_OK);
    assert_true(term->kind == CHECK_TERM_VALUE && undr_value_int64(term->value, &number));
    assert_int_equal(number, expected);
    assert_int_equal(offset, strlen(text));
    undr_arena_free(&arena);
}

static void odd_numbers(void **state) {
    (void)state;
    assert_int_literal("0B101", 5);
    assert_int_literal("0_0", 0);
    assert_int_literal("0X1f", 31);
    assert_int_literal("0O17", 15);
}

static void a_mistake_shows_no_control_character(void **state) {
    (void)state;
    undr_arena arena = {0};
    check_term *term = NULL;
    size_t offset = 0;
    check_mistake mistake = {.text = ""};
    assert_int_equal(check_parse_term(undr_slice_text("\x7f\x01"), &offset, &arena, &term, &mistake), UNDR_ARGUMENT);
    assert_non_null(strstr(mistake.text, "found `?\?`"));
    undr_arena_free(&arena);
}

static void a_large_set_is_not_searched_for_duplicates(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_buffer text = {0};
    check_term *term = NULL;
    size_t offset = 0;
    assert_int_equal(undr_put_text(&text, "{0"), UNDR_OK);
    for (int i = 1; i < 1500; i++) {
        assert_int_equal(undr_put_format(&text, ", %d", i), UNDR_OK);
    }
    assert_int_equal(undr_put_text(&text, "}"), UNDR_OK);
    assert_int_equal(check_parse_term(undr_buffer_slice(&text), &offset, &arena, &term, NULL), UNDR_OK);
    assert_int_equal(term->value->items.count, 1500);
    undr_buffer_free(&text);
    undr_arena_free(&arena);
}

static void signals_have_names(void **state) {
    (void)state;
    assert_string_equal(check_signal_name(15), "TERM");
    assert_null(check_signal_name(63));
}

static void an_empty_payload_prints_nothing(void **state) {
    (void)state;
    undr_buffer text = {0};
    assert_int_equal(check_print_payload(&text, (undr_slice){0}, true, false), UNDR_OK);
    assert_int_equal(text.size, 0);
    undr_buffer_free(&text);
}

#define PICKLE(literal) undr_slice_of(literal, sizeof(literal) - 1)

/* How a received payload is shown. */
static void assert_shown(undr_slice pickle, const char *expected) {
    undr_buffer text = {0};
    assert_int_equal(check_print_payload(&text, pickle, false, false), UNDR_OK);
    if (!undr_slice_equal(undr_buffer_slice(&text), undr_slice_text(expected))) {
        fail_msg("expected %s, got %.*s", expected, (int)text.size, (const char *)text.data);
    }
    undr_buffer_free(&text);
}

#define WORKER_EXCEPTION "cundr.task\nWorkerException\n"

static void odd_exceptions_are_named(void **state) {
    (void)state;
    assert_shown(PICKLE(WORKER_EXCEPTION ")R."), "WorkerException");
    assert_shown(PICKLE(WORKER_EXCEPTION "K\x01\x85R."), "WorkerException");
    assert_shown(PICKLE(WORKER_EXCEPTION "cm\nE\n)R\x85R."), "WorkerException");
    assert_shown(PICKLE(WORKER_EXCEPTION "cm\nE\nK\x01\x85R\x85R."), "WorkerException");
    assert_shown(PICKLE(WORKER_EXCEPTION "cm\nE\ncm\nE\nK\x01\x85R\x85R\x85R."), "WorkerException");
    assert_shown(PICKLE(WORKER_EXCEPTION "cm\nE\ncm\nE\nX\0\0\0\0\x85R\x85R\x85R."), "WorkerException");
    assert_shown(
        PICKLE(WORKER_EXCEPTION "cm\nE\ncm\nE\nX\x04\0\0\0boom\x85R\x85R\x85R."), "WorkerException contains 'boom'");
}

/* Wherever the text has to grow: the name of the exception, and what it says. */
static void an_exception_needs_memory(void **state) {
    (void)state;
    undr_slice pickle = PICKLE(WORKER_EXCEPTION "cm\nE\ncm\nE\nX\x04\0\0\0boom\x85R\x85R\x85R.");
    size_t failures = 0;
    for (size_t before = 0; before < 64; before++) {
        undr_buffer text = {0};
        for (size_t number = 1;; number++) {
            assert_int_equal(undr_put_format(&text, "%*s", (int)before, ""), UNDR_OK);
            fail_allocation(number);
            const undr_error error = check_print_payload(&text, pickle, false, false);
            end_failing();
            assert_int_equal(error, allocation_failed ? UNDR_MEMORY : UNDR_OK);
            undr_buffer_free(&text);
            if (!allocation_failed) {
                break;
            }
            failures++;
        }
    }
    assert_true(failures >= 64);
}

static void odd_names_are_no_classes(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *class, *list, *object;
    undr_buffer text = {0};
    char name[260];
    bool whole = true;
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    const char *const names[] = {name, "", "a.b"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(undr_value_class(&arena, "m", names[i], &class), UNDR_OK);
        assert_int_equal(check_print_value(&text, class, &whole), UNDR_OK);
        assert_false(whole);
    }
    class->class_name.name = undr_slice_of("a\0b", 3);
    assert_int_equal(check_print_value(&text, class, &whole), UNDR_OK);
    assert_false(whole);
    assert_int_equal(undr_value_class(&arena, "m", "N", &class), UNDR_OK);
    assert_int_equal(check_print_value(&text, class, &whole), UNDR_OK);
    assert_true(whole);
    assert_int_equal(undr_value_items(&arena, UNDR_LIST, NULL, 0, &list), UNDR_OK);
    assert_int_equal(undr_value_reduce(&arena, class, list, &object), UNDR_OK);
    assert_int_equal(check_print_value(&text, object, &whole), UNDR_OK);
    assert_false(whole);
    object->object.callable = NULL;
    assert_int_equal(check_print_value(&text, object, &whole), UNDR_OK);
    assert_false(whole);
    undr_buffer_free(&text);
    undr_arena_free(&arena);
}

/* 60 values, 2 ** 60 paths to them. */
static void what_is_too_large_is_cut(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_buffer text = {0};
    bool whole = true;
    undr_value *value = NULL;
    assert_int_equal(undr_value_int(&arena, 7, &value), UNDR_OK);
    for (int level = 0; level < 60; level++) {
        undr_value *const twice[] = {value, value};
        assert_int_equal(undr_value_items(&arena, UNDR_LIST, twice, 2, &value), UNDR_OK);
    }
    assert_int_equal(undr_put_text(&text, "kept "), UNDR_OK);
    assert_int_equal(check_print_value(&text, value, &whole), UNDR_OK);
    assert_false(whole);
    assert_true(undr_slice_equal(undr_buffer_slice(&text), undr_slice_text("kept ...")));
    undr_buffer_free(&text);
    undr_arena_free(&arena);
}

static void long_texts_of_one_character(void **state) {
    (void)state;
    undr_buffer pickle = {0}, text = {0};
    assert_int_equal(undr_put_text(&pickle, "X"), UNDR_OK);
    assert_int_equal(undr_put_u32le(&pickle, 120), UNDR_OK);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(undr_put_text(&pickle, "\xe2\x82\xac"), UNDR_OK);
    }
    assert_int_equal(undr_put_text(&pickle, "."), UNDR_OK);
    assert_int_equal(check_print_payload(&text, undr_buffer_slice(&pickle), false, false), UNDR_OK);
    assert_int_equal(text.size, 2 + 40 * strlen("\\u20ac"));
    undr_buffer_free(&pickle);
    undr_buffer_free(&text);
    /* bytes of one value, above what is written out, that are no character */
    undr_buffer same = {0};
    for (int i = 0; i < 500; i++) {
        assert_int_equal(undr_put_u8(&same, 0xff), UNDR_OK);
    }
    assert_shown(undr_buffer_slice(&same), "b'\\xff' * 500");
    undr_buffer_free(&same);
}

/* What is printed of a value has a bound in bytes: beyond it nothing is appended. */
static void a_bound_in_bytes(void **state) {
    (void)state;
    static const struct {
        const char *literal;
        size_t bytes;
        bool whole;
    } rows[] = {{"'0123456789'", 20, true}, {"'0123456789'", 9, false}, {"['12345678', 1]", 10, false},
        {"['12345678', 1]", 40, true}, {"[1, 2]", SIZE_MAX, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        undr_arena arena = {0};
        check_mistake mistake;
        check_term *term;
        size_t offset = 0;
        assert_int_equal(check_parse_term(undr_slice_text(rows[i].literal), &offset, &arena, &term, &mistake), UNDR_OK);
        undr_buffer text = {0};
        bool whole = !rows[i].whole;
        assert_int_equal(undr_put_text(&text, "> "), UNDR_OK);
        assert_int_equal(check_print_value_within(&text, term->value, 100, rows[i].bytes, &whole), UNDR_OK);
        assert_int_equal(whole, rows[i].whole);
        assert_int_equal(text.size, rows[i].whole ? 2 + strlen(rows[i].literal) : 2);
        undr_buffer_free(&text);
        undr_arena_free(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_explained),
        cmocka_unit_test(odd_lines_are_printed_as_written),
        cmocka_unit_test(odd_numbers),
        cmocka_unit_test(a_mistake_shows_no_control_character),
        cmocka_unit_test(a_large_set_is_not_searched_for_duplicates),
        cmocka_unit_test(signals_have_names),
        cmocka_unit_test(an_empty_payload_prints_nothing),
        cmocka_unit_test(odd_exceptions_are_named),
        cmocka_unit_test(an_exception_needs_memory),
        cmocka_unit_test(odd_names_are_no_classes),
        cmocka_unit_test(what_is_too_large_is_cut),
        cmocka_unit_test(long_texts_of_one_character),
        cmocka_unit_test(a_bound_in_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
