/* test_exchange.c: cases of the exchange notation: read, printed, refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "notation/case.h"
#include "notation/parse.h"
#include "notation/print.h"
#include "support/failing_malloc.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A text in the canonical form: all constructs. Printing what is read from it gives it again, byte for byte. */
static const char *const canonical[] = {
    "case manager.a.b\n  must  SCHED-2  a sentence, with a comma\n\n  A -> n\n",
    "case pool.head.all\n  must  CLOSE-JOIN-1  one\n  should  CLOSE-5  two\n  may  MSG-4  three\n  note first\n"
    "  note second one\n  role pool workers 3 levels 4 log-directory\n  needs held\n  needs pickle 5\n"
    "  delivery whole\n  set load\n  destructive\n  after pool.other\n  after pool.third-one\n"
    "  since 0.2.0\n  was pool.head.before\n  was pool.first\n\n  P alive\n\n"
    "  should  SCHED-2  stands between\n  P logs 3\n",
    "case manager.head.levels\n  must  SCHED-9  s\n  role manager levels 128\n  delivery pipeline\n\n"
    "  A -> 0xff b'x'\n",
    "case manager.send.all\n  must  REQ-1  s\n\n  A -> open\n  A -> n\n  A -> t\n  A -> bad t\n"
    "  A -> bad n b'x'\n  A -> m None\n  A -> m pickle(b'x')\n  A -> m pickle2({'a': 1})\n"
    "  A -> m pickle0('x')\n  A -> m pickle4(b'x')\n  A -> bad m\n  A -> bad m b''\n  A -> bad m b'no'\n"
    "  A -> bad 0x82 b'x'\n  A -> bad s\n  A -> bad 0x00\n  A -> 0x80 b'x' * 65536\n  A -> 0x80\n"
    "  A -> bad 0x80 None\n  A -> bad 0x81 CloseRequest\n  A -> header 0x80 18446744073709551615\n"
    "  A -> header n 0\n  A -> raw b'n\\x00'\n  A -> raw b'n' * 3\n  A -> half-close\n  A -> close\n"
    "  B -> reset\n  C refused\n  D pauses\n  D deaf\n  D deaf 9\n  D quiet\n  D quiet 1500\n",
    "case manager.receive.all\n  must  REQ-1  s\n\n  A <- t b'soon'\n  A <- m\n  A <- t ('x', ?v, _)\n"
    "  A <- t ?v\n  A <- m WorkerException contains 'boom'\n  A <- t _ contains \"it's\"\n"
    "  A <- t pickle(b'x') contains 'x'\n  A <- t pickle2(['x']) contains 'x'\n"
    "  A <- t None or t CloseRequest or end\n  A <- end fin\n  A <- end reset or m\n  A <- m or end exit 3\n  A <- "
    "end fin exit 0 or t None\n"
    "  A <- t pickle(b'x') or t pickle5(1)\n  A <- 0x41 _\n  poll A n until t CloseRequest or end\n"
    "  poll B t until t b'x'\n",
    "case pool.control.all\n  must  MSGS-1  s\n\n  M -> schedule 1 Probe([('pid',)])\n"
    "  M -> schedule 9 Probe([])\n  M <- error\n  M -> schedule -1 Probe([])\n  M <- error\n"
    "  M -> bad schedule 1 b'no'\n  M -> bad schedule 1 None\n"
    "  M -> message 'x'\n  M -> bad message b'no'\n  M -> next\n  M <- message ('pid', ?pid)\n"
    "  M <- message _ or done\n  M <- ok or error\n  kill ?pid\n  gone ?pid\n  M -> message ?pid\n"
    "  M -> close join\n  M quiet\n  M <- closed\n  M -> close cancel\n  M -> close kill\n  M -> end\n"
    "  P alive\n  P alone\n  P loopback\n  P -> signal INT\n  P -> signal CONT\n  P <- exit 0\n"
    "  P <- exit nonzero or exit 255\n  P <- exit\n",
    "case pool.gates.all\n  must  CLOSE-CANCEL-2  s\n  role pool workers 1\n\n"
    "  M -> schedule 1 Probe([('wait', G), ('wait', H)])\n  G accept\n  G close\n  H untouched\n",
    "case manager.blocks.all\n  must  SCHED-6  s\n\n  repeat 100\n    A[i] -> 0x81 ('task', i, [i] * 3)\n"
    "    A[i] <- s\n    A[i] quiet\n    poll A[i] n until t _\n  together\n    B -> n\n    C -> bad t\n",
    "case worker.answers.all\n  must  WORK-1  s\n\n  A <- n\n  A -> t None\n  A <- n\n"
    "  A -> t Probe([('message', 1)])\n  A -> t\n  A -> t CloseRequest\n  A -> bad t b'no'\n  A -> m\n"
    "  A -> bad m 1\n  A -> s\n  A -> bad s b'x'\n  A -> bad n\n  A -> bad t None\n  A <- end\n  P <- exit 0\n",
    "case manager.values.all\n  must  PAY-6  s\n\n  A <- t [?x, {'k': _}]\n"
    "  A -> m [None, True, False, 0, -1, 128, 1.5, -0.0, inf, -inf, nan]\n"
    "  A -> m ['', 'a', \"it's\", '\\xe9\\u20ac\\U0001f600\\ud800', b'\\x00', bytearray(b'x')]\n"
    "  A -> m [(), (1,), (1, 2), [], {}, {1: 2, 'a': [3]}, set(), {1, 2}, frozenset(), frozenset({1})]\n"
    "  A -> m [object('m.N'), object('m.n.N', {'k': 1}), object('undr.task.Chain', 1), class('m.N'), CloseRequest]\n"
    "  A -> 0x80 Chain([Probe([]), Chain(())])\n  A -> m Probe\n  A -> m WorkerException\n"
    "  A -> m {class('m.N'): ?x}\n",
    "case manager.unordered.all\n  must  REQ-1  s\n\n  unordered\n    A <- m\n    B <- t None or end\n"
    "    M <- message {'a': ?x, 'b': _}\n",
};

