/* test_digest.c: what fell short alike is put together, and the rest is not. */
#include "report/common.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 8 };

struct stage {
    check_options options;
    check_expected expected;
    check_suite suite;
    check_session session;
    check_case cases[MOST];
    check_part *part;
};

static void set_up(struct stage *stage) {
    *stage = (struct stage){.options = {.shard = 1, .shards = 1}};
    stage->session = (check_session){.options = &stage->options,
        .expected = &stage->expected,
        .suite = &stage->suite,
        .part_count = 1,
        .jobs = 1,
        .repetitions = 1};
    stage->part = &stage->session.parts[0];
    stage->part->surveyed = true;
    stage->part->records = calloc(MOST, sizeof *stage->part->records);
    assert_non_null(stage->part->records);
}

static void put(undr_buffer *to, const char *text) {
    assert_int_equal(undr_put_text(to, text), UNDR_OK);
}

static void add(struct stage *stage, const char *name, check_verdict verdict, const char *expected,
    const char *received, const char *transcript) {
    size_t index = stage->part->count++;
    assert_true(index < MOST);
    stage->cases[index] = (check_case){.file = "f.case", .line = 1, .name = name};
    check_record *record = &stage->part->records[index];
    *record = (check_record){.one = &stage->cases[index], .due = 1};
    check_result result = {.verdict = verdict};
    result.other_value = strncmp(expected, "t ", 2) == 0 && strncmp(received, "t ", 2) == 0;
    put(&result.expected, expected);
    put(verdict == CHECK_BLOCKED ? &result.notes : &result.received, received);
    assert_int_equal(undr_put_format(&result.kind, "%s / %s", expected, received), UNDR_OK);
    put(&result.transcript, transcript);
    check_record_add(record, CHECK_DELIVERY_WHOLE, 1, &result, true);
}

/* The names, in the order of the table, with how many stand behind each: "a*3 b*1". */
static char *table(const struct stage *stage) {
    check_digest digest;
    size_t *order = NULL, count = 0;
    undr_buffer text = {0};
    assert_int_equal(check_digest_make(&stage->session, &digest), UNDR_OK);
    assert_int_equal(check_digest_order(&digest, &order, &count), UNDR_OK);
    for (size_t i = 0; i < count; i++) {
        const check_short *one = &digest.at[order[i]];
        assert_int_equal(
            undr_put_format(&text, "%s%s*%zu", i == 0 ? "" : " ", one->record->one->name, one->alike), UNDR_OK);
    }
    assert_int_equal(undr_put_u8(&text, 0), UNDR_OK);
    free(order);
    check_digest_free(&digest);
    return (char *)text.data;
}

static void assert_table(struct stage *stage, const char *expected) {
    char *text = table(stage);
    assert_string_equal(text, expected);
    free(text);
    check_session_free(&stage->session);
}

static void failures_of_one_kind_are_told_together(void **state) {
    struct stage stage;
    (void)state;
    set_up(&stage);
    add(&stage, "m.a", CHECK_FAIL, "t value", "nothing", "1\n2\n3\n");
    add(&stage, "m.b", CHECK_FAIL, "t value", "nothing", "1\n");
    add(&stage, "m.c", CHECK_FAIL, "s", "nothing", "1\n");
    add(&stage, "m.d", CHECK_FAIL, "s", "end fin", "1\n");
    add(&stage, "m.good", CHECK_PASS, "", "", "");
    assert_table(&stage, "m.b*2 m.c*1 m.d*1");
}

static void a_must_explains_a_should(void **state) {
    struct stage stage;
    (void)state;
    set_up(&stage);
    add(&stage, "m.mild", CHECK_WARN, "A <- m", "A <- end fin", "");
    add(&stage, "m.must", CHECK_FAIL, "A <- m", "A <- end fin", "a longer transcript\n");
    assert_table(&stage, "m.must*2");
}

