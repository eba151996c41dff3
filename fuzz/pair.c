/* pair.c: the manager's core and three worker cores, joined by pipes in memory that carry as many bytes at a time as
 * the fuzzer says. Input: one byte of options, then moves.
 *
 * Whatever the order and the cuts: neither side ever finds the other breaking the protocol, every task is run exactly
 * once, and after the input the whole comes to rest: no task left, every message in the inbox, every worker left. */
#include "fuzz.h"

#include "undr/manager.h"
#include "undr/pickle.h"
#include "undr/worker.h"

enum { WORKERS = 3, TASKS = 16, MOVES = 1000, ROOM = 64 };

/* Carries one frame: a worker asks one thing at a time, and is answered once (WORK-2, REQ-2). */
typedef struct pipe_bytes {
    uint8_t room[ROOM];
    size_t size;
    size_t arrived; /* at the other end, so far */
} pipe_bytes;

typedef struct pair_worker {
    undr_worker_core core;
    undr_connection connection;
    pipe_bytes up, down; /* to the manager, to the worker */
} pair_worker;

typedef struct pair {
    undr_manager_core *manager;
    pair_worker workers[WORKERS];
    undr_arena arena; /* of the answer that a worker looks at */
    uint64_t now;
    int scheduled, runs[TASKS];
    size_t sent;
} pair;

static void put_frame(pipe_bytes *to, const undr_frame *frame) {
    FUZZ_REQUIRE(to->size == 0);
    FUZZ_REQUIRE(UNDR_HEADER_SIZE + frame->payload.size <= ROOM); /* so that the buffer stays where it is */
    undr_buffer bytes = {.data = to->room, .capacity = ROOM};
    FUZZ_REQUIRE(undr_frame_encode(&bytes, frame) == UNDR_OK);
    to->size = bytes.size;
    to->arrived = 0;
}

/* More bytes arrive; true: *frame is the frame, whole. */
static bool next_frame(pipe_bytes *from, size_t arrive, undr_frame *frame) {
    size_t left = from->size - from->arrived;
    from->arrived += arrive < left ? arrive : left;
    if (from->arrived == 0) {
        return false;
    }
    uint64_t size;
    undr_error error = undr_frame_decode(undr_slice_of(from->room, from->arrived), UNDR_PAYLOAD_MINIMUM, frame, &size);
    FUZZ_REQUIRE(error == UNDR_OK || error == UNDR_MORE);
    FUZZ_REQUIRE((error == UNDR_OK) == (from->arrived == from->size));
    if (error == UNDR_OK) {
        FUZZ_REQUIRE(size == from->size);
        from->size = from->arrived = 0; /* the frame's payload stays in the room until the next one is put there */
    }
    return error == UNDR_OK;
}

static pair_worker *worker_of(pair *p, undr_connection connection) {
    for (int i = 0; i < WORKERS; i++) {
        if (p->workers[i].connection == connection) {
            return &p->workers[i];
        }
    }
    fuzz_failed(__FILE__, __LINE__, "an answer goes to a connection that exists");
}

static void take_answers(pair *p) {
    undr_answer answer;
    while (undr_manager_next_answer(p->manager, &answer) == UNDR_OK) {
        put_frame(&worker_of(p, answer.connection)->down, &answer.frame);
    }
}

static void manager_receives(pair *p, pair_worker *w, size_t arrive) {
    undr_frame frame;
    if (next_frame(&w->up, arrive, &frame)) {
        FUZZ_REQUIRE(undr_manager_receive(p->manager, w->connection, &frame, p->now) == UNDR_OK);
        take_answers(p);
    }
}

/* A task is the pickle of its number. */
static void schedule(pair *p, pair_worker *w, unsigned priority) {
    uint8_t pickle[] = {0x80, 4, 'K', (uint8_t)p->scheduled, '.'};
    undr_slice task = undr_slice_of(pickle, sizeof pickle);
    undr_frame request;
    if (p->scheduled == TASKS) {
        return;
    }
    if (w == NULL) {
        FUZZ_REQUIRE(undr_manager_schedule(p->manager, priority, task) == UNDR_OK);
        take_answers(p);
    } else {
        FUZZ_REQUIRE(undr_worker_schedule(&w->core, task, priority, &request) == UNDR_OK);
        put_frame(&w->up, &request);
    }
    p->scheduled++;
}

