/* names.h: the meaning of names in a case while it is played: bindings (?pid), the ports of the gates (G), the counter
 * of a repeat (i). Turns the terms of a case into values and bytes. */
#ifndef CHECK_NAMES_H
#define CHECK_NAMES_H

#include "base/name_map.h"
#include "notation/case.h"

typedef struct check_binding {
    const char *name;        /* without the "?"; in the arena of the names */
    const undr_value *value; /* likewise */
} check_binding;

/* Zero-initialise ({0}); check_names_free when the play is over. Owns all values that are bound. */
typedef struct check_names {
    undr_arena arena;
    check_binding *bindings;
    size_t count, capacity;
    check_name_map by_name; /* of the bindings */
    uint16_t ports[26];     /* of the gates A to Z; 0: not open */
    bool counting;          /* inside a repeat */
    uint64_t counter;
} check_names;

void check_names_free(check_names *names); /* and back to {0} */

/* Binds name to value, which must live in names->arena (or for longer). */
UNDR_MUST_USE undr_error check_names_bind(check_names *names, const char *name, const undr_value *value);
void check_names_unbind(check_names *names, size_t count); /* all but the first `count` that were bound */
const undr_value *check_names_find(const check_names *names, const char *name); /* NULL: not bound */

/* The port of the gate `letter` ("G" -> 'G'); 0: not open. check_names_open gives it one. */
uint16_t check_names_port(const check_names *names, char letter);
void check_names_open(check_names *names, char letter, uint16_t port);

/* `i` in the values of a repeat. Outside a repeat there is none. */
void check_names_count(check_names *names, uint64_t counter);
void check_names_stop_counting(check_names *names);

/* Every gate that a case mentions in a value or as a channel, once each, as a string of capital letters ("GH"). */
void check_case_gates(const check_case *one, char letters[27]);
/* Every connection that a case mentions, likewise ("AB"); A[i] counts as A. */
void check_case_connections(const check_case *one, char letters[27]);

/* The value of a term, made in arena (parts of it borrow from the case and from names). UNDR_ARGUMENT when a name in it
 * is not bound yet; then a clause ("?pid is not bound") is appended to why. names and why may be NULL. */
UNDR_MUST_USE undr_error check_build_value(
    const check_term *term, const check_names *names, undr_arena *arena, undr_value **value, undr_buffer *why);

/* Appends the payload's bytes as they go on the wire: the literal bytes, or the pickle of the value in the protocol
 * that was written (4 when none was). UNDR_ARGUMENT as above, and a clause is appended to why. names and why may be
 * NULL. */
UNDR_MUST_USE undr_error check_build_payload(
    const check_payload *payload, const check_names *names, undr_buffer *buffer, undr_buffer *why);

#endif
