/* worker.h: the broken peer's worker. */
#ifndef BROKEN_WORKER_H
#define BROKEN_WORKER_H

#include <stdint.h>

/* Connects to the manager's port, works until it is told to leave; returns the exit status of the process. */
int worker_main(uint16_t port);

#endif
