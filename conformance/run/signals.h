/* signals.h: Ctrl-C and its kin, read from a descriptor instead of being handled between two instructions. */
#ifndef CHECK_SIGNALS_H
#define CHECK_SIGNALS_H

#include "target/process_tree.h"

#include <signal.h>

typedef struct check_signals {
    sigset_t before;     /* the mask that the process came with, and that its children get back */
    int fd;              /* readable when SIGINT, SIGTERM or SIGHUP came */
    check_pids children; /* that this process had before: of the program that became it (exec), such as a shell with
                          * `>(...)`; owned, and never ended by the harness */
} check_signals;

/* Blocks the signals and opens the descriptor, before any process is started. One that is ignored, as nohup(1) and a
 * shell's background jobs have it, stays ignored. MEMORY, SYSTEM: nothing is open, and nothing blocked. */
UNDR_MUST_USE undr_error check_signals_open(check_signals *signals);
void check_signals_close(check_signals *signals);

/* The number of a signal that came, 0: none. Never blocks. */
int check_signals_take(const check_signals *signals);

#endif
