/* test_manager_limits.c: the bound on the bytes that tasks and messages take, and that each way out gives them back. */
#include "support/manager_steps.h"

#include <errno.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT = 4096, SIZE = 1000 };

static uint8_t payload[SIZE];

static undr_manager_core *make_limited(void) {
    undr_manager_core *core;
    undr_manager_options options = {.queue_limit = LIMIT};
    assert_int_equal(undr_manager_new(&options, &core), UNDR_OK);
    return core;
}

static undr_error try_schedule(undr_manager_core *core) {
    return undr_manager_schedule(core, 1, undr_slice_of(payload, SIZE));
}

/* Schedules until nothing fits any more; how many did. */
static size_t fill(undr_manager_core *core) {
    size_t count = 0;
    undr_error error;
    while ((error = try_schedule(core)) == UNDR_OK) {
        count++;
    }
    assert_int_equal(error, UNDR_QUEUE_LIMIT);
    return count;
}

static void both_sides_meet_the_limit(void **state) {
    (void)state;
    undr_manager_core *core = make_limited();
    undr_connection a = join(core);
    assert_int_equal(fill(core), 3); /* each takes a little more than its bytes */
    assert_int_equal(send_at(core, a, 0x81, undr_slice_of(payload, SIZE), 0), UNDR_QUEUE_LIMIT);
    undr_answer answer;
    assert_int_equal(undr_manager_next_answer(core, &answer), UNDR_DONE);
    assert_int_equal(undr_manager_tasks_left(core), 3); /* nothing has changed */
    while (undr_manager_send_message(core, note('1')) == UNDR_OK) {}
    assert_int_equal(send_at(core, a, 'm', note('1'), 0), UNDR_QUEUE_LIMIT);
    assert_int_equal(undr_manager_send_message(core, note('1')), UNDR_QUEUE_LIMIT);
    undr_manager_free(core);
}

static void what_is_settled_makes_room(void **state) {
    (void)state;
    undr_manager_core *core = make_limited();
    undr_connection a = join(core);
    for (size_t round = 0; round < 2; round++) {
        assert_int_equal(fill(core), round == 0 ? 3 : 1);
        send(core, a, 'n', (undr_slice){0});
        expect(core, a, 't', undr_slice_of(payload, SIZE));
        assert_int_equal(try_schedule(core), UNDR_QUEUE_LIMIT); /* a task that is out is kept */
        send(core, a, 't', (undr_slice){0});
        expect(core, a, 't', undr_slice_of(payload, SIZE));
    }
    undr_manager_free(core);
}

static void what_is_lost_makes_room_when_its_report_is_read(void **state) {
    (void)state;
    undr_buffer message = {0};
    undr_manager_core *core = make_limited();
    undr_connection a = join(core);
    assert_int_equal(fill(core), 3);
    send(core, a, 'n', (undr_slice){0});
    expect(core, a, 't', undr_slice_of(payload, SIZE));
    undr_manager_disconnect(core, a);
    assert_int_equal(try_schedule(core), UNDR_QUEUE_LIMIT);
    assert_int_equal(undr_manager_next_message(core, &message), UNDR_OK);
    assert_int_equal(fill(core), 1);
    undr_buffer_free(&message);
    undr_manager_free(core);
}

static void what_was_settled_too_early_makes_room(void **state) {
    (void)state;
    undr_manager_core *core = make_limited();
    undr_connection a = join(core);
    assert_int_equal(fill(core), 3);
    send(core, a, 'n', (undr_slice){0});
    send(core, a, 't', (undr_slice){0}); /* settles what was not taken yet */
    expect(core, a, 't', undr_slice_of(payload, SIZE));
    expect(core, a, 't', undr_slice_of(payload, SIZE));
    assert_int_equal(fill(core), 1);
    undr_manager_free(core);
}

static void messages_make_room_when_they_are_read(void **state) {
    (void)state;
    undr_buffer message = {0};
    undr_manager_core *core = make_limited();
    size_t count = 0;
    while (undr_manager_send_message(core, note('1')) == UNDR_OK) {
        count++;
    }
    assert_true(count > 1);
    assert_int_equal(undr_manager_next_message(core, &message), UNDR_OK);
    assert_int_equal(undr_manager_send_message(core, note('2')), UNDR_OK);
    assert_int_equal(undr_manager_send_message(core, note('3')), UNDR_QUEUE_LIMIT);
    undr_buffer_free(&message);
    undr_manager_free(core);
}

static void what_a_close_drops_makes_room(void **state) {
    (void)state;
    undr_manager_core *core = make_limited();
    assert_int_equal(fill(core), 3);
    undr_manager_close(core);
    size_t count = 0;
    while (undr_manager_send_message(core, note('1')) == UNDR_OK) {
        count++;
    }
    assert_true(count >= LIMIT / 100);
    undr_manager_free(core);
}

/* ---- payloads that have not come whole ---- */

