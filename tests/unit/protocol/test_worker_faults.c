/* test_worker_faults.c: each allocation of the worker's side fails in turn: an error, and nothing leaks. */
#include "support/failing_malloc.h"

#include "programs/adapter.c"
#include "support/steady.h"
#include "undr/pickle.h"
#include "undr/socket.h"

#include <sys/socket.h>

static undr_error make_exception(void *unused) {
    (void)unused;
    undr_arena arena = {0};
    undr_value *exception;
    const undr_failure failure = {.class_name = "my.Error", .text = "boom"};
    undr_error error = undr_worker_exception(&arena, &failure, &exception);
    undr_arena_free(&arena);
    return error;
}

static undr_error make_chain(void *unused) {
    (void)unused;
    undr_arena arena = {0};
    undr_value *chain;
    undr_error error = undr_chain(&arena, NULL, 0, &chain);
    undr_arena_free(&arena);
    return error;
}

static undr_error make_close_request(void *unused) {
    (void)unused;
    undr_arena arena = {0};
    undr_value *close_request;
    undr_error error = undr_close_request(&arena, &close_request);
    undr_arena_free(&arena);
    return error;
}

static undr_error print_task(void *unused) {
    (void)unused;
    static undr_value class = {
        .kind = UNDR_CLASS, .class_name = {{(const uint8_t *)"m", 1}, {(const uint8_t *)"T", 1}}};
    static const undr_value task = {.kind = UNDR_OBJECT, .object = {.callable = &class}};
    undr_buffer text = {0};
    undr_error error = undr_task_repr(&text, &task);
    if (error != UNDR_OK) {
        assert_int_equal(text.size, 0);
    }
    undr_buffer_free(&text);
    return error;
}

static void values(void **state) {
    (void)state;
    assert_true(fail_each(make_exception, NULL) >= 2);
    assert_true(fail_each(make_chain, NULL) >= 1);
    assert_true(fail_each(make_close_request, NULL) >= 1);
    assert_true(fail_each(print_task, NULL) >= 1);
}

typedef struct wire {
    int here, there;
} wire;

static wire make_wire(const char *answer, size_t size) {
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(steady_write(ends[1], answer, size), (ssize_t)size);
    return (wire){.here = ends[0], .there = ends[1]};
}

#define WIRE(literal) make_wire(literal, sizeof(literal) - 1)

static undr_error receive_message(void *unused) {
    (void)unused;
    wire both = WIRE("m\x02\0\0\0\0\0\0\0].");
    undr_arena arena = {0};
    undr_value *value;
    uint8_t type;
    (void)close(both.there);
    undr_error error = undr_receive_message(both.here, 100, &type, &arena, &value);
    undr_arena_free(&arena);
    (void)close(both.here);
    return error;
}

static undr_error send_message(void *unused) {
    (void)unused;
    wire both = WIRE("");
    static const undr_value none = {.kind = UNDR_NONE};
    undr_error error = undr_send_message(both.here, 'm', &none);
    (void)close(both.here);
    (void)close(both.there);
    return error;
}

/* Asks for a task, then sends a message and schedules from it. */
static undr_error proxy_in_a_task(void *unused) {
    (void)unused;
    wire both = WIRE("t\x02\0\0\0\0\0\0\0]."
                     "m\0\0\0\0\0\0\0\0"
                     "s\0\0\0\0\0\0\0\0");
    static const undr_value none = {.kind = UNDR_NONE};
    undr_proxy proxy;
    undr_arena arena = {0};
    undr_worker_action action = UNDR_WORKER_POLL;
    undr_value *task;
    undr_proxy_init(&proxy, 1, 1000);
    proxy.client = both.here;
    undr_error error = undr_proxy_next_task(&proxy, &arena, &action, &task);
    if (error == UNDR_OK) {
        assert_int_equal(action, UNDR_WORKER_RUN);
        error = undr_send_message_to(&proxy.manager, &none);
    }
    if (error == UNDR_OK) {
        error = undr_schedule(&proxy.manager, task, 1);
    }
    undr_proxy_close(&proxy);
    undr_arena_free(&arena);
    (void)close(both.there);
    return error;
}

static void sockets(void **state) {
    (void)state;
    assert_true(fail_each(receive_message, NULL) >= 2);
    assert_true(fail_each(send_message, NULL) >= 1);
    assert_true(fail_each(proxy_in_a_task, NULL) >= 3);
}

static undr_error hex(void *unused) {
    (void)unused;
    undr_buffer text = {0};
    undr_error error = adapter_hex_encode(undr_slice_text("xyz"), &text);
    undr_buffer_free(&text);
    return error;
}

static undr_error line_out(void *unused) {
    (void)unused;
    wire both = WIRE("");
    undr_error error = adapter_write_line(both.there, -1, undr_slice_text("hello"));
    (void)close(both.here);
    (void)close(both.there);
    return error;
}

static void adapters(void **state) {
    (void)state;
    assert_true(fail_each(hex, NULL) >= 1);
    assert_true(fail_each(line_out, NULL) >= 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(sockets),
        cmocka_unit_test(adapters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
