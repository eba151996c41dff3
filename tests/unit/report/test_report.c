/* test_report.c: what the plays of a run come to, and what each report says of them. */
#include "report/report.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 8 };

/* A session of one role, made by hand. */
struct stage {
    check_options options;
    check_expected expected;
    check_suite suite;
    check_session session;
    check_case cases[MOST];
    const check_case *all[MOST];
    check_requirement requirement;
    const char *after[1];
    check_part *part;
};

static char *command[] = {"./my target", "it's", NULL};

static void set_up(struct stage *stage) {
    *stage = (struct stage){.requirement = {CHECK_MUST, "NEXT-2", "an empty queue is <None>", 2}};
    stage->options = (check_options){
        .program = "build it/undr-check", .command = command, .timeout_factor = 1, .shard = 1, .shards = 1};
    stage->session = (check_session){.options = &stage->options,
        .expected = &stage->expected,
        .suite = &stage->suite,
        .part_count = 1,
        .seed = 42,
        .jobs = 2,
        .repetitions = 1};
    stage->suite.all = stage->all;
    stage->part = &stage->session.parts[0];
    stage->part->surveyed = true;
    stage->part->records = calloc(MOST, sizeof *stage->part->records);
    assert_non_null(stage->part->records);
}

static void tear_down(struct stage *stage) {
    check_session_free(&stage->session);
    check_expected_free(&stage->expected);
    check_name_map_free(&stage->suite.by_name);
}

static check_record *add_case(struct stage *stage, const char *name) {
    size_t index = stage->part->count++;
    check_case *one = &stage->cases[index];
    assert_true(index < MOST);
    *one = (check_case){
        .file = "f.case", .line = 10, .name = name, .requirements = &stage->requirement, .requirement_count = 1};
    stage->all[index] = one;
    stage->suite.count++;
    assert_int_equal(check_name_map_put(&stage->suite.by_name, name, index, NULL), UNDR_OK);
    assert_int_equal(check_name_map_put(&stage->part->by_name, name, index, NULL), UNDR_OK);
    check_record *record = &stage->part->records[index];
    record->one = one;
    record->entry = check_expected_find(&stage->expected, one);
    record->due = 2;
    return record;
}

static void expect(struct stage *stage, const char *text) {
    undr_buffer message = {0};
    assert_int_equal(check_expected_parse(undr_slice_text(text), "known.txt", &stage->expected, &message), UNDR_OK);
}

static void put(undr_buffer *to, const char *text) {
    assert_int_equal(undr_put_text(to, text), UNDR_OK);
}

static void play(check_record *record, check_delivery delivery, check_verdict verdict) {
    check_result result = {.verdict = verdict, .duration_ns = 1000000};
    put(&result.transcript, "A -> n\n");
    if (verdict == CHECK_FAIL || verdict == CHECK_WARN) {
        result.level = verdict == CHECK_FAIL ? CHECK_MUST : CHECK_SHOULD;
        strcpy(result.id, "SCHED-2");
        put(&result.sentence, "a lower number & first");
        put(&result.step, "A <- t b'soon'");
        put(&result.expected, "t b'soon'");
        put(&result.received, "t b'late'");
        put(&result.transcript, "! A <- t b'soon'\n");
        assert_int_equal(undr_put_bytes(&result.output, "\x1b]\xff<\n", 5), UNDR_OK);
        result.line = 14;
    } else if (verdict == CHECK_SKIP) {
        put(&result.received, "the target does not declare held");
    } else if (verdict == CHECK_BLOCKED) {
        put(&result.notes, "blocked by manager.a");
    } else if (verdict == CHECK_ERROR) {
        put(&result.received, "the process that played ended");
    }
    check_record_add(record, delivery, 1, &result, false);
}

static check_record *played(struct stage *stage, const char *name, check_verdict whole, check_verdict cut) {
    check_record *record = add_case(stage, name);
    play(record, CHECK_DELIVERY_WHOLE, whole);
    play(record, CHECK_DELIVERY_CUT_3, cut);
    return record;
}

