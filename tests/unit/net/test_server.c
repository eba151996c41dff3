/* test_server.c: the manager behind its TCP port: segmentation, silence, held answers, the server itself. */
#include "support/service.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

/* Segmentation. */

static void frames_come_whole_or_in_pieces(void **state) {
    (void)state;
    service self;
    begin(&self);
    undr_buffer bytes = {0};
    put_dialogue(&bytes);
    for (size_t piece = 1; piece <= bytes.size; piece = piece < 12 ? piece + 1 : piece * 3) {
        int client = join_server(self.port);
        for (size_t at = 0; at < bytes.size; at += piece) {
            send_raw(client, bytes.data + at, bytes.size - at < piece ? bytes.size - at : piece);
        }
        expect_dialogue(client);
        close(client);
    }
    undr_buffer_free(&bytes);
    finish(&self, NULL);
}

static void thousands_of_frames_in_one_piece(void **state) {
    (void)state;
    enum { COUNT = 20000 };
    service self;
    begin(&self);
    int client = join_server(self.port);
    undr_buffer bytes = {0};
    for (uint32_t i = 0; i < COUNT; i++) {
        put_frame(&bytes, 0x80 + i % 2, undr_slice_of(&i, sizeof i));
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        put_frame(&bytes, 't', (undr_slice){0});
    }
    send_raw(client, bytes.data, bytes.size);
    for (uint32_t i = 0; i < COUNT; i++) {
        expect_type(client, 's');
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t task = i < COUNT / 2 ? 2 * i : 2 * (i - COUNT / 2) + 1;
        expect_frame(client, 't', undr_slice_of(&task, sizeof task));
    }
    expect_counts(&self, 1, 0); /* the first `t` had nothing to settle */
    undr_buffer_free(&bytes);
    close(client);
    finish(&self, NULL);
}

static void a_message_of_64_mib(void **state) {
    (void)state;
    service self;
    begin(&self);
    int client = join_server(self.port);
    uint8_t *pickle = malloc(UNDR_PAYLOAD_MINIMUM);
    assert_non_null(pickle);
    uint32_t size = (uint32_t)UNDR_PAYLOAD_MINIMUM - 6;
    memset(pickle, 'x', UNDR_PAYLOAD_MINIMUM);
    pickle[0] = 'X';
    for (int i = 0; i < 4; i++) {
        pickle[1 + i] = (uint8_t)(size >> (8 * i));
    }
    pickle[UNDR_PAYLOAD_MINIMUM - 1] = '.';
    undr_slice message = undr_slice_of(pickle, UNDR_PAYLOAD_MINIMUM);
    send_frame(client, 'm', message);
    expect_type(client, 'm');
    undr_buffer got = {0};
    assert_int_equal(undr_manager_next_message(undr_server_lock(self.server), &got), UNDR_OK);
    undr_server_unlock(self.server);
    assert_true(undr_slice_equal(undr_buffer_slice(&got), message));
    undr_buffer_free(&got);
    send_frame(client, 0x80, message); /* and as a task, there and back */
    expect_type(client, 's');
    send_type(client, 'n');
    expect_frame(client, 't', message);
    free(pickle);
    close(client);
    finish(&self, NULL);
}

/* Silence, and peers that do not read. */

static void silent_peers_delay_nobody(void **state) {
    (void)state;
    enum { CLIENTS = 200 };
    service self;
    begin(&self);
    int clients[CLIENTS];
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i] = join_server(self.port);
        send_raw(clients[i], "n\0\0\0\0\0\0\0", i % 9); /* the start of a frame */
        expect_alive(&self);
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        send_raw(clients[i], &"n\0\0\0\0\0\0\0"[i % 9], 9 - i % 9);
        expect_frame(clients[i], 't', NONE);
        close(clients[i]);
    }
    finish(&self, NULL);
}

