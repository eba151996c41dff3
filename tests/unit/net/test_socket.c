/* test_socket.c: frames over sockets, however the stream is cut, interrupted, ended or reset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/steady.h"
#include "undr/pickle.h"
#include "undr/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define FRAME_SIZE (9 + 20)
static const uint8_t frame_bytes[FRAME_SIZE + 1] = "t\x14\0\0\0\0\0\0\0"
                                                   "abcdefghijklmnopqrst";

typedef struct pair {
    int here, there;
} pair;

/* SOCK_SEQPACKET keeps the cuts: each recv gets at most what one send sent. */
static pair make_pair(int type) {
    int ends[2];
    const struct timeval patience = {.tv_sec = 20}; /* a test that waits in vain fails */
    assert_int_equal(socketpair(AF_UNIX, type, 0, ends), 0);
    assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    return (pair){.here = ends[0], .there = ends[1]};
}

static void close_pair(pair *both) {
    (void)close(both->here);
    (void)close(both->there);
}

static int listen_on_loopback(int backlog, uint16_t *port) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, backlog), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return listener;
}

static pair make_tcp_pair(void) {
    uint16_t port;
    pair both;
    int listener = listen_on_loopback(1, &port);
    assert_int_equal(undr_connect(port, &both.here), UNDR_OK);
    both.there = steady_accept(listener);
    assert_true(both.there >= 0);
    (void)close(listener);
    return both;
}

static void reset(int descriptor) {
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    (void)close(descriptor);
}

static void put(int descriptor, const void *data, size_t size) {
    assert_int_equal(steady_send(descriptor, data, size, MSG_NOSIGNAL), (ssize_t)size);
}

static void put_header(int descriptor, uint8_t type, uint64_t size) {
    uint8_t header[9] = {type};
    for (size_t i = 0; i < 8; i++) {
        header[1 + i] = (uint8_t)(size >> (8 * i));
    }
    put(descriptor, header, sizeof header);
}

static void expect_bytes(int descriptor, const void *data, size_t size) {
    uint8_t got[256];
    assert_true(size <= sizeof got);
    assert_int_equal(steady_recv(descriptor, got, size, MSG_WAITALL), (ssize_t)size);
    assert_memory_equal(got, data, size);
    assert_int_equal(steady_recv(descriptor, got, 1, MSG_DONTWAIT), -1);
}

static void sends(void **state) {
    (void)state;
    pair both = make_pair(SOCK_STREAM);
    undr_arena arena = {0};
    undr_value *none;
    assert_int_equal(undr_send_bytes(both.here, 't', undr_slice_of(frame_bytes + 9, 20)), UNDR_OK);
    expect_bytes(both.there, frame_bytes, FRAME_SIZE);
    assert_int_equal(undr_send_bytes(both.here, 0xff, (undr_slice){0}), UNDR_OK);
    expect_bytes(both.there, "\xff\0\0\0\0\0\0\0\0", 9);
    assert_int_equal(undr_send_type(both.here, 'n'), UNDR_OK);
    expect_bytes(both.there, "n\0\0\0\0\0\0\0\0", 9);
    assert_int_equal(undr_value_none(&arena, &none), UNDR_OK);
    assert_int_equal(undr_send_message(both.here, 'm', none), UNDR_OK);
    expect_bytes(both.there, "m\4\0\0\0\0\0\0\0\x80\4N.", 13);
    undr_arena_free(&arena);
    close_pair(&both);
}

static void expect_frame(int descriptor, undr_buffer *message) {
    uint8_t type = 0;
    assert_int_equal(undr_receive_bytes(descriptor, 20, &type, message), UNDR_OK);
    assert_int_equal(type, 't');
    assert_int_equal(message->size, 20);
    assert_memory_equal(message->data, frame_bytes + 9, 20);
}

/* FRAME-3 */
static void receives_every_cut(void **state) {
    (void)state;
    pair both = make_pair(SOCK_SEQPACKET);
    undr_buffer message = {0};
    for (size_t cut = 1; cut < FRAME_SIZE; cut++) {
        if (cut > 9) {
            put(both.there, frame_bytes, 9); /* a packet must not be longer than what is asked for */
            put(both.there, frame_bytes + 9, cut - 9);
            put(both.there, frame_bytes + cut, FRAME_SIZE - cut);
        } else {
            put(both.there, frame_bytes, cut);
            if (cut < 9) {
                put(both.there, frame_bytes + cut, 9 - cut);
            }
            put(both.there, frame_bytes + 9, 20);
        }
        expect_frame(both.here, &message);
    }
    for (size_t i = 0; i < FRAME_SIZE; i++) {
        put(both.there, frame_bytes + i, 1);
    }
    expect_frame(both.here, &message);
    undr_buffer_free(&message);
    close_pair(&both);
}

