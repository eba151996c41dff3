/* test_tcp.c: packets of each link type, and segments as captures have them: twice, cut, late, lost, overlapping, with
 * numbers that wrap. */
#include "undr/frame.h"
#include "undr/pickle.h"
#include "watch/tcp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CLIENT_PORT = 50000, PORT = 4000 };

/* A capture in the making. */
typedef struct tape {
    watch *w;
    watch_tcp *tcp;
    uint32_t next[2]; /* sequence numbers: of the client, of the manager */
    uint64_t now;
    char ids[256];
    uint64_t ends;
} tape;

static void note_finding(void *context, const watch_finding *finding) {
    tape *t = context;
    strncat(t->ids, watch_rule_about(finding->rules[0])->id, sizeof t->ids - strlen(t->ids) - 1);
    strncat(t->ids, " ", sizeof t->ids - strlen(t->ids) - 1);
}

static void begin_with(
    tape *t, uint16_t port, uint32_t client_start, uint32_t manager_start, const watch_options *about) {
    memset(t, 0, sizeof *t);
    t->next[0] = client_start;
    t->next[1] = manager_start;
    watch_options options = *about;
    options.found = note_finding;
    options.context = t;
    assert_int_equal(watch_new(&options, &t->w), UNDR_OK);
    assert_int_equal(watch_tcp_new(t->w, port, &t->tcp), UNDR_OK);
}

static void begin(tape *t, uint16_t port, uint32_t client_start, uint32_t manager_start) {
    begin_with(t, port, client_start, manager_start, &(watch_options){0});
}

static void end(tape *t) {
    assert_int_equal(watch_tcp_finish(t->tcp), UNDR_OK);
    watch_tcp_free(t->tcp);
    watch_finish(t->w);
}

static watch_segment segment_of(const tape *t, int from, const void *bytes, size_t size) {
    watch_segment made = {.sequence = t->next[from],
        .acknowledged = t->next[1 - from],
        .ack = true,
        .payload = undr_slice_of(bytes, size),
        .size = (uint32_t)size};
    made.source.port = from == 0 ? CLIENT_PORT : PORT;
    made.target.port = from == 0 ? PORT : CLIENT_PORT;
    made.source.bytes[15] = made.target.bytes[15] = 1;
    return made;
}

static void put(tape *t, const watch_segment *segment) {
    t->now += 1000000;
    assert_int_equal(watch_tcp_take(t->tcp, segment, t->now), UNDR_OK);
}

static void say(tape *t, int from, const void *bytes, size_t size) {
    watch_segment made = segment_of(t, from, bytes, size);
    t->next[from] += (uint32_t)size;
    put(t, &made);
}

static void shake_hands(tape *t) {
    watch_segment syn = segment_of(t, 0, NULL, 0), both = segment_of(t, 1, NULL, 0);
    syn.syn = both.syn = true;
    syn.ack = false;
    both.acknowledged = ++t->next[0];
    put(t, &syn);
    put(t, &both);
    t->next[1]++;
    say(t, 0, NULL, 0);
}

static void finish_side(tape *t, int from) {
    watch_segment fin = segment_of(t, from, NULL, 0);
    fin.fin = true;
    t->next[from]++;
    put(t, &fin);
}

static const uint8_t ask[9] = {'n'};
static const uint8_t none[13] = {'t', 4, 0, 0, 0, 0, 0, 0, 0, 0x80, 4, 'N', '.'};

static uint64_t answers(const tape *t) {
    return watch_sum(t->w)->answers;
}

static void expect(tape *t, uint64_t count, const char *ids) {
    end(t);
    assert_int_equal(answers(t), count);
    assert_string_equal(t->ids, ids);
    watch_free(t->w);
}

static void poll_once(tape *t) {
    say(t, 0, ask, sizeof ask);
    say(t, 1, none, sizeof none);
}

static void test_plain(void **state) {
    (void)state;
    tape t;
    begin(&t, 0, 100, 7000);
    shake_hands(&t);
    poll_once(&t);
    poll_once(&t);
    finish_side(&t, 0);
    finish_side(&t, 1);
    assert_int_equal(watch_sum(t.w)->client_fins, 1);
    assert_int_equal(watch_sum(t.w)->manager_fins, 1);
    assert_int_equal(watch_sum(t.w)->open, 0);
    expect(&t, 2, "");
}

/* A loopback capture of all interfaces shows each packet twice. */
static void test_twice(void **state) {
    (void)state;
    tape t;
    begin(&t, 0, 100, 7000);
    shake_hands(&t);
    for (int i = 0; i < 3; i++) {
        for (int from = 0; from < 2; from++) {
            const watch_segment made = segment_of(
                &t, from, from == 0 ? (const void *)ask : none, from == 0 ? sizeof ask : sizeof none);
            put(&t, &made);
            put(&t, &made);
            t.next[from] += made.size;
        }
    }
    finish_side(&t, 0);
    finish_side(&t, 1);
    expect(&t, 3, "");
}

