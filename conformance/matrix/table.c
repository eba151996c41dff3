/* table.c: a matrix as text, Markdown and JSON. */
#include "matrix/table.h"

#include "base/text.h"
#include "base/writer.h"
#include "report/escape.h"

#include <string.h>

undr_slice matrix_cell_words(const matrix_cell *cell) {
    return cell->word == MATRIX_NOT_INSTALLED ? undr_slice_text("not installed")
        : cell->word == MATRIX_NO_ROLE        ? undr_slice_text("-")
        : cell->word <= MATRIX_RUNS           ? undr_slice_text("not run")
                                              : undr_buffer_slice(&cell->words);
}

undr_error matrix_cell_title(const matrix_cells *cells, const matrix_cell *cell, undr_buffer *to) {
    check_writer out = check_writer_to(to);
    const matrix_entry *at = cells->list->at;
    if (cell->is_pair) {
        check_write(&out, "the manager of ");
        check_write_clean(&out, undr_slice_text(at[cell->row].name));
        check_write(&out, ", workers of ");
        check_write_clean(&out, undr_slice_text(at[cell->partner].name));
    } else {
        check_write_clean(&out, undr_slice_text(at[cell->row].name));
        check_write_format(&out, " as a %s", check_role_name(cell->role));
    }
    return out.error;
}

/* ---- the terminal ---- */

static size_t width_of(const matrix_cell *cell) {
    return matrix_cell_words(cell).size;
}

static size_t name_width(const matrix_cells *cells) {
    size_t widest = 0;
    for (size_t i = 0; i < cells->list->count; i++) {
        size_t size = strlen(cells->list->at[i].name);
        widest = size > widest ? size : widest;
    }
    return widest;
}

static void pad(FILE *out, undr_slice text, size_t width) {
    check_text_plain(out, text);
    fprintf(out, "%*s", (int)(width > text.size ? width - text.size + 2 : 2), "");
}

static void print_roles(FILE *out, const matrix_cells *cells) {
    size_t widths[MATRIX_ROLES];
    for (int role = 0; role < MATRIX_ROLES; role++) {
        widths[role] = strlen(check_role_name((check_role)role));
        for (size_t i = 0; i < cells->list->count; i++) {
            size_t width = width_of(matrix_cells_role(cells, i, (check_role)role));
            widths[role] = width > widths[role] ? width : widths[role];
        }
    }
    pad(out, undr_slice_text("Against the suite"), name_width(cells));
    fputc('\n', out);
    pad(out, undr_slice_text(""), name_width(cells));
    for (int role = 0; role < MATRIX_ROLES; role++) {
        pad(out, undr_slice_text(check_role_name((check_role)role)), widths[role]);
    }
    fputc('\n', out);
    for (size_t i = 0; i < cells->list->count; i++) {
        pad(out, undr_slice_text(cells->list->at[i].name), name_width(cells));
        for (int role = 0; role < MATRIX_ROLES; role++) {
            pad(out, matrix_cell_words(matrix_cells_role(cells, i, (check_role)role)), widths[role]);
        }
        fputc('\n', out);
    }
}

static void print_pairs(FILE *out, const matrix_cells *cells) {
    size_t count = cells->list->count, names = name_width(cells);
    fputs("\nAgainst each other: the manager of the row, workers of the column\n", out);
    pad(out, undr_slice_text(""), names);
    for (size_t k = 0; k < count; k++) {
        pad(out, undr_slice_text(cells->list->at[k].name), names);
    }
    fputc('\n', out);
    for (size_t i = 0; i < count; i++) {
        pad(out, undr_slice_text(cells->list->at[i].name), names);
        for (size_t k = 0; k < count; k++) {
            pad(out, matrix_cell_words(matrix_cells_pair(cells, i, k)), names);
        }
        fputc('\n', out);
    }
}

void matrix_print_text(FILE *out, const matrix_cells *cells) {
    print_roles(out, cells);
    print_pairs(out, cells);
    for (size_t i = 0; i < cells->list->count; i++) {
        if (cells->list->at[i].missing != NULL) {
            check_text_plain(out, undr_slice_text(cells->list->at[i].name));
            fputs(" is not installed: ", out);
            check_text_plain(out, undr_slice_text(cells->list->at[i].missing));
            fputc('\n', out);
        }
    }
}

