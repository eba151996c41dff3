/* test_term.c: values in the notation: read, printed, built, pickled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "notation/names.h"

#include "notation/parse.h"
#include "notation/print.h"
#include "undr/pickle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static undr_error read_term(
    const char *text, undr_arena *arena, check_term **term, check_mistake *mistake, size_t *used) {
    *used = 0;
    undr_error error = check_parse_term(undr_slice_text(text), used, arena, term, mistake);
    if (error == UNDR_OK && *used < strlen(text)) {
        (void)snprintf(mistake->text, sizeof mistake->text, "1:%zu: left over: %s", *used + 1, text + *used);
        return UNDR_ARGUMENT;
    }
    return error;
}

static check_term *term_of(const char *text, undr_arena *arena) {
    check_term *term = NULL;
    check_mistake mistake;
    size_t used;
    if (read_term(text, arena, &term, &mistake, &used) != UNDR_OK) {
        fail_msg("%s: %s", text, mistake.text);
    }
    return term;
}

static undr_value *value_of(const char *text, undr_arena *arena) {
    undr_value *value = NULL;
    assert_int_equal(check_build_value(term_of(text, arena), NULL, arena, &value, NULL), UNDR_OK);
    return value;
}

/* Written, and as it is printed ("" : the same). */
static const struct {
    const char *written, *printed;
} literals[] = {
    /* ints */
    {"0", ""},
    {"-0", "0"},
    {"+7", "7"},
    {"00", "0"},
    {"1_000_000", "1000000"},
    {"0xff", "255"},
    {"0XFF", "255"},
    {"-0x80", "-128"},
    {"0o17", "15"},
    {"0b101", "5"},
    {"127", ""},
    {"128", ""},
    {"-128", ""},
    {"-129", ""},
    {"255", ""},
    {"256", ""},
    {"-256", ""},
    {"32768", ""},
    {"-32769", ""},
    {"9223372036854775807", ""},
    {"9223372036854775808", ""},
    {"-9223372036854775808", ""},
    {"-9223372036854775809", ""},
    {"123456789012345678901234567890", ""},
    {"-340282366920938463463374607431768211456", ""},
    {"0xffffffffffffffffffffffff", "79228162514264337593543950335"},
    /* floats */
    {"1.5", ""},
    {"-0.0", ""},
    {"5.", "5.0"},
    {".5", "0.5"},
    {"1e3", "1000.0"},
    {"1E-9", "1e-09"},
    {"1e+300", ""},
    {"1_0.2_5", "10.25"},
    {"0.1", ""},
    {"5e-324", ""},
    {"1e999", "inf"},
    {"inf", ""},
    {"-inf", ""},
    {"nan", ""},
    {"float('inf')", "inf"},
    {"float('-inf')", "-inf"},
    {"float('nan')", "nan"},
    {"017.5", "17.5"},
    /* str and bytes */
    {"''", ""},
    {"\"\"", "''"},
    {"'a\"b'", ""},
    {"\"it's\"", ""},
    {"'it\\'s'", "\"it's\""},
    {"'\\n\\r\\t\\\\'", ""},
    {"'\\a\\b\\f\\v'", "'\\x07\\x08\\x0c\\x0b'"},
    {"'\\0\\12\\101'", "'\\x00\\nA'"},
    {"'\\377'", "'\\xff'"},
    {"'\\x41\\u0041\\U00000041'", "'AAA'"},
    {"'\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80'", "'\\xe9\\u20ac\\U0001f600'"},
    {"'\\ud800'", ""},
    {"'\\ud83d\\ude00'", ""},
    {"r'\\d\\''", "\"\\\\d\\\\'\""},
    {"u'x'", "'x'"},
    {"R'x'", "'x'"},
    {"b''", ""},
    {"b'\\x00\\xff'", ""},
    {"B\"x\"", "b'x'"},
    {"rb'\\x'", "b'\\\\x'"},
    {"br'\\x'", "b'\\\\x'"},
    {"b'\\0'", "b'\\x00'"},
    {"bytearray()", "bytearray(b'')"},
    {"bytearray(b'x')", ""},
    /* containers */
    {"None", ""},
    {"True", ""},
    {"False", ""},
    {"[]", ""},
    {"[1]", ""},
    {"[ 1 , 2 , ]", "[1, 2]"},
    {"()", ""},
    {"(1,)", ""},
    {"(1)", "1"},
    {"((1))", "1"},
    {"( 1 , )", "(1,)"},
    {"(1, 2)", ""},
    {"((1,),)", ""},
    {"('a,')", "'a,'"},
    {"{}", ""},
    {"{1: 2}", ""},
    {"{1:2,}", "{1: 2}"},
    {"{'a': {'b': [None]}, 2: ()}", ""},
    {"{1}", ""},
    {"{1, 'a', (2,)}", ""},
    {"{2, 1}", ""},
    {"set()", ""},
    {"frozenset()", ""},
    {"frozenset({1})", ""},
    {"frozenset( { 1 } )", "frozenset({1})"},
    {"frozenset(set())", "frozenset()"},
    {"{frozenset({1}): 1}", ""},
    /* what the notation adds */
    {"?x", ""},
    {"?long_name_2", ""},
    {"_", ""},
    {"i", ""},
    {"G", ""},
    {"[?x, _, i, G]", ""},
    {"(?x,)", ""},
    {"{'a': ?x}", ""},
    {"{i: 1, G: 2}", ""},
    {"{i}", ""},
    {"CloseRequest", ""},
    {"WorkerException", ""},
    {"Probe", ""},
    {"Chain", ""},
    {"Probe([])", ""},
    {"Probe([('wait', G)])", ""},
    {"Probe(?x)", ""},
    {"Chain([Probe([]), CloseRequest])", ""},
    {"object('undr_conformance.Probe', {'steps': [1]})", "Probe([1])"},
    {"object('undr_conformance.Probe', {'other': 1})", ""},
    {"object('undr.task.CloseRequest')", ""},
    {"object('undr.task.CloseRequest', {})", ""},
    {"object('m.N')", ""},
    {"object( 'm.n.N' , {'k': ?v} )", "object('m.n.N', {'k': ?v})"},
    {"class('builtins.list')", ""},
    {"[class('m.N')]", ""},
    {"'x' * 3", ""},
    {"b'x'*0", "b'x' * 0"},
    {"[0] * 0x10", "[0] * 16"},
    {"[i] * 2", ""},
    {"['a' * 2] * 3", ""},
    {"('a' * 2)", "'a' * 2"},
    {"['a' * 2, (b'b' * 2,)]", ""},
    {"{'a': 'x' * 9}", ""},
    {"object('m.N', [1] * 3)", ""},
};

