/* worker_processes.h: the processes of a pool, which are the program itself, executed again. Private to ref/. */
#ifndef UNDR_WORKER_PROCESSES_H
#define UNDR_WORKER_PROCESSES_H

#include "undr/server.h"

/* The first argument of a worker process. Behind it: the manager's address and port, the manager's process id, the
 * worker's number from 1, the log directory (empty: no log). */
#define UNDR_WORKER_WORD "undr-worker-process"
enum { UNDR_WORKER_ARGUMENTS = 7 };

typedef struct undr_worker_processes undr_worker_processes;

/* log_directory must exist (NULL: no logs). patience: for how many ms processes that can't be started, or leave soon,
 * are tried again while no task is handed out. On failure no process is left. */
UNDR_MUST_USE undr_error undr_worker_processes_start(
    undr_server *server, size_t count, uint64_t patience, const char *log_directory, undr_worker_processes **workers);

/* With the server's lock held: none is replaced any more; returns how many are left, which undr_server_wait reports. */
void undr_worker_processes_close(undr_worker_processes *workers);
size_t undr_worker_processes_left(const undr_worker_processes *workers);

/* After that, without the lock: those that wait to be started again are not waited for. */
void undr_worker_processes_release(undr_worker_processes *workers);

void undr_worker_processes_kill(undr_worker_processes *workers);

/* When none is left and the server was freed. NULL is fine. */
void undr_worker_processes_free(undr_worker_processes *workers);

#endif
