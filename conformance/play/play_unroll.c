/* play_unroll.c: a case without its blocks. */
#include "play/play_unroll.h"

#include "base/grow.h"

static undr_error add_line(check_played_lines *all, const check_played_line *one) {
    check_played_line *at = check_array_grow(all->at, all->count, &all->capacity, sizeof *at);
    if (at == NULL) {
        return UNDR_MEMORY;
    }
    all->at = at;
    all->at[all->count++] = *one;
    return UNDR_OK;
}

static undr_error add_list(check_played_lines *all, const check_step *steps, size_t count, check_played_line form) {
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < count && error == UNDR_OK; i++) {
        form.step = &steps[i];
        form.steps = steps;
        form.count = count;
        error = add_line(all, &form);
    }
    return error;
}

undr_error check_unroll(check_played_lines *all, const check_step *steps, size_t count) {
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < count && error == UNDR_OK; i++) {
        const check_step *one = &steps[i];
        if (one->what == CHECK_REPEAT) {
            for (uint64_t time = 0; time < one->number && error == UNDR_OK; time++) {
                error = add_list(
                    all, one->steps, one->step_count, (check_played_line){.counting = true, .counter = time});
            }
        } else if (one->what == CHECK_TOGETHER) {
            error = add_list(all, one->steps, one->step_count, (check_played_line){.hold = true});
            if (error == UNDR_OK) {
                error = add_line(all, &(check_played_line){.step = NULL});
            }
        } else {
            error = add_line(all, &(check_played_line){.step = one, .steps = steps, .count = count});
        }
    }
    return error;
}
