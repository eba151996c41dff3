/* text.h: text that came from anywhere (a target's output, a user's file), made safe to print. */
#ifndef CHECK_TEXT_H
#define CHECK_TEXT_H

#include "undr/bytes.h"

#include <stdio.h>

/* How many bytes the first character of text takes when it may be printed as it is: newline, tab, and what undr/text.h
 * calls visible. 0: it must be escaped (or there is none). */
size_t check_text_character(undr_slice text);

/* Writes text, what must not be printed as \xNN, \uNNNN or \UNNNNNNNN. Failures show in ferror(out). */
void check_text_plain(FILE *out, undr_slice text);
/* The same, each line behind `indent`, ended by a newline; nothing for an empty text. */
void check_text_lines(FILE *out, undr_slice text, const char *indent);
/* The same as check_text_plain, with & < > " ' as references: for XML and HTML. */
void check_text_markup(FILE *out, undr_slice text);
/* The same, as valid UTF-8 in a buffer: for JSON. */
UNDR_MUST_USE undr_error check_text_clean(undr_buffer *to, undr_slice text);

/* The text without blanks and newlines around it. */
undr_slice check_text_trim(undr_slice text);

/* The one of `choices` (NULL-terminated) that is most like `word`; NULL when none is. */
const char *check_text_nearest(const char *word, const char *const *choices);

/* "s" for every count but one. */
const char *check_text_plural(size_t count);

#endif