static undr_buffer print_all(const check_cases *cases) {
    undr_buffer buffer = {0};
    for (size_t i = 0; i < cases->count; i++) {
        assert_int_equal(check_print(&buffer, &cases->at[i]), UNDR_OK);
    }
    return buffer;
}

static void every_construct_is_printed_as_it_was_written(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof canonical / sizeof *canonical; i++) {
        undr_slice text = undr_slice_text(canonical[i]);
        check_cases cases;
        check_mistake mistake;
        if (check_parse(text, "text", &cases, &mistake) != UNDR_OK) {
            fail_msg("%s", mistake.text);
        }
        undr_buffer printed = print_all(&cases);
        if (!undr_slice_equal(undr_buffer_slice(&printed), text)) {
            fail_msg("printed:\n%.*s\nwritten:\n%.*s", (int)printed.size, (char *)printed.data, (int)text.size,
                (const char *)text.data);
        }
        undr_buffer_free(&printed);
        check_cases_free(&cases);
    }
}

/* ---- what is read ---- */

static check_cases parse(const char *text) {
    check_cases cases;
    check_mistake mistake;
    if (check_parse(undr_slice_text(text), "text", &cases, &mistake) != UNDR_OK) {
        fail_msg("%s", mistake.text);
    }
    return cases;
}

static void a_head_fills_the_case(void **state) {
    (void)state;
    check_cases cases = parse(canonical[1]);
    const check_case *one = &cases.at[0];
    assert_int_equal(cases.count, 1);
    assert_string_equal(one->file, "text");
    assert_string_equal(one->name, "pool.head.all");
    assert_int_equal(one->line, 1);
    assert_int_equal(one->role, CHECK_ROLE_POOL);
    assert_int_equal(one->workers, 3);
    assert_int_equal(one->levels, 4);
    assert_true(one->log_directory && one->load && one->destructive);
    assert_int_equal(one->reach, CHECK_WHOLE);
    assert_int_equal(one->note_count, 2);
    assert_string_equal(one->notes[1], "second one");
    assert_string_equal(one->after[1], "pool.third-one");
    assert_string_equal(one->since, "0.2.0");
    assert_int_equal(one->was_count, 2);
    assert_string_equal(one->was[1], "pool.first");
    assert_string_equal(one->needs[1].capability, "pickle");
    assert_int_equal(one->needs[1].minimum, 5);
    assert_int_equal(one->requirement_count, 3);
    assert_int_equal(one->requirements[2].level, CHECK_MAY);
    assert_string_equal(one->requirements[0].id, "CLOSE-JOIN-1");
    assert_int_equal(one->requirements[1].line, 3);
    assert_int_equal(one->step_count, 3);
    assert_int_equal(one->steps[1].what, CHECK_REQUIREMENT);
    assert_string_equal(one->steps[1].requirement.sentence, "stands between");
    assert_int_equal(one->steps[2].number, 3);
    check_cases_free(&cases);
}

