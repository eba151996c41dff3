/* test_match.c: what was received against what a case expects, and the clause that says where they part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "notation/match.h"
#include "support/failing_malloc.h"

#include "undr/task.h"

#include "notation/parse.h"
#include "undr/pickle.h"

#include <stdio.h>
#include <string.h>

/* The one alternative of `A <- t PATTERN`, and what `A -> t VALUE` sends: both as the parser makes them. */
typedef struct lines {
    check_cases cases;
    const check_expectation *pattern;
    undr_buffer payload;
} lines;

static lines parse(const char *pattern, const char *sent) {
    char text[2048];
    lines made = {.payload = {0}};
    check_mistake mistake;
    (void)snprintf(text, sizeof text, "case worker.a.b\n  must X-1 s\n  A <- t ?sent\n  A <- t %s\n  A -> bad t %s\n",
        pattern, sent);
    if (check_parse(undr_slice_text(text), "text", &made.cases, &mistake) != UNDR_OK) {
        fail_msg("%s", mistake.text);
    }
    made.pattern = &made.cases.at[0].steps[1].expectations[0];
    assert_int_equal(check_build_payload(&made.cases.at[0].steps[2].payload, NULL, &made.payload, NULL), UNDR_OK);
    return made;
}

static void free_lines(lines *made) {
    undr_buffer_free(&made->payload);
    check_cases_free(&made->cases);
}

static bool match(const lines *made, check_names *names, undr_buffer *why) {
    bool matches = false;
    undr_error error = check_match(&made->pattern->payload, undr_buffer_slice(&made->payload), names, &matches, why);
    if (error != UNDR_OK) {
        fail_msg("%s: %.*s", undr_error_name(error), (int)why->size, (char *)why->data);
    }
    return matches;
}

static void assert_matches(const char *pattern, const char *sent) {
    lines made = parse(pattern, sent);
    check_names names = {0};
    undr_buffer why = {0};
    if (!match(&made, &names, &why)) {
        fail_msg("%s does not match %s: %.*s", pattern, sent, (int)why.size, (char *)why.data);
    }
    assert_int_equal(why.size, 0);
    undr_buffer_free(&why);
    check_names_free(&names);
    free_lines(&made);
}

static void assert_differs(const char *pattern, const char *sent, const char *clause) {
    lines made = parse(pattern, sent);
    check_names names = {0};
    undr_buffer why = {0};
    if (match(&made, &names, &why)) {
        fail_msg("%s matches %s", pattern, sent);
    }
    assert_int_equal(names.count, 0);
    assert_int_equal(undr_put_u8(&why, 0), UNDR_OK);
    assert_string_equal((char *)why.data, clause);
    assert_false(match(&made, &names, NULL)); /* nobody asks why */
    undr_buffer_free(&why);
    check_names_free(&names);
    free_lines(&made);
}

static void equal_values_match(void **state) {
    static const char *const values[] = {
        "None",
        "True",
        "0",
        "-1",
        "1.5",
        "nan",
        "'a'",
        "b''",
        "b'x'",
        "pickle(b'x')",
        "[]",
        "[1, (2, {'a': {3}})]",
        "{'a': 1, 'b': 2}",
        "frozenset({1})",
        "CloseRequest",
        "Probe([('wait', 1)])",
        "Chain([Probe([])])",
        "object('m.N')",
        "object('m.N', [1])",
        "class('m.N')",
        "'x' * 1000",
        "b'x' * 1000",
        "[1, 'a'] * 3",
        "['a' * 2]",
        "bytearray(b'x')",
    };
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        assert_matches(values[i], values[i]);
    }
}

static void different_writing_of_the_same_matches(void **state) {
    (void)state;
    assert_matches("{'a': 1, 'b': 2}", "{'b': 2, 'a': 1}");
    assert_matches("{1, 2}", "{2, 1}");
    assert_matches("None", "pickle2(None)");
    assert_matches("None", "b'N.'");
    assert_matches("None", "b'N.trailing'");
    assert_matches("pickle(1)", "pickle5(1)");
    assert_matches("pickle5(1)", "pickle5(1)");
    assert_matches("pickle0(1)", "pickle1(1)"); /* can't be told apart */
    assert_matches("'aaa'", "'a' * 3");
    assert_matches("object('m.N')", "object('m.N', {})");
    assert_matches("b'N.'", "b'N.'");
    assert_matches("b''", "b''");
    for (int protocol = 0; protocol <= 5; protocol++) {
        char sent[64];
        (void)snprintf(sent, sizeof sent, "pickle%d(Probe([('wait', 1)]))", protocol);
        assert_matches("Probe([('wait', 1)])", sent);
        (void)snprintf(sent, sizeof sent, "pickle%d(CloseRequest)", protocol);
        assert_matches("CloseRequest", sent);
    }
}

