/* suite.c: all cases: the embedded ones and the user's. */
#include "suite/suite.h"

#include "base/shortage.h"
#include "base/user_file.h"
#include "base/writer.h"

#include "base/text.h"
#include "notation/parse.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const check_case *check_suite_find(const check_suite *suite, const char *name) {
    size_t index = check_name_map_get(&suite->by_name, name);
    return index == CHECK_NO_NAME ? NULL : suite->all[index];
}

static undr_error refuse_path(undr_buffer *message, const char *path, int reason) {
    undr_error error = undr_put_format(message, "%s: ", path);
    error = error == UNDR_OK ? check_put_reason(message, reason) : error;
    return error != UNDR_OK ? error : check_is_shortage(reason) ? UNDR_SYSTEM : UNDR_ARGUMENT;
}

/* Room for one more file: doubled each time, so that many files do not cost quadratic time. */
static undr_error grow_files(check_suite *suite) {
    size_t capacity = suite->file_capacity == 0 ? 8 : 2 * suite->file_capacity;
    check_cases *files = realloc(suite->files, capacity * sizeof *files);
    if (files == NULL) {
        return UNDR_MEMORY;
    }
    suite->files = files;
    char **names = realloc(suite->names, capacity * sizeof *names);
    if (names == NULL) {
        return UNDR_MEMORY;
    }
    suite->names = names;
    suite->file_capacity = capacity;
    return UNDR_OK;
}

static undr_error grow_cases(check_suite *suite, size_t cases) {
    undr_error error = suite->file_count == suite->file_capacity ? grow_files(suite) : UNDR_OK;
    size_t needed = suite->count + cases + 1;
    if (error != UNDR_OK || needed <= suite->capacity) {
        return error;
    }
    const check_case **all = realloc(suite->all, 2 * needed * sizeof *all);
    if (all == NULL) {
        return UNDR_MEMORY;
    }
    suite->all = all;
    suite->capacity = 2 * needed;
    return UNDR_OK;
}

/* The name of a case, or a former one. */
static undr_error add_name(check_suite *suite, const check_case *one, const char *name, undr_buffer *message) {
    size_t before = CHECK_NO_NAME;
    undr_error error = check_name_map_put(&suite->by_name, name, suite->count, &before);
    if (error != UNDR_OK || before == CHECK_NO_NAME) {
        return error;
    }
    const check_case *other = suite->all[before];
    return check_refused(undr_put_format(message,
        name == one->name && strcmp(other->name, name) == 0
            ? "%s:%d: the case %s is already at %s:%d; give one of them another name"
            : "%s:%d: %s is a name, or a former name, of the case at %s:%d; no other case may have it",
        one->file, one->line, name, other->file, other->line));
}

static undr_error add_case(check_suite *suite, const check_case *one, undr_buffer *message) {
    suite->all[suite->count] = one;
    undr_error error = add_name(suite, one, one->name, message);
    for (size_t i = 0; i < one->was_count && error == UNDR_OK; i++) {
        error = add_name(suite, one, one->was[i], message);
    }
    suite->count += error == UNDR_OK ? 1 : 0;
    return error;
}

/* Takes over `cases` and `name`. */
static undr_error take_over(check_suite *suite, check_cases cases, char *name, undr_buffer *message) {
    undr_error error = grow_cases(suite, cases.count);
    if (error != UNDR_OK) {
        check_cases_free(&cases);
        free(name);
        return error;
    }
    suite->files[suite->file_count] = cases;
    suite->names[suite->file_count] = name;
    suite->file_count++;
    for (size_t i = 0; i < cases.count; i++) {
        error = add_case(suite, &cases.at[i], message);
        if (error != UNDR_OK) {
            return error;
        }
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
            ? check_refused(undr_put_text(message, mistake.text))
            : check_refused(undr_put_format(message, "%s:%d:%d: %s", name, mistake.line, mistake.column, mistake.text));
    }
    check_cases_free(&cases);
    free(name);
    return error;
}