static void test_wraps(void **state) {
    (void)state;
    tape t;
    begin(&t, 0, UINT32_MAX - 13, UINT32_MAX - 20);
    shake_hands(&t);
    for (int i = 0; i < 5; i++) {
        poll_once(&t);
    }
    expect(&t, 5, "");
}

/* Retransmits that overlap: with what is known in front, with news behind. */
static void test_overlaps(void **state) {
    (void)state;
    tape t;
    begin(&t, 0, 100, 7000);
    shake_hands(&t);
    say(&t, 0, ask, 5);
    t.next[0] -= 3;
    say(&t, 0, ask + 2, 7);
    watch_segment whole = segment_of(&t, 0, ask, 9);
    whole.sequence -= 9;
    put(&t, &whole);
    say(&t, 1, none, 10);
    t.next[1] -= 10;
    say(&t, 1, none, sizeof none);
    expect(&t, 1, "");
}

static void test_out_of_order(void **state) {
    (void)state;
    tape t;
    begin(&t, 0, 100, 7000);
    shake_hands(&t);
    watch_segment parts[3];
    for (int i = 0; i < 3; i++) {
        parts[i] = segment_of(&t, 0, ask + 3 * i, 3);
        t.next[0] += 3;
    }
    put(&t, &parts[2]);
    put(&t, &parts[1]);
    assert_int_equal(watch_sum(t.w)->requests, 0);
    put(&t, &parts[0]);
    assert_int_equal(watch_sum(t.w)->requests, 1);
    say(&t, 1, none, sizeof none);
    expect(&t, 1, "");
}

/* An answer that acknowledges a request which comes behind it in the file does not come before it. */
static void test_answer_waits_for_request(void **state) {
    (void)state;
    tape t;
    begin(&t, PORT, 100, 7000);
    shake_hands(&t);
    watch_segment request = segment_of(&t, 0, ask, sizeof ask);
    t.next[0] += sizeof ask;
    say(&t, 1, none, sizeof none);
    assert_int_equal(answers(&t), 0);
    put(&t, &request);
    expect(&t, 1, "");
}

/* One that acknowledges nothing new answers nothing. */
static void test_answer_before_request(void **state) {
    (void)state;
    tape t;
    begin(&t, PORT, 100, 7000);
    shake_hands(&t);
    say(&t, 1, none, sizeof none);
    say(&t, 0, ask, sizeof ask);
    expect(&t, 0, "REQ-2 ");
}

/* A request that was lost: its answer proves that it was there. After two exchanges the frames are found again. */
static void lose(bool all_workers, const char *ids) {
    tape t;
    begin_with(&t, 0, 100, 7000, &(watch_options){.all_workers = all_workers});
    shake_hands(&t);
    poll_once(&t);
    t.next[0] += sizeof ask;
    say(&t, 1, none, sizeof none);
    t.now += UINT64_C(3000000000);
    for (int i = 0; i < 4; i++) {
        poll_once(&t);
    }
    assert_int_equal(watch_sum(t.w)->gaps, 1);
    say(&t, 0, ask, sizeof ask);
    say(&t, 1, ask, sizeof ask);
    expect(&t, 3, ids);
}

/* A worker has one request in flight at most; another client may have asked in what was lost. */
static void test_lost(void **state) {
    (void)state;
    lose(true, "NEXT-1 ");
    lose(false, "");
}

/* The first request was lost: nobody knows where its frames begin. */
static void test_lost_first(void **state) {
    (void)state;
    tape t;
    begin(&t, PORT, 100, 7000);
    shake_hands(&t);
    t.next[0] += sizeof ask;
    say(&t, 1, none, sizeof none);
    expect(&t, 0, "");
}

/* Packets that the capture cut: the frame is known by its header, its payload is not. */
static void test_cut(void **state) {
    (void)state;
    static uint8_t message[9 + 1000] = {'m', 0xe8, 3};
    static const uint8_t acknowledged[9] = {'m'};
    tape t;
    begin(&t, 0, 100, 7000);
    shake_hands(&t);
    watch_segment cut = segment_of(&t, 0, message, 60);
    cut.size = sizeof message;
    put(&t, &cut);
    t.next[0] += sizeof message;
    say(&t, 1, acknowledged, sizeof acknowledged);
    poll_once(&t);
    assert_int_equal(watch_sum(t.w)->gaps, 1);
    expect(&t, 2, "");
}

