/* steady.h: system calls that go on after an interruption. A process of these tests can be interrupted without a signal
 * handler of its own: by SIGCONT, and by io_uring (libuv 1.45 and later), which ends a recv or send that has a
 * timeout. */
#ifndef TESTS_STEADY_H
#define TESTS_STEADY_H

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static inline ssize_t steady_recv(int file, void *data, size_t size, int flags) {
    ssize_t got;
    do {
        got = recv(file, data, size, flags & ~MSG_WAITALL);
    } while (got < 0 && errno == EINTR);
    if ((flags & MSG_WAITALL) == 0 || got <= 0 || (size_t)got == size) {
        return got;
    }
    ssize_t rest = steady_recv(file, (char *)data + got, size - (size_t)got, flags);
    return rest < 0 ? got : got + rest;
}

/* All of it, unless the send fails: how much of it then, or -1 if nothing. */
static inline ssize_t steady_send(int file, const void *data, size_t size, int flags) {
    size_t sent = 0;
    while (sent < size) {
        ssize_t now = send(file, (const char *)data + sent, size - sent, flags);
        if (now < 0 && errno != EINTR) {
            return sent > 0 ? (ssize_t)sent : -1;
        }
        sent += now > 0 ? (size_t)now : 0;
    }
    return (ssize_t)sent;
}

static inline ssize_t steady_read(int file, void *data, size_t size) {
    ssize_t got;
    do {
        got = read(file, data, size);
    } while (got < 0 && errno == EINTR);
    return got;
}

/* All of it, unless the write fails: how much of it then, or -1 if nothing. */
static inline ssize_t steady_write(int file, const void *data, size_t size) {
    size_t wrote = 0;
    while (wrote < size) {
        ssize_t now = write(file, (const char *)data + wrote, size - wrote);
        if (now < 0 && errno != EINTR) {
            return wrote > 0 ? (ssize_t)wrote : -1;
        }
        wrote += now > 0 ? (size_t)now : 0;
    }
    return (ssize_t)wrote;
}

static inline int steady_accept(int listener) {
    int peer;
    do {
        peer = accept(listener, NULL, NULL);
    } while (peer < 0 && errno == EINTR);
    return peer;
}

/* The whole time begins anew: what is waited for in tests comes, or they fail. */
static inline int steady_poll(struct pollfd *files, nfds_t count, int ms) {
    int ready;
    do {
        ready = poll(files, count, ms);
    } while (ready < 0 && errno == EINTR);
    return ready;
}

/* A connect that was interrupted goes on by itself: whoever connects again waits for its end, or comes behind it. */
static inline int steady_connect(int file, const struct sockaddr *address, socklen_t size) {
    int status = connect(file, address, size);
    while (status != 0 && errno == EINTR) {
        status = connect(file, address, size);
        if (status != 0 && errno == EISCONN) {
            return 0;
        }
    }
    return status;
}

static inline pid_t steady_waitpid(pid_t pid, int *status, int options) {
    pid_t ended;
    do {
        ended = waitpid(pid, status, options);
    } while (ended < 0 && errno == EINTR);
    return ended;
}

#endif
