/* common.h: what the failed cases of a role have in common: often that alone names the cause. */
#ifndef CHECK_COMMON_H
#define CHECK_COMMON_H

#include "report/digest.h"

typedef struct check_common {
    size_t failed;        /* failed cases, without those that are merely blocked */
    size_t only_cut;      /* of these: passed when what was sent came whole, and not when it was cut */
    size_t only_together; /* passed when each frame came alone, and not when several came together */
    check_hint hint;      /* a classic mistake that is proven; CHECK_HINT_NONE: none is */
    size_t hinted;        /* so many of them show it */
    undr_slice seen;      /* the proof of one of them; borrowed */
} check_common;

check_common check_common_of(const check_digest *digest, const check_part *part);

/* Appends the sentences, a line each: what they share, and the likely mistake. Nothing: nothing is shared. */
UNDR_MUST_USE undr_error check_put_common(undr_buffer *to, const check_common *common);

#endif
