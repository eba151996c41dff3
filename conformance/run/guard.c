/* guard.c: a process that runs foreign programs, and one above it that makes sure that none is left. */
#include "run/guard.h"

#include "base/clock.h"
#include "base/shortage.h"
#include "target/process_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

undr_error check_write_all(int fd, const void *data, size_t size) {
    const char *from = data;
    while (size > 0) {
        ssize_t written = write(fd, from, size);
        if (written < 0 && errno != EINTR) {
            return UNDR_SYSTEM;
        }
        if (written > 0) {
            from += written;
            size -= (size_t)written;
        }
    }
    return UNDR_OK;
}

bool check_read_all(int fd, void *data, size_t size, int *reason) {
    char *to = data;
    while (size > 0) {
        ssize_t got = read(fd, to, size);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            *reason = got == 0 ? 0 : errno;
            return false;
        }
        if (got > 0) {
            to += got;
            size -= (size_t)got;
        }
    }
    return true;
}

/* ---- the guard ---- */

static void close_others(const check_guard_how *how) {
    for (size_t i = 0; i < how->other_count; i++) {
        if (how->others[i].pid != 0) {
            close(how->others[i].orders);
            close(how->others[i].results);
        }
    }
}

static void tell(int results, const char *text) {
    if (check_write_all(results, text, strlen(text)) != UNDR_OK) {
        _exit(1); /* nobody reads any more */
    }
}

_Noreturn static void give_up(int results, const char *what, int reason) {
    char text[240];
    snprintf(text, sizeof text, CHECK_GUARD_MARK "%s: %s%s\n", what, strerror(reason), check_remedy(reason));
    tell(results, text);
    _exit(1);
}

_Noreturn static void fail_to_start(int results, int reason) {
    give_up(results, "could not start", reason);
}

_Noreturn static void be_player(const check_guard_how *how, pid_t guard, int orders, int results) {
    static const int defaults[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD, SIGPIPE};
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
        fail_to_start(results, errno);
    }
    if (getppid() != guard) {
        _exit(1); /* it died before the kernel knew whom to tell */
    }
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
        signal(defaults[i], SIG_DFL);
    }
    sigprocmask(SIG_SETMASK, how->mask, NULL);
    int reason = how->body(how->context, orders, results);
    fflush(NULL);
    if (reason != 0) {
        give_up(results, "could not read what to play", reason);
    }
    _exit(0);
}

static void report_end(int results, int status) {
    char text[160];
    if (WIFSIGNALED(status)) {
        int number = WTERMSIG(status);
        snprintf(text, sizeof text, CHECK_GUARD_MARK "was killed by signal %d, %s\n", number, strsignal(number));
    } else {
        snprintf(text, sizeof text, CHECK_GUARD_MARK "left with exit status %d\n", WEXITSTATUS(status));
    }
    tell(results, text);
}

/* Ends everything below the guard. What resists is left to the next subreaper, the guard's parent. */
static void clear(void) {
    check_pids none = {0};
    undr_error error = check_family_end(&none, CHECK_SECOND);
    (void)error;
}

/* Waits for the player's end, or for the order to end, then cleans up. If a signal is lost, regular checks still notice
 * the end of the player, or of the reader of the results. */
_Noreturn static void watch(pid_t player, pid_t parent, int results, const sigset_t *awaited) {
    const struct timespec now_and_then = {.tv_sec = 1};
    for (;;) {
        int status = 0, number = sigtimedwait(awaited, NULL, &now_and_then);
        if (number == SIGTERM || getppid() != parent) {
            clear();
            _exit(0);
        }
        pid_t ended = waitpid(player, &status, WNOHANG);
        if (ended < 0 && errno == ECHILD) {
            clear();
            tell(results, CHECK_GUARD_MARK "ended, and another process reaped it\n");
            _exit(0);
        }
        if (ended == player) {
            clear();
            if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
                report_end(results, status);
            }
            _exit(0);
        }
    }
}

_Noreturn static void be_guard(const check_guard_how *how, pid_t parent, const int orders[2], const int results[2]) {
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGTERM);
    sigaddset(&awaited, SIGCHLD);
    sigset_t blocked = awaited;
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGHUP);
    sigaddset(&blocked, SIGQUIT);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* if the parent ignored it, no end would be reported */
    if (!how->foreground) {
        setpgid(0, 0); /* so that the terminal's Ctrl-C reaches the parent alone, which ends us in order */
    }
    close_others(how);
    close(orders[1]);
    close(results[0]);
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) {
        fail_to_start(results[1], errno);
    }
    if (getppid() != parent) {
        _exit(1);
    }
    pid_t self = getpid(), player = fork();
    if (player == 0) {
        be_player(how, self, orders[0], results[1]);
    }
    int reason = errno;
    close(orders[0]);
    if (player < 0) {
        fail_to_start(results[1], reason);
    }
    watch(player, parent, results[1], &awaited);
}

undr_error check_guard_start(check_guard *guard, const check_guard_how *how) {
    int orders[2], results[2];
    *guard = (check_guard){0};
    if (pipe2(orders, O_CLOEXEC) != 0) {
        return UNDR_SYSTEM;
    }
    if (pipe2(results, O_CLOEXEC) != 0) {
        int reason = errno;
        close(orders[0]);
        close(orders[1]);
        errno = reason;
        return UNDR_SYSTEM;
    }
    fflush(NULL); /* else what is still buffered would be printed by the child, too */
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        be_guard(how, parent, orders, results);
    }
    int reason = errno;
    close(orders[0]);
    close(results[1]);
    if (child < 0) {
        close(orders[1]);
        close(results[0]);
        errno = reason;
        return UNDR_SYSTEM;
    }
    *guard = (check_guard){child, orders[1], results[0]};
    return UNDR_OK;
}

undr_slice check_guard_clause(undr_slice got) {
    const size_t mark = sizeof CHECK_GUARD_MARK - 1;
    bool first = got.size > 0 && got.data[0] == CHECK_GUARD_MARK[1]; /* the newline before it is spent */
    const uint8_t *found = first || got.size == 0 ? NULL : memmem(got.data, got.size, CHECK_GUARD_MARK, mark);
    const uint8_t *from = first ? got.data + 1 : found == NULL ? NULL : found + mark;
    size_t left = from == NULL ? 0 : got.size - (size_t)(from - got.data);
    if (left == 0) {
        return undr_slice_text("ended without a word");
    }
    const uint8_t *end = memchr(from, '\n', left);
    return undr_slice_of(from, end == NULL ? left : (size_t)(end - from));
}

void check_guard_stop(check_guard *guard) {
    if (guard->pid == 0) {
        return;
    }
    kill(guard->pid, SIGTERM);
    close(guard->orders);
    close(guard->results);
    uint64_t limit = check_now() + 2 * CHECK_SECOND;
    while (waitpid(guard->pid, NULL, WNOHANG) == 0) {
        if (check_now() > limit) {
            kill(guard->pid, SIGKILL); /* what it leaves becomes a child of ours: check_guard_sweep */
            while (waitpid(guard->pid, NULL, 0) < 0 && errno == EINTR) {}
            break;
        }
        poll(NULL, 0, 1);
    }
    *guard = (check_guard){0};
}

void check_guard_sweep(const check_pids *spared) {
    undr_error error = check_family_end(spared, 2 * CHECK_SECOND);
    (void)error; /* nobody could do more */
}
