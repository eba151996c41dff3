/* expect.h: the file of expected failures: the cases that an implementation is known to fail, and why.
 *
 *     # a comment
 *     fail manager.close-join.worker-died  JOIN never returns when a worker dies
 *     warn manager.done.surplus            counts below zero
 *     when python >= 3.13 fail worker.workers.failure  the report can't be pickled
 *     fail manager.schedule.* SCHED-3      the newest task comes first
 *     flaky worker.workers.pauses          the machine of the CI is slow
 * */
#ifndef CHECK_EXPECT_H
#define CHECK_EXPECT_H

#include "base/name_map.h"
#include "play/play.h"

#include <stdio.h>

typedef struct check_entry {
    char *name;            /* of the case, or a pattern of names */
    check_verdict verdict; /* CHECK_FAIL or CHECK_WARN */
    bool flaky;            /* it may pass, too */
    bool pattern;
    const char *id; /* of the requirement that it has to blame; NULL: any */
    char *reason;
    int line;
    char *condition; /* condition.h; NULL: none */
    bool holds;      /* without a condition, or as check_expected_apply found */
    size_t holding;  /* in the first entry of a case: the number of the one that holds; CHECK_NO_NAME: none */
} check_entry;

/* Owns everything. */
typedef struct check_expected {
    char *file;
    check_entry *at;
    size_t count, capacity;
    check_name_map by_name; /* of the cases */
    size_t *patterns;       /* the entries that are patterns */
    size_t pattern_count, pattern_capacity;
} check_expected;

/* Reads a whole text. UNDR_ARGUMENT: *message says what is wrong, after FILE:LINE. check_expected_free afterwards,
 * always. */
UNDR_MUST_USE undr_error check_expected_parse(
    undr_slice text, const char *file, check_expected *expected, undr_buffer *message);
UNDR_MUST_USE undr_error check_expected_read(const char *path, check_expected *expected, undr_buffer *message);
void check_expected_free(check_expected *expected);

/* Decides which entries hold for an implementation with these lines of `capabilities`; may be called again.
 * UNDR_ARGUMENT: *message says which condition can't be decided, or which entries contradict each other. */
UNDR_MUST_USE undr_error check_expected_apply(check_expected *expected, undr_slice capabilities, undr_buffer *message);

/* The entry that holds; NULL: none. One that names the case, or a former name of it, comes before a pattern, an earlier pattern before a later. */
const check_entry *check_expected_find(const check_expected *expected, const check_case *one);

/* One line of such a file, with what the entry has but its reason (and .verdict, where it is not flaky); newlines in
 * the reason become blanks. Failures show in ferror(out). */
void check_expected_write(FILE *out, const check_entry *entry, undr_slice reason);

#endif
