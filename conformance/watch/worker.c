/* worker.c: the worker's side of a connection, as the table of section 7 has it. */
#include "watch/inside.h"

/* What a worker may ask in each state, and what is broken otherwise; of several the first is the likeliest. */
typedef enum step { NEXT, DONE, MESSAGE, SCHEDULE, STEPS } step;

typedef struct rule_of_step {
    watch_rule broken[WATCH_ALTERNATIVES]; /* WATCH_NO_RULE first: it is right */
    watch_worker_state then;
} rule_of_step;

#define RIGHT {WATCH_NO_RULE}
static const rule_of_step table[WATCH_CLUELESS][STEPS] = {
    /* A client may begin with a message or a task; then it is no worker (section 2). */
    [WATCH_NEW] = {{RIGHT, WATCH_ASKING}, {{WATCH_WORK_1, WATCH_WORK_6}, WATCH_ASKING}, {RIGHT, WATCH_CLUELESS},
        {RIGHT, WATCH_CLUELESS}},
    [WATCH_IDLE] = {{RIGHT, WATCH_ASKING}, {{WATCH_WORK_3, WATCH_WORK_6}, WATCH_ASKING}, {RIGHT, WATCH_CLUELESS},
        {RIGHT, WATCH_CLUELESS}},
    [WATCH_ASKING] = {{{WATCH_WORK_2}, WATCH_CLUELESS}, {{WATCH_WORK_2, WATCH_WORK_6}, WATCH_CLUELESS},
        {{WATCH_WORK_2}, WATCH_CLUELESS}, {{WATCH_WORK_2}, WATCH_CLUELESS}},
    [WATCH_RUNNING] = {{{WATCH_WORK_6, WATCH_WORK_7}, WATCH_CLUELESS}, {RIGHT, WATCH_ASKING}, {RIGHT, WATCH_SENDING},
        {RIGHT, WATCH_SCHEDULING}},
    [WATCH_SENDING] = {{{WATCH_WORK_8, WATCH_WORK_2}, WATCH_CLUELESS}, {{WATCH_WORK_8, WATCH_WORK_2}, WATCH_CLUELESS},
        {{WATCH_WORK_8, WATCH_WORK_2}, WATCH_CLUELESS}, {{WATCH_WORK_8, WATCH_WORK_2}, WATCH_CLUELESS}},
    [WATCH_SCHEDULING] = {{{WATCH_WORK_9, WATCH_WORK_2}, WATCH_CLUELESS},
        {{WATCH_WORK_9, WATCH_WORK_2}, WATCH_CLUELESS}, {{WATCH_WORK_9, WATCH_WORK_2}, WATCH_CLUELESS},
        {{WATCH_WORK_9, WATCH_WORK_2}, WATCH_CLUELESS}},
    [WATCH_FAILING] = {{{WATCH_WORK_14}, WATCH_CLUELESS}, {{WATCH_WORK_14}, WATCH_CLUELESS}, {RIGHT, WATCH_SENDING},
        {{WATCH_WORK_14}, WATCH_CLUELESS}},
    [WATCH_FOUL] = {{{WATCH_WORK_16}, WATCH_CLUELESS}, {{WATCH_WORK_16}, WATCH_CLUELESS},
        {{WATCH_WORK_16}, WATCH_CLUELESS}, {{WATCH_WORK_16}, WATCH_CLUELESS}},
    [WATCH_LEFT] = {{{WATCH_WORK_4}, WATCH_CLUELESS}, {{WATCH_WORK_4}, WATCH_CLUELESS},
        {{WATCH_WORK_4}, WATCH_CLUELESS}, {{WATCH_WORK_4}, WATCH_CLUELESS}},
};

static const char *const clauses[WATCH_CLUELESS] = {
    [WATCH_NEW] = "its first frame is `t`, although it was handed nothing",
    [WATCH_IDLE] = "after None it sent `t`",
    [WATCH_ASKING] = "it sent a request while it waited for a task",
    [WATCH_RUNNING] = "it asked `n` with a task that it has not settled",
    [WATCH_SENDING] = "it sent a request before its message was acknowledged",
    [WATCH_SCHEDULING] = "it sent a request before the task that it scheduled was acknowledged",
    [WATCH_FAILING] = "after a wrong acknowledgement it went on, and reported no failure",
    [WATCH_FOUL] = "it went on after a wrong answer to `n` or `t`",
    [WATCH_LEFT] = "it sent a frame after CloseRequest",
};

static step step_of(const watch_request *request) {
    return request->ask == WATCH_ASK_MESSAGE ? MESSAGE
        : request->ask == WATCH_ASK_SCHEDULE ? SCHEDULE
        : request->done                      ? DONE
                                             : NEXT;
}

static void tell(const watch_connection *c, const watch_rule *rules, const char *what, const watch_request *request) {
    watch_finding finding = {.blamed = WATCH_CLIENT, .what = what};
    for (size_t i = 0; i < WATCH_ALTERNATIVES; i++) {
        finding.rules[i] = rules[i];
    }
    if (c->oldest != NULL && c->oldest != request) {
        watch_add_sight(&finding, &c->oldest->sight);
    }
    watch_add_sight(&finding, &c->last_answer);
    watch_add_sight(&finding, &request->sight);
    watch_tell(c->owner, c->manager, &finding);
}

