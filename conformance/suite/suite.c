/* suite.c: which cases run: the embedded ones and the user's, filtered, ordered, shared out. */
#include "suite.h"

#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- loading ---- */

const check_case *check_suite_find(const check_suite *suite, const char *name) {
    for (size_t i = 0; i < suite->count; i++) {
        if (strcmp(suite->all[i]->name, name) == 0) {
            return suite->all[i];
        }
    }
    return NULL;
}

static undr_error refuse(undr_error error) {
    return error == UNDR_OK ? UNDR_ARGUMENT : error;
}

static undr_error grow(check_suite *suite, size_t cases) {
    check_cases *files = realloc(suite->files, (suite->file_count + 1) * sizeof *files);
    if (files == NULL) {
        return UNDR_MEMORY;
    }
    suite->files = files;
    char **names = realloc(suite->names, (suite->file_count + 1) * sizeof *names);
    if (names == NULL) {
        return UNDR_MEMORY;
    }
    suite->names = names;
    const check_case **all = realloc(suite->all, (suite->count + cases + 1) * sizeof *all);
    if (all == NULL) {
        return UNDR_MEMORY;
    }
    suite->all = all;
    return UNDR_OK;
}

/* Takes over `cases` and `name`. */
static undr_error take_over(check_suite *suite, check_cases cases, char *name, undr_buffer *message) {
    undr_error error = grow(suite, cases.count);
    if (error != UNDR_OK) {
        check_cases_free(&cases);
        free(name);
        return error;
    }
    suite->files[suite->file_count] = cases;
    suite->names[suite->file_count] = name;
    suite->file_count++;
    for (size_t i = 0; i < cases.count; i++) {
        const check_case *one = &cases.at[i];
        const check_case *other = check_suite_find(suite, one->name);
        if (other != NULL) {
            return refuse(
                undr_put_format(message, "%s:%d: the case %s stands at %s:%d already; give one of them another name",
                    one->file, one->line, one->name, other->file, other->line));
        }
        suite->all[suite->count++] = one;
    }
    return UNDR_OK;
}

/* Takes over `name`. */
static undr_error add_text(check_suite *suite, undr_slice text, char *name, undr_buffer *message) {
    check_cases cases = {0};
    check_mistake mistake = {0};
    if (name == NULL) {
        return UNDR_MEMORY;
    }
    undr_error error = check_parse(text, name, &cases, &mistake);
    if (error == UNDR_OK) {
        return take_over(suite, cases, name, message);
    }
    if (error == UNDR_ARGUMENT) {
        /* The parser's text begins with the place; one that did not would lose it. */
        bool placed = strncmp(mistake.text, name, strlen(name)) == 0;
        error = placed
            ? refuse(undr_put_text(message, mistake.text))
            : refuse(undr_put_format(message, "%s:%d:%d: %s", name, mistake.line, mistake.column, mistake.text));
    }
    check_cases_free(&cases);
    free(name);
    return error;
}

undr_error check_suite_add_text(
    check_suite *suite, undr_slice text, const char *name, undr_buffer *message) {
    return add_text(suite, text, strdup(name), message);
}

undr_error check_suite_add_file(check_suite *suite, const char *path, undr_buffer *message) {
    undr_buffer text = {0};
    undr_error error = check_file_read(path, &text, message);
    if (error == UNDR_OK) {
        error = add_text(suite, undr_buffer_slice(&text), strdup(path), message);
    }
    undr_buffer_free(&text);
    return error;
}

static bool is_case_file(const char *name) {
    size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".case") == 0;
}

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static undr_error add_path(check_suite *suite, const char *path, bool named, undr_buffer *message);

static undr_error add_folder(check_suite *suite, const char *path, undr_buffer *message) {
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_visible, alphasort);
    undr_error error = UNDR_OK;
    if (count < 0) {
        return refuse(undr_put_format(message, "%s: cannot be read: %s", path, strerror(errno)));
    }
    for (int i = 0; i < count; i++) {
        undr_buffer below = {0};
        if (error == UNDR_OK) {
            error = undr_put_format(&below, "%s/%s", path, entries[i]->d_name);
        }
        if (error == UNDR_OK) {
            error = undr_put_u8(&below, 0);
        }
        if (error == UNDR_OK) {
            error = add_path(suite, (const char *)below.data, false, message);
        }
        undr_buffer_free(&below);
        free(entries[i]);
    }
    free(entries);
    return error;
}

