/* wait_kind.c: what a case waits for at a step, whatever the values are. */
#include "notation/wait_kind.h"

#include "notation/walk.h"

#include <string.h>

/* The parts of a kind: what is awaited in its lower half, what was done before in the upper one. */
enum { START = 1, SIGHT = 0x100, CHANNEL = 0x1000, BEFORE = 16 };

typedef struct each_wait {
    check_wait_visitor visit;
    void *context;
    uint32_t before; /* what was done last */
    uint32_t closes; /* the policies of each `close` so far, from 1, in two bits each; 0: there was none */
    bool enough;
} each_wait;

/* Which kind of channel: a connection, the adapter's, the process. */
static uint32_t channel_of(const check_step *step) {
    bool single = step->channel[0] != '\0' && step->channel[1] == '\0';
    return single && step->channel[0] == 'M' ? 1 : single && step->channel[0] == 'P' ? 2 : 0;
}

/* All schedules are one type of request. */
static uint32_t type_of(uint8_t type) {
    return type >= 0x80 ? 0x80 : type;
}

static bool is_close_request(const check_payload *payload) {
    const check_term *term = payload->term;
    return payload->form == CHECK_PAYLOAD_PICKLE && term->kind == CHECK_TERM_OBJECT
        && strcmp(term->text, "undr.task.CloseRequest") == 0;
}

static uint32_t wide_of(const check_step *step) {
    switch (step->what) {
    case CHECK_RECEIVE:
    case CHECK_POLL:
        if (step->expectation_count > 0) {
            const check_expectation *first = &step->expectations[0];
            return CHANNEL * (1 + channel_of(step)) + SIGHT * (1 + (uint32_t)first->sight)
                + (first->sight == CHECK_SEES_FRAME ? type_of(first->type) : 0);
        }
        return 0;
    case CHECK_GATE_ACCEPT: return CHANNEL * 5;
    case CHECK_COMMAND_SCHEDULE:
    case CHECK_COMMAND_MESSAGE: return CHANNEL * 2 + SIGHT * (1 + CHECK_SEES_OK) + (uint32_t)step->what;
    default: return 0;
    }
}

/* 0: the step does nothing to the target. */
static uint32_t deed_of(const check_step *step) {
    switch (step->what) {
    case CHECK_SEND_FRAME:
        return SIGHT * (step->bad ? 3U : is_close_request(&step->payload) ? 2U : 1U) + type_of(step->type);
    case CHECK_SEND_HEADER:
    case CHECK_SEND_RAW:
    case CHECK_SEND_CLOSE:
    case CHECK_SEND_HALF_CLOSE:
    case CHECK_SEND_RESET:
    case CHECK_COMMAND_SCHEDULE:
    case CHECK_COMMAND_MESSAGE:
    case CHECK_COMMAND_NEXT:
    case CHECK_COMMAND_END:
    case CHECK_SIGNAL:
    case CHECK_KILL:
    case CHECK_GATE_CLOSE: return SIGHT * 4 + (uint32_t)step->what;
    case CHECK_COMMAND_CLOSE: return SIGHT * (5U + (uint32_t)step->number) + (uint32_t)step->what; /* by policy */
    case CHECK_POLL: return SIGHT + type_of(step->type);
    default: return 0;
    }
}

/* Each policy closes in its own way, and a second `close` in another way than the first: that one does not return says
 * nothing about the others, whatever was done meanwhile. */
static uint32_t before_of(const each_wait *self, const check_step *step) {
    bool closed = step->what == CHECK_RECEIVE && step->expectations[0].sight == CHECK_SEES_CLOSED;
    return closed ? SIGHT * 8 + self->closes : self->before;
}

static undr_error visit_step(void *context, const check_step *step, const check_step *block) {
    each_wait *self = context;
    (void)block;
    if (step->what == CHECK_COMMAND_CLOSE) {
        self->closes = (self->closes << 2 | (1 + (uint32_t)step->number)) & 0xff;
    }
    uint32_t wide = wide_of(step), deed = deed_of(step);
    self->before = deed != 0 ? deed : self->before;
    if (wide != 0 && !self->enough) {
        check_wait_kind kind = {wide, wide | before_of(self, step) << BEFORE};
        self->enough = !self->visit(self->context, step, kind);
    }
    return self->enough ? UNDR_ARGUMENT : UNDR_OK;
}

void check_each_wait(const check_case *one, check_wait_visitor visit, void *context) {
    each_wait self = {.visit = visit, .context = context};
    undr_error enough = check_each_step(one, visit_step, &self);
    (void)enough; /* it only ends the walk */
}

struct find {
    int line;
    check_wait_kind kind;
};

static bool find_line(void *context, const check_step *step, check_wait_kind kind) {
    struct find *self = context;
    self->kind = step->line == self->line ? kind : self->kind;
    return step->line != self->line;
}

check_wait_kind check_wait_kind_at(const check_case *one, int line) {
    struct find found = {line, {0, 0}};
    if (line == one->line) {
        return (check_wait_kind){START, START};
    }
    check_each_wait(one, find_line, &found);
    return found.kind;
}