/* A segment of 64 KiB, as offloading makes them, that holds the end of one frame and the beginning of the next. */
static void test_large(void **state) {
    (void)state;
    enum { SIZE = 200000 };
    static const uint8_t acknowledged[9] = {'s'};
    undr_buffer bytes = {0};
    uint8_t *task = calloc(1, SIZE);
    assert_non_null(task);
    const undr_frame frame = {0x81, undr_slice_of(task, SIZE)};
    assert_int_equal(undr_frame_encode(&bytes, &frame), UNDR_OK);
    assert_int_equal(undr_frame_encode(&bytes, &frame), UNDR_OK);
    tape t;
    begin(&t, 0, 100, 7000);
    shake_hands(&t);
    for (size_t at = 0; at < bytes.size;) {
        size_t size = bytes.size - at < 65483 ? bytes.size - at : 65483;
        say(&t, 0, bytes.data + at, size);
        at += size;
    }
    assert_int_equal(watch_sum(t.w)->schedules, 2);
    say(&t, 1, acknowledged, sizeof acknowledged);
    say(&t, 1, acknowledged, sizeof acknowledged);
    expect(&t, 2, "");
    undr_buffer_free(&bytes);
    free(task);
}

static void test_middle(void **state) {
    (void)state;
    for (uint16_t port = 0; port <= PORT; port = (uint16_t)(port + PORT)) {
        tape t;
        begin(&t, port, 100, 7000);
        say(&t, 1, none, sizeof none); /* the answer to what was not seen */
        for (int i = 0; i < 4; i++) {
            poll_once(&t);
        }
        assert_int_equal(watch_sum(t.w)->connections, 1);
        expect(&t, 2, "");
    }
}

/* Without the first packet of the handshake: the second tells who was connected to. */
static void test_no_syn(void **state) {
    (void)state;
    tape t;
    begin(&t, 0, 100, 7000);
    watch_segment both = segment_of(&t, 1, NULL, 0);
    both.syn = true;
    both.acknowledged = ++t.next[0];
    put(&t, &both);
    t.next[1]++;
    poll_once(&t);
    expect(&t, 1, "");
}

static void test_reset_and_again(void **state) {
    (void)state;
    tape t;
    begin(&t, 0, 100, 7000);
    for (int i = 0; i < 3; i++) { /* the same ports, each time with other numbers */
        shake_hands(&t);
        poll_once(&t);
        watch_segment reset = segment_of(&t, 0, NULL, 0);
        reset.reset = true;
        put(&t, &reset);
        say(&t, 1, NULL, 0); /* what comes late is no new connection */
        t.next[0] += 1000000;
        t.next[1] += 5000000;
    }
    assert_int_equal(watch_sum(t.w)->connections, 3);
    assert_int_equal(watch_sum(t.w)->client_resets, 3);
    expect(&t, 3, "");
}

static void test_another_protocol(void **state) {
    (void)state;
    tape t;
    begin(&t, 0, 100, 7000);
    shake_hands(&t);
    say(&t, 0, "GET / HTTP/1.1\r\n\r\n", 18);
    say(&t, 1, "HTTP/1.1 200 OK\r\n\r\n", 19);
    assert_int_equal(watch_tcp_sum(t.tcp).foreign, 1);
    assert_int_equal(watch_sum(t.w)->connections, 0);
    expect(&t, 0, "");
    begin(&t, PORT, 100, 7000);
    shake_hands(&t);
    say(&t, 0, "GET / HTTP/1.1\r\n\r\n", 18);
    assert_int_equal(watch_sum(t.w)->connections, 1); /* it was asked for */
    end(&t);
    watch_free(t.w);
}

/* Many connections that are over are forgotten one by one; more data of one that is over is not a new one. */
static void test_many(void **state) {
    (void)state;
    tape t;
    begin(&t, 0, 100, 7000);
    for (unsigned i = 0; i < 2000; i++) {
        t.next[0] = 1000 * i;
        t.next[1] = 3000 * i;
        watch_segment syn = segment_of(&t, 0, NULL, 0), both = segment_of(&t, 1, NULL, 0);
        syn.syn = both.syn = true;
        syn.ack = false;
        syn.source.port = both.target.port = (uint16_t)(10000 + i % 700);
        both.acknowledged = syn.sequence + 1;
        watch_segment request = segment_of(&t, 0, ask, sizeof ask), reset = segment_of(&t, 1, NULL, 0);
        request.source.port = reset.target.port = syn.source.port;
        request.sequence = syn.sequence + 1;
        request.acknowledged = both.sequence + 1;
        reset.sequence = both.sequence + 1;
        reset.acknowledged = request.sequence + 9;
        reset.reset = true;
        put(&t, &syn);
        put(&t, &both);
        put(&t, &request);
        put(&t, &reset);
    }
    assert_int_equal(watch_sum(t.w)->connections, 2000);
    assert_int_equal(watch_sum(t.w)->open, 0);
    expect(&t, 0, "");
}

/* ---- packets ---- */

