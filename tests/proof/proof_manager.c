/* proof_manager.c: the manager's core keeps its lists and counts in order through each short sequence of calls: no
 * access to what is freed or out of bounds, no leak, the counts that manager_core.h speaks of hold, the bytes that it
 * keeps stay within the limit, and each accepted request gets one answer, of its kind, in order (REQ-1, REQ-2). A frame
 * that the rules refuse, or that comes from a handle that was never given, changes nothing.
 *
 * Bounds: two connections; each sequence of STEPS calls that begins with BEFORE (four bits for a call, the first the
 * lowest) and ends with one of step()'s calls FIRST_LAST to LAST_LAST. Each is tried twice: with memory enough, all
 * answers taken at the end; and with the first allocation after the set-up failing, answers left. HOLD, RETRIES and
 * LIMIT are the options; two priority levels; payloads of one byte at most. The bytes of payloads, and the handle that
 * was never given, are any; so are type and size where only the rules are asked (refuse). What else the calls are given
 * is constant, so that CBMC knows where each pointer in the lists leads; tests/proof/prove has the sequences. Not
 * looked at: large payloads (blobs: proof_parcel.c), what the frames hold, the pickles that report lost tasks. */
#include "proof.h"

enum { MOST_PAYLOAD = 1 };

#include "protocol/manager_core.h"

/* CBMC takes what its own calloc and realloc return for bytes, which makes each pointer in it a puzzle. These return
 * what is meant. */
static void *typed_calloc(size_t count, size_t size);
static void *typed_malloc(size_t size);
static void *resize_slots(void *old, size_t size);

#define calloc typed_calloc
#define malloc typed_malloc
#define realloc resize_slots
#include "base/handles.c"
#include "protocol/manager_queue.c"
#include "protocol/manager_store.c"

#include "protocol/manager.c" /* the invariants are about its private lists */
#include "protocol/manager_program.c"
#undef calloc
#undef malloc
#undef realloc
#include "typed_slots.h"

static unsigned failing; /* the allocation from here on that fails, the first is 1; 0: none */

static bool is_refused(void) {
    if (failing == 0) {
        return false;
    }
    failing--;
    return failing == 0;
}

static void *typed_calloc(size_t count, size_t size) {
    assert(count == 1);
    if (is_refused()) {
        return NULL;
    }
    if (size == sizeof(undr_manager_core)) {
        undr_manager_core *core = malloc(sizeof(undr_manager_core));
        *core = (undr_manager_core){0};
        return core;
    }
    assert(size == sizeof(connection));
    connection *one = malloc(sizeof(connection));
    *one = (connection){0};
    return one;
}

static void *typed_malloc(size_t size) {
    if (is_refused()) {
        return NULL;
    }
    if (size == sizeof(request)) {
        return malloc(sizeof(request));
    }
    assert(size >= sizeof(undr_parcel) && size <= sizeof(undr_parcel) + MOST_PAYLOAD);
    return malloc(sizeof(undr_parcel));
}

enum { CONNECTIONS = 2, PRIORITY_LEVELS = 2 };

/* Stand-ins for the pickle code, which is not under proof here. */

undr_slice undr_pickle_none(void) {
    return undr_slice_of("N.", 2);
}

undr_slice undr_pickle_close_request(void) {
    return undr_slice_of("C.", 2);
}

undr_error undr_manager_check(const undr_frame *frame) {
    (void)frame;
    return UNDR_OK; /* its failure never reaches the core */
}

undr_error undr_parcel_report(const undr_parcel *parcel, undr_buffer *pickle) {
    (void)pickle;
    assert(parcel->loss != UNDR_LOSS_NONE);
    if (is_refused()) {
        return UNDR_MEMORY;
    }
    return UNDR_OK;
}

typedef struct peer {
    undr_connection handle; /* 0: not connected */
    size_t waiting;         /* requests that were accepted and whose answer was not taken */
    size_t taken;           /* answers that were */
    uint8_t answers[STEPS]; /* the type of the answer to each accepted request */
} peer;

typedef struct scene {
    undr_manager_core *core;
    peer peers[CONNECTIONS];
} scene;

/* What the lists hold, counted again. */

static size_t count_parcels(const undr_parcels *list, uint64_t *bytes) {
    size_t count = 0;
    for (const undr_parcel *one = list->first; one != NULL; one = one->next) {
        *bytes += undr_parcel_cost(undr_parcel_slice(one).size);
        count++;
    }
    return count;
}