static void literals_are_read_and_printed(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof literals / sizeof *literals; i++) {
        const char *expected = literals[i].printed[0] == '\0' ? literals[i].written : literals[i].printed;
        undr_arena arena = {0};
        undr_buffer once = {0};
        assert_int_equal(check_print_term(&once, term_of(literals[i].written, &arena)), UNDR_OK);
        if (!undr_slice_equal(undr_buffer_slice(&once), undr_slice_text(expected))) {
            fail_msg("%s: expected %s, printed %.*s", literals[i].written, expected, (int)once.size, (char *)once.data);
        }
        assert_int_equal(undr_put_u8(&once, 0), UNDR_OK);
        undr_buffer twice = {0};
        assert_int_equal(check_print_term(&twice, term_of((char *)once.data, &arena)), UNDR_OK);
        assert_int_equal(undr_put_u8(&twice, 0), UNDR_OK);
        assert_string_equal((char *)once.data, (char *)twice.data);
        undr_buffer_free(&once);
        undr_buffer_free(&twice);
        undr_arena_free(&arena);
    }
}

static const struct {
    const char *text;
    size_t column;
    const char *says;
} mistakes[] = {
    {"", 1, "expected a value"},
    {" ", 2, "found the end of the line"},
    {"[", 2, "a value"},
    {"[1", 3, "`,` or `]`"},
    {"[1)", 3, "`,` or `]`"},
    {"(1", 3, "`,` or `)`"},
    {"(,)", 2, "a value"},
    {"[,]", 2, "a value"},
    {"[1,,]", 4, "a value"},
    {"{1", 3, "`,` or `}`"},
    {"{1: }", 5, "a value"},
    {"{1: 2, 3}", 9, "`:` after a key"},
    {"{1, 2: 3}", 6, "`,` or `}`"},
    {"1 2", 2, "left over"},
    {"'a", 1, "a closing '"},
    {"\"a'", 1, "a closing \""},
    {"'\\'", 1, "a closing"},
    {"'\\q'", 2, "an escape"},
    {"'\\N{DASH}'", 2, "an escape"},
    {"'\\x4'", 2, "2 hexadecimal digits"},
    {"'\\u12g4'", 2, "4 hexadecimal digits"},
    {"'\\U00110000'", 2, "\\U0010ffff"},
    {"'\\400'", 2, "an octal escape"},
    {"b'\\u0041'", 3, "an escape"},
    {"b'\xc3\xa9'", 3, "ASCII"},
    {"rb'\\\xc3\xa9'", 5, "ASCII"},
    {"bb'x'", 1, "a value"},
    {"f'x'", 1, "a value"},
    {"'a' 'b'", 4, "left over"},
    {"01", 1, "a number"},
    {"0x", 1, "a number"},
    {"0b2", 1, "a number"},
    {"0o8", 1, "a number"},
    {"1__0", 1, "a number"},
    {"1_", 1, "a number"},
    {"1.5.2", 1, "a number"},
    {"1e", 1, "a number"},
    {"12ab", 1, "a number"},
    {"1j", 1, "a number"},
    {"-", 1, "a value"},
    {"--1", 1, "a value"},
    {"0x_f", 1, "a number"},
    {"none", 1, "a value"},
    {"null", 1, "a value"},
    {"?", 2, "a name after `?`"},
    {"?1", 2, "a name after `?`"},
    {"AB", 1, "a value"},
    {"M", 1, "a channel"},
    {"[P]", 2, "a channel"},
    {"pickle(1)", 1, "a whole payload"},
    {"Other([])", 1, "a value"},
    {"CloseRequest()", 13, "takes no argument"},
    {"Probe()", 7, "a value"},
    {"Probe([], 1)", 9, "`)`"},
    {"object", 7, "as in object("},
    {"object(m.N)", 8, "'module.Name'"},
    {"object('N')", 8, "'module.Name'"},
    {"object('.N')", 8, "'module.Name'"},
    {"object('m.')", 8, "'module.Name'"},
    {"object('m..N')", 8, "'module.Name'"},
    {"object('m.1')", 8, "'module.Name'"},
    {"object(b'm.N')", 8, "'module.Name'"},
    {"object('m.N', 1, 2)", 16, "`)`"},
    {"class('m.N', 1)", 12, "`)`"},
    {"class(1)", 7, "'module.Name'"},
    {"set([1])", 5, "written {1, 2}"},
    {"frozenset([1])", 11, "a plain set"},
    {"frozenset({?x})", 12, "no ?name"},
    {"frozenset({i})", 11, "a plain set"},
    {"bytearray('x')", 11, "plain bytes"},
    {"bytearray(1)", 11, "plain bytes"},
    {"float('1')", 6, "float('inf')"},
    {"float(1)", 6, "float('inf')"},
    {"{[]: 1}", 2, "hashable"},
    {"{([],)}", 2, "hashable"},
    {"{(1, [])}", 2, "hashable"},
    {"{?x: 1}", 2, "no ?name"},
    {"{_}", 2, "no ?name"},
    {"{1: 1, 1: 2}", 8, "twice"},
    {"{1, 1}", 5, "twice"},
    {"{'a' * 2: 1}", 2, "a plain literal"},
    {"{Probe: 1}", 2, "a plain literal"},
    {"{bytearray(): 1}", 2, "hashable"},
    {"1 * 2", 1, "before `*`"},
    {"(1,) * 2", 1, "before `*`"},
    {"i * 2", 1, "before `*`"},
    {"'a' * i", 7, "how many times"},
    {"'a' * -1", 7, "how many times"},
    {"'a' * 1.5", 7, "how many times"},
    {"'a' * 2 * 2", 8, "left over"},
    {"('a' * 2) * 2", 1, "before `*`"},
    {"'ab' * 536870912", 8, "1 GiB"},
    {"[1, 2] * 16777216", 10, "1 GiB"},
    {"'a' *", 6, "how many times"},
};