static void a_must_stands_before_a_should(void **state) {
    struct stage stage;
    (void)state;
    set_up(&stage);
    add(&stage, "m.mild", CHECK_WARN, "A <- m", "A <- end fin", "");
    add(&stage, "m.mild-too", CHECK_WARN, "A <- m", "A <- end fin", "1\n");
    add(&stage, "m.must", CHECK_FAIL, "A <- s", "A <- end fin", "");
    assert_table(&stage, "m.must*1 m.mild*2");
}

static void what_blocks_comes_first(void **state) {
    struct stage stage;
    (void)state;
    set_up(&stage);
    add(&stage, "m.a", CHECK_FAIL, "A <- m", "A <- end fin", "");
    add(&stage, "m.b", CHECK_FAIL, "A <- m", "A <- end fin", "");
    add(&stage, "m.first", CHECK_FAIL, "A <- s", "nothing within 5.0 s", "");
    add(&stage, "m.c", CHECK_BLOCKED, "", "blocked by m.first", "");
    add(&stage, "m.d", CHECK_BLOCKED, "", "blocked by m.first", "");
    add(&stage, "m.e", CHECK_BLOCKED, "", "blocked by m.other", "");
    assert_table(&stage, "m.first*1 m.a*2 m.c*2 m.e*1");
}

static void of_alike_ones_that_which_blocks_explains(void **state) {
    struct stage stage;
    (void)state;
    set_up(&stage);
    add(&stage, "m.a", CHECK_FAIL, "A <- s", "A <- end fin", "");
    add(&stage, "m.first", CHECK_FAIL, "A <- s", "A <- end fin", "a longer transcript\n");
    add(&stage, "m.c", CHECK_BLOCKED, "", "blocked by m.first", "");
    assert_table(&stage, "m.first*2 m.c*1");
}

/* What the case added last tries, and, when it fell short, blames. */
static void tries(struct stage *stage, check_requirement *requirement) {
    check_case *one = &stage->cases[stage->part->count - 1];
    check_record *record = &stage->part->records[stage->part->count - 1];
    one->requirements = requirement;
    one->requirement_count = 1;
    if (check_record_verdict(record) >= CHECK_WARN) {
        strcpy(record->plays[CHECK_DELIVERY_WHOLE].worst.id, requirement->id);
    }
}

/* LIFO: three of four cases of DONE-1 stumble over it, and both of SCHED-3; the shortest of all are of DONE-1. */
static void lifo(struct stage *stage) {
    static check_requirement done = {CHECK_MUST, "DONE-1", "counted", 1}, order = {CHECK_MUST, "SCHED-3", "first", 1};
    set_up(stage);
    add(stage, "m.a", CHECK_FAIL, "t value", "t value", "1\n");
    tries(stage, &done);
    add(stage, "m.b", CHECK_FAIL, "t value", "t value", "1\n");
    tries(stage, &done);
    add(stage, "m.c", CHECK_FAIL, "t value", "t value", "1\n");
    tries(stage, &done);
    add(stage, "m.d", CHECK_PASS, "", "", "1\n");
    tries(stage, &done);
    add(stage, "m.order-long", CHECK_FAIL, "t value", "t value", "1\n2\n3\n");
    tries(stage, &order);
    add(stage, "m.order", CHECK_FAIL, "t value", "t value", "1\n2\n");
    tries(stage, &order);
}

static void the_requirement_that_falls_short_most_explains(void **state) {
    struct stage stage;
    (void)state;
    lifo(&stage);
    assert_table(&stage, "m.order*5");
}

