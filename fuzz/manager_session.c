/* manager_session.c: the manager's core beside a small model of it that was written from the specification alone.
 *
 * Input: one byte of options, then an op script: connect, disconnect, frames good and bad to any connection, the end of
 * a connection's requests, the clock, a failing allocation, the manager's own schedule and messages, close, abandon.
 *
 * After each op: every answer that the core gives is the next one that the model owes that connection; the core owes
 * nothing more and nothing less; the counts agree; a failed call changed nothing. */
#include "failing.h"
#include "session_script.h"

#include "undr/manager.h"
#include "undr/pickle.h"

#include <string.h>

enum { CONNECTIONS = SESSION_CONNECTIONS, LEVELS = SESSION_LEVELS, HOLD = SESSION_HOLD };
enum { TASKS = 64, OWED = 24, OPS = 200, READS = 2, QUEUE_LIMIT = 300 };

/* A task is known by its number; its payload is the number's two bytes, or nothing for some. */
typedef enum place { QUEUED, OUT, GONE } place;
typedef struct model_task {
    place place;
    unsigned priority;
    int owner; /* connection that has it out */
    bool sent; /* its answer was taken */
    unsigned losses;
    long order;      /* in its queue: lower first */
    uint64_t handed; /* when it was handed out, so that the oldest is settled first */
} model_task;

/* An answer that a connection is owed; `known` when its content is decided. */
typedef struct owed {
    uint8_t type;
    bool known, held;
    enum { IS_EMPTY, IS_NONE, IS_CLOSE, IS_TASK } content;
    int task;
    uint64_t deadline, since;
} owed;

typedef struct model_connection {
    bool live;
    bool full; /* it does not read */
    undr_connection handle;
    owed owed[OWED];
    int owed_count;
} model_connection;

typedef struct model {
    undr_manager_core *core;
    bool closing, abandoned;
    bool bounded; /* in the bytes that tasks and messages take */
    uint64_t hold, now, steps;
    unsigned retries;
    model_connection connections[CONNECTIONS];
    model_task tasks[TASKS];
    int task_count;
    long front, back; /* orders given so far to the front and the back of the queues */
    size_t messages;
    uint64_t kept;       /* bytes of payloads on their way */
    undr_buffer message; /* that was read last */
} model;

/* ---- the model ---- */

static int first_queued(const model *m) {
    int best = -1;
    for (int i = 0; i < m->task_count; i++) {
        const model_task *one = &m->tasks[i];
        if (one->place == QUEUED
            && (best < 0 || one->priority < m->tasks[best].priority
                || (one->priority == m->tasks[best].priority && one->order < m->tasks[best].order))) {
            best = i;
        }
    }
    return best;
}

static void give(model *m, int connection, owed *one, int task) {
    one->known = true;
    one->held = false;
    one->content = task >= 0 ? IS_TASK : m->closing ? IS_CLOSE : IS_NONE;
    one->task = task;
    if (task >= 0) {
        m->tasks[task] = (model_task){.place = OUT,
            .priority = m->tasks[task].priority,
            .owner = connection,
            .losses = m->tasks[task].losses,
            .handed = ++m->steps};
    }
}

static owed *longest_held(model *m, int *connection) {
    owed *best = NULL;
    for (int c = 0; c < CONNECTIONS; c++) {
        for (int i = 0; i < m->connections[c].owed_count; i++) {
            owed *one = &m->connections[c].owed[i];
            if (one->held && (best == NULL || one->since < best->since)) {
                best = one;
                *connection = c;
            }
        }
    }
    return best;
}

/* NEXT-6: whoever waits longest gets the first task; who does not read gets None in its place (NEXT-4). */
static void feed_held(model *m) {
    int connection = 0;
    for (owed *one = longest_held(m, &connection); one != NULL; one = longest_held(m, &connection)) {
        int task = first_queued(m);
        if (task < 0) {
            return;
        }
        give(m, connection, one, m->connections[connection].full ? -1 : task);
    }
}

static void settle_oldest(model *m, int connection) {
    int oldest = -1;
    for (int i = 0; i < m->task_count; i++) {
        if (m->tasks[i].place == OUT && m->tasks[i].owner == connection
            && (oldest < 0 || m->tasks[i].handed < m->tasks[oldest].handed)) {
            oldest = i;
        }
    }
    if (oldest >= 0) {
        m->tasks[oldest].place = GONE; /* DONE-1; otherwise the count stays, DONE-4 */
    }
}

static owed *owe(model *m, int connection, uint8_t type) {
    model_connection *c = &m->connections[connection];
    owed *one = &c->owed[c->owed_count++];
    *one = (owed){.type = type, .since = ++m->steps};
    return one;
}

