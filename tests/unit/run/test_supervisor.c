/* test_supervisor.c: many plays at once; crashes, hangs and leftovers stay where they are. A pretended play takes the
 * place of check_play: the case's name says what happens. */
#include "run/supervisor.h"
#include "support/steady.h"

#include "base/clock.h"
#include "run/guard.h"
#include "run/result_line.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST_ITEMS = 64 };

static bool says(const char *name, const char *word) {
    return strstr(name, word) != NULL;
}

static void pretend(void *context, const check_item *item, check_result *result) {
    const check_case *one = item->one;
    (void)context;
    if (says(one->name, "crash")) {
        raise(SIGKILL);
    }
    if (says(one->name, "leaves")) {
        _exit(7);
    }
    while (says(one->name, "hangs")) {
        pause();
    }
    if (says(one->name, "slow")) {
        steady_poll(NULL, 0, 2000);
    }
    result->verdict = says(one->name, "fail") ? CHECK_FAIL
        : says(one->name, "skip")             ? CHECK_SKIP
        : says(one->name, "warn")             ? CHECK_WARN
                                              : CHECK_PASS;
    assert_int_equal(undr_put_format(&result->notes, "%s %d", one->name, (int)item->delivery), UNDR_OK);
    assert_int_equal(undr_put_bytes(&result->output, "\0\xff\xc3\xa9\n!", 6), UNDR_OK);
}

/* What the watcher was told. */
struct seen {
    size_t started, finished;
    check_verdict verdicts[MOST_ITEMS];
    size_t order[MOST_ITEMS]; /* records, as they finished */
    char received[160];       /* of the last error */
    char notes[MOST_ITEMS][96];
    bool stops;
    unsigned waiting; /* the supervision's */
    size_t at_once;   /* how many had been started when the first ended */
    pid_t interrupt;  /* interrupts this process at the first start */
    int asks;         /* what each tick answers */
    size_t blocks;    /* when so many have finished, what hangs can't pass any more; 0: never */
};

static void on_started(void *context, const check_item *item) {
    struct seen *seen = context;
    (void)item;
    if (seen->started++ == 0 && seen->interrupt != 0) {
        kill(seen->interrupt, SIGINT);
    }
}

static bool on_finished(void *context, const check_item *item, check_result *result) {
    struct seen *seen = context;
    seen->at_once = seen->finished == 0 ? seen->started : seen->at_once;
    seen->order[seen->finished++] = item->record;
    seen->verdicts[item->record] = result->verdict;
    snprintf(seen->notes[item->record], sizeof seen->notes[0], "%.*s", (int)result->notes.size,
        result->notes.size == 0 ? "" : (const char *)result->notes.data);
    if (result->verdict == CHECK_ERROR) {
        snprintf(seen->received, sizeof seen->received, "%.*s", (int)result->received.size,
            (const char *)result->received.data);
    }
    if (result->verdict == CHECK_PASS) {
        assert_int_equal(result->output.size, 6);
        assert_memory_equal(result->output.data, "\0\xff\xc3\xa9\n!", 6);
    }
    check_result_free(result);
    return !seen->stops;
}

static int on_tick(void *context) {
    struct seen *seen = context;
    return seen->asks;
}

static const char *on_blocker(void *context, const check_item *item) {
    struct seen *seen = context;
    bool blocked = seen->blocks > 0 && seen->finished >= seen->blocks && says(item->one->name, "hangs");
    return blocked ? "the-reason" : NULL;
}

