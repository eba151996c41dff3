/* step_form.c: how each kind of line is written. */
#include "notation/step_form.h"

#include <string.h>

/* By check_what. */
static const check_step_form forms[] = {
    [CHECK_SEND_FRAME] = {NULL, CHECK_SHAPE_SENT, CHECK_ON_A, CHECK_TAKES_FRAME},
    [CHECK_SEND_HEADER] = {"header", CHECK_SHAPE_SENT, CHECK_ON_A, CHECK_TAKES_HEADER},
    [CHECK_SEND_RAW] = {"raw", CHECK_SHAPE_SENT, CHECK_ON_A, CHECK_TAKES_BYTES},
    [CHECK_SEND_CLOSE] = {"close", CHECK_SHAPE_SENT, CHECK_ON_A, CHECK_TAKES_NOTHING},
    [CHECK_SEND_HALF_CLOSE] = {"half-close", CHECK_SHAPE_SENT, CHECK_ON_A, CHECK_TAKES_NOTHING},
    [CHECK_SEND_RESET] = {"reset", CHECK_SHAPE_SENT, CHECK_ON_A, CHECK_TAKES_NOTHING},
    [CHECK_SEND_OPEN] = {"open", CHECK_SHAPE_SENT, CHECK_ON_A, CHECK_TAKES_NOTHING},
    [CHECK_RECEIVE] = {NULL, CHECK_SHAPE_RECEIVED, CHECK_ON_A | CHECK_ON_M | CHECK_ON_P, CHECK_TAKES_NOTHING},
    [CHECK_QUIET] = {"quiet", CHECK_SHAPE_VERB, CHECK_ON_A | CHECK_ON_M, CHECK_TAKES_TIME},
    [CHECK_PAUSES] = {"pauses", CHECK_SHAPE_VERB, CHECK_ON_A, CHECK_TAKES_TIME},
    [CHECK_WITHIN] = {"within", CHECK_SHAPE_VERB, CHECK_ON_A, CHECK_TAKES_TIME},
    [CHECK_LAST] = {"last", CHECK_SHAPE_VERB, CHECK_ON_A, CHECK_TAKES_NOTHING},
    [CHECK_DEAF] = {"deaf", CHECK_SHAPE_VERB, CHECK_ON_A, CHECK_TAKES_TIME},
    [CHECK_REFUSED] = {"refused", CHECK_SHAPE_VERB, CHECK_ON_A, CHECK_TAKES_NOTHING},
    [CHECK_POLL] = {"poll", CHECK_SHAPE_POLL, CHECK_ON_A, CHECK_TAKES_NOTHING},
    [CHECK_COMMAND_SCHEDULE] = {"schedule", CHECK_SHAPE_SENT, CHECK_ON_M, CHECK_TAKES_TASK},
    [CHECK_COMMAND_MESSAGE] = {"message", CHECK_SHAPE_SENT, CHECK_ON_M, CHECK_TAKES_MESSAGE},
    [CHECK_COMMAND_NEXT] = {"next", CHECK_SHAPE_SENT, CHECK_ON_M, CHECK_TAKES_NOTHING},
    [CHECK_COMMAND_CLOSE] = {"close", CHECK_SHAPE_SENT, CHECK_ON_M, CHECK_TAKES_POLICY},
    [CHECK_COMMAND_END] = {"end", CHECK_SHAPE_SENT, CHECK_ON_M, CHECK_TAKES_NOTHING},
    [CHECK_SIGNAL] = {"signal", CHECK_SHAPE_SENT, CHECK_ON_P, CHECK_TAKES_SIGNAL},
    [CHECK_ALIVE] = {"alive", CHECK_SHAPE_VERB, CHECK_ON_P, CHECK_TAKES_NOTHING},
    [CHECK_ALONE] = {"alone", CHECK_SHAPE_VERB, CHECK_ON_P, CHECK_TAKES_NOTHING},
    [CHECK_LOOPBACK] = {"loopback", CHECK_SHAPE_VERB, CHECK_ON_P, CHECK_TAKES_NOTHING},
    [CHECK_LOGS] = {"logs", CHECK_SHAPE_VERB, CHECK_ON_P, CHECK_TAKES_FILES},
    [CHECK_KILL] = {"kill", CHECK_SHAPE_ALONE, CHECK_ON_NONE, CHECK_TAKES_NAME},
    [CHECK_GONE] = {"gone", CHECK_SHAPE_ALONE, CHECK_ON_NONE, CHECK_TAKES_NAME},
    [CHECK_GATE_ACCEPT] = {"accept", CHECK_SHAPE_VERB, CHECK_ON_A, CHECK_TAKES_NOTHING},
    [CHECK_GATE_CLOSE] = {"close", CHECK_SHAPE_VERB, CHECK_ON_A, CHECK_TAKES_NOTHING},
    [CHECK_GATE_UNTOUCHED] = {"untouched", CHECK_SHAPE_VERB, CHECK_ON_A, CHECK_TAKES_NOTHING},
    [CHECK_REPEAT] = {"repeat", CHECK_SHAPE_ALONE, CHECK_ON_NONE, CHECK_TAKES_TIMES},
    [CHECK_TOGETHER] = {"together", CHECK_SHAPE_ALONE, CHECK_ON_NONE, CHECK_TAKES_NOTHING},
    [CHECK_UNORDERED] = {"unordered", CHECK_SHAPE_ALONE, CHECK_ON_NONE, CHECK_TAKES_NOTHING},
    [CHECK_REQUIREMENT] = {NULL, CHECK_SHAPE_REQUIREMENT, CHECK_ON_NONE, CHECK_TAKES_NOTHING},
};

const check_step_form *check_form_of(check_what what) {
    return &forms[what];
}

bool check_find_form(check_shape shape, unsigned channels, undr_slice word, check_what *what) {
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const check_step_form *form = &forms[i];
        bool fits = form->shape == shape && (form->channels & channels) == channels && form->word != NULL;
        if (fits && undr_slice_equal(undr_slice_text(form->word), word)) {
            *what = (check_what)i;
            return true;
        }
    }
    return false;
}

check_channels check_channels_of(char channel) {
    return channel == 'M' ? CHECK_ON_M : channel == 'P' ? CHECK_ON_P : CHECK_ON_A;
}

const char *check_policy_name(uint64_t policy) {
    static const char *const names[] = {"join", "cancel", "kill"};
    return policy < sizeof names / sizeof *names ? names[policy] : NULL;
}
