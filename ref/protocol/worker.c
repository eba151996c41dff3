/* worker.c: the worker's core: one table gives the meaning of every input in every state. Spec: "The worker". */
#include "undr/worker.h"

#include "undr/task.h"

/* What can happen to a worker: four requests that it wants to send, seven kinds of frames that arrive, and the end. */
typedef enum input {
    ASK,
    FINISH,
    MESSAGE,
    SCHEDULE,
    GOT_NONE, /* a `t`, by what its payload is */
    GOT_CLOSE,
    GOT_TASK,
    GOT_JUNK, /* no pickle */
    GOT_M,    /* an empty `m`: a message is acknowledged */
    GOT_S,    /* an empty `s`: a schedule is */
    GOT_OTHER,
    GOT_END,
    INPUTS
} input;

typedef enum outcome {
    SEND,  /* the request goes out */
    DENY,  /* the caller's mistake: nothing is sent */
    POLL,  /* no task now: pause, then ask again */
    RUN,   /* a task came */
    PASS,  /* the request is acknowledged: the running task goes on */
    FAIL,  /* a wrong acknowledgement: the running task fails, the worker goes on */
    LEAVE, /* the manager closes */
    FOUL,  /* the manager broke the protocol */
    ENDED  /* the stream ended */
} outcome;

typedef struct transition {
    uint8_t next; /* a state, or STAY */
    uint8_t outcome;
} transition;

/* Short names for the table. */
enum {
    IDLE = UNDR_WORKER_IDLE,
    ASKING = UNDR_WORKER_ASKING,
    RUNNING = UNDR_WORKER_RUNNING,
    SENDING = UNDR_WORKER_SENDING,
    SCHEDULING = UNDR_WORKER_SCHEDULING,
    LEFT = UNDR_WORKER_LEFT,
    STATES,
    STAY = STATES
};

/* One row per input, one column per state; every pair has its entry.
 * Requests: WORK-1 (the first is `n`), WORK-2 (one in flight), WORK-6 (one `t` per task), WORK-4 (none after LEFT).
 * Frames: WORK-3 (None), WORK-4 (CloseRequest), WORK-7 (a task), WORK-16 (no pickle, another type), WORK-8 and WORK-9
 * (acknowledgements), WORK-14 (wrong ones). */
/* clang-format off */
static const transition table[INPUTS][STATES] = {
    /*             idle            asking          running             sending          scheduling       left */
    [ASK]       = {{ASKING, SEND}, {STAY, DENY},   {STAY, DENY},       {STAY, DENY},    {STAY, DENY},    {STAY, DENY}},
    [FINISH]    = {{STAY, DENY},   {STAY, DENY},   {ASKING, SEND},     {STAY, DENY},    {STAY, DENY},    {STAY, DENY}},
    [MESSAGE]   = {{STAY, DENY},   {STAY, DENY},   {SENDING, SEND},    {STAY, DENY},    {STAY, DENY},    {STAY, DENY}},
    [SCHEDULE]  = {{STAY, DENY},   {STAY, DENY},   {SCHEDULING, SEND}, {STAY, DENY},    {STAY, DENY},    {STAY, DENY}},
    [GOT_NONE]  = {{LEFT, FOUL},   {IDLE, POLL},   {LEFT, FOUL},       {RUNNING, FAIL}, {RUNNING, FAIL}, {LEFT, FOUL}},
    [GOT_CLOSE] = {{LEFT, FOUL},   {LEFT, LEAVE},  {LEFT, FOUL},       {RUNNING, FAIL}, {RUNNING, FAIL}, {LEFT, FOUL}},
    [GOT_TASK]  = {{LEFT, FOUL},   {RUNNING, RUN}, {LEFT, FOUL},       {RUNNING, FAIL}, {RUNNING, FAIL}, {LEFT, FOUL}},
    [GOT_JUNK]  = {{LEFT, FOUL},   {LEFT, FOUL},   {LEFT, FOUL},       {RUNNING, FAIL}, {RUNNING, FAIL}, {LEFT, FOUL}},
    [GOT_M]     = {{LEFT, FOUL},   {LEFT, FOUL},   {LEFT, FOUL},       {RUNNING, PASS}, {RUNNING, FAIL}, {LEFT, FOUL}},
    [GOT_S]     = {{LEFT, FOUL},   {LEFT, FOUL},   {LEFT, FOUL},       {RUNNING, FAIL}, {RUNNING, PASS}, {LEFT, FOUL}},
    [GOT_OTHER] = {{LEFT, FOUL},   {LEFT, FOUL},   {LEFT, FOUL},       {RUNNING, FAIL}, {RUNNING, FAIL}, {LEFT, FOUL}},
    [GOT_END]   = {{LEFT, ENDED},  {LEFT, ENDED},  {LEFT, ENDED},      {LEFT, ENDED},   {LEFT, ENDED},   {LEFT, ENDED}},
};
/* clang-format on */

