/* inherited.c: sets the state that this process inherited, and tells of the limits that stay. */
#include "target/inherited.h"

#include <signal.h>
#include <sys/resource.h>

/* A play may need a thousand connections, and so may its target, which inherits this. What the system allows beyond is
 * more than anybody needs, and slow for a program that closes all it could have. */
static void raise_file_limit(void) {
    enum { ENOUGH = 16384 };
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < ENOUGH && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max < ENOUGH ? files.rlim_max : ENOUGH;
        (void)setrlimit(RLIMIT_NOFILE, &files); /* where it is refused, check_surroundings says so */
    }
}

void check_inherited_set(void) {
    /* Children of a process that ignores SIGCHLD vanish unseen. A report at the limit of file sizes is an error to be
     * told (EFBIG), not a death. */
    signal(SIGCHLD, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGXFSZ, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    raise_file_limit();
}

typedef struct bound {
    unsigned short resource; /* as glibc and musl each have it: an enumeration, an int */
    rlim_t enough;
    const char *format; /* of the limit */
    rlim_t unit;
} bound;

undr_error check_inherited_limits(undr_buffer *text) {
    static const rlim_t mega = 1024 * 1024;
    const bound bounds[] = {
        {RLIMIT_CPU, 600, "%s%llu s of processor time (ulimit -t)", 1},
        {RLIMIT_FSIZE, 256 * mega, "%sfiles of %llu KiB (ulimit -f)", 1024},
        {RLIMIT_AS, 2048 * mega, "%s%llu MiB of address space (ulimit -v)", mega},
        {RLIMIT_DATA, 2048 * mega, "%s%llu MiB of data (ulimit -d)", mega},
        {RLIMIT_STACK, mega, "%s%llu KiB of stack (ulimit -s)", 1024},
        {RLIMIT_NPROC, 512, "%s%llu processes (ulimit -u)", 1},
        {RLIMIT_NOFILE, 1024, "%s%llu open files (ulimit -n)", 1},
    };
    undr_error error = UNDR_OK;
    const char *separator = "";
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds && error == UNDR_OK; i++) {
        struct rlimit limit;
        if (getrlimit(bounds[i].resource, &limit) == 0 && limit.rlim_cur < bounds[i].enough) {
            error = undr_put_format(
                text, bounds[i].format, separator, (unsigned long long)(limit.rlim_cur / bounds[i].unit));
            separator = ", ";
        }
    }
    return error;
}

const char *check_inherited_limit_of(int signal) {
    struct rlimit limit;
    if (signal == SIGXCPU && getrlimit(RLIMIT_CPU, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        return "processor time (ulimit -t)";
    }
    if (signal == SIGXFSZ && getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        return "file sizes (ulimit -f)";
    }
    return NULL;
}
