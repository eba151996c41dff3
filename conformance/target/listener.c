/* listener.c: finds the listener of a port in /proc/net/tcp, tcp6 and /proc/PID/fd. */
#include "target/listener.h"

#include "base/shortage.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATE_LISTEN = 0x0a };

/* Is an address of /proc/net/tcp or tcp6 one at which 127.0.0.1 answers: that, mapped to IPv6 or not, or any? */
static bool is_here(const char *address) {
    char loopback[9];
    size_t size = strlen(address);
    snprintf(loopback, sizeof loopback, "%08X", (unsigned)htonl(INADDR_LOOPBACK));
    return size >= 8 && (strcmp(address + size - 8, loopback) == 0 || strspn(address, "0") == size);
}

/* An address that other machines can reach: not 127.x.y.z, mapped to IPv6 or not, and not ::1. */
static bool is_beyond_loopback(const char *address) {
    static const char mapped[] = "0000000000000000FFFF0000";
    size_t size = strlen(address);
    bool four = size == 8 || strncmp(address, mapped, sizeof mapped - 1) == 0;
    return four ? strcmp(address + size - 2, "7F") != 0 : strcmp(address, "00000000000000000000000001000000") != 0;
}

/* A line of such a table. */
typedef struct socket_line {
    char address[33];
    unsigned port, state;
    unsigned long long inode;
} socket_line;

/* NULL is an empty table: a machine without IPv6 has no tcp6. */
static undr_error open_table(const char *path, FILE **table) {
    *table = fopen(path, "re");
    return *table == NULL && errno != ENOENT ? UNDR_SYSTEM : UNDR_OK;
}

/* The next one; false: there is none. */
static bool read_line(FILE *table, socket_line *one) {
    char line[512];
    while (table != NULL && fgets(line, sizeof line, table) != NULL) {
        if (sscanf(line, " %*d: %32[0-9A-F]:%x %*[0-9A-F]:%*x %x %*x:%*x %*x:%*x %*x %*u %*d %llu", one->address,
                &one->port, &one->state, &one->inode)
            == 4) {
            return true;
        }
    }
    return false;
}

static void close_table(FILE *table) {
    if (table != NULL) {
        fclose(table);
    }
}

/* The inode of the socket that listens there; 0: there is none. */
static undr_error find_in(const char *path, uint16_t port, unsigned long long *inode) {
    FILE *table = NULL;
    undr_error error = open_table(path, &table);
    for (socket_line one; error == UNDR_OK && *inode == 0 && read_line(table, &one);) {
        *inode = one.port == port && one.state == STATE_LISTEN && is_here(one.address) ? one.inode : 0;
    }
    close_table(table);
    return error;
}

/* A runtime that prefers sockets of IPv6 listens at ::ffff:127.0.0.1. */
static undr_error find_listener(uint16_t port, unsigned long long *inode) {
    *inode = 0;
    undr_error error = find_in("/proc/net/tcp", port, inode);
    return error == UNDR_OK && *inode == 0 ? find_in("/proc/net/tcp6", port, inode) : error;
}

typedef enum ownership { OWNS_NOT, OWNS, OWNS_UNKNOWN } ownership;

/* UNKNOWN: the process has gone, or can't be inspected. */
static undr_error look_for(pid_t pid, unsigned long long inode, ownership *has) {
    char path[64], wanted[64], link[64];
    snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
    snprintf(wanted, sizeof wanted, "socket:[%llu]", inode);
    DIR *folder = opendir(path);
    *has = OWNS_UNKNOWN;
    if (folder == NULL) {
        return check_is_shortage(errno) ? UNDR_SYSTEM : UNDR_OK;
    }
    *has = OWNS_NOT;
    for (struct dirent *entry = readdir(folder); entry != NULL && *has == OWNS_NOT; entry = readdir(folder)) {
        ssize_t size = readlinkat(dirfd(folder), entry->d_name, link, sizeof link - 1);
        link[size > 0 ? size : 0] = '\0';
        *has = strcmp(link, wanted) == 0 ? OWNS : OWNS_NOT;
    }
    closedir(folder);
    return UNDR_OK;
}

static undr_error owns_not(pid_t pid, unsigned long long inode, bool * not) {
    ownership has = OWNS_UNKNOWN;
    undr_error error = look_for(pid, inode, &has);
    *not = has == OWNS_NOT;
    return error == UNDR_OK && has != OWNS_NOT ? check_process_is_gone(pid, not) : error;
}

undr_error check_listener_is_foreign(uint16_t port, const check_pids *family, bool *foreign) {
    unsigned long long inode = 0;
    undr_error error = find_listener(port, &inode);
    *foreign = inode != 0;
    for (size_t i = 0; i < family->count && *foreign && error == UNDR_OK; i++) {
        error = owns_not(family->at[i], inode, foreign);
    }
    return error;
}

static undr_error is_open_in(const check_pids *family, unsigned long long inode, bool *is) {
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < family->count && !*is && error == UNDR_OK; i++) {
        ownership has = OWNS_UNKNOWN;
        error = look_for(family->at[i], inode, &has);
        *is = has == OWNS;
    }
    return error;
}

static undr_error is_exposed_in(const char *path, uint16_t port, const check_pids *family, bool *exposed) {
    FILE *table = NULL;
    undr_error error = open_table(path, &table);
    for (socket_line one; !*exposed && error == UNDR_OK && read_line(table, &one);) {
        if (one.port == port && one.state == STATE_LISTEN && is_beyond_loopback(one.address)) {
            error = is_open_in(family, one.inode, exposed);
        }
    }
    close_table(table);
    return error;
}

undr_error check_listener_is_exposed(uint16_t port, const check_pids *family, bool *exposed) {
    *exposed = false;
    undr_error error = is_exposed_in("/proc/net/tcp", port, family, exposed);
    return error == UNDR_OK && !*exposed ? is_exposed_in("/proc/net/tcp6", port, family, exposed) : error;
}
