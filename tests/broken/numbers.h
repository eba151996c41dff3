/* numbers.h: bugs that depend on a number. */
#ifndef BROKEN_NUMBERS_H
#define BROKEN_NUMBERS_H

#include "state.h"

/* The queue that a task of this priority goes into. */
unsigned odd_queue(unsigned priority, unsigned levels);
bool priority_is_lost(unsigned priority);
/* Never looked into. */
bool queue_is_skipped(unsigned at);
/* Is the newest of this queue handed out first? */
bool queue_is_lifo(unsigned at, unsigned levels);
/* The task that was scheduled last is lost; or, when its queue is full, it replaces the oldest. */
bool count_loses_task(const manager *m);
bool ring_is_full(const manager *m, const queue *q);
bool count_loses_message(const manager *m);
/* How many bytes of a task of that size are kept. */
size_t odd_size(size_t size);
bool size_loses_message(size_t size);
int odd_worker_number(int told);

#endif