static void worker_receives(pair *p, pair_worker *w, size_t arrive) {
    undr_frame frame;
    if (!next_frame(&w->down, arrive, &frame)) {
        return;
    }
    undr_worker_action action;
    undr_value *task = NULL;
    FUZZ_REQUIRE(undr_worker_receive(&w->core, &frame, &p->arena, &action, &task) == UNDR_OK);
    if (action == UNDR_WORKER_RUN) {
        int64_t number = -1;
        FUZZ_REQUIRE(undr_value_int64(task, &number) && number >= 0 && number < p->scheduled);
        p->runs[number]++;
    }
    undr_arena_clear(&p->arena);
}

/* What a worker does of itself: 0 settle, 1 message, 2 and more: schedule. */
static void worker_acts(pair *p, pair_worker *w, uint8_t choice) {
    undr_frame request;
    if (w->core.state == UNDR_WORKER_IDLE) {
        FUZZ_REQUIRE(undr_worker_ask(&w->core, &request) == UNDR_OK);
        put_frame(&w->up, &request);
        return;
    }
    if (w->core.state != UNDR_WORKER_RUNNING) {
        return;
    }
    if (choice > 1) {
        schedule(p, w, choice & 1);
    } else if (choice == 1) {
        FUZZ_REQUIRE(undr_worker_send_message(&w->core, undr_pickle_none(), &request) == UNDR_OK);
        put_frame(&w->up, &request);
        p->sent++;
    } else {
        FUZZ_REQUIRE(undr_worker_finish(&w->core, &request) == UNDR_OK);
        put_frame(&w->up, &request);
    }
}

static void move(pair *p, fuzz_source *source) {
    uint8_t op = fuzz_take_u8(source);
    pair_worker *w = &p->workers[op % WORKERS];
    size_t arrive = op >> 5 == 7 ? 64 : op >> 5;
    switch (op / WORKERS % 5) {
    case 0: manager_receives(p, w, arrive); break;
    case 1: worker_receives(p, w, arrive); break;
    case 2: worker_acts(p, w, op >> 6); break;
    case 3: schedule(p, NULL, op >> 7); break;
    default:
        p->now += op >> 4;
        undr_manager_advance(p->manager, p->now);
        take_answers(p);
    }
}

static void everybody_moves(pair *p) {
    for (int i = 0; i < WORKERS; i++) {
        worker_acts(p, &p->workers[i], 0);
        manager_receives(p, &p->workers[i], SIZE_MAX);
        worker_receives(p, &p->workers[i], SIZE_MAX);
    }
    p->now++;
    undr_manager_advance(p->manager, p->now);
    take_answers(p);
}

static bool all_left(const pair *p) {
    for (int i = 0; i < WORKERS; i++) {
        if (p->workers[i].core.state != UNDR_WORKER_LEFT) {
            return false;
        }
    }
    return true;
}

/* JOIN: run what is left, then close. */
static void come_to_rest(pair *p) {
    int moves = 0;
    while (undr_manager_tasks_left(p->manager) > 0 || undr_manager_handed_out(p->manager) < (uint64_t)p->scheduled) {
        everybody_moves(p);
        FUZZ_REQUIRE(++moves < MOVES); /* CLOSE-JOIN-2 */
    }
    for (int i = 0; i < p->scheduled; i++) {
        FUZZ_REQUIRE(p->runs[i] == 1); /* SCHED-6 */
    }
    undr_manager_close(p->manager);
    take_answers(p);
    while (!all_left(p)) {
        everybody_moves(p);
        FUZZ_REQUIRE(++moves < MOVES); /* CLOSE-JOIN-3 */
    }
    FUZZ_REQUIRE(undr_manager_messages(p->manager) == p->sent); /* MSG-1 */
}

static void begin(pair *p, uint8_t how) {
    undr_manager_options options = {.priority_levels = 2, .hold = how & 1 ? 5 : 0};
    FUZZ_REQUIRE(undr_manager_new(&options, &p->manager) == UNDR_OK);
    for (int i = 0; i < WORKERS; i++) {
        undr_worker_start(&p->workers[i].core);
        FUZZ_REQUIRE(undr_manager_connect(p->manager, &p->workers[i].connection) == UNDR_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_source source = fuzz_source_over(data, size);
    pair p = {.now = 1};
    begin(&p, fuzz_take_u8(&source));
    for (int moves = 0; source.left.size > 0 && moves < MOVES; moves++) {
        move(&p, &source);
    }
    come_to_rest(&p);
    undr_arena_free(&p.arena);
    undr_manager_free(p.manager);
    return 0;
}
