/* played_manager.h: a manager that a test plays frame by frame, and the worker that it plays against, in a thread. */
#ifndef TESTS_PLAYED_MANAGER_H
#define TESTS_PLAYED_MANAGER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "programs/probe.c"
#include "support/steady.h"
#include "undr/pickle.h"
#include "undr/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>

/* ---- the stage: a listener, a worker in a thread, its connection ---- */

typedef struct stage {
    undr_target_options options;
    undr_error result; /* of undr_target */
    int listener, worker;
    pthread_t thread;
    undr_arena arena; /* of the values that the test makes */
    bool trickle;     /* send one byte at a time */
    bool interrupts;  /* signals the worker's thread before and while anything is sent or awaited */
} stage;

static inline void *target_thread(void *context) {
    stage *self = context;
    self->result = undr_target(&self->options);
    return NULL;
}

static inline int listen_on_loopback(uint16_t *port) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return listener;
}

static inline int accept_one(int listener) {
    const int on = 1;
    const struct timeval patience = {.tv_sec = 600}; /* a test that waits in vain fails */
    int descriptor = steady_accept(listener);
    assert_true(descriptor >= 0);
    assert_int_equal(setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
    assert_int_equal(setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    return descriptor;
}

/* options.server_port is filled in; the rest is the caller's. */
static inline void raise_curtain(stage *self, const undr_registry *registry) {
    self->options.registry = registry;
    self->options.poll_period_ms = self->options.poll_period_ms == 0 ? 1 : self->options.poll_period_ms;
    self->listener = listen_on_loopback(&self->options.server_port);
    assert_int_equal(pthread_create(&self->thread, NULL, target_thread, self), 0);
    self->worker = accept_one(self->listener);
}

static inline void hang_up(stage *self) {
    (void)close(self->worker);
    self->worker = -1;
}

static inline void reset(stage *self) {
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(self->worker, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    hang_up(self);
}

/* Waits for the worker to leave; its result. */
static inline undr_error drop_curtain(stage *self) {
    assert_int_equal(pthread_join(self->thread, NULL), 0);
    if (self->worker >= 0) {
        (void)close(self->worker);
    }
    (void)close(self->listener);
    undr_arena_free(&self->arena);
    return self->result;
}

/* ---- the manager's lines ---- */

static inline void ignore(int number) {
    (void)number;
}

static inline void take_interrupts(void) {
    const struct sigaction action = {.sa_handler = ignore}; /* no SA_RESTART: every blocking call is interrupted */
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
}

static inline void interrupt(const stage *self) {
    if (self->interrupts) {
        assert_int_equal(pthread_kill(self->thread, SIGUSR1), 0);
    }
}

static inline void put(stage *self, const void *data, size_t size) {
    const uint8_t *bytes = data;
    size_t step_size = self->trickle ? 1 : size;
    for (size_t i = 0; i < size; i += step_size) {
        interrupt(self);
        assert_int_equal(steady_send(self->worker, bytes + i, step_size, MSG_NOSIGNAL), (ssize_t)step_size);
    }
}

static inline void put_header(stage *self, uint8_t type, uint64_t size) {
    uint8_t header[9] = {type};
    for (size_t i = 0; i < 8; i++) {
        header[1 + i] = (uint8_t)(size >> (8 * i));
    }
    put(self, header, sizeof header);
}

static inline void answer(stage *self, uint8_t type, undr_slice payload) {
    put_header(self, type, payload.size);
    put(self, payload.data, payload.size);
}

static inline void acknowledge(stage *self, uint8_t type) {
    answer(self, type, (undr_slice){0});
}

static inline void answer_none(stage *self) {
    answer(self, 't', undr_pickle_none());
}

static inline void answer_task(stage *self, const undr_value *task) {
    undr_buffer pickle = {0};
    assert_int_equal(undr_pickle_write(task, 4, &pickle), UNDR_OK);
    answer(self, 't', undr_buffer_slice(&pickle));
    undr_buffer_free(&pickle);
}

static inline void receive(const stage *self, void *data, size_t size) {
    const size_t piece_size = self->interrupts ? 16 * 1024 : size;
    for (size_t offset = 0, piece; offset < size; offset += piece) {
        piece = size - offset < piece_size ? size - offset : piece_size;
        interrupt(self);
        struct pollfd wait = {.fd = self->worker, .events = POLLIN};
        while (self->interrupts && steady_poll(&wait, 1, 1) == 0) {
            interrupt(self);
        }
        assert_int_equal(steady_recv(self->worker, (uint8_t *)data + offset, piece, MSG_WAITALL), (ssize_t)piece);
    }
}

/* The worker's next frame must be of this type; its payload. */
static inline void expect(const stage *self, uint8_t type, undr_buffer *payload) {
    uint8_t header[9];
    receive(self, header, sizeof header);
    uint64_t size = 0;
    for (size_t i = 8; i > 0; i--) {
        size = size << 8 | header[i];
    }
    if (header[0] != type) {
        fail_msg("expected type 0x%02x, got 0x%02x", type, header[0]);
    }
    payload->size = 0;
    assert_true(size < 100000000);
    assert_int_equal(undr_buffer_reserve(payload, (size_t)size), UNDR_OK);
    receive(self, payload->data, (size_t)size);
    payload->size = (size_t)size;
}

static inline void expect_empty(const stage *self, uint8_t type) {
    undr_buffer payload = {0};
    expect(self, type, &payload);
    assert_int_equal(payload.size, 0);
    undr_buffer_free(&payload);
}

/* Its payload must decode to what prints like this (whole: exactly; else it contains this). */
static inline void expect_printed(const stage *self, uint8_t type, const char *printed, bool whole) {
    undr_buffer payload = {0};
    undr_buffer text = {0};
    undr_arena arena = {0};
    undr_value *value;
    expect(self, type, &payload);
    assert_int_equal(undr_pickle_read(undr_buffer_slice(&payload), NULL, &arena, &value, NULL, NULL), UNDR_OK);
    assert_int_equal(undr_value_print(&text, value), UNDR_OK);
    assert_int_equal(undr_put_u8(&text, 0), UNDR_OK);
    if (whole ? strcmp((char *)text.data, printed) != 0 : strstr((char *)text.data, printed) == NULL) {
        fail_msg("expected %s, got %s", printed, (char *)text.data);
    }
    undr_buffer_free(&payload);
    undr_buffer_free(&text);
    undr_arena_free(&arena);
}

/* WORK-10, PAY-7, PAY-8 */
static inline void expect_failure(stage *self, const char *class_name, const char *text) {
    char printed[300];
    (void)snprintf(printed, sizeof printed,
        "undr.task.WorkerException(traceback.TracebackException(<class builtins.%s>, builtins.%s(", class_name,
        class_name);
    undr_buffer payload = {0};
    undr_buffer got = {0};
    undr_arena arena = {0};
    undr_value *value;
    expect(self, 'm', &payload);
    assert_int_equal(undr_pickle_read(undr_buffer_slice(&payload), NULL, &arena, &value, NULL, NULL), UNDR_OK);
    assert_int_equal(undr_value_print(&got, value), UNDR_OK);
    assert_int_equal(undr_put_u8(&got, 0), UNDR_OK);
    bool found = false;
    assert_int_equal(undr_value_contains(value, undr_slice_text(text), &found), UNDR_OK);
    if (strncmp((char *)got.data, printed, strlen(printed)) != 0 || !found) {
        fail_msg("expected %s with '%s', got %s", class_name, text, (char *)got.data);
    }
    undr_buffer_free(&payload);
    undr_buffer_free(&got);
    undr_arena_free(&arena);
    acknowledge(self, 'm');
}

/* The worker sent nothing more and ended the connection. */
static inline void expect_end(const stage *self) {
    uint8_t byte;
    assert_int_equal(steady_recv(self->worker, &byte, 1, 0), 0);
}

/* CloseRequest to the `n` or `t` that is due, and the end that must follow. */
static inline void close_worker(stage *self, uint8_t request) {
    expect_empty(self, request);
    answer(self, 't', undr_pickle_close_request());
    expect_end(self);                              /* WORK-4 */
    assert_int_equal(drop_curtain(self), UNDR_OK); /* WORK-5 */
}

/* ---- values ---- */

static inline undr_value *text(stage *self, const char *characters) {
    undr_value *value;
    assert_int_equal(undr_value_text(&self->arena, characters, &value), UNDR_OK);
    return value;
}

static inline undr_value *integer(stage *self, int64_t number) {
    undr_value *value;
    assert_int_equal(undr_value_int(&self->arena, number, &value), UNDR_OK);
    return value;
}

static inline undr_value *real(stage *self, double number) {
    undr_value *value;
    assert_int_equal(undr_value_float(&self->arena, number, &value), UNDR_OK);
    return value;
}

/* A tuple of up to three values; NULL ends it. */
static inline undr_value *tuple(stage *self, undr_value *a, undr_value *b, undr_value *c) {
    undr_value *items[] = {a, b, c};
    undr_value *value;
    size_t count = c != NULL ? 3 : b != NULL ? 2 : a != NULL ? 1 : 0;
    assert_int_equal(undr_value_items(&self->arena, UNDR_TUPLE, items, count, &value), UNDR_OK);
    return value;
}

static inline undr_value *step1(stage *self, const char *name, undr_value *argument) {
    return tuple(self, text(self, name), argument, NULL);
}

static inline undr_value *instance(stage *self, const char *name, const char *key, undr_value *value) {
    undr_value *pair[] = {text(self, key), value};
    undr_value *state;
    undr_value *result;
    assert_int_equal(undr_value_items(&self->arena, UNDR_DICT, pair, 2, &state), UNDR_OK);
    assert_int_equal(undr_value_instance(&self->arena, "undr_conformance", name, state, &result), UNDR_OK);
    return result;
}

/* Probe of up to three steps; NULL ends them. */
static inline undr_value *probe(stage *self, undr_value *a, undr_value *b, undr_value *c) {
    undr_value *steps[] = {a, b, c};
    undr_value *list;
    size_t count = c != NULL ? 3 : b != NULL ? 2 : a != NULL ? 1 : 0;
    assert_int_equal(undr_value_items(&self->arena, UNDR_LIST, steps, count, &list), UNDR_OK);
    return instance(self, "Probe", "steps", list);
}

static inline undr_value *say(stage *self, const char *what) {
    return probe(self, step1(self, "message", text(self, what)), NULL, NULL);
}

/* A gate that the test holds: the task is in its hands. */
typedef struct gate {
    int listener, visitor;
    uint16_t port;
} gate;

static inline gate make_gate(void) {
    gate self;
    self.listener = listen_on_loopback(&self.port);
    return self;
}

static inline void open_gate(gate *self) {
    (void)close(self->visitor);
    (void)close(self->listener);
}

#endif
