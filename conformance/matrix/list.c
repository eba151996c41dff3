/* list.c: reads a list of implementations, and looks for their programs. */
#include "matrix/list.h"

#include "base/user_file.h"
#include "base/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct reading {
    matrix_list *list;
    const char *path;
    undr_slice folder; /* of the file, with its last slash; empty: this one */
    undr_slice beside; /* of undr-check, likewise */
    undr_buffer *message;
} reading;

static undr_error refuse(const reading *r, const char *name, const char *what) {
    check_writer out = check_writer_to(r->message);
    check_write_format(&out, "%s: ", r->path);
    check_write_clean(&out, undr_slice_text(name));
    check_write_format(&out, "%s%s", name[0] == '\0' ? "" : ": ", what);
    return check_refused(out.error);
}

/* A text of the arena made of up to three pieces. */
static undr_error join(const reading *r, undr_slice first, undr_slice second, char **made) {
    void *memory;
    undr_error error = undr_arena_take(&r->list->arena, first.size + second.size + 1, &memory);
    if (error != UNDR_OK) {
        return error;
    }
    *made = memory;
    if (first.size > 0) {
        memcpy(*made, first.data, first.size);
    }
    if (second.size > 0) {
        memcpy(*made + first.size, second.data, second.size);
    }
    (*made)[first.size + second.size] = '\0';
    return UNDR_OK;
}

static undr_slice folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return undr_slice_of(path, slash == NULL ? 0 : (size_t)(slash - path) + 1);
}

/* ---- programs ---- */

/* A folder can be entered, which is the same permission. */
static bool is_program(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode) && access(path, X_OK) == 0;
}

static undr_error find_in_path(const reading *r, const char *word, char **found) {
    const char *path = getenv("PATH");
    undr_error error = UNDR_OK;
    *found = NULL;
    while (path != NULL && *path != '\0' && error == UNDR_OK) {
        size_t size = strcspn(path, ":");
        char *folder, *candidate;
        error = join(r, size == 0 ? undr_slice_text(".") : undr_slice_of(path, size), undr_slice_text("/"), &folder);
        error = error == UNDR_OK ? join(r, undr_slice_text(folder), undr_slice_text(word), &candidate) : error;
        if (error == UNDR_OK && is_program(candidate)) {
            *found = candidate;
            return UNDR_OK;
        }
        path += size + (path[size] == ':');
    }
    return error;
}

/* The first word of a command; *found NULL: there is no such program. */
static undr_error find_program(const reading *r, const char *word, char **found) {
    bool path = strchr(word, '/') != NULL;
    undr_slice before = path ? word[0] == '/' ? undr_slice_of("", 0) : r->folder : r->beside;
    undr_error error = join(r, before, undr_slice_text(word), found);
    if (error != UNDR_OK || is_program(*found)) {
        return error;
    }
    *found = NULL;
    return path ? UNDR_OK : find_in_path(r, word, found);
}

static undr_error find_file(const reading *r, const char *word, char **made) {
    bool relative = strchr(word, '/') != NULL && word[0] != '/' && word[0] != '-';
    undr_error error = join(r, relative ? r->folder : undr_slice_of("", 0), undr_slice_text(word), made);
    if (error == UNDR_OK && relative && access(*made, F_OK) != 0) {
        error = join(r, undr_slice_of("", 0), undr_slice_text(word), made);
    }
    return error;
}

static undr_error miss(const reading *r, matrix_entry *entry, const char *what, const char *why) {
    undr_buffer text = {0};
    char *made = NULL;
    undr_error error = undr_put_format(&text, "%s%s", what, why);
    error = error == UNDR_OK ? join(r, undr_buffer_slice(&text), undr_slice_of("", 0), &made) : error;
    undr_buffer_free(&text);
    entry->missing = entry->missing == NULL ? made : entry->missing;
    return error;
}

static undr_error read_command(const reading *r, matrix_entry *entry, const json_t *words, char ***command) {
    size_t count = json_array_size(words);
    void *memory;
    if (count == 0) {
        return refuse(r, entry->name, "a command is an array of one text or more: [\"./my-adapter\"]");
    }
    undr_error error = undr_arena_take(&r->list->arena, (count + 1) * sizeof **command, &memory);
    if (error != UNDR_OK) {
        return error;
    }
    *command = memory;
    (*command)[count] = NULL;
    for (size_t i = 0; i < count && error == UNDR_OK; i++) {
        const char *word = json_string_value(json_array_get(words, i));
        if (word == NULL) {
            return refuse(r, entry->name, "each word of a command is a text");
        }
        error = i == 0 ? find_program(r, word, &(*command)[i]) : find_file(r, word, &(*command)[i]);
        if (error == UNDR_OK && (*command)[i] == NULL) {
            error = miss(r, entry, word, ": there is no such program");
        }
    }
    return error;
}

/* ---- is it installed? ---- */

static void exec_quietly(char *const *command, pid_t parent) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a signal ends us at once while we wait for it */
    int null = open("/dev/null", O_RDWR);
    for (int i = 0; i < 3 && null >= 0; i++) {
        (void)dup2(null, i);
    }
    if (getppid() == parent) {
        execv(command[0], command);
    }
    _exit(127);
}

static undr_error look_whether_installed(const reading *r, matrix_entry *entry, const json_t *words) {
    char **command = NULL;
    undr_error error = read_command(r, entry, words, &command);
    if (error != UNDR_OK || entry->missing != NULL) {
        return error;
    }
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        exec_quietly(command, parent);
    }
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (child < 0) {
        return UNDR_SYSTEM;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0
        ? UNDR_OK
        : miss(r, entry, command[0], ": the command `installed` of the list fails");
}

