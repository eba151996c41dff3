/* test_expect.c: the file of expected failures. */
#include "suite/expect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const check_entry *find(const check_expected *expected, const char *name) {
    const check_case one = {.name = name};
    return check_expected_find(expected, &one);
}

static void a_former_name_counts(void **state) {
    static const char text[] = "fail manager.old it was called so\nfail manager.new the present name\n";
    const char *was[] = {"manager.old"};
    const check_case renamed = {.name = "manager.now", .was = was, .was_count = 1};
    const check_case both = {.name = "manager.new", .was = was, .was_count = 1};
    check_expected expected = {0};
    undr_buffer message = {0};
    (void)state;
    assert_int_equal(check_expected_parse(undr_slice_text(text), "f", &expected, &message), UNDR_OK);
    assert_int_equal(check_expected_find(&expected, &renamed)->line, 1);
    assert_int_equal(check_expected_find(&expected, &both)->line, 2);
    check_expected_free(&expected);
}

static void entries(void **state) {
    static const char text[] = "# a comment\n\n  fail manager.a.b   never  returns \nwarn pool.c.d x";
    check_expected expected = {0};
    undr_buffer message = {0};
    (void)state;
    assert_int_equal(check_expected_parse(undr_slice_text(text), "f", &expected, &message), UNDR_OK);
    assert_int_equal(expected.count, 2);
    const check_entry *entry = find(&expected, "manager.a.b");
    assert_non_null(entry);
    assert_int_equal(entry->verdict, CHECK_FAIL);
    assert_string_equal(entry->reason, "never  returns");
    assert_int_equal(entry->line, 3);
    entry = find(&expected, "pool.c.d");
    assert_non_null(entry);
    assert_int_equal(entry->verdict, CHECK_WARN);
    assert_int_equal(entry->line, 4);
    assert_null(find(&expected, "manager.a"));
    check_expected_free(&expected);
}

/* An id of the specification is the cause; anything else is a part of the reason. */
static void causes_patterns_and_flaky_ones(void **state) {
    static const char text[] = "fail manager.a SCHED-3 the newest first\nfail manager.b SCHED-3: old form\n"
                               "fail manager.c UTF-8 is broken\nflaky manager.d slow\nwarn manager.* MSG-1 all\n"
                               "when python >= 3 fail pool.[ab] two\n";
    check_expected expected = {0};
    undr_buffer message = {0};
    (void)state;
    assert_int_equal(check_expected_parse(undr_slice_text(text), "f", &expected, &message), UNDR_OK);
    assert_string_equal(find(&expected, "manager.a")->id, "SCHED-3");
    assert_string_equal(find(&expected, "manager.a")->reason, "the newest first");
    assert_null(find(&expected, "manager.b")->id);
    assert_string_equal(find(&expected, "manager.b")->reason, "SCHED-3: old form");
    assert_null(find(&expected, "manager.c")->id);
    assert_true(find(&expected, "manager.d")->flaky);
    assert_string_equal(find(&expected, "manager.e")->reason, "all");
    assert_null(find(&expected, "pool.a")); /* nobody knows yet whether it holds */
    assert_int_equal(check_expected_apply(&expected, undr_slice_text("language python 3.9\n"), &message), UNDR_OK);
    assert_string_equal(find(&expected, "pool.a")->reason, "two");
    assert_null(find(&expected, "pool.c"));
    check_expected_free(&expected);
}

static void assert_mistake(const char *text, const char *says) {
    check_expected expected = {0};
    undr_buffer message = {0};
    assert_int_equal(check_expected_parse(undr_slice_text(text), "f", &expected, &message), UNDR_ARGUMENT);
    assert_int_equal(undr_put_u8(&message, 0), UNDR_OK);
    if (strstr((const char *)message.data, says) == NULL) {
        fail_msg("`%s` is not in: %s", says, (const char *)message.data);
    }
    undr_buffer_free(&message);
    check_expected_free(&expected);
}

static void mistakes_name_the_place(void **state) {
    (void)state;
    assert_mistake("\npass manager.a x\n", "f:2: expected `fail CASE REASON`");
    assert_mistake("fail\n", "f:1: expected the name of a case");
    assert_mistake("fail manager.a\n", "f:1: a reason");
    assert_mistake("fail manager.a x\nwarn manager.a y\n", "f:2: the case manager.a has an entry at line 1");
    assert_mistake("fail manager.a SCHED-99 x\n", "f:1: the specification has no requirement with that id");
    assert_mistake("fail manager.a SCHED-3\n", "f:1: a reason");
    assert_mistake("\x1b\xff", "\\x1b\\xff");
    assert_mistake("when\n", "f:1: `when WORD RELATION VERSION` needs < <=");
    assert_mistake("when python => 3 fail manager.a x\n", "f:1: `when WORD RELATION VERSION` needs < <=");
    assert_mistake("when python >= new fail manager.a x\n", "f:1: `when WORD RELATION VERSION` needs numbers");
    assert_mistake("when python >= 3 and fail manager.a x\n", "f:1: `when WORD RELATION VERSION` needs < <=");
    assert_mistake("when python >= 3 manager.a x\n",
        "f:1: expected `fail CASE REASON`, `warn CASE REASON` or `flaky CASE REASON` after");
    assert_mistake("when python >= 3 fail manager.a\n", "f:1: a reason");
    assert_mistake("when python >= 3 fail manager.a x\nfail manager.a y\n", "f:2: the case manager.a has an entry at");
    assert_mistake("fail manager.a x\nwhen python >= 3 fail manager.a y\n", "f:2: the case manager.a has an entry at");
}