static void what_is_on_its_way_takes_room(void **state) {
    (void)state;
    undr_manager_core *core = make_limited();
    undr_connection a = join(core);
    assert_int_equal(undr_manager_keep_bytes(core, 2 * SIZE), UNDR_OK);
    assert_int_equal(fill(core), 2);
    assert_int_equal(undr_manager_keep_bytes(core, SIZE), UNDR_QUEUE_LIMIT);
    assert_int_equal(send_at(core, a, 0x80, undr_slice_of(payload, SIZE), 0), UNDR_QUEUE_LIMIT);
    undr_manager_release_bytes(core, 2 * SIZE);
    assert_int_equal(fill(core), 1);
    undr_manager_free(core);
}

static void without_a_limit_there_is_always_room(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 0, 0);
    assert_int_equal(undr_manager_keep_bytes(core, UINT64_MAX / 2), UNDR_OK);
    assert_int_equal(undr_manager_check_header(core, 0x80, SIZE), UNDR_OK);
    undr_manager_release_bytes(core, UINT64_MAX / 2);
    undr_manager_free(core);
}

/* What is held and what is to come may together be more than a number can be. */
static void a_limit_near_the_largest_number(void **state) {
    (void)state;
    const uint64_t limits[] = {UINT64_MAX, UINT64_MAX - 1, UINT64_MAX - SIZE};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        undr_manager_core *core;
        const undr_manager_options options = {.queue_limit = limits[i]};
        assert_int_equal(undr_manager_new(&options, &core), UNDR_OK);
        assert_int_equal(try_schedule(core), UNDR_OK);
        assert_int_equal(undr_manager_keep_bytes(core, UINT64_MAX - SIZE / 2), UNDR_QUEUE_LIMIT);
        assert_int_equal(undr_manager_keep_bytes(core, UINT64_MAX / 2), UNDR_OK);
        assert_int_equal(undr_manager_keep_bytes(core, UINT64_MAX / 2 + 1), UNDR_QUEUE_LIMIT);
        assert_int_equal(undr_manager_check_header(core, 'm', UINT64_MAX / 2 + 1), UNDR_QUEUE_LIMIT);
        assert_int_equal(undr_manager_check_header(core, 'm', UINT64_MAX), UNDR_QUEUE_LIMIT);
        assert_int_equal(try_schedule(core), UNDR_OK);
        undr_manager_release_bytes(core, UINT64_MAX / 2);
        undr_manager_free(core);
    }
}

static void a_header_shows_what_will_be_refused(void **state) {
    (void)state;
    undr_manager_core *core = make_limited();
    assert_int_equal(undr_manager_check_header(core, 'm', SIZE), UNDR_OK);
    assert_int_equal(undr_manager_check_header(core, 0x81, SIZE), UNDR_OK);
    assert_int_equal(undr_manager_check_header(core, 'm', LIMIT), UNDR_QUEUE_LIMIT);
    assert_int_equal(
        undr_manager_check_header(core, 'm', SIZE_MAX), UNDR_QUEUE_LIMIT); /* with its cost it would wrap */
    assert_int_equal(undr_manager_check_header(core, 0x82, SIZE), UNDR_PRIORITY);
    assert_int_equal(undr_manager_check_header(core, 'n', SIZE), UNDR_UNEXPECTED_PAYLOAD);
    assert_int_equal(undr_manager_check_header(core, 'x', SIZE), UNDR_UNEXPECTED_TYPE);
    assert_int_equal(undr_manager_check_header(core, 'm', 0), UNDR_MISSING_PAYLOAD);
    assert_int_equal(fill(core), 3); /* nothing was taken by all that */
    undr_manager_free(core);
}

/* ---- connections that do not read ---- */

static void schedule_here(undr_manager_core *core, undr_slice task) {
    assert_int_equal(undr_manager_schedule(core, 1, task), UNDR_OK);
}

/* Its held requests are answered None when their turn comes; the tasks go to others, in order. */
static void a_full_connection_is_handed_nothing(void **state) {
    (void)state;
    undr_manager_core *core = make(2, 1000, 0);
    undr_connection a = join(core), b = join(core);
    for (int i = 0; i < 3; i++) {
        send(core, a, 'n', (undr_slice){0});
    }
    send(core, b, 'n', (undr_slice){0});
    undr_manager_set_full(core, a, true);
    expect_nothing(core); /* they wait until a task comes */
    schedule_here(core, text("one"));
    for (int i = 0; i < 3; i++) {
        expect(core, a, 't', NONE);
    }
    expect(core, b, 't', text("one"));
    schedule_here(core, text("two"));
    undr_manager_set_full(core, a, false);
    ask(core, a, 'n', text("two"));
    undr_manager_set_full(core, 12345, true); /* unknown: nothing happens */
    expect_counts(core, 2, 0, 2);
    undr_manager_free(core);
}

