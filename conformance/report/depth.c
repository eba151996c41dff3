/* depth.c: how far down a requirement lies. */
#include "report/depth.h"

#include <string.h>

/* An id, or all that begin with a word and a dash. */
static const struct layer {
    const char *id;
    check_depth depth;
} layers[] = {
    {"FRAME-", CHECK_DEPTH_FRAMES},
    {"ADAPTER-2", CHECK_DEPTH_FRAMES},
    {"REQ-", CHECK_DEPTH_REQUESTS},
    {"NEXT-1", CHECK_DEPTH_REQUESTS},
    {"WORK-1", CHECK_DEPTH_REQUESTS},
    {"WORK-2", CHECK_DEPTH_REQUESTS},
    {"WORK-3", CHECK_DEPTH_REQUESTS},
    {"PAY-", CHECK_DEPTH_PAYLOADS},
};

static bool fits(const char *layer, const char *id) {
    size_t size = strlen(layer);
    return layer[size - 1] == '-' ? strncmp(layer, id, size) == 0 : strcmp(layer, id) == 0;
}

check_depth check_depth_of(const char *id, check_share share) {
    check_depth depth = CHECK_DEPTH_REST;
    for (size_t i = 0; i < sizeof layers / sizeof *layers && 2 * share.fell_short >= share.tried; i++) {
        depth = fits(layers[i].id, id) ? layers[i].depth : depth;
    }
    return depth;
}
