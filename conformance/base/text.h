/* text.h: text that came from anywhere (a target's output, a user's file), made safe to print. */
#ifndef CHECK_TEXT_H
#define CHECK_TEXT_H

#include "undr/bytes.h"

#include <stdio.h>

/* How many bytes the first character of text takes when it may be printed as it is: newline, tab, and what undr/text.h
 * calls visible. 0: it must be escaped (or there is none). */
size_t check_text_character(undr_slice text);

/* One character as it may be printed: itself, or \xNN, \uNNNN or \UNNNNNNNN for one that must not be printed. */
typedef struct check_piece {
    char text[16];
    size_t size;
} check_piece;

/* Takes the first character off *text, which is not empty. Every escaper of a format is built on this one: what no
 * format should carry is replaced here, what a format gives a meaning of its own is escaped there (escape.h). */
check_piece check_text_take(undr_slice *text);
bool check_piece_is(const check_piece *piece, const char *text);

/* Writes text for a terminal or a log, character by character as check_text_take has it. Failures show in
 * ferror(out). */
void check_text_plain(FILE *out, undr_slice text);
/* The same, each line after `indent`, ended by a newline; nothing for an empty text. */
void check_text_lines(FILE *out, undr_slice text, const char *indent);
/* The same as check_text_plain, into a buffer. */
UNDR_MUST_USE undr_error check_text_clean(undr_buffer *to, undr_slice text);

/* The text without blanks and newlines around it. */
undr_slice check_text_trim(undr_slice text);

/* Takes the first word off *rest: what stands before the first blank, tab or line break; those before it are skipped.
 * Empty when there is none. */
undr_slice check_text_take_word(undr_slice *rest);

/* The one of `choices` (NULL-terminated) that is most like `word`; NULL when none is. */
const char *check_text_nearest(const char *word, const char *const *choices);

/* "s" for every count but one. */
const char *check_text_plural(size_t count);

#endif