undr_error check_suite_add_text(check_suite *suite, undr_slice text, const char *name, undr_buffer *message) {
    return add_text(suite, text, strdup(name), message);
}

undr_error check_suite_add_file(check_suite *suite, const char *path, undr_buffer *message) {
    undr_buffer text = {0};
    undr_error error = check_file_read(path, CHECK_TEXT_LIMIT, &text, message);
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

/* One walk through a folder that was named. Links may lead back up, or to the same folder in several ways: each folder
 * is read once. */
typedef struct walk {
    check_suite *suite;
    check_name_map seen; /* "DEVICE:INODE" of the folders */
    undr_arena texts;    /* of those */
    undr_buffer *message;
} walk;

static undr_error is_new_folder(walk *all, const struct stat *about, bool *is_new) {
    char text[64];
    void *kept = NULL;
    size_t before = CHECK_NO_NAME;
    int size = snprintf(
        text, sizeof text, "%llu:%llu", (unsigned long long)about->st_dev, (unsigned long long)about->st_ino);
    undr_error error = undr_arena_take(&all->texts, (size_t)size + 1, &kept);
    if (error != UNDR_OK) {
        return error;
    }
    memcpy(kept, text, (size_t)size + 1);
    error = check_name_map_put(&all->seen, kept, 0, &before);
    *is_new = before == CHECK_NO_NAME;
    return error;
}

static undr_error add_path(walk *all, const char *path, bool named);

static undr_error add_folder(walk *all, const char *path) {
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_visible, alphasort);
    undr_error error = UNDR_OK;
    if (count < 0) {
        return refuse_path(all->message, path, errno);
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
            error = add_path(all, (const char *)below.data, false);
        }
        undr_buffer_free(&below);
        free(entries[i]);
    }
    free(entries);
    return error;
}

/* named: by the user, so that it need not end with .case. */
static undr_error add_path(walk *all, const char *path, bool named) {
    struct stat status;
    if (stat(path, &status) != 0) {
        if (!named && errno == ENOENT && !is_case_file(path)) {
            return UNDR_OK; /* a link to nowhere, such as an editor's lock */
        }
        return refuse_path(all->message, path, errno);
    }
    if (S_ISDIR(status.st_mode)) {
        bool is_new = true;
        undr_error error = is_new_folder(all, &status, &is_new);
        return error == UNDR_OK && is_new ? add_folder(all, path) : error;
    }
    return named || is_case_file(path) ? check_suite_add_file(all->suite, path, all->message) : UNDR_OK;
}

undr_error check_suite_add_path(check_suite *suite, const char *path, undr_buffer *message) {
    size_t before = suite->count;
    size_t length = strlen(path);
    char *bare = strndup(path, length > 1 && path[length - 1] == '/' ? length - 1 : length);
    if (bare == NULL) {
        return UNDR_MEMORY;
    }
    walk all = {.suite = suite, .message = message};
    undr_error error = add_path(&all, bare, true);
    check_name_map_free(&all.seen);
    undr_arena_free(&all.texts);
    if (error == UNDR_OK && suite->count == before) {
        error = check_refused(undr_put_format(message, "%s: there is no *.case file in this folder", path));
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

/* What comes after a former name comes after the case that has it now. */
static void resolve_former_names(check_suite *suite) {
    for (size_t i = 0; i < suite->file_count; i++) {
        for (size_t k = 0; k < suite->files[i].count; k++) {
            check_case *one = &suite->files[i].at[k];
            for (size_t n = 0; n < one->after_count; n++) {
                const check_case *before = check_suite_find(suite, one->after[n]);
                one->after[n] = before == NULL ? one->after[n] : before->name;
            }
        }
    }
}

bool check_case_fits(const check_case *one, const char *pattern) {
    bool fits = fnmatch(pattern, one->name, 0) == 0;
    for (size_t i = 0; i < one->was_count && !fits; i++) {
        fits = fnmatch(pattern, one->was[i], 0) == 0;
    }
    return fits;
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
    resolve_former_names(suite);
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
    check_name_map_free(&suite->by_name);
    *suite = (check_suite){0};
}
