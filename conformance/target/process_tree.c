/* process_tree.c: finds the descendants of this process in /proc, kills and reaps them. */
#include "target/process_tree.h"

#include "base/clock.h"
#include "base/grow.h"
#include "base/shortage.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FLAG_EXITING = 0x4 /* PF_EXITING of the kernel, field 9 of /proc/PID/stat */ };

typedef struct process {
    pid_t pid, parent;
    char state;
    unsigned flags;
} process;

/* Closing keeps the errno of what failed. */
static void close_quietly(int file) {
    int reason = errno;
    close(file);
    errno = reason;
}

static void close_folder_quietly(DIR *folder) {
    int reason = errno;
    closedir(folder);
    errno = reason;
}

typedef struct processes {
    process *at;
    size_t count, capacity;
} processes;

void check_pids_free(check_pids *pids) {
    free(pids->at);
    *pids = (check_pids){0};
}

bool check_pids_has(const check_pids *pids, pid_t pid) {
    for (size_t i = 0; i < pids->count; i++) {
        if (pids->at[i] == pid) {
            return true;
        }
    }
    return false;
}

static undr_error add_pid(check_pids *pids, pid_t pid) {
    pid_t *at = check_array_grow(pids->at, pids->count, &pids->capacity, sizeof *at);
    if (at == NULL) {
        return UNDR_MEMORY;
    }
    pids->at = at;
    pids->at[pids->count++] = pid;
    return UNDR_OK;
}

static undr_error add_process(processes *list, const process *one) {
    process *at = check_array_grow(list->at, list->count, &list->capacity, sizeof *at);
    if (at == NULL) {
        return UNDR_MEMORY;
    }
    list->at = at;
    list->at[list->count++] = *one;
    return UNDR_OK;
}

/* A process that ends between the listing and the look at it is gone. One of another user is hidden where /proc is
 * mounted with hidepid=1. Any other failure to read it is not its fault. */
typedef enum read_state { READ_WHOLE, READ_GONE, READ_HIDDEN, READ_FAILED } read_state;

static read_state state_of_failure(void) {
    switch (errno) {
    case ENOENT:
    case ESRCH: return READ_GONE;
    case EACCES:
    case EPERM: return READ_HIDDEN;
    default: return READ_FAILED;
    }
}

static read_state read_process(pid_t pid, process *one) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return state_of_failure();
    }
    ssize_t size = -1;
    do {
        size = read(file, text, sizeof text - 1);
    } while (size < 0 && errno == EINTR);
    read_state failed = size < 0 ? state_of_failure() : READ_GONE;
    close_quietly(file);
    if (size <= 0) {
        return failed;
    }
    text[size] = '\0';
    const char *name_end = strrchr(text, ')'); /* the name may hold blanks and parentheses */
    long parent = 0;
    *one = (process){.pid = pid};
    if (name_end == NULL
        || sscanf(name_end + 1, " %c %ld %*d %*d %*d %*d %u", &one->state, &parent, &one->flags) != 3) {
        errno = EIO;
        return READ_FAILED;
    }
    one->parent = (pid_t)parent;
    return READ_WHOLE;
}

/* The next number among the names of a folder; false: the end, or an error, with errno. */
static bool read_number(DIR *folder, const char **name) {
    struct dirent *entry = NULL;
    do {
        errno = 0;
        entry = readdir(folder);
    } while (entry != NULL && !isdigit((unsigned char)entry->d_name[0]));
    *name = entry == NULL ? NULL : entry->d_name;
    return entry != NULL;
}

static undr_error read_processes(processes *list) {
    DIR *folder = opendir("/proc");
    if (folder == NULL) {
        return UNDR_SYSTEM;
    }
    undr_error error = UNDR_OK;
    const char *name = NULL;
    while (error == UNDR_OK && read_number(folder, &name)) {
        process one;
        read_state state = read_process((pid_t)strtol(name, NULL, 10), &one);
        error = state == READ_WHOLE ? add_process(list, &one) : state == READ_FAILED ? UNDR_SYSTEM : UNDR_OK;
    }
    error = error == UNDR_OK && errno != 0 && name == NULL ? UNDR_SYSTEM : error;
    close_folder_quietly(folder);
    return error;
}

