/* guard.h: a process of our own that runs foreign programs, and one above it that makes sure that none is left.
 *
 * The guard is the parent of the player. When the player is done, crashes, or the guard is told to end (SIGTERM, which
 * the kernel also sends when the guard's own parent dies), everything below the guard is killed. */
#ifndef CHECK_GUARD_H
#define CHECK_GUARD_H

#include "target/process_tree.h"
#include "undr/bytes.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Runs in the player: reads orders, writes results. Returns 0 when there is nothing left to do, else the errno of what
 * keeps it from its orders, which is then told as its end. */
typedef int check_guarded(void *context, int orders, int results);

typedef struct check_guard {
    pid_t pid;   /* 0: none */
    int orders;  /* written by the caller */
    int results; /* read by the caller; its end means that player and guard are gone */
} check_guard;

/* How a player is started. */
typedef struct check_guard_how {
    check_guarded *body;
    void *context;
    const sigset_t *mask;      /* the signal mask of the player */
    bool foreground;           /* stays in the terminal's process group, so that it may read from it */
    const check_guard *others; /* running ones, whose pipes the new one must not hold */
    size_t other_count;
} check_guard_how;

/* What the guard writes behind the last result when the player did not leave by itself: CHECK_GUARD_MARK, a clause that
 * says how it ended ("was killed by signal 11, Segmentation fault"), a newline. */
#define CHECK_GUARD_MARK "\n!"

UNDR_MUST_USE undr_error check_guard_start(check_guard *guard, const check_guard_how *how);
/* Asks it to end (SIGTERM), then, after two seconds, insists. Closes the pipes, reaps it. */
void check_guard_stop(check_guard *guard);
/* Kills and reaps what is left below this process, a child subreaper, when no guard runs any more; not the children in
 * `spared`, nor what descends from those. */
void check_guard_sweep(const check_pids *spared);

/* How the player ended, as it stands at the end of what came from it: borrowed from `got`, never empty. */
undr_slice check_guard_clause(undr_slice got);

/* All of the bytes, EINTR and short writes included. */
UNDR_MUST_USE undr_error check_write_all(int fd, const void *data, size_t size);
/* false: the end, for which *reason becomes 0, or an error, its errno. */
bool check_read_all(int fd, void *data, size_t size, int *reason);

#endif