static void a_mistake_in_a_value_names_its_place(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        undr_arena arena = {0};
        check_term *term;
        check_mistake mistake;
        size_t used;
        char place[32];
        (void)snprintf(place, sizeof place, "1:%zu: ", mistakes[i].column);
        if (read_term(mistakes[i].text, &arena, &term, &mistake, &used) != UNDR_ARGUMENT) {
            fail_msg("accepted: %s", mistakes[i].text);
        }
        if (strncmp(mistake.text, place, strlen(place)) != 0 || strstr(mistake.text, mistakes[i].says) == NULL) {
            fail_msg("%s: \"%s\" is not at %s or does not say \"%s\"", mistakes[i].text, mistake.text, place,
                mistakes[i].says);
        }
        undr_arena_free(&arena);
    }
}

static void nesting_is_bounded(void **state) {
    (void)state;
    char text[256];
    for (size_t depth = 99; depth <= 101; depth++) {
        undr_arena arena = {0};
        check_term *term;
        check_mistake mistake;
        size_t used;
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        text[2 * depth] = '\0';
        undr_error error = read_term(text, &arena, &term, &mistake, &used);
        assert_int_equal(error, depth <= 100 ? UNDR_OK : UNDR_ARGUMENT);
        assert_true(depth <= 100 || strstr(mistake.text, "deeper than 100") != NULL);
        undr_arena_free(&arena);
    }
}

