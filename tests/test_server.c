/* test_server.c: the manager behind its TCP port: segmentation, ends, limits, held answers, many connections. */
#include "loopback.h"

#include "undr/pickle.h"
#include "undr/server.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#define NONE undr_pickle_none()
#define CLOSE undr_pickle_close_request()
#define NOTE undr_slice_of("K\1.", 3) /* a pickle of 1 */

typedef struct service {
    undr_server *server;
    uint16_t port;
    FILE *log;
    char *text; /* of the log, when it was read */
    size_t size;
} service;

static void begin_with(service *self, undr_server_options options) {
    self->log = open_memstream(&self->text, &self->size);
    assert_non_null(self->log);
    options.log = self->log;
    assert_int_equal(undr_server_start(&options, &self->server), UNDR_OK);
    self->port = undr_server_port(self->server);
}

static void begin(service *self) {
    begin_with(self, (undr_server_options){0});
}

/* Ends the server. What it logged must contain `words` (NULL: it must be empty). */
static void finish(service *self, const char *words) {
    undr_server_free(self->server);
    assert_int_equal(fclose(self->log), 0);
    if (words == NULL) {
        assert_string_equal(self->text, "");
    } else {
        assert_non_null(strstr(self->text, words));
    }
    free(self->text);
}

static undr_slice text(const char *content) {
    return undr_slice_text(content);
}

static void expect_alive(const service *self) {
    int client = join_server(self->port);
    send_type(client, 'n');
    expect_frame(client, 't', NONE);
    close(client);
}

static void expect_counts(const service *self, size_t tasks, size_t messages) {
    undr_manager_core *core = undr_server_lock(self->server);
    assert_int_equal(undr_manager_tasks_left(core), tasks);
    assert_int_equal(undr_manager_messages(core), messages);
    undr_server_unlock(self->server);
}

/* Waits until the inbox holds that many. */
static void await_messages(const service *self, size_t messages) {
    undr_manager_core *core = undr_server_lock(self->server);
    while (undr_manager_messages(core) < messages) {
        assert_true(undr_server_wait(self->server, 60000));
    }
    undr_server_unlock(self->server);
}

/* Segmentation. */

static void put_dialogue(undr_buffer *bytes) {
    put_frame(bytes, 0x81, text("late"));
    put_frame(bytes, 0x80, text("soon"));
    put_frame(bytes, 'n', (undr_slice){0});
    put_frame(bytes, 'm', NOTE);
    put_frame(bytes, 't', (undr_slice){0});
    put_frame(bytes, 't', (undr_slice){0});
}

static void expect_dialogue(int client) {
    expect_type(client, 's');
    expect_type(client, 's');
    expect_frame(client, 't', text("soon"));
    expect_type(client, 'm');
    expect_frame(client, 't', text("late"));
    expect_frame(client, 't', NONE);
}

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

/* Ends. */

static void what_was_asked_before_a_half_close_is_answered(void **state) {
    (void)state;
    service self;
    begin_with(&self, (undr_server_options){.manager.hold = 3600000});
    int client = join_server(self.port);
    undr_buffer bytes = {0};
    put_dialogue(&bytes); /* its last answer is held */
    send_raw(client, bytes.data, bytes.size);
    assert_int_equal(shutdown(client, SHUT_WR), 0);
    expect_dialogue(client);
    expect_fin(client);
    undr_buffer_free(&bytes);
    finish(&self, NULL);
}

static void a_large_answer_after_a_half_close(void **state) {
    (void)state;
    enum { SIZE = 32 << 20 };
    service self;
    begin(&self);
    uint8_t *task = calloc(1, SIZE);
    assert_non_null(task);
    assert_int_equal(undr_manager_schedule(undr_server_lock(self.server), 0, undr_slice_of(task, SIZE)), UNDR_OK);
    undr_server_unlock(self.server);
    int client = join_server(self.port);
    send_type(client, 'n');
    assert_int_equal(shutdown(client, SHUT_WR), 0);
    expect_frame(client, 't', undr_slice_of(task, SIZE));
    expect_fin(client);
    free(task);
    finish(&self, NULL);
}