/* ---- entries ---- */

static undr_error refuse_nameless(const reading *r, size_t number) {
    check_writer out = check_writer_to(r->message);
    check_write_format(
        &out, "%s: implementation %zu: each is an object with a `name`, which is a text", r->path, number);
    return check_refused(out.error);
}

static undr_error read_entry(const reading *r, const json_t *json, size_t number, matrix_entry *entry) {
    static const char *const roles[MATRIX_ROLES] = {"manager", "worker", "pool"};
    const json_t *all = json_object_get(json, "command"), *installed = json_object_get(json, "installed");
    const json_t *known = json_object_get(json, "expect");
    const char *expect = json_string_value(known);
    char *path = NULL;
    *entry = (matrix_entry){.name = json_string_value(json_object_get(json, "name"))};
    if (entry->name == NULL || entry->name[0] == '\0') {
        entry->name = "";
        return refuse_nameless(r, number);
    }
    undr_error error = join(r, undr_slice_text(entry->name), undr_slice_of("", 0), &path);
    entry->name = path;
    bool any = false;
    for (int role = 0; role < MATRIX_ROLES && error == UNDR_OK; role++) {
        const json_t *words = json_object_get(json, roles[role]);
        words = words == NULL ? all : words;
        any = any || words != NULL;
        error = words == NULL ? UNDR_OK : read_command(r, entry, words, &entry->commands[role]);
    }
    if (error == UNDR_OK && !any) {
        return refuse(r, entry->name, "it needs a `command`, or one for each role it has: manager, worker, pool");
    }
    if (error == UNDR_OK && known != NULL && expect == NULL) {
        return refuse(r, entry->name, "`expect` is a text: the name of a file of known failures");
    }
    error = error == UNDR_OK && installed != NULL && entry->missing == NULL
        ? look_whether_installed(r, entry, installed)
        : error;
    if (error == UNDR_OK && expect != NULL) {
        error = find_file(r, expect, &path);
        entry->expect = path;
        if (error == UNDR_OK && access(path, R_OK) != 0) {
            return refuse(r, entry->name, "the file that `expect` names can't be read");
        }
    }
    return error;
}

static undr_error read_entries(const reading *r, const json_t *root) {
    static const char *const known[] = {"name", "command", "manager", "worker", "pool", "installed", "expect", "about"};
    const json_t *entries = json_object_get(root, "implementations");
    size_t count = json_array_size(entries);
    void *memory;
    if (!json_is_array(entries)) {
        return refuse(
            r, "", "it is no list: expected {\"implementations\": [{\"name\": ..., \"command\": [...]}, ...]}");
    }
    if (count == 0) {
        return refuse(r, "", "`implementations` is empty; add {\"name\": ..., \"command\": [...]}");
    }
    if (count > MATRIX_MOST) {
        check_writer out = check_writer_to(r->message);
        check_write_format(&out,
            "%s: it has %zu implementations; at most %d can be run against each other. Split it into several lists",
            r->path, count, MATRIX_MOST);
        return check_refused(out.error);
    }
    undr_error error = undr_arena_take(&r->list->arena, count * sizeof *r->list->at, &memory);
    r->list->at = error == UNDR_OK ? memory : NULL;
    for (size_t i = 0; i < count && error == UNDR_OK; i++) {
        json_t *one = json_array_get(entries, i);
        const char *key;
        json_t *value;
        error = read_entry(r, one, i + 1, &r->list->at[i]);
        json_object_foreach(one, key, value) {
            bool is_known = false;
            for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
                is_known = is_known || strcmp(key, known[k]) == 0;
            }
            error = error == UNDR_OK && !is_known ? refuse(r, key, "an implementation has no such member") : error;
        }
        for (size_t k = 0; k < i && error == UNDR_OK; k++) {
            bool twice = strcmp(r->list->at[k].name, r->list->at[i].name) == 0;
            error = twice ? refuse(r, r->list->at[i].name, "two implementations have this name; give each its own")
                          : UNDR_OK;
        }
        r->list->count = error == UNDR_OK ? i + 1 : r->list->count;
    }
    return error;
}

undr_error matrix_list_read(const char *path, matrix_list *list, undr_buffer *message) {
    char own[PATH_MAX];
    undr_buffer text = {0};
    json_error_t mistake;
    *list = (matrix_list){0};
    reading r = {.list = list, .path = path, .folder = folder_of(path), .message = message};
    ssize_t size = readlink("/proc/self/exe", own, sizeof own);
    undr_error error = size <= 0 ? UNDR_SYSTEM : check_file_read(path, CHECK_TEXT_LIMIT, &text, message);
    char *kept = NULL;
    error = error == UNDR_OK ? join(&r, undr_slice_of(own, (size_t)size), undr_slice_of("", 0), &kept) : error;
    if (error == UNDR_OK) {
        list->own = kept;
        r.beside = folder_of(kept);
        json_t *root = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &mistake);
        if (root == NULL) {
            check_writer out = check_writer_to(message);
            check_write_format(&out, "%s:%d:%d: this is not JSON: ", path, mistake.line, mistake.column);
            check_write_clean(&out, undr_slice_text(mistake.text));
            error = check_refused(out.error);
        } else {
            error = read_entries(&r, root);
        }
        json_decref(root);
    }
    undr_buffer_free(&text);
    return error;
}

void matrix_list_free(matrix_list *list) {
    undr_arena_free(&list->arena);
    *list = (matrix_list){0};
}
