/* worker.h: the worker's core, sans-I/O: which frame a worker may send now and what an answer means. At most one
 * request is in flight (WORK-2). Spec: "The worker", whose state table is in worker.c. */
#ifndef UNDR_WORKER_H
#define UNDR_WORKER_H

#include "undr/frame.h"
#include "undr/pickle.h"

UNDR_API_BEGIN

typedef enum undr_worker_state {
    UNDR_WORKER_IDLE,       /* has no task and nothing in flight: may ask (`n`) */
    UNDR_WORKER_ASKING,     /* `n` or `t` is in flight; a `t` is due */
    UNDR_WORKER_RUNNING,    /* has a task: may send `m`, schedule, or finish with `t` */
    UNDR_WORKER_SENDING,    /* `m` is in flight; an empty `m` is due */
    UNDR_WORKER_SCHEDULING, /* 0x80+p is in flight; an empty `s` is due */
    UNDR_WORKER_LEFT        /* CloseRequest came, the stream ended, or the manager broke the protocol: final */
} undr_worker_state;

/* What the caller must do after an answer. */
typedef enum undr_worker_action {
    UNDR_WORKER_POLL,   /* None: pause, then ask again (WORK-3) */
    UNDR_WORKER_RUN,    /* run the task that was decoded; then undr_worker_finish */
    UNDR_WORKER_RESUME, /* the request of the running task is acknowledged */
    UNDR_WORKER_LEAVE   /* CloseRequest: close the connection without another frame (WORK-4) */
} undr_worker_action;

typedef struct undr_worker_core {
    undr_worker_state state;
    undr_pickle_fault fault; /* where, and at which opcode, the pickle failed, after PICKLE_* and LIMIT_* */
} undr_worker_core;

/* Requests: each checks that the state allows it (else UNDR_ARGUMENT and the state stays), fills the one frame to send,
 * whose payload borrows `pickle`, and moves on. */
void undr_worker_start(undr_worker_core *core);
UNDR_MUST_USE undr_error undr_worker_ask(undr_worker_core *core, undr_frame *request);    /* `n` */
UNDR_MUST_USE undr_error undr_worker_finish(undr_worker_core *core, undr_frame *request); /* `t`: complete, next */
UNDR_MUST_USE undr_error undr_worker_send_message(undr_worker_core *core, undr_slice pickle, undr_frame *request);
/* UNDR_PRIORITY beyond 127, and the state stays (WORK-20) */
UNDR_MUST_USE undr_error undr_worker_schedule(
    undr_worker_core *core, undr_slice pickle, unsigned priority, undr_frame *request);

/* An answer arrived. For an answer to `n`/`t`: *action is POLL, RUN or LEAVE, and *task is what the payload decodes
 * to, in arena, text and bytes in the payload itself, which must live as long (undr_arena_adopt); NULL for an empty
 * payload, or one that holds more than the reader takes, which RUN reports as a task that can't be run (WORK-15).
 * UNEXPECTED_TYPE, PICKLE_*, LIMIT_DEPTH or LIMIT_MEMO: the manager broke the protocol, the state is LEFT (WORK-16);
 * MEMORY: LEFT too. For an acknowledgement: RESUME, or UNDR_ACKNOWLEDGEMENT with the state back at RUNNING: the task
 * fails, the worker goes on (WORK-14). A frame when none is due: UNEXPECTED_TYPE, LEFT. *task is NULL unless an answer
 * to `n`/`t` was decoded. */
UNDR_MUST_USE undr_error undr_worker_receive(
    undr_worker_core *core, const undr_frame *frame, undr_arena *arena, undr_worker_action *action, undr_value **task);

/* The stream ended or failed: LEFT. */
void undr_worker_end(undr_worker_core *core);

UNDR_API_END

#endif
