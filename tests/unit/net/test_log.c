/* test_log.c: a log that is not read, or full, or gone: no line waits, none is lost uncounted. */
#include "net/log.h"
#include "support/steady.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

enum { LINES = 20000 };

__attribute__((format(printf, 2, 3))) static void put(undr_log *log, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    undr_log_line(log, "prefix: ", format, arguments);
    va_end(arguments);
}

static FILE *file_of(int descriptor) {
    FILE *file = fdopen(descriptor, "w");
    assert_non_null(file);
    return file;
}

typedef struct reading {
    char *text;
    size_t size;
} reading;

/* All that is there now. */
static void read_now(int descriptor, reading *got) {
    char piece[65536];
    ssize_t size;
    assert_true(fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) >= 0);
    while ((size = steady_read(descriptor, piece, sizeof piece)) > 0) {
        got->text = realloc(got->text, got->size + (size_t)size + 1);
        assert_non_null(got->text);
        memcpy(got->text + got->size, piece, (size_t)size);
        got->size += (size_t)size;
        got->text[got->size] = '\0';
    }
}

/* Each of `lines` lines is there whole, in order, or counted; returns how many were left out. */
static size_t expect_all(const reading *got, size_t lines) {
    size_t seen = 0, left_out = 0, last = 0;
    for (char *line = got->text; line != NULL && *line != '\0';) {
        size_t number = 0;
        unsigned out = 0;
        char word[16] = "", *end = strchr(line, '\n');
        assert_non_null(end);
        if (sscanf(line, "prefix: line %zu %15s", &number, word) == 2) {
            assert_string_equal(word, "end");
            assert_true(seen == 0 || number > last);
            last = number;
            seen++;
        } else {
            assert_int_equal(sscanf(line, "%u lines of this log were left out", &out), 1);
            left_out += out;
        }
        line = end + 1;
    }
    assert_int_equal(seen + left_out, lines);
    return left_out;
}

/* Fills what nobody reads, then reads it while one more line comes. */
static void fill_and_read(FILE *file, int reader) {
    undr_log log;
    reading got = {0};
    undr_log_open(&log, file);
    for (size_t i = 0; i < LINES; i++) {
        put(&log, "line %zu end", i);
    }
    assert_true(log.left_out > 0);
    read_now(reader, &got);
    put(&log, "line %d end", LINES);
    undr_log_close(&log);
    read_now(reader, &got);
    assert_true(expect_all(&got, LINES + 1) > 0);
    free(got.text);
}

static void a_pipe_that_nobody_reads(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    FILE *file = file_of(ends[1]);
    fill_and_read(file, ends[0]);
    assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0); /* others share it: it blocks as before */
    (void)fclose(file);
    (void)close(ends[0]);
}

static void a_socket_that_nobody_reads(void **state) {
    (void)state;
    static const int types[] = {SOCK_STREAM, SOCK_SEQPACKET};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        int ends[2];
        assert_int_equal(socketpair(AF_UNIX, types[i], 0, ends), 0);
        FILE *file = file_of(ends[1]);
        fill_and_read(file, ends[0]);
        (void)fclose(file);
        (void)close(ends[0]);
    }
}

static void a_pipe_that_is_shared(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    FILE *file = file_of(ends[1]);
    fill_and_read(file, ends[0]); /* non-blocking already: it is not opened again */
    (void)fclose(file);
    (void)close(ends[0]);
}

/* Ctrl-S in the terminal that shows the log. */
static void a_terminal_that_is_stopped(void **state) {
    (void)state;
    int master, slave;
    struct termios settings;
    undr_log log;
    reading got = {0};
    assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
    assert_int_equal(tcgetattr(slave, &settings), 0);
    settings.c_oflag &= ~(tcflag_t)OPOST;
    assert_int_equal(tcsetattr(slave, TCSANOW, &settings), 0);
    FILE *file = file_of(slave);
    undr_log_open(&log, file);
    put(&log, "line 0 end");
    assert_int_equal(tcflow(slave, TCOOFF), 0);
    for (size_t i = 1; i < LINES; i++) {
        put(&log, "line %zu end", i);
    }
    assert_true(log.left_out > 0);
    assert_int_equal(tcflow(slave, TCOON), 0);
    put(&log, "line %d end", LINES);
    undr_log_close(&log);
    read_now(master, &got);
    assert_true(expect_all(&got, LINES + 1) > 0);
    free(got.text);
    (void)fclose(file);
    (void)close(master);
}

static void a_full_disk(void **state) {
    (void)state;
    undr_log log;
    FILE *file = fopen("/dev/full", "we");
    assert_non_null(file);
    undr_log_open(&log, file);
    put(&log, "one");
    put(&log, "two");
    assert_int_equal(log.left_out, 2);
    undr_log_close(&log);
    (void)fclose(file);
}

/* In a process of its own, with the signals as a program has them that knows nothing of them. */
static void expect_survivor(void (*act)(void)) {
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)signal(SIGPIPE, SIG_DFL);
        (void)signal(SIGXFSZ, SIG_DFL);
        act();
        _exit(0);
    }
    assert_int_equal(steady_waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* A signal that was pending before is somebody else's: it still is, behind a write that failed with one of its own. */
static void write_beside_a_pending_signal(void) {
    int pipes[2];
    sigset_t blocked, pending;
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGPIPE);
    if (pipe(pipes) != 0 || sigprocmask(SIG_BLOCK, &blocked, NULL) != 0 || raise(SIGPIPE) != 0) {
        _exit(2);
    }
    (void)close(pipes[0]);
    undr_log log;
    undr_log_open(&log, fdopen(pipes[1], "w"));
    put(&log, "nobody");
    if (log.left_out != 1 || sigpending(&pending) != 0 || sigismember(&pending, SIGPIPE) != 1) {
        _exit(3);
    }
}