static char *written(undr_error report(FILE *, const check_session *), const struct stage *stage) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_int_equal(report(out, &stage->session), UNDR_OK);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void assert_says(const char *text, const char *part) {
    if (strstr(text, part) == NULL) {
        fail_msg("`%s` is not in:\n%s", part, text);
    }
}

/* ---- what it comes to ---- */

static void worst_delivery_counts(void **state) {
    struct stage stage;
    (void)state;
    set_up(&stage);
    check_record *record = played(&stage, "manager.a", CHECK_PASS, CHECK_FAIL);
    assert_int_equal(check_record_verdict(record), CHECK_FAIL);
    assert_int_equal(check_record_delivery(record), CHECK_DELIVERY_CUT_3);
    assert_int_equal(check_record_duration(record), 2000000);
    play(record, CHECK_DELIVERY_CUT_3, CHECK_PASS); /* a later pass mends nothing */
    assert_int_equal(check_record_verdict(record), CHECK_FAIL);
    assert_int_equal(record->plays[CHECK_DELIVERY_CUT_3].counts[CHECK_PASS], 1);
    tear_down(&stage);
}

static void assert_status(check_verdict verdict, bool strict, int status) {
    struct stage stage;
    set_up(&stage);
    stage.options.strict = strict;
    played(&stage, "manager.a", CHECK_PASS, CHECK_PASS);
    played(&stage, "manager.b", CHECK_PASS, verdict);
    assert_int_equal(check_session_status(&stage.session), status);
    tear_down(&stage);
}

static void statuses(void **state) {
    (void)state;
    assert_status(CHECK_PASS, true, 0);
    assert_status(CHECK_INFO, true, 0);
    assert_status(CHECK_SKIP, true, 0);
    assert_status(CHECK_WARN, false, 0);
    assert_status(CHECK_WARN, true, 1);
    assert_status(CHECK_FAIL, false, 1);
    assert_status(CHECK_BLOCKED, false, 1);
    assert_status(CHECK_ERROR, false, 3);
}

static void nothing_run_is_no_pass(void **state) {
    struct stage stage;
    (void)state;
    set_up(&stage);
    assert_int_equal(check_session_status(&stage.session), 2);
    played(&stage, "manager.a", CHECK_SKIP, CHECK_SKIP);
    assert_int_equal(check_session_status(&stage.session), 2);
    stage.session.interrupted = 2;
    assert_int_equal(check_session_status(&stage.session), 130);
    tear_down(&stage);
}

static void target_that_cannot_be_judged(void **state) {
    struct stage stage;
    (void)state;
    set_up(&stage);
    add_case(&stage, "manager.a");
    stage.part->surveyed = false;
    put(&stage.part->why, "it accepts anything");
    assert_int_equal(check_session_status(&stage.session), 1);
    stage.part->undeclared = true;
    assert_int_equal(check_session_status(&stage.session), 2);
    tear_down(&stage);
}

static void assert_entry(const char *entry, check_verdict verdict, check_standing standing, int status) {
    struct stage stage;
    set_up(&stage);
    expect(&stage, entry);
    check_record *record = played(&stage, "manager.a", CHECK_PASS, verdict);
    played(&stage, "manager.b", CHECK_PASS, CHECK_PASS);
    assert_int_equal(check_record_standing(record), standing);
    assert_int_equal(check_session_status(&stage.session), status);
    tear_down(&stage);
}

static void expected_failures(void **state) {
    (void)state;
    assert_entry("fail manager.a known", CHECK_FAIL, CHECK_EXPECTED, 0);
    assert_entry("warn manager.a known", CHECK_WARN, CHECK_EXPECTED, 0);
    assert_entry("fail manager.a known", CHECK_PASS, CHECK_STALE, 1);
    assert_entry("fail manager.a known", CHECK_INFO, CHECK_STALE, 1);
    assert_entry("fail manager.a known", CHECK_WARN, CHECK_CHANGED, 1);
    assert_entry("warn manager.a known", CHECK_FAIL, CHECK_CHANGED, 1);
    assert_entry("warn manager.a known", CHECK_SKIP, CHECK_CHANGED, 1);
    assert_entry("fail manager.a known", CHECK_ERROR, CHECK_BROKEN, 3);
    assert_entry("fail manager.gone known", CHECK_PASS, CHECK_PASSED, 1); /* unmatched */
}

