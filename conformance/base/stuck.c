/* stuck.c: a thread that looks whether the process can still be ended. It takes no lock, so that a fork beside it is
 * harmless. */
#include "base/stuck.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_MS = 200, LOOKS = 10, STACK = 64 * 1024 };

static const int ends[] = {SIGINT, SIGTERM, SIGHUP};

static bool is_ignored(int number) {
    struct sigaction now = {.sa_handler = SIG_DFL};
    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

sigset_t check_end_signals(void) {
    sigset_t set;
    (void)sigemptyset(&set);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (!is_ignored(ends[i])) {
            (void)sigaddset(&set, ends[i]);
        }
    }
    return set;
}

/* One that is pending: nobody has read it yet. 0: none. */
static int pending_end(void) {
    sigset_t pending;
    int found = 0;
    (void)sigemptyset(&pending);
    (void)sigpending(&pending);
    for (size_t i = 0; i < sizeof ends / sizeof *ends && found == 0; i++) {
        found = sigismember(&pending, ends[i]) == 1 ? ends[i] : 0;
    }
    return found;
}

static bool is_full(int file) {
    struct pollfd one = {.fd = file, .events = POLLOUT};
    return poll(&one, 1, 0) == 0;
}

static void end_by(int number) {
    sigset_t only;
    (void)sigemptyset(&only);
    (void)sigaddset(&only, number);
    (void)signal(number, SIG_DFL);
    (void)pthread_sigmask(SIG_UNBLOCK, &only, NULL);
}

static void *look(void *unused) {
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    for (int looks = 0;;) {
        (void)nanosleep(&pause, NULL);
        int number = pending_end();
        bool stuck = number != 0 && (is_full(STDOUT_FILENO) || is_full(STDERR_FILENO));
        looks = stuck ? looks + 1 : 0;
        if (looks == LOOKS) {
            end_by(number);
        }
    }
    return unused;
}

void check_end_when_stuck(void) {
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    if (pthread_attr_init(&attributes) != 0) {
        return;
    }
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attributes, STACK); /* or as large as usual */
    (void)pthread_create(&thread, &attributes, look, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
}
