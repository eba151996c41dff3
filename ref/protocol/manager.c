/* manager.c: the manager's core. The table `rules` below is the protocol: how each request is answered in each state.
 * Spec: "The manager". Its data: manager_core.h. */
#include "protocol/manager_core.h"
#include "undr/pickle.h"

#include <stdlib.h>
#include <utlist.h>

undr_error undr_manager_new(const undr_manager_options *options, undr_manager_core **core) {
    if (options->priority_levels > UNDR_MAXIMUM_PRIORITY_LEVELS || options->retries > UNDR_MAXIMUM_RETRIES) {
        return UNDR_ARGUMENT; /* SCHED-9 */
    }
    *core = calloc(1, sizeof **core);
    if (*core == NULL) {
        return UNDR_MEMORY;
    }
    (*core)->options = *options;
    if (options->priority_levels == 0) {
        (*core)->options.priority_levels = UNDR_DEFAULT_PRIORITY_LEVELS; /* SCHED-8 */
    }
    return UNDR_OK;
}

/* Answers and requests. */

/* The answer of a request is known. It is ready when no earlier request waits, and then the later ones may be ready,
 * too. */
static void answer(undr_manager_core *core, request *one, undr_slice payload) {
    bool first = one == one->connection->requests || one->before->place == REQUEST_READY;
    one->answer.payload = payload;
    one->place = REQUEST_BEHIND;
    while (first && one != NULL && one->place == REQUEST_BEHIND) { /* REQ-1 */
        one->place = REQUEST_READY;
        DL_APPEND(core->ready, one);
        one = one->after;
    }
}

void undr_manager_answer_held(undr_manager_core *core, request *one, undr_slice payload) {
    DL_DELETE(core->held, one);
    answer(core, one, payload);
}

static request *new_request(connection *from) {
    request *one = &from->own;
    if (from->own_is_used) {
        one = malloc(sizeof *one);
    }
    if (one != NULL) {
        *one = (request){.connection = from};
        from->own_is_used = true;
    }
    return one;
}

static void free_request(request *one) {
    if (one == &one->connection->own) {
        one->connection->own_is_used = false;
    } else {
        free(one);
    }
}

/* Frees a request whose answer was taken or will never be. If its task was settled in the meantime, the task is
 * spent. */
static void forget_request(undr_manager_core *core, request *one) {
    if (one->place == REQUEST_HELD) {
        DL_DELETE(core->held, one);
    } else if (one->place == REQUEST_READY) {
        DL_DELETE(core->ready, one);
    }
    DL_DELETE2(one->connection->requests, one, before, after);
    if (one->task != NULL) {
        one->connection->untaken -= undr_parcel_slice(one->task).size;
    }
    if (one->task != NULL && one->task->settled) {
        undr_parcels_append(&core->spent, one->task);
    }
    free_request(one);
}

/* Tasks. */

static bool hands_out(const undr_manager_core *core) {
    return core->state == UNDR_MANAGER_RUNNING && !core->abandoned;
}

static void hand_out(undr_manager_core *core, request *one, undr_parcel *task) {
    one->task = task;
    one->connection->untaken += undr_parcel_slice(task).size;
    undr_parcels_append(&one->connection->out, task);
    core->out++;
    core->handed_out++;
}

static bool is_full(const connection *one) {
    return one->full || one->untaken > UNDR_UNREAD_LIMIT;
}

/* The longest-waiting request gets the first task, the next one the second (NEXT-6, SCHED-10). A connection that does
 * not read gets none: tasks would wait there, and fill the memory. */
static void serve_held(undr_manager_core *core) {
    while (core->held != NULL && core->queues.count > 0) {
        request *one = core->held;
        if (is_full(one->connection)) {
            undr_manager_answer_held(core, one, undr_pickle_none());
            continue;
        }
        hand_out(core, one, undr_task_queues_take(&core->queues));
        undr_manager_answer_held(core, one, undr_parcel_slice(one->task));
    }
}

