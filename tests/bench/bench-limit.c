/* bench-limit.c: what the machine allows. An epoll loop that answers every 9 bytes with 64, and nothing else: the most
 * that a manager in one thread could do. */
#include "bench.h"
#include "support/steady.h"

#include <sys/epoll.h>

enum { EVENTS = 1024, READ_SIZE = 64 * 1024 };

static void watch(int loop, int descriptor) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    if (epoll_ctl(loop, EPOLL_CTL_ADD, descriptor, &event) != 0) {
        bench_fail("epoll_ctl: %s", strerror(errno));
    }
}

static void accept_all(int loop, int listener) {
    int client;
    while ((client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        bench_no_delay(client);
        watch(loop, client);
    }
    if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
        bench_fail("accept: %s", strerror(errno));
    }
}

/* The load generator sends whole requests, and never more than its answers' room: short reads and writes don't
 * occur. */
static void serve(int client, const uint8_t *answers) {
    static uint8_t bytes[READ_SIZE];
    ssize_t got = steady_read(client, bytes, sizeof bytes);
    if (got <= 0 || got % BENCH_REQUEST != 0) {
        (void)close(client);
        return;
    }
    size_t size = (size_t)got / BENCH_REQUEST * BENCH_ANSWER;
    if (steady_write(client, answers, size) != (ssize_t)size) {
        (void)close(client);
    }
}

int main(void) {
    static uint8_t answers[READ_SIZE / BENCH_REQUEST * BENCH_ANSWER];
    struct epoll_event events[EVENTS];
    bench_raise_descriptors();
    for (size_t at = 0; at < sizeof answers; at += BENCH_ANSWER) { /* a frame: `t`, 55 bytes of payload */
        answers[at] = 't';
        answers[at + 1] = BENCH_ANSWER - BENCH_REQUEST;
    }
    int listener = bench_listen(SOCK_NONBLOCK);
    int loop = epoll_create1(EPOLL_CLOEXEC);
    watch(loop, listener);
    for (;;) { /* until it is killed */
        int count = epoll_wait(loop, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listener) {
                accept_all(loop, listener);
            } else {
                serve(events[i].data.fd, answers);
            }
        }
    }
}
