/* process.h: the process under test: started in a session of its own; its output is drained, its end is noticed, and
 * its whole family is killed afterwards. */
#ifndef CHECK_TARGET_H
#define CHECK_TARGET_H

#include "target/process_tree.h"
#include "undr/bytes.h"

typedef enum check_target_state {
    CHECK_TARGET_NONE, /* never started, or stopped */
    CHECK_TARGET_RUNS,
    CHECK_TARGET_EXITED,   /* .status is its exit status */
    CHECK_TARGET_SIGNALLED /* .status is the signal */
} check_target_state;

enum { CHECK_OUTPUT_KEPT = 16 * 1024 };

typedef struct check_target {
    check_target_state state;
    int status;
    pid_t pid;          /* stays a zombie until check_target_stop: neither it nor its group can be reused before */
    int notice;         /* a pidfd that is readable when it has ended; -1 where the kernel has none */
    int input;          /* its standard input, blocking; -1 when closed */
    int output, errors; /* its standard output and error, not blocking; -1 when they have ended */
    undr_buffer kept;   /* the last of its standard error: at most twice CHECK_OUTPUT_KEPT while it runs */
    uint64_t dropped;   /* bytes of it that came before */
    check_pids spared;  /* children that this process had before */
    int spare[2];       /* descriptors to inspect its processes when all others are used up; -1: none */
} check_target;

/* Starts argv[0], found as a shell would. It has a session of its own, pipes for its descriptors 0 to 2 and no others,
 * default signal dispositions, an empty signal mask, the umask 022; the rest is this process's. On failure nothing runs
 * and *why says in a sentence what is wrong: UNDR_ARGUMENT: this file can't be executed; UNDR_SYSTEM, UNDR_MEMORY: the
 * harness lacks something. check_target_stop is needed all the same. Makes this process a child subreaper. */
UNDR_MUST_USE undr_error check_target_start(check_target *target, char *const *argv, undr_buffer *why);

/* Reads the standard error that is there now; never blocks. MEMORY, SYSTEM. */
UNDR_MUST_USE undr_error check_target_drain(check_target *target);

/* Keeps bytes as if its standard error had printed them. */
UNDR_MUST_USE undr_error check_target_keep(check_target *target, const void *data, size_t size);

/* Updates .state; never blocks for long: it waits up to a second for a process that is exiting. */
void check_target_look(check_target *target);

void check_target_close_input(check_target *target);

/* Kills the target, its group and all its descendants, reaps them and closes everything but .kept. *left, when not
 * NULL: how many processes had outlived a target that ended by itself. UNDR_WAIT: something could not be killed;
 * SYSTEM, MEMORY: its processes could not be looked for. */
undr_error check_target_stop(check_target *target, size_t *left);
void check_target_free(check_target *target); /* .kept, too; stops first */

/* Appends "has ended with exit status 3", "was ended by signal 11 (Segmentation fault)" or "runs". */
UNDR_MUST_USE undr_error check_target_describe(const check_target *target, undr_buffer *text);

#endif
