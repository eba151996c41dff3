/* list.h: the implementations of a matrix, as a file of JSON names them.
 *
 *     {"implementations": [
 *         {"name": "mine", "command": ["./my-adapter"]},
 *         {"name": "other", "manager": ["m"], "worker": ["w", "--adapter"], "pool": ["m"],
 *          "installed": ["python3", "-c", "import other"], "expect": "known-failures.txt"}]}
 *
 * `command` is the adapter (spec/adapter.md) of all roles, `manager`, `worker` and `pool` that of one; a role without one
 * is not played. A program is looked for beside undr-check, then in PATH; a word with a slash is a path from the folder
 * of the list, where there is such a file. `installed` is a command that succeeds where the implementation is. A list has
 * at most MATRIX_MOST of them, whose reports are kept in memory until all are written. */
#ifndef MATRIX_LIST_H
#define MATRIX_LIST_H

#include "notation/case.h"

enum { MATRIX_ROLES = CHECK_ROLE_POOL + 1, MATRIX_MOST = 64 };

typedef struct matrix_entry {
    const char *name;
    char **commands[MATRIX_ROLES]; /* by check_role, NULL-terminated; NULL: it has no such role */
    const char *expect;            /* a file of known failures; NULL: none */
    const char *missing;           /* why it is not installed; NULL: it is */
} matrix_entry;

typedef struct matrix_list {
    undr_arena arena; /* owns everything below */
    matrix_entry *at;
    size_t count;
    const char *own; /* the path of this undr-check */
} matrix_list;

/* matrix_list_free afterwards, always. UNDR_ARGUMENT: *message says what is wrong with the file. */
UNDR_MUST_USE undr_error matrix_list_read(const char *path, matrix_list *list, undr_buffer *message);
void matrix_list_free(matrix_list *list);

#endif