static void who_does_not_read_is_not_read_from(void **state) {
    (void)state;
    service self;
    begin_with(&self, (undr_server_options){.patience = 60000}); /* a busy machine may keep us from reading, too */
    int client = join_server(self.port);
    assert_int_equal(fcntl(client, F_SETFL, O_NONBLOCK), 0);
    undr_buffer bytes = {0};
    for (size_t i = 0; i < 1000; i++) {
        put_frame(&bytes, 'n', (undr_slice){0});
    }
    size_t sent = 0;
    for (int waits = 0; waits < 50;) { /* until nothing was taken for half a second */
        size_t at = sent % bytes.size;
        ssize_t n = steady_send(client, bytes.data + at, bytes.size - at, MSG_NOSIGNAL);
        if (n > 0) {
            sent += (size_t)n;
            waits = 0;
            assert_true(sent < (size_t)256 << 20); /* a server that reads for ever holds its answers for ever */
            continue;
        }
        assert_int_equal(errno, EAGAIN);
        (void)usleep(10000);
        waits++;
    }
    expect_alive(&self);
    assert_int_equal(fcntl(client, F_SETFL, 0), 0);
    for (size_t i = 0; i < sent / 9; i++) {
        expect_frame(client, 't', NONE);
    }
    undr_buffer_free(&bytes);
    close(client);
    finish(&self, sent % 9 == 0 ? NULL : "into a frame");
}

/* The server has begun to hand out tasks, and stopped before all were. */
static void expect_asleep_before(const service *self, uint64_t count) {
    uint64_t before, now = 0;
    do {
        (void)usleep(50000);
        before = now;
        now = undr_manager_handed_out(undr_server_lock(self->server));
        undr_server_unlock(self->server);
    } while (now == 0 || now != before);
    assert_true(now < count);
}

static void large_answers_to_many_requests(void **state) {
    (void)state;
    enum { COUNT = 24, SIZE = 1 << 20 };
    service self;
    begin(&self);
    int client = join_server(self.port);
    uint8_t *task = calloc(1, SIZE);
    assert_non_null(task);
    for (uint8_t i = 0; i < COUNT; i++) {
        task[SIZE - 1] = i;
        send_frame(client, 0x81, undr_slice_of(task, SIZE));
        expect_type(client, 's');
    }
    undr_buffer requests = {0};
    for (size_t i = 0; i < COUNT; i++) {
        put_frame(&requests, 'n', (undr_slice){0}); /* more than the server is ready to keep */
    }
    put_frame(&requests, 'x', (undr_slice){0});
    send_raw(client, requests.data, requests.size);
    undr_buffer_free(&requests);
    expect_asleep_before(&self, COUNT);
    for (uint8_t i = 0; i < COUNT; i++) {
        task[SIZE - 1] = i;
        expect_frame(client, 't', undr_slice_of(task, SIZE));
    }
    expect_fin(client);
    free(task);
    finish(&self, "frame of type 0x78");
}

/* Held answers. */

static void held_answers_come_in_time(void **state) {
    (void)state;
    service self;
    begin_with(&self, (undr_server_options){.manager.hold = 20});
    int a = join_server(self.port), b = join_server(self.port);
    send_type(a, 'n');
    send_type(b, 't');
    expect_frame(a, 't', NONE);
    expect_frame(b, 't', NONE);
    close(a);
    close(b);
    finish(&self, NULL);
}

/* Until an answer is held and the server has nothing left to do. */
static void await_held(const service *self) {
    uint64_t deadline = UINT64_MAX;
    while (deadline == UINT64_MAX) {
        (void)usleep(20000);
        deadline = undr_manager_deadline(undr_server_lock(self->server));
        undr_server_unlock(self->server);
    }
}

static void held_answers_come_with_the_task_or_the_close(void **state) {
    (void)state;
    service self;
    begin_with(&self, (undr_server_options){.manager.hold = 3600000});
    int a = join_server(self.port), b = join_server(self.port);
    send_type(a, 'n');
    send_frame(b, 0x80, text("x"));
    expect_type(b, 's');
    expect_frame(a, 't', text("x"));
    send_type(a, 't');
    await_held(&self);
    assert_int_equal(undr_manager_schedule(undr_server_lock(self.server), 0, text("y")), UNDR_OK);
    undr_server_unlock(self.server);
    undr_server_wake(self.server);
    expect_frame(a, 't', text("y"));
    send_type(b, 'n');
    await_held(&self);
    undr_manager_close(undr_server_lock(self.server));
    undr_server_unlock(self.server);
    undr_server_wake(self.server);
    expect_frame(b, 't', CLOSE);
    send_type(a, 't');
    expect_frame(a, 't', CLOSE);
    close(a);
    close(b);
    finish(&self, NULL);
}

