/* tasks.h: the broken manager's queues, and the tasks that are out. Every function is called under the lock. */
#ifndef BROKEN_TASKS_H
#define BROKEN_TASKS_H

#include "state.h"

void put_task(manager *m, connection *c, unsigned priority, const void *data, size_t size, bool counted);
const task *task_waits(manager *m, connection *c); /* NULL: none for this connection */
task *take_task(manager *m, connection *c);        /* NULL: none for this connection */
void hand_out(manager *m, connection *c, task *t);
void settle_task(manager *m, connection *c);
void repeat_task(manager *m, task *t); /* to the end of its queue, again */
void free_task(task *t);
void clear_queues(manager *m);
void drop_tasks_of(manager *m, queue *q, unsigned owner);
void drop_tasks(manager *m, queue *q);
/* Reports each task that is queued, and from now on each that comes. */
void abandon_queues(manager *m);

#endif
