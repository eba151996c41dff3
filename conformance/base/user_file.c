/* user_file.c: reads and makes files that a user has named. */
#include "base/user_file.h"
#include "base/writer.h"

#include "base/clock.h"
#include "base/shortage.h"
#include "base/written.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 65536, PATIENCE_S = 60, ALL_PATIENCE_S = 600, DEVICE_LIMIT = 16 * 1024 * 1024 };

static undr_error tell_reason(undr_buffer *message, const char *path, const char *what, int reason) {
    undr_error error = undr_put_format(
        message, "%s%s: %s: %s%s", message->size > 0 ? "; " : "", path, what, strerror(reason), check_remedy(reason));
    return error != UNDR_OK ? error : check_is_shortage(reason) ? UNDR_SYSTEM : UNDR_ARGUMENT;
}

static undr_error refuse_file(undr_buffer *message, const char *path, const char *why) {
    return check_refused(undr_put_format(message, "%s%s: %s", message->size > 0 ? "; " : "", path, why));
}

/* ---- reading ---- */

static undr_error refuse_size(undr_buffer *message, const char *path, size_t limit) {
    return check_refused(
        undr_put_format(message, "%s: it has more than %zu MiB, the most that is read here", path, limit >> 20));
}

/* Is it a kind of file that has an end? */
static undr_error judge_kind(const char *path, const struct stat *about, size_t limit, undr_buffer *message) {
    if (S_ISDIR(about->st_mode)) {
        return refuse_file(message, path, "it is a folder; name a file");
    }
    if (S_ISBLK(about->st_mode)) {
        return refuse_file(message, path, "it is a disk; name a file");
    }
    bool large = S_ISREG(about->st_mode) && (uintmax_t)about->st_size > limit;
    return large ? refuse_size(message, path, limit) : UNDR_OK;
}

/* Waits for more from a pipe. 0, or an errno. */
static int await_pipe(int file, short events) {
    struct pollfd one = {.fd = file, .events = events};
    int count = 0;
    do {
        count = poll(&one, 1, PATIENCE_S * 1000);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? errno : count == 0 ? ETIMEDOUT : 0;
}

/* Interrupts calls that block whatever O_NONBLOCK says, as a read of /proc/kmsg does, once a second. A timer of its
 * own: an alarm (2) may be somebody else's. */
typedef struct ticker {
    timer_t timer;
    struct sigaction before;
} ticker;

static void ignore_tick(int number) {
    (void)number;
}

/* 0, or an errno. */
static int start_ticks(ticker *ticks) {
    struct sigaction action = {.sa_handler = ignore_tick}; /* no SA_RESTART */
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
    const struct itimerspec second = {.it_interval = {.tv_sec = 1}, .it_value = {.tv_sec = 1}};
    if (sigaction(SIGRTMIN, &action, &ticks->before) != 0
        || timer_create(CLOCK_MONOTONIC, &event, &ticks->timer) != 0) {
        return errno;
    }
    return timer_settime(ticks->timer, 0, &second, NULL) == 0 ? 0 : errno;
}

static void stop_ticks(ticker *ticks) {
    timer_delete(ticks->timer);
    sigaction(SIGRTMIN, &ticks->before, NULL);
}

/* One piece, for which nobody waits longer than a minute, unless there is no `end`. 0, or an errno; *size: 0 at the
 * end. */
static int read_piece(int file, uint8_t *to, uint64_t end, ssize_t *size) {
    uint64_t until = end == UINT64_MAX ? end : check_now() + PATIENCE_S * CHECK_SECOND;
    for (;;) {
        *size = read(file, to, PIECE);
        if (*size >= 0) {
            return 0;
        }
        if (errno != EAGAIN && errno != EINTR) {
            return errno;
        }
        if (check_now() > until) {
            return ETIMEDOUT;
        }
        if (errno == EAGAIN) {
            struct pollfd one = {.fd = file, .events = POLLIN};
            (void)poll(&one, 1, 1000); /* whatever it says: the read will tell */
        }
    }
}

static undr_error read_all(
    int file, const char *path, size_t limit, uint64_t end, undr_buffer *text, undr_buffer *message) {
    for (size_t all = 0; all <= limit;) {
        undr_error error = undr_buffer_reserve(text, PIECE);
        if (error != UNDR_OK) {
            return error;
        }
        ssize_t size = 0;
        int reason = read_piece(file, text->data + text->size, end, &size);
        if (reason == ETIMEDOUT) {
            return refuse_file(message, path, "it has not given anything for a minute, and has not ended");
        }
        if (reason != 0 || size == 0) {
            return reason == 0 ? UNDR_OK : tell_reason(message, path, "it cannot be read", reason);
        }
        text->size += (size_t)size;
        all += (size_t)size;
        if (check_now() > end) {
            return refuse_file(message, path, "it has not ended within ten minutes");
        }
    }
    return refuse_size(message, path, limit);
}

/* patient: waits for input that has not ended, as a user of standard input may want. */
static undr_error read_within(
    int file, const char *path, size_t limit, bool patient, undr_buffer *text, undr_buffer *message) {
    ticker ticks;
    if (patient) {
        return read_all(file, path, limit, UINT64_MAX, text, message);
    }
    int reason = start_ticks(&ticks);
    if (reason != 0) {
        return tell_reason(message, path, "it cannot be read", reason);
    }
    undr_error error = read_all(file, path, limit, check_now() + ALL_PATIENCE_S * CHECK_SECOND, text, message);
    reason = errno;
    stop_ticks(&ticks);
    errno = reason;
    return error;
}

static undr_error read_open(
    int file, const char *name, size_t limit, bool named, undr_buffer *text, undr_buffer *message) {
    struct stat about;
    undr_error error = fstat(file, &about) == 0 ? judge_kind(name, &about, limit, message)
                                                : tell_reason(message, name, "it cannot be read", errno);
    bool device = error == UNDR_OK && S_ISCHR(about.st_mode); /* some, such as /dev/zero, have no end */
    size_t most = device && limit > DEVICE_LIMIT ? DEVICE_LIMIT : limit;
    bool patient = !named && error == UNDR_OK && !S_ISREG(about.st_mode);
    return error == UNDR_OK ? read_within(file, name, most, patient, text, message) : error;
}

undr_error check_stream_read(int file, const char *name, size_t limit, undr_buffer *text, undr_buffer *message) {
    return read_open(file, name, limit, false, text, message);
}

undr_error check_file_read(const char *path, size_t limit, undr_buffer *text, undr_buffer *message) {
    struct stat about;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) {
        return tell_reason(message, path, "it cannot be opened", errno);
    }
    size_t before = text->size;
    undr_error error = read_open(file, path, limit, true, text, message);
    bool nothing = error == UNDR_OK && text->size == before;
    if (nothing && fstat(file, &about) == 0 && S_ISFIFO(about.st_mode)) {
        error = refuse_file(message, path,
            "nothing comes through this pipe: no program has opened it for writing, or none has written anything; "
            "start the writer first");
    }
    close(file);
    return error;
}