/* The rules that a wrong step breaks: what came before it makes some likelier. */
static void sharpen(const watch_connection *c, watch_rule rules[WATCH_ALTERNATIVES]) {
    if (c->worker == WATCH_RUNNING && c->reported) {
        rules[0] = WATCH_WORK_10; /* a failed task is settled */
        rules[1] = WATCH_WORK_6;
    } else if (c->worker == WATCH_RUNNING && c->task_by_done) {
        rules[0] = WATCH_WORK_7;
        rules[1] = WATCH_WORK_6;
    } else if (c->worker == WATCH_SENDING && c->carried == WATCH_EXCEPTION) {
        rules[0] = WATCH_WORK_10; /* its acknowledgement is awaited before `t` */
        rules[1] = WATCH_WORK_8;
        rules[2] = WATCH_WORK_2;
    } else if (c->worker == WATCH_LEFT) {
        rules[1] = WATCH_PAY_4; /* it may not have known that it was one */
    }
}

static watch_rule rule_that_held(const watch_connection *c, step taken) {
    switch (c->worker) {
    case WATCH_NEW: return WATCH_WORK_1;
    case WATCH_IDLE: return WATCH_WORK_3;
    case WATCH_FAILING: return WATCH_WORK_14;
    default: return taken == DONE ? WATCH_WORK_6 : WATCH_WORK_2;
    }
}

/* WORK-15: an empty task is reported before it is settled. WORK-9: a worker schedules pickles. */
static void look_at_content(const watch_connection *c, const watch_request *request, step taken) {
    static const watch_rule unrun[WATCH_ALTERNATIVES] = {WATCH_WORK_15}, scheduled[WATCH_ALTERNATIVES] = {WATCH_WORK_9};
    if (c->worker != WATCH_RUNNING) {
        return;
    }
    if (c->task_empty && taken == DONE) {
        if (c->reported) {
            watch_held(c->owner, WATCH_WORK_15);
        } else {
            tell(c, unrun, "it settled an empty task, which nobody can run, without a report", request);
        }
    }
    if (taken == SCHEDULE && (request->value == WATCH_NO_PICKLE || request->value == WATCH_EMPTY)) {
        tell(c, scheduled, "the task that it scheduled is no pickle", request);
    }
}

/* WORK-21: three times in a row, each within half a millisecond of a None that came at once. */
static void look_at_pause(watch_connection *c, const watch_request *request) {
    enum { AT_ONCE = 500000, OFTEN = 3, HELD = 1000000 };
    static const watch_rule rules[WATCH_ALTERNATIVES] = {WATCH_WORK_21};
    if (c->none_held > HELD || request->time < c->none_time) {
        return;
    }
    if (request->time - c->none_time >= AT_ONCE) {
        c->restless = 0;
        watch_held(c->owner, WATCH_WORK_21);
    } else if (++c->restless == OFTEN) {
        tell(c, rules, "it asked again at once after None, three times in a row", request);
    }
}

static void note_message(watch_connection *c, const watch_request *request, step taken) {
    if (taken == MESSAGE) {
        c->carried = request->value;
        c->reported = request->value == WATCH_EXCEPTION || request->value == WATCH_UNKNOWN;
    } else if (taken == SCHEDULE) {
        c->carried = WATCH_OTHER;
        c->reported = false;
    }
}

void watch_worker_asks(watch_connection *c, const watch_request *request) {
    if (request->ask == WATCH_ASK_BAD || c->worker == WATCH_CLUELESS) {
        c->worker = WATCH_CLUELESS;
        return;
    }
    step taken = step_of(request);
    const rule_of_step *rule = &table[c->worker][taken];
    if (c->worker == WATCH_NEW && taken > DONE && c->owner->options.all_workers) {
        static const watch_rule first[WATCH_ALTERNATIVES] = {WATCH_WORK_1};
        tell(c, first, "its first frame is not `n`", request);
    } else if (rule->broken[0] != WATCH_NO_RULE) {
        watch_rule rules[WATCH_ALTERNATIVES] = {rule->broken[0], rule->broken[1], rule->broken[2]};
        sharpen(c, rules);
        tell(c, rules, clauses[c->worker], request);
    } else if (rule->then != WATCH_CLUELESS) {
        watch_held(c->owner, rule_that_held(c, taken));
        look_at_content(c, request, taken);
    }
    if (c->worker == WATCH_IDLE && taken == NEXT) {
        look_at_pause(c, request);
    }
    c->worker = rule->then;
    note_message(c, request, taken);
}

/* ---- answers ---- */

static void given_task(watch_connection *c, const watch_request *request, watch_value value, uint64_t time) {
    c->task_by_done = request->done;
    c->task_empty = value == WATCH_EMPTY;
    c->reported = false;
    c->carried = value;
    switch (value) {
    case WATCH_NONE:
        c->worker = WATCH_IDLE;
        c->none_time = time;
        c->none_held = time - request->time;
        break;
    case WATCH_CLOSE_REQUEST: c->worker = WATCH_LEFT; break;
    case WATCH_NO_PICKLE: c->worker = WATCH_FOUL; break;
    case WATCH_UNKNOWN: c->worker = WATCH_CLUELESS; break; /* it may be None for all that is known */
    default: c->worker = WATCH_RUNNING; break;
    }
}

void watch_worker_answered(
    watch_connection *c, const watch_request *request, uint8_t type, watch_value value, uint64_t size, uint64_t time) {
    if (c->worker == WATCH_ASKING && type == UNDR_TYPE_TASK) {
        given_task(c, request, value, time);
    } else if (c->worker == WATCH_ASKING) {
        c->worker = WATCH_FOUL;
    } else if (c->worker == WATCH_SENDING || c->worker == WATCH_SCHEDULING) {
        uint8_t due = c->worker == WATCH_SENDING ? UNDR_TYPE_MESSAGE : UNDR_TYPE_SCHEDULED;
        bool report = c->worker == WATCH_SENDING && c->carried != WATCH_OTHER; /* that of a failure: then it leaves */
        c->worker = type == due && size == 0 ? WATCH_RUNNING : report ? WATCH_CLUELESS : WATCH_FAILING;
    } else {
        c->worker = WATCH_CLUELESS;
    }
}