static void a_lost_task_goes_to_who_waits(void **state) {
    (void)state;
    service self;
    begin_with(&self, (undr_server_options){.manager = {.hold = 3600000, .retries = 1}});
    int a = join_server(self.port), b = join_server(self.port);
    send_frame(a, 0x80, text("x"));
    expect_type(a, 's');
    send_type(a, 'n');
    expect_frame(a, 't', text("x"));
    send_type(b, 'n');
    close(a);
    expect_frame(b, 't', text("x"));
    close(b);
    finish(&self, NULL);
}

/* The server. */

static void no_more_connections(void **state) {
    (void)state;
    service self;
    begin(&self);
    int client = join_server(self.port);
    send_type(client, 'n');
    expect_frame(client, 't', NONE);
    undr_server_stop_listening(self.server);
    assert_refused(self.port);
    undr_server_stop_listening(self.server);
    send_type(client, 'n');
    expect_frame(client, 't', NONE);
    undr_server_end_connections(self.server);
    expect_end(client);
    finish(&self, NULL);
}

static void who_connected_before_is_served(void **state) {
    (void)state;
    for (size_t i = 0; i < 50; i++) { /* whether the server has accepted it by then is a matter of luck */
        service self;
        begin(&self);
        int client = join_server(self.port);
        send_type(client, 'n');
        undr_server_stop_listening(self.server);
        expect_frame(client, 't', NONE);
        close(client);
        finish(&self, NULL);
    }
}

static void out_of_descriptors(void **state) {
    (void)state;
    service self;
    struct rlimit limit, low;
    begin(&self);
    expect_alive(&self);
    int clients[3] = {new_socket(), new_socket(), new_socket()};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = limit;
    low.rlim_cur = 0; /* nobody gets a new one */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(connect_socket(clients[i], self.port), 0);
    }
    (void)usleep(50000);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    expect_alive(&self);
    for (size_t i = 0; i < 3; i++) {
        close(clients[i]);
    }
    undr_server_free(self.server);
    fclose(self.log);
    free(self.text);
}

static void starting_can_fail(void **state) {
    (void)state;
    service self;
    undr_server *second;
    begin(&self);
    undr_server_options options = {.port = self.port};
    assert_int_equal(undr_server_start(&options, &second), UNDR_SYSTEM);
    assert_int_equal(errno, EADDRINUSE);
    options = (undr_server_options){.manager.priority_levels = 129};
    assert_int_equal(undr_server_start(&options, &second), UNDR_ARGUMENT);
    undr_server_free(NULL);
    finish(&self, NULL);
}

static void *interrupt_later(void *server) {
    (void)usleep(20000); /* who would not wait is back by then */
    undr_server_interrupt(server);
    return NULL;
}

static void interrupts_wake_who_waits(void **state) {
    (void)state;
    service self;
    begin_with(&self, (undr_server_options){.handle_interrupt = true});
    (void)undr_server_lock(self.server);
    assert_int_equal(undr_server_interrupts(self.server), 0);
    assert_false(undr_server_wait(self.server, 1));
    undr_server_unlock(self.server);
    undr_server_interrupt(self.server);
    assert_int_equal(kill(getpid(), SIGINT), 0);
    (void)undr_server_lock(self.server);
    while (undr_server_interrupts(self.server) < 2) {
        assert_true(undr_server_wait(self.server, 600000));
    }
    pthread_t later;
    assert_int_equal(pthread_create(&later, NULL, interrupt_later, self.server), 0);
    assert_true(undr_server_wait(self.server, UINT64_MAX / 1000000)); /* centuries, which the clock can't count */
    undr_server_unlock(self.server);
    assert_int_equal(pthread_join(later, NULL), 0);
    finish(&self, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_whole_or_in_pieces),
        cmocka_unit_test(thousands_of_frames_in_one_piece),
        cmocka_unit_test(a_message_of_64_mib),
        cmocka_unit_test(silent_peers_delay_nobody),
        cmocka_unit_test(who_does_not_read_is_not_read_from),
        cmocka_unit_test(large_answers_to_many_requests),
        cmocka_unit_test(held_answers_come_in_time),
        cmocka_unit_test(held_answers_come_with_the_task_or_the_close),
        cmocka_unit_test(a_lost_task_goes_to_who_waits),
        cmocka_unit_test(no_more_connections),
        cmocka_unit_test(who_connected_before_is_served),
        cmocka_unit_test(out_of_descriptors),
        cmocka_unit_test(starting_can_fail),
        cmocka_unit_test(interrupts_wake_who_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