static void requirements_are_listed_by_their_share(void **state) {
    struct stage stage;
    check_digest digest;
    const check_short *shown[3] = {NULL};
    (void)state;
    lifo(&stage);
    assert_int_equal(check_digest_make(&stage.session, &digest), UNDR_OK);
    for (size_t i = 0; i < 3; i++) {
        shown[i] = check_digest_next_requirement(&digest, shown, i);
    }
    assert_string_equal(shown[0]->id, "SCHED-3");
    assert_int_equal(shown[0]->share.fell_short, 2);
    assert_int_equal(shown[0]->share.tried, 2);
    assert_string_equal(shown[1]->id, "DONE-1");
    assert_int_equal(shown[1]->share.fell_short, 3);
    assert_int_equal(shown[1]->share.tried, 4);
    assert_null(shown[2]);
    check_digest_free(&digest);
    check_session_free(&stage.session);
}

/* A case that the harness could not judge has tried nothing: no "WORK-1 0 of 0". */
static void what_nobody_tried_is_not_listed(void **state) {
    static check_requirement order = {CHECK_MUST, "SCHED-3", "first", 1}, first = {CHECK_MUST, "WORK-1", "n", 1};
    struct stage stage;
    check_digest digest;
    (void)state;
    set_up(&stage);
    add(&stage, "m.error", CHECK_ERROR, "A <- n", "no descriptor is left", "");
    tries(&stage, &first);
    add(&stage, "m.order", CHECK_FAIL, "t value", "t value", "");
    tries(&stage, &order);
    assert_int_equal(check_digest_make(&stage.session, &digest), UNDR_OK);
    const check_short *shown = check_digest_next_requirement(&digest, NULL, 0);
    assert_string_equal(shown->id, "SCHED-3");
    assert_null(check_digest_next_requirement(&digest, &shown, 1));
    check_digest_free(&digest);
    check_session_free(&stage.session);
}

/* Another type than the due one, or another value of a message: neither what frames nor what pickles are is in doubt. */
static void another_frame_is_no_matter_of_frames_nor_pickles(void **state) {
    static check_requirement frame = {CHECK_MUST, "FRAME-5", "partial", 1}, pay = {CHECK_MUST, "PAY-3", "read", 1};
    static check_requirement message = {CHECK_MUST, "WORK-8", "sent", 1};
    struct stage stage;
    (void)state;
    set_up(&stage);
    add(&stage, "m.frame", CHECK_FAIL, "s", "m", "");
    tries(&stage, &frame);
    stage.part->records[0].plays[CHECK_DELIVERY_WHOLE].worst.other_type = true;
    add(&stage, "m.pay", CHECK_FAIL, "t value", "m value", "");
    tries(&stage, &pay);
    stage.part->records[1].plays[CHECK_DELIVERY_WHOLE].worst.other_type = true;
    for (size_t i = 0; i < 3; i++) {
        static const char *const names[] = {"m.send", "m.send-more", "m.send-most"};
        add(&stage, names[i], CHECK_FAIL, "m value", "end fin", "");
        tries(&stage, &message);
    }
    assert_table(&stage, "m.send*3 m.frame*1 m.pay*1");
}

/* Both fall in all of their cases: a payload's case shows by a message what was read, so messages are the cause. */
static void of_alike_ones_that_on_which_others_are_built_explains(void **state) {
    static check_requirement pay = {CHECK_MUST, "PAY-3", "read", 1}, failed = {CHECK_MUST, "WORK-10", "reported", 1};
    static check_requirement message = {CHECK_MUST, "WORK-8", "sent", 1};
    struct stage stage;
    (void)state;
    set_up(&stage);
    for (size_t i = 0; i < 6; i++) {
        static const char *const names[] = {
            "m.pay", "m.pay-too", "m.failed", "m.failed-too", "m.message", "m.message-too"};
        add(&stage, names[i], CHECK_FAIL, "t value", "t value", i < 4 ? "" : "1\n2\n");
        tries(&stage, i < 2 ? &pay : i < 4 ? &failed : &message);
    }
    assert_table(&stage, "m.message*6");
}