static void roles_have_their_defaults(void **state) {
    (void)state;
    check_cases cases = parse("# a comment\n\ncase manager.a.b\n  must X-1 s\n  # another\n  A -> n\n"
                              "case pool.a.b\n  must X-1 s\n  P alive\n\n\ncase worker.a.b\n  must X-1 s\n  A <- n");
    assert_int_equal(cases.count, 3);
    assert_int_equal(cases.at[0].workers, 0);
    assert_int_equal(cases.at[0].levels, 2);
    assert_int_equal(cases.at[1].workers, 2);
    assert_int_equal(cases.at[2].role, CHECK_ROLE_WORKER);
    assert_int_equal(cases.at[1].line, 7);
    assert_int_equal(cases.at[2].steps[0].line, 14);
    check_cases_free(&cases);
}

static void steps_are_what_they_say(void **state) {
    (void)state;
    check_cases cases = parse(canonical[3]);
    const check_step *steps = cases.at[0].steps;
    assert_int_equal(steps[0].what, CHECK_SEND_OPEN);
    assert_true(steps[3].bad && steps[3].type == 't' && steps[3].payload.form == CHECK_PAYLOAD_EMPTY);
    assert_int_equal(steps[5].payload.form, CHECK_PAYLOAD_PICKLE);
    assert_int_equal(steps[5].payload.protocol, CHECK_NO_PROTOCOL);
    assert_int_equal(steps[7].payload.protocol, 2);
    assert_int_equal(steps[9].payload.protocol, 4);
    assert_int_equal(steps[13].payload.form, CHECK_PAYLOAD_WIRE);
    assert_int_equal(steps[16].payload.term->kind, CHECK_TERM_TIMES);
    assert_int_equal(steps[16].payload.term->number, 65536);
    assert_true(steps[20].what == CHECK_SEND_HEADER && steps[20].number == UINT64_MAX);
    check_cases_free(&cases);
}

static void blocks_hold_their_lines(void **state) {
    (void)state;
    check_cases cases = parse("case manager.a.b\n  must X-1 s\n  repeat 7\n    A[i] -> n\n    A[i] <- t _\n  B -> n\n");
    const check_step *repeat = &cases.at[0].steps[0];
    assert_int_equal(cases.at[0].step_count, 2);
    assert_true(repeat->what == CHECK_REPEAT && repeat->number == 7 && repeat->step_count == 2);
    assert_true(repeat->steps[1].indexed);
    assert_string_equal(repeat->steps[1].channel, "A");
    assert_int_equal(repeat->steps[1].line, 5);
    check_cases_free(&cases);
}

static void ports_of_a_transcript_mean_nothing(void **state) {
    (void)state;
    check_cases cases = parse("case manager.a.b\n  must X-1 s\n  A(:51322) -> n\n  A <- t _\n  repeat 2\n"
                              "    B[i](:1) -> n\n    B[i](:65535) <- t _\n  poll C(:7) n until end\n  D(:8) quiet\n");
    const check_step *steps = cases.at[0].steps;
    assert_string_equal(steps[0].channel, "A");
    assert_false(steps[0].indexed);
    assert_string_equal(steps[2].steps[0].channel, "B");
    assert_true(steps[2].steps[0].indexed && steps[2].steps[1].indexed);
    assert_string_equal(steps[3].channel, "C");
    assert_string_equal(steps[4].channel, "D");
    undr_buffer text = {0};
    assert_int_equal(check_print_step(&text, &steps[0], 0), UNDR_OK);
    assert_int_equal(undr_put_u8(&text, 0), UNDR_OK);
    assert_null(strstr((const char *)text.data, "51322"));
    undr_buffer_free(&text);
    check_cases_free(&cases);
}

static void numbers_are_decimal_or_hexadecimal(void **state) {
    (void)state;
    check_cases cases = parse("case manager.a.b\n  must X-1 s\n  A -> header n 0x1F\n  A -> header n 010\n");
    assert_int_equal(cases.at[0].steps[0].number, 31);
    assert_int_equal(cases.at[0].steps[1].number, 10);
    check_cases_free(&cases);
}

/* ---- mistakes ---- */

#define HEAD "case manager.a.b\n  must X-1 s\n"
#define DASHES "---------------------------------------" /* 39 */
#define POOL "case pool.a.b\n  must X-1 s\n"
#define WORKER "case worker.a.b\n  must X-1 s\n"

