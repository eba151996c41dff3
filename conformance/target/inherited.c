/* inherited.c: sets the state that this process inherited, and reports the limits that stay. */
#include "target/inherited.h"

#include <signal.h>
#include <sys/resource.h>

/* A play may need a thousand connections, and so may its target, which inherits this limit. A higher one helps nobody,
 * and slows down programs that close every possible descriptor. */
static void raise_file_limit(void) {
    enum { ENOUGH = 16384 };
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < ENOUGH && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max < ENOUGH ? files.rlim_max : ENOUGH;
        (void)setrlimit(RLIMIT_NOFILE, &files); /* if it is refused, check_surroundings says so */
    }
}

void check_inherited_set(void) {
    /* Children of a process that ignores SIGCHLD vanish unseen. A report that reaches the file size limit is an error
     * to report (EFBIG), not a reason to die. */
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
    bool unseen; /* at the limit a call of the target fails, and the harness does not learn of it */
} bound;

enum { BOUNDS = 7 };

static const bound *all_bounds(void) {
    static const bound bounds[BOUNDS] = {
        {RLIMIT_CPU, 600, "%s%llu s of processor time (ulimit -t)", 1, false},
        {RLIMIT_FSIZE, 256 << 20, "%sfiles of %llu KiB (ulimit -f)", 1024, false},
        {RLIMIT_AS, 2048ULL << 20, "%s%llu MiB of address space (ulimit -v)", 1 << 20, true},
        {RLIMIT_DATA, 2048ULL << 20, "%s%llu MiB of data (ulimit -d)", 1 << 20, true},
        {RLIMIT_STACK, 1 << 20, "%s%llu KiB of stack (ulimit -s)", 1024, true},
        {RLIMIT_NPROC, 512, "%s%llu processes (ulimit -u)", 1, true},
        {RLIMIT_NOFILE, 1024, "%s%llu open files (ulimit -n)", 1, false},
    };
    return bounds;
}

static undr_error put_limit(undr_buffer *text, const bound *one, rlim_t limit, const char **separator) {
    undr_error error = undr_put_format(text, one->format, *separator, (unsigned long long)(limit / one->unit));
    *separator = ", ";
    return error;
}

undr_error check_inherited_limits(undr_buffer *text) {
    undr_error error = UNDR_OK;
    const char *separator = "";
    for (size_t i = 0; i < BOUNDS && error == UNDR_OK; i++) {
        const bound *one = &all_bounds()[i];
        struct rlimit limit;
        if (getrlimit(one->resource, &limit) == 0 && limit.rlim_cur < one->enough) {
            error = put_limit(text, one, limit.rlim_cur, &separator);
        }
    }
    return error;
}

/* A target may take two descriptors for each connection, and some for itself. */
static bool is_excuse(const bound *one, rlim_t limit, size_t connections) {
    enum { OF_ITS_OWN = 128 };
    return one->resource == RLIMIT_NOFILE ? limit < 2 * connections + OF_ITS_OWN : one->unseen && limit < one->enough;
}

undr_error check_inherited_excuse(size_t connections, undr_buffer *why) {
    undr_buffer limits = {0};
    undr_error error = UNDR_OK;
    const char *separator = "";
    for (size_t i = 0; i < BOUNDS && error == UNDR_OK; i++) {
        const bound *one = &all_bounds()[i];
        struct rlimit limit;
        if (getrlimit(one->resource, &limit) == 0 && is_excuse(one, limit.rlim_cur, connections)) {
            error = put_limit(&limits, one, limit.rlim_cur, &separator);
        }
    }
    if (error == UNDR_OK && limits.size > 0) {
        error = undr_put_format(why, "the target inherits limits that may be too low for it: %.*s; raise them",
            (int)limits.size, (const char *)limits.data);
        error = error == UNDR_OK ? UNDR_SYSTEM : error;
    }
    undr_buffer_free(&limits);
    return error;
}

undr_error check_inherited_stack(undr_buffer *why) {
    enum { NEEDED_KIB = 512 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= (rlim_t)NEEDED_KIB * 1024) {
        return UNDR_OK;
    }
    undr_error error = undr_put_format(why,
        "the stack limit is %llu KiB, but the harness needs %d: raise it, as with `ulimit -s 8192`",
        (unsigned long long)(limit.rlim_cur / 1024), NEEDED_KIB);
    return error == UNDR_OK ? UNDR_SYSTEM : error;
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
