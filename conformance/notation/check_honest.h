/* check_honest.h: what is wrong with one frame, as far as the frame alone shows. Private to the notation. */
#ifndef CHECK_CHECK_HONEST_H
#define CHECK_CHECK_HONEST_H

#include "notation/case.h"

typedef struct check_content {
    bool empty;
    bool pickle;
    bool no_task; /* None or CloseRequest: SCHED-12 */
} check_content;

/* How a worker's frame, or a manager's, breaks the specification: one clause with the id; NULL: not. */
const char *check_request_breach(unsigned levels, uint8_t type, const check_content *found);
const char *check_answer_breach(uint8_t type, const check_content *found);
bool check_is_never_task(const undr_value *value);

#endif
