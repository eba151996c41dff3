/* walk.h: visits the steps and terms of a case, in order. */
#ifndef CHECK_WALK_H
#define CHECK_WALK_H

#include "notation/case.h"

/* block: the step that this one is in, NULL at the top. Blocks come before their steps. An error ends it. */
typedef undr_error (*check_step_visitor)(void *context, const check_step *step, const check_step *block);
UNDR_MUST_USE undr_error check_each_step(const check_case *one, check_step_visitor visit, void *context);

/* received: the term is in a pattern, not in something that is sent. Outer terms are visited before their parts. */
typedef undr_error (*check_term_visitor)(void *context, const check_term *term, bool received);
UNDR_MUST_USE undr_error check_each_term(const check_step *step, check_term_visitor visit, void *context);

#endif
