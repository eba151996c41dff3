/* requirement.h: the line of a case that says what the steps below it prove. */
#ifndef CHECK_REQUIREMENT_H
#define CHECK_REQUIREMENT_H

#include "base/writer.h"

/* Appends " must ID SENTENCE" unless it is above these lines already: *above is the one that was appended last
 * (compared as a pointer), NULL at the beginning. */
void check_explored_blame(const char **above, check_writer *out, const char *requirement);

#endif
