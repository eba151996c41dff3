/* bench-load.c: the load: N connections in one epoll loop, each of which asks `n`, then `t` for every task, one request
 * in flight. The same against the manager and against the limit program.
 *
 *     bench-load PORT fill COUNT PAYLOAD        schedules COUNT tasks (PAYLOAD 0: of mixed sizes, 20 to 300 bytes)
 *     bench-load PORT ask CONNECTIONS REQUESTS  as many answers as fast as they come
 *     bench-load PORT open CONNECTIONS          connects all at once; they stay open until the input ends */
#include "bench.h"
#include "support/steady.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/epoll.h>

enum { EVENTS = 1024, MIXED_SMALLEST = 20, MIXED_LARGEST = 300, FILL_BUFFER = 1 << 16 };

static void put_header(uint8_t *bytes, uint8_t type, uint64_t size) {
    bytes[0] = type;
    for (int i = 0; i < 8; i++) {
        bytes[1 + i] = (uint8_t)(size >> (8 * i));
    }
}

/* Tasks in the order in which they are made: their sizes follow from their numbers. */
typedef struct filling {
    long left, payload;
    uint64_t bytes;
    uint32_t random;
} filling;

static size_t next_size(filling *fill) {
    if (fill->payload > 0) {
        return (size_t)fill->payload;
    }
    fill->random = fill->random * 1664525 + 1013904223;
    return MIXED_SMALLEST + (fill->random >> 16) % (MIXED_LARGEST - MIXED_SMALLEST + 1);
}

static size_t make_frames(filling *fill, uint8_t *buffer, size_t room) {
    size_t used = 0;
    while (fill->left > 0 && room - used >= BENCH_REQUEST + MIXED_LARGEST + (size_t)fill->payload) {
        size_t size = next_size(fill);
        put_header(buffer + used, 0x81, size);
        memset(buffer + used + BENCH_REQUEST, 'x', size);
        used += BENCH_REQUEST + size;
        fill->bytes += size;
        fill->left--;
    }
    return used;
}

/* Sends what there is room for and reads the acknowledgements meanwhile. */
static void fill_manager(int client, long count, long payload) {
    filling fill = {.left = count, .payload = payload};
    size_t room = FILL_BUFFER + (size_t)payload, size = 0, sent = 0;
    uint8_t *buffer = malloc(room), acks[8192];
    uint64_t expected = (uint64_t)count * BENCH_REQUEST, got = 0;
    if (buffer == NULL || fcntl(client, F_SETFL, O_NONBLOCK) != 0) {
        bench_fail("fill: %s", strerror(errno));
    }
    while (got < expected) {
        if (sent == size) {
            sent = 0;
            size = make_frames(&fill, buffer, room);
        }
        struct pollfd ready = {.fd = client, .events = (short)(size > 0 ? POLLIN | POLLOUT : POLLIN)};
        (void)steady_poll(&ready, 1, -1);
        ssize_t wrote = size > sent ? steady_write(client, buffer + sent, size - sent) : 0;
        sent += wrote > 0 ? (size_t)wrote : 0;
        ssize_t read_now = steady_read(client, acks, sizeof acks);
        if (read_now == 0 || (read_now < 0 && errno != EAGAIN)) {
            bench_fail("fill: the manager ended the connection");
        }
        got += read_now > 0 ? (uint64_t)read_now : 0;
    }
    free(buffer);
    (void)printf("{\"payload\": %llu}\n", (unsigned long long)fill.bytes);
}

typedef struct asking {
    int loop;
    int *clients;
    long connections, to_send, to_come;
} asking;

static void ask(asking *load, int client, uint8_t type) {
    uint8_t request[BENCH_REQUEST];
    if (load->to_send == 0) {
        return;
    }
    load->to_send--;
    put_header(request, type, 0);
    if (steady_write(client, request, sizeof request) != sizeof request) {
        bench_fail("ask: %s", strerror(errno));
    }
}

static void take_answer(asking *load, int client) {
    uint8_t answer[BENCH_ANSWER + 1];
    ssize_t got = steady_read(client, answer, sizeof answer);
    if (got != BENCH_ANSWER || answer[0] != 't') {
        bench_fail("an answer of %zd bytes where a task of %d was due", got, BENCH_ANSWER);
    }
    load->to_come--;
    ask(load, client, 't');
}

