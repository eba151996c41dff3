/* arguments.c: rules that are turned off. */
#include "watch/arguments.h"

#include <string.h>

bool watch_arguments_off(watch_arguments *arguments, const char *id) {
    for (int rule = WATCH_NO_RULE + 1; rule < WATCH_RULE_COUNT; rule++) {
        if (strcmp(watch_rule_about((watch_rule)rule)->id, id) == 0) {
            arguments->off.off[rule / 32] |= UINT32_C(1) << rule % 32;
            return true;
        }
    }
    return false;
}
