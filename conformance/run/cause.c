/* cause.c: one cause that every case meets. */
#include "run/cause.h"

#include "base/grow.h"
#include "suite/suite.h"

#include <stdlib.h>

static check_kind *find(const check_causes *causes, uint32_t kind) {
    for (size_t i = 0; i < causes->count; i++) {
        if (causes->at[i].kind == kind) {
            return &causes->at[i];
        }
    }
    return NULL;
}

/* NULL: no memory. */
static check_kind *find_or_add(check_causes *causes, uint32_t kind) {
    check_kind *found = find(causes, kind);
    if (found != NULL) {
        return found;
    }
    check_kind *grown = check_array_grow(causes->at, causes->count, &causes->capacity, sizeof *grown);
    if (grown == NULL) {
        return NULL;
    }
    causes->at = grown;
    causes->at[causes->count] = (check_kind){.kind = kind};
    return &causes->at[causes->count++];
}

/* ---- what came ---- */

/* What came until a play ended, at that line of its case; 0: at its end. */
struct came {
    check_causes *causes;
    int line;
    undr_error error;
};

static void set_came(struct came *self, uint32_t kind) {
    check_kind *one = find_or_add(self->causes, kind);
    self->error = one == NULL ? UNDR_MEMORY : self->error;
    if (one != NULL) {
        one->came = true;
    }
}

static bool has_come(void *context, const check_step *step, check_wait_kind kind) {
    struct came *self = context;
    if (step->line == self->line) {
        return false;
    }
    set_came(self, kind.wide);
    set_came(self, kind.narrow);
    return self->error == UNDR_OK;
}

/* ---- what did not ---- */

/* The one that is made to show it, else the shorter one. */
static bool is_plainer(const check_case *a, const check_case *b) {
    bool a_life = check_suite_is_life(a), b_life = check_suite_is_life(b);
    return a_life != b_life ? a_life : a->step_count < b->step_count;
}

static void count_case(check_kind *kind, const check_case *one) {
    for (size_t i = 0; i < kind->failed && i < CHECK_CAUSE_CASES; i++) {
        if (kind->cases[i] == one) {
            return;
        }
    }
    if (kind->failed < CHECK_CAUSE_CASES) {
        kind->cases[kind->failed++] = one;
    }
    kind->least = kind->least == NULL || is_plainer(one, kind->least) ? one : kind->least;
}

static undr_error add_in_vain(check_causes *causes, const check_case *one, uint32_t kind, uint32_t narrow) {
    check_kind *found = kind == 0 ? NULL : find_or_add(causes, kind);
    if (found != NULL) {
        found->varied = found->varied || (found->narrow != 0 && found->narrow != narrow);
        found->narrow = narrow;
        count_case(found, one);
    }
    return found == NULL && kind != 0 ? UNDR_MEMORY : UNDR_OK;
}

undr_error check_causes_note(check_causes *causes, const check_case *one, const check_result *result) {
    struct came came = {causes, result->verdict == CHECK_PASS ? 0 : result->line, UNDR_OK};
    bool started = came.line != one->line; /* else it never came to its first step, or failed behind its last one */
    if (result->verdict == CHECK_SKIP || result->verdict == CHECK_BLOCKED || result->verdict == CHECK_ERROR) {
        return UNDR_OK;
    }
    if (started) {
        set_came(&came, check_wait_kind_at(one, one->line).wide);
        check_each_wait(one, has_come, &came);
    }
    if (came.error != UNDR_OK || result->verdict != CHECK_FAIL || !result->in_vain) {
        return came.error;
    }
    check_wait_kind kind = check_wait_kind_at(one, result->line);
    undr_error error = add_in_vain(causes, one, kind.wide, kind.narrow);
    bool both = error == UNDR_OK && kind.narrow != kind.wide;
    return both ? add_in_vain(causes, one, kind.narrow, kind.narrow) : error;
}

/* ---- what that keeps from passing ---- */

struct search {
    const check_causes *causes;
    const check_case *blocker;
};

/* Where all have done the same before, that may be the reason: it blocks only those that do it, too. */
static bool is_met(const check_kind *one) {
    return !one->came && one->failed == CHECK_CAUSE_CASES && (one->varied || one->narrow == one->kind);
}

static const check_case *cause_of(const check_causes *causes, uint32_t kind) {
    const check_kind *one = find(causes, kind);
    return one != NULL && is_met(one) ? one->least : NULL;
}

bool check_causes_is_met(const check_causes *causes, check_wait_kind kind) {
    return cause_of(causes, kind.wide) != NULL || cause_of(causes, kind.narrow) != NULL;
}

static bool search(void *context, const check_step *step, check_wait_kind kind) {
    struct search *self = context;
    (void)step;
    self->blocker = cause_of(self->causes, kind.wide);
    self->blocker = self->blocker == NULL ? cause_of(self->causes, kind.narrow) : self->blocker;
    return self->blocker == NULL;
}

static bool is_any_met(const check_causes *causes) {
    bool met = false;
    for (size_t i = 0; i < causes->count && !met; i++) {
        met = is_met(&causes->at[i]);
    }
    return met;
}

const check_case *check_causes_blocker(const check_causes *causes, const check_case *one) {
    if (!is_any_met(causes)) {
        return NULL;
    }
    struct search self = {causes, cause_of(causes, check_wait_kind_at(one, one->line).wide)};
    if (self.blocker == NULL) {
        check_each_wait(one, search, &self);
    }
    return self.blocker == one ? NULL : self.blocker;
}

void check_causes_free(check_causes *causes) {
    free(causes->at);
    *causes = (check_causes){0};
}
