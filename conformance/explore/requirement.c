/* requirement.c: the line of a case that says what the steps below it prove. */
#include "explore/requirement.h"

undr_error check_explored_blame(const char **above, undr_buffer *text, const char *requirement) {
    if (*above == requirement) {
        return UNDR_OK;
    }
    *above = requirement;
    return undr_put_format(text, "  must %s\n", requirement);
}