/* Appends the children of one thread, as the kernel lists them. False: it does not, or the thread is gone. */
static bool add_listed(pid_t pid, const char *thread, check_pids *found, undr_error *error) {
    char path[96], text[4096];
    snprintf(path, sizeof path, "/proc/%ld/task/%.20s/children", (long)pid, thread);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    if (size < 0 || size == (ssize_t)sizeof text - 1) {
        return false; /* too many: the slow way finds them all */
    }
    text[size] = '\0';
    char *at = text, *end = NULL;
    for (long child = strtol(at, &end, 10); end != at && *error == UNDR_OK; child = strtol(at, &end, 10)) {
        *error = add_pid(found, (pid_t)child);
        at = end;
    }
    return true;
}

static bool add_children(pid_t pid, check_pids *found, undr_error *error) {
    char path[64];
    bool listed = true;
    snprintf(path, sizeof path, "/proc/%ld/task", (long)pid);
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return pid != getpid(); /* it has ended meanwhile, and its children are ours now */
    }
    struct dirent *entry = NULL;
    while (listed && *error == UNDR_OK && (entry = readdir(folder)) != NULL) {
        listed = !isdigit((unsigned char)entry->d_name[0]) || add_listed(pid, entry->d_name, found, error);
    }
    closedir(folder);
    return listed;
}

/* Replaces `found` by the descendants that the kernel lists, which may lack one while another is just ending: good
 * enough for killing, as long as the caller looks again. False: the kernel does not list them. */
static bool list_descendants(check_pids *found, undr_error *error) {
    found->count = 0;
    bool listed = add_children(getpid(), found, error);
    for (size_t i = 0; i < found->count && listed && *error == UNDR_OK; i++) {
        listed = add_children(found->at[i], found, error);
    }
    return listed;
}

/* Follows the parents up to this process; the child of ours that it passes last decides. */
static bool descends_from_us(const processes *list, const process *one, const check_pids *spared) {
    pid_t self = getpid();
    for (size_t hops = 0; hops <= list->count; hops++) {
        if (one->parent == self) {
            return spared == NULL || !check_pids_has(spared, one->pid);
        }
        const process *parent = NULL;
        for (size_t i = 0; i < list->count && parent == NULL; i++) {
            parent = list->at[i].pid == one->parent ? &list->at[i] : NULL;
        }
        if (parent == NULL) {
            return false;
        }
        one = parent;
    }
    return false;
}

static undr_error find_processes(const check_pids *spared, bool children_only, check_pids *found) {
    found->count = 0;
    siginfo_t info;
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD) {
        return UNDR_OK; /* no child: no descendant */
    }
    processes list = {0};
    undr_error error = read_processes(&list);
    for (size_t i = 0; i < list.count && error == UNDR_OK; i++) {
        const process *one = &list.at[i];
        if (children_only ? one->parent == getpid() : descends_from_us(&list, one, spared)) {
            error = add_pid(found, one->pid);
        }
    }
    free(list.at);
    return error;
}

undr_error check_family_children(check_pids *found) {
    return find_processes(NULL, true, found);
}

undr_error check_family_descendants(const check_pids *spared, check_pids *found) {
    return find_processes(spared, false, found);
}

undr_error check_family_listed(const check_pids *spared, check_pids *found) {
    undr_error error = UNDR_OK;
    bool listed = spared->count == 0 && list_descendants(found, &error);
    if (error == UNDR_OK && (!listed || found->count == 0)) {
        error = check_family_descendants(spared, found);
    }
    return error;
}