/* FRAME-4: what stands behind a frame stays in the stream. */
static void receives_exactly_one_frame(void **state) {
    (void)state;
    pair both = make_pair(SOCK_STREAM);
    undr_buffer message = {0};
    uint8_t type;
    uint8_t three[FRAME_SIZE * 2 + 9];
    memcpy(three, frame_bytes, FRAME_SIZE);
    memcpy(three + FRAME_SIZE, "s\0\0\0\0\0\0\0\0", 9);
    memcpy(three + FRAME_SIZE + 9, frame_bytes, FRAME_SIZE);
    put(both.there, three, sizeof three);
    expect_frame(both.here, &message);
    assert_int_equal(undr_receive_bytes(both.here, 0, &type, &message), UNDR_OK);
    assert_int_equal(type, 's');
    assert_int_equal(message.size, 0); /* the old content is dropped */
    expect_frame(both.here, &message);
    undr_buffer_free(&message);
    close_pair(&both);
}

/* FRAME-5 */
static void end_at_every_offset(void **state) {
    (void)state;
    for (size_t cut = 0; cut < FRAME_SIZE; cut++) {
        pair both = make_pair(SOCK_STREAM);
        undr_buffer message = {0};
        uint8_t type;
        if (cut > 0) {
            put(both.there, frame_bytes, cut);
        }
        (void)close(both.there);
        assert_int_equal(undr_receive_bytes(both.here, 20, &type, &message), UNDR_END);
        undr_buffer_free(&message);
        (void)close(both.here);
    }
}

static void reset_at_every_offset(void **state) {
    (void)state;
    for (size_t cut = 0; cut < FRAME_SIZE; cut++) {
        pair both = make_tcp_pair();
        undr_buffer message = {0};
        uint8_t type;
        if (cut > 0) {
            put(both.there, frame_bytes, cut);
        }
        reset(both.there);
        assert_int_equal(undr_receive_bytes(both.here, 20, &type, &message), UNDR_RESET);
        undr_buffer_free(&message);
        (void)close(both.here);
    }
}

static void send_to_nobody(void **state) {
    (void)state;
    pair both = make_pair(SOCK_STREAM);
    (void)close(both.there);
    assert_int_equal(undr_send_type(both.here, 'n'), UNDR_RESET); /* and no SIGPIPE */
    (void)close(both.here);
    both = make_tcp_pair();
    reset(both.there);
    assert_int_equal(undr_send_type(both.here, 'n'), UNDR_RESET); /* ECONNRESET */
    assert_int_equal(undr_send_type(both.here, 'n'), UNDR_RESET); /* EPIPE */
    (void)close(both.here);
}

static void system_errors(void **state) {
    (void)state;
    undr_buffer message = {0};
    uint8_t type;
    assert_int_equal(undr_send_type(-1, 'n'), UNDR_SYSTEM);
    assert_int_equal(errno, EBADF);
    assert_int_equal(undr_receive_bytes(-1, 0, &type, &message), UNDR_SYSTEM);
    assert_int_equal(errno, EBADF);
    assert_int_equal(undr_receive_type(-1, 'm'), UNDR_SYSTEM);
}

/* FRAME-7, FRAME-8 */
static void lengths_that_lie(void **state) {
    (void)state;
    static const uint64_t lengths[] = {21, 1u << 20, (uint64_t)1 << 40, (uint64_t)1 << 63, UINT64_MAX - 9, UINT64_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        pair both = make_pair(SOCK_STREAM);
        undr_buffer message = {0};
        uint8_t type;
        put_header(both.there, 't', lengths[i]);
        assert_int_equal(undr_receive_bytes(both.here, 20, &type, &message), UNDR_PAYLOAD_TOO_LARGE);
        assert_null(message.data);
        /* Without a limit: memory for what comes, not for what was announced. */
        put_header(both.there, 't', lengths[i]);
        put(both.there, frame_bytes, 10);
        (void)close(both.there);
        undr_error error = undr_receive_bytes(both.here, UINT64_MAX, &type, &message);
        assert_int_equal(error, lengths[i] > UNDR_PAYLOAD_MAXIMUM ? UNDR_PAYLOAD_TOO_LARGE : UNDR_END);
        assert_true(message.capacity <= 256 * 1024);
        undr_buffer_free(&message);
        (void)close(both.here);
    }
}