static size_t put_tcp(uint8_t *at, const void *bytes, size_t size) {
    static const uint8_t header[20] = {0xc3, 0x50, 0x0f, 0xa0, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x18};
    memcpy(at, header, sizeof header);
    memcpy(at + sizeof header, bytes, size);
    return sizeof header + size;
}

static size_t put_ipv4(uint8_t *at, const void *bytes, size_t size) {
    static const uint8_t header[20] = {0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1};
    memcpy(at, header, sizeof header);
    size_t total = sizeof header + put_tcp(at + sizeof header, bytes, size);
    at[2] = (uint8_t)(total >> 8);
    at[3] = (uint8_t)total;
    return total;
}

static size_t put_ipv6(uint8_t *at, const void *bytes, size_t size) {
    static const uint8_t header[48] = {0x60, 0, 0, 0, 0, 0, 0, 64, [23] = 1, [39] = 1, [40] = 6}; /* with hop-by-hop */
    memcpy(at, header, sizeof header);
    size_t total = sizeof header + put_tcp(at + sizeof header, bytes, size);
    at[5] = (uint8_t)(total - 40);
    return total;
}

typedef struct link {
    int type;
    uint8_t header[20];
    size_t size;
    bool six;
} link_form;

static void test_links(void **state) {
    (void)state;
    static const link_form links[] = {
        {WATCH_LINK_NULL, {2}, 4, false},
        {WATCH_LINK_LOOP, {0, 0, 0, 24}, 4, true},
        {WATCH_LINK_ETHERNET, {[12] = 8, [13] = 0}, 14, false},
        {WATCH_LINK_ETHERNET, {[12] = 0x86, [13] = 0xdd}, 14, true},
        {WATCH_LINK_ETHERNET, {[12] = 0x81, [13] = 0, [16] = 8, [17] = 0}, 18, false}, /* VLAN */
        {WATCH_LINK_RAW, {0}, 0, false},
        {WATCH_LINK_RAW, {0}, 0, true},
        {WATCH_LINK_IPV6, {0}, 0, true},
        {WATCH_LINK_SLL, {[14] = 8, [15] = 0}, 16, false},
        {WATCH_LINK_SLL2, {[0] = 0x86, [1] = 0xdd}, 20, true},
    };
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        uint8_t packet[200] = {0};
        const link_form *one = &links[i];
        memcpy(packet, one->header, one->size);
        size_t size = one->size
            + (one->six ? put_ipv6(packet + one->size, ask, sizeof ask)
                        : put_ipv4(packet + one->size, ask, sizeof ask));
        watch_segment segment;
        assert_true(watch_link_is_known(one->type));
        assert_true(watch_packet_read(one->type, undr_slice_of(packet, size + 6), &segment)); /* padded */
        assert_int_equal(segment.source.port, CLIENT_PORT);
        assert_int_equal(segment.target.port, PORT);
        assert_int_equal(segment.sequence, 1);
        assert_int_equal(segment.acknowledged, 2);
        assert_int_equal(segment.size, sizeof ask);
        assert_int_equal(segment.payload.size, sizeof ask);
        assert_memory_equal(segment.payload.data, ask, sizeof ask);
        for (size_t cut = 0; cut < size; cut++) { /* never behind the end */
            uint8_t *exact = malloc(cut + 1);
            assert_non_null(exact);
            memcpy(exact, packet, cut);
            (void)watch_packet_read(one->type, undr_slice_of(exact, cut), &segment);
            free(exact);
        }
    }
    assert_false(watch_link_is_known(147));
}

/* IPv4 without a length, as the kernel hands over what a card will cut; fragments and other protocols are no segments. */
static void test_ipv4(void **state) {
    (void)state;
    uint8_t packet[100];
    size_t size = put_ipv4(packet, ask, sizeof ask);
    watch_segment segment;
    packet[2] = packet[3] = 0;
    assert_true(watch_packet_read(WATCH_LINK_RAW, undr_slice_of(packet, size), &segment));
    assert_int_equal(segment.size, sizeof ask);
    packet[6] = 0x20;
    assert_false(watch_packet_read(WATCH_LINK_RAW, undr_slice_of(packet, size), &segment));
    packet[6] = 0;
    packet[9] = 17;
    assert_false(watch_packet_read(WATCH_LINK_RAW, undr_slice_of(packet, size), &segment));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_twice),
        cmocka_unit_test(test_wraps),
        cmocka_unit_test(test_overlaps),
        cmocka_unit_test(test_out_of_order),
        cmocka_unit_test(test_answer_waits_for_request),
        cmocka_unit_test(test_answer_before_request),
        cmocka_unit_test(test_lost),
        cmocka_unit_test(test_lost_first),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_middle),
        cmocka_unit_test(test_no_syn),
        cmocka_unit_test(test_reset_and_again),
        cmocka_unit_test(test_another_protocol),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_ipv4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
