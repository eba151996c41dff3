/* state.h: the broken manager's state: queues, counts, inbox, connections, worker processes. All under one lock. */
#ifndef BROKEN_STATE_H
#define BROKEN_STATE_H

#include "wire.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

typedef struct task task;
struct task {
    task *next;
    bytes data;
    unsigned priority;
    unsigned owner; /* number of the connection that scheduled it; 0: the program */
    unsigned lost;  /* how often its connection ended */
    bool counted;
};

typedef struct message message;
struct message {
    message *next;
    bytes data;
};

typedef struct manager manager;
typedef struct connection connection;
struct connection {
    connection *next;
    manager *manager;
    int fd;
    unsigned number;
    unsigned holds;
    bool lasts; /* the hold that is on */
    bool own;   /* a worker's of this manager */
    task *out;  /* handed out and not settled, oldest first */
    int out_count;
    task *out_last;                          /* while `out` is not NULL */
    int inherited;                           /* heir_settles: how many tasks the connection before it lost */
    bool had_none, told_to_close, came_late; /* came_late: during a JOIN */
};

typedef struct queue {
    task *first, **end;
    size_t count;
} queue;

struct manager {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* anything below */
    int levels, policy, listen_fd;
    uint16_t port;
    wire_habits habits;
    queue queues[129];
    size_t queued;
    long left;     /* tasks queued or out */
    int out_count; /* tasks out on all connections */
    int settled;   /* tasks, until now */
    int lost_last; /* tasks that the connection which ended last had out */
    unsigned scheduled_at_close, foreign_lost, deaths_at_close;
    bool signalled; /* signalled: the worker that ended last was killed */
    unsigned ends;  /* how often messages() has ended */
    unsigned scheduled, handed_out, turn, released, given_up, deaths;
    message *inbox;
    size_t inbox_count, messages;
    bytes last, last_message;  /* payloads before, where they matter */
    atomic_int asking;         /* requests that were read but not handled */
    bool reader_waits, asleep; /* asleep: what arrived woke nobody */
    bytes late;                /* inbox_large_late: a message that waits for the next one */
    connection *connections;
    unsigned connection_count, connection_number;
    bool joining, closing, was_late, abandoned;
    pid_t *workers; /* 0: ended */
    bool *replaced; /* of each worker: it is not the first in its place */
    int worker_count, restarts;
    const char *self, *bug_name, *log_directory;
};

#endif
