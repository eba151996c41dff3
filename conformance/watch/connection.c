/* connection.c: one connection: requests and answers in order, their types and payloads (sections 3 to 5, 8.1). */
#include "watch/inside.h"

#include <stdlib.h>

#define LONGEST (UINT64_C(1) << 48) /* more bytes than any memory has: a length that is no length */

static void tell_manager(watch_connection *c, const watch_rule rules[WATCH_ALTERNATIVES], const char *what,
    const watch_sight *request, const watch_sight *answer) {
    watch_finding finding = {.blamed = WATCH_MANAGER, .what = what};
    c->spoiled = true;
    c->manager->unknown = true;
    watch_queue_forget(c->manager);
    if (c->resumed) { /* it may be the answer to one that was not seen */
        watch_undecided(c->owner, rules[0]);
        return;
    }
    for (size_t i = 0; i < WATCH_ALTERNATIVES; i++) {
        finding.rules[i] = rules[i];
    }
    if (request != NULL) {
        watch_add_sight(&finding, request);
    }
    watch_add_sight(&finding, answer);
    watch_tell(c->owner, c->manager, &finding);
}

static void tell_client(
    watch_connection *c, watch_rule rule, watch_rule other, const char *what, const watch_sight *seen) {
    watch_finding finding = {.blamed = WATCH_CLIENT, .what = what, .rules = {rule, other}};
    watch_add_sight(&finding, seen);
    watch_tell(c->owner, c->manager, &finding);
}

/* ---- requests ---- */

static bool is_request(uint8_t type) {
    return type == UNDR_TYPE_NEXT || type == UNDR_TYPE_TASK || type == UNDR_TYPE_MESSAGE || type >= UNDR_TYPE_SCHEDULE;
}

/* What a client's frame breaks by itself. */
static watch_rule breach_of(uint8_t type, uint64_t size, watch_value value) {
    if (!is_request(type)) {
        return WATCH_REQ_4;
    }
    if (type == UNDR_TYPE_NEXT || type == UNDR_TYPE_TASK) {
        return size == 0 ? WATCH_NO_RULE : WATCH_REQ_5;
    }
    bool message = type == UNDR_TYPE_MESSAGE;
    return message && (value == WATCH_EMPTY || value == WATCH_NO_PICKLE) ? WATCH_MSG_3 : WATCH_NO_RULE;
}

static const char *clause_of(watch_rule rule) {
    return rule == WATCH_REQ_4 ? "no client sends a frame of this type"
        : rule == WATCH_REQ_5  ? "`n` or `t` with a payload"
                               : "`m` without a pickle";
}

static watch_ask ask_of(uint8_t type) {
    return type >= UNDR_TYPE_SCHEDULE ? WATCH_ASK_SCHEDULE
        : type == UNDR_TYPE_MESSAGE   ? WATCH_ASK_MESSAGE
                                      : WATCH_ASK_TASK;
}

static void push(watch_connection *c, watch_request *request) {
    *(c->oldest == NULL ? &c->oldest : &c->newest->next) = request;
    c->newest = request;
}

static void count_request(watch *w, const watch_request *request, int protocol) {
    w->totals.requests++;
    w->totals.messages += request->ask == WATCH_ASK_MESSAGE;
    w->totals.schedules += request->ask == WATCH_ASK_SCHEDULE;
    if (request->value == WATCH_EXCEPTION && protocol >= 0 && protocol < 6) {
        w->totals.protocols[protocol]++;
    }
}

/* SCHED-12 binds who schedules. */
static void look_at_task(watch_connection *c, const watch_request *request) {
    if (request->value == WATCH_NONE || request->value == WATCH_CLOSE_REQUEST) {
        tell_client(c, WATCH_SCHED_12, WATCH_SCHED_13, "None or CloseRequest was scheduled as a task", &request->sight);
        *(request->value == WATCH_NONE ? &c->manager->none_is_task : &c->manager->close_is_task) = true;
        c->manager->unknown = true; /* which `t` settles what can't be told any more */
    } else if (request->value != WATCH_UNKNOWN) {
        watch_held(c->owner, WATCH_SCHED_12);
    }
}

