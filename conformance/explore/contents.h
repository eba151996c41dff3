/* contents.h: the values and tasks of random sessions, as the notation writes them. */
#ifndef CHECK_CONTENTS_H
#define CHECK_CONTENTS_H

#include "base/writer.h"
#include "explore/session.h"

/* Appends the value number `identity` of an operation, a literal that says which one it is: "(17, 'x' * 256)". */
void check_explored_value(check_writer *out, const check_operation *operation, size_t identity);
/* Appends the payload of a task that a connection schedules, a blank before it: " b'task 17'", " b'17 ' * 4096",
 * " (17, None)", or nothing for an empty payload. */
void check_explored_task(check_writer *out, const check_operation *operation, size_t identity);

#endif
