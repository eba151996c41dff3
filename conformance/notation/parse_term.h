/* parse_term.h: values with names in them, and the payloads that they make. Private to the parser. */
#ifndef CHECK_EXCHANGE_TERM_H
#define CHECK_EXCHANGE_TERM_H

#include "notation/lexer.h"

enum { CHECK_TERM_DEPTH = 100 };             /* how deep a literal may nest */
#define CHECK_TIMES_SIZE ((uint64_t)1 << 30) /* how much V * N may make: bytes, or items times 64 */

#define CHECK_CLASS_PROBE "undr_conformance.Probe"

UNDR_MUST_USE undr_error check_read_term(check_lexer *lexer, check_term **term);
/* What stands behind a frame's type, EMPTY at the end of the line. received: `contains` may follow. */
UNDR_MUST_USE undr_error check_read_payload(check_lexer *lexer, bool received, check_payload *payload);

/* What the parsers of terms share. depth: how many levels may still nest. */
typedef struct check_parts {
    check_term **at;
    size_t count, capacity;
} check_parts;
UNDR_MUST_USE undr_error check_read_nested(check_lexer *lexer, unsigned depth, check_term **term);
UNDR_MUST_USE undr_error check_read_word(check_lexer *lexer, unsigned depth, check_term **term);
UNDR_MUST_USE undr_error check_read_binding(check_lexer *lexer, check_term **term); /* at the `?` */
bool check_at_minus_infinity(const check_lexer *lexer);
UNDR_MUST_USE undr_error check_read_minus_infinity(check_lexer *lexer, check_term **term);
UNDR_MUST_USE undr_error check_new_term(check_lexer *lexer, check_term_kind kind, check_term **term);
/* A VALUE term; passes on an error that is there already. */
UNDR_MUST_USE undr_error check_new_value(check_lexer *lexer, undr_error error, undr_value *value, check_term **term);
UNDR_MUST_USE undr_error check_add_part(check_lexer *lexer, check_parts *list, check_term *part);
UNDR_MUST_USE undr_error check_new_container(
    check_lexer *lexer, check_term_kind kind, const check_parts *list, check_term **term);

/* Would this term, standing alone as a payload, be bytes on the wire? (bytes, or bytes * N) */
bool check_is_wire_literal(const check_term *term);
/* Identifiers with dots between them; dotted: at least one dot. */
bool check_is_class_name(undr_slice name, bool dotted);

/* The short name of a class, or NULL; *key: the one attribute that NAME(value) sets, NULL when there is none. */
const char *check_class_short(const char *class_name, const char **key);
/* Is this term, or value, the dict {key: V}? Then its V. */
const check_term *check_term_only_entry(const check_term *term, const char *key);
const undr_value *check_value_only_entry(const undr_value *value, const char *key);

#endif