static undr_error enter(watch_connection *c, watch_request *request, const watch_seen_frame *seen) {
    if (request->bad != WATCH_NO_RULE) {
        request->ask = WATCH_ASK_BAD;
        bool message = request->bad == WATCH_MSG_3 && c->worker != WATCH_CLUELESS;
        tell_client(c, request->bad, message ? WATCH_WORK_8 : WATCH_FRAME_1, clause_of(request->bad), &request->sight);
    } else if (request->ask != WATCH_ASK_TASK) {
        watch_held(c->owner, request->ask == WATCH_ASK_MESSAGE ? WATCH_MSG_3 : WATCH_REQ_4);
    } else {
        watch_held(c->owner, WATCH_REQ_5);
    }
    watch_worker_asks(c, request);
    push(c, request);
    if (request->ask == WATCH_ASK_TASK) {
        watch_queue_asked(request);
    } else if (request->ask == WATCH_ASK_SCHEDULE) {
        look_at_task(c, request);
        return watch_queue_scheduling(c, request, seen->frame.payload, seen->holed);
    }
    return UNDR_OK;
}

static undr_error on_request(watch_connection *c, const watch_seen_frame *seen, uint64_t time) {
    watch_request *request = calloc(1, sizeof *request);
    if (request == NULL) {
        return UNDR_MEMORY;
    }
    int protocol = -1;
    uint8_t type = seen->frame.type;
    undr_error error = UNDR_OK;
    request->value = WATCH_UNKNOWN;
    if (!seen->holed) {
        error = watch_look(seen->frame.payload, &c->owner->arena, &request->value, &protocol);
    }
    request->connection = c;
    request->ask = ask_of(type);
    request->bad = breach_of(type, seen->size, request->value);
    request->done = type == UNDR_TYPE_TASK;
    request->alone = c->oldest == NULL && !watch_stream_is_inside(&c->streams[WATCH_MANAGER]);
    request->place = c->owner->place;
    request->time = time;
    request->sight = watch_sight_of(c, WATCH_CLIENT, time, type, seen->size, seen->frame.payload);
    count_request(c->owner, request, protocol);
    if (error == UNDR_OK) {
        return enter(c, request, seen);
    }
    free(request);
    return error;
}

/* ---- answers ---- */

/* Which answer is due to a request, and what a wrong one breaks. */
typedef struct due {
    uint8_t type;
    bool empty;
    watch_rule broken[WATCH_ALTERNATIVES];
    const char *clause;
} due;

static const due dues[] = {
    [WATCH_ASK_TASK] = {UNDR_TYPE_TASK, false, {WATCH_NEXT_1, WATCH_REQ_1, WATCH_FRAME_1},
        "`n` and `t` are answered with `t`, and with nothing else"},
    [WATCH_ASK_MESSAGE] = {UNDR_TYPE_MESSAGE, true, {WATCH_MSG_1, WATCH_REQ_1, WATCH_FRAME_1},
        "`m` is acknowledged with an empty `m`, and with nothing else"},
    [WATCH_ASK_SCHEDULE] = {UNDR_TYPE_SCHEDULED, true, {WATCH_SCHED_1, WATCH_REQ_1, WATCH_FRAME_1},
        "a task that is scheduled is acknowledged with an empty `s`, and with nothing else"},
};

static bool is_right(const due *expected, uint8_t type, uint64_t size) {
    return type == expected->type && (!expected->empty || size == 0);
}

/* An answer, as soon as its header has come. False: it is wrong, and was told. */
static bool is_due(watch_connection *c, uint8_t type, uint64_t size, const watch_sight *answer) {
    const watch_request *request = c->oldest;
    if (request->ask == WATCH_ASK_BAD) {
        const watch_rule rules[WATCH_ALTERNATIVES] = {request->bad};
        tell_manager(c, rules, "a violation was answered", &request->sight, answer);
        return false;
    }
    const due *expected = &dues[request->ask];
    if (!is_right(expected, type, size)) {
        tell_manager(c, expected->broken, expected->clause, &request->sight, answer);
        c->wrong = true;
        return false;
    }
    return true;
}

static void answer_held(watch_connection *c, const watch_request *request) {
    static const watch_rule rules[] = {
        [WATCH_ASK_TASK] = WATCH_NEXT_1, [WATCH_ASK_MESSAGE] = WATCH_MSG_1, [WATCH_ASK_SCHEDULE] = WATCH_SCHED_1};
    watch_held(c->owner, WATCH_REQ_1);
    watch_held(c->owner, rules[request->ask]);
    if (c->ended[WATCH_CLIENT]) {
        watch_held(c->owner, WATCH_REQ_3);
    }
    if (c->manager->closing && request->ask != WATCH_ASK_TASK) {
        watch_held(c->owner, WATCH_CLOSE_1);
    }
    if (request->ask == WATCH_ASK_SCHEDULE && request->sight.size == 0) {
        watch_held(c->owner, WATCH_SCHED_7);
    }
    if (request->ask == WATCH_ASK_SCHEDULE && request->value == WATCH_NO_PICKLE) {
        watch_held(c->owner, WATCH_SCHED_11);
    }
}

