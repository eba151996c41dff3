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

/* ---- two tables ---- */

static const matrix_table tables[] = {
    {"Against the suite", NULL, false}, {"Against each other", "The manager of the row, workers of the column.", true}};

static size_t columns_of(const matrix_table *table, const matrix_cells *cells) {
    return table->pairs ? cells->list->count : MATRIX_ROLES;
}

static const char *column_name(const matrix_table *table, const matrix_cells *cells, size_t column) {
    return table->pairs ? cells->list->at[column].name : check_role_name((check_role)column);
}

static const matrix_cell *cell_at(const matrix_table *table, const matrix_cells *cells, size_t row, size_t column) {
    return table->pairs ? matrix_cells_pair(cells, row, column) : matrix_cells_role(cells, row, (check_role)column);
}

static void write_table(FILE *out, const matrix_cells *cells, const matrix_table *table, const matrix_form *form) {
    size_t columns = columns_of(table, cells);
    form->begin(out, table);
    for (size_t k = 0; k < columns; k++) {
        form->head(out, column_name(table, cells, k));
    }
    form->body(out, columns);
    for (size_t i = 0; i < cells->list->count; i++) {
        form->row(out, cells->list->at[i].name);
        for (size_t k = 0; k < columns; k++) {
            form->cell(out, cell_at(table, cells, i, k));
        }
        form->row_end(out);
    }
    form->end(out);
}

void matrix_write(FILE *out, const matrix_cells *cells, const matrix_form *form) {
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        write_table(out, cells, &tables[i], form);
    }
}

/* ---- the terminal ---- */

static size_t name_width(const matrix_cells *cells) {
    size_t widest = 0;
    for (size_t i = 0; i < cells->list->count; i++) {
        size_t size = strlen(cells->list->at[i].name);
        widest = size > widest ? size : widest;
    }
    return widest;
}

static size_t column_width(const matrix_table *table, const matrix_cells *cells, size_t column) {
    size_t widest = strlen(column_name(table, cells, column));
    for (size_t i = 0; i < cells->list->count; i++) {
        size_t size = matrix_cell_words(cell_at(table, cells, i, column)).size;
        widest = size > widest ? size : widest;
    }
    return widest;
}

static void pad(FILE *out, undr_slice text, size_t width) {
    check_text_plain(out, text);
    fprintf(out, "%*s", (int)(width > text.size ? width - text.size + 2 : 2), "");
}

static void print_text(FILE *out, const matrix_cells *cells, const matrix_table *table) {
    size_t columns = columns_of(table, cells), names = name_width(cells);
    fprintf(out, "%s\n", table->title);
    if (table->note != NULL) {
        fprintf(out, "%s\n", table->note);
    }
    pad(out, undr_slice_text(""), names);
    for (size_t k = 0; k < columns; k++) {
        pad(out, undr_slice_text(column_name(table, cells, k)), column_width(table, cells, k));
    }
    fputc('\n', out);
    for (size_t i = 0; i < cells->list->count; i++) {
        pad(out, undr_slice_text(cells->list->at[i].name), names);
        for (size_t k = 0; k < columns; k++) {
            pad(out, matrix_cell_words(cell_at(table, cells, i, k)), column_width(table, cells, k));
        }
        fputc('\n', out);
    }
}

void matrix_print_text(FILE *out, const matrix_cells *cells) {
    print_text(out, cells, &tables[0]);
    fputc('\n', out);
    print_text(out, cells, &tables[1]);
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

static void begin_markdown(FILE *out, const matrix_table *table) {
    fprintf(out, "%s## %s\n\n", table->pairs ? "\n" : "", table->title);
    if (table->note != NULL) {
        fprintf(out, "%s\n\n", table->note);
    }
    fputs("| |", out);
}

static void write_markdown_name(FILE *out, const char *name) {
    fputs(" ", out);
    check_markdown_text(out, undr_slice_text(name));
    fputs(" |", out);
}

static void begin_markdown_body(FILE *out, size_t columns) {
    fputs("\n|---|", out);
    for (size_t k = 0; k < columns; k++) {
        fputs("---|", out);
    }
    fputc('\n', out);
}

static void begin_markdown_row(FILE *out, const char *name) {
    fputs("|", out);
    write_markdown_name(out, name);
}

static void write_markdown_cell(FILE *out, const matrix_cell *cell) {
    const char *mark = cell->word == MATRIX_BREAKS || cell->word >= MATRIX_REFUSED ? "**" : "";
    fprintf(out, " %s", mark);
    check_markdown_text(out, matrix_cell_words(cell));
    fprintf(out, "%s |", mark);
}

static void end_markdown_row(FILE *out) {
    fputc('\n', out);
}

static void end_markdown(FILE *out) {
    (void)out; /* the last row has ended it */
}

void matrix_print_markdown(FILE *out, const matrix_cells *cells) {
    static const matrix_form form = {begin_markdown, write_markdown_name, begin_markdown_body, begin_markdown_row,
        write_markdown_cell, end_markdown_row, end_markdown};
    matrix_write(out, cells, &form);
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
