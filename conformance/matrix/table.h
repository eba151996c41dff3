/* table.h: a matrix for people and machines: the terminal, Markdown, JSON, HTML. */
#ifndef MATRIX_TABLE_H
#define MATRIX_TABLE_H

#include "matrix/cell.h"

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