static void count_answer(watch *w, const watch_request *request, watch_value value, int protocol, uint64_t time) {
    enum { HOLD = 5000000 }; /* longer than a manager works on a request */
    w->totals.answers++;
    if (request->ask != WATCH_ASK_TASK) {
        return;
    }
    w->totals.nones += value == WATCH_NONE;
    w->totals.close_requests += value == WATCH_CLOSE_REQUEST;
    w->totals.tasks += value != WATCH_NONE && value != WATCH_CLOSE_REQUEST;
    if (time > request->time + HOLD) {
        w->totals.held_answers++;
        watch_held(w, WATCH_NEXT_4);
    }
    if ((value == WATCH_NONE || value == WATCH_CLOSE_REQUEST) && protocol >= 0 && protocol < 6) {
        w->totals.protocols[protocol]++;
    }
}

/* What a payload of `t` shows by itself, and that a `t` without a task was answered. */
static void task_held(const watch_connection *c, const watch_request *request, watch_value value, int protocol) {
    if (value == WATCH_NONE || value == WATCH_CLOSE_REQUEST) {
        watch_held(c->owner, value == WATCH_NONE ? WATCH_PAY_1 : WATCH_PAY_2);
        if (protocol != 4) {
            watch_held(c->owner, WATCH_PAY_10);
        }
    }
    if (request->done && !request->settles && !c->resumed) {
        watch_held(c->owner, WATCH_DONE_3);
    }
}

/* The request is taken off its connection; what belongs to it is judged. */
static undr_error settle(watch_connection *c, watch_request *request, const watch_seen_frame *seen, uint64_t time) {
    watch_value value = WATCH_UNKNOWN;
    int protocol = -1;
    undr_error error = UNDR_OK;
    if (!seen->holed) {
        error = watch_look(seen->frame.payload, &c->owner->arena, &value, &protocol);
    }
    watch_sight answer = watch_sight_of(c, WATCH_MANAGER, time, seen->frame.type, seen->size, seen->frame.payload);
    answer_held(c, request);
    count_answer(c->owner, request, value, protocol, time);
    watch_worker_answered(c, request, seen->frame.type, value, seen->size, time);
    c->answered++;
    c->last_answer = answer;
    c->manager->answers++;
    watch_doubts_alive(c->manager, c, request->place);
    if (error == UNDR_OK && request->ask == WATCH_ASK_TASK) {
        task_held(c, request, value, protocol);
        error = watch_queue_answered(c, request, seen, value, &answer);
    } else if (request->ask == WATCH_ASK_SCHEDULE) {
        watch_queue_scheduled(c, request);
    }
    watch_queue_check(c->manager, request, time);
    return error;
}

static watch_request *pop(watch_connection *c) {
    watch_request *request = c->oldest;
    c->oldest = request->next;
    c->newest = c->oldest == NULL ? NULL : c->newest;
    return request;
}

/* A wrong answer, which was told: what its worker does now is judged, and nothing behind. */
static void answered_wrongly(watch_connection *c, const watch_seen_frame *seen, uint64_t time) {
    if (!c->wrong || c->oldest == NULL) {
        c->worker = WATCH_CLUELESS;
        return;
    }
    c->wrong = false;
    watch_request *request = pop(c);
    watch_worker_answered(c, request, seen->frame.type, WATCH_UNKNOWN, seen->size, time);
    watch_queue_drop_request(c, request);
    free(request);
}

static undr_error on_answer(watch_connection *c, const watch_seen_frame *seen, uint64_t time) {
    if (c->spoiled || c->oldest == NULL) { /* told when it began */
        answered_wrongly(c, seen, time);
        return UNDR_OK;
    }
    const watch_sight answer = watch_sight_of(
        c, WATCH_MANAGER, time, seen->frame.type, seen->size, seen->frame.payload);
    if (!is_due(c, seen->frame.type, seen->size, &answer)) {
        answered_wrongly(c, seen, time);
        return UNDR_OK;
    }
    watch_request *request = pop(c);
    undr_error error = settle(c, request, seen, time);
    watch_queue_drop_request(c, request);
    free(request);
    return error;
}

/* ---- what shows before a frame is whole ---- */