/* A payload takes its own size, not twice as much when it is a little above a power of two. */
static void a_payload_takes_no_more_than_its_size(void **state) {
    (void)state;
    enum { SIZE = 70000 };
    static const uint8_t bytes[SIZE];
    pair both = make_pair(SOCK_STREAM);
    undr_buffer message = {0};
    uint8_t type;
    put_header(both.there, 't', SIZE);
    put(both.there, bytes, SIZE);
    assert_int_equal(undr_receive_bytes(both.here, UINT64_MAX, &type, &message), UNDR_OK);
    assert_int_equal(message.size, SIZE);
    assert_int_equal(message.capacity, SIZE);
    undr_buffer_free(&message);
    (void)close(both.here);
    (void)close(both.there);
}

static void acknowledgements(void **state) {
    (void)state;
    pair both = make_pair(SOCK_STREAM);
    put_header(both.there, 'm', 0);
    assert_int_equal(undr_receive_type(both.here, 'm'), UNDR_OK);
    put_header(both.there, 's', 0);
    assert_int_equal(undr_receive_type(both.here, 'm'), UNDR_ACKNOWLEDGEMENT);
    put_header(both.there, 'm', 3);
    put(both.there, "abc", 3);
    assert_int_equal(undr_receive_type(both.here, 'm'), UNDR_ACKNOWLEDGEMENT);
    put_header(both.there, 's', 0); /* the payload before was read too */
    assert_int_equal(undr_receive_type(both.here, 's'), UNDR_OK);
    put_header(both.there, 's', UNDR_PAYLOAD_MINIMUM + 1);
    assert_int_equal(undr_receive_type(both.here, 's'), UNDR_PAYLOAD_TOO_LARGE);
    (void)close(both.there);
    assert_int_equal(undr_receive_type(both.here, 's'), UNDR_END);
    (void)close(both.here);
}

static void messages(void **state) {
    (void)state;
    pair both = make_pair(SOCK_STREAM);
    undr_arena arena = {0};
    undr_value *value = NULL;
    uint8_t type;
    int64_t number = 0;
    put_header(both.there, 'm', 3);
    put(both.there, "K\x07.", 3);
    assert_int_equal(undr_receive_message(both.here, 10, &type, &arena, &value), UNDR_OK);
    assert_true(undr_value_int64(value, &number));
    assert_int_equal(number, 7);
    put_header(both.there, 't', 0);
    assert_int_equal(undr_receive_message(both.here, 10, &type, &arena, &value), UNDR_OK);
    assert_int_equal(type, 't');
    assert_null(value); /* FRAME-2 */
    put_header(both.there, 'm', 2);
    put(both.there, "K\x07", 2);
    assert_int_equal(undr_receive_message(both.here, 10, &type, &arena, &value), UNDR_PICKLE_TRUNCATED);
    undr_arena_free(&arena);
    close_pair(&both);
}

/* ---- signals: the other end interrupts this thread between its pieces ---- */

static void ignore(int number) {
    (void)number;
}

typedef struct peer {
    int descriptor;
    pthread_t interrupted; /* gets a signal after each piece */
    pthread_t thread;
    size_t read; /* by read_to_end: bytes up to the end, or up to the first wrong one */
} peer;

static void interrupt(const peer *self) {
    assert_int_equal(pthread_kill(self->interrupted, SIGUSR1), 0);
}

static void interrupt_often(const peer *self) {
    const struct timespec moment = {.tv_nsec = 2000000};
    for (size_t i = 0; i < 20; i++) {
        (void)nanosleep(&moment, NULL);
        interrupt(self);
    }
}

static void start(peer *self, void *(*function)(void *), int descriptor) {
    const struct sigaction action = {.sa_handler = ignore}; /* no SA_RESTART: every blocking call is interrupted */
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    *self = (peer){.descriptor = descriptor, .interrupted = pthread_self()};
    assert_int_equal(pthread_create(&self->thread, NULL, function, self), 0);
}

enum { LARGE = 1024 * 1024 };

static uint8_t large_byte(size_t i) {
    return (uint8_t)(i * 7 + (i >> 13));
}

/* One large frame in pieces of odd sizes. */
static void *send_in_pieces(void *context) {
    const peer *self = context;
    put_header(self->descriptor, 't', LARGE);
    for (size_t offset = 0, piece = 1; offset < LARGE; offset += piece) {
        uint8_t bytes[8192];
        piece = (piece * 5 + 3) % sizeof bytes + 1;
        piece = piece > LARGE - offset ? LARGE - offset : piece;
        for (size_t i = 0; i < piece; i++) {
            bytes[i] = large_byte(offset + i);
        }
        interrupt(self);
        put(self->descriptor, bytes, piece);
    }
    return NULL;
}

