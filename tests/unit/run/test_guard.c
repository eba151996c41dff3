/* test_guard.c: the guard and its player: however one of them fails or ends, it is told, and nothing is left. */
#include "run/guard.h"
#include "support/steady.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- calls that fail ---- */

enum { NOBODY, GUARD, PLAYER, GUARD_LATER };

/* Which call fails: the k-th of its kind, counted in each process from its parent's count on; 0: none. */
static struct {
    int pipes, forks, prctls, waits;
    int orphan; /* who learns that its parent is gone */
    pid_t own;
} failing;

int __real_pipe2(int ends[2], int flags);
int __wrap_pipe2(int ends[2], int flags);
pid_t __real_fork(void);
pid_t __wrap_fork(void);
int __real_prctl(int option, unsigned long value);
int __wrap_prctl(int option, unsigned long value);
pid_t __real_getppid(void);
pid_t __wrap_getppid(void);
pid_t __real_waitpid(pid_t pid, int *status, int options);
pid_t __wrap_waitpid(pid_t pid, int *status, int options);

static bool fails(int *left, int reason) {
    if (*left == 0 || --*left > 0) {
        return false;
    }
    errno = reason;
    return true;
}

int __wrap_pipe2(int ends[2], int flags) {
    return fails(&failing.pipes, EMFILE) ? -1 : __real_pipe2(ends, flags);
}

pid_t __wrap_fork(void) {
    return fails(&failing.forks, EAGAIN) ? -1 : __real_fork();
}

int __wrap_prctl(int option, unsigned long value) {
    return fails(&failing.prctls, EINVAL) ? -1 : __real_prctl(option, value);
}

/* What glibc makes of it where time_t had 32 bits before. */
#if defined(__USE_TIME_BITS64) && defined(__TIMESIZE) && __TIMESIZE == 32
int __wrap___prctl_time64(int option, unsigned long value);
int __wrap___prctl_time64(int option, unsigned long value) {
    return __wrap_prctl(option, value);
}
#endif

/* Another parent than before: it has died. */
pid_t __wrap_getppid(void) {
    pid_t parent = __real_getppid();
    if (failing.orphan == GUARD_LATER && parent == failing.own) {
        failing.orphan = GUARD; /* the next time */
        return parent;
    }
    return failing.orphan == (parent == failing.own ? GUARD : PLAYER) ? 1 : parent;
}

pid_t __wrap_waitpid(pid_t pid, int *status, int options) {
    return getpid() != failing.own && fails(&failing.waits, ECHILD) ? -1 : __real_waitpid(pid, status, options);
}

/* ---- players ---- */

enum { GONE_MS = 60000 }; /* what has not ended by then will not */

static int leaves(void *context, int orders, int results) {
    (void)orders;
    return check_write_all(results, "done", 4) == UNDR_OK ? *(int *)context : EPIPE;
}

static int exits(void *context, int orders, int results) {
    (void)orders, (void)results;
    _exit(*(int *)context);
}

static int dies(void *context, int orders, int results) {
    (void)orders, (void)results;
    raise(*(int *)context);
    return 0;
}

static int hangs(void *context, int orders, int results) {
    (void)context, (void)orders;
    if (check_write_all(results, "x", 1) == UNDR_OK) {
        for (;;) {
            pause();
        }
    }
    return 0;
}

/* Of all that it starts: in its session or not, told to end or not. */
static int leaves_processes(void *context, int orders, int results) {
    (void)context, (void)orders;
    close(results);
    if (__real_fork() == 0 && (setsid() > 0) && __real_fork() == 0) {
        signal(SIGTERM, SIG_IGN);
        pause();
    }
    return 0;
}

static undr_error start(check_guard *guard, check_guarded *body, int *context) {
    sigset_t none;
    sigemptyset(&none);
    failing.own = getpid();
    const check_guard_how how = {.body = body, .context = context, .mask = &none};
    undr_error error = check_guard_start(guard, &how);
    int reason = errno;
    failing.pipes = failing.forks = failing.prctls = failing.waits = 0;
    failing.orphan = NOBODY;
    errno = reason;
    return error;
}

