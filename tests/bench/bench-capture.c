/* bench-capture.c: writes a capture (pcap, raw IPv4) of a manager at work to standard output:
 *
 *     bench-capture TASKS [WORKERS [BYTES]]
 *
 * One connection schedules a task at a time, which a worker then gets: four packets a task, and nothing in it is wrong.
 * BYTES: how much padding a task has. */
#include "undr/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WORKERS = 64, SYN = 2, ACK = 16, PUSH = 24, MANAGER = 4000, CLIENT = 20000 };

typedef struct stream {
    uint16_t port;
    uint32_t next[2]; /* sequence numbers: the client's, the manager's */
} stream;

static uint64_t now; /* microseconds */

static void put(uint8_t *at, uint32_t value, unsigned size) {
    for (unsigned i = 0; i < size; i++) {
        at[i] = (uint8_t)(value >> 8 * (size - 1 - i));
    }
}

static void put_little(uint8_t *at, uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

static void write_all(const void *bytes, size_t size) {
    if (fwrite(bytes, 1, size, stdout) != size) {
        exit(1); /* nobody reads it any more */
    }
}

static void packet(stream *s, int from, uint8_t flags, undr_slice a, undr_slice b) {
    uint8_t head[16 + 40] = {0}, *ip = head + 16, *tcp = ip + 20;
    size_t size = 40 + a.size + b.size;
    now += 3;
    put_little(head, now / 1000000, 4);
    put_little(head + 4, now % 1000000, 4);
    put_little(head + 8, size, 4);
    put_little(head + 12, size, 4);
    put(ip, 0x4500, 2);
    put(ip + 2, (uint32_t)size, 2);
    put(ip + 8, 0x4006, 2);
    put(ip + 12, 0x7f000001, 4);
    put(ip + 16, 0x7f000001, 4);
    put(tcp, from == 0 ? s->port : MANAGER, 2);
    put(tcp + 2, from == 0 ? MANAGER : s->port, 2);
    put(tcp + 4, s->next[from], 4);
    put(tcp + 8, s->next[1 - from], 4);
    put(tcp + 12, 0x5000u | flags, 2);
    put(tcp + 14, 0xffff, 2);
    write_all(head, sizeof head);
    write_all(a.data, a.size);
    write_all(b.data, b.size);
    s->next[from] += (uint32_t)(a.size + b.size) + ((flags & SYN) != 0);
}

static void send_frame(stream *s, int from, uint8_t type, undr_slice payload) {
    uint8_t header[9] = {type};
    put_little(header + 1, payload.size, 8);
    packet(s, from, PUSH, undr_slice_of(header, sizeof header), payload);
}

static void open_stream(stream *s, uint16_t port) {
    const undr_slice nothing = {NULL, 0};
    *s = (stream){port, {1000, 5000}};
    packet(s, 0, SYN, nothing, nothing);
    packet(s, 1, SYN | ACK, nothing, nothing);
}

/* w.T(), with a state of its own: {'i': NUMBER, 'p': b'...'}. */
static size_t make_task(uint8_t *task, uint32_t number, uint32_t padding) {
    static const char head[] = "\x80\x04\x8c\x01w\x8c\x01T\x93)\x81}(\x8c\x01iJ";
    size_t size = sizeof head - 1;
    memcpy(task, head, size);
    put_little(task + size, number, 4);
    memcpy(task + size + 4, "\x8c\x01pB", 4);
    put_little(task + size + 8, padding, 4);
    memset(task + size + 12, 'x', padding);
    memcpy(task + size + 12 + padding, "ub.", 3);
    return size + 15 + padding;
}

int main(int argc, char **argv) {
    static const uint8_t pcap[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, [18] = 4, [20] = 101};
    static const undr_slice nothing = {NULL, 0};
    unsigned long tasks = argc > 1 ? strtoul(argv[1], NULL, 10) : 0,
                  workers = argc > 2 ? strtoul(argv[2], NULL, 10) : 4;
    unsigned long padding = argc > 3 ? strtoul(argv[3], NULL, 10) : 8;
    stream scheduler, worker[MOST_WORKERS];
    if (tasks == 0 || workers == 0 || workers > MOST_WORKERS || padding > 60000) {
        fputs("usage: bench-capture TASKS [WORKERS [BYTES]]\n", stderr);
        return 2;
    }
    uint8_t *task = malloc(padding + 64);
    if (task == NULL) {
        return 3;
    }
    write_all(pcap, sizeof pcap);
    open_stream(&scheduler, CLIENT);
    for (unsigned long i = 0; i < workers; i++) {
        open_stream(&worker[i], (uint16_t)(CLIENT + 1 + i));
    }
    for (unsigned long i = 0; i < tasks; i++) {
        undr_slice bytes = undr_slice_of(task, make_task(task, (uint32_t)i, (uint32_t)padding));
        send_frame(&scheduler, 0, 0x81, bytes);
        send_frame(&scheduler, 1, 's', nothing);
        send_frame(&worker[i % workers], 0, i < workers ? 'n' : 't', nothing);
        send_frame(&worker[i % workers], 1, 't', bytes);
    }
    free(task);
    return fflush(stdout) == 0 ? 0 : 1;
}
