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

/* A requirement that holds in most of the cases that try it is the victim of another: it lies at CHECK_DEPTH_REST. */
check_depth check_depth_of(const char *id, check_share share);

#endif