static outcome step(undr_worker_core *core, input happened) {
    const transition *entry = &table[happened][core->state];
    if (entry->next != STAY) {
        core->state = (undr_worker_state)entry->next;
    }
    return (outcome)entry->outcome;
}

static undr_error request(undr_worker_core *core, input wanted, uint8_t type, undr_slice payload, undr_frame *frame) {
    if (step(core, wanted) != SEND) {
        return UNDR_ARGUMENT;
    }
    *frame = (undr_frame){.type = type, .payload = payload};
    return UNDR_OK;
}

void undr_worker_start(undr_worker_core *core) {
    *core = (undr_worker_core){.state = UNDR_WORKER_IDLE};
}

undr_error undr_worker_ask(undr_worker_core *core, undr_frame *frame) {
    return request(core, ASK, UNDR_TYPE_NEXT, (undr_slice){0}, frame);
}

undr_error undr_worker_finish(undr_worker_core *core, undr_frame *frame) {
    return request(core, FINISH, UNDR_TYPE_TASK, (undr_slice){0}, frame);
}

undr_error undr_worker_send_message(undr_worker_core *core, undr_slice pickle, undr_frame *frame) {
    return request(core, MESSAGE, UNDR_TYPE_MESSAGE, pickle, frame);
}

undr_error undr_worker_schedule(undr_worker_core *core, undr_slice pickle, unsigned priority, undr_frame *frame) {
    if (priority >= UNDR_MAXIMUM_PRIORITY_LEVELS) {
        return UNDR_PRIORITY; /* WORK-20 */
    }
    return request(core, SCHEDULE, (uint8_t)(UNDR_TYPE_SCHEDULE + priority), pickle, frame);
}

/* What a `t` carries; *error says why it is not a pickle. An empty payload is never unpickled (FRAME-2): it is a task,
 * one that can't be run (WORK-15). */
static input classify_task(
    undr_worker_core *core, undr_slice payload, undr_arena *arena, undr_value **task, undr_error *error) {
    if (payload.size == 0) {
        return GOT_TASK;
    }
    undr_pickle_limits limits = undr_pickle_default_limits;
    limits.bytes += payload.size; /* one value as large as the payload fits, however large frames may be */
    *error = undr_pickle_read_in_place(payload, &limits, arena, task, NULL, &core->fault);
    if (*error != UNDR_OK) {
        *task = NULL;
        return undr_pickle_is_too_large(*error) ? GOT_TASK : GOT_JUNK; /* FRAME-6: a task that can't be run (WORK-15) */
    }
    if ((*task)->kind == UNDR_NONE) {
        return GOT_NONE; /* PAY-1 */
    }
    /* PAY-2, PAY-4: however the instance was built */
    return undr_value_is_instance(*task, UNDR_CLASS_CLOSE_REQUEST) ? GOT_CLOSE : GOT_TASK;
}

static input classify_acknowledgement(const undr_frame *frame) {
    if (frame->payload.size > 0) {
        return GOT_OTHER;
    }
    switch (frame->type) {
    case UNDR_TYPE_MESSAGE: return GOT_M;
    case UNDR_TYPE_SCHEDULED: return GOT_S;
    default: return GOT_OTHER;
    }
}

undr_error undr_worker_receive(
    undr_worker_core *core, const undr_frame *frame, undr_arena *arena, undr_worker_action *action, undr_value **task) {
    undr_error error = UNDR_OK;
    input got;
    *task = NULL;
    if (frame->type == UNDR_TYPE_TASK && core->state == UNDR_WORKER_ASKING) {
        got = classify_task(core, frame->payload, arena, task, &error);
    } else {
        got = classify_acknowledgement(frame); /* a `t` that is not due is GOT_OTHER: its payload does not matter */
    }
    switch (step(core, got)) {
    case POLL: *action = UNDR_WORKER_POLL; return UNDR_OK;
    case RUN: *action = UNDR_WORKER_RUN; return UNDR_OK;
    case PASS: *action = UNDR_WORKER_RESUME; return UNDR_OK;
    case LEAVE: *action = UNDR_WORKER_LEAVE; return UNDR_OK;
    case FAIL: return UNDR_ACKNOWLEDGEMENT;
    default: /* FOUL; a frame has no other outcome */ return error != UNDR_OK ? error : UNDR_UNEXPECTED_TYPE;
    }
}

void undr_worker_end(undr_worker_core *core) {
    (void)step(core, GOT_END);
}
