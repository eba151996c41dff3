/* shim.c: loaded before a program (LD_PRELOAD), lets calls of it fail. The environment says which:
 *
 *     UNDR_FAULT="ROLE FUNCTION K ERROR [FUNCTION K ERROR]"
 *
 * ROLE is `manager`, or `worker`, the first worker process of a pool; or `check`, `guard`, `player`, `start`:
 * undr-check itself, and its processes of the first, second and third generation (guard.h; the last one becomes the
 * target). K is which call of the function fails: the k-th, or `K-L`, all from the k-th to the l-th, or `K-`, all from
 * the k-th on. ERROR is a number of errno, or 0 for a short read or write. UNDR_FAULT_REPORT is the file that tells
 * whether the last of the faults was reached, and what the program still held when it ended: a line `fired`, a line
 * `held BLOCKS DESCRIPTORS`. For `worker`, UNDR_FAULT_TOKEN is a file that the first one takes away.
 *
 * A function that is not called by its own name on every system is known by all of its names, which are counted
 * together: libuv calls epoll_wait or epoll_pwait, and starts processes by fork or by posix_spawn. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined __SANITIZE_ADDRESS__
#define COUNTS_MEMORY 0
#else
#define COUNTS_MEMORY 1
#endif

typedef struct fault {
    char function[32];
    long from, to; /* calls */
    int error;     /* 0: short */
} fault;

enum { FAULTS = 2 };

static struct {
    atomic_bool ready;
    size_t count;
    fault faults[FAULTS];
    atomic_long *calls;     /* one for each fault; shared with forked children */
    uintptr_t begin, end;   /* the code of the program itself */
    int wanted, generation; /* of undr-check: its faults are those of one generation of its processes; -1: of all */
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
    static const char *const generations[] = {"check", "guard", "player", "start"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(role, generations[i]) == 0) {
            plan.wanted = i;
            return strcmp(program_invocation_short_name, "undr-check") == 0;
        }
    }
    plan.wanted = -1; /* what libuv calls in a child that it has forked is a call of the manager's */
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