static void *read_to_end(void *context) {
    peer *self = context;
    uint8_t bytes[4096];
    ssize_t got;
    interrupt_often(self); /* while the sender waits for room */
    while ((got = steady_recv(self->descriptor, bytes, sizeof bytes, 0)) > 0) {
        for (size_t i = 0; i < (size_t)got; i++, self->read++) {
            if (self->read >= 9 && bytes[i] != large_byte(self->read - 9)) {
                return NULL;
            }
        }
        interrupt(self);
    }
    return NULL;
}

static void large_receive_among_signals(void **state) {
    (void)state;
    pair both = make_tcp_pair();
    undr_buffer message = {0};
    uint8_t type;
    peer sender;
    start(&sender, send_in_pieces, both.there);
    assert_int_equal(undr_receive_bytes(both.here, LARGE, &type, &message), UNDR_OK);
    assert_int_equal(pthread_join(sender.thread, NULL), 0);
    assert_int_equal(message.size, LARGE);
    for (size_t i = 0; i < LARGE; i++) {
        if (message.data[i] != large_byte(i)) {
            fail_msg("byte %zu differs", i);
        }
    }
    undr_buffer_free(&message);
    close_pair(&both);
}

/* A send buffer of a few KiB: sendmsg takes a part of the payload only. */
static void large_send_among_signals(void **state) {
    (void)state;
    pair both = make_pair(SOCK_STREAM);
    const int tiny = 1;
    peer reader;
    uint8_t *bytes = test_malloc(LARGE);
    for (size_t i = 0; i < LARGE; i++) {
        bytes[i] = large_byte(i);
    }
    assert_int_equal(setsockopt(both.here, SOL_SOCKET, SO_SNDBUF, &tiny, sizeof tiny), 0);
    start(&reader, read_to_end, both.there);
    assert_int_equal(undr_send_bytes(both.here, 'm', undr_slice_of(bytes, LARGE)), UNDR_OK);
    (void)close(both.here);
    assert_int_equal(pthread_join(reader.thread, NULL), 0);
    assert_int_equal(reader.read, LARGE + 9);
    test_free(bytes);
    (void)close(both.there);
}

static void connects(void **state) {
    (void)state;
    uint16_t port;
    int client = 7;
    int listener = listen_on_loopback(1, &port);
    undr_proxy proxy;
    undr_proxy_init(&proxy, port, 100);
    assert_int_equal(proxy.client, -1);
    assert_int_equal(undr_proxy_setup(&proxy), UNDR_OK);
    int on = 0;
    socklen_t size = sizeof on;
    assert_int_equal(getsockopt(proxy.client, IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
    assert_int_equal(on, 1);
    undr_proxy_close(&proxy);
    assert_int_equal(proxy.client, -1);
    undr_proxy_close(&proxy); /* twice is fine */
    (void)close(listener);
    assert_int_equal(undr_connect(port, &client), UNDR_SYSTEM);
    assert_int_equal(errno, ECONNREFUSED);
    assert_int_equal(client, -1);
}

static void *accept_late(void *context) {
    const peer *self = context;
    interrupt_often(self);
    int accepted;
    while ((accepted = steady_accept(self->descriptor)) >= 0) {
        (void)close(accepted);
    }
    return NULL;
}

/* A listener whose backlog is full lets connect() wait for the retransmit of its SYN: long enough to be interrupted. */
static void connect_among_signals(void **state) {
    (void)state;
    uint16_t port;
    int listener = listen_on_loopback(0, &port);
    int fill[2];
    int client;
    peer acceptor;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (size_t i = 0; i < 2; i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        assert_true(fill[i] >= 0);
        (void)connect(fill[i], (struct sockaddr *)&address, sizeof address); /* the second may stay in progress */
    }
    start(&acceptor, accept_late, listener);
    assert_int_equal(undr_connect(port, &client), UNDR_OK);
    assert_int_equal(shutdown(listener, SHUT_RDWR), 0);
    assert_int_equal(pthread_join(acceptor.thread, NULL), 0);
    (void)close(client);
    (void)close(fill[0]);
    (void)close(fill[1]);
    (void)close(listener);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends),
        cmocka_unit_test(receives_every_cut),
        cmocka_unit_test(receives_exactly_one_frame),
        cmocka_unit_test(end_at_every_offset),
        cmocka_unit_test(reset_at_every_offset),
        cmocka_unit_test(send_to_nobody),
        cmocka_unit_test(system_errors),
        cmocka_unit_test(lengths_that_lie),
        cmocka_unit_test(a_payload_takes_no_more_than_its_size),
        cmocka_unit_test(acknowledgements),
        cmocka_unit_test(messages),
        cmocka_unit_test(large_receive_among_signals),
        cmocka_unit_test(large_send_among_signals),
        cmocka_unit_test(connects),
        cmocka_unit_test(connect_among_signals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
