/* parse_term.h: reads values with names in them. Private to the parser. */
#ifndef CHECK_PARSE_TERM_H
#define CHECK_PARSE_TERM_H

#include "notation/term.h"

UNDR_MUST_USE undr_error check_read_term(check_lexer *lexer, check_term **term);

#endif
