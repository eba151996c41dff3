/* changes.h: what became of each case from one report to another, and which of them changed alike. */
#ifndef CHECK_CHANGES_H
#define CHECK_CHANGES_H

#include "report/results.h"

typedef enum check_change_kind {
    CHECK_CHANGE_REGRESSED,
    CHECK_CHANGE_IMPROVED,
    CHECK_CHANGE_OTHER_CAUSE,
    CHECK_CHANGE_UNJUDGED,
    CHECK_CHANGE_SKIPPED_NOW,
    CHECK_CHANGE_PLAYED_NOW,
    CHECK_CHANGE_ADDED,
    CHECK_CHANGE_GONE,
    CHECK_CHANGE_SAME,
    CHECK_CHANGE_KINDS
} check_change_kind;

/* One case. Alike are those of one role that changed in the same way, and whose failures are of one kind. */
typedef struct check_change {
    check_change_kind what;
    const check_outcome *old, *new; /* NULL: not there */
    size_t
        alike; /* of the plainest of those that are alike, which stands before the others: how many they are; else 0 */
} check_change;

/* All cases of both, those that are alike side by side, and what is most first; NULL: no memory. The caller's to free. A
 * role that one of them did not run is not compared. */
check_change *check_changes_collect(const check_results *old, const check_results *new, size_t *count);
size_t check_changes_count(const check_change *all, size_t count, check_change_kind what);

const char *check_change_id(const check_change *one); /* of the requirement that is told; "": none */
const char *check_change_name(const check_change *one);
/* The side whose failure is told; NULL: neither failed. */
const check_outcome *check_change_told(const check_change *one);

#endif
