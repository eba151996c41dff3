/* test_server_large.c: large payloads, which get memory of their own, are decoded by another thread and never copied:
 * around the sizes where that begins, in order with small ones, and with peers that leave meanwhile. */
#include "support/service.h"

#include "net/server_parts.h"

static const size_t sizes[] = {UNDR_LARGE_PAYLOAD - 1, UNDR_LARGE_PAYLOAD, UNDR_LARGE_PAYLOAD + 1,
    UNDR_SCRATCH_SIZE - 9, UNDR_SCRATCH_SIZE - 8, UNDR_SCRATCH_SIZE, UNDR_SCRATCH_SIZE + 1, 3 * UNDR_SCRATCH_SIZE,
    5000000};

enum { SIZES = sizeof sizes / sizeof *sizes };

/* A pickle of bytes: BINBYTES, the length, the bytes, STOP. */
static undr_buffer make_pickle(size_t size, uint8_t fill) {
    undr_buffer pickle = {0};
    assert_int_equal(undr_put_u8(&pickle, 'B'), UNDR_OK);
    assert_int_equal(undr_put_u32le(&pickle, (uint32_t)(size - 6)), UNDR_OK);
    assert_int_equal(undr_buffer_reserve(&pickle, size), UNDR_OK);
    memset(pickle.data + pickle.size, fill, size - 6);
    pickle.size = size - 1;
    assert_int_equal(undr_put_u8(&pickle, '.'), UNDR_OK);
    return pickle;
}

static void expect_message(const service *self, undr_slice pickle) {
    undr_buffer message = {0};
    assert_int_equal(undr_manager_next_message(undr_server_lock(self->server), &message), UNDR_OK);
    undr_server_unlock(self->server);
    assert_int_equal(message.size, pickle.size);
    assert_memory_equal(message.data, pickle.data, pickle.size);
    undr_buffer_free(&message);
}

static void messages_and_tasks_of_all_sizes(void **state) {
    (void)state;
    service self;
    begin(&self);
    int client = join_server(self.port);
    for (size_t i = 0; i < SIZES; i++) {
        undr_buffer pickle = make_pickle(sizes[i], (uint8_t)i);
        send_frame(client, 'm', undr_buffer_slice(&pickle));
        expect_type(client, 'm');
        expect_message(&self, undr_buffer_slice(&pickle));
        send_frame(client, 0x81, undr_buffer_slice(&pickle));
        expect_type(client, 's');
        send_type(client, 't');
        expect_frame(client, 't', undr_buffer_slice(&pickle));
        undr_buffer_free(&pickle);
    }
    close(client);
    await_messages(&self, 1); /* the last task is lost */
    finish(&self, NULL);
}

/* REQ-1: small requests behind a message that another thread decodes wait for it. */
static void what_stands_behind_waits(void **state) {
    (void)state;
    service self;
    begin(&self);
    int client = join_server(self.port);
    undr_buffer bytes = {0};
    for (size_t i = 0; i < SIZES; i++) {
        undr_buffer pickle = make_pickle(sizes[i], (uint8_t)i);
        put_frame(&bytes, 'm', undr_buffer_slice(&pickle));
        put_frame(&bytes, 'n', (undr_slice){0});
        put_frame(&bytes, 'm', NOTE);
        put_frame(&bytes, 0x80, undr_buffer_slice(&pickle));
        put_frame(&bytes, 'n', (undr_slice){0});
        put_frame(&bytes, 'n', (undr_slice){0});
        send_raw(client, bytes.data, bytes.size);
        expect_type(client, 'm');
        expect_frame(client, 't', NONE);
        expect_type(client, 'm');
        expect_type(client, 's');
        expect_frame(client, 't', undr_buffer_slice(&pickle));
        expect_frame(client, 't', NONE);
        expect_message(&self, undr_buffer_slice(&pickle));
        expect_message(&self, NOTE);
        send_type(client, 't');
        expect_frame(client, 't', NONE);
        bytes.size = 0;
        undr_buffer_free(&pickle);
    }
    undr_buffer_free(&bytes);
    close(client);
    finish(&self, NULL);
}