static const struct {
    const char *text;
    const char *place; /* "text:LINE:COLUMN: " */
    const char *says;  /* a part of it */
} mistakes[] = {
    /* a text */
    {"", "text:1:1: ", "expected `case NAME`"},
    {"\n# only a comment\n", "text:2:1: ", "expected `case NAME`"},
    {"  A -> n\n", "text:1:1: ", "expected `case NAME`"},
    {HEAD "  A -> n\r\n", "text:3:9: ", "carriage return"},
    {HEAD "  A -> m 'a\x01'\n", "text:3:12: ", "\\x01"},
    {HEAD "  A -> m '\xff'\n", "text:3:11: ", "UTF-8"},
    {HEAD "  A -> m '\xed\xa0\x80'\n", "text:3:11: ", "UTF-8"},
    {HEAD "  A -> m '\x80'\n", "text:3:11: ", "UTF-8"},
    {HEAD "  A -> m '\xc1\xbf'\n", "text:3:11: ", "UTF-8"},
    {HEAD "  A -> m '\xe0\x9f\xbf'\n", "text:3:11: ", "UTF-8"},
    {HEAD "  A -> m '\xf0\x8f\xbf\xbf'\n", "text:3:11: ", "UTF-8"},
    {HEAD "  A -> m '\xf4\x90\x80\x80'\n", "text:3:11: ", "UTF-8"},
    {HEAD "  A -> m '\xf5\x80\x80\x80'\n", "text:3:11: ", "UTF-8"},
    {HEAD "  A -> m '\xe2\x82'\n", "text:3:11: ", "UTF-8"},
    {HEAD "  A -> m '\xe2", "text:3:11: ", "UTF-8"},
    {HEAD "  A -> m '\xf0\x90\x80'\n", "text:3:11: ", "UTF-8"},
    {HEAD "  A -> m '\x7f'\n", "text:3:11: ", "\\x7f"},
    /* names */
    {"case manager\n", "text:1:6: ", "the name of a case"},
    {"case\n", "text:1:5: ", "the end of the line"},
    {"case Manager.a\n", "text:1:6: ", "the name of a case"},
    {"case manager..a\n", "text:1:6: ", "the name of a case"},
    {"case server.a\n", "text:1:6: ", "begins with its role"},
    {"case manager.a b\n", "text:1:16: ", "the end of the line"},
    {HEAD "  A -> n\n" HEAD "  A -> n\n", "text:4:6: ", "is already used in line 1"},
    /* what must be there */
    {"case manager.a.b\n  A -> n\n", "text:1:3: ", "proves nothing"},
    {"case manager.a.b\n  A -> n\n  must X-1 s\n", "text:1:3: ", "proves nothing"},
    {HEAD, "text:1:3: ", "does nothing"},
    {HEAD "  note x\n" HEAD, "text:1:3: ", "does nothing"},
    {HEAD "  repeat 3\n  A -> n\n", "text:3:3: ", "expected lines in this block"},
    /* ports */
    {HEAD "  A() -> n\n", "text:3:3: ", "a channel"},
    {HEAD "  A(:) -> n\n", "text:3:3: ", "a channel"},
    {HEAD "  A(:x) -> n\n", "text:3:3: ", "a channel"},
    {HEAD "  A(:123456) -> n\n", "text:3:3: ", "a channel"},
    {HEAD "  A(:1 -> n\n", "text:3:3: ", "a channel"},
    {HEAD "  A(:12 -> n\n", "text:3:3: ", "a channel"},
    {HEAD "  Axyzw -> n\n", "text:3:3: ", "a channel"},
    {HEAD "  A(1234) -> n\n", "text:3:3: ", "a channel"},
    {HEAD "  A(:1/2) -> n\n", "text:3:3: ", "a channel"},
    {HEAD "  A(:1)[i] -> n\n", "text:3:3: ", "a channel"},
    {POOL "  M(:1) -> next\n", "text:3:3: ", "a channel"},
    {POOL "  P(:1) alive\n", "text:3:3: ", "a channel"},
    /* indents */
    {HEAD " A -> n\n", "text:3:1: ", "found 1"},
    {HEAD "   A -> n\n", "text:3:1: ", "found 3"},
    {HEAD "\tA -> n\n", "text:3:1: ", "and a tab"},
    {HEAD "A -> n\n", "text:3:1: ", "found 0"},
    {HEAD "    A -> n\n", "text:3:1: ", "lines of a block"},
    {HEAD "  A -> n\n    A -> n\n", "text:4:1: ", "lines of a block"},
    {HEAD "  repeat 3\n    together\n", "text:4:5: ", "inside a block"},
    {HEAD "  repeat 3\n    must X-1 s\n", "text:4:5: ", "put it above"},
    {HEAD "  repeat 3\n    note x\n", "text:4:5: ", "expected a channel"},
    /* heads */
    {"case manager.a.b\n  must\n", "text:2:7: ", "the id of a requirement"},
    {"case manager.a.b\n  must sched-2 s\n", "text:2:8: ", "the id of a requirement"},
    {"case manager.a.b\n  must SCHED s\n", "text:2:8: ", "the id of a requirement"},
    {"case manager.a.b\n  must ABCDEFGHIJ-ABCDEFGHIJ-ABCDEFG-99 s\n", "text:2:8: ", "the id of a requirement"},
    {"case manager.a.b\n  must -SCHED-2 s\n", "text:2:8: ", "the id of a requirement"},
    {"case manager.a.b\n  must SCHED--2 s\n", "text:2:8: ", "the id of a requirement"},
    {"case manager.a.b\n  must 2-2 s\n", "text:2:8: ", "the id of a requirement"},
    {"case manager.a.b\n  must SCHED-2\n", "text:2:15: ", "a sentence"},
    {HEAD "  A -> n\n  note x\n", "text:4:3: ", "above the first step"},
    {HEAD "  role pool\n", "text:3:8: ", "first word"},
    {HEAD "  role boss\n", "text:3:8: ", "`manager`, `worker` or `pool`"},
    {HEAD "  role manager workers\n", "text:3:23: ", "a number of workers"},
    {HEAD "  role manager levels 129\n", "text:3:23: ", "1 to 128"},
    {HEAD "  role manager fast\n", "text:3:16: ", "`log-directory`"},
    {HEAD "  role manager\n  role manager\n", "text:4:3: ", "occurs twice"},
    {WORKER "  role worker levels 3\n", "text:3:15: ", "the harness is the manager"},
    {HEAD "  delivery slow\n", "text:3:12: ", "`each`, `whole` or `pipeline`"},
    {HEAD "  set heavy\n", "text:3:7: ", "`load`"},
    {HEAD "  needs Pickle\n", "text:3:9: ", "a capability"},
    {HEAD "  needs pick+le\n", "text:3:9: ", "a capability"},
    {HEAD "  needs pickle five\n", "text:3:16: ", "the least value"},
    {HEAD "  after manager.a.b\n", "text:3:9: ", "another case"},
    {HEAD "  after pool.other now\n", "text:3:20: ", "the end of the line"},
    {HEAD "  destructive yes\n", "text:3:15: ", "the end of the line"},
    /* steps */
    {HEAD "  A => n\n", "text:3:5: ", "unknown step `A => n`: expected `->`, `<-`, `quiet`, `refused`"},
    {HEAD "  A\n", "text:3:4: ", "unknown step `A`"},
    {HEAD "  a -> n\n", "text:3:3: ", "expected a channel"},
    {HEAD "  AB -> n\n", "text:3:3: ", "expected a channel"},
    {HEAD "  A -> x y\n", "text:3:8: ", "`half-close` or `reset`, found `x`"},
    {HEAD "  A -> bad x\n", "text:3:12: ", "expected a type (n, t, m, s, 0xHH), found `x`"},
    {HEAD "  A -> " DASHES "\xc3\xa9\n", "text:3:8: ", "found `" DASHES "`"}, /* 41 bytes: cut, though not in the e */
    {HEAD "  A -> 0x1\n", "text:3:8: ", "a type"},
    {HEAD "  A ->\n", "text:3:7: ", "found the end of the line"},
    {HEAD "  A -> n # why\n", "text:3:10: ", "expected a value"},
    {HEAD "  A -> close # why\n", "text:3:14: ", "a line of its own"},
    {HEAD "  A -> m 1 2\n", "text:3:12: ", "the end of the line"},
    {HEAD "  A -> m {1, 2, 2}\n", "text:3:17: ", "twice"},
    {HEAD "  A -> m class('m.N-')\n", "text:3:16: ", "'module.Name'"},
    {HEAD "  A -> bad close\n", "text:3:12: ", "remove it"},
    {HEAD "  A -> header n\n", "text:3:16: ", "the length"},
    {HEAD "  A -> header n 18446744073709551616\n", "text:3:17: ", "the length"},
    {HEAD "  A -> raw 'x'\n", "text:3:12: ", "bytes"},
    {HEAD "  A -> raw\n", "text:3:11: ", "bytes"},
    {HEAD "  A -> m 1 contains 'x'\n", "text:3:12: ", "the end of the line"},
    {POOL "  M -> message 1 contains 'x'\n", "text:3:18: ", "the end of the line"},
    {HEAD "  A -> m pickle(1\n", "text:3:18: ", "`)`"},
    {HEAD "  A -> m pickle6(1)\n", "text:3:10: ", "pickle0(V) to pickle5(V)"},
    {HEAD "  A -> m [pickle(1)]\n", "text:3:11: ", "a whole payload"},
    {HEAD "  A <- t 1 contains\n", "text:3:20: ", "a value"},
    {HEAD "  A <- t 1 contains ''\n", "text:3:21: ", "a text after"},
    {HEAD "  A <- t contains 'x'\n", "text:3:10: ", "_ contains"},
    {HEAD "  A <- t b'x' contains 'x'\n", "text:3:15: ", "bytes on the wire"},
    {HEAD "  A <- end soon\n", "text:3:12: ", "`fin`"},
    {HEAD "  A <- t 1 or\n", "text:3:14: ", "a type"},
    {HEAD "  A <- ok\n", "text:3:8: ", "or `end`"},
    {HEAD "  poll M n until end\n", "text:3:8: ", "a connection"},
    {HEAD "  poll A m until end\n", "text:3:10: ", "`n` or `t`"},
    {HEAD "  poll A n end\n", "text:3:12: ", "`until`"},
    {HEAD "  repeat 0\n    A -> n\n", "text:3:10: ", "1 to 1000000"},
    {HEAD "  together 2\n    A -> n\n", "text:3:12: ", "the end of the line"},
    {HEAD "  together\n    A <- n\n", "text:4:3: ", "inside `together`"},
    {HEAD "  unordered\n    A -> n\n", "text:4:3: ", "inside `unordered`"},
    {POOL "  M -> schedule Probe([])\n", "text:3:17: ", "a priority"},
    {POOL "  M -> schedule 1\n", "text:3:18: ", "a task"},
    {POOL "  M -> schedule -0 Probe([])\n", "text:3:17: ", "a priority"},
    {POOL "  M -> schedule -x Probe([])\n", "text:3:17: ", "a priority"},
    {POOL "  M -> schedule -9223372036854775808 Probe([])\n", "text:3:18: ", "a priority"},
    {POOL "  M -> message\n", "text:3:15: ", "a message"},
    {POOL "  M -> close now\n", "text:3:14: ", "`join`, `cancel` or `kill`"},
    {POOL "  M -> bad next\n", "text:3:12: ", "after `bad`"},
    {POOL "  M -> bad nonsense\n", "text:3:12: ", "after `bad`"},
    {POOL "  M -> stop\n", "text:3:8: ", "`next`"},
    {POOL "  M <- message\n", "text:3:15: ", "`_` for any"},
    {POOL "  M <- message b'x'\n", "text:3:16: ", "pickle(b'...')"},
    {POOL "  M <- t None\n", "text:3:8: ", "`closed`"},
    {HEAD "  A quiet 0\n", "text:3:11: ", "milliseconds, 1 to 10000"},
    {POOL "  M refused\n", "text:3:5: ", "`->`, `<-` or `quiet`"},
    {POOL "  P -> kill\n", "text:3:8: ", "`signal`"},
    {POOL "  P -> signal SEGV\n", "text:3:15: ", "INT, TERM"},
    {POOL "  P <- exit 256\n", "text:3:13: ", "0 to 255"},
    {POOL "  P quiet\n", "text:3:5: ", "`->`, `alone`, `loopback`, `alive` or `logs`"},
    {POOL "  P logs 2\n", "text:3:3: ", "log-directory"},
    {POOL "  kill pid\n", "text:3:8: ", "as in ?pid"},
    {WORKER "  M -> close join\n", "text:3:3: ", "no control channel"},
    /* names */
    {POOL "  kill ?pid\n", "text:3:3: ", "?pid is not bound"},
    {POOL "  gone ?pid\n  M <- message ?pid\n", "text:3:3: ", "?pid is not bound"},
    {HEAD "  A -> m ?x\n", "text:3:3: ", "?x is not bound"},
    {HEAD "  A -> m [_]\n", "text:3:3: ", "can't be sent"},
    {HEAD "  A -> m i\n", "text:3:3: ", "outside a repeat"},
    {HEAD "  A[i] -> n\n", "text:3:3: ", "outside a repeat"},
    {HEAD "  A -> n\n  repeat 2\n    A[i] -> n\n", "text:5:3: ", "with [i] and without"},
    {POOL "  A -> n\n  M -> schedule 1 Probe([('wait', A)])\n",
        "text:4:3: ", "A is a gate here and a connection in line 3"},
    {POOL "  M -> schedule 1 Probe([('wait', G)])\n  G -> n\n",
        "text:4:3: ", "G is a connection here and a gate in line 3"},
    {POOL "  G accept\n", "text:3:3: ", "in no value"},
    {POOL "  M -> schedule 1 Probe([('wait', M)])\n", "text:3:35: ", "not a gate"},
    /* honesty: the manager's side */
    {HEAD "  A -> n b'x'\n", "text:3:3: ", "REQ-5"},
    {HEAD "  A -> t None\n", "text:3:3: ", "REQ-5"},
    {HEAD "  A -> m\n", "text:3:3: ", "MSG-3"},
    {HEAD "  A -> m b''\n", "text:3:3: ", "MSG-3"},
    {HEAD "  A -> m b'' * 3\n", "text:3:3: ", "must carry a pickle (MSG-3)"},
    {HEAD "  A -> m b'x' * 0\n", "text:3:3: ", "must carry a pickle (MSG-3)"},
    {HEAD "  A -> n b'x' * 1\n", "text:3:3: ", "REQ-5"},
    {HEAD "  A -> m b'N' * 2000000\n", "text:3:3: ", "bytes are not one (MSG-3)"},
    {HEAD "  A -> m b'\\x80\\x04N'\n", "text:3:3: ", "bytes are not one (MSG-3)"},
    {HEAD "  A -> s\n", "text:3:3: ", "REQ-4"},
    {HEAD "  A -> 0x7f\n", "text:3:3: ", "REQ-4"},
    {HEAD "  A -> 0x82 b'x'\n", "text:3:3: ", "SCHED-5"},
    {HEAD "  role manager levels 1\n  A -> 0x81 b'x'\n", "text:4:3: ", "SCHED-5"},
    {HEAD "  A -> 0x81 None\n", "text:3:3: ", "SCHED-12"},
    {HEAD "  A -> 0x81 b'N.'\n", "text:3:3: ", "SCHED-12"},
    {HEAD "  repeat 2\n    A -> 0x81 CloseRequest\n", "text:4:3: ", "SCHED-12"},
    {HEAD "  A -> bad n\n", "text:3:3: ", "remove `bad`"},
    {HEAD "  A -> bad m 1\n", "text:3:3: ", "remove `bad`"},
    {HEAD "  A -> bad 0x80 b'x'\n", "text:3:3: ", "remove `bad`"},
    {POOL "  M -> bad message 1\n", "text:3:3: ", "remove `bad`"},
    {POOL "  M -> message b'no'\n", "text:3:3: ", "bytes are not one"},
    {POOL "  M -> schedule 0 CloseRequest\n", "text:3:3: ", "SCHED-12"},
    /* honesty: the worker's side */
    {WORKER "  A -> n\n", "text:3:3: ", "a manager never sends"},
    {WORKER "  A -> 0x80 b'x'\n", "text:3:3: ", "a manager never sends"},
    {WORKER "  A -> t b'no'\n", "text:3:3: ", "WORK-16"},
    {WORKER "  A -> m 1\n", "text:3:3: ", "WORK-14"},
    {WORKER "  A -> s b'x'\n", "text:3:3: ", "WORK-14"},
};

