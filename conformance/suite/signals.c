/* signals.c: Ctrl-C and its kin, read from a descriptor. */
#include "signals.h"

#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

undr_error check_signals_open(check_signals *signals) {
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGINT);
    sigaddset(&awaited, SIGTERM);
    sigaddset(&awaited, SIGHUP);
    signal(SIGPIPE, SIG_IGN); /* a runner that died is seen by EPIPE, a closed `| head` by ferror */
    if (sigprocmask(SIG_BLOCK, &awaited, &signals->before) != 0) {
        return UNDR_SYSTEM;
    }
    signals->fd = signalfd(-1, &awaited, SFD_CLOEXEC | SFD_NONBLOCK);
    return signals->fd < 0 ? UNDR_SYSTEM : UNDR_OK;
}

void check_signals_close(check_signals *signals) {
    close(signals->fd);
    sigprocmask(SIG_SETMASK, &signals->before, NULL);
}

int check_signals_take(const check_signals *signals) {
    struct signalfd_siginfo info;
    memset(&info, 0, sizeof info);
    return read(signals->fd, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}