static void model_request(model *m, int connection, uint8_t type) {
    if (type == 't') {
        settle_oldest(m, connection);
    }
    owed *one = owe(m, connection, 't');
    int task = m->closing ? -1 : first_queued(m);
    if (task < 0 && !m->closing && m->hold > 0) {
        one->held = true; /* NEXT-4 */
        one->deadline = m->now + m->hold;
        return;
    }
    give(m, connection, one, task);
}

static void model_put_task(model *m, int number, unsigned priority) {
    m->tasks[number] = (model_task){.place = QUEUED, .priority = priority, .order = ++m->back};
    if (m->abandoned) {
        m->tasks[number].place = GONE; /* reported */
        m->messages++;
        return;
    }
    feed_held(m);
}

static void model_acknowledge(model *m, int connection, uint8_t type) {
    owed *one = owe(m, connection, type);
    one->known = true;
    one->content = IS_EMPTY;
}

static void model_disconnect(model *m, int connection) {
    m->connections[connection].live = false;
    m->connections[connection].owed_count = 0;
    bool again = !m->closing && !m->abandoned;
    for (;;) { /* the youngest first, each to the front: the oldest ends up first */
        int youngest = -1;
        for (int i = 0; i < m->task_count; i++) {
            if (m->tasks[i].place == OUT && m->tasks[i].owner == connection
                && (youngest < 0 || m->tasks[i].handed > m->tasks[youngest].handed)) {
                youngest = i;
            }
        }
        if (youngest < 0) {
            break;
        }
        model_task *task = &m->tasks[youngest];
        if (again && (!task->sent || task->losses < m->retries)) {
            task->losses += task->sent ? 1 : 0;
            task->sent = false;
            task->place = QUEUED;
            task->order = --m->front;
        } else {
            task->place = GONE; /* FAULT-3 */
            m->messages++;
        }
    }
    feed_held(m);
}

static void model_release(model *m, bool all, uint64_t now) {
    for (int c = 0; c < CONNECTIONS; c++) {
        for (int i = 0; i < m->connections[c].owed_count; i++) {
            owed *one = &m->connections[c].owed[i];
            if (one->held && (all || one->deadline <= now)) {
                give(m, c, one, -1);
            }
        }
    }
}

/* ---- the core against it ---- */

static undr_slice task_bytes(int number, uint8_t bytes[2]) {
    bytes[0] = (uint8_t)number;
    bytes[1] = (uint8_t)(number >> 8);
    return undr_slice_of(bytes, number % 7 == 6 ? 0 : 2); /* SCHED-7: some are empty */
}

static int connection_of(const model *m, undr_connection handle) {
    for (int c = 0; c < CONNECTIONS; c++) {
        if (m->connections[c].live && m->connections[c].handle == handle) {
            return c;
        }
    }
    fuzz_failed(__FILE__, __LINE__, "an answer goes to a connection that lives");
}

static void require_answer(model *m, const undr_answer *answer) {
    model_connection *c = &m->connections[connection_of(m, answer->connection)];
    FUZZ_REQUIRE(c->owed_count > 0); /* REQ-2: nothing but answers */
    owed one = c->owed[0];
    memmove(c->owed, c->owed + 1, sizeof c->owed[0] * (size_t)--c->owed_count);
    FUZZ_REQUIRE(one.known);
    FUZZ_REQUIRE(answer->frame.type == one.type);
    uint8_t bytes[2];
    undr_slice expected = one.content == IS_NONE ? undr_pickle_none()
        : one.content == IS_CLOSE                ? undr_pickle_close_request()
        : one.content == IS_TASK                 ? task_bytes(one.task, bytes)
                                                 : (undr_slice){0};
    FUZZ_REQUIRE(undr_slice_equal(answer->frame.payload, expected)); /* SCHED-2 to SCHED-4 */
    if (one.content == IS_TASK) {
        m->tasks[one.task].sent = true;
    }
}

static void take_answers(model *m, uint32_t most) {
    undr_answer answer;
    while (most > 0 && undr_manager_next_answer(m->core, &answer) == UNDR_OK) {
        require_answer(m, &answer);
        most--;
    }
    for (int c = 0; most > 0 && c < CONNECTIONS; c++) {
        FUZZ_REQUIRE(m->connections[c].owed_count == 0 || !m->connections[c].owed[0].known); /* REQ-1 */
    }
}

static void require_counts(const model *m) {
    size_t left = 0, live = 0;
    for (int i = 0; i < m->task_count; i++) {
        left += m->tasks[i].place != GONE ? 1 : 0;
    }
    for (int c = 0; c < CONNECTIONS; c++) {
        live += m->connections[c].live ? 1 : 0;
    }
    FUZZ_REQUIRE(undr_manager_tasks_left(m->core) == left);
    FUZZ_REQUIRE(undr_manager_connections(m->core) == live);
    FUZZ_REQUIRE(undr_manager_messages(m->core) == m->messages);
}