/* Plays cases with these names (NULL-terminated), each after the one that `after` names for it. */
static int supervise(
    const char *const *names, const char *const *after, unsigned jobs, uint64_t limit, struct seen *seen) {
    check_case cases[MOST_ITEMS] = {{0}};
    check_item items[MOST_ITEMS] = {{0}};
    const char *before[MOST_ITEMS];
    check_signals signals;
    int interrupted = 0;
    size_t count = 0;
    for (; names[count] != NULL; count++) {
        before[count] = after == NULL ? NULL : after[count];
        cases[count] = (check_case){
            .name = names[count], .after = &before[count], .after_count = before[count] != NULL};
        const char *first = says(names[count], "needs") ? "first-fail" : NULL;
        items[count] = (check_item){&cases[count], count, CHECK_DELIVERY_BYTES, first, says(names[count], "slow")};
    }
    check_supervision supervision = {.items = items,
        .count = count,
        .play = pretend,
        .jobs = jobs,
        .waiting = seen->waiting,
        .limit_ns = limit,
        .signals = &signals,
        .watcher = {seen, on_started, on_finished, on_tick, on_blocker}};
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    assert_int_equal(check_signals_open(&signals), UNDR_OK);
    assert_int_equal(check_supervise(&supervision, &interrupted), UNDR_OK);
    check_signals_close(&signals);
    assert_int_equal(steady_waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
    return interrupted;
}

/* Whether it is being played or waits for its turn. */
static void what_cannot_pass_any_more_is_ended_and_blocked(void **state) {
    (void)state;
    const char *const names[] = {"hangs-1", "a", "b", "hangs-2", NULL};
    struct seen seen = {.blocks = 2};
    assert_int_equal(supervise(names, NULL, 2, UINT64_MAX, &seen), 0);
    assert_int_equal(seen.finished, 4);
    assert_int_equal(seen.verdicts[0], CHECK_BLOCKED);
    assert_int_equal(seen.verdicts[1], CHECK_PASS);
    assert_int_equal(seen.verdicts[2], CHECK_PASS);
    assert_int_equal(seen.verdicts[3], CHECK_BLOCKED);
    assert_string_equal(seen.notes[0], "blocked by the-reason");
}

/* One job, and room beside it for what waits: a play that lasts does. */
static void what_lasts_leaves_its_job_to_others(void **state) {
    (void)state;
    const char *const names[] = {"hangs-1", "a", "b", NULL};
    struct seen seen = {.blocks = 2, .waiting = 1};
    assert_int_equal(supervise(names, NULL, 1, UINT64_MAX, &seen), 0);
    assert_int_equal(seen.verdicts[0], CHECK_BLOCKED);
    assert_int_equal(seen.verdicts[2], CHECK_PASS);
}

static void a_tick_may_end_it_all(void **state) {
    const char *const names[] = {"a-hangs", "b", NULL};
    struct seen seen = {.asks = SIGPIPE};
    (void)state;
    assert_int_equal(supervise(names, NULL, 1, 60 * CHECK_SECOND, &seen), SIGPIPE);
    assert_int_equal(seen.finished, 0);
}

static void results_arrive_whole(void **state) {
    const char *const names[] = {"a", "b-fail", "c", "d-warn", "e", NULL};
    struct seen seen = {0};
    (void)state;
    assert_int_equal(supervise(names, NULL, 3, 60 * CHECK_SECOND, &seen), 0);
    assert_int_equal(seen.started, 5);
    assert_int_equal(seen.finished, 5);
    assert_int_equal(seen.verdicts[0], CHECK_PASS);
    assert_int_equal(seen.verdicts[1], CHECK_FAIL);
    assert_int_equal(seen.verdicts[3], CHECK_WARN);
    assert_string_equal(seen.notes[4], "e 1");
}

static void crashes_stay_where_they_are(void **state) {
    const char *const names[] = {"a", "crash", "b", "leaves", "c", NULL};
    struct seen seen = {0};
    (void)state;
    assert_int_equal(supervise(names, NULL, 1, 60 * CHECK_SECOND, &seen), 0);
    assert_int_equal(seen.finished, 5);
    assert_int_equal(seen.verdicts[1], CHECK_ERROR);
    assert_int_equal(seen.verdicts[2], CHECK_PASS);
    assert_int_equal(seen.verdicts[3], CHECK_ERROR);
    assert_int_equal(seen.verdicts[4], CHECK_PASS);
    assert_string_equal(seen.received, "the process that played ended: it left with exit status 7");
}

static void hangs_are_ended(void **state) {
    const char *const names[] = {"hangs", "a", NULL};
    struct seen seen = {0};
    (void)state;
    assert_int_equal(supervise(names, NULL, 1, CHECK_SECOND / 2, &seen), 0);
    assert_int_equal(seen.verdicts[0], CHECK_ERROR);
    assert_true(says(seen.received, "watchdog"));
    assert_int_equal(seen.verdicts[1], CHECK_PASS);
}

static void preconditions(void **state) {
    const char *const names[] = {"a-slow", "b", "c-fail", "d", "e", "f-skip", "g", "h-warn", "i", NULL};
    const char *const after[] = {NULL, "a-slow", NULL, "c-fail", "d", NULL, "f-skip", NULL, "h-warn"};
    struct seen seen = {0};
    (void)state;
    assert_int_equal(supervise(names, after, 4, 60 * CHECK_SECOND, &seen), 0);
    assert_int_equal(seen.finished, 9);
    assert_int_equal(seen.order[8], 1); /* b waited for the slow one */
    assert_int_equal(seen.verdicts[1], CHECK_PASS);
    assert_int_equal(seen.verdicts[3], CHECK_BLOCKED);
    assert_string_equal(seen.notes[3], "blocked by c-fail");
    assert_int_equal(seen.verdicts[4], CHECK_BLOCKED);
    assert_string_equal(seen.notes[4], "blocked by d");
    assert_int_equal(seen.verdicts[6], CHECK_PASS); /* what was skipped does not block, */
    assert_int_equal(seen.verdicts[8], CHECK_PASS); /* nor a SHOULD */
    assert_int_equal(seen.started, 7);
}

static void what_has_to_pass_first(void **state) {
    const char *const names[] = {"needs", "a", "first-fail", "needs-too", NULL};
    const char *const after[] = {NULL, NULL, NULL, "a"};
    struct seen seen = {0};
    (void)state;
    assert_int_equal(supervise(names, after, 2, 60 * CHECK_SECOND, &seen), 0);
    assert_int_equal(seen.verdicts[0], CHECK_BLOCKED);
    assert_string_equal(seen.notes[0], "blocked by first-fail");
    assert_int_equal(seen.verdicts[1], CHECK_PASS);
    assert_int_equal(seen.verdicts[3], CHECK_BLOCKED);
    assert_int_equal(seen.started, 2);
}

static void what_waits_is_played_beside_the_rest(void **state) {
    const char *const names[] = {"a-slow", "b", "b-slow", "c", "c-slow", NULL};
    struct seen alone = {0}, beside = {.waiting = 2};
    (void)state;
    assert_int_equal(supervise(names, NULL, 1, 60 * CHECK_SECOND, &alone), 0);
    assert_int_equal(alone.at_once, 1);
    assert_int_equal(alone.order[0], 1);
    assert_int_equal(supervise(names, NULL, 1, 60 * CHECK_SECOND, &beside), 0);
    assert_int_equal(beside.at_once, 3);
    assert_int_equal(beside.finished, 5);
    assert_int_equal(beside.order[0], 1);
    assert_int_equal(beside.order[1], 3);
}

static void stopping_when_told(void **state) {
    const char *const names[] = {"a", "b", "c", "d", NULL};
    struct seen seen = {.stops = true};
    (void)state;
    assert_int_equal(supervise(names, NULL, 1, 60 * CHECK_SECOND, &seen), 0);
    assert_int_equal(seen.finished, 1);
}

static void interrupted_by_a_signal(void **state) {
    const char *const names[] = {"hangs", "a", NULL};
    struct seen seen = {.interrupt = getpid()};
    (void)state;
    assert_int_equal(supervise(names, NULL, 1, 600 * CHECK_SECOND, &seen), SIGINT);
    assert_int_equal(seen.finished, 0);
}

static void results_as_lines(void **state) {
    check_result result = {.verdict = CHECK_WARN,
        .level = CHECK_SHOULD,
        .id = "SCHED-2",
        .line = 12,
        .duration_ns = 1u << 31,
        .pieces = 3,
        .joined = 1};
    check_result back;
    undr_buffer line = {0};
    char every[256];
    (void)state;
    for (int i = 0; i < 256; i++) {
        every[i] = (char)i;
    }
    assert_int_equal(undr_put_bytes(&result.transcript, every, sizeof every), UNDR_OK);
    assert_int_equal(check_result_write(&line, &result), UNDR_OK);
    assert_ptr_equal(memchr(line.data, '\n', line.size), line.data + line.size - 1); /* one line, at its end */
    assert_int_equal(check_result_read(undr_buffer_slice(&line), &back), UNDR_OK);
    assert_int_equal(back.verdict, CHECK_WARN);
    assert_int_equal(back.level, CHECK_SHOULD);
    assert_string_equal(back.id, "SCHED-2");
    assert_int_equal(back.line, 12);
    assert_int_equal(back.duration_ns, 1u << 31);
    assert_int_equal(back.joined, 1);
    assert_true(undr_slice_equal(undr_buffer_slice(&back.transcript), undr_slice_of(every, sizeof every)));
    assert_int_equal(back.notes.size, 0);
    check_result_free(&back);
    assert_int_equal(check_result_read(undr_slice_text("{\"verdict\":1}"), &back), UNDR_ARGUMENT);
    check_result_free(&back);
    assert_int_equal(check_result_read(undr_slice_text("no JSON"), &back), UNDR_ARGUMENT);
    check_result_free(&back);
    check_result_free(&result);
    undr_buffer_free(&line);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_pass_any_more_is_ended_and_blocked),
        cmocka_unit_test(what_lasts_leaves_its_job_to_others),
        cmocka_unit_test(a_tick_may_end_it_all),
        cmocka_unit_test(results_arrive_whole),
        cmocka_unit_test(crashes_stay_where_they_are),
        cmocka_unit_test(hangs_are_ended),
        cmocka_unit_test(preconditions),
        cmocka_unit_test(what_has_to_pass_first),
        cmocka_unit_test(what_waits_is_played_beside_the_rest),
        cmocka_unit_test(stopping_when_told),
        cmocka_unit_test(interrupted_by_a_signal),
        cmocka_unit_test(results_as_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
