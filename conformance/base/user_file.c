/* user_file.c: reads and makes files that a user has named. */
#include "base/user_file.h"

#include "base/shortage.h"
#include "base/written.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 65536, PATIENCE_S = 60, DEVICE_LIMIT = 16 * 1024 * 1024 };

static undr_error fail(undr_buffer *message, const char *path, const char *what, int reason) {
    undr_error error = undr_put_format(
        message, "%s%s: %s: %s%s", message->size > 0 ? "; " : "", path, what, strerror(reason), check_remedy(reason));
    return error != UNDR_OK ? error : check_is_shortage(reason) ? UNDR_SYSTEM : UNDR_ARGUMENT;
}

static undr_error refuse(undr_buffer *message, const char *path, const char *why) {
    undr_error error = undr_put_format(message, "%s%s: %s", message->size > 0 ? "; " : "", path, why);
    return error == UNDR_OK ? UNDR_ARGUMENT : error;
}

/* ---- reading ---- */

static undr_error refuse_size(undr_buffer *message, const char *path, size_t limit) {
    undr_error error = undr_put_format(
        message, "%s: it has more than %zu MiB, which is the most that is read here", path, limit >> 20);
    return error == UNDR_OK ? UNDR_ARGUMENT : error;
}

/* Is it a kind of file that has an end? */
static undr_error judge(const char *path, const struct stat *about, size_t limit, undr_buffer *message) {
    if (S_ISDIR(about->st_mode)) {
        return refuse(message, path, "it is a folder; name a file");
    }
    if (S_ISBLK(about->st_mode)) {
        return refuse(message, path, "it is a disk; name a file");
    }
    bool large = S_ISREG(about->st_mode) && (uintmax_t)about->st_size > limit;
    return large ? refuse_size(message, path, limit) : UNDR_OK;
}

/* Waits for more from a pipe. 0, or an errno. */
static int await(int file, short events) {
    struct pollfd one = {.fd = file, .events = events};
    int count = 0;
    do {
        count = poll(&one, 1, PATIENCE_S * 1000);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? errno : count == 0 ? ETIMEDOUT : 0;
}

static undr_error read_all(int file, const char *path, size_t limit, undr_buffer *text, undr_buffer *message) {
    for (size_t all = 0; all <= limit;) {
        undr_error error = undr_buffer_reserve(text, PIECE);
        if (error != UNDR_OK) {
            return error;
        }
        ssize_t size = read(file, text->data + text->size, PIECE);
        if (size == 0) {
            return UNDR_OK;
        }
        int reason = size > 0 || errno == EINTR ? 0 : errno == EAGAIN ? await(file, POLLIN) : errno;
        if (reason == ETIMEDOUT) {
            return refuse(message, path, "nothing has come through this pipe for a minute, nor has it ended");
        }
        if (reason != 0) {
            return fail(message, path, "it cannot be read", reason);
        }
        text->size += size > 0 ? (size_t)size : 0;
        all += size > 0 ? (size_t)size : 0;
    }
    return refuse_size(message, path, limit);
}

undr_error check_stream_read(int file, const char *name, size_t limit, undr_buffer *text, undr_buffer *message) {
    struct stat about;
    undr_error error = fstat(file, &about) == 0 ? judge(name, &about, limit, message)
                                                : fail(message, name, "it cannot be read", errno);
    bool device = error == UNDR_OK && S_ISCHR(about.st_mode); /* some, such as /dev/zero, have no end */
    return error == UNDR_OK ? read_all(file, name, device && limit > DEVICE_LIMIT ? DEVICE_LIMIT : limit, text, message)
                            : error;
}

undr_error check_file_read(const char *path, size_t limit, undr_buffer *text, undr_buffer *message) {
    struct stat about;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) {
        return fail(message, path, "it cannot be opened", errno);
    }
    size_t before = text->size;
    undr_error error = check_stream_read(file, path, limit, text, message);
    bool nothing = error == UNDR_OK && text->size == before;
    if (nothing && fstat(file, &about) == 0 && S_ISFIFO(about.st_mode)) {
        error = refuse(message, path,
            "nothing comes through this pipe: nobody has it open for writing, or has written "
            "anything; start the writer first");
    }
    close(file);
    return error;
}

/* ---- writing ---- */

undr_error check_file_open(const char *path, int *file, undr_buffer *message) {
    struct stat about;
    *file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
    if (*file < 0 && errno == ENXIO) {
        return refuse(message, path, "it is a pipe that nobody reads, or a socket; start the reader first");
    }
    if (*file < 0) {
        int reason = errno;
        undr_error error = check_put_unwritten(message, path, reason);
        return error != UNDR_OK ? error : check_is_shortage(reason) ? UNDR_SYSTEM : UNDR_ARGUMENT;
    }
    if (fstat(*file, &about) == 0 && S_ISBLK(about.st_mode)) {
        close(*file);
        *file = -1;
        return refuse(message, path, "it is a disk; name a file");
    }
    return UNDR_OK;
}

/* A file that is not regular may take some time, but not for ever. */
int check_file_replace(int file, undr_slice text) {
    struct stat about;
    bool cuts = fstat(file, &about) == 0 && S_ISREG(about.st_mode); /* pipes and devices have nothing to cut off */
    int reason = cuts && ftruncate(file, 0) != 0 ? errno : 0;
    for (size_t done = 0; done < text.size && reason == 0;) {
        ssize_t written = write(file, text.data + done, text.size - done);
        done += written > 0 ? (size_t)written : 0;
        reason = written >= 0 || errno == EINTR ? 0 : errno == EAGAIN ? await(file, POLLOUT) : errno;
    }
    return reason;
}
