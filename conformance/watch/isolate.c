/* isolate.c: a network namespace of one's own, without root where user namespaces are allowed. */
#include "watch/source.h"

#include "base/shortage.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool written = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
    if (file >= 0) {
        close(file);
    }
    return written;
}

/* The user and the group stay the same inside. */
static bool map_ids(uid_t user, gid_t group) {
    char users[64], groups[64];
    (void)snprintf(users, sizeof users, "%u %u 1", (unsigned)user, (unsigned)user);
    (void)snprintf(groups, sizeof groups, "%u %u 1", (unsigned)group, (unsigned)group);
    return write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/uid_map", users)
        && write_file("/proc/self/gid_map", groups);
}

static bool raise_loopback(void) {
    int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_name = "lo"};
    bool up = any >= 0 && ioctl(any, SIOCGIFFLAGS, &request) == 0;
    request.ifr_flags = (short)(request.ifr_flags | IFF_UP | IFF_RUNNING);
    up = up && ioctl(any, SIOCSIFFLAGS, &request) == 0;
    if (any >= 0) {
        close(any);
    }
    return up;
}

undr_error watch_isolate(undr_buffer *message) {
    uid_t user = geteuid();
    gid_t group = getegid();
    bool plain = unshare(CLONE_NEWNET) == 0; /* as root no user namespace is needed, and all users stay */
    bool done = plain || (unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && map_ids(user, group));
    if (done && raise_loopback()) {
        return UNDR_OK;
    }
    int reason = errno;
    if (check_is_shortage(reason) && reason != ENOSPC) { /* that is a limit of namespaces here */
        undr_error short_of = undr_put_format(message, "no network of its own for the command: ");
        short_of = short_of == UNDR_OK ? check_put_reason(message, reason) : short_of;
        errno = reason;
        return short_of == UNDR_OK ? UNDR_SYSTEM : short_of;
    }
    undr_error error = undr_put_format(message,
        "no network of its own for the command (%s): user namespaces are not allowed here. Instead: as root, or with "
        "cap_net_raw, `undr-check watch --interface lo --port N` beside the command; `tcpdump -i lo -w FILE`, then "
        "`undr-check watch --pcap FILE`; or --listen PORT --to PORT between workers and their manager",
        strerror(reason));
    return error == UNDR_OK ? UNDR_ARGUMENT : error;
}
