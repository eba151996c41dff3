/* test_server_ends.c: the manager behind its TCP port: how connections end, and what ends them. */
#include "support/service.h"

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

static void who_does_not_wait_for_a_large_answer(void **state) {
    (void)state;
    enum { SIZE = 32 << 20 };
    service self;
    begin(&self);
    uint8_t *task = calloc(1, SIZE);
    assert_non_null(task);
    for (size_t i = 0; i < 4; i++) {
        int client = join_server(self.port);
        send_frame(client, 0x80, undr_slice_of(task, SIZE));
        expect_type(client, 's');
        send_type(client, 'n');
        (void)usleep(10000 * (useconds_t)i);
        close(client); /* the server may be writing: no signal may end the process */
        await_messages(&self, i + 1);
    }
    expect_alive(&self);
    free(task);
    finish(&self, "connection");
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
    finish(&self, "connection ended: frame of type 0x80: the payload is above the limit");
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
    for (size_t i = 0; i < CLIENTS; i++) {
        send_raw(clients[i], "more", 4);
    }
    expect_alive(&self);
    assert_true(virtual_kib() - before < 32 * 1024);
    for (size_t i = 0; i < CLIENTS; i++) {
        close(clients[i]);
    }
    finish(&self, "into a frame");
}

/* A limit above what this machine can hold in one piece is that. */
static void no_limit_exceeds_what_memory_can_hold(void **state) {
    (void)state;
    service self;
    begin_with(&self, (undr_server_options){.payload_limit = UINT64_MAX});
    int client = join_server(self.port);
    uint8_t header[UNDR_HEADER_SIZE];
    undr_frame_header(header, 'm', UNDR_PAYLOAD_MAXIMUM + 1);
    send_raw(client, header, sizeof header);
    expect_fin(client);
    expect_alive(&self);
    finish(&self, "connection ended: frame of type 0x6d: the payload is above the limit");
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

static void what_follows_a_violation_does_not_cost_the_earlier_answers(void **state) {
    (void)state;
    enum { SIZE = 700000 };
    service self;
    begin(&self);
    uint8_t *payload = calloc(1, SIZE);
    assert_non_null(payload);
    undr_buffer bytes = {0};
    int client = join_server(self.port);
    put_frame(&bytes, 'n', (undr_slice){0});
    put_frame(&bytes, 'x', (undr_slice){0});
    put_frame(&bytes, 'm', undr_slice_of(payload, SIZE)); /* unread bytes would make the end a reset */
    send_raw(client, bytes.data, bytes.size);
    expect_frame(client, 't', NONE);
    expect_fin(client);
    undr_buffer_free(&bytes);
    free(payload);
    finish(&self, "frame of type 0x78");
}

static void who_goes_on_sending_after_a_violation_is_cut_off(void **state) {
    (void)state;
    service self;
    begin(&self);
    int client = join_server(self.port);
    static const char junk[65536];
    ssize_t sent = 1;
    for (size_t i = 0; i < 4096 && sent > 0; i++) { /* 256 MiB */
        sent = steady_send(client, junk, sizeof junk, MSG_NOSIGNAL);
    }
    assert_true(sent < 0);
    close(client);
    expect_alive(&self);
    finish(&self, "frame of type 0x00");
}

/* Who asks more than it reads. */

static uint16_t port_of(int socket, int (*name)(int socket, struct sockaddr *address, socklen_t *size)) {
    struct sockaddr_in address = {0};
    socklen_t size = sizeof address;
    return name(socket, (struct sockaddr *)&address, &size) == 0 ? address.sin_port : 0;
}

/* The server's end of a connection, which is in this process, too. -1: it is closed. */
static int server_end(int client) {
    uint16_t port = port_of(client, getsockname);
    for (int socket = 0; socket < 1024; socket++) {
        if (socket != client && port_of(socket, getpeername) == port) {
            return socket;
        }
    }
    return -1;
}

/* A connection that the server serves and whose sockets take little. */
static int join_narrowly(const service *self) {
    enum { SIZE = 32 * 1024 };
    const int size = SIZE;
    int client = new_socket();
    assert_int_equal(setsockopt(client, SOL_SOCKET, SO_RCVBUF, &size, sizeof size), 0);
    assert_int_equal(setsockopt(client, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
    assert_int_equal(connect_socket(client, self->port), 0);
    send_frame(client, 'm', NOTE);
    expect_type(client, 'm');
    int other = server_end(client);
    assert_true(other >= 0);
    assert_int_equal(setsockopt(other, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
    assert_int_equal(setsockopt(other, SOL_SOCKET, SO_RCVBUF, &size, sizeof size), 0);
    return client;
}

static void ask(int client, size_t times) {
    undr_buffer bytes = {0};
    for (size_t i = 0; i < times; i++) {
        put_frame(&bytes, 'n', (undr_slice){0});
    }
    send_raw(client, bytes.data, bytes.size);
    undr_buffer_free(&bytes);
}

static void await_handed_out(const service *self, uint64_t tasks) {
    uint64_t got = 0;
    while (got < tasks) { /* ctest ends a wait for ever */
        (void)usleep(1000);
        got = undr_manager_handed_out(undr_server_lock(self->server));
        undr_server_unlock(self->server);
    }
}

/* Half a megabyte of answers is being written, as much again makes it too much with requests left; when the first half
 * is gone, those requests are still there: nothing may be read before they are handled. */
static void kept_requests_are_handled_before_more_is_read(void **state) {
    (void)state;
    enum { SIZE = 100000, FIRST = 5, THEN = 20, LAST = 15 };
    service self;
    begin(&self);
    uint8_t *task = calloc(1, SIZE);
    assert_non_null(task);
    for (uint8_t i = 0; i < FIRST + THEN + LAST; i++) {
        memset(task, i, SIZE);
        assert_int_equal(undr_manager_schedule(undr_server_lock(self.server), 0, undr_slice_of(task, SIZE)), UNDR_OK);
        undr_server_unlock(self.server);
    }
    int client = join_narrowly(&self);
    ask(client, FIRST);
    await_handed_out(&self, FIRST);
    ask(client, THEN);
    await_handed_out(&self, FIRST + 1);
    ask(client, LAST);
    for (uint8_t i = 0; i < FIRST + THEN + LAST; i++) {
        memset(task, i, SIZE);
        expect_frame(client, 't', undr_slice_of(task, SIZE));
    }
    close(client);
    await_messages(&self, 1 + FIRST + THEN + LAST); /* all are lost: the server has seen the end */
    free(task);
    finish(&self, NULL);
}

static void await_connections(const service *self, size_t count) {
    size_t got = SIZE_MAX;
    while (got != count) { /* ctest ends a wait for ever */
        (void)usleep(1000);
        got = undr_manager_connections(undr_server_lock(self->server));
        undr_server_unlock(self->server);
    }
}

/* However many ask, and however long answers are held: who waits is bounded, and its end is noticed. */
static void requests_behind_a_held_answer_are_bounded(void **state) {
    (void)state;
    enum { WAIT = 4096 };
    service self;
    begin_with(&self, (undr_server_options){.manager.hold = 3600000});
    int client = join_server(self.port);
    ask(client, WAIT);
    for (size_t i = 0; i < WAIT; i++) {
        expect_frame(client, 't', NONE);
    }
    ask(client, WAIT - 1);
    await_connections(&self, 1);
    assert_int_equal(undr_manager_schedule(undr_server_lock(self.server), 0, text("x")), UNDR_OK);
    undr_server_unlock(self.server);
    undr_server_wake(self.server);
    expect_frame(client, 't', text("x")); /* these do wait */
    close(client);
    await_connections(&self, 0);
    await_messages(&self, 1); /* the lost task */
    finish(&self, NULL);
}

static void who_does_not_read_is_cut_off(void **state) {
    (void)state;
    enum { SIZE = 3000000 };
    service self;
    begin_with(&self, (undr_server_options){.patience = 50});
    uint8_t *task = calloc(1, SIZE);
    assert_non_null(task);
    int client = join_narrowly(&self);
    assert_int_equal(undr_manager_schedule(undr_server_lock(self.server), 0, undr_slice_of(task, SIZE)), UNDR_OK);
    undr_server_unlock(self.server);
    send_type(client, 'n');   /* it asks and never reads */
    await_messages(&self, 2); /* that of join_narrowly, and the loss of the task */
    close(client);
    free(task);
    finish(&self, "bytes of answers were not read");
}

/* Slow, but it reads: whatever the patience is, progress within it is enough. */
static void who_reads_slowly_is_waited_for(void **state) {
    (void)state;
    enum { SIZE = 600000, PIECE = 20000, PATIENCE = 1000 };
    service self;
    begin_with(&self, (undr_server_options){.patience = PATIENCE});
    uint8_t *task = calloc(1, SIZE), got[PIECE];
    assert_non_null(task);
    int client = join_narrowly(&self);
    assert_int_equal(undr_manager_schedule(undr_server_lock(self.server), 0, undr_slice_of(task, SIZE)), UNDR_OK);
    undr_server_unlock(self.server);
    send_type(client, 'n');
    for (size_t rest = SIZE + UNDR_HEADER_SIZE; rest > 0;) { /* takes longer than the patience */
        size_t piece = rest < PIECE ? rest : PIECE;
        receive_raw(client, got, piece);
        rest -= piece;
        (void)usleep(50000);
    }
    send_type(client, 't');
    expect_frame(client, 't', NONE);
    close(client);
    free(task);
    finish(&self, NULL);
}

static void who_does_not_read_its_last_answers_is_cut_off(void **state) {
    (void)state;
    enum { SIZE = 500000 }; /* more than the sockets take, less than stops the server to read */
    for (int violates = 0; violates < 2; violates++) {
        service self;
        begin_with(&self, (undr_server_options){.patience = 50});
        uint8_t *task = calloc(1, SIZE);
        assert_non_null(task);
        int client = join_narrowly(&self);
        assert_int_equal(undr_manager_schedule(undr_server_lock(self.server), 0, undr_slice_of(task, SIZE)), UNDR_OK);
        undr_server_unlock(self.server);
        send_type(client, 'n');
        if (violates) {
            send_type(client, 'x');
        } else {
            assert_int_equal(shutdown(client, SHUT_WR), 0);
        }
        while (server_end(client) >= 0) { /* ctest ends a wait for ever */
            (void)usleep(1000);
        }
        close(client);
        free(task);
        finish(&self, "bytes of answers were not read");
    }
}

/* Progress counts for the last answers as for any: those that were on their way when the connection ended, and those
 * behind them. */
static void who_reads_his_last_answers_slowly_is_waited_for(void **state) {
    (void)state;
    enum { SIZE = 300000, TASKS = 3, PIECE = 20000, PATIENCE = 1000 };
    static uint8_t task[SIZE], got[PIECE];
    for (int violates = 0; violates < 2; violates++) {
        service self;
        begin_with(&self, (undr_server_options){.patience = PATIENCE});
        int client = join_narrowly(&self);
        for (int i = 0; i < TASKS; i++) {
            assert_int_equal(
                undr_manager_schedule(undr_server_lock(self.server), 0, undr_slice_of(task, SIZE)), UNDR_OK);
            undr_server_unlock(self.server);
        }
        ask(client, 1);
        await_handed_out(&self, 1);
        ask(client, TASKS - 1);
        if (violates) {
            send_type(client, 'x');
        } else {
            assert_int_equal(shutdown(client, SHUT_WR), 0);
        }
        for (size_t rest = TASKS * (SIZE + UNDR_HEADER_SIZE); rest > 0;) { /* takes longer than the patience */
            size_t piece = rest < PIECE ? rest : PIECE;
            receive_raw(client, got, piece);
            rest -= piece;
            (void)usleep(50000);
        }
        close(client);
        await_messages(&self, 1 + TASKS); /* that of join_narrowly, and the losses */
        finish(&self, violates ? "connection ended: frame of type 0x78" : NULL);
    }
}

/* Who has sent all that he will, a violation with it, still reads. */
static void a_half_close_behind_a_violation_does_not_cost_the_earlier_answers(void **state) {
    (void)state;
    enum { SIZE = 500000 }; /* more than the sockets take, less than stops the server to read */
    static uint8_t task[SIZE];
    service self;
    begin(&self);
    int client = join_narrowly(&self);
    assert_int_equal(undr_manager_schedule(undr_server_lock(self.server), 0, undr_slice_of(task, SIZE)), UNDR_OK);
    undr_server_unlock(self.server);
    send_type(client, 'n');
    await_handed_out(&self, 1);
    send_type(client, 'x');
    await_connections(&self, 0);
    assert_int_equal(shutdown(client, SHUT_WR), 0);
    expect_frame(client, 't', undr_slice_of(task, SIZE));
    expect_end(client);
    close(client);
    finish(&self, "connection ended: frame of type 0x78");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_asked_before_a_half_close_is_answered),
        cmocka_unit_test(a_large_answer_after_a_half_close),
        cmocka_unit_test(who_does_not_wait_for_a_large_answer),
        cmocka_unit_test(a_stream_may_end_anywhere),
        cmocka_unit_test(a_reset_affects_no_other),
        cmocka_unit_test(violations_end_the_connection_behind_earlier_answers),
        cmocka_unit_test(absurd_lengths_cost_nothing),
        cmocka_unit_test(announced_bytes_take_no_memory_before_they_come),
        cmocka_unit_test(no_limit_exceeds_what_memory_can_hold),
        cmocka_unit_test(a_payload_limit_is_kept),
        cmocka_unit_test(what_follows_a_violation_does_not_cost_the_earlier_answers),
        cmocka_unit_test(who_goes_on_sending_after_a_violation_is_cut_off),
        cmocka_unit_test(kept_requests_are_handled_before_more_is_read),
        cmocka_unit_test(requests_behind_a_held_answer_are_bounded),
        cmocka_unit_test(who_does_not_read_is_cut_off),
        cmocka_unit_test(who_reads_slowly_is_waited_for),
        cmocka_unit_test(who_does_not_read_its_last_answers_is_cut_off),
        cmocka_unit_test(who_reads_his_last_answers_slowly_is_waited_for),
        cmocka_unit_test(a_half_close_behind_a_violation_does_not_cost_the_earlier_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