static void blocked_by_an_expected_failure(void **state) {
    struct stage stage;
    (void)state;
    set_up(&stage);
    expect(&stage, "fail manager.a known");
    played(&stage, "manager.a", CHECK_FAIL, CHECK_FAIL);
    check_record *record = played(&stage, "manager.b", CHECK_BLOCKED, CHECK_BLOCKED);
    stage.after[0] = "manager.a";
    stage.cases[1].after = stage.after;
    stage.cases[1].after_count = 1;
    check_record_excuse(stage.part, record);
    assert_int_equal(check_record_standing(record), CHECK_EXCUSED);
    assert_int_equal(check_session_status(&stage.session), 0);
    tear_down(&stage);
}

static void unfinished_is_not_stale(void **state) {
    struct stage stage;
    (void)state;
    set_up(&stage);
    expect(&stage, "fail manager.a known");
    check_record *record = add_case(&stage, "manager.a");
    play(record, CHECK_DELIVERY_WHOLE, CHECK_PASS);
    assert_int_equal(check_record_standing(record), CHECK_NOT_RUN);
    tear_down(&stage);
}

/* A busy machine makes a target slow, and slowness no change. */
static void undecided_is_not_changed(void **state) {
    struct stage stage;
    (void)state;
    set_up(&stage);
    expect(&stage, "fail manager.a known");
    played(&stage, "manager.good", CHECK_PASS, CHECK_PASS);
    check_record *record = played(&stage, "manager.a", CHECK_SKIP, CHECK_SKIP);
    for (int i = 0; i < CHECK_DELIVERY_COUNT; i++) {
        record->plays[i].worst.undecided = true;
    }
    assert_int_equal(check_record_standing(record), CHECK_SKIPPED);
    assert_int_equal(check_session_status(&stage.session), 0);
    tear_down(&stage);
}

static void unfinished_and_worse_is_changed(void **state) {
    struct stage stage;
    (void)state;
    set_up(&stage);
    expect(&stage, "warn manager.a known");
    check_record *record = add_case(&stage, "manager.a");
    play(record, CHECK_DELIVERY_WHOLE, CHECK_FAIL);
    assert_int_equal(check_record_standing(record), CHECK_CHANGED);
    assert_int_equal(check_session_status(&stage.session), 1);
    tear_down(&stage);
}

/* ---- what is said of it ---- */

static void one_of_each(struct stage *stage) {
    set_up(stage);
    expect(stage, "fail manager.stale was broken\nwarn manager.known slow\nfail manager.gone x\n");
    played(stage, "manager.good", CHECK_PASS, CHECK_PASS);
    played(stage, "manager.bad", CHECK_PASS, CHECK_FAIL);
    played(stage, "manager.mild", CHECK_WARN, CHECK_WARN);
    played(stage, "manager.skipped", CHECK_SKIP, CHECK_SKIP);
    played(stage, "manager.stale", CHECK_PASS, CHECK_PASS);
    played(stage, "manager.known", CHECK_WARN, CHECK_PASS);
    played(stage, "manager.broken", CHECK_ERROR, CHECK_PASS);
    add_case(stage, "manager.untried");
}

static void json_report(void **state) {
    struct stage stage;
    (void)state;
    one_of_each(&stage);
    char *text = written(check_report_json, &stage);
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "seed")), "42");
    assert_int_equal(json_integer_value(json_object_get(json, "status")), 3);
    json_t *cases = json_object_get(json_array_get(json_object_get(json, "roles"), 0), "cases");
    assert_int_equal(json_array_size(cases), 8);
    json_t *bad = json_array_get(cases, 1);
    assert_string_equal(json_string_value(json_object_get(bad, "standing")), "fail");
    json_t *cut = json_array_get(json_object_get(bad, "deliveries"), 1);
    assert_string_equal(json_string_value(json_object_get(cut, "delivery")), "cut-3");
    assert_string_equal(json_string_value(json_object_get(cut, "output")), "\\x1b]\\xff<\n");
    assert_string_equal(json_string_value(json_object_get(bad, "alone")),
        "'build it/undr-check' manager --only manager.bad --delivery cut-3 -- './my target' 'it'\\''s'");
    assert_true(json_is_null(json_object_get(json_array_get(cases, 7), "verdict")));
    assert_int_equal(json_array_size(json_object_get(json, "unmatched")), 1);
    json_decref(json);
    free(text);
    tear_down(&stage);
}