/* ---- writing ---- */

bool check_files_are_same(const struct stat *a, const struct stat *b) {
    bool keeps = S_ISREG(a->st_mode) || S_ISFIFO(a->st_mode);
    return keeps && a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

undr_error check_refuse_same_file(undr_buffer *message, const char *one, const char *other) {
    return check_refused(undr_put_format(message,
        "%s and %s are the same file, and one would overwrite the other: name two files (- is standard output)", one,
        other));
}

undr_error check_file_open(const char *path, int *file, undr_buffer *message) {
    struct stat about;
    *file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
    if (*file < 0 && errno == ENXIO) {
        return refuse_file(message, path, "it is a pipe without a reader, or a socket; start the reader first");
    }
    if (*file < 0) {
        int reason = errno;
        undr_error error = check_put_unwritten(message, path, reason);
        return error != UNDR_OK ? error : check_is_shortage(reason) ? UNDR_SYSTEM : UNDR_ARGUMENT;
    }
    if (fstat(*file, &about) == 0 && S_ISBLK(about.st_mode)) {
        close(*file);
        *file = -1;
        return refuse_file(message, path, "it is a disk; name a file");
    }
    return UNDR_OK;
}

/* A file that is not regular may take some time, but not for ever. */
static int write_all(int file, undr_slice text) {
    int reason = 0;
    for (size_t done = 0; done < text.size && reason == 0;) {
        ssize_t written = write(file, text.data + done, text.size - done);
        done += written > 0 ? (size_t)written : 0;
        reason = written >= 0 || errno == EINTR ? 0 : errno == EAGAIN ? await_pipe(file, POLLOUT) : errno;
    }
    return reason;
}

int check_file_replace(int file, undr_slice text) {
    struct stat about;
    bool cuts = fstat(file, &about) == 0 && S_ISREG(about.st_mode); /* pipes and devices can't be truncated */
    return cuts && ftruncate(file, 0) != 0 ? errno : write_all(file, text);
}

undr_error check_file_append(const char *path, undr_slice text, undr_buffer *message) {
    int file;
    undr_error error = check_file_open(path, &file, message);
    if (error != UNDR_OK) {
        return error;
    }
    int reason = fcntl(file, F_SETFL, O_APPEND | O_NONBLOCK) == 0 ? write_all(file, text) : errno;
    if (close(file) != 0 && reason == 0) { /* some file systems tell at the end only */
        reason = errno;
    }
    if (reason != 0) {
        error = check_put_unwritten(message, path, reason);
        error = error == UNDR_OK ? UNDR_SYSTEM : error;
    }
    return error;
}