/* Three tasks are asked for before the first is read: each answer is whole, and in order; and one is settled before its
 * answer was read. */
static void several_large_answers_at_once(void **state) {
    (void)state;
    service self;
    begin(&self);
    int client = join_server(self.port);
    undr_buffer pickles[3];
    for (size_t i = 0; i < 3; i++) {
        pickles[i] = make_pickle(1500000, (uint8_t)i);
        send_frame(client, 0x80, undr_buffer_slice(&pickles[i]));
        expect_type(client, 's');
    }
    send_raw(client, "n\0\0\0\0\0\0\0\0n\0\0\0\0\0\0\0\0n\0\0\0\0\0\0\0\0t\0\0\0\0\0\0\0\0", 36);
    for (size_t i = 0; i < 3; i++) {
        expect_frame(client, 't', undr_buffer_slice(&pickles[i]));
        undr_buffer_free(&pickles[i]);
    }
    expect_frame(client, 't', NONE);
    expect_counts(&self, 2, 0);
    close(client);
    await_messages(&self, 2);
    finish(&self, NULL);
}

/* Two tasks at once, large and never copied where that can be. */
static void schedule_two(const service *self, const undr_buffer *pickle) {
    undr_manager_core *core = undr_server_lock(self->server);
    for (int i = 0; i < 2; i++) {
        undr_buffer whole = {0};
        assert_int_equal(undr_put_slice(&whole, undr_buffer_slice(pickle)), UNDR_OK);
        assert_int_equal(undr_manager_schedule_whole(core, 0, undr_buffer_slice(&whole), &whole), UNDR_OK);
    }
    undr_server_unlock(self->server);
    undr_server_wake(self->server);
}

/* Small answers behind each of two large ones, all due before the first was read: in order, and whole. The second task
 * is not handed out when the first is more than a connection may have unread. */
static void small_answers_behind_large_ones(void **state) {
    (void)state;
    static const size_t large[] = {20000, 900000, 5000000};
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        service self;
        begin_with(&self, (undr_server_options){.manager.hold = 3600000});
        int client = join_server(self.port);
        undr_buffer pickle = make_pickle(large[i], 'x'), requests = {0};
        for (int round = 0; round < 2; round++) {
            put_frame(&requests, 'n', (undr_slice){0});
            put_frame(&requests, 'm', NOTE);
        }
        send_raw(client, requests.data, requests.size);
        await_messages(&self, 2); /* all of them were taken */
        schedule_two(&self, &pickle);
        bool is_full = large[i] > UNDR_UNREAD_LIMIT;
        expect_frame(client, 't', undr_buffer_slice(&pickle));
        expect_type(client, 'm');
        expect_frame(client, 't', is_full ? NONE : undr_buffer_slice(&pickle));
        expect_type(client, 'm');
        send_type(client, 't');
        if (is_full) {
            expect_frame(client, 't', undr_buffer_slice(&pickle));
        }
        undr_buffer_free(&pickle);
        undr_buffer_free(&requests);
        close(client);
        await_messages(&self, 3);
        undr_server_free(self.server);
        (void)fclose(self.log);
        free(self.text);
    }
}

/* Who does not read is handed no more than goes into the buffers: the rest is for others. When it reads, it gets what
 * is its own, whole, and then None. */
