/* suite_choose.c: which cases run: filtered, shared out, each behind those that it comes after. */
#include "suite/suite.h"

#include "base/text.h"
#include "base/writer.h"

#include <stdlib.h>
#include <string.h>

const char *check_suite_life(check_role role) {
    static const char *const names[CHECK_ROLE_COUNT] = {
        "manager.life.of-a-task", "worker.life.of-a-task", "pool.life.of-a-task"};
    return names[role];
}

bool check_suite_is_life(const check_case *one) {
    const char *life = check_suite_life(one->role);
    return strncmp(one->name, life, (size_t)(strrchr(life, '.') + 1 - life)) == 0;
}

bool check_suite_needs_life(const check_case *one) {
    bool frames = strcmp(one->name, check_suite_life(one->role)) == 0;
    for (size_t i = 0; i < one->requirement_count; i++) {
        frames = frames || strncmp(one->requirements[i].id, "FRAME-", 6) == 0;
    }
    return !frames;
}

/* One visit of a case on the way through what it comes after. */
typedef enum check_mark { CHECK_UNSEEN, CHECK_OPEN, CHECK_TAKEN } check_mark;

/* A case on the way through what it comes after. */
typedef struct visit {
    size_t index, next; /* in the suite; of its `after`, to be visited */
} visit;

struct choosing {
    const check_suite *suite;
    const check_options *options;
    check_mark *marks; /* one per case of the suite, as the next three; owned */
    visit *path;
    size_t *roots;        /* of the case, see root_of; only with shards */
    size_t *turns;        /* of a root among those that are dealt out with it */
    size_t depth;         /* of the path */
    check_name_map plain; /* the patterns of --only that name one case, */
    char **wild;          /* and the others; owned */
    size_t wild_count;
    check_selection *selection;
    undr_buffer *message;
};

static bool is_plain(const char *pattern) {
    return pattern[strcspn(pattern, "*?[\\")] == '\0';
}

static bool is_wanted(const struct choosing *choosing, const check_case *one) {
    bool wanted = choosing->options->only.count == 0
        || check_name_map_get(&choosing->plain, one->name) != CHECK_NO_NAME;
    for (size_t i = 0; i < one->was_count && !wanted; i++) {
        wanted = check_name_map_get(&choosing->plain, one->was[i]) != CHECK_NO_NAME;
    }
    for (size_t i = 0; i < choosing->wild_count && !wanted; i++) {
        wanted = check_case_fits(one, choosing->wild[i]);
    }
    return wanted;
}

static bool is_left_out(const struct choosing *choosing, const check_case *one) {
    const check_texts *skip = &choosing->options->skip;
    bool left_out = false;
    for (size_t i = 0; i < skip->count && !left_out; i++) {
        left_out = check_case_fits(one, skip->at[i]);
    }
    return left_out;
}

static bool matches_any(const check_suite *suite, const check_options *options, const char *pattern) {
    if (is_plain(pattern)) {
        const check_case *one = check_suite_find(suite, pattern);
        return one != NULL && options->roles[one->role];
    }
    for (size_t i = 0; i < suite->count; i++) {
        const check_case *one = suite->all[i];
        if (options->roles[one->role] && check_case_fits(one, pattern)) {
            return true;
        }
    }
    return false;
}

static undr_error refuse_pattern(
    const check_options *options, const char *option, const char *pattern, undr_buffer *message) {
    undr_error error = undr_put_format(message, "no case matches %s '%s'", option, pattern);
    const char *before = " in the role ";
    for (int role = 0; role < CHECK_ROLE_COUNT && error == UNDR_OK; role++) {
        error = options->roles[role] ? undr_put_format(message, "%s%s", before, check_role_name((check_role)role))
                                     : UNDR_OK;
        before = options->roles[role] ? ", " : before;
    }
    return error;
}

