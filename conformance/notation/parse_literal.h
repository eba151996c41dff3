/* parse_literal.h: the leaves of a Python literal: numbers, strings, bytes. Private to the parser. */
#ifndef CHECK_PARSE_LITERAL_H
#define CHECK_PARSE_LITERAL_H

#include "notation/lexer.h"

/* An int is at most this long in bytes (about 9,800 decimal digits), so that reading and printing stay quick. */
enum { CHECK_INT_BYTES = 4096 };

bool check_at_number(const check_lexer *lexer); /* a digit, or a sign or point before one */
UNDR_MUST_USE undr_error check_read_number(check_lexer *lexer, undr_value **value);

bool check_at_text(const check_lexer *lexer); /* a quote, or a prefix (b, r, br, rb, u) and a quote */
UNDR_MUST_USE undr_error check_read_text(check_lexer *lexer, undr_value **value); /* STR or BYTES */

#endif
