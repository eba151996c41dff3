/* descriptors.c: placeholders for closed standard descriptors, and a check whether more descriptors are available. */
#include "undr/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

/* Deliberately the wrong way round: input that can't be read, output that can't be written. */
static undr_error hold(int descriptor) {
    int opened = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (opened < 0) {
        return UNDR_SYSTEM;
    }
    if (opened != descriptor) { /* another thread has just taken the number */
        (void)close(opened);    /* nothing was written to it */
    }
    return UNDR_OK;
}

undr_error undr_hold_standard_descriptors(void) {
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) { /* open takes the lowest free */
        bool is_closed = fcntl(descriptor, F_GETFD) < 0 && errno == EBADF;
        if (is_closed && hold(descriptor) != UNDR_OK) {
            return UNDR_SYSTEM;
        }
    }
    return UNDR_OK;
}

enum { MOST_PAIRS = 32 };

undr_error undr_probe_descriptors(int count, int *highest) {
    int pairs[MOST_PAIRS][2], opened = 0, last = -1;
    bool failed = false;
    while (!failed && 2 * opened < count && opened < MOST_PAIRS) {
        failed = pipe2(pairs[opened], O_CLOEXEC) != 0;
        if (!failed) {
            last = pairs[opened][1] > last ? pairs[opened][1] : last;
            opened++;
        }
    }
    int reason = errno;
    for (int i = 0; i < opened; i++) { /* nothing was written to them */
        (void)close(pairs[i][0]);
        (void)close(pairs[i][1]);
    }
    if (highest != NULL) {
        *highest = last;
    }
    errno = reason;
    return failed ? UNDR_SYSTEM : UNDR_OK;
}
