/* signals.c: Ctrl-C and its kin, read from a descriptor. */
#include "run/signals.h"

#include "base/stuck.h"

#include <errno.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

undr_error check_signals_open(check_signals *signals) {
    sigset_t awaited = check_end_signals();
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
