/* process_tree.h: the processes that descend from this one, found in /proc, so that none is left behind.
 *
 * This process has to be a child subreaper: then everything that a target forks, daemons included, stays a
 * descendant. */
#ifndef CHECK_FAMILY_H
#define CHECK_FAMILY_H

#include "undr/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct check_pids {
    pid_t *at; /* owned; check_pids_free */
    size_t count, capacity;
} check_pids;

void check_pids_free(check_pids *pids);
bool check_pids_has(const check_pids *pids, pid_t pid);

/* Replaces `found` by the direct children of this process, zombies included. MEMORY; SYSTEM: /proc can't be read, with
 * errno. The same below. */
UNDR_MUST_USE undr_error check_family_children(check_pids *found);

/* Replaces `found` by all descendants, without the children in `spared` and their descendants. */
UNDR_MUST_USE undr_error check_family_descendants(const check_pids *spared, check_pids *found);

/* The same, faster, but unreliable while some of them are ending: one can be missing, but not all. */
UNDR_MUST_USE undr_error check_family_listed(const check_pids *spared, check_pids *found);

/* How long, in ns, other programs have kept the threads of all descendants from running until now. 0 where the kernel
 * does not count that. MEMORY, SYSTEM: it can't be told. */
UNDR_MUST_USE undr_error check_family_delay(unsigned long long *delay);

/* The same, and the time for which they have run: it does not grow while all of them wait. */
UNDR_MUST_USE undr_error check_family_effort(unsigned long long *effort);

/* Is the process already exiting, with its files closed or about to be? False when it can't be read. */
bool check_process_is_leaving(pid_t pid);

/* Has the process ended, reaped or not? SYSTEM: that can't be told. */
UNDR_MUST_USE undr_error check_process_is_gone(pid_t pid, bool *gone);

/* Kills all descendants that are not spared and reaps them. UNDR_WAIT: some were still there after `limit_ns`; SYSTEM,
 * MEMORY: they could not be looked for. */
UNDR_MUST_USE undr_error check_family_end(const check_pids *spared, unsigned long long limit_ns);

#endif
