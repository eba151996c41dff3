/* page.c: a matrix as HTML: one page, or one for each cell besides. */
#include "matrix/table.h"

#include "report/escape.h"
#include "report/page.h"

static void print_title(FILE *out, const matrix_cells *cells, const matrix_cell *cell) {
    undr_buffer title = {0};
    if (matrix_cell_title(cells, cell, &title) == UNDR_OK) {
        check_html_text(out, undr_buffer_slice(&title));
    }
    undr_buffer_free(&title);
}

static bool has_run(const matrix_cell *cell) {
    return cell->word >= MATRIX_HOLDS;
}

/* ---- the tables ---- */

static void begin_table(FILE *out, const matrix_table *table) {
    fprintf(out, "<h2>%s</h2>\n", table->title);
    if (table->note != NULL) {
        fprintf(out, "<p>%s</p>\n", table->note);
    }
    fputs("<div class=\"wide\"><table>\n<thead><tr><th></th>", out);
}

static void write_head(FILE *out, const char *name) {
    fputs("<th>", out);
    check_html_text(out, undr_slice_text(name));
    fputs("</th>", out);
}

static void begin_body(FILE *out, size_t columns) {
    (void)columns;
    fputs("</tr></thead>\n<tbody>\n", out);
}

static void begin_row(FILE *out, const char *name) {
    fputs("<tr>", out);
    write_head(out, name);
}

static void write_cell(FILE *out, const matrix_cell *cell, const char *before, const char *behind) {
    fprintf(out, "<td class=\"v %s\">", matrix_word_class(cell->word));
    if (has_run(cell)) {
        fprintf(out, "<a href=\"%s%s%s\">", before, cell->file, behind);
    }
    check_html_text(out, matrix_cell_words(cell));
    fputs(has_run(cell) ? "</a></td>" : "</td>", out);
}

static void write_cell_apart(FILE *out, const matrix_cell *cell) {
    write_cell(out, cell, "", ".html");
}

static void write_cell_here(FILE *out, const matrix_cell *cell) {
    write_cell(out, cell, "#", "");
}

static void end_row(FILE *out) {
    fputs("</tr>\n", out);
}

static void end_table(FILE *out) {
    fputs("</tbody></table></div>\n", out);
}

static void print_tables(FILE *out, const matrix_cells *cells, bool apart) {
    const matrix_form form = {
        begin_table, write_head, begin_body, begin_row, apart ? write_cell_apart : write_cell_here, end_row, end_table};
    matrix_write(out, cells, &form);
}

/* ---- the page ---- */

static void print_missing(FILE *out, const matrix_cells *cells) {
    for (size_t i = 0; i < cells->list->count; i++) {
        const matrix_entry *one = &cells->list->at[i];
        if (one->missing != NULL) {
            fputs("<p class=\"none\">", out);
            check_html_text(out, undr_slice_text(one->name));
            fputs(" is not installed: ", out);
            check_html_text(out, undr_slice_text(one->missing));
            fputs("</p>\n", out);
        }
    }
}

static void print_said(FILE *out, const matrix_cell *cell) {
    fputs("<pre>", out);
    check_html_text(out, undr_buffer_slice(&cell->said));
    fputs("</pre>\n", out);
}

void matrix_print_html(FILE *out, const matrix_cells *cells, bool apart) {
    check_page_begin(out, undr_slice_text("Implementations of the undr task protocol"));
    fputs("<h1>Implementations of the undr task protocol</h1>\n", out);
    print_tables(out, cells, apart);
    print_missing(out, cells);
    for (size_t i = 0; i < cells->count && !apart; i++) {
        const matrix_cell *cell = &cells->at[i];
        if (has_run(cell)) {
            fprintf(out, "<h2 id=\"%s\">", cell->file);
            print_title(out, cells, cell);
            fputs("</h2>\n", out);
            print_said(out, cell);
        }
    }
    fputs("</body>\n</html>\n", out);
}

void matrix_print_cell_page(FILE *out, const matrix_cells *cells, const matrix_cell *cell) {
    undr_buffer title = {0};
    check_page_begin(
        out, matrix_cell_title(cells, cell, &title) == UNDR_OK ? undr_buffer_slice(&title) : undr_slice_text("A cell"));
    undr_buffer_free(&title);
    fputs("<p><a href=\"index.html\">All implementations</a></p>\n<h1>", out);
    print_title(out, cells, cell);
    fputs("</h1>\n", out);
    print_said(out, cell);
    fputs("</body>\n</html>\n", out);
}
