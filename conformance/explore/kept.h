/* kept.h: sessions that a fuzzer has kept, such as those of fuzz/corpus/manager_session, to be played against a
 * target. */
#ifndef CHECK_KEPT_H
#define CHECK_KEPT_H

#include "explore/session.h"

/* The files of a folder, by name. */
typedef struct check_kept {
    struct check_kept_file {
        char *path;        /* owned */
        undr_buffer bytes; /* owned */
    } *at;                 /* owned */
    size_t count;
} check_kept;

/* Reads all files of a folder, but those that begin with a dot and those of folders in it. check_kept_free afterwards,
 * always. UNDR_ARGUMENT, UNDR_SYSTEM: *message says why. */
UNDR_MUST_USE undr_error check_kept_read(const char *folder, check_kept *kept, undr_buffer *message);
void check_kept_free(check_kept *kept);

/* The manager session that these bytes are for the fuzz target manager_session: any bytes are one. What only the
 * target's model knows (its clock, failing allocations, buffers) is left out. check_explored_free afterwards,
 * always. */
UNDR_MUST_USE undr_error check_kept_session(check_explored *session, undr_slice bytes);

#endif
