/* requirement.h: the line of a case that says what the steps below it prove. */
#ifndef CHECK_REQUIREMENT_H
#define CHECK_REQUIREMENT_H

#include "undr/bytes.h"

/* Appends " must ID SENTENCE" unless it is above these lines already: *above is the one that was appended last
 * (compared as a pointer), NULL at the beginning. */
UNDR_MUST_USE undr_error check_explored_blame(const char **above, undr_buffer *text, const char *requirement);

#endif