static void ints_are_bounded(void **state) {
    (void)state;
    enum { HEX = 2 * 4096 };
    char *text = malloc(HEX + 4);
    assert_non_null(text);
    for (int more = 0; more <= 1; more++) {
        undr_arena arena = {0};
        check_term *term;
        check_mistake mistake;
        size_t used;
        text[0] = '0';
        text[1] = 'x';
        memset(text + 2, 'f', HEX + (size_t)more);
        text[2 + HEX + more] = '\0';
        assert_int_equal(read_term(text, &arena, &term, &mistake, &used), more ? UNDR_ARGUMENT : UNDR_OK);
        assert_true(!more || strstr(mistake.text, "longer than 4096 bytes") != NULL);
        undr_buffer printed = {0};
        if (!more) { /* so long a one still reads back */
            undr_value *first = term->value;
            assert_int_equal(check_print_term(&printed, term), UNDR_OK);
            assert_int_equal(undr_put_u8(&printed, 0), UNDR_OK);
            bool equal = false;
            assert_int_equal(undr_value_equal(first, value_of((char *)printed.data, &arena), &equal), UNDR_OK);
            assert_true(equal);
        }
        undr_buffer_free(&printed);
        undr_arena_free(&arena);
    }
    free(text);
}

/* ---- plain values are folded, names are not ---- */