/* All that comes until both have ended; zero-terminated. */
static size_t read_all(const check_guard *guard, char *text, size_t room) {
    size_t size = 0;
    for (ssize_t got = 1; got > 0; size += (size_t)got) {
        struct pollfd results = {.fd = guard->results, .events = POLLIN};
        assert_int_equal(steady_poll(&results, 1, GONE_MS), 1);
        got = steady_read(guard->results, text + size, room - size - 1);
        assert_true(got >= 0);
    }
    text[size] = '\0';
    return size;
}

static void assert_alone(void) {
    assert_int_equal(steady_waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static size_t open_files(void) {
    size_t count = 0;
    for (int file = 0; file < 256; file++) {
        count += fcntl(file, F_GETFD) >= 0;
    }
    return count;
}

/* All that the player and its guard say until the end: `before`, and then this clause; NULL: nothing. */
static void assert_says(check_guarded *body, int context, const char *before, const char *clause) {
    char text[1024], expected[1024];
    check_guard guard;
    size_t before_it = open_files();
    assert_int_equal(start(&guard, body, &context), UNDR_OK);
    size_t size = read_all(&guard, text, sizeof text);
    check_guard_stop(&guard);
    assert_alone();
    assert_int_equal(guard.pid, 0);
    assert_int_equal(open_files(), before_it);
    snprintf(expected, sizeof expected, "%s%s%s%s", before, clause == NULL ? "" : CHECK_GUARD_MARK,
        clause == NULL ? "" : clause, clause == NULL ? "" : "\n");
    const char *rest = text + strlen(expected); /* behind what a player said of itself the guard says how it left */
    assert_memory_equal(text, expected, strlen(expected));
    assert_true(*rest == '\0' || (clause != NULL && strcmp(rest, CHECK_GUARD_MARK "left with exit status 1\n") == 0));
    undr_slice said = check_guard_clause(undr_slice_of(text, size));
    const char *wanted = clause == NULL ? "ended without a word" : clause;
    assert_int_equal(said.size, strlen(wanted));
    assert_memory_equal(said.data, wanted, said.size);
}

/* ---- tests ---- */

static void what_can_not_start_is_an_error(void **state) {
    (void)state;
    const struct {
        int pipes, forks, reason;
    } table[] = {{1, 0, EMFILE}, {2, 0, EMFILE}, {0, 1, EAGAIN}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        check_guard guard;
        size_t before = open_files();
        failing.pipes = table[i].pipes;
        failing.forks = table[i].forks;
        assert_int_equal(start(&guard, leaves, NULL), UNDR_SYSTEM);
        assert_int_equal(errno, table[i].reason);
        assert_int_equal(guard.pid, 0);
        assert_int_equal(open_files(), before);
        check_guard_stop(&guard);
        assert_alone();
    }
}

static void what_fails_behind_the_start_is_told(void **state) {
    (void)state;
    for (int i = 1; i <= 4; i++) { /* two calls of the guard, two of the player */
        failing.prctls = i;
        assert_says(leaves, 0, "", "could not start: Invalid argument");
    }
    failing.forks = 2;
    assert_says(leaves, 0, "",
        "could not start: Resource temporarily unavailable; raise the limit of processes, as with `ulimit -u 4096`");
}

static void whose_parent_is_gone_plays_nothing(void **state) {
    (void)state;
    failing.orphan = GUARD;
    assert_says(leaves, 0, "", NULL);
    failing.orphan = PLAYER;
    assert_says(leaves, 0, "", "left with exit status 1");
    failing.orphan = GUARD_LATER; /* and no signal told it */
    assert_says(hangs, 0, "x", NULL);
}

static void how_it_ended_is_told(void **state) {
    (void)state;
    assert_says(leaves, 0, "done", NULL);
    assert_says(leaves, ENOMEM, "done",
        "could not read what to play: Cannot allocate memory; raise the limit of memory (`ulimit -v`, the container's)");
    assert_says(exits, 7, "", "left with exit status 7");
    assert_says(dies, SIGKILL, "", "was killed by signal 9, Killed");
    failing.waits = 1;
    assert_says(exits, 0, "", "ended, and another process reaped it");
}

static void what_is_left_is_ended(void **state) {
    (void)state;
    assert_says(leaves_processes, 0, "", NULL);
}

static void what_was_ignored_ends_it_all_the_same(void **state) {
    (void)state;
    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    check_guard guard;
    char text[64];
    int context = 0;
    assert_int_equal(start(&guard, leaves, &context), UNDR_OK);
    assert_int_equal(read_all(&guard, text, sizeof text), 4);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    check_guard_stop(&guard);
    assert_alone();
}

static void start_hanging(check_guard *guard) {
    char byte;
    assert_int_equal(start(guard, hangs, NULL), UNDR_OK);
    assert_int_equal(steady_read(guard->results, &byte, 1), 1);
}

static void a_player_that_hangs_is_ended(void **state) {
    (void)state;
    check_guard guard;
    start_hanging(&guard);
    check_guard_stop(&guard);
    assert_alone();
}

/* Killed, it can't end its player. The kernel does. */
static void a_guard_that_is_killed_leaves_no_player(void **state) {
    (void)state;
    check_guard guard;
    char text[64];
    start_hanging(&guard);
    kill(guard.pid, SIGKILL);
    read_all(&guard, text, sizeof text);
    check_guard_stop(&guard);
    check_guard_sweep(&(check_pids){0});
    assert_alone();
}

static void a_guard_that_does_not_obey_is_killed(void **state) {
    (void)state;
    check_guard guard;
    start_hanging(&guard);
    kill(guard.pid, SIGSTOP);
    check_guard_stop(&guard);
    check_guard_sweep(&(check_pids){0});
    assert_alone();
}

/* The player's end of the pipe is closed when both are gone. */
static void both_end_with_whoever_started_them(void **state) {
    (void)state;
    int left[2];
    char byte;
    assert_int_equal(__real_pipe2(left, O_CLOEXEC), 0);
    pid_t starter = __real_fork();
    if (starter == 0) {
        check_guard guard;
        start_hanging(&guard);
        _exit(0);
    }
    close(left[1]);
    assert_int_equal(steady_waitpid(starter, NULL, 0), starter);
    struct pollfd end = {.fd = left[0], .events = POLLIN};
    assert_int_equal(steady_poll(&end, 1, GONE_MS), 1);
    assert_int_equal(steady_read(left[0], &byte, 1), 0);
    close(left[0]);
    while (steady_waitpid(-1, NULL, 0) > 0) {}
    assert_alone();
}

/* Until its last byte; then the end of its orders is the end of its work. */
static int reads_orders(void *context, int orders, int results) {
    (void)context;
    char byte;
    bool told = check_write_all(results, "x", 1) == UNDR_OK;
    while (told && steady_read(orders, &byte, 1) > 0) {}
    return 0;
}

static void one_holds_no_pipe_of_another(void **state) {
    (void)state;
    check_guard first, second;
    char text[64];
    sigset_t none;
    sigemptyset(&none);
    int context = 0;
    assert_int_equal(start(&first, reads_orders, &context), UNDR_OK);
    assert_int_equal(steady_read(first.results, text, 1), 1);
    const check_guard both[] = {first, {0}};
    const check_guard_how how = {.body = reads_orders, .mask = &none, .others = both, .other_count = 2};
    assert_int_equal(check_guard_start(&second, &how), UNDR_OK);
    assert_int_equal(steady_read(second.results, text, 1), 1);
    close(first.orders);
    first.orders = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_int_equal(read_all(&first, text, sizeof text), 0);
    check_guard_stop(&first);
    check_guard_stop(&second);
    assert_alone();
}

static int writes_without_end(void *context, int orders, int results) {
    (void)context, (void)orders;
    while (check_write_all(results, "x", 1) == UNDR_OK) {}
    return 0;
}

/* The player dies of SIGPIPE; its guard, which can tell nobody, leaves in order. */
static void whom_nobody_reads_ends(void **state) {
    (void)state;
    check_guard guard;
    int status = 0, context = 0;
    assert_int_equal(start(&guard, writes_without_end, &context), UNDR_OK);
    close(guard.results);
    for (int ms = 0; ms < GONE_MS && steady_waitpid(guard.pid, &status, WNOHANG) == 0; ms++) {
        steady_poll(NULL, 0, 1);
    }
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    close(guard.orders);
    assert_alone();
}

/* What the player finds set: a letter for each thing. */
static int tells_its_state(void *context, int orders, int results) {
    (void)context, (void)orders;
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD, SIGPIPE};
    sigset_t mask;
    char text[] = "dmf";
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction now;
        sigaction(numbers[i], NULL, &now);
        text[0] = now.sa_handler == SIG_DFL ? text[0] : 'D';
    }
    sigprocmask(SIG_SETMASK, NULL, &mask);
    text[1] = sigismember(&mask, SIGUSR1) == 1 && sigismember(&mask, SIGTERM) == 0 ? 'm' : 'M';
    text[2] = getpgid(0) == __real_getppid() ? 'g' : 'f';
    return check_write_all(results, text, 3) == UNDR_OK ? 0 : EPIPE;
}