static void who_does_not_read_is_handed_no_more(void **state) {
    (void)state;
    enum { TASKS = 300, SIZE = 100000 }; /* much more than the sockets' buffers hold */
    service self;
    begin_with(&self, (undr_server_options){.manager.hold = 3600000});
    int client = join_server(self.port), other = join_server(self.port);
    undr_buffer pickle = make_pickle(SIZE, 'x'), requests = {0}, got = {0};
    for (int i = 0; i < TASKS; i++) {
        put_frame(&requests, 'n', (undr_slice){0});
    }
    send_raw(client, requests.data, requests.size);
    send_frame(client, 'm', NOTE); /* behind them: it has been taken when it is in the inbox */
    await_messages(&self, 1);
    for (int i = 0; i < TASKS; i++) {
        send_frame(other, 0x80, undr_buffer_slice(&pickle));
        expect_type(other, 's');
    }
    size_t tasks = 0, nones = 0;
    for (int i = 0; i < TASKS; i++) {
        assert_int_equal(receive_frame(client, &got), 't');
        bool is_none = undr_slice_equal(undr_buffer_slice(&got), NONE);
        assert_true(is_none || nones == 0);
        assert_true(is_none || undr_slice_equal(undr_buffer_slice(&got), undr_buffer_slice(&pickle)));
        *(is_none ? &nones : &tasks) += 1;
    }
    expect_type(client, 'm');
    assert_true(tasks > 0 && nones > 0);
    for (size_t i = tasks; i < TASKS; i++) { /* the others are still there, for whoever asks */
        send_type(i % 2 == 0 ? client : other, 'n');
        expect_frame(i % 2 == 0 ? client : other, 't', undr_buffer_slice(&pickle));
    }
    expect_counts(&self, TASKS, 1);
    undr_buffer_free(&pickle);
    undr_buffer_free(&requests);
    undr_buffer_free(&got);
    close(client);
    close(other);
    await_messages(&self, TASKS + 1);
    finish(&self, NULL);
}

/* MSG-3: the end of the pickle is missing. */
static void a_large_message_that_is_no_pickle(void **state) {
    (void)state;
    for (size_t i = 0; i < SIZES; i++) {
        service self;
        begin(&self);
        int client = join_server(self.port);
        undr_buffer pickle = make_pickle(sizes[i], 'x');
        pickle.data[pickle.size - 1] = 'x';
        send_frame(client, 'm', undr_buffer_slice(&pickle));
        uint8_t byte;
        assert_int_equal(steady_recv(client, &byte, 1, 0), 0);
        expect_counts(&self, 0, 0);
        expect_alive(&self);
        undr_buffer_free(&pickle);
        close(client);
        finish(&self, "connection ended: frame of type 0x6d");
    }
}

/* Whoever leaves, or is thrown out, while his message is decoded or his task is written. */
static void who_leaves_meanwhile(void **state) {
    (void)state;
    undr_buffer pickle = make_pickle(5000000, 'x');
    for (int round = 0; round < 20; round++) {
        service self;
        begin(&self);
        int sender = join_server(self.port), asker = join_server(self.port);
        send_frame(sender, 0x80, undr_buffer_slice(&pickle));
        expect_type(sender, 's');
        send_type(asker, 'n'); /* and never reads */
        send_frame(sender, 'm', undr_buffer_slice(&pickle));
        if (round % 2 == 0) {
            close(sender);
            close(asker);
        } else {
            undr_server_end_connections(self.server);
            close(sender);
            close(asker);
        }
        undr_server_free(self.server);
        assert_int_equal(fclose(self.log), 0);
        free(self.text);
    }
    undr_buffer_free(&pickle);
}

/* FRAME-5, FRAME-8: a header that promises much and a peer that leaves. */
static void what_is_begun_and_not_ended(void **state) {
    (void)state;
    service self;
    begin(&self);
    int client = join_server(self.port);
    uint8_t begun[UNDR_HEADER_SIZE + 3] = {0};
    undr_frame_header(begun, 0x80, UNDR_DEFAULT_PAYLOAD_LIMIT); /* 1 GiB is announced; with 32 bits, half of that */
    send_raw(client, begun, sizeof begun);
    expect_alive(&self);
    close(client);
    expect_alive(&self);
    expect_counts(&self, 0, 0);
    finish(&self, "12 bytes into a frame");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_and_tasks_of_all_sizes),
        cmocka_unit_test(what_stands_behind_waits),
        cmocka_unit_test(several_large_answers_at_once),
        cmocka_unit_test(small_answers_behind_large_ones),
        cmocka_unit_test(who_does_not_read_is_handed_no_more),
        cmocka_unit_test(a_large_message_that_is_no_pickle),
        cmocka_unit_test(who_leaves_meanwhile),
        cmocka_unit_test(what_is_begun_and_not_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
