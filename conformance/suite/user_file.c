/* user_file.c: reads and makes files that a user has named. */
#include "user_file.h"

#include "shortage.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 65536, PATIENCE_S = 60, DEVICE_LIMIT = 16 * 1024 * 1024 };

static undr_error fail(undr_buffer *message, const char *path, const char *what, int reason) {
    undr_error error = undr_put_format(message, "%s%s: %s: %s%s", message->size > 0 ? "; " : "", path, what,
        strerror(reason), check_remedy(reason));
    return error != UNDR_OK ? error : check_is_shortage(reason) ? UNDR_SYSTEM : UNDR_ARGUMENT;
}

static undr_error refuse(undr_buffer *message, const char *path, const char *why) {
    undr_error error = undr_put_format(message, "%s%s: %s", message->size > 0 ? "; " : "", path, why);
    return error == UNDR_OK ? UNDR_ARGUMENT : error;
}

/* ---- reading ---- */

static undr_error refuse_size(undr_buffer *message, const char *path, size_t limit) {
    undr_error error = undr_put_format(message, "%s: it has more than %zu MiB, which is the most that is read here", path,
        limit >> 20);
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
        error = refuse(message, path, "nothing comes through this pipe: nobody has it open for writing, or has written "
            "anything; start the writer first");
    }
    close(file);
    return error;
}

/* ---- writing ---- */

/* Of fopencookie(3): what is no regular file may take its time, but not all of it. */
static ssize_t write_patiently(void *cookie, const char *data, size_t size) {
    int file = *(int *)cookie, reason = 0;
    size_t done = 0;
    while (done < size && reason == 0) {
        ssize_t written = write(file, data + done, size - done);
        done += written > 0 ? (size_t)written : 0;
        reason = written >= 0 || errno == EINTR ? 0 : errno == EAGAIN ? await(file, POLLOUT) : errno;
    }
    errno = reason;
    return (ssize_t)done;
}

static int close_cookie(void *cookie) {
    int status = close(*(int *)cookie);
    free(cookie);
    return status;
}

/* Takes over the descriptor, unless it fails. */
static FILE *open_patiently(int file) {
    int *cookie = malloc(sizeof *cookie);
    if (cookie == NULL) {
        return NULL;
    }
    *cookie = file;
    FILE *stream = fopencookie(cookie, "w", (cookie_io_functions_t){.write = write_patiently, .close = close_cookie});
    if (stream == NULL) {
        free(cookie);
    }
    return stream;
}

static undr_error open_stream(int file, const char *path, FILE **stream, undr_buffer *message) {
    struct stat about;
    if (fstat(file, &about) != 0) {
        return fail(message, path, "it cannot be written", errno);
    }
    if (S_ISBLK(about.st_mode)) {
        return refuse(message, path, "it is a disk; name a file");
    }
    *stream = S_ISREG(about.st_mode) ? fdopen(file, "w") : open_patiently(file);
    return *stream != NULL ? UNDR_OK : fail(message, path, "it cannot be written", errno);
}

static undr_error open_for_writing(const char *path, int more, int *file, undr_buffer *message) {
    *file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | more, 0666);
    if (*file < 0 && errno == ENXIO) {
        return refuse(message, path, "it is a pipe that nobody reads, or a socket; start the reader first");
    }
    return *file < 0 ? fail(message, path, "it cannot be written", errno) : UNDR_OK;
}

undr_error check_file_create(const char *path, FILE **stream, undr_buffer *message) {
    int file = -1;
    *stream = NULL;
    undr_error error = open_for_writing(path, O_TRUNC, &file, message);
    if (error == UNDR_OK) {
        error = open_stream(file, path, stream, message);
    }
    if (*stream == NULL && file >= 0) {
        close(file);
    }
    return error;
}

undr_error check_file_try(const char *path, undr_buffer *message) {
    struct stat about;
    bool is_new = stat(path, &about) != 0 && errno == ENOENT;
    int file = -1;
    undr_error error = open_for_writing(path, 0, &file, message);
    if (file >= 0) {
        close(file);
    }
    if (file >= 0 && is_new) {
        unlink(path);
    }
    return error;
}
