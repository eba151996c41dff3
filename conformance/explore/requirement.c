/* requirement.c: the line of a case that says what the steps below it prove. */
#include "explore/requirement.h"

void check_explored_blame(const char **above, check_writer *out, const char *requirement) {
    if (*above != requirement) {
        *above = requirement;
        check_write_format(out, "  must %s\n", requirement);
    }
}
