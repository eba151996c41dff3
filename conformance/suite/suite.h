/* suite.h: which cases run: the embedded ones and the user's, filtered, ordered, shared out. */
#ifndef CHECK_SUITE_H
#define CHECK_SUITE_H

#include "base/name_map.h"
#include "suite/embedded.h"
#include "suite/options.h"

/* All cases that were loaded, and those of them that were chosen. */
typedef struct check_suite {
    check_cases *files; /* one per file; owns the cases */
    char **names;       /* of the files; owned */
    size_t file_count, file_capacity;
    const check_case **all; /* every case, in the order of the files */
    size_t count, capacity;
    check_name_map by_name; /* of `all` */
    size_t embedded;        /* this many of them, the first ones, are not the user's */
} check_suite;

/* Loads the embedded table and every *.case file below each of `folders` (a file may be named, too). Not UNDR_OK:
 * *message says what is wrong, with file, line and what was expected there; *embedded_mistake: in the embedded table.
 * check_suite_free afterwards, always. */
UNDR_MUST_USE undr_error check_suite_load(check_suite *suite, const check_embedded *embedded,
    const check_texts *folders, undr_buffer *message, bool *embedded_mistake);
void check_suite_free(check_suite *suite);

/* By its name, or by one that it had. NULL: no such case. */
const check_case *check_suite_find(const check_suite *suite, const char *name);

/* Does a pattern fit its name, or one that it had? */
bool check_case_fits(const check_case *one, const char *pattern);

/* Reads a text into *suite; `name` stands where a file's name would. */
UNDR_MUST_USE undr_error check_suite_add_text(
    check_suite *suite, undr_slice text, const char *name, undr_buffer *message);
/* Reads one file into *suite (a case name that is there already is a mistake). */
UNDR_MUST_USE undr_error check_suite_add_file(check_suite *suite, const char *path, undr_buffer *message);
/* The same for a file, or all *.case files below a folder, in the order of their names. */
UNDR_MUST_USE undr_error check_suite_add_path(check_suite *suite, const char *path, undr_buffer *message);

/* The chosen cases, each behind the cases that it comes after. Owns the array. */
typedef struct check_selection {
    const check_case **at;
    size_t count;
    size_t heavy;    /* cases of the set `load` that were left out */
    size_t left_out; /* by --skip */
} check_selection;

/* The case that a whole run of the role plays first: "manager.life.of-a-task". */
const char *check_suite_life(check_role role);
/* Is it that one, or another that shows in a few lines what nearly every case meets? They are played before others, in
 * every shard. */
bool check_suite_is_life(const check_case *one);
/* Does the case prove nothing while that one fails? Not that case itself, and not the cases about frames: they may show
 * why. */
bool check_suite_needs_life(const check_case *one);

/* UNDR_ARGUMENT: a pattern of --only matches no case of the chosen roles, heavy or not; *message names it. */
UNDR_MUST_USE undr_error check_suite_try_patterns(
    const check_suite *suite, const check_options *options, undr_buffer *message);

/* Chooses the cases of `role` by --only, --load and --shard; what a chosen case comes after is chosen with it.
 * Without --only the case of check_suite_life is the first, in every shard.
 * Preconditions that form a circle, or that do not exist: UNDR_ARGUMENT, *message names them. */
UNDR_MUST_USE undr_error check_suite_select(const check_suite *suite, check_role role, const check_options *options,
    check_selection *selection, undr_buffer *message);

#endif
