/* manager_queue.h: tasks and messages as the manager's core keeps them, and the queues by priority. Private to ref/. */
#ifndef UNDR_MANAGER_QUEUE_H
#define UNDR_MANAGER_QUEUE_H

#include "undr/bytes.h"
#include "undr/task.h"

/* Why a task that was not settled stands in the inbox. */
typedef enum undr_loss {
    UNDR_LOSS_NONE,       /* not lost: a task in a queue or handed out, or a message */
    UNDR_LOSS_CONNECTION, /* the connection that had it out ended */
    UNDR_LOSS_WORKERS     /* nobody is left to run it */
} undr_loss;

/* A task or a message: opaque bytes (SCHED-11) with what the core knows of them. It is in one list at a time, and a
 * task that is lost moves to the inbox as it is, so that losing a task never needs memory. */
typedef struct undr_parcel {
    struct undr_parcel *prev, *next; /* utlist.h, doubly linked */
    undr_loss loss;
    unsigned losses; /* how often it was lost and handed out again */
    uint8_t priority;
    bool sent;    /* the answer that carries it was taken */
    bool settled; /* before its answer was taken: whoever takes or drops the answer frees it */
    size_t size;
    uint8_t bytes[];
} undr_parcel;

undr_parcel *undr_parcel_new(undr_slice bytes, uint8_t priority); /* NULL: out of memory. Freed with free() */
undr_slice undr_parcel_slice(const undr_parcel *parcel);

/* Appends the pickle of the WorkerException that reports a lost task. On failure the buffer is as it was. */
UNDR_MUST_USE undr_error undr_parcel_report(const undr_parcel *parcel, undr_buffer *pickle);

/* First in, first out for each priority; a bit for each queue that holds something. */
typedef struct undr_task_queues {
    undr_parcel *heads[UNDR_MAXIMUM_PRIORITY_LEVELS];
    uint64_t occupied[UNDR_MAXIMUM_PRIORITY_LEVELS / 64];
    size_t count;
} undr_task_queues;

void undr_task_queues_append(undr_task_queues *queues, undr_parcel *task);
void undr_task_queues_prepend(undr_task_queues *queues, undr_parcel *task);
undr_parcel *undr_task_queues_take(undr_task_queues *queues); /* NULL: all are empty */

#endif
