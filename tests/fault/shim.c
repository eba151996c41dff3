/* shim.c: loaded before a program (LD_PRELOAD), lets one call of it fail: the k-th of a function, with an error. The
 * environment says which: UNDR_FAULT="ROLE FUNCTION K ERROR" (ERROR: a number of errno, or 0 for a short read or write), where
 * ROLE is `manager`, or `worker`, the first worker process of a pool. UNDR_FAULT_REPORT is the file that tells whether
 * the call was reached, and what the program still held when it ended: a line `fired`, a line `held BLOCKS DESCRIPTORS`.
 * For `worker`, UNDR_FAULT_TOKEN is a file that the first one takes away. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined __SANITIZE_ADDRESS__
#define COUNTS_MEMORY 0
#else
#define COUNTS_MEMORY 1
#endif

static struct {
    bool ready;
    char function[32];
    long nth;
    int error; /* 0: short */
    atomic_long *calls; /* shared with forked children */
    uintptr_t begin, end; /* the code of the program itself */
} plan;

static atomic_long blocks; /* of memory that are allocated */

/* Start and end. */

static void report(const char *line) {
    const char *path = getenv("UNDR_FAULT_REPORT");
    int file = path == NULL ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (file >= 0) {
        syscall(SYS_write, file, line, strlen(line));
        syscall(SYS_close, file);
    }
}

static bool is_worker(void) {
    char words[4096] = "";
    int file = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY, 0);
    long size = syscall(SYS_read, file, words, sizeof words - 1);
    syscall(SYS_close, file);
    size_t first = strlen(words) + 1;
    return size > 0 && first < (size_t)size && strcmp(words + first, "undr-worker-process") == 0;
}

static bool has_role(const char *role) {
    if (strcmp(role, "worker") != 0) {
        return !is_worker();
    }
    const char *token = getenv("UNDR_FAULT_TOKEN");
    return is_worker() && token != NULL && unlink(token) == 0;
}

static int find_code(struct dl_phdr_info *program, size_t size, void *unused) {
    (void)size, (void)unused;
    for (size_t i = 0; i < program->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &program->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X) != 0) {
            plan.begin = program->dlpi_addr + part->p_vaddr;
            plan.end = plan.begin + part->p_memsz;
        }
    }
    return 1; /* the first is the program */
}

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("UNDR_FAULT");
    char role[32];
    if (text == NULL || sscanf(text, "%31s %31s %ld %d", role, plan.function, &plan.nth, &plan.error) != 4) {
        return;
    }
    void *page = mmap(NULL, sizeof *plan.calls, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page != MAP_FAILED && has_role(role)) {
        plan.calls = page;
        (void)dl_iterate_phdr(find_code, NULL);
        plan.ready = true;
    }
}

static size_t descriptors(void) {
    size_t count = 0;
    DIR *all = opendir("/proc/self/fd");
    while (all != NULL && readdir(all) != NULL) {
        count++;
    }
    if (all != NULL) {
        (void)closedir(all);
    }
    return count;
}

__attribute__((destructor)) static void end(void) {
    char line[64];
    if (plan.ready) {
        long held = atomic_load(&blocks);
        plan.ready = false;
        (void)snprintf(line, sizeof line, "held %ld %zu\n", held, descriptors());
        report(line);
    }
}

/* Whether this call is the one. */

static bool fails(const char *function) {
    if (!plan.ready || strcmp(function, plan.function) != 0 || atomic_fetch_add(plan.calls, 1) + 1 != plan.nth) {
        return false;
    }
    report("fired\n");
    errno = plan.error;
    return true;
}

/* Errors that a descriptor can't have are not tried: only a socket is reset, only what does not block says EAGAIN, and
 * only streams come in pieces (libuv's signal pipe and its eventfd are its own). */
static bool suits(int file, bool writes) {
    struct stat status;
    if (!plan.ready || fstat(file, &status) != 0) {
        return false;
    }
    bool is_socket = S_ISSOCK(status.st_mode);
    switch (plan.error) {
    case EAGAIN:
        return is_socket && (fcntl(file, F_GETFL) & O_NONBLOCK) != 0;
    case ECONNRESET:
    case EPIPE:
        return is_socket;
    case 0:
        return is_socket || file == (writes ? STDOUT_FILENO : STDIN_FILENO);
    default:
        return true;
    }
}

/* Less than 0: fails. Else how many bytes to read or write. */
static ssize_t portion(const char *function, int file, size_t size, bool writes) {
    if (!suits(file, writes) || !fails(function)) {
        return (ssize_t)size;
    }
    return plan.error == 0 ? size > 0 : -1;
}

/* Reads and writes. */

ssize_t read(int file, void *data, size_t size) {
    ssize_t part = portion("read", file, size, false);
    return part < 0 ? -1 : syscall(SYS_read, file, data, part);
}

