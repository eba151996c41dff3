/* shortage.c: what an errno of the harness's own calls means, and what helps against it. */
#include "base/shortage.h"

#include <errno.h>
#include <string.h>

typedef struct shortage {
    int reason;
    const char *remedy;
} shortage;

static const shortage shortages[] = {
    {EMFILE, "; raise the limit of open files, as with `ulimit -n 4096`"},
    {ENFILE, "; the machine can open no more files: close some programs"},
    {EAGAIN, "; raise the limit of processes, as with `ulimit -u 4096`"},
    {ENOMEM, "; raise the limit of memory (`ulimit -v`, the container's)"},
    {ENOBUFS, "; the kernel has no memory for more sockets: close some programs"},
    {ENOSPC, "; free some space on that disk, or use another place (TMPDIR for log directories)"},
    {EDQUOT, "; your disk quota is used up: free some space, or use another place (TMPDIR for log directories)"},
    {EFBIG, "; raise the limit of file sizes, as with `ulimit -f unlimited`"},
    {EADDRNOTAVAIL,
        "; there is no free port, or no loopback address: wait for old connections to end, or try `ip link "
        "set lo up`"},
    {EADDRINUSE, "; all ports are in use: wait for old connections to end"},
    {ENETUNREACH, "; the loopback interface is down: `ip link set lo up`"},
    {ENETDOWN, "; the loopback interface is down: `ip link set lo up`"},
    {EIO, "; a disk or device failed: see the system's log"},
};
enum { SHORTAGES = sizeof shortages / sizeof *shortages };

static const shortage *find_shortage(int reason) {
    for (size_t i = 0; i < SHORTAGES; i++) {
        if (shortages[i].reason == reason) {
            return &shortages[i];
        }
    }
    return NULL;
}

bool check_is_shortage(int reason) {
    return find_shortage(reason) != NULL;
}

int check_shortage_named(const char *text) {
    for (size_t i = 0; i < SHORTAGES; i++) {
        if (strstr(text, strerror(shortages[i].reason)) != NULL) {
            return shortages[i].reason;
        }
    }
    return 0;
}

const char *check_remedy(int reason) {
    const shortage *found = find_shortage(reason);
    return found == NULL ? "" : found->remedy;
}

undr_error check_put_reason(undr_buffer *to, int reason) {
    return undr_put_format(to, "%s%s", strerror(reason), check_remedy(reason));
}
