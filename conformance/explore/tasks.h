/* tasks.h: the tasks of a session, and what a worker that runs them does, in this order. */
#ifndef CHECK_TASKS_H
#define CHECK_TASKS_H

#include "explore/session.h"

typedef enum check_effect_kind {
    CHECK_EFFECT_MESSAGE,  /* sends .text */
    CHECK_EFFECT_SCHEDULE, /* schedules Probe([('message', .text)]) with .priority */
    CHECK_EFFECT_REPORT    /* reports a WorkerException */
} check_effect_kind;

typedef struct check_effect {
    check_effect_kind kind;
    unsigned priority;
    undr_buffer text; /* a value, as the notation writes it */
} check_effect;

typedef struct check_explored_one {
    bool idle;         /* no task at all: the worker is answered None */
    bool cannot_run;   /* no task that could run: .text is the payload, or nothing */
    unsigned priority; /* of the task itself */
    undr_buffer text;  /* as the notation writes it: Chain([Probe([('raise', 'x')])]) */
    check_effect *effects;
    size_t effect_count;
} check_explored_one;

typedef struct check_explored_tasks {
    check_explored_one *at;
    size_t count;
} check_explored_tasks;

/* The tasks that the operations of a session make; those that concern no worker mean nothing. check_explored_tasks_free
 * afterwards, always. */
UNDR_MUST_USE undr_error check_explored_tasks_make(const check_explored *session, check_explored_tasks *tasks);
void check_explored_tasks_free(check_explored_tasks *tasks);

#endif
