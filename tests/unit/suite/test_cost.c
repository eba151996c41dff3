/* test_cost.c: how long a case will take, read in its text. */
#include "notation/parse.h"
#include "suite/cost.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static check_cost cost_in(const char *role, const char *steps) {
    check_cases cases;
    check_mistake mistake;
    undr_buffer text = {0};
    assert_int_equal(undr_put_format(&text, "case %s.a.b\n  must NEXT-2  x\n%s", role, steps), UNDR_OK);
    if (check_parse(undr_buffer_slice(&text), "text", &cases, &mistake) != UNDR_OK) {
        fail_msg("%s", mistake.text);
    }
    check_cost cost = check_cost_of(&cases.at[0]);
    check_cases_free(&cases);
    undr_buffer_free(&text);
    return cost;
}

static check_cost cost_of(const char *steps) {
    return cost_in("manager", steps);
}

static void blocks_count_as_often_as_they_are_played(void **state) {
    check_cost cost = cost_of("  A -> n\n  A <- t None\n  repeat 10\n    A -> n\n    A <- t None\n");
    (void)state;
    assert_int_equal(cost.steps, 2 + 1 + 20);
    assert_int_equal(cost.waits_ms, 0);
}

static void what_waits_is_added(void **state) {
    (void)state;
    assert_int_equal(cost_of("  A -> n\n  A <- t None\n  A quiet 1200\n  A deaf 300\n").waits_ms, 1500);
    assert_int_equal(cost_of("  A -> n\n  A <- t None\n  A quiet\n").waits_ms, 0);
}

static void tasks_that_sleep_are_waited_for(void **state) {
    (void)state;
    assert_int_equal(cost_of("  M -> schedule 1 Probe([('sleep', 0.5)])\n").waits_ms, 500);
    assert_int_equal(cost_of("  M -> schedule 1 Probe([('sleep', 3), ('wait', G)])\n").waits_ms, 3000);
    assert_int_equal(cost_of("  M -> schedule 1 Chain([Probe([('message', 1), ('sleep', 2)])])\n").waits_ms, 2000);
    /* who sleeps for an hour is killed; what is received is not slept */
    assert_int_equal(cost_of("  M -> schedule 1 Probe([('sleep', 3600)])\n").waits_ms, 10000);
    assert_int_equal(cost_of("  M -> schedule 1 Probe([('sleep', -1), ('message', 'sleep')])\n").waits_ms, 0);
    assert_int_equal(cost_of("  A -> n\n  A <- t Probe([('sleep', 3)])\n").waits_ms, 0);
}

static void a_pool_may_hold_and_a_worker_polls(void **state) {
    (void)state;
    assert_int_equal(cost_in("pool", "  A -> n\n  A <- t None\n  M -> message None\n").waits_ms, 100);
    assert_int_equal(cost_in("worker", "  repeat 7\n    A <- n\n    A -> t None\n  A <- n\n").waits_ms, 140);
    assert_int_equal(cost_in("worker", "  A <- n\n  A quiet\n  A -> t CloseRequest\n  A <- end\n").waits_ms, 60);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_count_as_often_as_they_are_played),
        cmocka_unit_test(what_waits_is_added),
        cmocka_unit_test(tasks_that_sleep_are_waited_for),
        cmocka_unit_test(a_pool_may_hold_and_a_worker_polls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
