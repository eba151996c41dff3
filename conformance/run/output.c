/* output.c: the places that the reports go to. */
#include "run/output.h"

#include "base/user_file.h"
#include "base/writer.h"
#include "base/written.h"
#include "run/write_expect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What can be written into a file, by its option. */
static const struct kind {
    const char *option;
    size_t path; /* in check_options */
    undr_error (*write)(FILE *out, const check_session *session);
    bool precious; /* an existing file is the user's work */
} kinds[CHECK_OUTPUTS] = {
    {"--junit", offsetof(check_options, junit), check_report_junit, false},
    {"--json", offsetof(check_options, json), check_report_json, false},
    {"--html", offsetof(check_options, html), check_report_html, false},
    {"--markdown", offsetof(check_options, markdown), check_report_markdown, false},
    {"--write-expect", offsetof(check_options, write_expect), check_write_expected, true},
};

static const char *path_of(const check_options *options, int kind) {
    return *(const char *const *)((const char *)options + kinds[kind].path);
}

static bool is_standard(const char *path) {
    return path != NULL && strcmp(path, "-") == 0;
}

/* ---- opening ---- */

static undr_error open_one(const char *path, int *file, undr_buffer *message) {
    if (path == NULL || is_standard(path)) {
        *file = path == NULL ? -1 : STDOUT_FILENO;
        return UNDR_OK;
    }
    return check_file_open(path, file, message);
}

/* Against the standard streams, the files of the other options, and those of --expect and --cases, which are read. */
static undr_error compare_one(
    const check_outputs *outputs, const check_options *options, int kind, undr_buffer *message) {
    static const char *const streams[] = {NULL, "standard output", "standard error"};
    struct stat own, other;
    if (outputs->files[kind] <= STDERR_FILENO || fstat(outputs->files[kind], &own) != 0) {
        return UNDR_OK;
    }
    for (int i = STDOUT_FILENO; i <= STDERR_FILENO; i++) {
        if (fstat(i, &other) == 0 && check_files_are_same(&own, &other)) {
            return check_refuse_same_file(message, kinds[kind].option, streams[i]);
        }
    }
    for (int i = 0; i < kind; i++) {
        if (outputs->files[i] > STDERR_FILENO && fstat(outputs->files[i], &other) == 0
            && check_files_are_same(&own, &other)) {
            return check_refuse_same_file(message, kinds[i].option, kinds[kind].option);
        }
    }
    for (size_t i = 0; i < options->cases.count; i++) {
        if (stat(options->cases.at[i], &other) == 0 && check_files_are_same(&own, &other)) {
            return check_refuse_same_file(message, "--cases", kinds[kind].option);
        }
    }
    bool known = options->expect != NULL && stat(options->expect, &other) == 0 && check_files_are_same(&own, &other);
    return known && !kinds[kind].precious ? check_refuse_same_file(message, "--expect", kinds[kind].option) : UNDR_OK;
}

static undr_error compare_all(const check_outputs *outputs, const check_options *options, undr_buffer *message) {
    undr_error error = UNDR_OK;
    int taken = options->tap ? 1 : 0;
    for (int i = 0; i < CHECK_OUTPUTS && error == UNDR_OK; i++) {
        taken += outputs->files[i] == STDOUT_FILENO ? 1 : 0;
        error = compare_one(outputs, options, i, message);
    }
    if (error == UNDR_OK && taken > 1) {
        error = undr_put_text(message, "only one report can go to standard output (`-`, --tap)");
        error = error == UNDR_OK ? UNDR_ARGUMENT : error;
    }
    return error;
}

undr_error check_outputs_open(check_outputs *outputs, const check_options *options, undr_buffer *message) {
    undr_error error = UNDR_OK;
    *outputs = (check_outputs){.human = check_outputs_human(options)};
    for (int i = 0; i < CHECK_OUTPUTS; i++) {
        outputs->files[i] = -1;
    }
    for (int i = 0; i < CHECK_OUTPUTS && error == UNDR_OK; i++) {
        error = open_one(path_of(options, i), &outputs->files[i], message);
    }
    error = error == UNDR_OK ? compare_all(outputs, options, message) : error;
    for (int i = 0; i < CHECK_OUTPUTS && error == UNDR_OK; i++) {
        bool cut = outputs->files[i] > STDERR_FILENO && !kinds[i].precious;
        int reason = cut ? check_file_replace(outputs->files[i], undr_slice_of(NULL, 0)) : 0;
        if (reason != 0) {
            error = check_put_unwritten(message, path_of(options, i), reason);
            error = error == UNDR_OK ? UNDR_ARGUMENT : error;
        }
    }
    return error;
}

