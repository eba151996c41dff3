/* test_explore.c: random sessions are cases at every size, depend on their seed alone, and shrink to what fails. */
#include "explore/session_case.h"
#include "explore/shrink.h"
#include "notation/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SEEDS = 300, LENGTH = 40 };

static const check_reachable everything = {.control = true, .holds = false, .levels = 5};

static const char *name_of(const check_explored *session) {
    static const char *const names[] = {"manager.explore.1", "worker.explore.1", "pool.explore.1"};
    return names[session->role];
}

/* Written, it is one case without a mistake. */
static void assert_is_case(const check_explored *session, const check_reachable *reachable) {
    undr_buffer text = {0};
    check_cases cases = {0};
    check_mistake mistake = {0};
    assert_int_equal(check_explored_write(session, reachable, name_of(session), &text), UNDR_OK);
    if (check_parse(undr_buffer_slice(&text), "explore", &cases, &mistake) != UNDR_OK) {
        fail_msg("seed %llu: %s in\n%.*s", (unsigned long long)session->seed, mistake.text, (int)text.size,
            (const char *)text.data);
    }
    assert_int_equal(cases.count, 1);
    assert_int_equal(cases.at[0].role, session->role);
    check_cases_free(&cases);
    undr_buffer_free(&text);
}

static void every_session_is_a_case(void **state) {
    static const check_reachable targets[] = {{true, false, 5}, {false, false, 2}, {true, true, 2}};
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        check_explored session;
        assert_int_equal(check_explored_make(&session, CHECK_ROLE_MANAGER, seed, LENGTH), UNDR_OK);
        assert_is_case(&session, &targets[seed % 3]);
        check_explored_free(&session);
        for (check_role role = CHECK_ROLE_WORKER; role <= CHECK_ROLE_POOL; role++) {
            assert_int_equal(check_explored_make(&session, role, seed, LENGTH), UNDR_OK);
            assert_is_case(&session, &everything);
            check_explored_free(&session);
        }
    }
}

/* Shrinking leaves out anything: what is left must be a case. */
static void any_part_of_a_session_is_a_case(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        check_explored session;
        size_t kept = 0;
        assert_int_equal(check_explored_make(&session, (check_role)(seed % 3), seed, LENGTH), UNDR_OK);
        for (size_t i = 0; i < session.count; i++) {
            if (((i * 7 + seed) % 5) < 2) {
                session.at[kept++] = session.at[i];
            }
        }
        session.count = kept;
        assert_is_case(&session, &everything);
        check_explored_free(&session);
    }
}

/* More connections leave than there are letters for; the task that is left is run all the same, or JOIN never ends. */
static void a_task_is_run_although_all_have_left(void **state) {
    enum { LEAVES = 30, JOIN = 2 };
    (void)state;
    check_operation operations[LEAVES + 2] = {{0}};
    for (size_t i = 0; i < LEAVES; i++) {
        operations[i].kind = CHECK_OPERATION_LEAVE;
    }
    operations[LEAVES].kind = CHECK_OPERATION_OWN_SCHEDULE;
    operations[LEAVES + 1] = (check_operation){.kind = CHECK_OPERATION_CLOSE, .choice = JOIN};
    const check_explored session = {.role = CHECK_ROLE_MANAGER, .levels = 2, .at = operations, .count = LEAVES + 2};
    undr_buffer text = {0};
    assert_int_equal(check_explored_write(&session, &everything, name_of(&session), &text), UNDR_OK);
    assert_int_equal(undr_put_u8(&text, 0), UNDR_OK);
    const char *written = (const char *)text.data;
    const char *task = strstr(written, "<- t Probe("), *close = strstr(written, "close join");
    assert_true(task != NULL && close != NULL && task < close);
    undr_buffer_free(&text);
}

static void a_seed_says_all(void **state) {
    check_explored first, again, other;
    (void)state;
    assert_int_equal(check_explored_make(&first, CHECK_ROLE_MANAGER, 7, LENGTH), UNDR_OK);
    assert_int_equal(check_explored_make(&again, CHECK_ROLE_MANAGER, 7, LENGTH), UNDR_OK);
    assert_int_equal(check_explored_make(&other, CHECK_ROLE_MANAGER, 8, LENGTH), UNDR_OK);
    assert_int_equal(first.count, again.count);
    assert_memory_equal(first.at, again.at, first.count * sizeof *first.at);
    assert_true(first.count != other.count || memcmp(first.at, other.at, first.count * sizeof *first.at) != 0);
    check_explored_free(&first);
    check_explored_free(&again);
    check_explored_free(&other);
}

