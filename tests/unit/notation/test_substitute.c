/* test_substitute.c: what a line of a case expects, said with the values that its names have. */
#include "notation/parse.h"
#include "notation/print.h"
#include "notation/substitute.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char text[] = "case manager.a.b\n"
                           "  must NEXT-2  an empty queue\n"
                           "  A -> m 1\n"
                           "  A <- m ?pid\n"
                           "  repeat 9\n"
                           "    B[i] <- t Probe([('message', (i, ?pid))]) or end fin\n"
                           "    A <- m (i, ?later, {'k': [i]}, 'x' * 3) contains 'y'\n";

/* The line at `index` inside the block, or of the case when block is false. */
static void assert_settled(const check_names *names, size_t index, bool block, const char *expected) {
    check_cases cases;
    check_mistake mistake;
    undr_arena arena = {0};
    undr_buffer shown = {0};
    check_step substituted;
    if (check_parse(undr_slice_text(text), "text", &cases, &mistake) != UNDR_OK) {
        fail_msg("%s", mistake.text);
    }
    const check_step *steps = cases.at[0].steps;
    const check_step *step = block ? &steps[2].steps[index] : &steps[index];
    assert_int_equal(check_substitute(step, names, &arena, &substituted), UNDR_OK);
    assert_int_equal(check_print_step(&shown, &substituted, 0), UNDR_OK);
    assert_int_equal(undr_put_u8(&shown, 0), UNDR_OK);
    assert_string_equal((const char *)shown.data, expected);
    undr_buffer_free(&shown);
    undr_arena_free(&arena);
    check_cases_free(&cases);
}

static void names_become_values(void **state) {
    check_names names = {0};
    undr_value *pid = NULL;
    (void)state;
    assert_int_equal(undr_value_int(&names.arena, 4711, &pid), UNDR_OK);
    assert_int_equal(check_names_bind(&names, "pid", pid), UNDR_OK);
    check_names_count(&names, 7);
    assert_settled(&names, 0, true, "B[7] <- t Probe([('message', (7, 4711))]) or end fin\n");
    assert_settled(&names, 1, true, "A <- m (7, ?later, {'k': [7]}, 'x' * 3) contains 'y'\n");
    check_names_free(&names);
}

static void what_stands_for_nothing_stays(void **state) {
    check_names names = {0};
    (void)state;
    assert_settled(&names, 0, false, "A -> m 1\n");
    assert_settled(&names, 1, false, "A <- m ?pid\n");
    assert_settled(&names, 0, true, "B[i] <- t Probe([('message', (i, ?pid))]) or end fin\n");
    check_names_free(&names);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_values),
        cmocka_unit_test(what_stands_for_nothing_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