static void plain_literals_are_one_value(void **state) {
    (void)state;
    undr_arena arena = {0};
    assert_int_equal(term_of("[1, (2, {3: {4}})]", &arena)->kind, CHECK_TERM_VALUE);
    assert_int_equal(term_of("[1, (2, {3: _})]", &arena)->kind, CHECK_TERM_LIST);
    assert_int_equal(term_of("{i}", &arena)->kind, CHECK_TERM_SET);
    check_term *probe = term_of("Probe([1])", &arena);
    assert_int_equal(probe->kind, CHECK_TERM_OBJECT);
    assert_string_equal(probe->text, "undr_conformance.Probe");
    assert_false(probe->bare);
    assert_int_equal(probe->parts[0]->kind, CHECK_TERM_VALUE);
    assert_true(term_of("CloseRequest", &arena)->bare);
    undr_arena_free(&arena);
}

/* ---- building ---- */

static void assert_value(const char *text, const check_names *names, const char *expected) {
    undr_arena arena = {0};
    undr_value *value = NULL;
    undr_buffer why = {0};
    if (check_build_value(term_of(text, &arena), names, &arena, &value, &why) != UNDR_OK) {
        fail_msg("%s: %.*s", text, (int)why.size, (char *)why.data);
    }
    bool equal = false;
    assert_int_equal(undr_value_equal(value, value_of(expected, &arena), &equal), UNDR_OK);
    if (!equal) {
        fail_msg("%s is not %s", text, expected);
    }
    undr_buffer_free(&why);
    undr_arena_free(&arena);
}

static void names_stand_for_values(void **state) {
    (void)state;
    check_names names = {0};
    assert_int_equal(check_names_bind(&names, "pid", value_of("('pid', 7)", &names.arena)), UNDR_OK);
    check_names_open(&names, 'G', 4711);
    check_names_count(&names, 41);
    assert_value("[?pid, G, i]", &names, "[('pid', 7), 4711, 41]");
    assert_value("{i: [i] * 2}", &names, "{41: [41, 41]}");
    assert_value("Probe([('wait', G)])", &names, "Probe([('wait', 4711)])");
    assert_value("'ab' * 3", &names, "'ababab'");
    assert_value("['a' * 2, 1] * 2", &names, "['aa', 1, 'aa', 1]");
    assert_value("[] * 5", &names, "[]");
    assert_value("'' * 5", &names, "''");
    check_names_free(&names);
}

static void assert_unknown(const char *text, const check_names *names, const char *says) {
    undr_arena arena = {0};
    undr_value *value = NULL;
    undr_buffer why = {0};
    assert_int_equal(check_build_value(term_of(text, &arena), names, &arena, &value, &why), UNDR_ARGUMENT);
    assert_int_equal(undr_put_u8(&why, 0), UNDR_OK);
    assert_string_equal((char *)why.data, says);
    undr_buffer_free(&why);
    undr_arena_free(&arena);
}

static void a_name_that_stands_for_nothing_is_named(void **state) {
    (void)state;
    check_names names = {0};
    check_names_count(&names, 1);
    check_names_stop_counting(&names);
    assert_unknown("[1, ?pid]", &names, "?pid is not bound");
    assert_unknown("[G]", &names, "the gate G is not open");
    assert_unknown("i", &names, "i has no value outside a repeat");
    assert_unknown("_", &names, "_ matches anything and can't be sent");
    assert_unknown("?pid", NULL, "?pid is not bound");
    check_names_free(&names);
}

/* ---- payloads ---- */

static undr_buffer payload_of(const char *text, check_payload_form form, int protocol) {
    undr_arena arena = {0};
    undr_buffer bytes = {0}, why = {0};
    check_payload payload = {.form = form, .protocol = protocol, .term = term_of(text, &arena)};
    if (check_build_payload(&payload, NULL, &bytes, &why) != UNDR_OK) {
        fail_msg("%s in protocol %d: %.*s", text, protocol, (int)why.size, (char *)why.data);
    }
    undr_arena_free(&arena);
    undr_buffer_free(&why);
    return bytes;
}

