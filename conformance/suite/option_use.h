/* option_use.h: which options a verb of undr-check uses. Any other option is refused, so that nobody believes that it
 * had an effect. */
#ifndef CHECK_OPTION_USE_H
#define CHECK_OPTION_USE_H

#include <stdbool.h>

typedef enum check_action {
    CHECK_ACTION_RUN,
    CHECK_ACTION_LIST,
    CHECK_ACTION_PARSE,
    CHECK_ACTION_DECODE,
    CHECK_ACTION_EXPLORE,
    CHECK_ACTION_DIFF,
    CHECK_ACTION_MERGE,
    CHECK_ACTION_SPEC,
    CHECK_ACTION_WATCH,
    CHECK_ACTION_PAIR,
    CHECK_ACTION_MATRIX,
    CHECK_ACTION_HELP, /* from here on: asks for a text, regardless of other options */
    CHECK_ACTION_MAN,
    CHECK_ACTION_COMPLETION,
    CHECK_ACTION_VERSION
} check_action;

/* Does this action use the option (by its long name)? */
bool check_option_is_used(check_action action, const char *name);

/* The verbs that use it, for a message: "explore". */
const char *check_option_users(const char *name);

#endif
