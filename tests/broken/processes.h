/* processes.h: the broken pool's worker processes. Every function is called under the lock. */
#ifndef BROKEN_PROCESSES_H
#define BROKEN_PROCESSES_H

#include "state.h"

void start_workers(manager *m, const char *self, const char *bug_name, int count, const char *log_directory);
void start_extra(manager *m);
void start_late(manager *m); /* lazy_workers: a task has come */
void kill_workers(manager *m);
void wait_for_workers(manager *m);
void wait_for_one_worker(manager *m);
void stop_last_worker(manager *m);
void wait_for_workers_until(manager *m, long milliseconds); /* or until that time is over */

#endif
