/* parse_payload.h: reads payloads, frame types, and the alternatives of a receive. Private to the parser. */
#ifndef CHECK_PARSE_PAYLOAD_H
#define CHECK_PARSE_PAYLOAD_H

#include "notation/parse_term.h"

/* What follows a frame's type, EMPTY at the end of the line. received: `contains` may follow. */
UNDR_MUST_USE undr_error check_read_payload(check_lexer *lexer, bool received, check_payload *payload);
/* n t m s 0xHH */
bool check_type_of(undr_slice word, uint8_t *type);
/* ALTERNATIVE or ALTERNATIVE ..., to the end of the line. channel: 'M', 'P', or any other for a connection. */
UNDR_MUST_USE undr_error check_read_expectations(check_lexer *lexer, char channel, check_step *step);

#endif