/* named: by the user, so that it need not end with .case. */
static undr_error add_path(check_suite *suite, const char *path, bool named, undr_buffer *message) {
    struct stat status;
    if (stat(path, &status) != 0) {
        if (!named && errno == ENOENT && !is_case_file(path)) {
            return UNDR_OK; /* a link to nowhere, such as an editor's lock */
        }
        return refuse(undr_put_format(message, "%s: %s", path, strerror(errno)));
    }
    if (S_ISDIR(status.st_mode)) {
        return add_folder(suite, path, message);
    }
    return named || is_case_file(path) ? check_suite_add_file(suite, path, message) : UNDR_OK;
}

undr_error check_suite_add_path(check_suite *suite, const char *path, undr_buffer *message) {
    size_t before = suite->count;
    size_t length = strlen(path);
    char *bare = strndup(path, length > 1 && path[length - 1] == '/' ? length - 1 : length);
    if (bare == NULL) {
        return UNDR_MEMORY;
    }
    undr_error error = add_path(suite, bare, true, message);
    if (error == UNDR_OK && suite->count == before) {
        error = refuse(undr_put_format(message, "%s: there is no *.case file in this folder", path));
    }
    free(bare);
    return error;
}

static undr_error add_embedded(check_suite *suite, const check_embedded *embedded, undr_buffer *message) {
    undr_error error = UNDR_OK;
    for (; embedded->name != NULL && error == UNDR_OK; embedded++) {
        undr_buffer name = {0};
        error = undr_put_format(&name, "conformance/cases/%s", embedded->name);
        if (error == UNDR_OK) {
            char *copy = strndup((const char *)name.data, name.size);
            error = add_text(suite, undr_slice_of(embedded->data, embedded->size), copy, message);
        }
        undr_buffer_free(&name);
    }
    return error;
}

undr_error check_suite_load(check_suite *suite, const check_embedded *embedded, const check_texts *folders,
    undr_buffer *message, bool *embedded_mistake) {
    *suite = (check_suite){0};
    undr_error error = add_embedded(suite, embedded, message);
    *embedded_mistake = error != UNDR_OK;
    suite->embedded = suite->count;
    for (size_t i = 0; i < folders->count && error == UNDR_OK; i++) {
        error = check_suite_add_path(suite, folders->at[i], message);
    }
    return error;
}

void check_suite_free(check_suite *suite) {
    for (size_t i = 0; i < suite->file_count; i++) {
        check_cases_free(&suite->files[i]);
        free(suite->names[i]);
    }
    free(suite->files);
    free(suite->names);
    free(suite->all);
    *suite = (check_suite){0};
}

/* ---- choosing ---- */

