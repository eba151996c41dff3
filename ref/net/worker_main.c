/* worker_main.c: what the program does when it is executed again as a worker process of a pool. */
#include "net/log.h"
#include "net/worker_processes.h"
#include "undr/descriptors.h"
#include "undr/process_manager.h"
#include "undr/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Descriptors that the manager's program has open are not ours. */
static void close_all_from(unsigned first) {
#ifdef SYS_close_range /* which musl has no function for */
    if (syscall(SYS_close_range, first, ~0U, 0U) == 0) {
        return;
    }
#endif
    const long most = sysconf(_SC_OPEN_MAX); /* unreachable: in a test, a kernel before 5.9 */
    for (int file = (int)first; file < (most > 0 && most < 65536 ? (int)most : 65536); file++) {
        (void)close(file);
    }
}

static bool parse_number(const char *text, long maximum, long *number) {
    char *end;
    errno = 0;
    *number = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *number >= 1 && *number <= maximum;
}

/* The worker is killed when its manager's process ends, however it ends. */
static bool tie_to_parent(long parent) {
    return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent; /* else it has ended before */
}

/* POOL-2. NULL with errno set: it can't be opened. */
static FILE *open_log(const char *directory, long number) {
    char path[PATH_MAX];
    int size = snprintf(path, sizeof path, "%s/worker-%ld.log", directory, number);
    if (size < 0 || (size_t)size >= sizeof path) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    /* A worker that replaces another appends to its file. A FIFO without a reader is an error; it does not wait. */
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    return file < 0 ? NULL : fdopen(file, "a");
}

static int work(const undr_registry *registry, const char *address, long port, long number, const char *directory) {
    undr_target_options options = {.server_address = address, .server_port = (uint16_t)port, .registry = registry};
    FILE *log = NULL;
    if (*directory != '\0') {
        log = open_log(directory, number);
        if (log == NULL) {
            undr_log_complain("worker %ld: can't write a log in %s: %s", number, directory, strerror(errno));
            return EXIT_FAILURE;
        }
    }
    options.log = log;
    undr_error error = undr_target(&options);
    if (error != UNDR_OK && log == NULL) { /* else it says so there */
        undr_log_complain("worker %ld: %s", number, error == UNDR_SYSTEM ? strerror(errno) : undr_error_text(error));
    }
    if (log != NULL) {
        (void)fclose(log); /* was flushed line by line */
    }
    return error == UNDR_OK ? EXIT_SUCCESS : EXIT_FAILURE; /* WORK-5, WORK-26 */
}

static int run(int argc, char **argv, const undr_registry *registry) {
    long port, parent, number;
    if (argc != UNDR_WORKER_ARGUMENTS || !parse_number(argv[3], UINT16_MAX, &port)
        || !parse_number(argv[4], INT_MAX, &parent) || !parse_number(argv[5], INT_MAX, &number)) {
        (void)fprintf(stderr, "%s: a manager starts its workers this way; do not call it by hand\n", UNDR_WORKER_WORD);
        return 2;
    }
    if (!tie_to_parent(parent)) {
        undr_log_complain("worker %ld: can't be tied to its manager's process %ld: %s", number, parent,
            getppid() == parent ? strerror(errno) : "it has ended");
        return EXIT_FAILURE;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* errors of the write, as in Python: a task must not die of its output */
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN); /* CTRL-C reaches the manager, which closes its workers in order */
    close_all_from(STDERR_FILENO + 1);
    return work(registry, argv[2], port, number, argv[6]);
}

void undr_process_manager_main(int argc, char **argv, const undr_registry *registry) {
    if (undr_hold_standard_descriptors() != UNDR_OK) {
        (void)fprintf(stderr, "standard input, output or error is closed, and no placeholder can be opened: %s\n",
            strerror(errno));
        exit(EXIT_FAILURE);
    }
    if (argc >= 2 && strcmp(argv[1], UNDR_WORKER_WORD) == 0) {
        exit(run(argc, argv, registry));
    }
}
