/* depth.c: how far down a requirement lies. */
#include "report/depth.h"

#include <stdlib.h>
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

/* Four fifths of the largest; of a few cases as much as of many, nearly: the layers are few, and what lies below is tried
 * by few cases. */
static bool is_victim(check_share share, check_share most) {
    return 5 * share.fell_short * (2 * most.tried + 1) < 4 * most.fell_short * (2 * share.tried + 1);
}

/* Four fifths of the largest, where a few cases count for less than many; and none of its cases held, unless some of
 * the largest did. */
bool check_share_fits(check_share share, check_share most) {
    bool held = share.fell_short < share.tried, most_held = most.fell_short < most.tried;
    return 5 * share.fell_short * (most.tried + 1) >= 4 * most.fell_short * (share.tried + 1) && (!held || most_held);
}

check_depth check_depth_of(const char *id, check_share share, check_share most) {
    check_depth depth = CHECK_DEPTH_REST;
    bool victim = is_victim(share, most);
    for (size_t i = 0; i < sizeof layers / sizeof *layers && !victim; i++) {
        depth = fits(layers[i].id, id) ? layers[i].depth : depth;
    }
    return depth;
}

/* Before the last dash of an id; each group is built on those before it, as its requirements are on the lower numbers. */
static const char *const groups[] = {"ADAPTER", "FRAME", "REQ", "SCHED", "NEXT", "DONE", "MSG", "WORK", "MSGS", "POOL",
    "CLOSE", "CLOSE-JOIN", "CLOSE-CANCEL", "CLOSE-KILL", "FAULT", "PAY", "SEC"};

static size_t group_of(const char *id, size_t size) {
    size_t at = 0;
    while (at < sizeof groups / sizeof *groups && (strlen(groups[at]) != size || memcmp(groups[at], id, size) != 0)) {
        at++;
    }
    return at;
}

bool check_is_built_on(const char *id, const char *other) {
    const char *dash = strrchr(id, '-'), *other_dash = strrchr(other, '-');
    if (dash == NULL || other_dash == NULL) {
        return false;
    }
    size_t group = group_of(id, (size_t)(dash - id)), other_group = group_of(other, (size_t)(other_dash - other));
    return group != other_group ? group > other_group : atoi(dash + 1) > atoi(other_dash + 1);
}
