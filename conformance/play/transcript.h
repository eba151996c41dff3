/* transcript.h: everything that crossed in a play, one line each, in the notation where possible. */
#ifndef CHECK_TRANSCRIPT_H
#define CHECK_TRANSCRIPT_H

#include "notation/names.h"

/* Appends a payload as the notation writes it (nothing for an empty one), shortened when it is long. `wire`: as bytes,
 * else as the value of its pickle when it is one. names (may be NULL): ports of gates are shown as their letters. */
UNDR_MUST_USE undr_error check_show_payload(undr_buffer *to, undr_slice payload, bool wire, const check_names *names);

/* Appends the value of a pickle that an adapter passed on: in any protocol. */
UNDR_MUST_USE undr_error check_show_message(undr_buffer *to, undr_slice pickle, const check_names *names);

/* Appends "t b'soon'". */
UNDR_MUST_USE undr_error check_show_frame(
    undr_buffer *to, uint8_t type, undr_slice payload, bool wire, const check_names *names);

/* Appends bytes as a bytes literal, shortened when they are many. */
UNDR_MUST_USE undr_error check_show_bytes(undr_buffer *to, undr_slice bytes);

/* Keeps the first and the last lines of a long play. Zero-initialise; check_transcript_free. */
typedef struct check_transcript {
    undr_buffer head, tail;
    uint64_t dropped; /* lines between the two */
} check_transcript;

void check_transcript_free(check_transcript *transcript);
UNDR_MUST_USE undr_error check_transcript_add(check_transcript *transcript, undr_slice line);
UNDR_MUST_USE undr_error check_transcript_write(const check_transcript *transcript, undr_buffer *to);

#endif