static void what_lies_deeper_comes_first(void **state) {
    static check_requirement frame = {CHECK_MUST, "FRAME-1", "a header", 1}, pay = {CHECK_MUST, "PAY-1", "None", 1};
    static check_requirement flight = {CHECK_MUST, "WORK-2", "one", 1}, rest = {CHECK_MUST, "CLOSE-1", "still", 1};
    struct stage stage;
    (void)state;
    set_up(&stage);
    add(&stage, "m.rest", CHECK_FAIL, "A <- s", "A <- end fin", "");
    tries(&stage, &rest);
    add(&stage, "m.rest-too", CHECK_FAIL, "A <- s", "A <- end fin", "1\n");
    tries(&stage, &rest);
    add(&stage, "m.pay", CHECK_FAIL, "A <- m", "A <- end fin", "");
    tries(&stage, &pay);
    add(&stage, "m.flight", CHECK_FAIL, "A <- n", "A <- end fin", "");
    tries(&stage, &flight);
    add(&stage, "m.frame", CHECK_FAIL, "A <- t", "A <- end fin", "");
    tries(&stage, &frame);
    assert_table(&stage, "m.frame*1 m.flight*1 m.pay*1 m.rest*2");
}

/* One of three cases about frames failed: for something else, most likely. */
static void a_victim_does_not_come_first(void **state) {
    static check_requirement frame = {CHECK_MUST, "FRAME-1", "a header", 1}, rest = {CHECK_MUST, "CLOSE-1", "still", 1};
    struct stage stage;
    (void)state;
    set_up(&stage);
    add(&stage, "m.frame", CHECK_FAIL, "A <- t", "A <- end fin", "");
    tries(&stage, &frame);
    add(&stage, "m.good", CHECK_PASS, "", "", "");
    tries(&stage, &frame);
    add(&stage, "m.good-too", CHECK_PASS, "", "", "");
    tries(&stage, &frame);
    add(&stage, "m.rest", CHECK_FAIL, "A <- s", "A <- end fin", "");
    tries(&stage, &rest);
    add(&stage, "m.rest-too", CHECK_FAIL, "A <- s", "A <- end fin", "1\n");
    tries(&stage, &rest);
    assert_table(&stage, "m.rest*2 m.frame*1");
}

/* A wrong task in a right frame: the order of tasks is wrong, the framing is not. */
static void another_value_is_no_matter_of_frames(void **state) {
    static check_requirement frame = {CHECK_MUST, "FRAME-4", "in order", 1},
                             order = {CHECK_MUST, "SCHED-3", "first", 1};
    struct stage stage;
    (void)state;
    set_up(&stage);
    add(&stage, "m.frame", CHECK_FAIL, "t value", "t value", "");
    tries(&stage, &frame);
    add(&stage, "m.order", CHECK_FAIL, "t value", "t value", "1\n2\n");
    tries(&stage, &order);
    add(&stage, "m.order-too", CHECK_FAIL, "t value", "t value", "1\n2\n3\n");
    tries(&stage, &order);
    assert_table(&stage, "m.order*3");
}

static void put_common(struct stage *stage, undr_buffer *text) {
    check_digest digest;
    assert_int_equal(check_digest_make(&stage->session, &digest), UNDR_OK);
    check_common common = check_common_of(&digest, stage->part);
    assert_int_equal(check_put_common(text, &common), UNDR_OK);
    assert_int_equal(undr_put_u8(text, 0), UNDR_OK);
    check_digest_free(&digest);
}

static void add_cut(struct stage *stage, const char *name, check_delivery delivery) {
    add(stage, name, CHECK_PASS, "", "", "");
    check_result result = {.verdict = CHECK_FAIL};
    put(&result.expected, "A <- s");
    put(&result.received, "A <- end fin");
    check_record_add(&stage->part->records[stage->part->count - 1], delivery, 1, &result, true);
}