/* Between them the sessions do everything that a session can do. */
static void every_kind_of_operation_is_drawn(void **state) {
    unsigned drawn[CHECK_OPERATION_COUNT] = {0};
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        check_explored session;
        assert_int_equal(check_explored_make(&session, (check_role)(seed % 3), seed, LENGTH), UNDR_OK);
        for (size_t i = 0; i < session.count; i++) {
            drawn[session.at[i].kind]++;
        }
        check_explored_free(&session);
    }
    for (int kind = CHECK_OPERATION_NONE + 1; kind < CHECK_OPERATION_COUNT; kind++) {
        assert_true(drawn[kind] > 0);
    }
}

/* ---- shrinking ---- */

/* Stands for a target that falls short when a message is followed by a schedule at an odd priority. */
struct target {
    unsigned tries;
    undr_error failure; /* what the harness itself answers at try `when` */
    unsigned when;
};

static undr_error falls_short(void *context, const check_explored *session) {
    struct target *target = context;
    bool message = false;
    if (++target->tries == target->when) {
        return target->failure;
    }
    for (size_t i = 0; i < session->count; i++) {
        const check_operation *operation = &session->at[i];
        message = message || operation->kind == CHECK_OPERATION_MESSAGE;
        if (message && operation->kind == CHECK_OPERATION_SCHEDULE && operation->choice % 2 == 1) {
            return UNDR_OK;
        }
    }
    return UNDR_DONE;
}

static check_explored failing_session(void) {
    struct target target = {0};
    for (uint64_t seed = 0;; seed++) {
        check_explored session;
        assert_int_equal(check_explored_make(&session, CHECK_ROLE_MANAGER, seed, LENGTH), UNDR_OK);
        if (session.count > 20 && falls_short(&target, &session) == UNDR_OK) {
            return session;
        }
        check_explored_free(&session);
    }
}

static void what_does_not_matter_goes(void **state) {
    struct target target = {0};
    check_explored session = failing_session();
    (void)state;
    assert_int_equal(check_shrink(&session, falls_short, &target, 1000), UNDR_OK);
    assert_int_equal(session.count, 2);
    assert_int_equal(session.at[0].kind, CHECK_OPERATION_MESSAGE);
    assert_int_equal(session.at[1].kind, CHECK_OPERATION_SCHEDULE);
    assert_int_equal(session.at[0].choice, 0);
    assert_int_equal(session.at[0].connection, 0);
    assert_false(session.at[1].joined);
    assert_int_equal(session.at[1].choice % 2, 1);
    check_explored_free(&session);
}

static void it_tries_no_more_than_it_may(void **state) {
    struct target target = {0};
    check_explored session = failing_session();
    (void)state;
    assert_int_equal(check_shrink(&session, falls_short, &target, 5), UNDR_OK);
    assert_int_equal(target.tries, 5);
    assert_int_equal(falls_short(&target, &session), UNDR_OK);
    check_explored_free(&session);
}

static void what_was_found_survives_a_failure_of_the_harness(void **state) {
    struct target target = {.failure = UNDR_INTERRUPTED, .when = 6};
    check_explored session = failing_session();
    (void)state;
    assert_int_equal(check_shrink(&session, falls_short, &target, 1000), UNDR_INTERRUPTED);
    assert_int_equal(falls_short(&target, &session), UNDR_OK);
    check_explored_free(&session);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_session_is_a_case),
        cmocka_unit_test(any_part_of_a_session_is_a_case), cmocka_unit_test(a_task_is_run_although_all_have_left),
        cmocka_unit_test(a_seed_says_all), cmocka_unit_test(every_kind_of_operation_is_drawn),
        cmocka_unit_test(what_does_not_matter_goes), cmocka_unit_test(it_tries_no_more_than_it_may),
        cmocka_unit_test(what_was_found_survives_a_failure_of_the_harness)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