static void junit_report(void **state) {
    struct stage stage;
    (void)state;
    one_of_each(&stage);
    char *text = written(check_report_junit, &stage);
    assert_says(text, "tests=\"8\" failures=\"2\" errors=\"1\"");
    assert_says(
        text, "<failure message=\"MUST SCHED-2: a lower number &amp; first\" type=\"fail\">f.case:14 (delivery cut-3)");
    assert_says(text, "output of the target: \\x1b]\\xff&lt;");
    assert_says(text, "<error message=\"the process that played ended\" type=\"error\">");
    assert_says(text, "<testcase name=\"good\" classname=\"manager\" time=\"0.002000\">\n    </testcase>");
    assert_says(text, "<skipped />");
    assert_says(text, "skip manager.skipped: the target does not declare held");
    free(text);
    tear_down(&stage);
}

static undr_error tap(FILE *out, const check_session *session) {
    check_tap tap = {.out = out};
    check_tap_begin(&tap, session);
    for (size_t i = 0; i < session->parts[0].count; i++) {
        check_tap_record(&tap, session, &session->parts[0], &session->parts[0].records[i]);
    }
    check_tap_end(&tap, session);
    return UNDR_OK;
}

static void tap_report(void **state) {
    struct stage stage;
    (void)state;
    one_of_each(&stage);
    char *text = written(tap, &stage);
    assert_says(text, "TAP version 13\n1..9\n");
    assert_says(text, "\nok 1 - manager.good\n");
    assert_says(text, "\nnot ok 2 - manager.bad\n");
    assert_says(text, "  requirement: SCHED-2\n");
    assert_says(text, "\nok 3 - manager.mild\n");
    assert_says(text, "\nok 4 - manager.skipped # SKIP the target does not declare held\n");
    assert_says(
        text, "\nnot ok 5 - manager.stale\n# passes now, but line 1 of the expected failures says `fail` (was broken)");
    assert_says(text, "\nnot ok 6 - manager.known # TODO expected: slow\n");
    assert_says(text, "\nnot ok 8 - manager.untried\n# not run\n");
    assert_says(text, "\nnot ok 9 - manager.gone\n# known.txt:3: there is no case of that name");
    free(text);
    tear_down(&stage);
}

static undr_error terminal(FILE *out, const check_session *session) {
    check_terminal terminal = {.out = out};
    check_terminal_summary(&terminal, session);
    return UNDR_OK;
}

static void terminal_report(void **state) {
    struct stage stage;
    (void)state;
    one_of_each(&stage);
    char *text = written(terminal, &stage);
    assert_says(text, "FAIL manager.bad  f.case:14\n    MUST SCHED-2  a lower number & first\n");
    assert_says(text, "    delivery  whole pass, cut-3 fail (cut-3: each frame is cut after its third byte)\n");
    assert_says(text, "    expected  t b'soon'\n    received  t b'late'\n");
    assert_says(text, "        A -> n\n      ! A <- t b'soon'\n");
    assert_says(text, "        | \\x1b]\\xff<\n");
    assert_says(text, "STALE manager.stale  f.case:10\n    passes now");
    assert_says(text, "UNMATCHED known.txt:3: manager.gone: there is no case of that name");
    assert_says(text,
        "manager: 8 cases, 1 passed, 1 failed a MUST, 1 of a SHOULD, 1 failed as expected, "
        "1 expected to fail, but passed, 1 broken in the harness, 1 not run, "
        "1 skipped (not declared: held)\n");
    assert_says(text, "seed 42\n");
    assert_null(strstr(text, "FAIL manager.good"));
    assert_null(strstr(text, "\033"));
    free(text);
    tear_down(&stage);
}