static void op_connect(model *m, int connection) {
    model_connection *c = &m->connections[connection];
    if (c->live) {
        undr_manager_disconnect(m->core, c->handle);
        model_disconnect(m, connection);
        return;
    }
    undr_error error = undr_manager_connect(m->core, &c->handle);
    FUZZ_REQUIRE(error == UNDR_OK || error == UNDR_MEMORY);
    c->live = error == UNDR_OK;
    c->full = false;
}

static undr_error receive(model *m, int connection, const undr_frame *frame) {
    return undr_manager_receive(m->core, m->connections[connection].handle, frame, m->now);
}

static void op_request(model *m, int connection, uint8_t type) {
    undr_frame frame = {.type = type};
    undr_error error = receive(m, connection, &frame);
    FUZZ_REQUIRE(error == UNDR_OK || error == UNDR_MEMORY);
    if (error == UNDR_OK) {
        model_request(m, connection, type);
    }
}

static void op_schedule(model *m, int connection, unsigned priority) {
    uint8_t bytes[2];
    if (m->task_count == TASKS) {
        return;
    }
    undr_frame frame = {(uint8_t)(0x80 + priority), task_bytes(m->task_count, bytes)};
    undr_error error = connection < 0 ? undr_manager_schedule(m->core, priority, frame.payload)
                                      : receive(m, connection, &frame);
    if (priority >= LEVELS) {
        bool closed = connection < 0 && m->closing && error == UNDR_CLOSED;
        FUZZ_REQUIRE(error == UNDR_PRIORITY || error == UNDR_MEMORY || closed); /* SCHED-5 */
        return;
    }
    if (connection < 0 && m->closing) {
        FUZZ_REQUIRE(error == UNDR_CLOSED); /* CLOSE-6 */
        return;
    }
    FUZZ_REQUIRE(error == UNDR_OK || error == UNDR_MEMORY || (m->bounded && error == UNDR_QUEUE_LIMIT));
    if (error != UNDR_OK) {
        return;
    }
    if (connection >= 0) {
        model_acknowledge(m, connection, 's');
    }
    m->tasks[m->task_count] = (model_task){.place = GONE};
    m->task_count++;
    if (!m->closing) { /* CLOSE-1: acknowledged all the same */
        model_put_task(m, m->task_count - 1, priority);
    }
}

static void op_message(model *m, int connection, undr_slice payload) {
    undr_frame frame = {'m', payload};
    undr_error error = connection < 0 ? undr_manager_send_message(m->core, payload) : receive(m, connection, &frame);
    if (error == UNDR_OK) {
        FUZZ_REQUIRE(payload.size > 0 && memchr(payload.data, '.', payload.size) != NULL); /* MSG-3 */
        m->messages++;
        if (connection >= 0) {
            model_acknowledge(m, connection, 'm');
        }
    }
}

static void op_bad(model *m, int connection, uint8_t type, undr_slice payload) {
    bool is_request = type == 'n' || type == 't';
    if (type >= 0x80 || type == 'm' || (is_request && payload.size == 0)) {
        return;
    }
    undr_frame frame = {type, payload};
    undr_error error = receive(m, connection, &frame);
    FUZZ_REQUIRE(error == (is_request ? UNDR_UNEXPECTED_PAYLOAD : UNDR_UNEXPECTED_TYPE)); /* REQ-4, REQ-5 */
}

static void op_read(model *m) {
    undr_error error = undr_manager_next_message(m->core, &m->message);
    if (m->messages > 0) {
        FUZZ_REQUIRE(error == UNDR_OK || error == UNDR_MEMORY);
        m->messages -= error == UNDR_OK ? 1 : 0;
    } else { /* MSGS-2, MSGS-3 */
        FUZZ_REQUIRE(error == (undr_manager_tasks_left(m->core) > 0 ? UNDR_WAIT : UNDR_DONE));
    }
}

static void drop_queued(model *m, bool report) {
    for (int i = 0; i < m->task_count; i++) {
        if (m->tasks[i].place == QUEUED) {
            m->tasks[i].place = GONE;
            m->messages += report ? 1 : 0;
        }
    }
}

static void op_close(model *m, bool close) {
    if (close) {
        undr_manager_close(m->core);
        m->closing = true;
        drop_queued(m, false); /* CLOSE-CANCEL-2 */
        model_release(m, true, m->now);
    } else if (!m->closing && !m->abandoned) {
        undr_manager_abandon(m->core);
        m->abandoned = true;
        drop_queued(m, true); /* FAULT-4 */
    }
}

static void op_end_requests(model *m, int connection) {
    undr_manager_end_requests(m->core, m->connections[connection].handle);
    for (int i = 0; i < m->connections[connection].owed_count; i++) {
        owed *one = &m->connections[connection].owed[i];
        if (one->held) {
            give(m, connection, one, -1);
        }
    }
}