/* Many tasks at once, before one of its answers is taken. */
static void untaken_answers_are_bounded(void **state) {
    (void)state;
    enum { LARGE = UNDR_UNREAD_LIMIT / 2 };
    undr_manager_core *core = make(2, 1000, 0);
    undr_connection a = join(core);
    uint8_t *large = calloc(1, LARGE);
    assert_non_null(large);
    for (int i = 0; i < 5; i++) {
        send(core, a, 'n', (undr_slice){0});
    }
    for (int i = 0; i < 5; i++) {
        schedule_here(core, undr_slice_of(large, LARGE));
    }
    for (int i = 0; i < 3; i++) { /* the third goes beyond the limit */
        expect(core, a, 't', undr_slice_of(large, LARGE));
    }
    expect(core, a, 't', NONE);
    expect(core, a, 't', NONE);
    ask(core, a, 'n', undr_slice_of(large, LARGE)); /* they were taken: it is not full any more */
    expect_counts(core, 5, 0, 1);
    free(large);
    undr_manager_free(core);
}

/* ---- the memory that reading a message takes (SEC-3) ---- */

enum { COPIED = 1 << 20, COPIES = 400 };

/* A pickle of a list of COPIES bytearrays, each made of the same bytes. */
static undr_buffer message_that_copies(void) {
    undr_buffer pickle = {0};
    assert_int_equal(undr_put_text(&pickle,
                         "\x80\x04"
                         "B"),
        UNDR_OK);
    assert_int_equal(undr_put_u32le(&pickle, COPIED), UNDR_OK);
    assert_int_equal(undr_buffer_reserve(&pickle, COPIED), UNDR_OK);
    memset(pickle.data + pickle.size, 'x', COPIED);
    pickle.size += COPIED;
    assert_int_equal(undr_put_text(&pickle,
                         "\x94"
                         "0("),
        UNDR_OK); /* MEMOIZE, POP, MARK */
    for (int i = 0; i < COPIES; i++) {
        assert_int_equal(undr_put_bytes(&pickle, "cbuiltins\nbytearray\nh\0\x85R", 24), UNDR_OK);
    }
    assert_int_equal(undr_put_text(&pickle, "l."), UNDR_OK);
    return pickle;
}

static long peak_kib(void) {
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

/* Taken unread (FRAME-6) rather than unfolded; in a process of its own, since a peak never falls. */
static void a_message_that_copies_itself_takes_little(void **state) {
    undr_buffer pickle = message_that_copies();
    const undr_frame frame = {.type = UNDR_TYPE_MESSAGE, .payload = undr_buffer_slice(&pickle)};
    int status = 0;
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        long before = peak_kib();
        _exit(undr_manager_check(&frame) != UNDR_OK ? 1 : peak_kib() - before > (COPIED / 1024) * COPIES / 4 ? 2 : 0);
    }
    pid_t ended;
    while ((ended = waitpid(child, &status, 0)) < 0 && errno == EINTR) {}
    assert_int_equal(ended, child);
    assert_int_equal(status, 0);
    undr_buffer_free(&pickle);
}

/* ---- what is checked while others wait ---- */

static void assert_checked(undr_slice payload_of_message, size_t budget, undr_error expected, size_t left) {
    const undr_frame frame = {.type = UNDR_TYPE_MESSAGE, .payload = payload_of_message};
    assert_int_equal(undr_manager_check_within(&frame, &budget), expected);
    assert_int_equal(budget, left);
}

static void a_short_check_keeps_to_its_budget(void **state) {
    (void)state;
    const undr_slice three = undr_slice_text("(NNt.");
    assert_checked(three, 100, UNDR_OK, 97);
    assert_checked(three, 3, UNDR_OK, 0);
    assert_checked(three, 2, UNDR_WAIT, 0);
    assert_checked(undr_slice_text("(NNt"), 100, UNDR_PICKLE_TRUNCATED, 97);
    assert_checked((undr_slice){0}, 100, UNDR_OK, 100); /* the core says what is wrong with it */
    size_t budget = 100;
    const undr_frame task = {.type = 0x80, .payload = undr_slice_text("no pickle")};
    assert_int_equal(undr_manager_check_within(&task, &budget), UNDR_OK);
    assert_int_equal(budget, 100);
    undr_buffer pickle = message_that_copies(); /* few values, but much memory */
    assert_checked(undr_buffer_slice(&pickle), SIZE_MAX / 2, UNDR_WAIT, 0);
    undr_buffer_free(&pickle);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_meet_the_limit),
        cmocka_unit_test(what_is_settled_makes_room),
        cmocka_unit_test(what_is_lost_makes_room_when_its_report_is_read),
        cmocka_unit_test(what_was_settled_too_early_makes_room),
        cmocka_unit_test(messages_make_room_when_they_are_read),
        cmocka_unit_test(what_a_close_drops_makes_room),
        cmocka_unit_test(what_is_on_its_way_takes_room),
        cmocka_unit_test(without_a_limit_there_is_always_room),
        cmocka_unit_test(a_limit_near_the_largest_number),
        cmocka_unit_test(a_header_shows_what_will_be_refused),
        cmocka_unit_test(a_full_connection_is_handed_nothing),
        cmocka_unit_test(untaken_answers_are_bounded),
        cmocka_unit_test(a_message_that_copies_itself_takes_little),
        cmocka_unit_test(a_short_check_keeps_to_its_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
