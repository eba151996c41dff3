/* written.c: checks whether the output was written. */
#include "base/written.h"

#include "base/shortage.h"
#include "base/text.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void check_complain(const undr_buffer *message) {
    fputs("undr-check: ", stderr);
    check_text_plain(stderr, undr_buffer_slice(message));
    fputc('\n', stderr);
}

static const char *remedy_of(int reason) {
    switch (reason) {
    case EISDIR: return "; name a file in it";
    case ENOENT: return "; the folder does not exist: create it, or name another place";
    case ENOTDIR: return "; part of the path is a file: name another place";
    case EACCES:
    case EPERM:
    case EROFS: return "; name a writable place";
    case EPIPE: return "; its reader has gone";
    case ETIMEDOUT: return "; its reader has stopped reading";
    default: return check_remedy(reason);
    }
}

undr_error check_put_unwritten(undr_buffer *message, const char *what, int reason) {
    return undr_put_format(message, "%s can't be written: %s%s", what,
        reason == 0 ? "part of it was lost" : strerror(reason), remedy_of(reason));
}

bool check_is_abandoned(FILE *out) {
    struct stat about;
    struct pollfd polled = {.fd = fileno(out)};
    return fstat(polled.fd, &about) == 0 && S_ISFIFO(about.st_mode) && poll(&polled, 1, 0) == 1
        && (polled.revents & POLLERR) != 0;
}

/* A stream that failed earlier keeps no errno: writing one more byte, to output that is broken anyway, shows it. 0: the
 * stream works now, or would block. */
static int ask_again(FILE *out) {
    struct pollfd room = {.fd = fileno(out), .events = POLLOUT};
    if (poll(&room, 1, 0) != 1 || (room.revents & (POLLOUT | POLLERR | POLLNVAL)) == 0) {
        return 0;
    }
    return write(fileno(out), "\n", 1) == 1 ? 0 : errno;
}

/* Closed standard error was not wanted; full standard error has lost text. */
static bool is_unwanted(FILE *out, int reason) {
    return out == stderr && reason == EBADF;
}

/* Flushes and closes. True: output was lost; *reason is 0 if it is unknown. */
static bool is_lost(FILE *out, int *reason) {
    bool lost = ferror(out) != 0;
    *reason = 0;
    if (fflush(out) != 0) {
        *reason = errno;
        lost = true;
    } else if (lost) {
        *reason = ask_again(out);
    }
    lost = lost && !is_unwanted(out, *reason);
    if (fclose(out) != 0 && !lost && errno != EBADF) { /* EBADF: it was closed, and nothing was printed */
        *reason = errno;
        lost = true;
    }
    return lost;
}

static void complain_of_output(int reason) {
    undr_buffer message = {0};
    if (check_put_unwritten(&message, "standard output", reason) == UNDR_OK) {
        check_complain(&message);
    } else {
        fputs("undr-check: standard output can't be written\n", stderr);
    }
    undr_buffer_free(&message);
}

int check_finish_output(int status) {
    int reason = 0, other = 0;
    bool lost = is_lost(stdout, &reason);
    if (lost && reason != EPIPE) {
        complain_of_output(reason);
    }
    bool other_lost = is_lost(stderr, &other);
    if (!lost && !other_lost) {
        return status;
    }
    bool closed = (!lost || reason == EPIPE) && (!other_lost || other == EPIPE);
    return closed ? 128 + SIGPIPE : CHECK_HARNESS;
}