static void assert_bytes(undr_buffer bytes, const void *data, size_t size) {
    assert_int_equal(bytes.size, size);
    assert_memory_equal(bytes.data, data, size);
    undr_buffer_free(&bytes);
}

static void payloads_are_bytes_or_pickles(void **state) {
    (void)state;
    assert_bytes(payload_of("b'n\\0'", CHECK_PAYLOAD_WIRE, CHECK_NO_PROTOCOL), "n\0", 2);
    assert_bytes(payload_of("b'ab' * 3", CHECK_PAYLOAD_WIRE, CHECK_NO_PROTOCOL), "ababab", 6);
    assert_bytes(payload_of("None", CHECK_PAYLOAD_PICKLE, CHECK_NO_PROTOCOL), "\x80\x04N.", 4);
    assert_bytes(payload_of("None", CHECK_PAYLOAD_PICKLE, 2), "\x80\x02N.", 4);
    assert_bytes(payload_of("None", CHECK_PAYLOAD_PICKLE, 0), "N.", 2);
    undr_slice close_request = undr_pickle_close_request();
    assert_bytes(
        payload_of("CloseRequest", CHECK_PAYLOAD_PICKLE, CHECK_NO_PROTOCOL), close_request.data, close_request.size);
}

static const char *const pickled[] = {
    "None",
    "True",
    "False",
    "0",
    "255",
    "256",
    "65535",
    "65536",
    "-1",
    "2147483647",
    "2147483648",
    "-2147483649",
    "123456789012345678901234567890",
    "1.5",
    "-0.0",
    "inf",
    "nan",
    "''",
    "'a\\nb\\r\\\\c\\x00\\x1a'",
    "'\\xe9\\u20ac\\U0001f600'",
    "b''",
    "b'\\x00\\x80\\xff'",
    "bytearray(b'x\\xff')",
    "bytearray()",
    "[]",
    "[1, [2]]",
    "()",
    "(1,)",
    "(1, (2,))",
    "{}",
    "{'a': 1, 2: {}}",
    "set()",
    "{1, 'a'}",
    "frozenset()",
    "frozenset({1, 2})",
    "class('m.N')",
    "object('m.N')",
    "object('m.N', {'k': [1]})",
    "CloseRequest",
    "Probe([('message', 'x'), ('wait', 1)])",
    "Chain([Probe([]), Probe([])])",
};

static void every_protocol_says_the_same(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof pickled / sizeof *pickled; i++) {
        for (int protocol = 0; protocol <= 5; protocol++) {
            undr_arena arena = {0};
            undr_buffer bytes = payload_of(pickled[i], CHECK_PAYLOAD_PICKLE, protocol);
            undr_value *value = NULL;
            size_t used = 0;
            bool equal = false;
            undr_error error = undr_pickle_read(undr_buffer_slice(&bytes), NULL, &arena, &value, &used, NULL);
            assert_true(protocol < 2 ? bytes.data[0] != 0x80 : bytes.data[0] == 0x80 && bytes.data[1] == protocol);
            if (error == UNDR_OK) {
                error = undr_value_equal(value, value_of(pickled[i], &arena), &equal);
            }
            if (error != UNDR_OK || !equal || used != bytes.size) {
                fail_msg("%s in protocol %d: %s", pickled[i], protocol, undr_error_name(error));
            }
            undr_buffer_free(&bytes);
            undr_arena_free(&arena);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_are_read_and_printed),
        cmocka_unit_test(a_mistake_in_a_value_names_its_place),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(ints_are_bounded),
        cmocka_unit_test(plain_literals_are_one_value),
        cmocka_unit_test(names_stand_for_values),
        cmocka_unit_test(a_name_that_stands_for_nothing_is_named),
        cmocka_unit_test(payloads_are_bytes_or_pickles),
        cmocka_unit_test(every_protocol_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
