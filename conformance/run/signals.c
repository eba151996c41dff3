/* signals.c: Ctrl-C and its kin, read from a descriptor. */
#include "run/signals.h"

#include "base/stuck.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Blocked, an ignored signal would reach the descriptor all the same. */
static bool is_ignored(int number) {
    struct sigaction now = {.sa_handler = SIG_DFL};
    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

undr_error check_signals_open(check_signals *signals) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    sigset_t awaited;
    sigemptyset(&awaited);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (!is_ignored(numbers[i])) {
            sigaddset(&awaited, numbers[i]);
        }
    }
    *signals = (check_signals){.fd = -1};
    undr_error error = check_family_children(&signals->children);
    if (error != UNDR_OK) {
        return error;
    }
    signal(SIGPIPE, SIG_IGN); /* a runner that died is seen by EPIPE, a closed `| head` by ferror */
    sigprocmask(SIG_BLOCK, &awaited, &signals->before); /* fails only for a wrong first argument */
    signals->fd = signalfd(-1, &awaited, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals->fd >= 0) {
        check_end_when_stuck();
        return UNDR_OK;
    }
    int reason = errno;
    sigprocmask(SIG_SETMASK, &signals->before, NULL);
    check_pids_free(&signals->children);
    errno = reason;
    return UNDR_SYSTEM;
}

void check_signals_close(check_signals *signals) {
    close(signals->fd);
    check_pids_free(&signals->children);
    sigprocmask(SIG_SETMASK, &signals->before, NULL);
}

int check_signals_take(const check_signals *signals) {
    struct signalfd_siginfo info;
    memset(&info, 0, sizeof info);
    return read(signals->fd, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}
