/* text.h: which characters may be printed. Whatever comes from outside (a peer's text, the name of a class, a target's
 * output) passes here on its way to a terminal, a log or a report. */
#ifndef UNDR_TEXT_H
#define UNDR_TEXT_H

#include "undr/bytes.h"

UNDR_API_BEGIN

/* The table behind it is in text_table.h, with the reasons. */
typedef enum undr_visibility {
    UNDR_UNPRINTABLE, /* Python's str.isprintable() is false: controls, format and bidirectional controls, separators
                         other than the blank, surrogates, noncharacters, private use, what Unicode has not assigned */
    UNDR_INVISIBLE,   /* Python prints it, but there is nothing to see: fillers, variation selectors, joiners */
    UNDR_VISIBLE
} undr_visibility;

undr_visibility undr_character_visibility(uint32_t character);

/* The character at the start of text and how many bytes it has; a lone surrogate is one, as in Python's
 * "surrogatepass". 0: text is empty, or its first byte begins no UTF-8; *character is not set then. */
size_t undr_next_character(undr_slice text, uint32_t *character);

/* Appends text with only what is visible as it is: \t \n \r, else \xNN, \uNNNN or \UNNNNNNNN for another character, and
 * \xNN for a byte that is not UTF-8. A backslash is itself. The result is one line of UTF-8. */
UNDR_MUST_USE undr_error undr_put_visible(undr_buffer *buffer, undr_slice text);

/* Appends one character escaped in that way, whatever it is. */
UNDR_MUST_USE undr_error undr_put_escaped(undr_buffer *buffer, uint32_t character);

UNDR_API_END

#endif
