/* parse_head.h: the head of a case. Private to the parser. */
#ifndef CHECK_PARSE_HEAD_H
#define CHECK_PARSE_HEAD_H

#include "notation/parse_step.h"

/* What the parser remembers about one head: which lines it had, and the room in the lists. */
typedef struct check_head {
    unsigned seen;
    size_t notes, after, was, needs, requirements;
} check_head;

UNDR_MUST_USE undr_error check_read_case_line(check_lexer *lexer, check_case *one);
/* *found false when the line is a step. */
UNDR_MUST_USE undr_error check_read_head_line(check_head *head, check_lexer *lexer, check_case *one, bool *found);

#endif