static void html_report(void **state) {
    struct stage stage;
    (void)state;
    one_of_each(&stage);
    char *text = written(check_report_html, &stage);
    assert_says(text, "<a href=\"#manager.bad\">");
    assert_says(text, "<article id=\"manager.bad\" data-role=\"manager\" data-standing=\"fail\"");
    assert_says(text, "<mark>! A &lt;- t b&#39;soon&#39;</mark>");
    assert_says(text, "title=\"an empty queue is &lt;None&gt;\"><a href=\"#manager.NEXT-2\">NEXT-2</a>");
    assert_null(strstr(text, "http")); /* self-contained */
    free(text);
    tear_down(&stage);
}

/* A record whose lines are long: 1,000 characters of two bytes, and where they differ behind them. */
static void play_long(check_record *record) {
    check_result result = {.verdict = CHECK_FAIL};
    put(&result.expected, "A <- m '");
    for (int i = 0; i < 1000; i++) {
        put(&result.expected, "\xc3\xa9");
    }
    put(&result.expected, "' or end");
    put(&result.transcript, "! ");
    assert_int_equal(undr_put_slice(&result.transcript, undr_buffer_slice(&result.expected)), UNDR_OK);
    put(&result.transcript, "\n# a short line\n");
    put(&result.received, "A <- m 'e'");
    check_record_add(record, CHECK_DELIVERY_WHOLE, 1, &result, true);
}

static void long_lines_are_cut_for_a_terminal_only(void **state) {
    struct stage stage;
    (void)state;
    set_up(&stage);
    play_long(add_case(&stage, "manager.long"));
    char *text = written(terminal, &stage);
    assert_says(text, "    expected  A <- m '\xc3\xa9");
    assert_says(text, "\xc3\xa9 ... 1716 more bytes ... \xc3\xa9");
    assert_says(text, "\xc3\xa9' or end\n");
    assert_says(text, "        # a short line\n");
    assert_true(strlen(text) < 2000);
    free(text);
    stage.options.verbose = true;
    text = written(terminal, &stage);
    assert_null(strstr(text, "more bytes"));
    assert_true(strlen(text) > 4000);
    free(text);
    tear_down(&stage);
}

static void assert_again(unsigned seen, unsigned failed, unsigned broken, const char *expected) {
    const check_record record = {.again = {seen, failed, broken}};
    undr_buffer text = {0};
    assert_int_equal(check_put_again(&text, &record), UNDR_OK);
    assert_int_equal(undr_put_u8(&text, 0), UNDR_OK);
    assert_string_equal((const char *)text.data, expected);
    undr_buffer_free(&text);
}

static void how_often_it_failed(void **state) {
    (void)state;
    assert_again(0, 0, 0, "");
    assert_again(2, 2, 0, "failed 3 of 3 plays");
    assert_again(2, 0, 0, "failed 1 of 3 plays: flaky");
    assert_again(1, 0, 1, "failed 1 of 2 plays: flaky; 1 more ended with a failure of the harness");
    assert_again(0, 0, 2, "2 more ended with a failure of the harness");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(how_often_it_failed),
        cmocka_unit_test(worst_delivery_counts),
        cmocka_unit_test(statuses),
        cmocka_unit_test(nothing_run_is_no_pass),
        cmocka_unit_test(target_that_cannot_be_judged),
        cmocka_unit_test(expected_failures),
        cmocka_unit_test(blocked_by_an_expected_failure),
        cmocka_unit_test(unfinished_is_not_stale),
        cmocka_unit_test(undecided_is_not_changed),
        cmocka_unit_test(unfinished_and_worse_is_changed),
        cmocka_unit_test(json_report),
        cmocka_unit_test(junit_report),
        cmocka_unit_test(tap_report),
        cmocka_unit_test(terminal_report),
        cmocka_unit_test(long_lines_are_cut_for_a_terminal_only),
        cmocka_unit_test(html_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