/* "; did you mean NAME?" of the roles that are run; nothing for a pattern. */
static undr_error put_nearest(
    const check_suite *suite, const check_options *options, const char *pattern, undr_buffer *message) {
    const char **names = is_plain(pattern) ? calloc(suite->count + 1, sizeof *names) : NULL;
    size_t count = 0;
    for (size_t i = 0; names != NULL && i < suite->count; i++) {
        if (options->roles[suite->all[i]->role]) {
            names[count++] = suite->all[i]->name;
        }
    }
    const char *nearest = names == NULL ? NULL : check_text_nearest(pattern, names);
    free(names);
    return nearest == NULL ? undr_put_text(message, ": --list prints the names; a pattern is like 'manager.close-*'")
                           : undr_put_format(message, "; did you mean %s? (--list prints the names)", nearest);
}

static undr_error try_patterns(const check_suite *suite, const check_options *options, const char *option,
    const check_texts *patterns, undr_buffer *message) {
    for (size_t i = 0; i < patterns->count; i++) {
        if (!matches_any(suite, options, patterns->at[i])) {
            undr_error error = refuse_pattern(options, option, patterns->at[i], message);
            return check_refused(error == UNDR_OK ? put_nearest(suite, options, patterns->at[i], message) : error);
        }
    }
    return UNDR_OK;
}

undr_error check_suite_try_patterns(const check_suite *suite, const check_options *options, undr_buffer *message) {
    undr_error error = try_patterns(suite, options, "--only", &options->only, message);
    return error == UNDR_OK ? try_patterns(suite, options, "--skip", &options->skip, message) : error;
}

/* Goes to a case, unless it is already taken. */
static undr_error enter_case(struct choosing *choosing, size_t index) {
    const check_case *one = choosing->suite->all[index];
    if (choosing->marks[index] == CHECK_TAKEN) {
        return UNDR_OK;
    }
    if (choosing->marks[index] == CHECK_OPEN) {
        return check_refused(
            undr_put_format(choosing->message, "%s:%d: %s comes after itself", one->file, one->line, one->name));
    }
    choosing->marks[index] = CHECK_OPEN;
    choosing->path[choosing->depth++] = (visit){index, 0};
    return UNDR_OK;
}

/* From the case at the end of the path to the next one that it comes after, or back after the last one. */
static undr_error advance_visit(struct choosing *choosing) {
    visit *here = &choosing->path[choosing->depth - 1];
    const check_case *one = choosing->suite->all[here->index];
    if (here->next == one->after_count) {
        choosing->marks[here->index] = CHECK_TAKEN;
        choosing->selection->at[choosing->selection->count++] = one;
        choosing->depth--;
        return UNDR_OK;
    }
    const char *name = one->after[here->next++];
    size_t before = check_name_map_get(&choosing->suite->by_name, name);
    if (before == CHECK_NO_NAME || choosing->suite->all[before]->role != one->role) {
        return check_refused(undr_put_format(
            choosing->message, "%s:%d: `after %s`: this role has no such case", one->file, one->line, name));
    }
    return enter_case(choosing, before);
}

/* Takes a case, and before it what it comes after. Not recursively: a chain may be as long as a file. */
static undr_error take_case(struct choosing *choosing, size_t index) {
    undr_error error = enter_case(choosing, index);
    while (error == UNDR_OK && choosing->depth > 0) {
        error = advance_visit(choosing);
    }
    return error;
}

/* ---- shards ---- */

/* A root that is not known yet, or that the present path leads to. */
#define UNKNOWN SIZE_MAX
#define ON_PATH (SIZE_MAX - 1)

/* Finds the case whose turn decides the shard: the first precondition of the first precondition ..., so that a chain
 * stays whole. A circle, which is refused later, has one, too. */
static void find_root(struct choosing *choosing, size_t index) {
    const check_suite *suite = choosing->suite;
    size_t depth = 0, root = index;
    while (choosing->roots[root] == UNKNOWN) {
        choosing->roots[root] = ON_PATH;
        choosing->path[depth++] = (visit){root, 0};
        const check_case *one = suite->all[root];
        size_t before = one->after_count == 0 ? CHECK_NO_NAME : check_name_map_get(&suite->by_name, one->after[0]);
        root = before == CHECK_NO_NAME ? root : before;
    }
    root = choosing->roots[root] == ON_PATH ? root : choosing->roots[root];
    while (depth > 0) {
        choosing->roots[choosing->path[--depth].index] = root;
    }
}

