/* test_as_of.c: a run that is judged by what an older version required. The table of requirements is the test's own. */
#include "report/report.h"
#include "suite/ids.h"
#include "suite/version.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

const check_embedded check_embedded_cases[] = {{NULL, NULL, 0}};
const char check_spec_sha256[] = "0";
const check_known_id check_known_ids[] = {
    {.id = "OLD-1"},
    {.id = "NEW-1", .since = "0.2.0"},
    {.id = "RAISED-1", .raised = "0.3.0"},
    {.id = NULL},
};

/* How a case counts that was played once, and blames this requirement, in a run as of this version. */
static check_standing standing(const char *since, const char *id, check_verdict verdict, const char *as_of) {
    check_requirement requirement = {CHECK_MUST, id, "a sentence", 2};
    check_case one = {.name = "manager.a.b", .since = since, .requirements = &requirement, .requirement_count = 1};
    check_record record = {.one = &one, .as_of = as_of, .due = 1};
    check_result result = {.verdict = verdict};
    check_record_add(&record, CHECK_DELIVERY_WHOLE, 1, &result, true);
    return check_record_standing(&record);
}

static void today_everything_counts(void **state) {
    (void)state;
    assert_int_equal(standing("0.2.0", "OLD-1", CHECK_FAIL, NULL), CHECK_FAILED);
    assert_int_equal(standing(NULL, "NEW-1", CHECK_FAIL, NULL), CHECK_FAILED);
    assert_int_equal(standing(NULL, "RAISED-1", CHECK_FAIL, NULL), CHECK_FAILED);
}

static void a_newer_case_is_new(void **state) {
    (void)state;
    assert_int_equal(standing("0.2.0", "OLD-1", CHECK_FAIL, "0.1.0"), CHECK_NEW);
    assert_int_equal(standing("0.2.0", "OLD-1", CHECK_WARN, "0.1.9"), CHECK_NEW);
    assert_int_equal(standing("0.2.0", "OLD-1", CHECK_BLOCKED, "0.1.0"), CHECK_NEW);
    assert_int_equal(standing("0.2.0", "OLD-1", CHECK_PASS, "0.1.0"), CHECK_PASSED);
    assert_int_equal(standing("0.2.0", "OLD-1", CHECK_ERROR, "0.1.0"), CHECK_BROKEN);
    assert_int_equal(standing("0.2.0", "OLD-1", CHECK_FAIL, "0.2.0"), CHECK_FAILED);
    assert_int_equal(standing("0.2.0", "OLD-1", CHECK_FAIL, "0.10.0"), CHECK_FAILED);
    assert_int_equal(standing(NULL, "OLD-1", CHECK_FAIL, "0.1.0"), CHECK_FAILED);
    assert_false(check_standing_is_short(CHECK_NEW, true));
}

static void a_newer_sentence_is_new(void **state) {
    (void)state;
    assert_int_equal(standing(NULL, "NEW-1", CHECK_FAIL, "0.1.0"), CHECK_NEW);
    assert_int_equal(standing(NULL, "NEW-1", CHECK_FAIL, "0.2.0"), CHECK_FAILED);
}

static void what_was_a_should_fails_as_one(void **state) {
    (void)state;
    assert_int_equal(standing(NULL, "RAISED-1", CHECK_FAIL, "0.2.0"), CHECK_WARNED);
    assert_int_equal(standing(NULL, "RAISED-1", CHECK_FAIL, "0.3.0"), CHECK_FAILED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(today_everything_counts),
        cmocka_unit_test(a_newer_case_is_new),
        cmocka_unit_test(a_newer_sentence_is_new),
        cmocka_unit_test(what_was_a_should_fails_as_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
