/* cell.c: runs the cells of a matrix, and reads what came of each. */
#include "matrix/cell.h"

#include "base/clock.h"
#include "base/user_file.h"
#include "base/writer.h"
#include "base/written.h"
#include "run/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { AT_ONCE = 2, LOOK_MS = 50, WORDS_MORE = 32, NUMBER = 32, PATH_SIZE = 128 };

const char *matrix_word_class(matrix_word word) {
    static const char *const classes[] = {[MATRIX_WAITS] = "none",
        [MATRIX_RUNS] = "none",
        [MATRIX_NOT_INSTALLED] = "none",
        [MATRIX_NO_ROLE] = "none",
        [MATRIX_HOLDS] = "pass",
        [MATRIX_WARNS] = "warn",
        [MATRIX_BREAKS] = "fail",
        [MATRIX_REFUSED] = "fail",
        [MATRIX_FAILED] = "error"};
    return classes[word];
}

matrix_cell *matrix_cells_role(const matrix_cells *cells, size_t row, check_role role) {
    return &cells->at[row * MATRIX_ROLES + role];
}

matrix_cell *matrix_cells_pair(const matrix_cells *cells, size_t manager, size_t worker) {
    size_t count = cells->list->count;
    return &cells->at[count * MATRIX_ROLES + manager * count + worker];
}

/* ---- what is to be run ---- */

/* Can the pattern of --only match a case of the role? One that can't would be a mistake of a run. */
static bool fits(const char *pattern, check_role role) {
    const char *name = check_role_name(role);
    size_t plain = strcspn(pattern, "*?["), size = strlen(name);
    return strncmp(pattern, name, plain < size ? plain : size) == 0;
}

static bool is_chosen(const check_options *options, check_role role) {
    for (size_t i = 0; i < options->only.count; i++) {
        if (fits(options->only.at[i], role)) {
            return true;
        }
    }
    return options->only.count == 0;
}

static void prepare(matrix_cells *cells, matrix_cell *cell, const check_options *options) {
    const matrix_entry *row = &cells->list->at[cell->row], *partner = &cells->list->at[cell->partner];
    bool has = cell->is_pair ? row->commands[CHECK_ROLE_MANAGER] != NULL && partner->commands[CHECK_ROLE_WORKER] != NULL
                             : row->commands[cell->role] != NULL && is_chosen(options, cell->role);
    bool missing = row->missing != NULL || (cell->is_pair && partner->missing != NULL);
    cell->word = missing ? MATRIX_NOT_INSTALLED : has ? MATRIX_WAITS : MATRIX_NO_ROLE;
    if (cell->is_pair) {
        (void)snprintf(cell->file, sizeof cell->file, "pair-%zu-%zu", cell->row + 1, cell->partner + 1);
    } else {
        (void)snprintf(cell->file, sizeof cell->file, "%s-%zu", check_role_name(cell->role), cell->row + 1);
    }
}

static undr_error make_cells(const matrix_list *list, const check_options *options, matrix_cells *cells) {
    size_t count = list->count;
    *cells = (matrix_cells){.list = list, .count = count * MATRIX_ROLES + count * count};
    cells->at = calloc(cells->count, sizeof *cells->at);
    if (cells->at == NULL) {
        cells->count = 0;
        return UNDR_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        for (int role = 0; role < MATRIX_ROLES; role++) {
            matrix_cell *cell = matrix_cells_role(cells, i, (check_role)role);
            *cell = (matrix_cell){.row = i, .role = (check_role)role};
            prepare(cells, cell, options);
        }
        for (size_t k = 0; k < count; k++) {
            matrix_cell *cell = matrix_cells_pair(cells, i, k);
            *cell = (matrix_cell){.is_pair = true, .row = i, .partner = k};
            prepare(cells, cell, options);
        }
    }
    return UNDR_OK;
}

/* Words of a command that is being made. All are borrowed. */
typedef struct words {
    const char **at;
    size_t count;
} words;

static void add(words *to, const char *word) {
    to->at[to->count++] = word;
}

static void add_option(words *to, const char *option, const char *value) {
    add(to, option);
    add(to, value);
}