const char *check_suite_life(check_role role) {
    static const char *const names[CHECK_ROLE_COUNT] = {
        "manager.life.of-a-task", "worker.life.of-a-task", "pool.life.of-a-task"};
    return names[role];
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

struct choosing {
    const check_suite *suite;
    const check_options *options;
    check_mark *marks; /* one per case of the suite */
    check_selection *selection;
    undr_buffer *message;
};

static bool is_wanted(const check_case *one, const check_texts *only) {
    for (size_t i = 0; i < only->count; i++) {
        if (fnmatch(only->at[i], one->name, 0) == 0) {
            return true;
        }
    }
    return only->count == 0;
}

static bool matches_any(const check_suite *suite, const check_options *options, const char *pattern) {
    for (size_t i = 0; i < suite->count; i++) {
        const check_case *one = suite->all[i];
        if (options->roles[one->role] && fnmatch(pattern, one->name, 0) == 0) {
            return true;
        }
    }
    return false;
}

undr_error check_suite_try_patterns(const check_suite *suite, const check_options *options, undr_buffer *message) {
    for (size_t i = 0; i < options->only.count; i++) {
        if (matches_any(suite, options, options->only.at[i])) {
            continue;
        }
        undr_error error = undr_put_format(message, "no case matches --only '%s'", options->only.at[i]);
        const char *before = " in the role ";
        for (int role = 0; role < CHECK_ROLE_COUNT && error == UNDR_OK; role++) {
            error = options->roles[role] ? undr_put_format(message, "%s%s", before, check_role_name((check_role)role))
                                         : UNDR_OK;
            before = options->roles[role] ? ", " : before;
        }
        error = error == UNDR_OK ? undr_put_text(message, ": --list prints the names; a pattern is like "
            "'manager.close-*'") : error;
        return refuse(error);
    }
    return UNDR_OK;
}

static size_t index_of(const check_suite *suite, const char *name) {
    size_t index = 0;
    while (index < suite->count && strcmp(suite->all[index]->name, name) != 0) {
        index++;
    }
    return index;
}

/* Takes a case, and before it what it comes after. */
static undr_error take(struct choosing *choosing, size_t index) {
    const check_case *one = choosing->suite->all[index];
    if (choosing->marks[index] == CHECK_TAKEN) {
        return UNDR_OK;
    }
    if (choosing->marks[index] == CHECK_OPEN) {
        return refuse(
            undr_put_format(choosing->message, "%s:%d: %s comes after itself", one->file, one->line, one->name));
    }
    choosing->marks[index] = CHECK_OPEN;
    for (size_t i = 0; i < one->after_count; i++) {
        size_t before = index_of(choosing->suite, one->after[i]);
        if (before == choosing->suite->count || choosing->suite->all[before]->role != one->role) {
            return refuse(undr_put_format(choosing->message, "%s:%d: `after %s`: there is no such case of this role",
                one->file, one->line, one->after[i]));
        }
        undr_error error = take(choosing, before);
        if (error != UNDR_OK) {
            return error;
        }
    }
    choosing->marks[index] = CHECK_TAKEN;
    choosing->selection->at[choosing->selection->count++] = one;
    return UNDR_OK;
}

/* The case whose turn decides the shard: the first precondition of the first precondition ..., so that a chain stays
 * whole. */
static size_t root_of(const check_suite *suite, size_t index) {
    for (size_t steps = 0; steps < suite->count && suite->all[index]->after_count > 0; steps++) {
        size_t before = index_of(suite, suite->all[index]->after[0]);
        if (before == suite->count) {
            break;
        }
        index = before;
    }
    return index;
}

/* Roots of a role are dealt out like cards, whatever --only says, so that a case is always in the same shard. */
static bool is_in_shard(const struct choosing *choosing, size_t index) {
    const check_suite *suite = choosing->suite;
    size_t root = root_of(suite, index), turn = 0;
    for (size_t i = 0; i < root; i++) {
        bool alike = suite->all[i]->role == suite->all[root]->role && suite->all[i]->load == suite->all[root]->load;
        turn += alike && root_of(suite, i) == i ? 1 : 0;
    }
    return turn % choosing->options->shards == choosing->options->shard - 1;
}

static undr_error choose(struct choosing *choosing, check_role role) {
    const check_options *options = choosing->options;
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < choosing->suite->count && error == UNDR_OK; i++) {
        const check_case *one = choosing->suite->all[i];
        if (one->role != role || !is_wanted(one, &options->only)) {
            continue;
        }
        if (one->load && !options->load) {
            choosing->selection->heavy++;
            continue;
        }
        if (options->shards == 1 || is_in_shard(choosing, i)) {
            error = take(choosing, i);
        }
    }
    return error;
}

undr_error check_suite_select(const check_suite *suite, check_role role, const check_options *options,
    check_selection *selection, undr_buffer *message) {
    *selection = (check_selection){0};
    selection->at = calloc(suite->count + 1, sizeof *selection->at);
    check_mark *marks = calloc(suite->count + 1, sizeof *marks);
    undr_error error = selection->at == NULL || marks == NULL ? UNDR_MEMORY : UNDR_OK;
    struct choosing choosing = {suite, options, marks, selection, message};
    size_t life = index_of(suite, check_suite_life(role));
    if (error == UNDR_OK && options->only.count == 0 && life < suite->count) {
        error = take(&choosing, life);
    }
    if (error == UNDR_OK) {
        error = choose(&choosing, role);
    }
    free(marks);
    if (error != UNDR_OK) {
        free(selection->at);
        *selection = (check_selection){0};
    }
    return error;
}
