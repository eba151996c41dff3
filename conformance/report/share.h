/* share.h: of the cases that try a requirement, how many failed it: what is broken shows in most of its cases,
 * what merely needs it in some. */
#ifndef CHECK_SHARE_H
#define CHECK_SHARE_H

#include "report/report.h"

typedef struct check_share {
    size_t fell_short, tried;
} check_share;

typedef struct check_counted {
    check_share share;
    const check_record *last; /* that was counted: a case that names an id twice tries it once */
} check_counted;

/* The shares of all requirements that the cases of a role try. Zero-initialise; check_shares_free when done. */
typedef struct check_shares {
    check_name_map by_id;
    check_counted *at; /* owned */
    size_t count, capacity;
} check_shares;

/* Counts the cases of this role that were played. A case tries what its head names, what stands between its steps, and
 * what it blames. */
UNDR_MUST_USE undr_error check_shares_count(check_shares *shares, const check_part *part);
check_share check_shares_find(const check_shares *shares, const char *id); /* of 0 cases: nobody tries it */
void check_shares_free(check_shares *shares);

/* Does a larger share of the first fail? A few cases count for less than many of the same share. */
bool check_share_is_larger(check_share a, check_share b);

#endif