static void patterns_match(void **state) {
    (void)state;
    assert_matches("_", "1");
    assert_matches("_", "b'no pickle'");
    assert_matches("_", "b''");
    assert_matches("[_, 1]", "[(), 1]");
    assert_matches("{'a': _}", "{'a': None}");
    assert_matches("{'b': ?x, 'a': ?x}", "{'a': 1, 'b': 1}");
    assert_matches("?x", "[1]");
    assert_matches("(?x, ?x)", "('a', 'a')");
    assert_matches("(?x, {'k': ?x})", "([1], {'k': [1]})");
    assert_matches("Probe", "Probe([1])");
    assert_matches("Probe(?steps)", "Probe([1])");
    assert_matches("[CloseRequest, Chain([_])]", "[CloseRequest, Chain([1])]");
    assert_matches("WorkerException", "WorkerException");
    assert_matches("WorkerException", "object('undr.task.WorkerException', {'a': 1})");
    assert_matches("object('m.N', {'a': _})", "object('m.N', {'a': 1})");
    assert_matches("_ contains 'oo'", "['x', {'k': b'boom'}]");
    assert_matches("?x contains 'boom'", "object('m.N', {'a': 'boom'})");
}

static void differences_are_told_in_one_clause(void **state) {
    (void)state;
    assert_differs("1", "True", "expected 1, received True");
    assert_differs("1", "1.0", "expected 1, received 1.0");
    assert_differs("0.0", "-0.0", "expected 0.0, received -0.0");
    assert_differs("'a'", "pickle(b'a')", "expected 'a', received b'a'");
    assert_differs("[]", "()", "expected [], received ()");
    assert_differs("[0, {'a': 1}]", "[0, {'a': True}]", "at [1]['a']: expected 1, received True");
    assert_differs("(1, 2)", "(1, 2, 3)", "expected 2 items, received 3");
    assert_differs("[[1, 2], 3]", "[[1], 3]", "at [0]: expected 2 items, received 1");
    assert_differs("{'a': 1}", "{'b': 1}", "at ['a']: expected 1, received nothing");
    assert_differs("{'a': 1}", "{'a': 1, 'b': 2}", "at ['b']: expected nothing, received 2");
    assert_differs("{1}", "{2}", "expected {1}, received {2}");
    assert_differs("CloseRequest", "None", "expected CloseRequest, received None");
    assert_differs("None", "CloseRequest", "expected None, received CloseRequest");
    assert_differs("Probe([1])", "Probe([2])", "at .state['steps'][0]: expected 1, received 2");
    assert_differs("Probe([1])", "Chain([1])", "expected Probe([1]), received Chain([1])");
    assert_differs("[Probe([1])]", "[Probe([2])]", "at [0].state['steps'][0]: expected 1, received 2");
    assert_differs("object('m.N')", "object('m.N', 1)", "expected object('m.N'), received object('m.N', 1)");
    assert_differs("object('m.N', 1)", "object('m.N')", "expected object('m.N', 1), received object('m.N')");
    assert_differs("class('m.N')", "class('m.M')", "expected class('m.N'), received class('m.M')");
    assert_differs("pickle5(1)", "1", "expected pickle protocol 5, received 4");
    assert_differs("pickle4(1)", "pickle0(1)", "expected pickle protocol 4, received 0");
}

