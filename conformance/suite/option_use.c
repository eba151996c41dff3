/* option_use.c: the table of options and the verbs that use them. */
#include "suite/option_use.h"

#include <string.h>

enum {
    RUN = 1 << CHECK_ACTION_RUN,
    LIST = 1 << CHECK_ACTION_LIST,
    EXPLORE = 1 << CHECK_ACTION_EXPLORE,
    DIFF = 1 << CHECK_ACTION_DIFF,
    MERGE = 1 << CHECK_ACTION_MERGE,
    SPEC = 1 << CHECK_ACTION_SPEC,
    WATCH = 1 << CHECK_ACTION_WATCH,
    PAIR = 1 << CHECK_ACTION_PAIR,
    MATRIX = 1 << CHECK_ACTION_MATRIX
};

/* Options that are not listed here are used by manager, worker, pool, all and explore, and accepted by --list, which
 * lists what a run with the same options would play. */
static const struct use {
    const char *name;
    unsigned actions;
    const char *users;
} uses[] = {
    {"list", LIST, "--list itself"},
    {"only", RUN | LIST | EXPLORE | MATRIX, "a run, explore, matrix and --list"},
    {"verbose", RUN | LIST | EXPLORE | WATCH | PAIR | DIFF, "a run, explore, watch, pair, diff and --list"},
    {"shard", RUN | LIST | EXPLORE, "a run, explore and --list"},
    {"cases", RUN | LIST, "a run and --list"},
    {"load", RUN | LIST, "a run and --list"},
    {"destructive", RUN, "a run with --connect"},
    {"sessions", EXPLORE, "explore"},
    {"corpus", EXPLORE, "explore"},
    {"skip", RUN | LIST, "a run and --list"},
    {"write-expect", RUN | EXPLORE, "a run and explore"},
    {"tap", RUN | EXPLORE, "a run and explore"},
    {"junit", RUN | EXPLORE, "a run and explore"},
    {"json", RUN | EXPLORE | WATCH | PAIR | MATRIX, "a run, explore, watch, pair and matrix"},
    {"html", RUN | EXPLORE | WATCH | MATRIX, "a run, explore, watch and matrix"},
    {"markdown", RUN | EXPLORE | MATRIX, "a run, explore and matrix"},
    {"spec-url", RUN | EXPLORE, "a run and explore"},
    {"github", RUN | EXPLORE, "a run and explore"},
    {"strict", RUN | LIST | EXPLORE | WATCH | PAIR | MATRIX, "a run, explore, watch, pair, matrix and --list"},
    {"listen", RUN | WATCH, "the role worker and watch"},
    {"help", RUN | LIST | EXPLORE | WATCH | PAIR | MATRIX, "every verb"},
    {"pcap", WATCH, "watch"},
    {"interface", WATCH, "watch"},
    {"port", WATCH, "watch"},
    {"to", WATCH, "watch"},
    {"wire-only", WATCH, "watch"},
    {"all-workers", WATCH, "watch"},
    {"off", WATCH, "watch"},
    {"output", WATCH, "watch"},
    {"case", WATCH, "watch"},
    {"rates", WATCH, "watch"},
    {"format", DIFF | MERGE | SPEC, "diff, merge and spec"},
    {"jobs", RUN | LIST | EXPLORE | MATRIX, "a run, explore, matrix and --list"},
    {"seed", RUN | LIST | EXPLORE | MATRIX, "a run, explore, matrix and --list"},
    {"timeout-factor", RUN | LIST | EXPLORE | PAIR | MATRIX, "a run, explore, pair, matrix and --list"},
    {"workers", PAIR | MATRIX, "pair and matrix"},
    {"report", SPEC, "spec"},
    {"sources", SPEC, "spec"},
};

static const struct use *find_use(const char *name) {
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        if (strcmp(uses[i].name, name) == 0) {
            return &uses[i];
        }
    }
    return NULL;
}

bool check_option_is_used(check_action action, const char *name) {
    const struct use *use = find_use(name);
    unsigned actions = use == NULL ? RUN | LIST | EXPLORE : use->actions;
    return (actions & 1U << action) != 0;
}

const char *check_option_users(const char *name) {
    const struct use *use = find_use(name);
    return use == NULL ? "a run, explore and --list" : use->users;
}
