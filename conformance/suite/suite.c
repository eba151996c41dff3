/* suite.c: all cases that there are: the embedded ones and the user's. */
#include "suite.h"

#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const check_case *check_suite_find(const check_suite *suite, const char *name) {
    size_t index = check_name_map_get(&suite->by_name, name);
    return index == CHECK_NO_NAME ? NULL : suite->all[index];
}

static undr_error refuse(undr_error error) {
    return error == UNDR_OK ? UNDR_ARGUMENT : error;
}

/* Room for one more file: twice as much as there was, so that many files do not cost their square. */
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

static undr_error grow(check_suite *suite, size_t cases) {
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
        size_t before = CHECK_NO_NAME;
        if (check_name_map_put(&suite->by_name, one->name, suite->count, &before) != UNDR_OK) {
            return UNDR_MEMORY;
        }
        if (before != CHECK_NO_NAME) {
            const check_case *other = suite->all[before];
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
    check_name_map_free(&suite->by_name);
    *suite = (check_suite){0};
}
