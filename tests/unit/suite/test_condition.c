/* test_condition.c: the conditions of the expected failures. */
#include "suite/condition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static bool holds(const char *text, const char *capabilities) {
    undr_slice rest = undr_slice_text(text), condition = {0}, word = {0};
    const char *what = NULL;
    bool holds = false;
    assert_int_equal(check_condition_take(&rest, &condition, &what), UNDR_OK);
    assert_int_equal(check_condition_holds(condition, undr_slice_text(capabilities), &holds, &word), UNDR_OK);
    return holds;
}

static void relations(void **state) {
    static const struct {
        const char *relation;
        bool below, equal, above;
    } all[] = {{"<", true, false, false}, {"<=", true, true, false}, {"==", false, true, false},
        {"!=", true, false, true}, {">=", false, true, true}, {">", false, false, true}};
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char text[64] = "python ";
        strcat(strcat(text, all[i].relation), " 3.9");
        assert_int_equal(holds(text, "language python 3.8.18"), all[i].below);
        assert_int_equal(holds(text, "language python 3.9.0"), all[i].equal);
        assert_int_equal(holds(text, "language python 3.10.2"), all[i].above); /* numbers, not text */
    }
}

static void versions(void **state) {
    (void)state;
    assert_true(holds("python == 3", "language python 3.14.0rc2+local"));
    assert_true(holds("python == 3.14", "manager\r\n  language  python\t3.14.0rc2 \nworker"));
    assert_true(holds("version < 1.0.2", "version 1.0.1\nlanguage python 3.11"));
    assert_false(holds("version < 1.0.2", "language python 3.11\nversion 1.0.2"));
    assert_true(holds("python >= 3.0", "language python 3"));
    assert_false(holds("python >= 3.1", "language python 3"));
    assert_true(holds("python > 3.11.6 and version == 1 and python < 3.12", "version 1.2\nlanguage python 3.11.7"));
    assert_false(holds("python > 3.11.7 and version == 1", "version 1.2\nlanguage python 3.11.7"));
    assert_false(holds("version == 2 and python > 3", "version 1.2\nlanguage python 4"));
}

static void what_is_taken(void **state) {
    undr_slice rest = undr_slice_text("  python >= 3.9 and version < 2 \tfail x.y reason and more"), condition = {0};
    const char *what = NULL;
    (void)state;
    assert_int_equal(check_condition_take(&rest, &condition, &what), UNDR_OK);
    assert_true(undr_slice_equal(condition, undr_slice_text("python >= 3.9 and version < 2")));
    assert_true(undr_slice_equal(rest, undr_slice_text(" \tfail x.y reason and more")));
}

static void mistakes(void **state) {
    static const char *const texts[] = {"", "python", "python =", "python = 3", "python >= ", "python >= x",
        "python >=3", "python >= 3 and", "python >= 3 and version", "python >= 3 and version < ."};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        undr_slice rest = undr_slice_text(texts[i]), condition = {0};
        const char *what = NULL;
        assert_int_equal(check_condition_take(&rest, &condition, &what), UNDR_ARGUMENT);
        assert_non_null(what);
    }
}

static void undeclared(void **state) {
    static const char *const capabilities[] = {"", "language", "language python", "language python new",
        "language go 1.22", "version 3", "languages python 3", "language pythons 3"};
    (void)state;
    for (size_t i = 0; i < sizeof capabilities / sizeof *capabilities; i++) {
        bool decided = false;
        undr_slice word = {0}, text = undr_slice_text("python >= 3");
        assert_int_equal(check_condition_holds(text, undr_slice_text(capabilities[i]), &decided, &word), UNDR_ARGUMENT);
        assert_true(undr_slice_equal(word, undr_slice_text("python")));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relations),
        cmocka_unit_test(versions),
        cmocka_unit_test(what_is_taken),
        cmocka_unit_test(mistakes),
        cmocka_unit_test(undeclared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
