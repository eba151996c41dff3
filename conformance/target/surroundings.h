/* surroundings.h: does this machine give the harness what it needs to judge anybody? Tried before the first case, and
 * again before anybody is blamed: what the harness lacks is never the target's fault. */
#ifndef CHECK_SURROUNDINGS_H
#define CHECK_SURROUNDINGS_H

#include "undr/bytes.h"

enum {
    CHECK_FILES_AT_START = 200, /* descriptors that must be free for a run, */
    CHECK_FILES_IN_PLAY = 24    /* and after a case: for what a play opens beside its connections */
};

/* Tries descriptors, and, where a target is to be started, the loopback interface, processes, /proc and the present
 * directory. UNDR_SYSTEM: *why says in a sentence what is missing and what helps. */
UNDR_MUST_USE undr_error check_surroundings(bool starts_target, unsigned files, undr_buffer *why);

/* Is there room for a small file in the folder? UNDR_SYSTEM: *why says what is missing. */
UNDR_MUST_USE undr_error check_room_in(const char *folder, undr_buffer *why);

#endif