/* Roots of a role are dealt out like cards, regardless of --only, so that a case is always in the same shard. */
static undr_error deal_out(struct choosing *choosing) {
    const check_suite *suite = choosing->suite;
    size_t turns[CHECK_ROLE_COUNT][2] = {{0}};
    choosing->roots = calloc(suite->count + 1, sizeof *choosing->roots);
    choosing->turns = calloc(suite->count + 1, sizeof *choosing->turns);
    if (choosing->roots == NULL || choosing->turns == NULL) {
        return UNDR_MEMORY;
    }
    for (size_t i = 0; i < suite->count; i++) {
        choosing->roots[i] = UNKNOWN;
    }
    for (size_t i = 0; i < suite->count; i++) {
        const check_case *one = suite->all[i];
        find_root(choosing, i);
        choosing->turns[i] = choosing->roots[i] == i ? turns[one->role][one->load]++ : 0;
    }
    return UNDR_OK;
}

static bool is_in_shard(const struct choosing *choosing, size_t index) {
    const check_options *options = choosing->options;
    return options->shards == 1 || choosing->turns[choosing->roots[index]] % options->shards == options->shard - 1;
}

/* ---- the whole ---- */

static undr_error choose_cases(struct choosing *choosing, check_role role) {
    const check_options *options = choosing->options;
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < choosing->suite->count && error == UNDR_OK; i++) {
        const check_case *one = choosing->suite->all[i];
        if (one->role != role || !is_wanted(choosing, one)) {
            continue;
        }
        if (is_left_out(choosing, one)) {
            choosing->selection->left_out++;
            continue;
        }
        if (one->load && !options->load) {
            choosing->selection->heavy++;
            continue;
        }
        bool life = options->only.count == 0 && check_suite_is_life(one);
        error = life || is_in_shard(choosing, i) ? take_case(choosing, i) : UNDR_OK;
    }
    return error;
}

static undr_error sort_patterns(struct choosing *choosing) {
    const check_texts *only = &choosing->options->only;
    undr_error error = UNDR_OK;
    choosing->wild = calloc(only->count + 1, sizeof *choosing->wild);
    if (choosing->wild == NULL) {
        return UNDR_MEMORY;
    }
    for (size_t i = 0; i < only->count && error == UNDR_OK; i++) {
        if (is_plain(only->at[i])) {
            error = check_name_map_put(&choosing->plain, only->at[i], i, NULL);
        } else {
            choosing->wild[choosing->wild_count++] = only->at[i];
        }
    }
    return error;
}

static undr_error allocate_marks(struct choosing *choosing) {
    size_t count = choosing->suite->count + 1;
    choosing->selection->at = calloc(count, sizeof *choosing->selection->at);
    choosing->marks = calloc(count, sizeof *choosing->marks);
    choosing->path = calloc(count, sizeof *choosing->path);
    if (choosing->selection->at == NULL || choosing->marks == NULL || choosing->path == NULL) {
        return UNDR_MEMORY;
    }
    undr_error error = sort_patterns(choosing);
    return error == UNDR_OK && choosing->options->shards > 1 ? deal_out(choosing) : error;
}

undr_error check_suite_select(const check_suite *suite, check_role role, const check_options *options,
    check_selection *selection, undr_buffer *message) {
    *selection = (check_selection){0};
    struct choosing choosing = {.suite = suite, .options = options, .selection = selection, .message = message};
    undr_error error = allocate_marks(&choosing);
    size_t life = check_name_map_get(&suite->by_name, check_suite_life(role));
    if (error == UNDR_OK && options->only.count == 0 && life != CHECK_NO_NAME
        && !is_left_out(&choosing, suite->all[life])) {
        error = take_case(&choosing, life);
    }
    if (error == UNDR_OK) {
        error = choose_cases(&choosing, role);
    }
    free(choosing.marks);
    free(choosing.path);
    free(choosing.roots);
    free(choosing.turns);
    free(choosing.wild);
    check_name_map_free(&choosing.plain);
    if (error != UNDR_OK) {
        free(selection->at);
        *selection = (check_selection){0};
    }
    return error;
}