static void a_stream_may_end_anywhere(void **state) {
    (void)state;
    service self;
    begin(&self);
    undr_buffer frame = {0};
    put_frame(&frame, 0x80, text("task"));
    for (size_t size = 0; size < frame.size; size++) {
        int client = join_server(self.port);
        send_type(client, 'n');
        send_raw(client, frame.data, size);
        assert_int_equal(shutdown(client, SHUT_WR), 0);
        expect_frame(client, 't', NONE);
        expect_fin(client);
    }
    expect_counts(&self, 0, 0);
    undr_buffer_free(&frame);
    finish(&self, "the peer ended the connection 12 bytes into a frame");
}

static void a_reset_affects_no_other(void **state) {
    (void)state;
    service self;
    begin(&self);
    int other = join_server(self.port), client = join_server(self.port);
    send_frame(client, 0x81, text("x"));
    expect_type(client, 's');
    send_frame(client, 0x81, text("y"));
    expect_type(client, 's');
    send_type(client, 'n');
    expect_frame(client, 't', text("x"));
    send_raw(client, "\x80\1\0", 3);
    reset_connection(client);
    await_messages(&self, 1); /* x is reported, y still there */
    send_type(other, 'n');
    expect_frame(other, 't', text("y"));
    expect_counts(&self, 1, 1);
    close(other);
    finish(&self, "connection"); /* lost, or ended inside a frame: libuv does not always tell a reset from an end */
}

static void violations_end_the_connection_behind_earlier_answers(void **state) {
    (void)state;
    static const struct {
        unsigned type;
        const char *payload;
    } bad[] = {{'n', "x"}, {'t', "x"}, {'m', ""}, {'m', "x"}, {0x82, "x"}, {0xff, ""}, {'s', ""}, {0, ""}, {0x7f, "x"}};
    service self;
    begin(&self);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        undr_buffer bytes = {0};
        int client = join_server(self.port);
        put_frame(&bytes, 'n', (undr_slice){0});
        put_frame(&bytes, bad[i].type, text(bad[i].payload));
        put_frame(&bytes, 'n', (undr_slice){0}); /* not looked at any more */
        send_raw(client, bytes.data, bytes.size);
        expect_frame(client, 't', NONE);
        expect_fin(client);
        undr_buffer_free(&bytes);
    }
    expect_counts(&self, 0, 0);
    expect_alive(&self);
    finish(&self, "connection ended: frame of type 0x82 with 1 bytes: the priority has no queue in this manager");
}

static void absurd_lengths_cost_nothing(void **state) {
    (void)state;
    static const uint64_t lengths[] = {UINT64_MAX, (uint64_t)1 << 63, (uint64_t)1 << 62, (uint64_t)1 << 47,
        (uint64_t)1 << 40, UNDR_DEFAULT_PAYLOAD_LIMIT + 1};
    service self;
    begin(&self);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        int client = join_server(self.port);
        uint8_t header[UNDR_HEADER_SIZE];
        undr_frame_header(header, 0x80, lengths[i]);
        send_raw(client, header, sizeof header);
        expect_fin(client);
    }
    expect_alive(&self);
    finish(&self, "connection ended: frame of type 0x80: the header announces a payload above the limit");
}

static long virtual_kib(void) {
    char line[256];
    long kib = -1;
    FILE *status = fopen("/proc/self/status", "re");
    assert_non_null(status);
    while (kib < 0 && fgets(line, sizeof line, status) != NULL) {
        (void)sscanf(line, "VmData: %ld", &kib);
    }
    fclose(status);
    assert_true(kib > 0);
    return kib;
}

static void announced_bytes_take_no_memory_before_they_come(void **state) {
    (void)state;
    enum { CLIENTS = 20 };
    service self;
    begin(&self);
    int clients[CLIENTS];
    expect_alive(&self);
    long before = virtual_kib();
    for (size_t i = 0; i < CLIENTS; i++) {
        uint8_t start[UNDR_HEADER_SIZE + 100] = {0};
        undr_frame_header(start, 'm', UNDR_DEFAULT_PAYLOAD_LIMIT);
        clients[i] = join_server(self.port);
        send_raw(clients[i], start, sizeof start);
    }
    expect_alive(&self); /* later than all of them */
    assert_true(virtual_kib() - before < 32 * 1024);
    for (size_t i = 0; i < CLIENTS; i++) {
        close(clients[i]);
    }
    finish(&self, "into a frame");
}