typedef struct sight_of_bytes {
    watch_connection *connection;
    watch_side from;
    uint64_t time;
} sight_of_bytes;

static bool is_answer_type(uint8_t type) {
    return type == UNDR_TYPE_TASK || type == UNDR_TYPE_MESSAGE || type == UNDR_TYPE_SCHEDULED;
}

/* What was answered, when no whole request waited? A partial one, one of an absurd length, or none. */
static void tell_unasked(watch_connection *c, uint8_t type, const watch_sight *answer) {
    static const watch_rule partial[WATCH_ALTERNATIVES] = {WATCH_FRAME_5, WATCH_REQ_2};
    static const watch_rule absurd[WATCH_ALTERNATIVES] = {WATCH_FRAME_7, WATCH_REQ_2};
    static const watch_rule plain[WATCH_ALTERNATIVES] = {WATCH_REQ_2, WATCH_REQ_1, WATCH_FRAME_1};
    static const watch_rule strange[WATCH_ALTERNATIVES] = {WATCH_FRAME_1, WATCH_REQ_2};
    const watch_stream *client = &c->streams[WATCH_CLIENT];
    const watch_rule *rules = client->stuck                        ? absurd
        : c->ended[WATCH_CLIENT] && watch_stream_is_inside(client) ? partial
        : is_answer_type(type)                                     ? plain
                                                                   : strange;
    const watch_sight before = c->last_answer;
    tell_manager(c, rules, "the manager sent what answers no request", &before, answer);
}

/* REQ-2: the first byte of an answer that is seen before its request is whole was sent before it could be read. */
static undr_error began(void *context, uint8_t type) {
    const sight_of_bytes *at = context;
    watch_connection *c = at->connection;
    if (at->from != WATCH_MANAGER || c->oldest != NULL || c->spoiled) {
        return UNDR_OK;
    }
    c->unasked = true;
    if (!is_answer_type(type)) { /* a header may never come of it */
        watch_sight seen = watch_sight_of(c, at->from, at->time, type, 0, (undr_slice){0});
        seen.what = WATCH_SAW_HEADER;
        tell_unasked(c, type, &seen);
    }
    return UNDR_OK;
}

static void client_header(watch_connection *c, uint64_t size, const watch_sight *seen) {
    if (size >= LONGEST) {
        tell_client(c, WATCH_FRAME_1, WATCH_FRAME_7, "a header announces more bytes than any memory has", seen);
        c->streams[WATCH_CLIENT].stuck = true;
        c->worker = WATCH_CLUELESS;
    }
}

static void manager_header(watch_connection *c, uint8_t type, uint64_t size, const watch_sight *seen) {
    static const watch_rule rules[WATCH_ALTERNATIVES] = {WATCH_FRAME_1, WATCH_FRAME_7};
    if (c->spoiled) {
        return;
    }
    if (c->unasked) {
        tell_unasked(c, type, seen);
    } else if (size >= LONGEST) {
        tell_manager(c, rules, "a header announces more bytes than any memory has", &c->oldest->sight, seen);
    } else {
        (void)is_due(c, type, size, seen);
    }
}

static undr_error header(void *context, uint8_t type, uint64_t size) {
    const sight_of_bytes *at = context;
    watch_sight seen = watch_sight_of(at->connection, at->from, at->time, type, size, (undr_slice){0});
    seen.what = WATCH_SAW_HEADER;
    if (at->from == WATCH_CLIENT) {
        client_header(at->connection, size, &seen);
    } else {
        manager_header(at->connection, type, size, &seen);
    }
    return UNDR_OK;
}

static undr_error whole(void *context, const watch_seen_frame *frame) {
    const sight_of_bytes *at = context;
    watch_connection *c = at->connection;
    const watch_sight seen = watch_sight_of(
        c, at->from, at->time, frame->frame.type, frame->size, frame->frame.payload);
    watch_show(c, &seen, frame->frame.payload, frame->holed);
    if (at->from == WATCH_CLIENT) {
        return on_request(c, frame, at->time);
    }
    if (c->unasked && !c->spoiled) {
        tell_unasked(c, frame->frame.type, &seen);
    }
    return on_answer(c, frame, at->time);
}

undr_error watch_connection_bytes(watch_connection *c, watch_side from, uint64_t time, undr_slice bytes) {
    sight_of_bytes at = {c, from, time};
    const watch_frame_user user = {&at, began, header, whole};
    return watch_stream_take(&c->streams[from], bytes, c->owner->place, time, &user);
}
