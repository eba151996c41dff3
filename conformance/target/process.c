/* process.c: starts, watches and ends the process under test. */
#include "target/process.h"

#include "base/clock.h"
#include "base/shortage.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024, DRAIN_AT_MOST = 4 * 1024 * 1024 };

/* The pipes between this process and the target; [0] is read, [1] is written. */
typedef struct pipes {
    int input[2], output[2], errors[2], failure[2];
} pipes;

static void close_one(int *file) {
    if (*file >= 0) {
        close(*file);
        *file = -1;
    }
}

static void close_pipes(pipes *all) {
    int *pairs[] = {all->input, all->output, all->errors, all->failure};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        close_one(&pairs[i][0]);
        close_one(&pairs[i][1]);
    }
}

static bool open_pipes(pipes *all) {
    *all = (pipes){{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
    return pipe2(all->input, O_CLOEXEC) == 0 && pipe2(all->output, O_CLOEXEC) == 0 && pipe2(all->errors, O_CLOEXEC) == 0
        && pipe2(all->failure, O_CLOEXEC) == 0;
}

/* No descriptor of the harness may leak into the target: a listening socket there would accept for ever. */
static void close_on_exec_from(unsigned first) {
#ifdef SYS_close_range
    if (syscall(SYS_close_range, first, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */) == 0) {
        return;
    }
#endif
    long most = sysconf(_SC_OPEN_MAX);
    for (int file = (int)first; file < (most > 0 && most < 65536 ? (int)most : 65536); file++) {
        fcntl(file, F_SETFD, FD_CLOEXEC);
    }
}

/* The content of the failure pipe. */
typedef struct failure {
    int reason; /* errno; 0: the program was executed */
    bool own;   /* a call of the harness failed before the program was executed */
} failure;

/* 0, or the errno of what the harness could not prepare. */
static int prepare_child(const pipes *all) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) {
        sigaction(number, &standard, NULL); /* refused for KILL and STOP, which always have it */
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    umask(S_IWGRP | S_IWOTH);
    bool done = dup2(all->input[0], 0) >= 0 && dup2(all->output[1], 1) >= 0 && dup2(all->errors[1], 2) >= 0;
    return done ? 0 : errno;
}

/* In the child, which shares its parent's memory: it changes only its own locals and errno. If it fails, the reason
 * goes into the failure pipe. */
static _Noreturn void become_target(char *const *argv, const pipes *all, pid_t harness) {
    failure why = {.own = true};
    why.reason = setsid() >= 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 ? 0 : errno;
    if (getppid() != harness) {
        _exit(127); /* it died before the line above */
    }
    why.reason = why.reason == 0 ? prepare_child(all) : why.reason;
    if (why.reason == 0) {
        close_on_exec_from(3);
        execvp(argv[0], argv);
        why = (failure){errno, false};
    }
    ssize_t written;
    do {
        written = write(all->failure[1], &why, sizeof why);
    } while (written < 0 && errno == EINTR);
    _exit(written == (ssize_t)sizeof why ? 127 : 126);
}

/* The harness's pages are not copied for a process that drops them at once; the caller sleeps until then. */
static pid_t start_child(char *const *argv, const pipes *all, pid_t harness) {
    pid_t pid = vfork();
    if (pid == 0) {
        become_target(argv, all, harness);
    }
    return pid;
}

static failure read_failure(int file) {
    failure why = {0};
    ssize_t size;
    do {
        size = read(file, &why, sizeof why);
    } while (size < 0 && errno == EINTR);
    return size < 0 ? (failure){errno, true} : size == (ssize_t)sizeof why ? why : (failure){0};
}

static undr_error say_failure(undr_buffer *why, const char *program, int reason) {
    const char *remedy = reason == ENOENT ? "; is the path right, and its interpreter there?"
        : reason == EACCES                ? "; is it a file, and executable (chmod +x)?"
        : reason == ENOEXEC               ? "; a script needs a first line like #!/bin/sh"
                                          : check_remedy(reason);
    undr_error error = undr_put_format(why, "the program %s can't be started: %s%s", program, strerror(reason), remedy);
    return error != UNDR_OK ? error : check_is_shortage(reason) ? UNDR_SYSTEM : UNDR_ARGUMENT;
}

/* A call of the harness failed, before the program ran. */
static undr_error say_own_failure(undr_buffer *why, const char *program, int reason) {
    undr_error error = undr_put_format(
        why, "the harness can't start the program %s: %s%s", program, strerror(reason), check_remedy(reason));
    return error == UNDR_OK ? UNDR_SYSTEM : error;
}

static int open_notice(pid_t pid) {
#ifdef SYS_pidfd_open
    return (int)syscall(SYS_pidfd_open, pid, 0U); /* close-on-exec by nature; -1: polled instead */
#else
    (void)pid;
    return -1;
#endif
}

/* False: one of them would block. */
static bool take_pipes(check_target *target, pipes *all) {
    target->input = all->input[1];
    target->output = all->output[0];
    target->errors = all->errors[0];
    all->input[1] = all->output[0] = all->errors[0] = -1;
    return fcntl(target->output, F_SETFL, O_NONBLOCK) == 0 && fcntl(target->errors, F_SETFL, O_NONBLOCK) == 0
        && fcntl(target->input, F_SETFL, O_NONBLOCK) == 0;
}

/* For check_target_stop. */
static bool take_spare(check_target *target) {
    for (int i = 0; i < 2; i++) {
        target->spare[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    return target->spare[1] >= 0;
}

undr_error check_target_start(check_target *target, char *const *argv, undr_buffer *why) {
    *target = (check_target){.notice = -1, .input = -1, .output = -1, .errors = -1, .spare = {-1, -1}};
    undr_error error = take_spare(target) ? check_family_children(&target->spared) : UNDR_SYSTEM;
    if (error == UNDR_OK && prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
        error = UNDR_SYSTEM;
    }
    if (error != UNDR_OK) {
        return error == UNDR_SYSTEM ? say_own_failure(why, argv[0], errno) : error;
    }
    pipes all;
    pid_t harness = getpid();
    pid_t pid = open_pipes(&all) ? start_child(argv, &all, harness) : -1;
    if (pid < 0) {
        int reason = errno;
        close_pipes(&all);
        return say_own_failure(why, argv[0], reason);
    }
    target->pid = pid;
    close_one(&all.failure[1]);
    failure failed = read_failure(all.failure[0]);
    if (failed.reason != 0) {
        kill(pid, SIGKILL); /* it may run after all, if only the reading failed */
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
        target->pid = 0;
        close_pipes(&all);
        return failed.own ? say_own_failure(why, argv[0], failed.reason) : say_failure(why, argv[0], failed.reason);
    }
    target->state = CHECK_TARGET_RUNS;
    target->notice = open_notice(pid);
    bool taken = take_pipes(target, &all);
    int reason = errno;
    close_pipes(&all);
    return taken ? UNDR_OK : say_own_failure(why, argv[0], reason);
}

undr_error check_target_keep(check_target *target, const void *data, size_t size) {
    if (size > CHECK_OUTPUT_KEPT) {
        size_t skipped = size - CHECK_OUTPUT_KEPT;
        target->dropped += skipped + target->kept.size;
        target->kept.size = 0;
        return undr_put_bytes(&target->kept, (const uint8_t *)data + skipped, CHECK_OUTPUT_KEPT);
    }
    undr_error error = undr_put_bytes(&target->kept, data, size);
    if (error == UNDR_OK && target->kept.size > 2 * (size_t)CHECK_OUTPUT_KEPT) {
        size_t skipped = target->kept.size - CHECK_OUTPUT_KEPT;
        memmove(target->kept.data, target->kept.data + skipped, CHECK_OUTPUT_KEPT);
        target->kept.size = CHECK_OUTPUT_KEPT;
        target->dropped += skipped;
    }
    return error;
}

undr_error check_target_drain(check_target *target) {
    char bytes[READ_SIZE];
    for (size_t all = 0; target->errors >= 0 && all < DRAIN_AT_MOST;) {
        ssize_t size = read(target->errors, bytes, sizeof bytes);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0 && errno == EAGAIN) {
            break;
        }
        if (size < 0) {
            return UNDR_SYSTEM; /* closed, it would end the target by SIGPIPE */
        }
        if (size == 0) {
            close_one(&target->errors);
            break;
        }
        all += (size_t)size;
        undr_error error = check_target_keep(target, bytes, (size_t)size);
        if (error != UNDR_OK) {
            return error;
        }
    }
    return UNDR_OK;
}

static bool has_ended(check_target *target) {
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)target->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) {
        return false;
    }
    target->state = info.si_code == CLD_EXITED ? CHECK_TARGET_EXITED : CHECK_TARGET_SIGNALLED;
    target->status = info.si_status;
    return true;
}

