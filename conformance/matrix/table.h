/* table.h: a matrix for people and machines: the terminal, Markdown, JSON, HTML. */
#ifndef MATRIX_TABLE_H
#define MATRIX_TABLE_H

#include "matrix/cell.h"

/* What is the same in all forms: two tables, with a row for each implementation. */
typedef struct matrix_table {
    const char *title, *note; /* note: one sentence; NULL: none */
    bool pairs;               /* a column for each implementation; otherwise for each role */
} matrix_table;

/* How a form writes the parts of a table, in the order in which they come. */
typedef struct matrix_form {
    void (*begin)(FILE *out, const matrix_table *table); /* and the empty head above the names */
    void (*head)(FILE *out, const char *name);           /* of a column */
    void (*body)(FILE *out, size_t columns);             /* all heads are written */
    void (*row)(FILE *out, const char *name);
    void (*cell)(FILE *out, const matrix_cell *cell);
    void (*row_end)(FILE *out);
    void (*end)(FILE *out);
} matrix_form;
void matrix_write(FILE *out, const matrix_cells *cells, const matrix_form *form);

void matrix_print_text(FILE *out, const matrix_cells *cells);
void matrix_print_markdown(FILE *out, const matrix_cells *cells);
/* NULL: out of memory. The caller's. */
json_t *matrix_json(const matrix_cells *cells, int status);

/* One page with a section for each cell, or, with `apart`, with links to a page for each, NAME.html. */
void matrix_print_html(FILE *out, const matrix_cells *cells, bool apart);
void matrix_print_cell_page(FILE *out, const matrix_cells *cells, const matrix_cell *cell);

/* What stands in a cell of a table: "390 held", "not installed", "-". */
undr_slice matrix_cell_words(const matrix_cell *cell);
/* "the manager of Go, workers of Python", "Go as a worker": a buffer's text, freed by the caller. */
UNDR_MUST_USE undr_error matrix_cell_title(const matrix_cells *cells, const matrix_cell *cell, undr_buffer *to);

#endif
