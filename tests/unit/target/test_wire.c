/* test_wire.c: connections of the harness over loopback: frames in pieces, each way to end, the peer's queue; the cuts
 * of a delivery; gates. */
#include "base/clock.h"
#include "play/delivery.h"
#include "support/steady.h"
#include "target/gate.h"
#include "target/unread.h"
#include "target/wire.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* A wire of the harness, and the plain blocking socket of its peer. */
typedef struct pair {
    check_wire wire;
    int peer;
} pair;

static void open_pair(pair *both) {
    uint16_t port = 0;
    int listener = check_listen(&port);
    assert_true(listener >= 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    check_wire_init(&both->wire);
    assert_int_equal(check_wire_connect(&both->wire, &to, check_now() + 5 * CHECK_SECOND), UNDR_OK);
    struct pollfd there = {.fd = listener, .events = POLLIN};
    assert_int_equal(steady_poll(&there, 1, 600000), 1);
    both->peer = steady_accept(listener);
    assert_true(both->peer >= 0);
    close(listener);
}

static void close_pair(pair *both) {
    check_wire_free(&both->wire);
    if (both->peer >= 0) {
        close(both->peer);
    }
}

static void peer_sends(const pair *both, const char *bytes, size_t size) {
    assert_int_equal(steady_send(both->peer, bytes, size, MSG_NOSIGNAL), size);
}

/* Reads until `unread` bytes are there, or the end. */
static void read_until(check_wire *wire, size_t unread) {
    uint64_t until = check_now() + 5 * CHECK_SECOND;
    while (check_wire_unread(wire) < unread && !check_wire_has_ended(wire) && check_now() < until) {
        struct pollfd there = {.fd = wire->socket, .events = POLLIN};
        steady_poll(&there, 1, 100);
        assert_int_equal(check_wire_read(wire), UNDR_OK);
    }
}

static void frames_come_in_pieces(void **state) {
    (void)state;
    pair both;
    undr_frame frame;
    uint64_t size;
    open_pair(&both);
    const char bytes[] = "m\3\0\0\0\0\0\0\0abcs\0\0\0\0\0\0\0\0";
    for (size_t i = 0; i < 21; i++) {
        peer_sends(&both, bytes + i, 1);
        read_until(&both.wire, i + 1);
        assert_int_equal(check_wire_peek(&both.wire, &frame, &size), i < 11 ? UNDR_MORE : UNDR_OK);
    }
    assert_int_equal(frame.type, 'm');
    assert_memory_equal(frame.payload.data, "abc", 3);
    check_wire_take(&both.wire, size);
    assert_int_equal(check_wire_peek(&both.wire, &frame, &size), UNDR_OK);
    assert_int_equal(frame.type, 's');
    check_wire_take(&both.wire, size);
    assert_int_equal(check_wire_unread(&both.wire), 0);
    assert_int_equal(both.wire.received_frames, 2);
    close_pair(&both);
}

static void a_deaf_wire_reads_nothing(void **state) {
    (void)state;
    pair both;
    open_pair(&both);
    both.wire.deaf = true;
    peer_sends(&both, "x", 1);
    struct pollfd there = {.fd = both.wire.socket, .events = POLLIN};
    assert_int_equal(steady_poll(&there, 1, 600000), 1);
    assert_false(check_wire_wants_to_read(&both.wire));
    assert_int_equal(check_wire_read(&both.wire), UNDR_OK);
    assert_int_equal(check_wire_unread(&both.wire), 0);
    both.wire.deaf = false;
    read_until(&both.wire, 1);
    assert_int_equal(check_wire_unread(&both.wire), 1);
    close_pair(&both);
}

static void fin_is_told_from_reset(void **state) {
    (void)state;
    for (int way = 0; way < 2; way++) {
        pair both;
        open_pair(&both);
        peer_sends(&both, "n", 1);
        read_until(&both.wire, 1); /* else the reset could overtake it */
        struct linger at_once = {.l_onoff = way};
        assert_int_equal(setsockopt(both.peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
        close(both.peer);
        both.peer = -1;
        read_until(&both.wire, SIZE_MAX);
        assert_int_equal(both.wire.end, way == 0 ? CHECK_WIRE_FIN : CHECK_WIRE_RESET);
        assert_int_equal(check_wire_unread(&both.wire), 1);
        close_pair(&both);
    }
}

static void a_send_to_a_reset_peer_is_no_error(void **state) {
    (void)state;
    pair both;
    struct linger at_once = {.l_onoff = 1};
    open_pair(&both);
    peer_sends(&both, "abc", 3);
    assert_int_equal(setsockopt(both.peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    close(both.peer);
    both.peer = -1;
    for (int i = 0; i < 100 && both.wire.can_send; i++) {
        assert_int_equal(check_wire_put(&both.wire, undr_slice_text("0123456789")), UNDR_OK);
        assert_int_equal(check_wire_write(&both.wire), UNDR_OK);
    }
    assert_false(both.wire.can_send);
    assert_int_equal(both.wire.end, CHECK_WIRE_RESET);
    assert_false(check_wire_wants_to_write(&both.wire));
    close_pair(&both);
}

static void refusal_is_an_end(void **state) {
    (void)state;
    uint16_t port = 0;
    int listener = check_listen(&port);
    close(listener);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    check_wire wire;
    check_wire_init(&wire);
    assert_int_equal(check_wire_connect(&wire, &to, check_now() + 5 * CHECK_SECOND), UNDR_OK);
    assert_int_equal(wire.end, CHECK_WIRE_REFUSED);
    check_wire_free(&wire);
}

/* Who connects to a port where nobody listens may be given that port: the connection then is with itself. */
static void a_connection_with_itself_is_none(void **state) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof here;
    check_wire wire;
    (void)state;
    int file = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(file >= 0);
    assert_int_equal(bind(file, (const struct sockaddr *)&here, sizeof here), 0);
    assert_int_equal(getsockname(file, (struct sockaddr *)&here, &size), 0);
    assert_int_equal(steady_connect(file, (const struct sockaddr *)&here, sizeof here), 0);
    check_wire_init(&wire);
    assert_int_equal(check_wire_adopt(&wire, file), UNDR_OK);
    assert_int_equal(wire.end, CHECK_WIRE_REFUSED);
    assert_int_equal(wire.socket, -1);
    check_wire_free(&wire);
}

static void the_peer_sees_each_end(void **state) {
    (void)state;
    void (*const ways[])(check_wire *) = {check_wire_close, check_wire_half_close, check_wire_reset};
    for (size_t i = 0; i < 3; i++) {
        pair both;
        char byte;
        open_pair(&both);
        ways[i](&both.wire);
        ssize_t size = steady_recv(both.peer, &byte, 1, 0);
        assert_int_equal(size, i == 2 ? -1 : 0);
        assert_int_equal(both.wire.socket >= 0, i == 1);
        close_pair(&both);
    }
}

static void frames_are_counted_in_any_cut(void **state) {
    (void)state;
    const char bytes[] = "n\0\0\0\0\0\0\0\0m\4\0\0\0\0\0\0\0abcdt\0\0\0\0\0\0\0\0t\0";
    for (size_t cut = 1; cut < 33; cut++) {
        check_counter counter = {0};
        for (size_t at = 0; at < 33; at += cut) {
            check_count(&counter, undr_slice_of(bytes + at, 33 - at < cut ? 33 - at : cut));
        }
        assert_int_equal(counter.frames, 3);
        assert_int_equal(counter.header_size, 2);
    }
}

static check_queue_state ask_for(int netlink, const check_wire *wire, check_queue_state wanted) {
    uint64_t until = check_now() + 5 * CHECK_SECOND;
    check_queue_state seen = check_queue_ask(netlink, wire);
    while (seen != wanted && check_now() < until) {
        seen = check_queue_ask(netlink, wire);
    }
    return seen;
}

static void the_queue_of_the_peer_is_seen(void **state) {
    (void)state;
    pair both;
    char bytes[8];
    int netlink = check_queue_open();
    open_pair(&both);
    if (netlink < 0 || check_queue_ask(netlink, &both.wire) == CHECK_QUEUE_UNKNOWN) {
        close_pair(&both);
        skip(); /* a kernel without sock_diag */
    }
    assert_int_equal(check_queue_ask(netlink, &both.wire), CHECK_QUEUE_READ);
    assert_int_equal(check_wire_put(&both.wire, undr_slice_text("abc")), UNDR_OK);
    assert_int_equal(check_wire_write(&both.wire), UNDR_OK);
    assert_int_equal(check_queue_ask(netlink, &both.wire), CHECK_QUEUE_WAITING);
    assert_int_equal(steady_recv(both.peer, bytes, 2, 0), 2);
    assert_int_equal(check_queue_ask(netlink, &both.wire), CHECK_QUEUE_WAITING);
    assert_int_equal(steady_recv(both.peer, bytes, 8, 0), 1);
    assert_int_equal(ask_for(netlink, &both.wire, CHECK_QUEUE_READ), CHECK_QUEUE_READ);
    struct linger at_once = {.l_onoff = 1};
    assert_int_equal(setsockopt(both.peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    close(both.peer);
    both.peer = -1;
    assert_int_equal(ask_for(netlink, &both.wire, CHECK_QUEUE_GONE), CHECK_QUEUE_GONE);
    close(netlink);
    close_pair(&both);
}

/* The pieces of a frame of `size` bytes cover it once, in order. */
static void deliveries_cut_where_they_say(void **state) {
    (void)state;
    const size_t sizes[] = {1, 2, 8, 9, 10, 40, 1032, 1033, 1034, 5000, 70000};
    for (int delivery = 0; delivery < CHECK_DELIVERY_COUNT; delivery++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            size_t pieces = 0, size = sizes[i];
            for (size_t at = 0; at < size; pieces++) {
                size_t end = check_piece_end((check_delivery)delivery, size, at);
                assert_true(end > at && end <= size);
                at = end;
            }
            size_t cut = (size_t)(delivery - CHECK_DELIVERY_CUT_1) + 1;
            bool whole = delivery == CHECK_DELIVERY_WHOLE || delivery >= CHECK_DELIVERY_COALESCED;
            size_t single = size <= 1033 ? size : 9 + 64 + 1 + 64;
            assert_int_equal(pieces, whole ? 1 : delivery == CHECK_DELIVERY_BYTES ? single : cut < size ? 2 : 1);
        }
    }
    assert_int_equal(check_piece_end(CHECK_DELIVERY_CUT_3, 40, 0), 3);
    assert_int_equal(check_piece_end(CHECK_DELIVERY_BYTES, 5000, 73), 4936);
    unsigned seen = 0;
    for (uint64_t frame = 0; frame < CHECK_SINGLE_FRAMES; frame++) {
        assert_int_equal(check_delivery_of_frame(CHECK_DELIVERY_BYTES, frame), CHECK_DELIVERY_BYTES);
        seen |= 1u << check_delivery_of_frame(CHECK_DELIVERY_BYTES, CHECK_SINGLE_FRAMES + frame);
        assert_int_equal(
            check_delivery_of_frame(CHECK_DELIVERY_WHOLE, frame + CHECK_SINGLE_FRAMES), CHECK_DELIVERY_WHOLE);
    }
    assert_int_equal(seen, 0xffu << CHECK_DELIVERY_CUT_1); /* each of the eight, and nothing else */
    assert_string_equal(check_delivery_name(CHECK_DELIVERY_CUT_8), "cut-8");
    assert_string_equal(check_delivery_name(CHECK_DELIVERY_STRADDLED), "straddled");
}

/* Behind each frame but the last so many bytes of the next one's header: 1 to 8, then 1 again. */
static void straddled_ends_inside_the_next_header(void **state) {
    (void)state;
    const size_t cuts[] = {9, 18, 127, 136, 137};
    for (size_t turn = 0; turn < 20; turn++) {
        size_t over = turn % 8 + 1;
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(check_straddled_end(cuts, 5, i, turn), cuts[i] + over);
        }
        assert_int_equal(check_straddled_end(cuts, 5, 3, turn), 136); /* one raw byte has no inside */
        assert_int_equal(check_straddled_end(cuts, 5, 4, turn), 137);
    }
}

static void gates_hold_and_release(void **state) {
    (void)state;
    check_gate gate;
    char byte;
    check_gate_init(&gate);
    assert_int_equal(check_gate_open(&gate), UNDR_OK);
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(gate.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int visitors[2];
    for (size_t i = 0; i < 2; i++) {
        visitors[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(steady_connect(visitors[i], (const struct sockaddr *)&to, sizeof to), 0);
    }
    uint64_t until = check_now() + 5 * CHECK_SECOND;
    while (gate.visitors < 2 && check_now() < until) {
        assert_int_equal(check_gate_admit(&gate), UNDR_OK);
    }
    assert_true(check_gate_accept(&gate));
    check_gate_release(&gate); /* the first goes on, the second was not accepted */
    assert_int_equal(steady_recv(visitors[0], &byte, 1, 0), 0);
    assert_int_equal(steady_recv(visitors[1], &byte, 1, MSG_DONTWAIT), -1);
    assert_true(check_gate_accept(&gate));
    assert_false(check_gate_accept(&gate));
    check_gate_free(&gate);
    assert_int_equal(steady_recv(visitors[1], &byte, 1, 0), 0);
    close(visitors[0]);
    close(visitors[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_in_pieces),
        cmocka_unit_test(a_deaf_wire_reads_nothing),
        cmocka_unit_test(fin_is_told_from_reset),
        cmocka_unit_test(a_send_to_a_reset_peer_is_no_error),
        cmocka_unit_test(refusal_is_an_end),
        cmocka_unit_test(a_connection_with_itself_is_none),
        cmocka_unit_test(the_peer_sees_each_end),
        cmocka_unit_test(frames_are_counted_in_any_cut),
        cmocka_unit_test(the_queue_of_the_peer_is_seen),
        cmocka_unit_test(deliveries_cut_where_they_say),
        cmocka_unit_test(straddled_ends_inside_the_next_header),
        cmocka_unit_test(gates_hold_and_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
