/* surroundings.c: tries whatever the harness needs of this machine. */
#include "target/surroundings.h"

#include "base/shortage.h"
#include "target/gate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_MS = 5000, ROOM = 64 * 1024 };

static undr_error tell_lack(undr_buffer *why, const char *what, int reason) {
    undr_error error = undr_put_format(why, "%s: ", what);
    error = error == UNDR_OK ? check_put_reason(why, reason) : error;
    return error == UNDR_OK ? UNDR_SYSTEM : error;
}

/* ---- descriptors ---- */

static undr_error try_files(unsigned wanted, undr_buffer *why) {
    int *files = calloc(wanted, sizeof *files);
    unsigned count = 0;
    int reason = 0;
    if (files == NULL) {
        return UNDR_MEMORY;
    }
    int first = open("/", O_PATH | O_CLOEXEC);
    reason = first < 0 ? errno : 0;
    while (first >= 0 && count + 1 < wanted && reason == 0) {
        files[count] = fcntl(first, F_DUPFD_CLOEXEC, 0);
        reason = files[count] < 0 ? errno : 0;
        count += reason == 0 ? 1 : 0;
    }
    for (unsigned i = 0; i < count; i++) {
        close(files[i]);
    }
    if (first >= 0) {
        close(first);
    }
    free(files);
    if (reason == 0) {
        return UNDR_OK;
    }
    struct rlimit limit = {0};
    (void)getrlimit(RLIMIT_NOFILE, &limit); /* only told */
    undr_error error = undr_put_format(why,
        "the harness needs %u file descriptors, but only %u are free (the limit is %llu): ", wanted,
        count + (first >= 0 ? 1 : 0), (unsigned long long)limit.rlim_cur);
    error = error == UNDR_OK ? check_put_reason(why, reason) : error;
    return error == UNDR_OK ? UNDR_SYSTEM : error;
}

/* ---- the loopback interface ---- */

/* 0, or the errno of what failed; ETIMEDOUT: nobody came. */
static int await_visitor(int listener) {
    struct pollfd visitor = {.fd = listener, .events = POLLIN};
    int count = 0;
    do {
        count = poll(&visitor, 1, ANSWER_MS);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? errno : count == 0 ? ETIMEDOUT : 0;
}

static int connect_to(uint16_t port, int listener) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int reason = client < 0 ? errno : 0;
    if (reason == 0 && connect(client, (const struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS) {
        reason = errno;
    }
    reason = reason == 0 ? await_visitor(listener) : reason;
    int server = reason == 0 ? accept4(listener, NULL, NULL, SOCK_CLOEXEC) : -1;
    reason = reason == 0 && server < 0 ? errno : reason;
    if (server >= 0) {
        close(server);
    }
    if (client >= 0) {
        close(client);
    }
    return reason;
}

static undr_error try_loopback(undr_buffer *why) {
    uint16_t port = 0;
    int listener = check_listen(&port);
    int reason = listener < 0 ? errno : connect_to(port, listener);
    if (listener >= 0) {
        close(listener);
    }
    return reason == 0 ? UNDR_OK : tell_lack(why, "the harness can't connect to itself on 127.0.0.1", reason);
}

/* ---- processes ---- */

static undr_error try_child(undr_buffer *why) {
    pid_t child = vfork(); /* as check_target_start does: nothing of this process is copied */
    if (child == 0) {
        _exit(0);
    }
    if (child < 0) {
        return tell_lack(why, "the harness can't start a process", errno);
    }
    pid_t ended = -1;
    do {
        ended = waitpid(child, NULL, 0);
    } while (ended < 0 && errno == EINTR);
    if (ended != child) {
        return tell_lack(why, "the harness can't wait for its own process", errno);
    }
    return prctl(PR_SET_CHILD_SUBREAPER, 1) == 0
        ? UNDR_OK
        : tell_lack(why,
              "this system does not let the harness find the processes that a target leaves behind "
              "(PR_SET_CHILD_SUBREAPER)",
              errno);
}

/* That of another namespace, or of none, shows other processes than ours, or none. */
static undr_error try_proc(undr_buffer *why) {
    char link[32], path[64], own[32];
    snprintf(own, sizeof own, "%ld", (long)getpid());
    snprintf(path, sizeof path, "/proc/%s/stat", own);
    ssize_t size = readlink("/proc/self", link, sizeof link - 1);
    if (size < 0 && check_is_shortage(errno)) {
        return tell_lack(why, "/proc can't be read", errno);
    }
    link[size > 0 ? size : 0] = '\0';
    int stat = size > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (stat < 0 && size > 0 && check_is_shortage(errno)) {
        return tell_lack(why, "/proc can't be read", errno);
    }
    if (stat >= 0) {
        close(stat);
    }
    if (stat >= 0 && strcmp(link, own) == 0) {
        return UNDR_OK;
    }
    undr_error error = undr_put_format(why,
        "the harness finds a target's processes in /proc, but /proc %s: mount the one of this pid namespace, as with "
        "`mount -t proc proc /proc` or `unshare --mount-proc`",
        size <= 0 ? "is not there" : "shows the processes of another pid namespace");
    return error == UNDR_OK ? UNDR_SYSTEM : error;
}

static undr_error try_folder(undr_buffer *why) {
    char path[PATH_MAX];
    if (getcwd(path, sizeof path) != NULL || errno == ERANGE || errno == ENAMETOOLONG) {
        return UNDR_OK;
    }
    return tell_lack(
        why, "the current directory, where a target would start, is gone; go to one that exists (cd)", errno);
}

undr_error check_surroundings(bool starts_target, unsigned files, undr_buffer *why) {
    undr_error error = try_files(files, why);
    if (error != UNDR_OK || !starts_target) {
        return error;
    }
    error = try_loopback(why);
    error = error == UNDR_OK ? try_child(why) : error;
    error = error == UNDR_OK ? try_proc(why) : error;
    return error == UNDR_OK ? try_folder(why) : error;
}

undr_error check_room_in(const char *folder, undr_buffer *why) {
    char path[PATH_MAX];
    static const char nothing[ROOM];
    int size = snprintf(path, sizeof path, "%s/room-XXXXXX", folder);
    int file = size > 0 && (size_t)size < sizeof path ? mkostemp(path, O_CLOEXEC) : -1;
    ssize_t written = file < 0 ? -1 : 1;
    for (size_t done = 0; written > 0 && done < sizeof nothing;) { /* what is left of it tells why it was cut */
        written = write(file, nothing + done, sizeof nothing - done);
        done += written > 0 ? (size_t)written : 0;
        written = written < 0 && errno == EINTR ? 1 : written;
    }
    int reason = written < 0 ? errno : written == 0 ? ENOSPC : 0;
    if (file >= 0) {
        close(file);
        unlink(path);
    }
    return reason == 0 ? UNDR_OK : tell_lack(why, "the harness can't write a file in the log directory", reason);
}
