/* results.h: reports that --json wrote, read again: compared, and those of shards joined. */
#ifndef CHECK_RESULTS_H
#define CHECK_RESULTS_H

#include "suite/options.h"

#include <jansson.h>

/* One case of a report; all text is borrowed from the report. */
typedef struct check_outcome {
    const char *name, *role;
    const char *verdict; /* "not run" where it was not */
    const char *id;      /* of the requirement that is blamed, or that the case is about first; "": none */
    const char *expected, *received;
    const char *kind, *transcript, *output; /* of its failure; "": none */
    const json_t *was;                      /* former names; NULL: none */
} check_outcome;

typedef struct check_results {
    const char *path;
    json_t *json;      /* owned */
    check_outcome *at; /* owned; by name */
    size_t count;
} check_results;

/* check_results_free afterwards, always. UNDR_ARGUMENT: *message says what is wrong with the file. */
UNDR_MUST_USE undr_error check_results_read(const char *path, check_results *results, undr_buffer *message);
void check_results_free(check_results *results);
const check_outcome *check_results_find(const check_results *results, const char *name); /* NULL: not there */
/* The same case in another report, by its name, or by what it was called before, on either side. */
const check_outcome *check_results_counterpart(const check_results *results, const check_outcome *one);
bool check_results_has_role(const check_results *results, const char *role);
/* "undr 1.0.1, python 3.11.7; undr-check 0.1.0, 2026-11-30T13:00:00Z" */
UNDR_MUST_USE undr_error check_results_describe(const check_results *results, undr_buffer *to);

/* Prints what changed from the one report to the other: of the cases that changed alike the plainest, with `verbose` all.
 * *worse: how many cases got worse. */
UNDR_MUST_USE undr_error check_results_diff(
    FILE *out, const check_results *old, const check_results *new, check_format format, bool verbose, size_t *worse);

/* Prints one report of those of all shards of a run. UNDR_ARGUMENT: *message says why they are no such. *status: the
 * exit status that the whole run would have had. */
UNDR_MUST_USE undr_error check_results_merge(
    FILE *out, const check_results *shards, size_t count, check_format format, int *status, undr_buffer *message);

#endif