static void what_is_written_is_read(void **state) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    check_expected expected = {0};
    undr_buffer message = {0};
    (void)state;
    assert_non_null(out);
    const check_entry entries[] = {{.name = (char *)(uintptr_t)"manager.a", .verdict = CHECK_WARN},
        {.name = (char *)(uintptr_t)"manager.b", .verdict = CHECK_FAIL, .id = "SCHED-3"},
        {.name = (char *)(uintptr_t)"manager.c",
            .verdict = CHECK_FAIL,
            .condition = (char *)(uintptr_t)"python >= 3.13 and version < 2"},
        {.name = (char *)(uintptr_t)"manager.*", .verdict = CHECK_FAIL, .flaky = true}};
    check_expected_write(out, &entries[0], undr_slice_text(" two\nlines \xc3\xa9 \xff\n"));
    check_expected_write(out, &entries[1], undr_slice_text(""));
    check_expected_write(out, &entries[2], undr_slice_text("x"));
    check_expected_write(out, &entries[3], undr_slice_text("slow"));
    assert_int_equal(fclose(out), 0);
    assert_int_equal(check_expected_parse(undr_slice_of(text, size), "f", &expected, &message), UNDR_OK);
    assert_int_equal(expected.count, 4);
    assert_string_equal(expected.at[1].id, "SCHED-3");
    assert_true(expected.at[3].flaky && expected.at[3].pattern);
    assert_string_equal(expected.at[2].condition, "python >= 3.13 and version < 2");
    assert_string_equal(expected.at[0].reason, "two lines \xc3\xa9 \\xff");
    assert_int_equal(expected.at[0].verdict, CHECK_WARN);
    assert_int_equal(expected.at[1].verdict, CHECK_FAIL);
    check_expected_free(&expected);
    free(text);
}

/* Two lines of one case: one for older versions, one for newer ones. */
static void conditions_choose(void **state) {
    static const char text[] = "when python < 3.13 warn manager.a old\nwhen python >= 3.13 fail manager.a new\n"
                               "fail manager.b x";
    check_expected expected = {0};
    undr_buffer message = {0};
    (void)state;
    assert_int_equal(check_expected_parse(undr_slice_text(text), "f", &expected, &message), UNDR_OK);
    assert_int_equal(expected.count, 3);
    assert_null(find(&expected, "manager.a"));
    assert_non_null(find(&expected, "manager.b"));
    static const struct {
        const char *capabilities, *reason;
    } tries[] = {{"language python 3.12.1\n", "old"}, {"manager\nlanguage python 3.14.0rc2", "new"},
        {"language python 3.13\n", "new"}};
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        undr_slice capabilities = undr_slice_text(tries[i].capabilities);
        assert_int_equal(check_expected_apply(&expected, capabilities, &message), UNDR_OK);
        assert_string_equal(find(&expected, "manager.a")->reason, tries[i].reason);
    }
    check_expected_free(&expected);
}

static void assert_refused(const char *text, const char *capabilities, const char *says) {
    check_expected expected = {0};
    undr_buffer message = {0};
    assert_int_equal(check_expected_parse(undr_slice_text(text), "f", &expected, &message), UNDR_OK);
    assert_int_equal(check_expected_apply(&expected, undr_slice_text(capabilities), &message), UNDR_ARGUMENT);
    assert_int_equal(undr_put_u8(&message, 0), UNDR_OK);
    if (strstr((const char *)message.data, says) == NULL) {
        fail_msg("`%s` is not in: %s", says, (const char *)message.data);
    }
    undr_buffer_free(&message);
    check_expected_free(&expected);
}

static void undecided_conditions_are_refused(void **state) {
    (void)state;
    assert_refused("fail manager.b x\nwhen pyhton >= 3 fail manager.a x\n", "language python 3.13\n",
        "f:2: `when pyhton >= 3` can't be decided: the adapter declares no version of `pyhton`. Its capabilities need "
        "a "
        "line `language pyhton VERSION`");
    assert_refused("when version >= 3 fail manager.a x\n", "language version 3.13\n", "need a line `version VERSION`");
    assert_refused("when python >= 3 fail manager.a x\n", "language python\n", "`language python VERSION`");
    assert_refused("when python >= 3 fail manager.a x\n", "", "under --connect");
    assert_refused("when python >= 3 fail manager.a x\nwhen python < 4 warn manager.a y\n", "language python 3.1",
        "f:2: `when python < 4` holds, and so does the condition of line 1, for the same case manager.a");
}

static void missing_file(void **state) {
    check_expected expected = {0};
    undr_buffer message = {0};
    (void)state;
    assert_int_equal(check_expected_read("/nonexistent/list", &expected, &message), UNDR_ARGUMENT);
    assert_true(message.size > 0);
    undr_buffer_free(&message);
    check_expected_free(&expected);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_former_name_counts),
        cmocka_unit_test(entries),
        cmocka_unit_test(causes_patterns_and_flaky_ones),
        cmocka_unit_test(mistakes_name_the_place),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(conditions_choose),
        cmocka_unit_test(undecided_conditions_are_refused),
        cmocka_unit_test(missing_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