static void open_clients(asking *load, uint16_t port) {
    load->loop = epoll_create1(EPOLL_CLOEXEC);
    load->clients = calloc((size_t)load->connections, sizeof *load->clients);
    if (load->loop < 0 || load->clients == NULL) {
        bench_fail("can't begin: %s", strerror(errno));
    }
    for (long i = 0; i < load->connections; i++) {
        load->clients[i] = bench_connect(port);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = load->clients[i]};
        if (epoll_ctl(load->loop, EPOLL_CTL_ADD, load->clients[i], &event) != 0) {
            bench_fail("epoll_ctl: %s", strerror(errno));
        }
    }
}

static void run_asking(uint16_t port, long connections, long requests) {
    struct epoll_event events[EVENTS];
    asking load = {.connections = connections, .to_send = requests, .to_come = requests};
    open_clients(&load, port);
    (void)usleep(50000); /* the last of them is accepted */
    uint64_t begin = bench_now();
    for (long i = 0; i < connections; i++) {
        ask(&load, load.clients[i], 'n');
    }
    while (load.to_come > 0) {
        int count = epoll_wait(load.loop, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            take_answer(&load, events[i].data.fd);
        }
    }
    double seconds = (double)(bench_now() - begin) / 1e9;
    (void)printf("{\"rate\": %.0f, \"requests\": %ld}\n", (double)requests / seconds, requests);
}

/* Did its SYN go out more than once? Then the manager's backlog was full, and it waited for a second or more. */
static bool was_late(int client) {
    struct tcp_info info;
    socklen_t size = sizeof info;
    if (getsockopt(client, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
        bench_fail("TCP_INFO: %s", strerror(errno));
    }
    return info.tcpi_total_retrans > 0;
}

/* All connects are under way before any is waited for. */
static void run_open(uint16_t port, long connections) {
    struct pollfd *clients = calloc((size_t)connections, sizeof *clients);
    struct sockaddr_in address = bench_address(port);
    long left = connections, late = 0;
    uint64_t begin = bench_now(), worst = 0;
    for (long i = 0; clients != NULL && i < connections; i++) {
        clients[i] = (struct pollfd){.events = POLLOUT};
        clients[i].fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (clients[i].fd < 0
            || (steady_connect(clients[i].fd, (struct sockaddr *)&address, sizeof address) != 0
                && errno != EINPROGRESS)) {
            bench_fail("connection %ld: %s", i, strerror(errno));
        }
    }
    while (left > 0 && steady_poll(clients, (nfds_t)connections, 60000) > 0) {
        worst = bench_now() - begin;
        for (long i = 0; i < connections; i++) {
            if ((clients[i].revents & POLLOUT) != 0) {
                late += was_late(clients[i].fd);
                clients[i].fd = ~clients[i].fd; /* poll skips it from now on */
                left--;
            }
        }
    }
    (void)printf(
        "{\"connected\": %ld, \"late\": %ld, \"worst_ms\": %.1f}\n", connections - left, late, (double)worst / 1e6);
    (void)fflush(stdout);
    (void)getchar();
    free(clients);
}

int main(int argc, char **argv) {
    if (argc < 4) {
        bench_fail("usage: bench-load PORT fill COUNT PAYLOAD | ask CONNECTIONS REQUESTS | open CONNECTIONS");
    }
    uint16_t port = (uint16_t)bench_number(argv[1], "port");
    long first = bench_number(argv[3], argv[2]);
    bench_raise_descriptors();
    if (strcmp(argv[2], "fill") == 0 && argc == 5) {
        fill_manager(bench_connect(port), first, bench_number(argv[4], "payload"));
    } else if (strcmp(argv[2], "ask") == 0 && argc == 5) {
        run_asking(port, first, bench_number(argv[4], "requests"));
    } else if (strcmp(argv[2], "open") == 0) {
        run_open(port, first);
    } else {
        bench_fail("unknown: %s", argv[2]);
    }
    return 0;
}
