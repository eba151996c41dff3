/* worker_session.c: the worker's core beside a model of it. Input: ops - each request, and answers good and bad.
 *
 * At most one request is in flight (WORK-2); a request that the state does not allow changes nothing; each answer leads
 * where the specification says, and after the end nothing leads back. */
#include "failing.h"
#include "fuzz.h"

#include "undr/task.h"
#include "undr/worker.h"

#include <string.h>

/* What the model knows: whether a task is there, and what is due. */
typedef struct model {
    undr_worker_core core;
    bool left, has_task;
    uint8_t due; /* 0: nothing in flight; 't', 'm' or 's' */
} model;

static undr_worker_state expected_state(const model *m) {
    if (m->left) {
        return UNDR_WORKER_LEFT;
    }
    switch (m->due) {
    case 't': return UNDR_WORKER_ASKING;
    case 'm': return UNDR_WORKER_SENDING;
    case 's': return UNDR_WORKER_SCHEDULING;
    default: return m->has_task ? UNDR_WORKER_RUNNING : UNDR_WORKER_IDLE;
    }
}

static void op_ask(model *m) {
    undr_frame request;
    bool allowed = !m->left && m->due == 0 && !m->has_task;
    FUZZ_REQUIRE((undr_worker_ask(&m->core, &request) == UNDR_OK) == allowed);
    if (allowed) {
        FUZZ_REQUIRE(request.type == 'n' && request.payload.size == 0); /* WORK-1, REQ-5 */
        m->due = 't';
    }
}

static void op_finish(model *m) {
    undr_frame request;
    bool allowed = !m->left && m->due == 0 && m->has_task;
    FUZZ_REQUIRE((undr_worker_finish(&m->core, &request) == UNDR_OK) == allowed);
    if (allowed) {
        FUZZ_REQUIRE(request.type == 't' && request.payload.size == 0); /* WORK-6 */
        m->due = 't';
        m->has_task = false;
    }
}

static void op_send(model *m, undr_slice pickle) {
    undr_frame request;
    bool allowed = !m->left && m->due == 0 && m->has_task;
    FUZZ_REQUIRE((undr_worker_send_message(&m->core, pickle, &request) == UNDR_OK) == allowed);
    if (allowed) {
        FUZZ_REQUIRE(request.type == 'm' && undr_slice_equal(request.payload, pickle)); /* WORK-8 */
        m->due = 'm';
    }
}

static void op_schedule(model *m, undr_slice pickle, unsigned priority) {
    undr_frame request;
    bool allowed = !m->left && m->due == 0 && m->has_task && priority < 128;
    FUZZ_REQUIRE((undr_worker_schedule(&m->core, pickle, priority, &request) == UNDR_OK) == allowed); /* WORK-20 */
    if (allowed) {
        FUZZ_REQUIRE(request.type == 0x80 + priority && undr_slice_equal(request.payload, pickle)); /* WORK-9 */
        m->due = 's';
    }
}

/* An answer to `n` or `t`: None, CloseRequest, a task, or no pickle (WORK-3, WORK-4, WORK-7, WORK-16). */
static void after_next(
    model *m, undr_slice payload, undr_error error, undr_worker_action action, const undr_value *task) {
    if (payload.size == 0) { /* FRAME-2: not unpickled, a task that can't be run (WORK-15) */
        FUZZ_REQUIRE(error == UNDR_OK && action == UNDR_WORKER_RUN && task == NULL);
        m->has_task = true;
    } else if (error != UNDR_OK) {
        m->left = true;
    } else if (task->kind == UNDR_NONE) {
        FUZZ_REQUIRE(action == UNDR_WORKER_POLL);
    } else if (undr_value_is_instance(task, UNDR_CLASS_CLOSE_REQUEST)) {
        FUZZ_REQUIRE(action == UNDR_WORKER_LEAVE);
        m->left = true;
    } else {
        FUZZ_REQUIRE(action == UNDR_WORKER_RUN);
        m->has_task = true;
    }
}

static void op_receive(model *m, uint8_t type, undr_slice payload) {
    undr_arena arena = {0};
    undr_frame frame = {type, payload};
    undr_worker_action action = UNDR_WORKER_POLL;
    undr_value *task = NULL;
    undr_error error = undr_worker_receive(&m->core, &frame, &arena, &action, &task);
    bool no_memory = failing_allocation_end() && error == UNDR_MEMORY;
    uint8_t due = m->due;
    m->due = 0;
    if (m->left || due == 0 || no_memory) {
        FUZZ_REQUIRE(error != UNDR_OK);
        m->left = true;
    } else if (due == 't') {
        if (type == 't') {
            after_next(m, payload, error, action, task);
        } else {
            FUZZ_REQUIRE(error == UNDR_UNEXPECTED_TYPE); /* WORK-16 */
            m->left = true;
        }
    } else if (type == due && payload.size == 0) {
        FUZZ_REQUIRE(error == UNDR_OK && action == UNDR_WORKER_RESUME);
    } else {
        FUZZ_REQUIRE(error == UNDR_ACKNOWLEDGEMENT); /* WORK-14 */
    }
    undr_arena_free(&arena);
}

static void op_answer(model *m, uint8_t choice, fuzz_source *source) {
    static const char probe[] = "\x80\x04\x8c\x10undr_conformance\x8c\x05Probe\x93)\x81.";
    uint8_t type;
    switch (choice % 6) {
    case 0: op_receive(m, 't', undr_pickle_none()); break;
    case 1: op_receive(m, 't', undr_pickle_close_request()); break;
    case 2: op_receive(m, 't', undr_slice_of(probe, sizeof probe - 1)); break;
    case 3: op_receive(m, m->due, (undr_slice){0}); break;
    case 4:
        type = fuzz_take_u8(source);
        op_receive(m, type, fuzz_take_bytes(source, fuzz_take_below(source, 4)));
        break;
    default: op_receive(m, 't', fuzz_take_bytes(source, fuzz_take_u8(source))); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_source source = fuzz_source_over(data, size);
    model m = {0};
    undr_worker_start(&m.core);
    while (source.left.size > 0) {
        uint8_t op = fuzz_take_u8(&source);
        if (op >= 0xf8) {
            failing_allocation(op - 0xf7u);
        }
        switch (op % 8) {
        case 0: op_ask(&m); break;
        case 1: op_finish(&m); break;
        case 2: op_send(&m, undr_pickle_none()); break;
        case 3: op_schedule(&m, undr_pickle_none(), fuzz_take_u8(&source)); break;
        case 7:
            if (op == 7) {
                undr_worker_end(&m.core); /* WORK-17 */
                m.left = true;
                break;
            } /* fall through */
        default: op_answer(&m, op / 8, &source); break;
        }
        (void)failing_allocation_end();
        FUZZ_REQUIRE(m.core.state == expected_state(&m));
    }
    return 0;
}
