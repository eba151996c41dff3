/* play_estimate.c: how long a case may take with a target that answers as quickly as the survey has found. */
#include "play/play_estimate.h"

#include "base/clock.h"

enum {
    STREAM_PART = 16, /* of a round trip: what an answer takes that comes behind another, where that was not measured */
    MOST_S = 120      /* well below the supervisor's guard */
};

typedef struct share {
    uint64_t turns, frames, held;
    bool asked; /* something was sent since the last answer */
} share;

/* The answer to `n` or `t` is None, as far as can be seen. */
static bool is_none(const check_step *step) {
    const check_expectation *first = step->expectation_count == 1 ? &step->expectations[0] : NULL;
    return first != NULL && first->sight == CHECK_SEES_FRAME && first->type == 't'
        && first->payload.form == CHECK_PAYLOAD_PICKLE && first->payload.term->kind == CHECK_TERM_VALUE
        && first->payload.term->value->kind == UNDR_NONE;
}

static bool asks(check_what what) {
    return (what >= CHECK_SEND_FRAME && what <= CHECK_SEND_OPEN)
        || (what >= CHECK_COMMAND_SCHEDULE && what <= CHECK_COMMAND_END);
}

static share share_of(const check_step *steps, size_t count) {
    share sum = {0};
    for (size_t i = 0; i < count; i++) {
        const check_step *step = &steps[i];
        share inner = share_of(step->steps, step->step_count);
        uint64_t times = step->what == CHECK_REPEAT ? step->number : 1;
        sum.turns += inner.turns * times;
        sum.frames += inner.frames * times;
        sum.held += inner.held * times;
        sum.asked = sum.asked || inner.asked || asks(step->what);
        if (step->what == CHECK_RECEIVE) {
            sum.turns += sum.asked ? 1 : 0;
            sum.frames++;
            sum.held += is_none(step) ? 1 : 0;
            sum.asked = false;
        }
        sum.turns += step->what == CHECK_COMMAND_SCHEDULE || step->what == CHECK_COMMAND_MESSAGE ? 1 : 0;
    }
    return sum;
}

uint64_t check_play_estimate(const check_case *one, const check_setting *setting) {
    share sum = share_of(one->steps, one->step_count);
    uint64_t hold = setting->capabilities.hold * CHECK_MILLISECOND + setting->held_ns;
    uint64_t stream = setting->stream_ns > 0 ? setting->stream_ns : setting->round_trip_ns / STREAM_PART;
    return sum.turns * setting->round_trip_ns + sum.frames * stream + sum.held * hold;
}

bool check_play_is_too_long(uint64_t estimate, const check_setting *setting) {
    double factor = setting->timeout_factor > 1 ? setting->timeout_factor : 1;
    return !setting->patient && (double)estimate > factor * (double)(MOST_S * CHECK_SECOND);
}