static void assert_common(const check_delivery deliveries[4], const char *says) {
    struct stage stage;
    undr_buffer text = {0};
    set_up(&stage);
    add_cut(&stage, "m.a", deliveries[0]);
    add_cut(&stage, "m.b", deliveries[1]);
    add_cut(&stage, "m.c", deliveries[2]);
    add_cut(&stage, "m.d", deliveries[3]);
    put_common(&stage, &text);
    if (says[0] == '\0') {
        assert_string_equal((const char *)text.data, "");
    } else {
        assert_non_null(strstr((const char *)text.data, says));
    }
    undr_buffer_free(&text);
    check_session_free(&stage.session);
}

static void what_all_failures_share_is_said(void **state) {
    const check_delivery cut[] = {
        CHECK_DELIVERY_CUT_1, CHECK_DELIVERY_BYTES, CHECK_DELIVERY_CUT_8, CHECK_DELIVERY_CUT_2};
    const check_delivery together[] = {
        CHECK_DELIVERY_COALESCED, CHECK_DELIVERY_COALESCED, CHECK_DELIVERY_STRADDLED, CHECK_DELIVERY_STRADDLED};
    const check_delivery mixed[] = {
        CHECK_DELIVERY_COALESCED, CHECK_DELIVERY_COALESCED, CHECK_DELIVERY_CUT_1, CHECK_DELIVERY_BYTES};
    (void)state;
    assert_common(cut, "all 4 cases that failed fail only when frames are cut");
    assert_common(cut, "one recv()");
    assert_common(together, "all 4 cases that failed fail only when several frames come together");
    assert_common(mixed, "");
}

static void a_proven_mistake_is_named_once(void **state) {
    struct stage stage;
    undr_buffer text = {0};
    (void)state;
    set_up(&stage);
    add(&stage, "m.a", CHECK_FAIL, "A <- s", "A <- end fin", "");
    add(&stage, "m.b", CHECK_FAIL, "A <- m", "A <- end fin", "");
    check_result *worst = &stage.part->records[1].plays[CHECK_DELIVERY_WHOLE].worst;
    worst->hint = CHECK_HINT_BYTE_ORDER;
    put(&worst->seen, "the proof");
    put_common(&stage, &text);
    assert_non_null(strstr((const char *)text.data, "likely cause: the length is big-endian here"));
    assert_non_null(strstr((const char *)text.data, "seen: the proof"));
    undr_buffer_free(&text);
    assert_table(&stage, "m.b*1 m.a*1");
}

static void few_cases_count_for_less(void **state) {
    (void)state;
    assert_true(check_share_is_larger((check_share){6, 6}, (check_share){1, 1}));
    assert_false(check_share_is_larger((check_share){1, 1}, (check_share){6, 6}));
    assert_true(check_share_is_larger((check_share){1, 1}, (check_share){2, 5}));
    assert_false(check_share_is_larger((check_share){0, 0}, (check_share){0, 7}));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_of_one_kind_are_told_together),
        cmocka_unit_test(a_must_explains_a_should),
        cmocka_unit_test(a_must_stands_before_a_should),
        cmocka_unit_test(what_blocks_comes_first),
        cmocka_unit_test(of_alike_ones_that_which_blocks_explains),
        cmocka_unit_test(the_requirement_that_falls_short_most_explains),
        cmocka_unit_test(requirements_are_listed_by_their_share),
        cmocka_unit_test(what_nobody_tried_is_not_listed),
        cmocka_unit_test(another_frame_is_no_matter_of_frames_nor_pickles),
        cmocka_unit_test(of_alike_ones_that_on_which_others_are_built_explains),
        cmocka_unit_test(what_lies_deeper_comes_first),
        cmocka_unit_test(a_victim_does_not_come_first),
        cmocka_unit_test(another_value_is_no_matter_of_frames),
        cmocka_unit_test(what_all_failures_share_is_said),
        cmocka_unit_test(a_proven_mistake_is_named_once),
        cmocka_unit_test(few_cases_count_for_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
