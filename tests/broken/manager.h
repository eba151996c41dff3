/* manager.h: the broken peer's manager and pool. */
#ifndef BROKEN_MANAGER_H
#define BROKEN_MANAGER_H

/* Speaks the adapter contract's `manager` on standard input and output until its end; returns the exit status.
 * self: how to start this program again as a worker. bug_name: NULL when none is on. */
int manager_main(const char *self, const char *bug_name, int workers, int levels, const char *log_directory);

#endif
