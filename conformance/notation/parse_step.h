/* parse_step.h: lines of a case. Private to the parser. */
#ifndef CHECK_PARSE_STEP_H
#define CHECK_PARSE_STEP_H

#include "notation/parse_payload.h"

/* must|should|may ID SENTENCE; *found false when the line is something else. */
UNDR_MUST_USE undr_error check_read_requirement(check_lexer *lexer, check_requirement *requirement, bool *found);
/* One line that is a step, whole. Of a block only its first line. */
UNDR_MUST_USE undr_error check_read_step(check_lexer *lexer, check_step *step);
enum { CHECK_STEP_INDENT = 2 }; /* blanks before a line of a case */
bool check_is_block(const check_step *step);

/* Signals by name ("INT"); 0 and NULL for others. */
int check_signal_number(undr_slice name);
const char *check_signal_name(int number);

/* Checks of a whole case, after its lines were read. */
UNDR_MUST_USE undr_error check_case_rules(const check_lexer *lexer, const check_case *one);
UNDR_MUST_USE undr_error check_case_names(const check_lexer *lexer, const check_case *one);
UNDR_MUST_USE undr_error check_case_honesty(const check_lexer *lexer, const check_case *one);
/* A mistake in the line of a step that was read before. */
undr_error check_step_fail(const check_lexer *lexer, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