static void write_to_nobody(void) {
    int pipes[2], pair[2];
    if (pipe(pipes) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) {
        _exit(2);
    }
    (void)close(pipes[0]);
    (void)close(pair[0]);
    const int ends[] = {pipes[1], pair[1]};
    for (size_t i = 0; i < 2; i++) {
        undr_log log;
        undr_log_open(&log, fdopen(ends[i], "w"));
        put(&log, "nobody");
        put(&log, "nobody");
        if (log.left_out != 2) {
            _exit(3);
        }
        undr_log_close(&log);
    }
}

/* `ulimit -f`. A line that has begun goes on when the file has room again. */
static void write_beyond_the_limit(void) {
    const struct rlimit small = {100, RLIM_INFINITY}, none = {RLIM_INFINITY, RLIM_INFINITY};
    undr_log log;
    FILE *file = tmpfile();
    char all[8192] = "";
    undr_log_open(&log, file);
    (void)setrlimit(RLIMIT_FSIZE, &small);
    for (int i = 0; i < 50; i++) {
        put(&log, "line %d end", i);
    }
    unsigned out = log.left_out;
    (void)setrlimit(RLIMIT_FSIZE, &none);
    put(&log, "line %d end", 50);
    undr_log_close(&log);
    rewind(file);
    reading got = {.text = all, .size = fread(all, 1, sizeof all - 1, file)};
    if (out == 0 || expect_all(&got, 51) != out) {
        _exit(2);
    }
}

static void signals_are_no_reason_to_die(void **state) {
    (void)state;
    expect_survivor(write_to_nobody);
    expect_survivor(write_beside_a_pending_signal);
    expect_survivor(write_beyond_the_limit);
}

static void a_stream_without_a_descriptor(void **state) {
    (void)state;
    char *text = NULL;
    size_t size = 0;
    undr_log log;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    undr_log_open(&log, file);
    put(&log, "%s", "x");
    assert_string_equal(text, "prefix: x\n");
    undr_log_close(&log);
    (void)fclose(file);
    free(text);
}

static void long_lines_are_cut(void **state) {
    (void)state;
    int ends[2];
    undr_log log;
    reading got = {0};
    char *word = malloc(100000);
    assert_non_null(word);
    memset(word, 'x', 99999);
    word[99999] = '\0';
    assert_int_equal(pipe(ends), 0);
    FILE *file = file_of(ends[1]);
    undr_log_open(&log, file);
    put(&log, "%s", word);
    put(&log, "next");
    undr_log_close(&log);
    read_now(ends[0], &got);
    char *end = strchr(got.text, '\n');
    assert_non_null(end);
    assert_true(end - got.text < UNDR_LOG_LINE);
    assert_string_equal(end + 1, "prefix: next\n");
    free(got.text);
    free(word);
    (void)fclose(file);
    (void)close(ends[0]);
}

/* What a peer or a task wrote must not reach a terminal: escapes, bells, what turns text round, line breaks. */
static void text_from_outside_is_visible(void **state) {
    (void)state;
    int ends[2];
    undr_log log;
    reading got = {0};
    char long_one[2 * UNDR_LOG_LINE];
    memset(long_one, 0x1b, sizeof long_one - 1);
    long_one[sizeof long_one - 1] = '\0';
    assert_int_equal(pipe(ends), 0);
    FILE *file = file_of(ends[1]);
    undr_log_open(&log, file);
    put(&log, "a%sb", "\x1b[31m\a\n\xe2\x80\xae\xe2\x80\xa8\xef\xbb\xbf\xff");
    put(&log, "%s", long_one);
    undr_log_close(&log);
    read_now(ends[0], &got);
    char *end = strchr(got.text, '\n');
    assert_non_null(end);
    *end = '\0';
    assert_string_equal(got.text, "prefix: a\\x1b[31m\\x07\\n\\u202e\\u2028\\ufeff\\xffb");
    assert_null(strchr(end + 1, 0x1b));
    assert_non_null(strstr(end + 1, "\\x1b\\x1b"));
    assert_ptr_equal(strchr(end + 1, '\n'), got.text + got.size - 1);
    free(got.text);
    (void)fclose(file);
    (void)close(ends[0]);
}

static void no_log(void **state) {
    (void)state;
    undr_log log;
    undr_log_open(&log, NULL);
    put(&log, "x");
    assert_int_equal(log.left_out, 0);
    undr_log_close(&log);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipe_that_nobody_reads),
        cmocka_unit_test(a_socket_that_nobody_reads),
        cmocka_unit_test(a_pipe_that_is_shared),
        cmocka_unit_test(a_terminal_that_is_stopped),
        cmocka_unit_test(a_full_disk),
        cmocka_unit_test(signals_are_no_reason_to_die),
        cmocka_unit_test(a_stream_without_a_descriptor),
        cmocka_unit_test(long_lines_are_cut),
        cmocka_unit_test(text_from_outside_is_visible),
        cmocka_unit_test(no_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