static void differences_of_patterns_are_told(void **state) {
    (void)state;
    assert_differs("[_, 1]", "[1]", "expected 2 items, received 1");
    assert_differs("[_, 1]", "(1, 1)", "expected [_, 1], received (1, 1)");
    assert_differs("(?x, ?x)", "(1, 2)", "at [1]: expected 1, received 2");
    assert_differs("('pid', ?x, 1)", "('pid', 5, 2)", "at [2]: expected 1, received 2");
    assert_differs("{'a': _}", "{'b': 1}", "expected {'a': _}, received {'b': 1}");
    assert_differs("{'a': _}", "{'a': 1, 'b': 1}", "expected 1 keys, received 2");
    assert_differs("{'a': [_, 1]}", "{'a': [1, 2]}", "at ['a'][1]: expected 1, received 2");
    assert_differs("{'a': _}", "1", "expected {'a': _}, received 1");
    assert_differs("Probe(?x)", "object('undr_conformance.Probe', {'other': 1})",
        "at .state: expected {'steps': ?x}, received {'other': 1}");
    assert_differs("WorkerException contains 'boom'", "WorkerException",
        "expected 'boom' somewhere inside, received WorkerException");
    assert_differs("_ contains 'boom'", "{'a': 'bang'}", "expected 'boom' somewhere inside, received {'a': 'bang'}");
}

/* Instances that were made from arguments, which the notation can't write. */
static void differences_of_objects_are_told(void **state) {
    (void)state;
    assert_differs("object('m.N', 1)", "b'cm\\nN\\n(K\\x07tRK\\x01b.'",
        "expected object('m.N', 1), received m.N(7).__setstate__(1)");
    assert_differs("object('m.N')", "b'cm\\nN\\n(K\\x07tR.'", "expected object('m.N'), received m.N(7)");
    assert_matches("object('m.N', 1)", "b'cm\\nN\\n)RK\\x01b.'");
    assert_matches("CloseRequest", "b'cundr.task\\nCloseRequest\\n(K\\x07tR.'");
    /* both sides come from the wire: same state, other arguments; other state; other class */
    assert_differs("(?x, ?x)", "b'(cm\\nN\\n(K\\x01tRK\\x05bcm\\nN\\n(K\\x02tRK\\x05bt.'",
        "at [1]: expected m.N(1).__setstate__(5), received m.N(2).__setstate__(5)");
    assert_differs("(?x, ?x)", "b'(cm\\nN\\n)RK\\x05bcm\\nN\\n)RK\\x06bt.'", "at [1].state: expected 5, received 6");
    assert_differs("(?x, ?x)", "(object('m.N', 5), object('m.M', 5))",
        "at [1]: expected object('m.N', 5), received object('m.M', 5)");
    assert_differs(
        "(?x, ?x)", "(object('m.N'), object('m.N', 5))", "at [1]: expected object('m.N'), received object('m.N', 5)");
    assert_differs("(?x, ?x)", "({'a': {1, 2}}, {'a': {1, 3}})", "at [1]['a']: expected {1, 2}, received {1, 3}");
}

static void differences_of_bytes_are_told(void **state) {
    (void)state;
    assert_differs("b'soon'", "b'late'", "expected b'soon', received b'late'");
    assert_differs("b'soon'", "b''", "expected b'soon', received an empty payload");
    assert_differs("b''", "b'x'", "expected b'', received b'x'");
    assert_differs("", "b'x'", "expected an empty payload, received b'x'");
    assert_differs("", "None", "expected an empty payload, received None");
    assert_differs("None", "b''", "expected None, received an empty payload");
    assert_differs("?x", "b''", "expected ?x, received an empty payload");
    assert_differs("b'x' * 100", "b'x' * 99",
        "expected b'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'... (100 bytes), "
        "received "
        "b'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'... (99 bytes), which "
        "differ from "
        "byte 99 on");
    assert_differs("None", "b'\\x80\\x04N'",
        "expected None, received b'\\x80\\x04N' (not a pickle: the pickle ends before its STOP, at offset 3)");
    assert_differs("_ contains 'x'", "b'xx'",
        "expected _ contains 'x', received b'xx' (not a pickle: the byte at offset 0 is no opcode)");
}

static void long_values_are_cut(void **state) {
    (void)state;
    lines made = parse("1", "[1] * 100000");
    check_names names = {0};
    undr_buffer why = {0};
    assert_false(match(&made, &names, &why));
    assert_true(why.size >= 20 && why.size <= 200);
    undr_buffer_free(&why);
    free_lines(&made);
}