void undr_manager_put_in_queue(undr_manager_core *core, undr_parcel *task) {
    if (core->abandoned) {
        undr_manager_report_loss(core, task, UNDR_LOSS_WORKERS); /* FAULT-4 */
        return;
    }
    undr_task_queues_append(&core->queues, task); /* SCHED-1 */
    serve_held(core);
}

/* DONE-1. A connection without a task has nothing to settle: the count stays (DONE-4), and `t` is only an `n`
 * (DONE-3). */
static void settle(undr_manager_core *core, connection *from) {
    undr_parcel *task = undr_parcels_take(&from->out);
    if (task == NULL) {
        return;
    }
    core->out--;
    task->settled = true;
    if (task->sent) {
        undr_manager_free_parcel(core, task);
    }
}

/* A task that its connection had out. True: it goes back to the front of its queue (FAULT-3, FAULT-7). */
static bool is_handed_out_again(const undr_manager_core *core, undr_parcel *task) {
    if (!hands_out(core)) {
        return false;
    }
    if (!task->sent) {
        return true; /* nobody has seen it: no loss */
    }
    if (task->losses >= core->options.retries) {
        return false;
    }
    task->losses++;
    task->sent = false;
    return true;
}

static void lose_tasks(undr_manager_core *core, connection *gone) {
    undr_parcels again = {0}; /* the youngest first, so that the oldest ends at the front of its queue */
    for (undr_parcel *task; (task = undr_parcels_take(&gone->out)) != NULL;) {
        core->out--;
        if (is_handed_out_again(core, task)) {
            undr_parcels_prepend(&again, task);
        } else {
            undr_manager_report_loss(core, task, UNDR_LOSS_CONNECTION);
        }
    }
    for (undr_parcel *task; (task = undr_parcels_take(&again)) != NULL;) {
        undr_task_queues_prepend(&core->queues, task);
    }
    serve_held(core);
}

/* Requests: what each does in each state. `one` is new, in no list yet; an error leaves it to the caller, and
 * everything as it was. */

typedef struct arrival {
    const undr_frame *frame;
    undr_buffer *whole; /* NULL, or the payload, to be taken over */
} arrival;

typedef undr_error handler(undr_manager_core *core, request *one, const arrival *came);

static void enlist(request *one, uint8_t answer_type) {
    one->answer.type = answer_type;
    DL_APPEND2(one->connection->requests, one, before, after);
}

/* NEXT-1. Even if the connection already has tasks out (NEXT-3). */
static undr_error next_task(undr_manager_core *core, request *one, const arrival *came) {
    (void)came;
    enlist(one, UNDR_TYPE_TASK);
    undr_parcel *task = undr_task_queues_take(&core->queues);
    if (task != NULL) {
        hand_out(core, one, task); /* SCHED-6 */
        answer(core, one, undr_parcel_slice(task));
    } else if (core->options.hold > 0) {
        DL_APPEND(core->held, one); /* NEXT-4 */
    } else {
        answer(core, one, undr_pickle_none()); /* NEXT-2 */
    }
    return UNDR_OK;
}

static undr_error settle_and_next(undr_manager_core *core, request *one, const arrival *came) { /* DONE-2 */
    settle(core, one->connection);
    return next_task(core, one, came);
}

static undr_error dismiss(undr_manager_core *core, request *one, const arrival *came) { /* CLOSE-CANCEL-1 */
    (void)came;
    enlist(one, UNDR_TYPE_TASK);
    answer(core, one, undr_pickle_close_request()); /* CLOSE-2; the connection goes on: CLOSE-7 */
    return UNDR_OK;
}

static undr_error settle_and_dismiss(undr_manager_core *core, request *one, const arrival *came) {
    settle(core, one->connection);
    return dismiss(core, one, came);
}

static undr_error message(undr_manager_core *core, request *one, const arrival *came) {
    undr_error error = undr_manager_put_in_inbox(core, came->frame->payload, came->whole); /* MSG-1 */
    if (error != UNDR_OK) {
        return error;
    }
    enlist(one, UNDR_TYPE_MESSAGE);
    answer(core, one, (undr_slice){0});
    return UNDR_OK;
}

