/* listener.c: finds who listens on a port in /proc/net/tcp, tcp6 and /proc/PID/fd. */
#include "listener.h"

#include <arpa/inet.h>
#include <dirent.h>
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

/* One that other machines can reach: no 127.x.y.z, mapped to IPv6 or not, and not ::1. */
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

/* The next one; false: there is none. NULL is an empty table. */
static bool read_line(FILE *table, socket_line *one) {
    char line[512];
    while (table != NULL && fgets(line, sizeof line, table) != NULL) {
        if (sscanf(line, " %*d: %32[0-9A-F]:%x %*[0-9A-F]:%*x %x %*x:%*x %*x:%*x %*x %*u %*d %llu", one->address,
                &one->port, &one->state, &one->inode) == 4) {
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

/* The inode of the socket that listens there; 0: there is none, or it can't be told. */
static unsigned long long find_in(const char *path, uint16_t port) {
    FILE *table = fopen(path, "re");
    unsigned long long found = 0;
    for (socket_line one; found == 0 && read_line(table, &one);) {
        found = one.port == port && one.state == STATE_LISTEN && is_here(one.address) ? one.inode : 0;
    }
    close_table(table);
    return found;
}

/* A runtime that prefers sockets of IPv6 listens at ::ffff:127.0.0.1. */
static unsigned long long find_listener(uint16_t port) {
    unsigned long long found = find_in("/proc/net/tcp", port);
    return found != 0 ? found : find_in("/proc/net/tcp6", port);
}

/* 1: the process has the socket open; 0: it has not; -1: that can't be told. */
static int has_open(pid_t pid, unsigned long long inode) {
    char path[64], wanted[64], link[64];
    int has = 0;
    snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
    snprintf(wanted, sizeof wanted, "socket:[%llu]", inode);
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return -1;
    }
    for (struct dirent *entry = readdir(folder); entry != NULL && has == 0; entry = readdir(folder)) {
        ssize_t size = readlinkat(dirfd(folder), entry->d_name, link, sizeof link - 1);
        link[size > 0 ? size : 0] = '\0';
        has = strcmp(link, wanted) == 0 ? 1 : 0;
    }
    closedir(folder);
    return has;
}

bool check_listener_is_foreign(uint16_t port, const check_pids *family) {
    unsigned long long inode = find_listener(port);
    bool foreign = inode != 0;
    for (size_t i = 0; i < family->count && foreign; i++) {
        foreign = has_open(family->at[i], inode) == 0 || check_process_is_gone(family->at[i]);
    }
    return foreign;
}

static bool is_open_in(const check_pids *family, unsigned long long inode) {
    bool is = false;
    for (size_t i = 0; i < family->count && !is; i++) {
        is = has_open(family->at[i], inode) == 1;
    }
    return is;
}

static bool is_exposed_in(const char *path, uint16_t port, const check_pids *family) {
    FILE *table = fopen(path, "re");
    bool exposed = false;
    for (socket_line one; !exposed && read_line(table, &one);) {
        exposed = one.port == port && one.state == STATE_LISTEN && is_beyond_loopback(one.address) &&
            is_open_in(family, one.inode);
    }
    close_table(table);
    return exposed;
}

bool check_listener_is_exposed(uint16_t port, const check_pids *family) {
    return is_exposed_in("/proc/net/tcp", port, family) || is_exposed_in("/proc/net/tcp6", port, family);
}
