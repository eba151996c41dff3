/* listener.c: finds who listens on a port in /proc/net/tcp and /proc/PID/fd. */
#include "listener.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATE_LISTEN = 0x0a };

/* The inode of the socket that listens there; 0: there is none, or it can't be told. */
static unsigned long long find_listener(uint16_t port) {
    FILE *table = fopen("/proc/net/tcp", "re");
    unsigned long long found = 0;
    char line[512];
    while (table != NULL && found == 0 && fgets(line, sizeof line, table) != NULL) {
        unsigned address = 0, local = 0, state = 0;
        unsigned long long inode = 0;
        int fields = sscanf(line, " %*d: %x:%x %*x:%*x %x %*x:%*x %*x:%*x %*x %*u %*d %llu", &address, &local, &state,
            &inode);
        bool here = address == htonl(INADDR_LOOPBACK) || address == htonl(INADDR_ANY);
        found = fields == 4 && here && local == port && state == STATE_LISTEN ? inode : 0;
    }
    if (table != NULL) {
        fclose(table);
    }
    return found;
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