static undr_error schedule(undr_manager_core *core, request *one, const arrival *came) {
    unsigned priority = came->frame->type - UNDR_TYPE_SCHEDULE;
    if (priority >= core->options.priority_levels) {
        return UNDR_PRIORITY; /* SCHED-5 */
    }
    undr_parcel *task;
    undr_error error = undr_manager_new_parcel(core, came->frame->payload, came->whole, priority, &task);
    if (error != UNDR_OK) {
        return error;
    }
    enlist(one, UNDR_TYPE_SCHEDULED);
    answer(core, one, (undr_slice){0});
    undr_manager_put_in_queue(core, task);
    return UNDR_OK;
}

/* CLOSE-1: acknowledged, but nothing is handed out any more. */
static undr_error discard(undr_manager_core *core, request *one, const arrival *came) {
    if ((unsigned)came->frame->type - UNDR_TYPE_SCHEDULE >= core->options.priority_levels) {
        return UNDR_PRIORITY;
    }
    enlist(one, UNDR_TYPE_SCHEDULED);
    answer(core, one, (undr_slice){0});
    return UNDR_OK;
}

typedef enum payload_rule { PAYLOAD_NONE, PAYLOAD_SOME, PAYLOAD_ANY } payload_rule;

typedef struct rule {
    uint8_t first, last; /* types */
    payload_rule payload;
    handler *handlers[2]; /* by undr_manager_state */
} rule;

/* clang-format off */
static const rule rules[] = {
    /* type                      payload         running            closing */
    {UNDR_TYPE_NEXT, UNDR_TYPE_NEXT,       PAYLOAD_NONE, {next_task,       dismiss}},
    {UNDR_TYPE_TASK, UNDR_TYPE_TASK,       PAYLOAD_NONE, {settle_and_next, settle_and_dismiss}},
    {UNDR_TYPE_MESSAGE, UNDR_TYPE_MESSAGE, PAYLOAD_SOME, {message,         message}},
    {UNDR_TYPE_SCHEDULE, UINT8_MAX,        PAYLOAD_ANY,  {schedule,        discard}}, /* SCHED-7 */
};
/* clang-format on */

static undr_error find_rule(const undr_frame *frame, const rule **found) {
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const rule *one = &rules[i];
        if (frame->type < one->first || frame->type > one->last) {
            continue;
        }
        if (one->payload == PAYLOAD_NONE && frame->payload.size > 0) {
            return UNDR_UNEXPECTED_PAYLOAD; /* REQ-5 */
        }
        if (one->payload == PAYLOAD_SOME && frame->payload.size == 0) {
            return UNDR_MISSING_PAYLOAD; /* MSG-3 */
        }
        *found = one;
        return UNDR_OK;
    }
    return UNDR_UNEXPECTED_TYPE; /* REQ-4 */
}

static connection *find_connection(const undr_manager_core *core, undr_connection handle) {
    return undr_handles_find(&core->connections, handle);
}

undr_error undr_manager_receive_checked(
    undr_manager_core *core, undr_connection handle, const undr_frame *frame, undr_buffer *whole, uint64_t now) {
    undr_manager_free_parcels(core, &core->spent);
    connection *from = find_connection(core, handle);
    if (from == NULL) {
        return UNDR_ARGUMENT;
    }
    const rule *found;
    undr_error error = find_rule(frame, &found);
    if (error != UNDR_OK) {
        return error;
    }
    request *one = new_request(from);
    if (one == NULL) {
        return UNDR_MEMORY;
    }
    uint64_t hold = core->options.hold;
    one->deadline = now > UINT64_MAX - hold ? UINT64_MAX : now + hold;
    const arrival came = {.frame = frame, .whole = whole};
    error = found->handlers[core->state](core, one, &came); /* of other requests, it answers only held ones (NEXT-6) */
    if (error != UNDR_OK) {
        free_request(one);
    }
    return error;
}

undr_error undr_manager_receive(
    undr_manager_core *core, undr_connection handle, const undr_frame *frame, uint64_t now) {
    undr_error error = undr_manager_check(frame);
    return error == UNDR_OK ? undr_manager_receive_checked(core, handle, frame, NULL, now) : error;
}

