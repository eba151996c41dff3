/* parse_term.h: reads values with names in them, and the payloads that they make. Private to the parser. */
#ifndef CHECK_PARSE_TERM_H
#define CHECK_PARSE_TERM_H

#include "notation/term.h"

UNDR_MUST_USE undr_error check_read_term(check_lexer *lexer, check_term **term);
/* What follows a frame's type, EMPTY at the end of the line. received: `contains` may follow. */
UNDR_MUST_USE undr_error check_read_payload(check_lexer *lexer, bool received, check_payload *payload);

#endif