/* What threads have had of the processors, and what others have kept from them. */
typedef struct family_time {
    unsigned long long ran, waited;
} family_time;

/* "ON-CPU WAITED TIMES"; a thread that has gone, or a kernel that does not count, adds nothing. */
static undr_error add_time_of_thread(int folder, const char *thread, family_time *sum) {
    char path[64], text[96];
    unsigned long long ran = 0, waited = 0;
    snprintf(path, sizeof path, "%.20s/schedstat", thread);
    int file = openat(folder, path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return check_is_shortage(errno) ? UNDR_SYSTEM : UNDR_OK;
    }
    ssize_t size = read(file, text, sizeof text - 1);
    close_quietly(file);
    text[size > 0 ? size : 0] = '\0';
    if (sscanf(text, "%llu %llu", &ran, &waited) == 2) {
        sum->ran += ran;
        sum->waited += waited;
    }
    return UNDR_OK;
}

static undr_error add_time_of(pid_t pid, family_time *sum) {
    char path[64];
    undr_error error = UNDR_OK;
    const char *thread = NULL;
    snprintf(path, sizeof path, "/proc/%ld/task", (long)pid);
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return check_is_shortage(errno) ? UNDR_SYSTEM : UNDR_OK; /* else it has gone meanwhile */
    }
    while (error == UNDR_OK && read_number(folder, &thread)) {
        error = add_time_of_thread(dirfd(folder), thread, sum);
    }
    close_folder_quietly(folder);
    return error;
}

static undr_error add_time_of_family(family_time *sum) {
    check_pids none = {0}, found = {0};
    undr_error error = check_family_descendants(&none, &found);
    for (size_t i = 0; i < found.count && error == UNDR_OK; i++) {
        error = add_time_of(found.at[i], sum);
    }
    check_pids_free(&found);
    return error;
}

undr_error check_family_delay(unsigned long long *delay) {
    family_time sum = {0};
    undr_error error = add_time_of_family(&sum);
    *delay = sum.waited;
    return error;
}

undr_error check_family_effort(unsigned long long *effort) {
    family_time sum = {0};
    undr_error error = add_time_of_family(&sum);
    *effort = sum.ran + sum.waited;
    return error;
}

bool check_process_is_leaving(pid_t pid) {
    process one;
    return read_process(pid, &one) == READ_WHOLE && (one.flags & FLAG_EXITING) != 0;
}

undr_error check_process_is_gone(pid_t pid, bool *gone) {
    process one;
    read_state state = read_process(pid, &one);
    *gone = state == READ_GONE || (state == READ_WHOLE && (one.state == 'Z' || one.state == 'X'));
    return state == READ_FAILED ? UNDR_SYSTEM : UNDR_OK;
}

/* How many of them were reaped. */
static size_t kill_all(const check_pids *found) {
    size_t reaped = 0;
    for (size_t i = 0; i < found->count; i++) {
        kill(found->at[i], SIGKILL);
    }
    for (size_t i = 0; i < found->count; i++) {
        /* A grandchild is not ours yet: ECHILD, next round. */
        reaped += waitpid(found->at[i], NULL, WNOHANG) == found->at[i] ? 1 : 0;
    }
    return reaped;
}

undr_error check_family_end(const check_pids *spared, unsigned long long limit_ns) {
    uint64_t until = check_now() + limit_ns;
    check_pids found = {0};
    undr_error error = check_family_listed(spared, &found);
    while (error == UNDR_OK && found.count > 0) {
        size_t reaped = kill_all(&found);
        if (check_now() >= until) {
            error = UNDR_WAIT;
        } else if (reaped < found.count) {
            poll(NULL, 0, 1); /* a killed process needs a moment to become a zombie; nothing tells us when */
        }
        error = error == UNDR_OK ? check_family_listed(spared, &found) : error;
    }
    int reason = errno;
    check_pids_free(&found);
    errno = reason;
    return error;
}
