/* wait_kind.h: what a case waits for at a step, whatever the values are. Cases that wait for the same thing in vain are
 * likely to have one cause. */
#ifndef CHECK_WAIT_KIND_H
#define CHECK_WAIT_KIND_H

#include "notation/case.h"

/* 0: the step waits for nothing. `narrow` also tells what the case did last before it waited. */
typedef struct check_wait_kind {
    uint32_t wide, narrow;
} check_wait_kind;

/* Is told of each wait of a case, in order. False: enough. */
typedef bool (*check_wait_visitor)(void *context, const check_step *step, check_wait_kind kind);
void check_each_wait(const check_case *one, check_wait_visitor visit, void *context);

/* Of the step at that line of the case's file; of the case's own line, where a play ends that never began: the start. */
check_wait_kind check_wait_kind_at(const check_case *one, int line);

#endif
