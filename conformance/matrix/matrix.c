/* matrix.c: `undr-check matrix`: the list, its cells, the reports of them. */
#include "matrix/matrix.h"

#include "base/user_file.h"
#include "base/writer.h"
#include "base/written.h"
#include "matrix/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIGNALLED = 128 };

/* Prints a report into memory. */
typedef void printer(FILE *out, const void *what, const matrix_cells *cells);

static undr_error replace(const char *path, undr_slice text, undr_buffer *message) {
    int file = -1;
    if (strcmp(path, "-") == 0) {
        (void)fwrite(text.data, 1, text.size, stdout);
        return UNDR_OK; /* main looks whether standard output was written */
    }
    undr_error error = check_file_open(path, &file, message);
    int reason = error == UNDR_OK ? check_file_replace(file, text) : 0;
    if (error == UNDR_OK) {
        close(file);
    }
    if (reason != 0) {
        error = check_put_unwritten(message, path, reason);
        error = error == UNDR_OK ? UNDR_SYSTEM : error;
    }
    return error;
}

static undr_error write_printed(
    const char *path, printer *print, const void *what, const matrix_cells *cells, undr_buffer *message) {
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    if (memory == NULL) {
        return UNDR_MEMORY;
    }
    print(memory, what, cells);
    bool whole = !ferror(memory);
    whole = fclose(memory) == 0 && whole;
    undr_error error = whole ? replace(path, undr_slice_of(text, size), message) : UNDR_MEMORY;
    free(text);
    return error;
}

static void print_markdown(FILE *out, const void *what, const matrix_cells *cells) {
    (void)what;
    matrix_print_markdown(out, cells);
}

static void print_whole(FILE *out, const void *what, const matrix_cells *cells) {
    matrix_print_html(out, cells, *(const bool *)what);
}

static void print_cell(FILE *out, const void *what, const matrix_cells *cells) {
    matrix_print_cell_page(out, cells, what);
}

/* ---- HTML ---- */

/* The run of the suite has made a page of its own. */
static undr_error copy_page(const char *from, const char *to, undr_buffer *message) {
    undr_buffer text = {0};
    undr_error error = check_file_read(from, CHECK_TEXT_LIMIT, &text, message);
    error = error == UNDR_OK ? replace(to, undr_buffer_slice(&text), message) : error;
    undr_buffer_free(&text);
    return error;
}

static undr_error write_cell(
    const char *folder, const matrix_cells *cells, const matrix_cell *cell, undr_buffer *message) {
    undr_buffer to = {0}, from = {0};
    undr_error error = undr_put_format(&to, "%s/%s.html%c", folder, cell->file, '\0');
    error = error == UNDR_OK ? undr_put_format(&from, "%s/%s.html%c", cells->folder, cell->file, '\0') : error;
    if (error == UNDR_OK) {
        const char *target = (const char *)to.data, *made = (const char *)from.data;
        error = !cell->is_pair && access(made, R_OK) == 0 ? copy_page(made, target, message)
                                                          : write_printed(target, print_cell, cell, cells, message);
    }
    undr_buffer_free(&to);
    undr_buffer_free(&from);
    return error;
}

static bool is_page(const char *path) {
    size_t size = strlen(path);
    struct stat about;
    bool folder = stat(path, &about) == 0 && S_ISDIR(about.st_mode);
    return strcmp(path, "-") == 0 || (!folder && size > 5 && strcmp(path + size - 5, ".html") == 0);
}

static undr_error write_html(const char *path, const matrix_cells *cells, undr_buffer *message) {
    bool apart = !is_page(path);
    undr_buffer index = {0};
    if (!apart) {
        return write_printed(path, print_whole, &apart, cells, message);
    }
    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
        undr_error error = check_put_unwritten(message, path, errno);
        return error == UNDR_OK ? UNDR_SYSTEM : error;
    }
    undr_error error = undr_put_format(&index, "%s/index.html%c", path, '\0');
    error = error == UNDR_OK ? write_printed((const char *)index.data, print_whole, &apart, cells, message) : error;
    for (size_t i = 0; i < cells->count && error == UNDR_OK; i++) {
        if (cells->at[i].word >= MATRIX_HOLDS) {
            error = write_cell(path, cells, &cells->at[i], message);
        }
    }
    undr_buffer_free(&index);
    return error;
}

/* ---- all of it ---- */

static undr_error write_json(const char *path, const matrix_cells *cells, int status, undr_buffer *message) {
    json_t *root = matrix_json(cells, status);
    char *text = root == NULL ? NULL : json_dumps(root, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
    json_decref(root);
    undr_error error = text == NULL ? UNDR_MEMORY : replace(path, undr_slice_text(text), message);
    free(text);
    return error;
}

static int status_of(const matrix_cells *cells) {
    int status = CHECK_HELD;
    size_t run = 0;
    for (size_t i = 0; i < cells->count; i++) {
        matrix_word word = cells->at[i].word;
        run += word >= MATRIX_HOLDS;
        bool broken = word == MATRIX_BREAKS || word == MATRIX_REFUSED;
        status = word == MATRIX_FAILED ? CHECK_HARNESS : broken && status == CHECK_HELD ? CHECK_SHORT : status;
    }
    return cells->signal != 0 ? SIGNALLED + cells->signal : run == 0 ? CHECK_USAGE : status;
}

static bool takes_output(const char *path) {
    return path != NULL && strcmp(path, "-") == 0;
}

static undr_error report(const check_options *options, const matrix_cells *cells, int status, undr_buffer *message) {
    bool taken = takes_output(options->json) || takes_output(options->markdown) || takes_output(options->html);
    matrix_print_text(taken ? stderr : stdout, cells);
    undr_error error = UNDR_OK;
    if (options->markdown != NULL) {
        error = write_printed(options->markdown, print_markdown, NULL, cells, message);
    }
    if (error == UNDR_OK && options->json != NULL) {
        error = write_json(options->json, cells, status, message);
    }
    return error == UNDR_OK && options->html != NULL ? write_html(options->html, cells, message) : error;
}

int check_matrix(const check_options *options) {
    matrix_list list;
    matrix_cells cells = {0};
    undr_buffer message = {0};
    int status = CHECK_HARNESS;
    undr_error error = matrix_list_read(options->files.at[0], &list, &message);
    bool usage = error == UNDR_ARGUMENT;
    error = error == UNDR_OK ? matrix_cells_run(&list, options, &cells, &message) : error;
    if (error == UNDR_OK) {
        status = status_of(&cells);
        error = report(options, &cells, status, &message);
    }
    if (error != UNDR_OK) {
        int reason = errno;
        if (message.size == 0) {
            (void)!undr_put_format(&message, "matrix: %s%s%s", undr_error_text(error), error == UNDR_SYSTEM ? ": " : "",
                error == UNDR_SYSTEM ? strerror(reason) : "");
        }
        check_complain(&message);
        status = usage ? CHECK_USAGE : CHECK_HARNESS;
    }
    matrix_cells_free(&cells);
    matrix_list_free(&list);
    undr_buffer_free(&message);
    return status;
}