void check_target_look(check_target *target) {
    if (target->state != CHECK_TARGET_RUNS || has_ended(target) || !check_process_is_leaving(target->pid)) {
        return;
    }
    /* Its connections are closed before its parent can know of its end: wait until it has ended. */
    uint64_t until = check_now() + CHECK_SECOND;
    while (!has_ended(target) && check_now() < until) {
        struct pollfd notice = {.fd = target->notice, .events = POLLIN};
        poll(&notice, 1, target->notice >= 0 ? check_poll_timeout(until, 1000) : 1);
    }
}

void check_target_close_input(check_target *target) {
    close_one(&target->input);
}

/* *left: how many processes a target that ended by itself has left behind. */
static undr_error count_left(check_target *target, size_t *left) {
    if (left == NULL || target->state == CHECK_TARGET_RUNS) {
        return UNDR_OK;
    }
    check_pids found = {0};
    undr_error error = check_family_listed(&target->spared, &found);
    int reason = errno;
    *left = found.count - (check_pids_has(&found, target->pid) ? 1 : 0);
    check_pids_free(&found);
    errno = reason;
    return error;
}

static undr_error end_processes(check_target *target, size_t *left) {
    close_one(&target->spare[0]);
    close_one(&target->spare[1]);
    check_target_look(target);
    undr_error error = count_left(target, left);
    kill(-target->pid, SIGKILL);
    struct pollfd notice = {.fd = target->notice, .events = POLLIN};
    poll(&notice, target->notice >= 0 ? 1 : 0, target->notice >= 0 ? 1000 : 0); /* else asked for below */
    undr_error ended = check_family_end(&target->spared, 10 * CHECK_SECOND);
    target->pid = 0;
    return ended != UNDR_OK ? ended : error;
}

