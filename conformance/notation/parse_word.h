/* parse_word.h: reads the words of values: constants, names, gates, classes and objects. Private to the parser. */
#ifndef CHECK_PARSE_WORD_H
#define CHECK_PARSE_WORD_H

#include "notation/lexer.h"

/* How a value in parentheses is read, and how many levels may still nest. */
typedef struct check_nested {
    undr_error (*read)(check_lexer *lexer, unsigned depth, check_term **term);
    unsigned depth;
} check_nested;

UNDR_MUST_USE undr_error check_read_word(check_lexer *lexer, check_nested nested, check_term **term);
UNDR_MUST_USE undr_error check_read_binding(check_lexer *lexer, check_term **term); /* at the `?` */
bool check_at_minus_infinity(const check_lexer *lexer);
UNDR_MUST_USE undr_error check_read_minus_infinity(check_lexer *lexer, check_term **term);

/* Identifiers with dots between them; dotted: at least one dot. */
bool check_is_class_name(undr_slice name, bool dotted);
/* The short name of a class, or NULL; *key: the one attribute that NAME(value) sets, NULL when there is none. */
const char *check_class_short(const char *class_name, const char **key);

#endif