static void a_mistake_names_its_place_and_remedy(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        check_cases cases;
        check_mistake mistake = {.line = -1};
        undr_error error = check_parse(undr_slice_text(mistakes[i].text), "text", &cases, &mistake);
        if (error != UNDR_ARGUMENT) {
            fail_msg("accepted:\n%s", mistakes[i].text);
        }
        bool place = strncmp(mistake.text, mistakes[i].place, strlen(mistakes[i].place)) == 0;
        if (!place || strstr(mistake.text, mistakes[i].says) == NULL) {
            fail_msg("%s\nis not at %s or does not say \"%s\" of:\n%s", mistake.text, mistakes[i].place,
                mistakes[i].says, mistakes[i].text);
        }
        assert_int_equal(cases.count, 0);
        assert_null(cases.at);
    }
}

/* The nearest valid texts, so that the mistakes above are not refused for something else. */
static void the_nearest_valid_texts_are_read(void **state) {
    static const char *const texts[] = {
        HEAD "  A -> n\n",
        HEAD "  A -> n",
        HEAD "\n  # c\n  A -> n\n#c\n\n",
        HEAD "  A -> bad t\n",
        HEAD "  A -> t\n",
        HEAD "  A -> 0x81 b'x'\n",
        HEAD "  role manager levels 3\n  A -> 0x82 b'x'\n",
        HEAD "  A -> m b'N.'\n",
        HEAD "  A -> m  1  \n",
        HEAD "  A -> m class('m1.N2')\n",
        HEAD "  A -> n b'x' * 0\n",
        HEAD "  A -> m b'N.' * 3\n",
        HEAD "  A -> m '\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf \xf0\x90\x80\x80 "
             "\xf4\x8f\xbf\xbf'\n",
        "case manager.a.b\n  must ABCDEFGHIJ-ABCDEFGHIJ-ABCDEF-99 s\n  A -> n\n",
        WORKER "  A -> t b'N.'\n",
        WORKER "  A -> bad t None\n",
        WORKER "  A -> t\n",
        POOL "  M <- message ?pid or done\n  kill ?pid\n",
        POOL "  role pool log-directory\n  P logs 2\n",
        POOL "  role pool log-directory missing\n  P logs 2\n",
        HEAD "  repeat 2\n    A[i] -> m i\n  repeat 3\n    A[i] <- m\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        check_cases cases = parse(texts[i]);
        assert_int_equal(cases.count, 1);
        check_cases_free(&cases);
    }
}