/* READY first, then one that is HELD, then BEHIND or HELD (the comment at the head of manager_core.h). */
static size_t check_requests(const connection *one, uint64_t *bytes) {
    size_t count = 0;
    request_place before = REQUEST_READY;
    for (const request *each = one->requests; each != NULL; each = each->after) {
        assert(each->connection == one);
        assert(each->place != REQUEST_READY || before == REQUEST_READY);
        assert(each->place != REQUEST_BEHIND || before != REQUEST_READY);
        before = each->place;
        if (each->task != NULL && each->task->settled) {
            *bytes += undr_parcel_cost(undr_parcel_slice(each->task).size);
        }
        count++;
    }
    return count;
}

static void check_invariants(const scene *all) {
    const undr_manager_core *core = all->core;
    uint64_t bytes = 0;
    size_t out = 0;
    for (size_t i = 0; i < CONNECTIONS; i++) {
        const connection *one = all->peers[i].handle == 0 ? NULL : find_connection(core, all->peers[i].handle);
        assert((one != NULL) == (all->peers[i].handle != 0));
        if (one != NULL) {
            assert(check_requests(one, &bytes) == all->peers[i].waiting);
            out += count_parcels(&one->out, &bytes);
        }
    }
    assert(core->out == out);
    assert(count_parcels(&core->inbox, &bytes) == core->messages);
    size_t queued = count_parcels(&core->queues.lists[0], &bytes) + count_parcels(&core->queues.lists[1], &bytes);
    assert(queued == core->queues.count);
    (void)count_parcels(&core->spent, &bytes);
    assert(core->bytes == bytes);
    assert(core->options.queue_limit == 0 || core->bytes <= core->options.queue_limit);
    assert(core->queues.count == 0 || core->held == NULL); /* NEXT-6 */
    bool is_empty = core->queues.count == 0 && core->held == NULL;
    assert(core->state == UNDR_MANAGER_RUNNING || is_empty); /* CLOSE-CANCEL-1, CLOSE-CANCEL-2 */
}

/* The calls. */

static void connect_one(scene *all, peer *one) {
    if (undr_manager_connect(all->core, &one->handle) != UNDR_OK) {
        one->handle = 0;
    }
}

static void receive(scene *all, peer *from, uint8_t type, size_t size) {
    uint8_t payload = nondet_u8();
    undr_frame frame = {.type = type, .payload = undr_slice_of(&payload, size)};
    undr_error error = undr_manager_receive(all->core, from->handle, &frame, 1);
    assert(from->handle != 0 || error != UNDR_OK);
    if (error == UNDR_OK) {
        from->answers[from->taken + from->waiting++] = type >= UNDR_TYPE_SCHEDULE ? UNDR_TYPE_SCHEDULED
            : type == UNDR_TYPE_MESSAGE                                           ? UNDR_TYPE_MESSAGE
                                                                                  : UNDR_TYPE_TASK;
    }
}

/* False: none is ready. */
static bool take_answer(scene *all) {
    undr_answer taken;
    if (undr_manager_next_answer(all->core, &taken) != UNDR_OK) {
        return false;
    }
    peer *to = all->peers[0].handle == taken.connection ? &all->peers[0] : &all->peers[1];
    assert(to->handle == taken.connection && to->waiting > 0);
    assert(taken.frame.type == to->answers[to->taken]); /* REQ-1 */
    assert(taken.frame.type == UNDR_TYPE_TASK || taken.frame.payload.size == 0);
    to->waiting--;
    to->taken++;
    return true;
}

/* No request is held any more: all that were accepted are answered (REQ-2). */
static void take_all_answers(scene *all) {
    undr_manager_end_requests(all->core, all->peers[0].handle);
    undr_manager_end_requests(all->core, all->peers[1].handle);
    while (take_answer(all)) {
        check_invariants(all);
    }
    assert(all->peers[0].waiting == 0 && all->peers[1].waiting == 0);
}

static void disconnect(scene *all, peer *one) {
    undr_manager_disconnect(all->core, one->handle);
    *one = (peer){0};
}

static void own_schedule(scene *all, unsigned priority) {
    uint8_t payload = 8;
    (void)undr_manager_schedule(all->core, priority, undr_slice_of(&payload, 1));
}

static void own_message(scene *all) {
    uint8_t payload = 9;
    (void)undr_manager_send_message(all->core, undr_slice_of(&payload, 1));
}

static void next_message(scene *all) {
    undr_buffer message = {0};
    (void)undr_manager_next_message(all->core, &message);
    undr_buffer_free(&message);
}