static void the_player_is_as_new(void **state) {
    (void)state;
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD, SIGPIPE};
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    for (int foreground = 0; foreground < 2; foreground++) {
        check_guard guard;
        char text[64];
        const check_guard_how how = {.body = tells_its_state, .mask = &mask, .foreground = foreground == 1};
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            signal(numbers[i], SIG_IGN);
        }
        undr_error error = check_guard_start(&guard, &how);
        read_all(&guard, text, sizeof text);
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            signal(numbers[i], SIG_DFL);
        }
        check_guard_stop(&guard);
        assert_int_equal(error, UNDR_OK);
        assert_string_equal(text, foreground == 1 ? "dmf" : "dmg");
        assert_alone();
    }
}

static void assert_clause(const char *got, const char *expected) {
    undr_slice said = check_guard_clause(undr_slice_text(got));
    assert_int_equal(said.size, strlen(expected));
    assert_memory_equal(said.data, expected, said.size);
}

/* Its newline may have been taken with the last result, and its end may be missing. */
static void clauses(void **state) {
    (void)state;
    assert_clause("!left\n", "left");
    assert_clause("part\n!left\n", "left");
    assert_clause("\n!left", "left");
    assert_clause("!", "ended without a word");
    assert_clause("", "ended without a word");
    assert_clause("part!\n", "ended without a word");
}