/* ---- files ---- */

static undr_buffer load(const char *path) {
    undr_buffer buffer = {0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    int byte;
    while ((byte = getc(file)) != EOF) {
        assert_int_equal(undr_put_u8(&buffer, (uint8_t)byte), UNDR_OK);
    }
    assert_int_equal(fclose(file), 0);
    return buffer;
}

static void check_fixpoint(undr_slice text, const char *name) {
    check_cases first, second;
    check_mistake mistake;
    if (check_parse(text, name, &first, &mistake) != UNDR_OK) {
        fail_msg("%s", mistake.text);
    }
    undr_buffer once = print_all(&first);
    if (check_parse(undr_buffer_slice(&once), name, &second, &mistake) != UNDR_OK) {
        fail_msg("printed: %s", mistake.text);
    }
    undr_buffer twice = print_all(&second);
    assert_int_equal(first.count, second.count);
    assert_true(undr_slice_equal(undr_buffer_slice(&once), undr_buffer_slice(&twice)));
    undr_buffer_free(&once);
    undr_buffer_free(&twice);
    check_cases_free(&first);
    check_cases_free(&second);
}

static void every_case_file_survives_printing(void **state) {
    (void)state;
    char pattern[1024];
    const char *source = getenv("UNDR_SOURCE_DIR");
    if (source == NULL) {
        print_message("SKIPPED: the case files (UNDR_SOURCE_DIR is not set, as ctest does)\n");
        skip();
    }
    (void)snprintf(pattern, sizeof pattern, "%s/conformance/cases/*.case", source);
    glob_t files;
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        undr_buffer text = load(files.gl_pathv[i]);
        check_fixpoint(undr_buffer_slice(&text), files.gl_pathv[i]);
        undr_buffer_free(&text);
    }
    globfree(&files);
}

