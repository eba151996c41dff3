/* stuck.h: an end for a process that waits for a reader of its own output. */
#ifndef CHECK_STUCK_H
#define CHECK_STUCK_H

#include <signal.h>

/* SIGINT, SIGTERM and SIGHUP, but for those that this process ignores (nohup): blocked, an ignored signal would reach a
 * descriptor all the same. */
sigset_t check_end_signals(void);

/* From here on SIGINT, SIGTERM and SIGHUP end the process, as they do by default, when they have been pending for two
 * seconds and standard output or standard error was full all the while: it hangs in a write, and can't read them from
 * its descriptor. A thread looks; where there is none to be had, everything else works as before. */
void check_end_when_stuck(void);

#endif
