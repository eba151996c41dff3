/* test_process_manager_event.c: a program that polls a descriptor of the manager's instead of waiting in it. */
#include "support/pool.h"
#include "support/steady.h"

#include <poll.h>
#include <sys/resource.h>

static int event_of(undr_process_manager *manager) {
    int file = -1;
    assert_int_equal(undr_process_manager_event(manager, &file), UNDR_OK);
    return file;
}

static bool is_readable(int file, int ms) {
    struct pollfd one = {.fd = file, .events = POLLIN};
    int ready = steady_poll(&one, 1, ms);
    assert_true(ready >= 0);
    return ready == 1;
}

/* As a program's loop does it: what is not WAIT. */
static undr_error poll_message(undr_process_manager *manager, undr_buffer *message) {
    undr_error error;
    while ((error = undr_process_manager_poll_pickle(manager, message)) == UNDR_WAIT) {
        assert_true(is_readable(event_of(manager), 600000));
    }
    return error;
}

static undr_error begin_join(undr_process_manager *manager) {
    undr_error error;
    while ((error = undr_process_manager_begin_close(manager, UNDR_CLOSE_JOIN)) == UNDR_WAIT) {
        assert_true(is_readable(event_of(manager), 600000));
    }
    return error;
}

static void it_is_readable_while_there_is_something_to_take(void **state) {
    (void)state;
    undr_process_manager *manager = start_with(0);
    undr_buffer message = {0};
    int event = event_of(manager);
    assert_int_equal(event_of(manager), event);
    schedule(manager, "Echo", 1); /* nobody runs it */
    assert_int_equal(undr_process_manager_poll_pickle(manager, &message), UNDR_WAIT);
    assert_false(is_readable(event, 0));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(undr_process_manager_send_pickle(manager, undr_pickle_none()), UNDR_OK);
    }
    assert_true(is_readable(event, 0));
    assert_int_equal(undr_process_manager_poll_pickle(manager, &message), UNDR_OK);
    assert_true(is_readable(event, 0)); /* another reader may wait for the second */
    assert_int_equal(undr_process_manager_poll_pickle(manager, &message), UNDR_OK);
    assert_int_equal(undr_process_manager_poll_pickle(manager, &message), UNDR_WAIT);
    assert_false(is_readable(event, 0));
    undr_process_manager_interrupt(manager);
    assert_true(is_readable(event, 0));
    assert_int_equal(undr_process_manager_poll_pickle(manager, &message), UNDR_INTERRUPTED);
    undr_buffer_free(&message);
    undr_process_manager_free(manager);
}

static void it_can_be_asked_for_late(void **state) {
    (void)state;
    undr_process_manager *manager = start_with(0);
    undr_buffer message = {0};
    schedule(manager, "Echo", 1);
    assert_int_equal(undr_process_manager_poll_pickle(manager, &message), UNDR_WAIT);
    assert_int_equal(undr_process_manager_send_pickle(manager, undr_pickle_none()), UNDR_OK);
    assert_true(is_readable(event_of(manager), 0)); /* the message came before */
    assert_int_equal(undr_process_manager_poll_pickle(manager, &message), UNDR_OK);
    undr_buffer_free(&message);
    undr_process_manager_free(manager);
}

static void messages_of_workers_make_it_readable(void **state) {
    (void)state;
    enum { TASKS = 300 };
    undr_process_manager *manager = start_with(2);
    undr_buffer message = {0};
    size_t count = 0;
    undr_error error;
    for (int i = 0; i < TASKS; i++) {
        schedule(manager, i % 2 ? "Echo" : "Spawn", i);
    }
    while ((error = poll_message(manager, &message)) == UNDR_OK) {
        count++;
    }
    assert_int_equal(error, UNDR_DONE);
    assert_int_equal(count, TASKS);
    assert_true(undr_process_manager_handed_out(manager) >= TASKS);
    undr_buffer_free(&message);
    assert_int_equal(undr_process_manager_exit(manager, false), UNDR_OK);
}

static void a_join_in_steps_ends_with_the_last_task(void **state) {
    (void)state;
    undr_process_manager *manager = start_with(2);
    undr_buffer message = {0};
    schedule(manager, "Slow", 1);
    assert_int_equal(undr_process_manager_begin_close(manager, UNDR_CLOSE_JOIN), UNDR_WAIT);
    schedule(manager, "Spawn", 2); /* not closed yet */
    assert_int_equal(begin_join(manager), UNDR_OK);
    assert_int_equal(begin_join(manager), UNDR_OK);
    assert_int_equal(try_task(manager, "Echo", 3, 1), UNDR_CLOSED);
    close_by(manager, UNDR_CLOSE_JOIN);
    close_by(manager, UNDR_CLOSE_KILL);
    assert_true(is_readable(event_of(manager), 0));
    assert_int_equal(undr_process_manager_poll_pickle(manager, &message), UNDR_DONE);
    undr_process_manager_free(manager);
}

static void cancel_and_kill_begin_at_once(void **state) {
    (void)state;
    const undr_close_policy policies[] = {UNDR_CLOSE_CANCEL, UNDR_CLOSE_KILL};
    for (size_t i = 0; i < 2; i++) {
        undr_process_manager *manager = start_with(0);
        undr_buffer message = {0};
        int event = event_of(manager);
        schedule(manager, "Echo", 1);
        assert_int_equal(undr_process_manager_begin_close(manager, (undr_close_policy)7), UNDR_ARGUMENT);
        assert_int_equal(undr_process_manager_begin_close(manager, policies[i]), UNDR_OK);
        assert_int_equal(try_task(manager, "Echo", 1, 1), UNDR_CLOSED);
        close_by(manager, policies[i]);
        assert_true(is_readable(event, 0));
        assert_int_equal(undr_process_manager_poll_pickle(manager, &message), UNDR_DONE);
        undr_process_manager_free(manager);
    }
}

/* A program that starts the workers itself, and gives up. */
static void abandoned_tasks_are_reported(void **state) {
    (void)state;
    undr_process_manager *manager = start_with(0);
    undr_buffer message = {0};
    int event = event_of(manager);
    schedule(manager, "Echo", 1);
    assert_int_equal(undr_process_manager_poll_pickle(manager, &message), UNDR_WAIT);
    undr_process_manager_abandon(manager);
    assert_true(is_readable(event, 0));
    expect_exception(manager, "t.Echo");
    expect_done(manager);
    assert_int_equal(undr_process_manager_handed_out(manager), 0);
    undr_process_manager_free(manager);
}

static void without_a_descriptor_there_is_an_error(void **state) {
    (void)state;
    undr_process_manager *manager = start_with(0);
    struct rlimit before, none;
    int file;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    undr_error error = undr_process_manager_event(manager, &file);
    int reason = errno;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(error, UNDR_SYSTEM);
    assert_int_equal(reason, EMFILE);
    (void)event_of(manager); /* the next try may have more luck */
    undr_process_manager_free(manager);
}

int main(int argc, char **argv) {
    undr_process_manager_main(argc, argv, &registry);
    const struct CMUnitTest tests[] = {
        CLEAN(it_is_readable_while_there_is_something_to_take),
        CLEAN(it_can_be_asked_for_late),
        CLEAN(messages_of_workers_make_it_readable),
        CLEAN(a_join_in_steps_ends_with_the_last_task),
        CLEAN(cancel_and_kill_begin_at_once),
        CLEAN(abandoned_tasks_are_reported),
        CLEAN(without_a_descriptor_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, warm_up, NULL);
}