/* ---- memory ---- */

static undr_error parse_text(void *context) {
    check_cases cases;
    check_mistake mistake;
    const undr_error error = check_parse(undr_slice_text(context), "text", &cases, &mistake);
    check_cases_free(&cases);
    return error;
}

static void a_failed_allocation_is_reported(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof canonical / sizeof *canonical; i++) {
        char text[4096];
        assert_true(strlen(canonical[i]) < sizeof text);
        assert_true(fail_each(parse_text, strcpy(text, canonical[i])) > 0);
    }
}

static undr_error print_case(void *context) {
    undr_buffer buffer = {0};
    const undr_error error = check_print(&buffer, context);
    undr_buffer_free(&buffer);
    return error;
}

static void a_failed_allocation_ends_printing(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof canonical / sizeof *canonical; i++) {
        check_cases cases = parse(canonical[i]);
        assert_true(fail_each(print_case, &cases.at[0]) > 0);
        check_cases_free(&cases);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_construct_is_printed_as_it_was_written),
        cmocka_unit_test(a_head_fills_the_case),
        cmocka_unit_test(roles_have_their_defaults),
        cmocka_unit_test(steps_are_what_they_say),
        cmocka_unit_test(blocks_hold_their_lines),
        cmocka_unit_test(ports_of_a_transcript_mean_nothing),
        cmocka_unit_test(numbers_are_decimal_or_hexadecimal),
        cmocka_unit_test(a_mistake_names_its_place_and_remedy),
        cmocka_unit_test(the_nearest_valid_texts_are_read),
        cmocka_unit_test(every_case_file_survives_printing),
        cmocka_unit_test(a_failed_allocation_is_reported),
        cmocka_unit_test(a_failed_allocation_ends_printing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