FILE *check_outputs_human(const check_options *options) {
    bool taken = options->tap;
    for (int i = 0; i < CHECK_OUTPUTS; i++) {
        taken = taken || is_standard(path_of(options, i));
    }
    return taken ? stderr : stdout;
}

/* ---- writing ---- */

/* Made whole before a byte of it is written: so errno is that of the writing. */
static undr_error make(int kind, const check_session *session, char **text, size_t *size) {
    FILE *memory = open_memstream(text, size);
    undr_error error = memory == NULL ? UNDR_MEMORY : kinds[kind].write(memory, session);
    bool failed = memory != NULL && ferror(memory) != 0;
    failed = (memory != NULL && fclose(memory) != 0) || failed;
    return error == UNDR_OK && failed ? UNDR_MEMORY : error;
}

/* 0, or an errno. */
static int put(int file, const char *text, size_t size) {
    if (file == STDOUT_FILENO) {
        fwrite(text, 1, size, stdout); /* the end of the program checks that it was written: written.h */
        return 0;
    }
    return check_file_replace(file, undr_slice_of(text, size));
}

static undr_error finish_file(void *self, const check_session *session, undr_buffer *message) {
    const check_output_file *own = self;
    char *text = NULL;
    size_t size = 0;
    int *file = &own->outputs->files[own->kind];
    const char *path = path_of(session->options, own->kind);
    /* A file that a new run can't replace stays as it was if the run could not be judged. */
    if (kinds[own->kind].precious && session->mistaken) {
        return UNDR_OK;
    }
    undr_error error = make(own->kind, session, &text, &size);
    int reason = error == UNDR_OK ? put(*file, text, size) : 0;
    free(text);
    if (*file > STDERR_FILENO) { /* some file systems tell at the end only */
        reason = close(*file) != 0 && reason == 0 ? errno : reason;
        *file = -1;
    }
    if (error != UNDR_OK || reason == 0) {
        return error;
    }
    error = check_put_unwritten(message, path, reason);
    return error == UNDR_OK ? UNDR_SYSTEM : error;
}

/* Annotations where people read, and the summary behind what $GITHUB_STEP_SUMMARY has. */
static undr_error finish_github(void *self, const check_session *session, undr_buffer *message) {
    const check_outputs *outputs = self;
    const char *path = getenv("GITHUB_STEP_SUMMARY");
    char *text = NULL;
    size_t size = 0;
    undr_error error = check_report_github(outputs->human, session);
    fflush(outputs->human);
    FILE *memory = error == UNDR_OK && path != NULL && path[0] != '\0' ? open_memstream(&text, &size) : NULL;
    if (memory != NULL) {
        error = check_report_markdown(memory, session);
        error = fclose(memory) != 0 ? UNDR_MEMORY : error;
        error = error == UNDR_OK ? check_file_append(path, undr_slice_of(text, size), message) : error;
    }
    error = error == UNDR_ARGUMENT ? UNDR_SYSTEM : error; /* no word of the command line names it */
    free(text);
    return error;
}

void check_outputs_add(check_outputs *outputs, const check_options *options, check_reporters *reporters) {
    for (int i = 0; i < CHECK_OUTPUTS; i++) {
        outputs->each[i] = (check_output_file){outputs, i};
        if (outputs->files[i] >= 0) {
            reporters->at[reporters->count++] = (check_reporter){&outputs->each[i], NULL, finish_file};
        }
    }
    if (options->github) {
        reporters->at[reporters->count++] = (check_reporter){outputs, NULL, finish_github};
    }
}

void check_outputs_close(check_outputs *outputs) {
    for (int i = 0; i < CHECK_OUTPUTS; i++) {
        if (outputs->files[i] > STDERR_FILENO) {
            close(outputs->files[i]);
        }
        outputs->files[i] = -1;
    }
}