static size_t length(char *const *command) {
    size_t count = 0;
    while (command != NULL && command[count] != NULL) {
        count++;
    }
    return count;
}

static void add_all(words *to, char *const *command) {
    add(to, "--");
    for (size_t i = 0; command[i] != NULL; i++) {
        add(to, command[i]);
    }
}

/* Texts that the words of one command point to. */
typedef struct texts {
    char json[PATH_SIZE], html[PATH_SIZE], said[PATH_SIZE], seed[NUMBER], factor[NUMBER], workers[NUMBER];
} texts;

static void name_files(const matrix_cells *cells, const matrix_cell *cell, texts *t) {
    (void)snprintf(t->json, sizeof t->json, "%s/%s.json", cells->folder, cell->file);
    (void)snprintf(t->html, sizeof t->html, "%s/%s.html", cells->folder, cell->file);
    (void)snprintf(t->said, sizeof t->said, "%s/%s.txt", cells->folder, cell->file);
}

static void add_options(words *to, const matrix_cell *cell, const check_options *options, texts *t) {
    add_option(to, "--json", t->json);
    if (options->strict) {
        add(to, "--strict");
    }
    (void)snprintf(t->factor, sizeof t->factor, "%g", options->timeout_factor);
    add_option(to, "--timeout-factor", t->factor);
    if (cell->is_pair) {
        if (options->workers > 0) {
            (void)snprintf(t->workers, sizeof t->workers, "%u", options->workers);
            add_option(to, "--workers", t->workers);
        }
        return;
    }
    add_option(to, "--html", t->html);
    add_option(to, "--color", "never");
    if (options->has_seed) {
        (void)snprintf(t->seed, sizeof t->seed, "%llu", (unsigned long long)options->seed);
        add_option(to, "--seed", t->seed);
    }
    for (size_t i = 0; i < options->only.count; i++) {
        if (fits(options->only.at[i], cell->role)) {
            add_option(to, "--only", options->only.at[i]);
        }
    }
}

/* In the child. */
static void exec_cell(const char *const *argv, const char *said, const sigset_t *before, pid_t parent) {
    int in = open("/dev/null", O_RDONLY), out = open(said, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    bool ready = in >= 0 && out >= 0 && dup2(in, 0) >= 0 && dup2(out, 1) >= 0 && dup2(out, 2) >= 0;
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (ready && getppid() == parent) {
        sigprocmask(SIG_SETMASK, before, NULL);
        execv(argv[0], (char *const *)(uintptr_t)argv);
    }
    _exit(CHECK_HARNESS);
}

static undr_error start(
    const matrix_cells *cells, matrix_cell *cell, const check_options *options, const sigset_t *before) {
    const matrix_entry *row = &cells->list->at[cell->row], *partner = &cells->list->at[cell->partner];
    char *const *first = row->commands[cell->is_pair ? CHECK_ROLE_MANAGER : cell->role];
    char *const *second = cell->is_pair ? partner->commands[CHECK_ROLE_WORKER] : NULL;
    words made = {calloc(length(first) + length(second) + 2 * options->only.count + WORDS_MORE, sizeof *made.at), 0};
    texts t;
    if (made.at == NULL) {
        return UNDR_MEMORY;
    }
    name_files(cells, cell, &t);
    add_option(&made, cells->list->own, cell->is_pair ? "pair" : check_role_name(cell->role));
    add_options(&made, cell, options, &t);
    if (!cell->is_pair && row->expect != NULL) {
        add_option(&made, "--expect", row->expect);
    }
    add_all(&made, first);
    if (second != NULL) {
        add_all(&made, second);
    }
    pid_t parent = getpid();
    cell->pid = fork();
    if (cell->pid == 0) {
        exec_cell(made.at, t.said, before, parent);
    }
    int reason = errno;
    free(made.at);
    errno = reason;
    if (cell->pid < 0) {
        return UNDR_SYSTEM;
    }
    cell->word = MATRIX_RUNS; /* from here on it is killed by its id, which must be one */
    return UNDR_OK;
}

/* ---- what came of it ---- */

static size_t count_of(const json_t *summary, const char *standing) {
    return (size_t)json_integer_value(json_object_get(summary, standing));
}

static undr_error sum_up_role(matrix_cell *cell) {
    const json_t *role = json_array_get(json_object_get(cell->report, "roles"), 0);
    const json_t *summary = json_object_get(role, "summary");
    static const char *const bad[] = {"fail", "blocked", "stale", "changed", "error"};
    size_t failed = 0, warned = count_of(summary, "warn"), known = count_of(summary, "expected");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        failed += count_of(summary, bad[i]);
    }
    if (!json_is_true(json_object_get(role, "surveyed"))) {
        cell->word = MATRIX_REFUSED;
        return undr_put_text(&cell->words, "refused");
    }
    cell->word = failed > 0 ? MATRIX_BREAKS : warned > 0 ? MATRIX_WARNS : MATRIX_HOLDS;
    check_writer out = check_writer_to(&cell->words);
    check_write_format(&out, "%zu held", count_of(summary, "pass") + count_of(summary, "info"));
    if (failed > 0) {
        check_write_format(&out, ", %zu FAILED", failed);
    }
    if (warned > 0) {
        check_write_format(&out, ", %zu warned", warned);
    }
    if (known > 0) {
        check_write_format(&out, ", %zu known", known);
    }
    return out.error;
}

