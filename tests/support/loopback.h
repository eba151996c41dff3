/* loopback.h: a client on 127.0.0.1, for tests of what listens there. Whatever does not come within ten minutes, on a
 * busy machine, too, fails. */
#ifndef TESTS_LOOPBACK_H
#define TESTS_LOOPBACK_H

#include "support/steady.h"
#include "undr/frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static inline int new_socket(void) {
    const struct timeval patience = {.tv_sec = 600};
    const int yes = 1;
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(client >= 0);
    assert_int_equal(setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes), 0);
    return client;
}

static inline int connect_socket(int client, uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return steady_connect(client, (struct sockaddr *)&address, sizeof address);
}

static inline int join_server(uint16_t port) {
    int client = new_socket();
    assert_int_equal(connect_socket(client, port), 0);
    return client;
}

static inline void assert_refused(uint16_t port) {
    int client = new_socket();
    assert_int_equal(connect_socket(client, port), -1);
    assert_int_equal(errno, ECONNREFUSED);
    close(client);
}

static inline void send_raw(int client, const void *data, size_t size) {
    for (size_t sent = 0; sent < size;) {
        ssize_t n = steady_send(client, (const char *)data + sent, size - sent, MSG_NOSIGNAL);
        assert_true(n > 0);
        sent += (size_t)n;
    }
}

static inline void put_frame(undr_buffer *buffer, unsigned type, undr_slice payload) {
    undr_frame frame = {.type = (uint8_t)type, .payload = payload};
    assert_int_equal(undr_frame_encode(buffer, &frame), UNDR_OK);
}

static inline void send_frame(int client, unsigned type, undr_slice payload) {
    undr_buffer bytes = {0};
    put_frame(&bytes, type, payload);
    send_raw(client, bytes.data, bytes.size);
    undr_buffer_free(&bytes);
}

static inline void send_type(int client, unsigned type) {
    send_frame(client, type, (undr_slice){0});
}

static inline void receive_raw(int client, void *data, size_t size) {
    for (size_t got = 0; got < size;) {
        ssize_t n = steady_recv(client, (char *)data + got, size - got, 0);
        assert_true(n > 0);
        got += (size_t)n;
    }
}

/* Reads a frame; its payload is put into *payload (an initialised buffer). */
static inline unsigned receive_frame(int client, undr_buffer *payload) {
    uint8_t header[UNDR_HEADER_SIZE];
    uint64_t size = 0;
    receive_raw(client, header, sizeof header);
    for (int i = 8; i >= 1; i--) {
        size = size << 8 | header[i];
    }
    payload->size = 0;
    assert_int_equal(undr_buffer_reserve(payload, (size_t)size), UNDR_OK);
    receive_raw(client, payload->data, (size_t)size);
    payload->size = (size_t)size;
    return header[0];
}

static inline void expect_frame(int client, unsigned type, undr_slice payload) {
    undr_buffer got = {0};
    assert_int_equal(receive_frame(client, &got), type);
    assert_int_equal(got.size, payload.size);
    assert_memory_equal(got.data, payload.data, payload.size);
    undr_buffer_free(&got);
}

static inline void expect_type(int client, unsigned type) {
    undr_buffer got = {0};
    assert_int_equal(receive_frame(client, &got), type);
    assert_int_equal(got.size, 0);
    undr_buffer_free(&got);
}

/* The server ends the connection in order, not by a reset. */
static inline void expect_fin(int client) {
    char byte;
    assert_int_equal(steady_recv(client, &byte, 1, 0), 0);
    close(client);
}

static inline void expect_end(int client) {
    char byte;
    ssize_t n = steady_recv(client, &byte, 1, 0);
    assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
    close(client);
}

static inline void reset_connection(int client) {
    const struct linger none = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(client, SOL_SOCKET, SO_LINGER, &none, sizeof none), 0);
    close(client);
}

#endif
