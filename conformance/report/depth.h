/* depth.h: how far down a requirement lies: what stands above a broken one can't hold either, so it is told first. */
#ifndef CHECK_DEPTH_H
#define CHECK_DEPTH_H

#include "report/share.h"

typedef enum check_depth {
    CHECK_DEPTH_FRAMES,   /* and the lines of the adapter: nothing can be asked without them */
    CHECK_DEPTH_REQUESTS, /* who may send what when */
    CHECK_DEPTH_PAYLOADS,
    CHECK_DEPTH_REST
} check_depth;

/* `most`: the largest share of the run. A requirement that holds in clearly more of the cases that try it is the victim of
 * another: it lies at CHECK_DEPTH_REST. */
check_depth check_depth_of(const char *id, check_share share, check_share most);

/* Does it come near the largest share? If not, it is the victim of what has that. */
bool check_share_fits(check_share share, check_share most);

/* Is the first built on the second? A task that fails is reported by a message, and a payload's case shows by one what
 * was read: where both are broken, it is the second. */
bool check_is_built_on(const char *id, const char *other);

#endif