static void op_clock(model *m, uint32_t milliseconds) {
    m->now += milliseconds;
    undr_manager_advance(m->core, m->now);
    model_release(m, false, m->now); /* NEXT-5 */
    FUZZ_REQUIRE(undr_manager_deadline(m->core) > m->now);
}

static void op_full(model *m, int connection, bool full) {
    undr_manager_set_full(m->core, m->connections[connection].handle, full); /* of one that is gone: no effect */
    m->connections[connection].full = full;
}

static void op_keep(model *m, uint64_t bytes) {
    undr_error error = undr_manager_keep_bytes(m->core, bytes);
    FUZZ_REQUIRE(error == UNDR_OK || (m->bounded && error == UNDR_QUEUE_LIMIT));
    FUZZ_REQUIRE(!m->bounded || m->kept <= QUEUE_LIMIT);
    m->kept += error == UNDR_OK ? bytes : 0;
}

static void op_release(model *m, uint64_t bytes) {
    bytes = bytes < m->kept ? bytes : m->kept;
    undr_manager_release_bytes(m->core, bytes);
    m->kept -= bytes;
}

static session_view view_of(const model *m) {
    session_view view = {0};
    for (int c = 0; c < CONNECTIONS; c++) {
        view.open[c] = m->connections[c].live;
        view.ready[c] = m->connections[c].live && m->connections[c].owed_count + 1 < OWED;
    }
    return view;
}

static void obey(model *m, const session_op *op) {
    switch (op->kind) {
    case SESSION_NOTHING: break;
    case SESSION_CONNECT: op_connect(m, op->connection); break;
    case SESSION_END_REQUESTS: op_end_requests(m, op->connection); break;
    case SESSION_REQUEST: op_request(m, op->connection, op->type); break;
    case SESSION_SCHEDULE: op_schedule(m, op->connection, op->amount); break;
    case SESSION_MESSAGE: op_message(m, op->connection, op->connection < 0 ? undr_pickle_none() : op->payload); break;
    case SESSION_BAD: op_bad(m, op->connection, op->type, op->payload); break;
    case SESSION_READ: op_read(m); break;
    case SESSION_CLOCK: op_clock(m, op->amount); break;
    case SESSION_CLOSE: op_close(m, true); break;
    case SESSION_ABANDON: op_close(m, false); break;
    case SESSION_KEEP: op_keep(m, op->amount); break;
    case SESSION_RELEASE: op_release(m, op->amount); break;
    case SESSION_FULL: op_full(m, op->connection, op->amount != 0); break;
    }
}

static void run_op(model *m, fuzz_source *source) {
    session_view view = view_of(m);
    session_op op = session_take(source, &view);
    if (op.failing > 0) {
        failing_allocation(op.failing);
    }
    obey(m, &op);
    (void)failing_allocation_end();
    take_answers(m, op.answers);
    require_counts(m);
}

/* Every connection ends, a close forgets what is queued, the inbox is read if that is soon done: nothing is left. */
static void come_to_an_end(model *m, bool close_first) {
    take_answers(m, UINT32_MAX);
    if (close_first) {
        op_close(m, true);
        take_answers(m, UINT32_MAX);
    }
    for (int c = 0; c < CONNECTIONS; c++) {
        if (m->connections[c].live) {
            op_connect(m, c);
        }
    }
    op_close(m, true);
    for (int reads = 0; reads < READS; reads++) {
        op_read(m); /* the last one finds the end, MSGS-2 */
    }
    require_counts(m);
    undr_answer answer;
    FUZZ_REQUIRE(undr_manager_tasks_left(m->core) == 0 && undr_manager_connections(m->core) == 0);
    FUZZ_REQUIRE(undr_manager_next_answer(m->core, &answer) == UNDR_DONE); /* REQ-2 */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_source source = fuzz_source_over(data, size);
    static model m; /* too large for the stack of some engines */
    memset(&m, 0, sizeof m);
    m.now = 1000;
    uint8_t how = fuzz_take_u8(&source);
    m.hold = how & 1 ? HOLD : 0;
    m.retries = how >> 1 & 3;
    m.bounded = how >> 3 & 1;
    undr_manager_options options = {
        .priority_levels = LEVELS, .hold = m.hold, .retries = m.retries, .queue_limit = m.bounded ? QUEUE_LIMIT : 0};
    FUZZ_REQUIRE(undr_manager_new(&options, &m.core) == UNDR_OK);
    for (int ops = 0; source.left.size > 0 && ops < OPS; ops++) {
        run_op(&m, &source);
    }
    come_to_an_end(&m, how >> 4 & 1);
    undr_buffer_free(&m.message);
    undr_manager_free(m.core); /* whatever is left is freed: a leak check sees to it */
    return 0;
}
