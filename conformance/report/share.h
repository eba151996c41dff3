/* share.h: of the cases that try a requirement, how many fell short of it: what is broken shows in most of its cases,
 * what merely needs it in some. */
#ifndef CHECK_SHARE_H
#define CHECK_SHARE_H

#include "report.h"

typedef struct check_share {
    size_t fell_short, tried;
} check_share;

/* Of the cases of this role that were played. A case tries what its head names, what stands between its steps, and what
 * it blames. */
check_share check_share_of(const check_part *part, const char *id);

/* Does a larger share of the first fall short? A few cases count for less than many of the same share. */
bool check_share_is_larger(check_share a, check_share b);

#endif
