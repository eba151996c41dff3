/* play_needs.c: the capabilities that a case needs: is there one that the target does not declare? */
#include "play/play_private.h"

#include "base/text.h"

#include <string.h>

/* A capability that the harness gives no meaning to: a line of its own, with a number that is large enough. */
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

static bool has(const check_capabilities *declared, const check_need *need) {
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

const check_need *check_player_lacks(const check_case *one, const check_setting *setting) {
    for (size_t i = 0; i < one->need_count; i++) {
        if (!has(&setting->capabilities, &one->needs[i])) {
            return &one->needs[i];
        }
    }
    return NULL;
}