static void a_payload_limit_is_kept(void **state) {
    (void)state;
    service self;
    begin_with(&self, (undr_server_options){.payload_limit = 10});
    int client = join_server(self.port);
    send_frame(client, 0x80, text("1234567890"));
    expect_type(client, 's');
    send_frame(client, 0x80, text("12345678901"));
    expect_fin(client); /* the payload was read, too: no reset */
    expect_counts(&self, 1, 0);
    finish(&self, "above the limit (10 bytes)");
}

static void who_goes_on_sending_after_a_violation_is_cut_off(void **state) {
    (void)state;
    service self;
    begin(&self);
    int client = join_server(self.port);
    static const char junk[65536];
    ssize_t sent = 1;
    for (size_t i = 0; i < 4096 && sent > 0; i++) { /* 256 MiB */
        sent = send(client, junk, sizeof junk, MSG_NOSIGNAL);
    }
    assert_true(sent < 0);
    close(client);
    expect_alive(&self);
    finish(&self, "frame of type 0x00");
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
        send_raw(clients[i], "n\0\0\0\0\0\0\0" + i % 9, 9 - i % 9);
        expect_frame(clients[i], 't', NONE);
        close(clients[i]);
    }
    finish(&self, NULL);
}

static void who_does_not_read_is_not_read_from(void **state) {
    (void)state;
    service self;
    begin(&self);
    int client = join_server(self.port);
    assert_int_equal(fcntl(client, F_SETFL, O_NONBLOCK), 0);
    undr_buffer bytes = {0};
    for (size_t i = 0; i < 1000; i++) {
        put_frame(&bytes, 'n', (undr_slice){0});
    }
    size_t sent = 0;
    for (int waits = 0; waits < 50;) { /* until nothing was taken for half a second */
        size_t at = sent % bytes.size;
        ssize_t n = send(client, bytes.data + at, bytes.size - at, MSG_NOSIGNAL);
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
    for (size_t i = 0; i < COUNT; i++) {
        send_type(client, 'n'); /* more than the server is ready to keep */
    }
    send_type(client, 'x');
    (void)usleep(50000);
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
    assert_int_equal(undr_manager_schedule(undr_server_lock(self.server), 0, text("y")), UNDR_OK);
    undr_server_unlock(self.server);
    undr_server_wake(self.server);
    expect_frame(a, 't', text("y"));
    send_type(b, 'n');
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
        assert_true(undr_server_wait(self.server, 60000));
    }
    undr_server_unlock(self.server);
    finish(&self, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_whole_or_in_pieces),
        cmocka_unit_test(thousands_of_frames_in_one_piece),
        cmocka_unit_test(a_message_of_64_mib),
        cmocka_unit_test(what_was_asked_before_a_half_close_is_answered),
        cmocka_unit_test(a_large_answer_after_a_half_close),
        cmocka_unit_test(a_stream_may_end_anywhere),
        cmocka_unit_test(a_reset_affects_no_other),
        cmocka_unit_test(violations_end_the_connection_behind_earlier_answers),
        cmocka_unit_test(absurd_lengths_cost_nothing),
        cmocka_unit_test(announced_bytes_take_no_memory_before_they_come),
        cmocka_unit_test(a_payload_limit_is_kept),
        cmocka_unit_test(who_goes_on_sending_after_a_violation_is_cut_off),
        cmocka_unit_test(silent_peers_delay_nobody),
        cmocka_unit_test(who_does_not_read_is_not_read_from),
        cmocka_unit_test(large_answers_to_many_requests),
        cmocka_unit_test(held_answers_come_in_time),
        cmocka_unit_test(held_answers_come_with_the_task_or_the_close),
        cmocka_unit_test(a_lost_task_goes_to_who_waits),
        cmocka_unit_test(no_more_connections),
        cmocka_unit_test(out_of_descriptors),
        cmocka_unit_test(starting_can_fail),
        cmocka_unit_test(interrupts_wake_who_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