/* Two values of two to the thirtieth leaves, made of few bytes: the comparison ends, as a difference. */
static void pickle_bombs_differ(void **state) {
    (void)state;
    lines made = parse("(?x, ?x)", "1");
    check_names names = {0};
    undr_buffer why = {0};
    made.payload.size = 0;
    assert_int_equal(undr_put_text(&made.payload, "("), UNDR_OK);
    for (int i = 0; i < 62; i++) {
        assert_int_equal(undr_put_bytes(&made.payload, i % 31 == 0 ? "N " : "2\x86", i % 31 == 0 ? 1 : 2), UNDR_OK);
    }
    assert_int_equal(undr_put_text(&made.payload, "t."), UNDR_OK);
    assert_false(match(&made, &names, &why));
    assert_int_equal(undr_put_u8(&why, 0), UNDR_OK);
    assert_non_null(strstr((char *)why.data, "at [1]: expected a value that can be compared, received "));
    undr_buffer_free(&why);
    check_names_free(&names);
    free_lines(&made);
}

/* ---- bindings ---- */

static void bindings_last_from_match_to_match(void **state) {
    (void)state;
    check_names names = {0};
    lines first = parse("('pid', ?pid)", "('pid', 7)");
    lines again = parse("[?pid, ?other]", "[7, 'x']");
    lines wrong = parse("[?new, ?pid]", "[1, 8]");
    undr_buffer why = {0};
    assert_true(match(&first, &names, &why));
    undr_buffer_free(&first.payload); /* what is bound does not live in the payload */
    assert_true(match(&again, &names, &why));
    assert_int_equal(names.count, 2);
    int64_t pid = 0;
    assert_true(undr_value_int64(check_names_find(&names, "pid"), &pid));
    assert_int_equal(pid, 7);
    assert_false(match(&wrong, &names, &why));
    assert_int_equal(names.count, 2); /* ?new was bound before the difference was seen */
    assert_null(check_names_find(&names, "new"));
    assert_int_equal(undr_put_u8(&why, 0), UNDR_OK);
    assert_string_equal((char *)why.data, "at [1]: expected 7, received 8");
    undr_buffer_free(&why);
    check_names_free(&names);
    free_lines(&first);
    free_lines(&again);
    free_lines(&wrong);
}

static check_cases parse_case(const char *text) {
    check_cases cases;
    check_mistake mistake;
    if (check_parse(undr_slice_text(text), "text", &cases, &mistake) != UNDR_OK) {
        fail_msg("%s", mistake.text);
    }
    return cases;
}

static void counters_and_gates_are_compared(void **state) {
    (void)state;
    check_cases cases = parse_case("case worker.a.b\n  must X-1 s\n  repeat 2\n    A <- m (i, G)\n    A -> bad t (5, "
                                   "80)\n");
    const check_step *steps = cases.at[0].steps[0].steps;
    check_names names = {0};
    undr_buffer payload = {0}, why = {0};
    bool matches;
    assert_int_equal(check_build_payload(&steps[1].payload, NULL, &payload, NULL), UNDR_OK);
    check_names_open(&names, 'G', 80);
    assert_int_equal(
        check_match(&steps[0].expectations[0].payload, undr_buffer_slice(&payload), &names, &matches, &why),
        UNDR_ARGUMENT);
    assert_false(matches);
    why.size = 0;
    check_names_count(&names, 5);
    assert_int_equal(
        check_match(&steps[0].expectations[0].payload, undr_buffer_slice(&payload), &names, &matches, &why), UNDR_OK);
    assert_true(matches);
    check_names_count(&names, 6);
    assert_int_equal(
        check_match(&steps[0].expectations[0].payload, undr_buffer_slice(&payload), &names, &matches, &why), UNDR_OK);
    assert_false(matches);
    assert_int_equal(undr_put_u8(&why, 0), UNDR_OK);
    assert_string_equal((char *)why.data, "at [0]: expected 6, received 5");
    undr_buffer_free(&payload);
    undr_buffer_free(&why);
    check_names_free(&names);
    check_cases_free(&cases);
}