/* ---- Markdown ---- */

static void print_markdown_cell(FILE *out, const matrix_cell *cell) {
    const char *mark = cell->word == MATRIX_BREAKS || cell->word >= MATRIX_REFUSED ? "**" : "";
    fprintf(out, " %s", mark);
    check_markdown_text(out, matrix_cell_words(cell));
    fprintf(out, "%s |", mark);
}

static void print_markdown_name(FILE *out, const char *name) {
    fputs(" ", out);
    check_markdown_text(out, undr_slice_text(name));
    fputs(" |", out);
}

void matrix_print_markdown(FILE *out, const matrix_cells *cells) {
    size_t count = cells->list->count;
    fputs("## Against the suite\n\n| |", out);
    for (int role = 0; role < MATRIX_ROLES; role++) {
        print_markdown_name(out, check_role_name((check_role)role));
    }
    fputs("\n|---|---|---|---|\n", out);
    for (size_t i = 0; i < count; i++) {
        fputs("|", out);
        print_markdown_name(out, cells->list->at[i].name);
        for (int role = 0; role < MATRIX_ROLES; role++) {
            print_markdown_cell(out, matrix_cells_role(cells, i, (check_role)role));
        }
        fputc('\n', out);
    }
    fputs("\n## Against each other\n\nThe manager of the row, workers of the column.\n\n| |", out);
    for (size_t k = 0; k < count; k++) {
        print_markdown_name(out, cells->list->at[k].name);
    }
    fputs("\n|---|", out);
    for (size_t k = 0; k < count; k++) {
        fputs("---|", out);
    }
    fputc('\n', out);
    for (size_t i = 0; i < count; i++) {
        fputs("|", out);
        print_markdown_name(out, cells->list->at[i].name);
        for (size_t k = 0; k < count; k++) {
            print_markdown_cell(out, matrix_cells_pair(cells, i, k));
        }
        fputc('\n', out);
    }
}

/* ---- JSON ---- */

static json_t *text_json(undr_slice text) {
    undr_buffer clean = {0};
    json_t *made = check_text_clean(&clean, text) == UNDR_OK
        ? json_stringn(clean.size == 0 ? "" : (const char *)clean.data, clean.size)
        : NULL;
    undr_buffer_free(&clean);
    return made;
}

static json_t *cell_json(const matrix_cells *cells, const matrix_cell *cell) {
    const matrix_entry *at = cells->list->at;
    json_t *one = json_pack("{s:o, s:s, s:o}", cell->is_pair ? "manager" : "name",
        text_json(undr_slice_text(at[cell->row].name)), "verdict", matrix_word_class(cell->word), "words",
        text_json(matrix_cell_words(cell)));
    int failed = cell->is_pair ? json_object_set_new(one, "worker", text_json(undr_slice_text(at[cell->partner].name)))
                               : json_object_set_new(one, "role", json_string(check_role_name(cell->role)));
    failed |= cell->report == NULL ? 0 : json_object_set(one, "report", cell->report);
    if (failed != 0) {
        json_decref(one);
        return NULL;
    }
    return one;
}

json_t *matrix_json(const matrix_cells *cells, int status) {
    json_t *names = json_array(), *suite = json_array(), *pairs = json_array();
    int failed = 0;
    for (size_t i = 0; i < cells->list->count; i++) {
        const matrix_entry *one = &cells->list->at[i];
        json_t *missing = one->missing == NULL ? json_null() : text_json(undr_slice_text(one->missing));
        failed |= json_array_append_new(
            names, json_pack("{s:o, s:o}", "name", text_json(undr_slice_text(one->name)), "not_installed", missing));
    }
    for (size_t i = 0; i < cells->count; i++) {
        failed |= json_array_append_new(cells->at[i].is_pair ? pairs : suite, cell_json(cells, &cells->at[i]));
    }
    json_t *root = json_pack("{s:s, s:i, s:i, s:o, s:o, s:o}", "tool", "undr-check matrix", "format", 1, "status",
        status, "implementations", names, "suite", suite, "pairs", pairs);
    if (failed != 0) {
        json_decref(root);
        return NULL;
    }
    return root;
}
