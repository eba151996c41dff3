/* log.c: lines for a log that never wait.
 *
 * Whether a write blocks is a property of the open file, which others share (standard error, with the parent). So a
 * pipe or a terminal is opened once more, for this log alone. A socket has a flag for each call. */
#include "net/log.h"

#include "undr/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Begin. */

static int open_again(int descriptor) {
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    return open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

void undr_log_open(undr_log *log, FILE *file) {
    struct stat status;
    log->way = file == NULL ? UNDR_LOG_NONE : UNDR_LOG_STREAM;
    log->file = file;
    log->descriptor = file == NULL ? -1 : fileno(file);
    log->is_owned = false;
    log->left_out = 0;
    log->rest_size = 0;
    if (log->descriptor < 0) {
        return;
    }
    log->way = UNDR_LOG_PLAIN;
    if (fstat(log->descriptor, &status) != 0) {
        return; /* each write will fail, too */
    }
    if (S_ISSOCK(status.st_mode)) {
        log->way = UNDR_LOG_SOCKET;
        return;
    }
    bool may_block = S_ISFIFO(status.st_mode) || isatty(log->descriptor);
    if (!may_block || (fcntl(log->descriptor, F_GETFL) & O_NONBLOCK) != 0) {
        return;
    }
    int again = open_again(log->descriptor);
    log->way = again < 0 ? UNDR_LOG_POLLED : UNDR_LOG_PLAIN;
    log->is_owned = again >= 0;
    log->descriptor = again < 0 ? log->descriptor : again;
}

/* Writing. */

/* Those of the two signals of a failed write that are not already pending: a pending one comes from elsewhere. */
static void find_ours(sigset_t *ours) {
    static const int both[] = {SIGPIPE, SIGXFSZ};
    sigset_t pending;
    (void)sigemptyset(ours);
    (void)sigemptyset(&pending);
    (void)sigpending(&pending);
    for (size_t i = 0; i < sizeof both / sizeof *both; i++) {
        if (sigismember(&pending, both[i]) != 1) {
            (void)sigaddset(ours, both[i]);
        }
    }
}

/* Takes the signal of the failed write away, if it was not ignored. */
static void take_away(const sigset_t *ours) {
    const struct timespec at_once = {0};
    if (sigismember(ours, SIGPIPE) == 1 || sigismember(ours, SIGXFSZ) == 1) {
        (void)sigtimedwait(ours, NULL, &at_once);
    }
}

/* SIGPIPE (nobody reads) and SIGXFSZ (`ulimit -f`) must not end the process: errno says the same. SIGTTOU must not stop
 * it: in the background of a terminal with `stty tostop` the line is still written. */
static ssize_t write_quietly(int descriptor, const char *bytes, size_t size) {
    sigset_t all, ours, before;
    (void)sigemptyset(&all);
    (void)sigaddset(&all, SIGTTOU);
    (void)sigaddset(&all, SIGPIPE);
    (void)sigaddset(&all, SIGXFSZ);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before); /* fails only for a wrong first argument */
    find_ours(&ours);
    ssize_t written;
    do {
        written = write(descriptor, bytes, size);
    } while (written < 0 && errno == EINTR);
    if (written < 0 && (errno == EPIPE || errno == EFBIG)) {
        take_away(&ours);
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return written;
}

static ssize_t write_stream(FILE *file, const char *bytes, size_t size) {
    size_t written = fwrite(bytes, 1, size, file);
    return fflush(file) == 0 ? (ssize_t)written : -1;
}

/* How many bytes could be written now; less than 0: none. */
static ssize_t write_now(const undr_log *log, const char *bytes, size_t size) {
    struct pollfd room = {.fd = log->descriptor, .events = POLLOUT};
    switch (log->way) {
    case UNDR_LOG_STREAM: return write_stream(log->file, bytes, size);
    case UNDR_LOG_SOCKET: return send(log->descriptor, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    case UNDR_LOG_POLLED:
        if (poll(&room, 1, 0) != 1) {
            return -1;
        }
        return write_quietly(log->descriptor, bytes, size);
    case UNDR_LOG_PLAIN: return write_quietly(log->descriptor, bytes, size);
    case UNDR_LOG_NONE: break;
    }
    return -1;
}

/* False: none of it was written. The rest of a line that has begun is written before the next line. */
static bool put(undr_log *log, const char *bytes, size_t size) {
    ssize_t written = write_now(log, bytes, size);
    if (written <= 0) {
        return false;
    }
    log->rest_size = size - (size_t)written;
    memmove(log->rest, bytes + written, log->rest_size); /* it may be that rest */
    return true;
}

/* What is due before the next line. False: it can't be written. */
static bool catch_up(undr_log *log) {
    char line[64];
    if (log->rest_size > 0) {
        (void)put(log, log->rest, log->rest_size); /* or nothing is written, and it stays */
    }
    if (log->rest_size > 0) {
        return false;
    }
    if (log->left_out == 0) {
        return true;
    }
    int size = snprintf(line, sizeof line, "%u lines of this log were left out\n", log->left_out);
    if (!put(log, line, (size_t)size)) {
        return false;
    }
    log->left_out = 0;
    return log->rest_size == 0;
}

/* Of what snprintf would have written into the room that there was. */
static size_t cut(int size, size_t room) {
    return size < 0 ? 0 : (size_t)size < room ? (size_t)size : room - 1;
}

static bool is_plain(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (text[i] < 0x20 || text[i] > 0x7e) {
            return false;
        }
    }
    return true;
}

/* Controls in a peer's or a task's text must not reach a terminal. Returns the new size, at most `room`. */
static size_t make_visible(char *text, size_t size, size_t room) {
    undr_buffer visible = {0};
    if (is_plain(text, size)) {
        return size;
    }
    if (undr_put_visible(&visible, undr_slice_of(text, size)) == UNDR_OK) {
        size = visible.size < room ? visible.size : room;
        memcpy(text, visible.data, size);
    } else {
        memset(text, '?', size); /* out of memory: a line came, but its content is unknown */
    }
    undr_buffer_free(&visible);
    return size;
}

void undr_log_line(undr_log *log, const char *prefix, const char *format, va_list arguments) {
    char line[UNDR_LOG_LINE];
    if (log->way == UNDR_LOG_NONE) {
        return;
    }
    size_t size = cut(snprintf(line, sizeof line - 1, "%s", prefix), sizeof line - 1);
    size_t room = sizeof line - 1 - size;
    size += make_visible(line + size, cut(vsnprintf(line + size, room, format, arguments), room), room);
    line[size++] = '\n';
    if (log->way == UNDR_LOG_STREAM) {
        flockfile(log->file); /* others may look at it meanwhile */
    }
    if (!catch_up(log) || !put(log, line, size)) {
        log->left_out++;
    }
    if (log->way == UNDR_LOG_STREAM) {
        funlockfile(log->file);
    }
}

/* End. */

void undr_log_close(undr_log *log) {
    if (log->way != UNDR_LOG_NONE) {
        (void)catch_up(log); /* or never */
    }
    if (log->is_owned) {
        (void)close(log->descriptor); /* what was not written is counted as left out */
    }
    log->way = UNDR_LOG_NONE;
    log->is_owned = false;
}

void undr_log_complain(const char *format, ...) {
    undr_log log;
    va_list arguments;
    undr_log_open(&log, stderr);
    va_start(arguments, format);
    undr_log_line(&log, "", format, arguments);
    va_end(arguments);
    undr_log_close(&log);
}