static void the_letters_of_a_case_are_found(void **state) {
    (void)state;
    check_cases cases = parse_case("case pool.a.b\n  must X-1 s\n  M -> schedule 1 Probe([('wait', H), [G]])\n  repeat "
                                   "2\n"
                                   "    C[i] -> n\n  poll A n until end\n  H untouched\n  P alive\n");
    char letters[27];
    check_case_gates(&cases.at[0], letters);
    assert_string_equal(letters, "GH");
    check_case_connections(&cases.at[0], letters);
    assert_string_equal(letters, "AC");
    check_cases_free(&cases);
}

/* ---- expectations ---- */

static void frames_are_held_against_alternatives(void **state) {
    static const struct {
        const char *line, *why; /* why NULL: matches `t None` */
    } table[] = {
        {"A <- t None", NULL},
        {"A <- t _", NULL},
        {"A <- m None", "expected m None, received t None"},
        {"A <- t", "expected an empty payload, received None"},
        {"A <- end", "expected end, received t None"},
        {"A <- t 1", "expected 1, received None"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char text[128];
        (void)snprintf(text, sizeof text, "case manager.a.b\n  must X-1 s\n  %s\n", table[i].line);
        check_cases cases = parse_case(text);
        undr_buffer why = {0};
        bool matches;
        assert_int_equal(check_match_expectation(
                             &cases.at[0].steps[0].expectations[0], 't', undr_pickle_none(), NULL, &matches, &why),
            UNDR_OK);
        assert_int_equal(matches, table[i].why == NULL);
        assert_int_equal(undr_put_u8(&why, 0), UNDR_OK);
        assert_string_equal((char *)why.data, table[i].why != NULL ? table[i].why : "");
        undr_buffer_free(&why);
        check_cases_free(&cases);
    }
}

/* A real WorkerException: built by REDUCE, not by the class alone. */
static void a_worker_exception_is_known_by_class_and_text(void **state) {
    (void)state;
    undr_arena arena = {0};
    undr_value *exception;
    undr_failure failure = {.class_name = "ValueError", .text = "the reason"};
    lines made = parse("WorkerException contains 'the reason'", "None");
    assert_int_equal(undr_worker_exception(&arena, &failure, &exception), UNDR_OK);
    made.payload.size = 0;
    assert_int_equal(undr_pickle_write(exception, 4, &made.payload), UNDR_OK);
    check_names names = {0};
    undr_buffer why = {0};
    assert_true(match(&made, &names, &why));
    undr_buffer_free(&why);
    free_lines(&made);
    undr_arena_free(&arena);
}

static void a_failed_allocation_is_reported(void **state) {
    (void)state;
    lines made = parse("[?x, {'a': Probe(_)}, 1, 'a' * 3]", "[1, {'a': Probe([1])}, 2, 'aaa']");
    size_t n = 0;
    bool failed;
    do {
        check_names names = {0};
        undr_buffer why = {0};
        bool matches = true;
        fail_allocation(++n);
        undr_error error = check_match(
            &made.pattern->payload, undr_buffer_slice(&made.payload), &names, &matches, &why);
        failed = allocation_failed;
        fail_allocation(0);
        assert_int_equal(error, failed ? UNDR_MEMORY : UNDR_OK);
        assert_false(matches);
        assert_int_equal(names.count, 0);
        undr_buffer_free(&why);
        check_names_free(&names);
    } while (failed);
    assert_true(n > 3);
    free_lines(&made);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_values_match),
        cmocka_unit_test(different_writing_of_the_same_matches),
        cmocka_unit_test(patterns_match),
        cmocka_unit_test(differences_are_told_in_one_clause),
        cmocka_unit_test(differences_of_patterns_are_told),
        cmocka_unit_test(differences_of_objects_are_told),
        cmocka_unit_test(differences_of_bytes_are_told),
        cmocka_unit_test(long_values_are_cut),
        cmocka_unit_test(pickle_bombs_differ),
        cmocka_unit_test(bindings_last_from_match_to_match),
        cmocka_unit_test(counters_and_gates_are_compared),
        cmocka_unit_test(the_letters_of_a_case_are_found),
        cmocka_unit_test(frames_are_held_against_alternatives),
        cmocka_unit_test(a_worker_exception_is_known_by_class_and_text),
        cmocka_unit_test(a_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
