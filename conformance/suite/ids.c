/* ids.c: do a user's cases name requirements that the specification has? */
#include "suite/ids.h"

#include "base/text.h"

#include <string.h>

enum { MOST_IDS = 512 };

static const char *word_of(check_level level) {
    static const char *const words[] = {"must", "should", "may"};
    return words[level];
}

static const check_known_id *find_id(const check_known_id *known, const char *id) {
    while (known->id != NULL && strcmp(known->id, id) != 0) {
        known++;
    }
    return known->id == NULL ? NULL : known;
}

const char *check_nearest_id(const check_known_id *known, const char *id) {
    const char *choices[MOST_IDS + 1] = {NULL};
    for (size_t i = 0; i < MOST_IDS && known[i].id != NULL; i++) {
        choices[i] = known[i].id;
    }
    return check_text_nearest(id, choices);
}

static size_t warn(FILE *out, const char *file, const check_requirement *one, const check_known_id *known) {
    const check_known_id *found = find_id(known, one->id);
    if (found != NULL && found->level == one->level) {
        return 0;
    }
    fputs("undr-check: warning: ", out);
    check_text_plain(out, undr_slice_text(file));
    fprintf(out, ":%d: ", one->line);
    if (found != NULL) {
        fprintf(out, "%s is a `%s` in the specification, but a `%s` here\n", one->id, word_of(found->level),
            word_of(one->level));
        return 1;
    }
    const char *nearest = check_nearest_id(known, one->id);
    fprintf(out, "the specification has no requirement %s", one->id);
    fprintf(out, nearest == NULL ? " (spec/protocol.md lists them all)\n" : "; did you mean %s?\n", nearest);
    return 1;
}

static size_t warn_steps(
    FILE *out, const char *file, const check_step *steps, size_t count, const check_known_id *known) {
    size_t warned = 0;
    for (size_t i = 0; i < count; i++) {
        if (steps[i].what == CHECK_REQUIREMENT) {
            warned += warn(out, file, &steps[i].requirement, known);
        }
        warned += warn_steps(out, file, steps[i].steps, steps[i].step_count, known);
    }
    return warned;
}

size_t check_ids_warn(FILE *out, const check_suite *suite, const check_known_id *known) {
    size_t warned = 0;
    for (size_t i = suite->embedded; i < suite->count; i++) {
        const check_case *one = suite->all[i];
        for (size_t k = 0; k < one->requirement_count; k++) {
            warned += warn(out, one->file, &one->requirements[k], known);
        }
        warned += warn_steps(out, one->file, one->steps, one->step_count, known);
    }
    return warned;
}
