/* play_needs.c: can this target be given the case at all? */
#include "play/play_needs.h"

#include "base/clock.h"
#include "base/text.h"
#include "play/play_estimate.h"
#include "undr/frame.h"

#include <string.h>

/* A capability without a meaning for the harness: a line with its name and a number that is large enough. */
static bool has_line(undr_slice text, const check_need *need) {
    size_t length = strlen(need->capability);
    undr_cursor cursor = undr_cursor_over(text);
    undr_slice line;
    while (undr_read_line(&cursor, &line)) {
        undr_slice word = check_text_trim(line);
        if (word.size < length || memcmp(word.data, need->capability, length) != 0
            || (word.size > length && word.data[length] != ' ')) {
            continue;
        }
        int64_t number = 0;
        for (size_t i = length; i < word.size; i++) {
            bool digit = word.data[i] >= '0' && word.data[i] <= '9' && number < INT64_MAX / 100;
            number = digit ? number * 10 + (word.data[i] - '0') : number;
        }
        return number >= need->minimum;
    }
    return false;
}

static bool has_capability(const check_capabilities *declared, const check_need *need) {
    uint64_t least = need->minimum > 0 ? (uint64_t)need->minimum : 0;
    if (strcmp(need->capability, "priority-levels") == 0) {
        return declared->priority_levels >= least;
    }
    if (strcmp(need->capability, "hold") == 0 || strcmp(need->capability, "held") == 0) {
        return declared->hold > 0 && declared->hold >= least;
    }
    if (strcmp(need->capability, "grace") == 0) {
        return declared->has_grace;
    }
    if (strcmp(need->capability, "max-payload") == 0) {
        return declared->max_payload > 0 && declared->max_payload >= least;
    }
    if (strcmp(need->capability, "pickle") == 0) {
        return least >= declared->pickle_low && least <= declared->pickle_high;
    }
    if (strcmp(need->capability, "log-directory") == 0) {
        return declared->log_directory;
    }
    return has_line(undr_buffer_slice(&declared->text), need);
}

/* The first thing that the case needs and the target does not declare; NULL: there is none. */
static const check_need *find_lack(const check_case *one, const check_setting *setting) {
    for (size_t i = 0; i < one->need_count; i++) {
        if (!has_capability(&setting->capabilities, &one->needs[i])) {
            return &one->needs[i];
        }
    }
    return NULL;
}

/* A priority that is too high for the case's number of priorities: a running manager may have more than two. */
static bool counts_priorities(const check_step *step) {
    return step->what == CHECK_SEND_FRAME && step->bad && step->type >= UNDR_TYPE_SCHEDULE;
}

/* --connect has no adapter: a case that needs one is skipped, and so is one that can't be played on a running
 * manager. */
static bool needs_adapter(const check_case *one, const check_step *steps, size_t count) {
    if (one->role != CHECK_ROLE_MANAGER || one->levels != 2 || one->log_directory) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        bool connection = steps[i].what <= CHECK_POLL && strcmp(steps[i].channel, "M") != 0
            && strcmp(steps[i].channel, "P") != 0;
        bool block = steps[i].what == CHECK_REPEAT || steps[i].what == CHECK_TOGETHER
            || steps[i].what == CHECK_UNORDERED;
        if (block ? needs_adapter(one, steps[i].steps, steps[i].step_count)
                  : (!connection && steps[i].what != CHECK_REQUIREMENT) || counts_priorities(&steps[i])) {
            return true;
        }
    }
    return false;
}

/* --listen: what a case does to the process, and asks of it beyond its exit, can't be done. */
static bool needs_process(const check_step *steps, size_t count) {
    bool needs = false;
    for (size_t i = 0; i < count && !needs; i++) {
        needs = (steps[i].what >= CHECK_SIGNAL && steps[i].what <= CHECK_GONE)
            || needs_process(steps[i].steps, steps[i].step_count);
    }
    return needs;
}

bool check_play_is_skipped(const check_case *one, const check_setting *setting, check_result *result) {
    const check_need *need = find_lack(one, setting);
    uint64_t estimate = check_play_estimate(one, setting);
    undr_error error = UNDR_OK;
    if (setting->listens && needs_process(one->steps, one->step_count)) {
        error = undr_put_text(&result->received, "the case needs the worker's process, which is yours with --listen");
    } else if (setting->command == NULL && !setting->listens && needs_adapter(one, one->steps, one->step_count)) {
        error = undr_put_text(&result->received, "the case needs an adapter, which --connect does not have");
    } else if (setting->command == NULL && one->destructive && !setting->destructive) {
        error = undr_put_text(&result->received, "--destructive was not given");
    } else if (need != NULL && (need->minimum > 0 || strcmp(need->capability, "pickle") == 0)) {
        error = undr_put_format(
            &result->received, "the target does not declare %s %lld", need->capability, (long long)need->minimum);
    } else if (need != NULL) {
        error = undr_put_format(&result->received, "the target does not declare %s", need->capability);
    } else if (check_play_is_too_long(estimate, setting)) {
        result->undecided = true;
        error = undr_put_format(&result->received,
            "undecided: as slowly as this target answers it would take %.0f s or longer; --load plays it",
            (double)estimate / (double)CHECK_SECOND);
    } else {
        return false;
    }
    result->verdict = error == UNDR_OK ? CHECK_SKIP : CHECK_ERROR;
    return true;
}