/* The ids that one side broke, each once, in the order of their findings. */
static void write_ids(check_writer *out, const matrix_cell *cell, const char *side) {
    const json_t *findings = json_object_get(cell->report, "findings");
    for (size_t i = 0; i < json_array_size(findings); i++) {
        const json_t *one = json_array_get(findings, i);
        const char *id = json_string_value(json_array_get(json_object_get(one, "ids"), 0));
        const char *blamed = json_string_value(json_object_get(one, "blamed"));
        bool first = id != NULL && blamed != NULL && strcmp(blamed, side) == 0;
        for (size_t k = 0; k < i && first; k++) {
            const json_t *other = json_array_get(findings, k);
            const char *before = json_string_value(json_array_get(json_object_get(other, "ids"), 0));
            first = before == NULL || strcmp(before, id) != 0;
        }
        if (first) {
            check_write_format(out, " %s", id);
        }
    }
}

static void write_side(
    check_writer *out, const matrix_cell *cell, const char *key, const char *title, const char *side) {
    const json_t *one = json_object_get(cell->report, key);
    bool crashed = json_is_true(json_object_get(one, "crashed"));
    if (count_of(one, "must") + count_of(one, "should") > 0 || crashed) {
        check_write_format(out, "%s%s:", out->to->size > 0 ? "; " : "", title);
        write_ids(out, cell, side);
        check_write(out, crashed ? " crashed" : "");
    }
}

static undr_error sum_up_pair(matrix_cell *cell, int status) {
    check_writer out = check_writer_to(&cell->words);
    const json_t *sessions = json_object_get(cell->report, "sessions");
    write_side(&out, cell, "manager", "manager", "manager");
    write_side(&out, cell, "worker", "workers", "client");
    for (size_t i = 0; i < json_array_size(sessions); i++) {
        const json_t *one = json_array_get(sessions, i);
        if (!json_is_true(json_object_get(one, "finished"))) {
            check_write_format(&out, "%s%s did not end", cell->words.size > 0 ? "; " : "",
                json_string_value(json_object_get(one, "name")));
        }
    }
    cell->word = status != 0 ? MATRIX_BREAKS : cell->words.size > 0 ? MATRIX_WARNS : MATRIX_HOLDS;
    if (cell->words.size == 0) {
        check_write(&out, "held");
    }
    return out.error;
}

static undr_error sum_up(const matrix_cells *cells, matrix_cell *cell, int status, undr_buffer *message) {
    texts t;
    name_files(cells, cell, &t);
    bool exited = WIFEXITED(status);
    undr_error error = check_file_read(t.said, CHECK_TEXT_LIMIT, &cell->said, message);
    cell->status = status;
    cell->report = json_load_file(t.json, 0, NULL);
    if (error == UNDR_ARGUMENT) { /* it was not even begun */
        message->size = 0;
        error = UNDR_OK;
    }
    if (error != UNDR_OK) {
        return error;
    }
    int own = exited ? WEXITSTATUS(status) : CHECK_HARNESS;
    if (own > 1) {
        cell->word = MATRIX_FAILED;
        return undr_put_text(&cell->words, own == 2 ? "nothing to play" : "harness failed");
    }
    if (cell->report == NULL) {
        cell->word = MATRIX_REFUSED;
        return undr_put_text(&cell->words, "refused");
    }
    return cell->is_pair ? sum_up_pair(cell, own) : sum_up_role(cell);
}