undr_error undr_manager_first_answer(const undr_manager_core *core, undr_answer *first) {
    const request *one = core->ready;
    if (one == NULL) {
        return UNDR_DONE;
    }
    *first = (undr_answer){
        .connection = one->connection->handle, .owner = one->connection->owner, .frame = one->answer};
    if (one->task != NULL) {
        first->blob = undr_parcel_blob(one->task);
    }
    return UNDR_OK;
}

undr_error undr_manager_next_answer(undr_manager_core *core, undr_answer *next) {
    request *one = core->ready;
    undr_error error = undr_manager_first_answer(core, next);
    if (error != UNDR_OK) {
        return error;
    }
    if (one->task != NULL) {
        one->task->sent = true;
    }
    forget_request(core, one);
    return UNDR_OK;
}

/* Held answers. */

uint64_t undr_manager_deadline(const undr_manager_core *core) {
    return core->held == NULL ? UINT64_MAX : core->held->deadline;
}

void undr_manager_advance(undr_manager_core *core, uint64_t now) {
    undr_manager_free_parcels(core, &core->spent);
    while (core->held != NULL && core->held->deadline <= now) {
        undr_manager_answer_held(core, core->held, undr_pickle_none()); /* NEXT-5 */
    }
}

void undr_manager_end_requests(undr_manager_core *core, undr_connection handle) {
    undr_manager_free_parcels(core, &core->spent);
    connection *from = find_connection(core, handle);
    if (from == NULL) {
        return;
    }
    request *one;
    DL_FOREACH2(from->requests, one, after) {
        if (one->place == REQUEST_HELD) {
            undr_manager_answer_held(core, one, undr_pickle_none()); /* REQ-3 */
        }
    }
}

/* Payloads that have not fully arrived. */

undr_error undr_manager_check_header(const undr_manager_core *core, uint8_t type, uint64_t size) {
    const size_t fits = size < SIZE_MAX ? (size_t)size
                                        : SIZE_MAX; /* it may announce more than memory has addresses for */
    const undr_frame frame = {.type = type, .payload = {.size = fits}}; /* nobody looks at the bytes */
    const rule *found;
    undr_error error = find_rule(&frame, &found);
    if (error != UNDR_OK) {
        return error;
    }
    if (type >= UNDR_TYPE_SCHEDULE && (unsigned)type - UNDR_TYPE_SCHEDULE >= core->options.priority_levels) {
        return UNDR_PRIORITY;
    }
    return undr_manager_has_room(core, undr_parcel_cost(size)) ? UNDR_OK : UNDR_QUEUE_LIMIT;
}

/* Connections. */

undr_error undr_manager_connect(undr_manager_core *core, undr_connection *handle) {
    undr_manager_free_parcels(core, &core->spent);
    connection *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL) {
        return UNDR_MEMORY;
    }
    undr_error error = undr_handles_add(&core->connections, fresh, &fresh->handle);
    if (error != UNDR_OK) {
        free(fresh);
        return error;
    }
    *handle = fresh->handle;
    return UNDR_OK;
}

void undr_manager_set_owner(undr_manager_core *core, undr_connection handle, void *owner) {
    connection *one = find_connection(core, handle);
    if (one != NULL) {
        one->owner = owner;
    }
}

void undr_manager_set_full(undr_manager_core *core, undr_connection handle, bool full) {
    connection *one = find_connection(core, handle);
    if (one != NULL) {
        one->full = full; /* a task that waits has no held request beside it: serve_held */
    }
}

/* What was acknowledged on it stays: its tasks and messages have no link to the connection (FAULT-2). */
static void remove_connection(undr_manager_core *core, connection *gone) {
    while (gone->requests != NULL) {
        forget_request(core, gone->requests);
    }
    undr_handles_remove(&core->connections, gone->handle);
    lose_tasks(core, gone);
    free(gone);
}

void undr_manager_disconnect(undr_manager_core *core, undr_connection handle) {
    undr_manager_free_parcels(core, &core->spent);
    connection *gone = find_connection(core, handle);
    if (gone != NULL) {
        remove_connection(core, gone);
    }
}