static void reading_and_writing_all(void **state) {
    (void)state;
    char bytes[3];
    int ends[2], reason = -1;
    assert_int_equal(__real_pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(check_write_all(ends[1], "ab", 2), UNDR_OK);
    assert_true(check_read_all(ends[0], bytes, 2, &reason));
    assert_memory_equal(bytes, "ab", 2);
    assert_int_equal(check_write_all(ends[1], "cd", 2), UNDR_OK);
    close(ends[1]);
    assert_false(check_read_all(ends[0], bytes, 3, &reason));
    assert_int_equal(reason, 0);
    close(ends[0]);
    assert_false(check_read_all(ends[0], bytes, 1, &reason));
    assert_int_equal(reason, EBADF);
    assert_int_equal(check_write_all(ends[1], "x", 1), UNDR_SYSTEM);
}

static int be_subreaper(void **state) {
    (void)state;
    return __real_prctl(PR_SET_CHILD_SUBREAPER, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_can_not_start_is_an_error),
        cmocka_unit_test(what_fails_behind_the_start_is_told),
        cmocka_unit_test(whose_parent_is_gone_plays_nothing),
        cmocka_unit_test(how_it_ended_is_told),
        cmocka_unit_test(what_is_left_is_ended),
        cmocka_unit_test(what_was_ignored_ends_it_all_the_same),
        cmocka_unit_test(a_player_that_hangs_is_ended),
        cmocka_unit_test(a_guard_that_is_killed_leaves_no_player),
        cmocka_unit_test(a_guard_that_does_not_obey_is_killed),
        cmocka_unit_test(both_end_with_whoever_started_them),
        cmocka_unit_test(one_holds_no_pipe_of_another),
        cmocka_unit_test(whom_nobody_reads_ends),
        cmocka_unit_test(the_player_is_as_new),
        cmocka_unit_test(clauses),
        cmocka_unit_test(reading_and_writing_all),
    };
    return cmocka_run_group_tests(tests, be_subreaper, NULL);
}