static bool is_accepted(uint8_t type, size_t size) {
    bool takes_task = type == UNDR_TYPE_NEXT || type == UNDR_TYPE_TASK;
    bool is_message = type == UNDR_TYPE_MESSAGE;
    bool is_schedule = type >= UNDR_TYPE_SCHEDULE && type < UNDR_TYPE_SCHEDULE + PRIORITY_LEVELS;
    return is_schedule || (takes_task && size == 0) || (is_message && size > 0);
}

/* The rules accept what calls of step() send, and nothing else, whatever its type and size (REQ-4, REQ-5, MSG-3,
 * SCHED-5). Of what they refuse, one frame of each kind is sent. */
static void refuse(scene *all, peer *from) {
    uint8_t type = nondet_u8();
    uint64_t size = nondet_u64();
    bool fits = LIMIT == 0 || (size <= LIMIT && undr_manager_has_room(all->core, undr_parcel_cost(size)));
    assert((undr_manager_check_header(all->core, type, size) == UNDR_OK) == (is_accepted(type, size) && fits));
    static const uint8_t types[] = {0, UNDR_TYPE_NEXT, UNDR_TYPE_TASK, UNDR_TYPE_MESSAGE, UNDR_TYPE_SCHEDULE - 1,
        UNDR_TYPE_SCHEDULE + PRIORITY_LEVELS, UINT8_MAX};
    for (size_t i = 0; i < sizeof types; i++) {
        uint8_t payload = nondet_u8();
        undr_frame frame = {.type = types[i], .payload = undr_slice_of(&payload, types[i] != UNDR_TYPE_MESSAGE)};
        assert(!is_accepted(frame.type, frame.payload.size));
        assert(undr_manager_receive(all->core, from->handle, &frame, 1) != UNDR_OK);
    }
}

/* The frame is one that the rules refuse, so that CBMC need not follow what the others do: that the handle is looked at
 * first, the error shows. */
static void receive_from_stranger(scene *all) {
    undr_connection stranger = nondet_u64();
    if (stranger != all->peers[0].handle && stranger != all->peers[1].handle) {
        undr_frame frame = {.type = 0};
        assert(undr_manager_receive(all->core, stranger, &frame, 1) == UNDR_ARGUMENT);
    }
}

static void step(scene *all, unsigned call) {
    peer *a = &all->peers[0], *b = &all->peers[1];
    switch (call) {
    case 0: receive(all, a, UNDR_TYPE_NEXT, 0); break;
    case 1: receive(all, a, UNDR_TYPE_TASK, 0); break;
    case 2: receive(all, a, UNDR_TYPE_MESSAGE, 1); break;
    case 3: receive(all, a, UNDR_TYPE_SCHEDULE + 1, 1); break;
    case 4: (void)take_answer(all); break;
    case 5: disconnect(all, a); break;
    case 6: own_schedule(all, 0); break;
    case 7: receive(all, b, UNDR_TYPE_NEXT, 0); break;
    case 8: next_message(all); break;
    case 9: undr_manager_close(all->core); break;
    case 10: undr_manager_abandon(all->core); break;
    case 11: undr_manager_advance(all->core, 11); break;
    case 12: undr_manager_end_requests(all->core, a->handle); break;
    case 13: own_message(all); break;
    case 14: receive(all, b, UNDR_TYPE_SCHEDULE, 0); break;
    case 16: receive_from_stranger(all); break;
    case 17: refuse(all, a); break;
    default: /* the table gives the slot again, with another handle */
        disconnect(all, a);
        connect_one(all, a);
        break;
    }
}

/* A core with two connections, calls (the first is the lowest four bits of `before`), and its end: with answers left or
 * not. */
static void run(unsigned before, unsigned last, unsigned fails, bool takes_all) {
    scene all = {0};
    undr_manager_options options = {
        .priority_levels = PRIORITY_LEVELS, .hold = HOLD, .queue_limit = LIMIT, .retries = RETRIES};
    failing = 0;
    undr_error error = undr_manager_new(&options, &all.core);
    assert(error == UNDR_OK);
    connect_one(&all, &all.peers[0]);
    connect_one(&all, &all.peers[1]);
    check_invariants(&all);
    failing = fails;
    for (unsigned each = 0; each < STEPS; each++) {
        step(&all, each == STEPS - 1 ? last : before >> 4 * each & 15);
        check_invariants(&all);
    }
    if (takes_all) {
        take_all_answers(&all);
    }
    undr_manager_free(all.core);
}

int main(void) {
    for (unsigned last = FIRST_LAST; last <= LAST_LAST; last++) {
        run(BEFORE, last, 0, true);
        run(BEFORE, last, 1, false);
    }
    return 0;
}