/* ---- all of them ---- */

static undr_error reap(matrix_cells *cells, size_t *running, undr_buffer *message) {
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < cells->count && error == UNDR_OK; i++) {
        matrix_cell *cell = &cells->at[i];
        int status = 0;
        if (cell->word == MATRIX_RUNS && waitpid(cell->pid, &status, WNOHANG) == cell->pid) {
            (*running)--;
            error = sum_up(cells, cell, status, message);
            fprintf(stderr, "%s: %.*s\n", cell->file, (int)cell->words.size, (const char *)cell->words.data);
        }
    }
    return error;
}

static void stop(matrix_cells *cells) {
    for (size_t i = 0; i < cells->count; i++) {
        matrix_cell *cell = &cells->at[i];
        if (cell->word == MATRIX_RUNS) {
            int status = 0;
            (void)kill(cell->pid, SIGTERM); /* it ends what it has started */
            while (waitpid(cell->pid, &status, 0) < 0 && errno == EINTR) {}
            cell->word = MATRIX_WAITS;
        }
    }
}

static undr_error run(
    matrix_cells *cells, const check_options *options, const check_signals *signals, undr_buffer *message) {
    size_t running = 0, next = 0, most = options->jobs == 0 ? AT_ONCE : options->jobs;
    undr_error error = UNDR_OK;
    while (error == UNDR_OK && cells->signal == 0 && (next < cells->count || running > 0)) {
        while (running < most && next < cells->count && error == UNDR_OK) {
            matrix_cell *cell = &cells->at[next++];
            if (cell->word == MATRIX_WAITS) {
                error = start(cells, cell, options, &signals->before);
                running++;
            }
        }
        struct pollfd ends = {.fd = signals->fd, .events = POLLIN};
        (void)poll(&ends, 1, running > 0 ? LOOK_MS : 0);
        cells->signal = check_signals_take(signals);
        error = error == UNDR_OK ? reap(cells, &running, message) : error;
    }
    int reason = errno;
    stop(cells);
    errno = reason;
    return error;
}

undr_error matrix_cells_run(
    const matrix_list *list, const check_options *options, matrix_cells *cells, undr_buffer *message) {
    check_signals signals;
    const char *given = getenv("TMPDIR"), *folder = given == NULL || given[0] == '\0' ? "/tmp" : given;
    undr_error error = make_cells(list, options, cells);
    if (error != UNDR_OK) {
        return error;
    }
    int size = snprintf(cells->folder, sizeof cells->folder, "%s/undr-matrix-XXXXXX", folder);
    if (size < 0 || (size_t)size >= sizeof cells->folder || mkdtemp(cells->folder) == NULL) {
        int reason = size < 0 || (size_t)size >= sizeof cells->folder ? ENAMETOOLONG : errno;
        error = undr_put_format(message, "matrix: no folder for the runs can be made in %s: %s; TMPDIR names another",
            folder, strerror(reason));
        cells->folder[0] = '\0';
        return error == UNDR_OK ? UNDR_SYSTEM : error;
    }
    error = check_signals_open(&signals);
    if (error == UNDR_OK) {
        error = run(cells, options, &signals, message);
        check_signals_close(&signals);
    }
    return error;
}

void matrix_cells_free(matrix_cells *cells) {
    texts t;
    for (size_t i = 0; i < cells->count; i++) {
        matrix_cell *cell = &cells->at[i];
        name_files(cells, cell, &t);
        if (cells->folder[0] != '\0') {
            (void)unlink(t.json);
            (void)unlink(t.html);
            (void)unlink(t.said);
        }
        json_decref(cell->report);
        undr_buffer_free(&cell->said);
        undr_buffer_free(&cell->words);
    }
    if (cells->folder[0] != '\0') {
        (void)rmdir(cells->folder);
    }
    free(cells->at);
    *cells = (matrix_cells){0};
}
