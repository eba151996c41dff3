/* test_cause.c: what many cases wait for in vain is one cause; what came in one of them is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/cause.h"
#include "support/failing_malloc.h"

#include "notation/parse.h"

#include <string.h>

/* Lines are counted from 1: a case has 7 of them, and an empty one. */
enum { LEAVES, PLAIN, LONG, LONGER, BREACH, RUNS, JOIN, JOINS, JOINED, KILL, KILL_JOIN, CASES };
static const char text[] = "case worker.life.leaves\n  must WORK-4 s\n\n  A <- n\n  A -> t CloseRequest\n  A <- end\n\n"
                           "case worker.a.plain\n  must WORK-4 s\n  A <- n\n  A -> t CloseRequest\n  A <- end\n\n\n"
                           "case worker.a.long\n  must WORK-4 s\n  A <- n\n  A -> t None\n  A <- n\n"
                           "  A -> t CloseRequest\n  A <- end\n\n"
                           "case worker.a.longer\n  must WORK-4 s\n  A <- n\n  A -> t None\n  A <- n\n"
                           "  A -> t CloseRequest\n  A <- end\n  P <- exit 0\n\n"
                           "case worker.a.breach\n  must WORK-16 s\n  A <- n\n  A -> bad s\n  A <- end\n\n"
                           "case worker.a.runs\n  must WORK-6 s\n  A <- n\n  A -> t Probe([])\n  A <- t\n\n\n"
                           "case manager.a.join\n  must CLOSE-1 s\n  M -> close join\n  M <- closed\n\n"
                           "case manager.a.joins\n  must CLOSE-1 s\n  M -> close join\n  A -> n\n  M <- closed\n\n"
                           "case manager.a.joined\n  must CLOSE-1 s\n  M -> close join\n  A -> t\n  M <- closed\n\n"
                           "case manager.a.kill\n  must CLOSE-1 s\n  M -> close kill\n  M <- closed\n\n"
                           "case manager.a.kill-join\n  must CLOSE-1 s\n  M -> close kill\n  M <- closed\n"
                           "  M -> close join\n  M <- closed\n";

static check_cases parse(void) {
    check_cases cases = {0};
    check_mistake mistake;
    if (check_parse(undr_slice_text(text), "text", &cases, &mistake) != UNDR_OK) {
        fail_msg("%s", mistake.text);
    }
    assert_int_equal(cases.count, CASES);
    return cases;
}

/* Of the last step of that kind in the case. */
static int line_of(const check_case *one, check_what what) {
    int line = 0;
    for (size_t i = 0; i < one->step_count; i++) {
        line = one->steps[i].what == what && one->steps[i].channel[0] == 'A' ? one->steps[i].line : line;
    }
    return line;
}

static void note(check_causes *causes, const check_case *one, check_verdict verdict, bool in_vain, int line) {
    check_result result = {.verdict = verdict, .in_vain = in_vain, .line = line};
    assert_int_equal(check_causes_note(causes, one, &result), UNDR_OK);
}

static void waits_in_vain(check_causes *causes, const check_case *one) {
    note(causes, one, CHECK_FAIL, true, line_of(one, CHECK_RECEIVE));
}

static void three_cases_that_wait_for_the_same_show_a_cause(void **state) {
    (void)state;
    check_cases cases = parse();
    check_causes causes = {0};
    waits_in_vain(&causes, &cases.at[LONG]);
    waits_in_vain(&causes, &cases.at[LONG]); /* another delivery: the same case */
    waits_in_vain(&causes, &cases.at[PLAIN]);
    assert_null(check_causes_blocker(&causes, &cases.at[LONGER]));
    waits_in_vain(&causes, &cases.at[LEAVES]);
    assert_ptr_equal(check_causes_blocker(&causes, &cases.at[LONGER]), &cases.at[LEAVES]);
    assert_ptr_equal(check_causes_blocker(&causes, &cases.at[PLAIN]), &cases.at[LEAVES]);
    assert_null(check_causes_blocker(&causes, &cases.at[LEAVES])); /* it shows it itself */
    assert_null(check_causes_blocker(&causes, &cases.at[RUNS]));   /* waits for other things */
    assert_null(check_causes_blocker(&causes, &cases.at[BREACH])); /* does other things before it waits for the same */
    check_causes_free(&causes);
    check_cases_free(&cases);
}

