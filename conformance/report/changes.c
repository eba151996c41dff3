/* changes.c: what became of each case from one report to another. */
#include "report/changes.h"

#include <stdlib.h>
#include <string.h>

/* 0: it was not played; 1: well; 2: a SHOULD failed; 3: a MUST, or it was blocked; 4: the harness failed. */
static int grade(const check_outcome *one) {
    static const struct {
        const char *verdict;
        int grade;
    } grades[] = {{"pass", 1}, {"info", 1}, {"warn", 2}, {"fail", 3}, {"blocked", 3}, {"error", 4}};
    int found = 0;
    for (size_t i = 0; i < sizeof grades / sizeof *grades; i++) {
        found = strcmp(one->verdict, grades[i].verdict) == 0 ? grades[i].grade : found;
    }
    return found;
}

/* A blocked case counts as a failed one, but nobody knows what it would have failed for. */
static bool is_played(const check_outcome *one) {
    return grade(one) > 0 && strcmp(one->verdict, "blocked") != 0;
}

static check_change_kind kind_of(const check_outcome *old, const check_outcome *new) {
    if (old == NULL || new == NULL) {
        return old == NULL ? CHECK_CHANGE_ADDED : CHECK_CHANGE_GONE;
    }
    int before = grade(old), after = grade(new);
    if (before == 0 || after == 0 || (before == after && is_played(old) != is_played(new))) {
        return is_played(old) == is_played(new) ? CHECK_CHANGE_SAME
            : is_played(old)                    ? CHECK_CHANGE_SKIPPED_NOW
                                                : CHECK_CHANGE_PLAYED_NOW;
    }
    if (before == 4 || after == 4) {
        return before == after ? CHECK_CHANGE_SAME : CHECK_CHANGE_UNJUDGED;
    }
    if (before != after) {
        return before < after ? CHECK_CHANGE_REGRESSED : CHECK_CHANGE_IMPROVED;
    }
    return after > 1 && strcmp(old->id, new->id) != 0 ? CHECK_CHANGE_OTHER_CAUSE : CHECK_CHANGE_SAME;
}

const char *check_change_id(const check_change *one) {
    const check_outcome *told = one->what == CHECK_CHANGE_IMPROVED || one->new == NULL ? one->old : one->new;
    return told->id;
}

const char *check_change_name(const check_change *one) {
    return one->new == NULL ? one->old->name : one->new->name;
}

const check_outcome *check_change_told(const check_change *one) {
    const check_outcome *told = one->what == CHECK_CHANGE_IMPROVED ? one->old : one->new;
    return told != NULL && grade(told) > 1 ? told : NULL;
}

/* ---- alike ones ---- */

static const char *role_of(const check_change *one) {
    return one->new == NULL ? one->old->role : one->new->role;
}

/* Of what kind its failure is; "": it did not fail, or the report does not say. */
static const char *shape_of(const check_change *one) {
    const check_outcome *told = check_change_told(one);
    return told == NULL ? "" : told->kind;
}

static int compare_groups(const check_change *a, const check_change *b) {
    int order = (int)a->what - (int)b->what;
    order = order != 0 ? order : strcmp(role_of(a), role_of(b));
    return order != 0 ? order : strcmp(shape_of(a), shape_of(b));
}

static size_t length_of(const check_change *one) {
    const check_outcome *told = check_change_told(one);
    return told == NULL ? 0 : strlen(told->transcript);
}

/* Alike ones side by side: first a MUST, then the one that shows the least, which explains the most. */
static int compare_alike(const void *left, const void *right) {
    const check_change *a = left, *b = right;
    int order = compare_groups(a, b);
    if (order == 0 && check_change_told(a) != NULL && check_change_told(b) != NULL) {
        order = grade(check_change_told(b)) - grade(check_change_told(a));
    }
    if (order != 0 || length_of(a) == length_of(b)) {
        return order != 0 ? order : strcmp(check_change_name(a), check_change_name(b));
    }
    return length_of(a) < length_of(b) ? -1 : 1;
}

/* What is most first, then by requirement, then by name. */
static int compare_leaders(const void *left, const void *right) {
    const check_change *a = *(const check_change *const *)left, *b = *(const check_change *const *)right;
    int order = (int)a->what - (int)b->what;
    if (order == 0 && a->alike != b->alike) {
        return a->alike > b->alike ? -1 : 1;
    }
    order = order != 0 ? order : strcmp(check_change_id(a), check_change_id(b));
    return order != 0 ? order : strcmp(check_change_name(a), check_change_name(b));
}

/* How many stand together from `from` on; what has no shape stands alone. */
static size_t run_of(const check_change *all, size_t count, size_t from) {
    size_t to = from + 1;
    while (to < count && shape_of(&all[from])[0] != '\0' && compare_groups(&all[from], &all[to]) == 0) {
        to++;
    }
    return to - from;
}

/* Puts groups in the order of their leaders. False: no memory. */
static bool order_groups(check_change *all, size_t count) {
    check_change *sorted = calloc(count + 1, sizeof *sorted);
    const check_change **leaders = calloc(count + 1, sizeof *leaders);
    bool done = sorted != NULL && leaders != NULL;
    size_t groups = 0, placed = 0;
    for (size_t from = 0; done && from < count; from += all[from].alike) {
        all[from].alike = run_of(all, count, from);
        leaders[groups++] = &all[from];
    }
    if (done) {
        qsort(leaders, groups, sizeof *leaders, compare_leaders);
    }
    for (size_t i = 0; done && i < groups; i++) {
        memcpy(sorted + placed, leaders[i], leaders[i]->alike * sizeof *sorted);
        placed += leaders[i]->alike;
    }
    if (done) {
        memcpy(all, sorted, count * sizeof *all);
    }
    free(leaders);
    free(sorted);
    return done;
}

check_change *check_changes_collect(const check_results *old, const check_results *new, size_t *count) {
    check_change *all = calloc(old->count + new->count + 1, sizeof *all);
    *count = 0;
    for (size_t i = 0; all != NULL && i < new->count; i++) {
        const check_outcome *one = &new->at[i];
        if (check_results_has_role(old, one->role)) {
            const check_outcome *before = check_results_counterpart(old, one);
            all[(*count)++] = (check_change){kind_of(before, one), before, one, 0};
        }
    }
    for (size_t i = 0; all != NULL && i < old->count; i++) {
        const check_outcome *one = &old->at[i];
        if (check_results_has_role(new, one->role) && check_results_counterpart(new, one) == NULL) {
            all[(*count)++] = (check_change){CHECK_CHANGE_GONE, one, NULL, 0};
        }
    }
    if (all != NULL) {
        qsort(all, *count, sizeof *all, compare_alike);
    }
    if (all != NULL && !order_groups(all, *count)) {
        free(all);
        all = NULL;
    }
    return all;
}

size_t check_changes_count(const check_change *all, size_t count, check_change_kind what) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        found += all[i].what == what ? 1 : 0;
    }
    return found;
}
