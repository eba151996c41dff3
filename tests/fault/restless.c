/* restless.c: loaded before a unit test (LD_PRELOAD), lets every second call that may be interrupted fail with EINTR,
 * as a signal would. What was begun by a connect goes on, as it does. Programs that the test starts are left alone. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static bool interrupted(atomic_uint *calls) {
    if (strncmp(program_invocation_short_name, "test_", 5) != 0 || atomic_fetch_add(calls, 1) % 2 != 0) {
        return false;
    }
    errno = EINTR;
    return true;
}

/* Only what can wait is interrupted: sockets and pipes that block, no files. */
static bool waits(int file, int flags) {
    struct stat status;
    bool blocks = (flags & MSG_DONTWAIT) == 0 && (fcntl(file, F_GETFL) & O_NONBLOCK) == 0;
    return blocks && fstat(file, &status) == 0 && (S_ISSOCK(status.st_mode) || S_ISFIFO(status.st_mode));
}

#define RESTLESS(type, name, parameters, file, flags, number, ...) \
    type name parameters { \
        static atomic_uint calls; \
        return waits(file, flags) && interrupted(&calls) ? -1 : (type)syscall(number, file, __VA_ARGS__); \
    }

RESTLESS(ssize_t, read, (int file, void *data, size_t size), file, 0, SYS_read, data, size)
RESTLESS(ssize_t, write, (int file, const void *data, size_t size), file, 0, SYS_write, data, size)
RESTLESS(ssize_t, writev, (int file, const struct iovec *pieces, int count), file, 0, SYS_writev, pieces, count)
RESTLESS(ssize_t, recv, (int file, void *data, size_t size, int flags), file, flags, SYS_recvfrom, data, size, flags,
    NULL, NULL)
RESTLESS(ssize_t, send, (int file, const void *data, size_t size, int flags), file, flags, SYS_sendto, data, size,
    flags, NULL, 0)
RESTLESS(
    ssize_t, sendmsg, (int file, const struct msghdr *message, int flags), file, flags, SYS_sendmsg, message, flags)
RESTLESS(ssize_t, recvmsg, (int file, struct msghdr *message, int flags), file, flags, SYS_recvmsg, message, flags)
RESTLESS(int, accept, (int file, __SOCKADDR_ARG address, socklen_t *size), file, 0, SYS_accept4, address.__sockaddr__,
    size, 0)
RESTLESS(int, accept4, (int file, __SOCKADDR_ARG address, socklen_t *size, int flags), file, 0, SYS_accept4,
    address.__sockaddr__, size, flags)

/* Those that only look are not interrupted. */

/* Nor is a thread of libuv's: since 1.53 it once waits for a child there that has ended, and does not try again. */
pid_t waitpid(pid_t pid, int *status, int options) {
    static atomic_uint calls;
    const bool may_be = (options & WNOHANG) == 0 && gettid() == getpid();
    return may_be && interrupted(&calls) ? -1 : (pid_t)syscall(SYS_wait4, pid, status, options, NULL);
}

int poll(struct pollfd *files, nfds_t count, int ms) {
    static atomic_uint calls;
    return ms != 0 && interrupted(&calls) ? -1 : (int)syscall(SYS_poll, files, count, ms);
}

int connect(int file, __CONST_SOCKADDR_ARG address, socklen_t size) {
    static atomic_uint calls;
    int status = (int)syscall(SYS_connect, file, address.__sockaddr__, size);
    return status == 0 && interrupted(&calls) ? -1 : status;
}