undr_error check_target_stop(check_target *target, size_t *left) {
    if (left != NULL) {
        *left = 0;
    }
    undr_error error = target->pid > 0 ? end_processes(target, left) : UNDR_OK;
    target->state = CHECK_TARGET_NONE;
    undr_error drained = check_target_drain(target);
    int reason = errno;
    close_one(&target->notice);
    close_one(&target->input);
    close_one(&target->output);
    close_one(&target->errors);
    close_one(&target->spare[0]);
    close_one(&target->spare[1]);
    check_pids_free(&target->spared);
    errno = reason;
    return error != UNDR_OK ? error : drained;
}

void check_target_free(check_target *target) {
    undr_error error = check_target_stop(target, NULL);
    (void)error; /* nobody needs to know: check_player_stop came before */
    undr_buffer_free(&target->kept);
}

undr_error check_target_describe(const check_target *target, undr_buffer *text) {
    switch (target->state) {
    case CHECK_TARGET_EXITED: return undr_put_format(text, "has ended with exit status %d", target->status);
    case CHECK_TARGET_SIGNALLED:
        return undr_put_format(text, "was ended by signal %d (%s)", target->status, strsignal(target->status));
    case CHECK_TARGET_RUNS: return undr_put_text(text, "runs");
    case CHECK_TARGET_NONE: break;
    }
    return undr_put_text(text, "is not there");
}
