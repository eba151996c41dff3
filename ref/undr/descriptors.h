/* descriptors.h: the descriptors 0, 1 and 2 of a process, and whether more are available. */
#ifndef UNDR_DESCRIPTORS_H
#define UNDR_DESCRIPTORS_H

#include "undr/error.h"

UNDR_API_BEGIN

/* A program may be started with descriptor 0, 1 or 2 closed. The next file or socket that it opens then gets that
 * number, and receives what is meant for standard output or the log. This puts a placeholder where one is closed, which
 * can be neither read nor written (EBADF, as if it were still closed). Call it first in main. Those that are open are
 * left alone. The library calls it before it opens anything. UNDR_SYSTEM: no placeholder can be opened. */
UNDR_MUST_USE undr_error undr_hold_standard_descriptors(void);

/* Whether `count` more descriptors can be opened now: opens that many and closes them again. For code that ends the
 * process when it gets none. UNDR_SYSTEM (errno: EMFILE, ENFILE, ENOMEM): they can't. *highest (may be NULL): the
 * largest of them. */
UNDR_MUST_USE undr_error undr_probe_descriptors(int count, int *highest);

UNDR_API_END

#endif