ssize_t recv(int file, void *data, size_t size, int flags) {
    ssize_t part = portion("recv", file, size, false);
    return part < 0 ? -1 : syscall(SYS_recvfrom, file, data, part, flags, NULL, NULL);
}

ssize_t write(int file, const void *data, size_t size) {
    ssize_t part = portion("write", file, size, true);
    return part < 0 ? -1 : syscall(SYS_write, file, data, part);
}

ssize_t sendmsg(int file, const struct msghdr *message, int flags) {
    ssize_t part = portion("sendmsg", file, SSIZE_MAX, true);
    if (part == 1) {
        return syscall(SYS_sendto, file, message->msg_iov[0].iov_base, 1, flags, NULL, 0);
    }
    return part < 0 ? -1 : syscall(SYS_sendmsg, file, message, flags);
}

/* Calls that fail or do not. */

#define CALL(name, number, parameters, ...) \
    int name parameters { \
        return fails(#name) ? -1 : (int)syscall(number, __VA_ARGS__); \
    }

CALL(socket, SYS_socket, (int domain, int type, int protocol), domain, type, protocol)
CALL(bind, SYS_bind, (int file, __CONST_SOCKADDR_ARG address, socklen_t size), file, address.__sockaddr__, size)
CALL(listen, SYS_listen, (int file, int backlog), file, backlog)
CALL(accept4, SYS_accept4, (int file, __SOCKADDR_ARG address, socklen_t *size, int flags), file, address.__sockaddr__,
    size, flags)
CALL(getsockname, SYS_getsockname, (int file, __SOCKADDR_ARG address, socklen_t *size), file, address.__sockaddr__, size)
CALL(getpeername, SYS_getpeername, (int file, __SOCKADDR_ARG address, socklen_t *size), file, address.__sockaddr__, size)
CALL(setsockopt, SYS_setsockopt, (int file, int level, int name, const void *value, socklen_t size), file, level, name,
    value, size)
CALL(epoll_create1, SYS_epoll_create1, (int flags), flags)
CALL(epoll_ctl, SYS_epoll_ctl, (int poll, int operation, int file, struct epoll_event *event), poll, operation, file,
    event)
CALL(epoll_wait, SYS_epoll_wait, (int poll, struct epoll_event *events, int count, int ms), poll, events, count, ms)
CALL(eventfd, SYS_eventfd2, (unsigned count, int flags), count, flags)
CALL(pipe2, SYS_pipe2, (int ends[2], int flags), ends, flags)

int poll(struct pollfd *files, nfds_t count, int ms) {
    return fails("poll") ? -1 : (int)syscall(SYS_poll, files, count, ms);
}

int connect(int file, __CONST_SOCKADDR_ARG address, socklen_t size) {
    bool failing = fails("connect"); /* one that a signal interrupts goes on */
    int status = failing && plan.error != EINTR ? -1 : (int)syscall(SYS_connect, file, address.__sockaddr__, size);
    errno = failing ? plan.error : errno;
    return failing ? -1 : status;
}

int __open64_2(const char *path, int flags); /* open() as libuv, which is compiled with checks, calls it */

int __open64_2(const char *path, int flags) {
    return fails("open") ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0);
}

/* What is more than a system call goes on in the C library. */
static void *original(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL) {
        abort();
    }
    return found;
}

pid_t fork(void) {
    pid_t (*real)(void);
    *(void **)&real = original("fork");
    return fails("fork") ? -1 : real();
}

int execvp(const char *file, char *const arguments[]) {
    int (*real)(const char *, char *const[]);
    *(void **)&real = original("execvp");
    return fails("execvp") ? -1 : real(file, arguments);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    *(void **)&real = original("pthread_create");
    return fails("pthread_create") ? plan.error : real(thread, attributes, run, argument);
}

/* Memory: only what the program itself allocates fails. libuv ends the process when it gets none in places. */

#if COUNTS_MEMORY
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void __libc_free(void *memory);

static bool refuses(const void *caller) {
    return plan.ready && (uintptr_t)caller >= plan.begin && (uintptr_t)caller < plan.end && fails("malloc");
}

void *malloc(size_t size) {
    void *memory = refuses(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
    atomic_fetch_add(&blocks, memory != NULL);
    return memory;
}

void *calloc(size_t count, size_t size) {
    void *memory = refuses(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
    atomic_fetch_add(&blocks, memory != NULL);
    return memory;
}

void *realloc(void *memory, size_t size) {
    void *moved = refuses(__builtin_return_address(0)) ? NULL : __libc_realloc(memory, size);
    atomic_fetch_add(&blocks, moved != NULL && memory == NULL);
    return moved;
}

void free(void *memory) {
    atomic_fetch_sub(&blocks, memory != NULL);
    __libc_free(memory);
}
#endif
