/* bench.h: what the programs of the bench share: a clock, memory figures, a socket on loopback, and one way to give up.
 * Each program prints one line of JSON; scripts/bench runs them and sets them against each other. */
#ifndef BENCH_H
#define BENCH_H

#include "support/steady.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BENCH_REQUEST = 9, BENCH_ANSWER = 64 }; /* bytes: `t`, and a `t` with a task of 55 */

__attribute__((noreturn, format(printf, 1, 2))) static inline void bench_fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

/* A number of the command line, from 0. */
static inline long bench_number(const char *text, const char *what) {
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < 0) {
        bench_fail("%s: not a number from 0: %s", what, text);
    }
    return number;
}

static inline uint64_t bench_now(void) { /* ns, the same clock in all processes */
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* always there */
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static inline int bench_compare(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* A field of JSON; sorts. */
static inline void bench_print_spread(const char *name, double *us, size_t count, const char *behind) {
    qsort(us, count, sizeof *us, bench_compare);
    (void)printf("\"%s\": {\"min\": %.1f, \"median\": %.1f, \"p90\": %.1f, \"max\": %.1f}%s", name, us[0],
        us[count / 2], us[count * 9 / 10], us[count - 1], behind);
}

static inline struct sockaddr_in bench_address(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static inline void bench_no_delay(int socket) {
    int on = 1;
    if (setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        bench_fail("TCP_NODELAY: %s", strerror(errno));
    }
}

static inline int bench_connect(uint16_t port) {
    struct sockaddr_in address = bench_address(port);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client < 0 || steady_connect(client, (struct sockaddr *)&address, sizeof address) != 0) {
        bench_fail("127.0.0.1:%u: %s", (unsigned)port, strerror(errno));
    }
    bench_no_delay(client);
    return client;
}

/* Listens on a port that the system chooses, and says `ready PORT`. */
static inline int bench_listen(int flags) {
    struct sockaddr_in address = bench_address(0);
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0
        || listen(listener, SOMAXCONN) != 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        bench_fail("can't listen: %s", strerror(errno));
    }
    (void)printf("ready %u\n", (unsigned)ntohs(address.sin_port));
    (void)fflush(stdout);
    return listener;
}

static inline void bench_raise_descriptors(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* too few will be said by whoever needs them */
    }
}

/* A field of /proc/self/status in KiB: VmRSS, VmHWM. */
static inline long bench_memory(const char *field) {
    char line[256];
    size_t size = strlen(field);
    long kib = -1;
    FILE *status = fopen("/proc/self/status", "re");
    if (status == NULL) {
        bench_fail("/proc/self/status: %s", strerror(errno));
    }
    while (kib < 0 && fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, field, size) == 0 && line[size] == ':') {
            kib = strtol(line + size + 1, NULL, 10);
        }
    }
    (void)fclose(status);
    return kib;
}

#endif