/* Takes a fault off the front of the text. */
static bool read_fault(const char **text, fault *read) {
    char calls[32];
    int used = 0;
    if (sscanf(*text, "%31s %31s %d%n", read->function, calls, &read->error, &used) != 3) {
        return false;
    }
    char *end;
    read->from = read->to = strtol(calls, &end, 10);
    if (*end == '-') {
        read->to = end[1] == '\0' ? LONG_MAX : strtol(end + 1, NULL, 10);
    }
    *text += used;
    return true;
}

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("UNDR_FAULT");
    char role[32];
    int used = 0;
    if (text == NULL || sscanf(text, "%31s%n", role, &used) != 1) {
        return;
    }
    text += used;
    while (plan.count < FAULTS && read_fault(&text, &plan.faults[plan.count])) {
        plan.count++;
    }
    size_t size = FAULTS * sizeof *plan.calls;
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page != MAP_FAILED && has_role(role)) {
        plan.calls = page; /* one for all generations */
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

/* Whether this call is one that fails. */

static const fault *find_fault(const char *function) {
    bool is_meant = plan.ready && (plan.wanted < 0 || plan.generation == plan.wanted);
    for (size_t i = 0; is_meant && i < plan.count; i++) {
        if (strcmp(function, plan.faults[i].function) == 0) {
            return &plan.faults[i];
        }
    }
    return NULL;
}

static bool fails(const char *function) {
    const fault *found = find_fault(function);
    if (found == NULL) {
        return false;
    }
    size_t at = (size_t)(found - plan.faults);
    long call = atomic_fetch_add(&plan.calls[at], 1) + 1;
    if (call < found->from || call > found->to) {
        return false;
    }
    if (at + 1 == plan.count) {
        report("fired\n");
    }
    errno = found->error;
    return true;
}

/* Errors that a descriptor can't have are not tried: only a socket is reset, only what does not block says EAGAIN, what
 * does not block is not interrupted (a socket may be, for all we know; for its eventfd libuv 1.53 rules it out), and only
 * streams come in pieces (libuv's signal pipe and its eventfd are its own, and what is no stream comes whole). */
static bool suits(int error, int file, bool writes) {
    struct stat status;
    int type;
    socklen_t size = sizeof type;
    if (fstat(file, &status) != 0) {
        return false;
    }
    bool is_socket = S_ISSOCK(status.st_mode), can_wait = (syscall(SYS_fcntl, file, F_GETFL) & O_NONBLOCK) == 0;
    switch (error) {
    case EINTR: return is_socket || can_wait;
    case EAGAIN: return is_socket && !can_wait;
    case ECONNRESET:
    case EPIPE: return is_socket;
    case 0:
        return is_socket ? syscall(SYS_getsockopt, file, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM
                         : file == (writes ? STDOUT_FILENO : STDIN_FILENO);
    default: return true;
    }
}

/* Less than 0: fails. Else how many bytes to read or write. */
static ssize_t portion(const char *function, int file, size_t size, bool writes) {
    const fault *found = find_fault(function);
    if (found == NULL || !suits(found->error, file, writes) || !fails(function)) {
        return (ssize_t)size;
    }
    return found->error == 0 ? size > 0 : -1;
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

ssize_t send(int file, const void *data, size_t size, int flags) {
    ssize_t part = portion("send", file, size, true);
    return part < 0 ? -1 : syscall(SYS_sendto, file, data, part, flags, NULL, 0);
}

/* Of pieces that hold one. */
static const void *first_byte(const struct iovec *pieces, size_t count) {
    size_t i = 0;
    while (i + 1 < count && pieces[i].iov_len == 0) {
        i++;
    }
    return pieces[i].iov_base;
}

ssize_t writev(int file, const struct iovec *pieces, int count) {
    ssize_t part = portion("writev", file, SSIZE_MAX, true);
    if (part == 1) {
        return syscall(SYS_write, file, first_byte(pieces, (size_t)count), 1);
    }
    return part < 0 ? -1 : syscall(SYS_writev, file, pieces, count);
}

ssize_t sendmsg(int file, const struct msghdr *message, int flags) {
    ssize_t part = portion("sendmsg", file, SSIZE_MAX, true);
    if (part == 1) {
        return syscall(SYS_sendto, file, first_byte(message->msg_iov, message->msg_iovlen), 1, flags, NULL, 0);
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
CALL(
    getsockname, SYS_getsockname, (int file, __SOCKADDR_ARG address, socklen_t *size), file, address.__sockaddr__, size)
CALL(setsockopt, SYS_setsockopt, (int file, int level, int name, const void *value, socklen_t size), file, level, name,
    value, size)
CALL(epoll_create1, SYS_epoll_create1, (int flags), flags)
CALL(shutdown, SYS_shutdown, (int file, int how), file, how)
CALL(mkdir, SYS_mkdir, (const char *path, mode_t mode), path, mode)
CALL(stat, SYS_stat, (const char *path, struct stat *status), path, status)
CALL(access, SYS_access, (const char *path, int mode), path, mode)
CALL(dup2, SYS_dup2, (int file, int as), file, as)
CALL(getrlimit, SYS_getrlimit, (__rlimit_resource_t resource, struct rlimit *limit), resource, limit)
CALL(setrlimit, SYS_setrlimit, (__rlimit_resource_t resource, const struct rlimit *limit), resource, limit)
CALL(getsockopt, SYS_getsockopt, (int file, int level, int name, void *value, socklen_t *size), file, level, name,
    value, size)
CALL(epoll_wait, SYS_epoll_wait, (int poll, struct epoll_event *events, int count, int ms), poll, events, count, ms)
CALL(eventfd, SYS_eventfd2, (unsigned count, int flags), count, flags)
CALL(pipe2, SYS_pipe2, (int ends[2], int flags), ends, flags)
CALL(
    getpeername, SYS_getpeername, (int file, __SOCKADDR_ARG address, socklen_t *size), file, address.__sockaddr__, size)
CALL(signalfd, SYS_signalfd4, (int file, const sigset_t *mask, int flags), file, mask, _NSIG / 8, flags)
CALL(kill, SYS_kill, (pid_t pid, int number), pid, number)
CALL(waitid, SYS_waitid, (idtype_t type, id_t id, siginfo_t *info, int options), type, id, info, options, NULL)
CALL(chmod, SYS_chmod, (const char *path, mode_t mode), path, mode)
CALL(fstatat, SYS_newfstatat, (int folder, const char *path, struct stat *about, int flags), folder, path, about, flags)
CALL(fstat, SYS_fstat, (int file, struct stat *about), file, about)

ssize_t sendto(int file, const void *data, size_t size, int flags, __CONST_SOCKADDR_ARG to, socklen_t length) {
    return fails("sendto") ? -1 : syscall(SYS_sendto, file, data, size, flags, to.__sockaddr__, length);
}

pid_t setsid(void) {
    return fails("setsid") ? -1 : (pid_t)syscall(SYS_setsid);
}

ssize_t readlinkat(int folder, const char *path, char *target, size_t size) {
    return fails("readlinkat") ? -1 : syscall(SYS_readlinkat, folder, path, target, size);
}

int ppoll(struct pollfd *files, nfds_t count, const struct timespec *time, const sigset_t *mask) {
    struct timespec left = {0};
    if (time != NULL) {
        left = *time; /* the kernel changes it */
    }
    return fails("ppoll") ? -1 : (int)syscall(SYS_ppoll, files, count, time == NULL ? NULL : &left, mask, _NSIG / 8);
}

/* The same by other names. */

#define ALSO(name, of, number, parameters, ...) \
    int name parameters; \
    int name parameters { \
        return fails(#of) ? -1 : (int)syscall(number, __VA_ARGS__); \
    }

ALSO(epoll_pwait, epoll_wait, SYS_epoll_pwait,
    (int poll, struct epoll_event *events, int count, int ms, const sigset_t *mask), poll, events, count, ms, mask,
    _NSIG / 8)
ALSO(epoll_pwait2, epoll_wait, SYS_epoll_pwait2,
    (int poll, struct epoll_event *events, int count, const struct timespec *time, const sigset_t *mask), poll, events,
    count, time, mask, _NSIG / 8)
ALSO(accept, accept4, SYS_accept4, (int file, __SOCKADDR_ARG address, socklen_t *size), file, address.__sockaddr__,
    size, 0)
ALSO(pipe, pipe2, SYS_pipe2, (int ends[2]), ends, 0)
ALSO(dup3, dup2, SYS_dup3, (int file, int as, int flags), file, as, flags)
ALSO(epoll_create, epoll_create1, SYS_epoll_create1, (int size), size * 0)

/* The kernel needs memory for a file that is new to the poll, and for nothing else. */
int epoll_ctl(int poll, int operation, int file, struct epoll_event *event) {
    int status = (int)syscall(SYS_epoll_ctl, poll, operation, file, event);
    if (status == 0 && operation == EPOLL_CTL_ADD && fails("epoll_ctl")) {
        int error = errno;
        (void)syscall(SYS_epoll_ctl, poll, EPOLL_CTL_DEL, file, NULL);
        errno = error;
        return -1;
    }
    return status;
}

int ioctl(int file, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    return fails("ioctl") ? -1 : (int)syscall(SYS_ioctl, file, request, argument);
}

ssize_t readlink(const char *path, char *target, size_t size) {
    return fails("readlink") ? -1 : syscall(SYS_readlink, path, target, size);
}

/* A close that a signal interrupts has closed all the same. */
int close(int file) {
    int status = (int)syscall(SYS_close, file);
    return fails("close") ? -1 : status;
}

pid_t waitpid(pid_t pid, int *status, int options) {
    return fails("waitpid") ? -1 : (pid_t)syscall(SYS_wait4, pid, status, options, NULL);
}

int prctl(int option, ...) {
    unsigned long arguments[4];
    va_list rest;
    va_start(rest, option);
    for (size_t i = 0; i < 4; i++) {
        arguments[i] = va_arg(rest, unsigned long);
    }
    va_end(rest);
    return fails("prctl") ? -1
                          : (int)syscall(SYS_prctl, option, arguments[0], arguments[1], arguments[2], arguments[3]);
}

int poll(struct pollfd *files, nfds_t count, int ms) {
    return fails("poll") ? -1 : (int)syscall(SYS_poll, files, count, ms);
}

int connect(int file, __CONST_SOCKADDR_ARG address, socklen_t size) {
    bool failing = fails("connect");
    int error = errno; /* one that a signal interrupts goes on */
    int status = failing && error != EINTR ? -1 : (int)syscall(SYS_connect, file, address.__sockaddr__, size);
    errno = failing ? error : errno;
    return failing ? -1 : status;
}

static int open_with(const char *function, int folder, const char *path, int flags, va_list rest) {
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
    return fails(function) ? -1 : (int)syscall(SYS_openat, folder, path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int file = open_with("open", AT_FDCWD, path, flags, rest);
    va_end(rest);
    return file;
}

int openat(int folder, const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int file = open_with("openat", folder, path, flags, rest);
    va_end(rest);
    return file;
}

int fcntl(int file, int command, ...) {
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    return fails("fcntl") ? -1 : (int)syscall(SYS_fcntl, file, command, argument);
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

static pid_t real_fork(void) {
    pid_t (*real)(void);
    *(void **)&real = original("fork");
    pid_t child = real();
    plan.generation += child == 0;
    return child;
}

pid_t fork(void) {
    return fails("fork") ? -1 : real_fork();
}

/* A function around vfork() can't return twice: the child gets a copy of the memory, and the parent does not wait. */
pid_t vfork(void) {
    return fails("vfork") ? -1 : real_fork();
}

/* Each step of a start that is its own call elsewhere. */
int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
    const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[]) {
    int (*real)(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *, char *const[],
        char *const[]);
    *(void **)&real = original("posix_spawn");
    bool refused = fails("fork") || fails("dup2") || fails("execvp");
    return refused ? errno : real(pid, path, actions, attributes, arguments, environment);
}

int execvp(const char *file, char *const arguments[]) {
    int (*real)(const char *, char *const[]);
    *(void **)&real = original("execvp");
    return fails("execvp") ? -1 : real(file, arguments);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    *(void **)&real = original("pthread_create");
    return fails("pthread_create") ? errno : real(thread, attributes, run, argument);
}

DIR *opendir(const char *path) {
    DIR *(*real)(const char *);
    *(void **)&real = original("opendir");
    return fails("opendir") ? NULL : real(path);
}

struct dirent *readdir(DIR *folder) {
    struct dirent *(*real)(DIR *);
    *(void **)&real = original("readdir");
    return fails("readdir") ? NULL : real(folder);
}

char *mkdtemp(char *path) {
    char *(*real)(char *);
    *(void **)&real = original("mkdtemp");
    return fails("mkdtemp") ? NULL : real(path);
}

int mkostemp(char *path, int flags) {
    int (*real)(char *, int);
    *(void **)&real = original("mkostemp");
    return fails("mkostemp") ? -1 : real(path, flags);
}

void *mmap(void *at, size_t size, int protection, int flags, int file, off_t offset) {
    void *(*real)(void *, size_t, int, int, int, off_t);
    *(void **)&real = original("mmap");
    return fails("mmap") ? MAP_FAILED : real(at, size, protection, flags, file, offset);
}

int sigtimedwait(const sigset_t *awaited, siginfo_t *info, const struct timespec *time) {
    int (*real)(const sigset_t *, siginfo_t *, const struct timespec *);
    *(void **)&real = original("sigtimedwait");
    return fails("sigtimedwait") ? -1 : real(awaited, info, time);
}

FILE *fopen(const char *path, const char *mode) {
    FILE *(*real)(const char *, const char *);
    *(void **)&real = original("fopen");
    return fails("fopen") ? NULL : real(path, mode);
}

char *realpath(const char *path, char *whole) {
    char *(*real)(const char *, char *);
    *(void **)&real = original("realpath");
    return fails("realpath") ? NULL : real(path, whole);
}

char *strdup(const char *text) {
    char *(*real)(const char *);
    *(void **)&real = original("strdup");
    return fails("strdup") ? NULL : real(text);
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
