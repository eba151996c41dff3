/* term.h: makes the terms of the notation, values with names in them, and asks what they are. Private to the
 * notation. */
#ifndef CHECK_TERM_H
#define CHECK_TERM_H

#include "notation/lexer.h"

enum { CHECK_TERM_DEPTH = 100 };             /* how deep a literal may nest */
#define CHECK_TIMES_SIZE ((uint64_t)1 << 30) /* how much V * N may make: bytes, or items times 64 */

#define CHECK_CLASS_PROBE "undr_conformance.Probe"

/* The parts of a container that is being read. */
typedef struct check_parts {
    check_term **at;
    size_t count, capacity;
} check_parts;

UNDR_MUST_USE undr_error check_new_term(check_lexer *lexer, check_term_kind kind, check_term **term);
/* A VALUE term; passes on an error that is there already. */
UNDR_MUST_USE undr_error check_new_value(check_lexer *lexer, undr_error error, undr_value *value, check_term **term);
UNDR_MUST_USE undr_error check_add_part(check_lexer *lexer, check_parts *list, check_term *part);
UNDR_MUST_USE undr_error check_new_container(
    check_lexer *lexer, check_term_kind kind, const check_parts *list, check_term **term);

/* Would this term, alone as a payload, be bytes on the wire? (bytes, or bytes * N) */
bool check_is_wire_literal(const check_term *term);
/* Is this term, or value, the dict {key: V}? Then its V. */
const check_term *check_term_only_entry(const check_term *term, const char *key);
const undr_value *check_value_only_entry(const undr_value *value, const char *key);

#endif
