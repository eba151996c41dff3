/* cell.h: the cells of a matrix: each is a run of undr-check of its own, several at a time. */
#ifndef MATRIX_CELL_H
#define MATRIX_CELL_H

#include "matrix/list.h"
#include "suite/options.h"

#include <jansson.h>
#include <sys/types.h>

typedef enum matrix_word {
    MATRIX_WAITS,
    MATRIX_RUNS,
    MATRIX_NOT_INSTALLED,
    MATRIX_NO_ROLE,
    MATRIX_HOLDS,
    MATRIX_WARNS,   /* only SHOULDs are broken */
    MATRIX_BREAKS,  /* a MUST is broken, or a pair does not come to its end */
    MATRIX_REFUSED, /* no adapter: nothing was played */
    MATRIX_FAILED   /* the harness */
} matrix_word;
const char *matrix_word_class(matrix_word word); /* of CSS: "pass", "warn", "fail", "none", "error" */

typedef struct matrix_cell {
    bool is_pair;
    check_role role;     /* of a run of the suite */
    size_t row, partner; /* places in the list; of a pair: manager and worker */
    matrix_word word;
    pid_t pid;         /* while it runs */
    int status;        /* as waitpid has it */
    char file[32];     /* "manager-0", "pair-0-3": what its files are called */
    json_t *report;    /* owned; NULL: there is none */
    undr_buffer said;  /* what it printed. Owned */
    undr_buffer words; /* a few words for the table. Owned */
} matrix_cell;

typedef struct matrix_cells {
    const matrix_list *list;
    matrix_cell *at; /* owned: of each implementation its roles, then all pairs */
    size_t count;
    char folder[64]; /* with the files of the runs, while they are needed; "": none */
    int signal;      /* of a user, that ended it; 0: none */
} matrix_cells;

matrix_cell *matrix_cells_role(const matrix_cells *cells, size_t row, check_role role);
matrix_cell *matrix_cells_pair(const matrix_cells *cells, size_t manager, size_t worker);

/* Runs them all. matrix_cells_free afterwards, always. SYSTEM, MEMORY: the harness failed; *message may say why. */
UNDR_MUST_USE undr_error matrix_cells_run(
    const matrix_list *list, const check_options *options, matrix_cells *cells, undr_buffer *message);
void matrix_cells_free(matrix_cells *cells);

#endif