static void what_came_once_is_no_cause(void **state) {
    (void)state;
    check_cases cases = parse();
    check_causes causes = {0};
    note(&causes, &cases.at[LONGER], CHECK_FAIL, true, line_of(&cases.at[LONGER], CHECK_RECEIVE) + 1); /* behind it */
    waits_in_vain(&causes, &cases.at[LONG]);
    waits_in_vain(&causes, &cases.at[PLAIN]);
    waits_in_vain(&causes, &cases.at[LEAVES]);
    assert_null(check_causes_blocker(&causes, &cases.at[BREACH]));
    assert_null(check_causes_blocker(&causes, &cases.at[LONGER]));
    check_causes_free(&causes);
    check_cases_free(&cases);
}

/* The end came after a violation: that it does not after a CloseRequest is a cause all the same. */
static void what_was_done_before_counts(void **state) {
    (void)state;
    check_cases cases = parse();
    check_causes causes = {0};
    note(&causes, &cases.at[BREACH], CHECK_PASS, false, 0);
    waits_in_vain(&causes, &cases.at[LONG]);
    waits_in_vain(&causes, &cases.at[PLAIN]);
    waits_in_vain(&causes, &cases.at[LEAVES]);
    assert_ptr_equal(check_causes_blocker(&causes, &cases.at[LONGER]), &cases.at[LEAVES]);
    assert_null(check_causes_blocker(&causes, &cases.at[BREACH]));
    check_causes_free(&causes);
    check_cases_free(&cases);
}

static void a_policy_says_nothing_about_another(void **state) {
    (void)state;
    check_cases cases = parse();
    check_causes causes = {0};
    for (size_t i = JOIN; i <= JOINED; i++) {
        const check_case *one = &cases.at[i];
        note(&causes, one, CHECK_FAIL, true, one->steps[one->step_count - 1].line);
    }
    assert_non_null(check_causes_blocker(&causes, &cases.at[JOINED]));
    assert_null(check_causes_blocker(&causes, &cases.at[KILL]));
    assert_null(check_causes_blocker(&causes, &cases.at[KILL_JOIN]));
    note(&causes, &cases.at[KILL], CHECK_FAIL, true, cases.at[KILL].steps[1].line); /* it is not the policy */
    assert_non_null(check_causes_blocker(&causes, &cases.at[KILL_JOIN]));
    check_causes_free(&causes);
    check_cases_free(&cases);
}

static void other_failures_are_no_cause(void **state) {
    (void)state;
    check_cases cases = parse();
    check_causes causes = {0};
    for (size_t i = LEAVES; i <= LONGER; i++) {
        note(&causes, &cases.at[i], CHECK_FAIL, false, line_of(&cases.at[i], CHECK_RECEIVE));
        note(&causes, &cases.at[i], CHECK_WARN, true, line_of(&cases.at[i], CHECK_RECEIVE));
        note(&causes, &cases.at[i], CHECK_SKIP, true, line_of(&cases.at[i], CHECK_RECEIVE));
    }
    assert_null(check_causes_blocker(&causes, &cases.at[LONGER]));
    check_causes_free(&causes);
    check_cases_free(&cases);
}

static void a_target_that_never_starts_blocks_all(void **state) {
    (void)state;
    check_cases cases = parse();
    check_causes causes = {0};
    for (size_t i = LEAVES; i <= LONG; i++) {
        note(&causes, &cases.at[i], CHECK_FAIL, true, cases.at[i].line);
    }
    assert_ptr_equal(check_causes_blocker(&causes, &cases.at[RUNS]), &cases.at[LEAVES]);
    check_causes_free(&causes);
    check_cases_free(&cases);
}

static void memory_may_fail(void **state) {
    (void)state;
    check_cases cases = parse();
    check_causes causes = {0};
    check_result result = {.verdict = CHECK_FAIL, .in_vain = true, .line = line_of(&cases.at[LONG], CHECK_RECEIVE)};
    fail_allocation(1);
    undr_error error = check_causes_note(&causes, &cases.at[LONG], &result);
    end_failing();
    assert_int_equal(error, UNDR_MEMORY);
    check_causes_free(&causes);
    check_cases_free(&cases);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_cases_that_wait_for_the_same_show_a_cause),
        cmocka_unit_test(what_came_once_is_no_cause),
        cmocka_unit_test(what_was_done_before_counts),
        cmocka_unit_test(a_policy_says_nothing_about_another),
        cmocka_unit_test(other_failures_are_no_cause),
        cmocka_unit_test(a_target_that_never_starts_blocks_all),
        cmocka_unit_test(memory_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
