/* lexer.h: lines, words and places in a text of the exchange notation. Private to the parser. */
#ifndef CHECK_LEXER_H
#define CHECK_LEXER_H

#include "notation/case.h"

typedef struct check_lexer {
    undr_slice text;
    const char *file;       /* NULL: a term alone */
    int line;               /* from 1 */
    size_t start, at, end;  /* the line is text[start, end); at is the next byte */
    undr_arena *arena;      /* what is parsed goes here */
    check_mistake *mistake; /* may be NULL */
} check_lexer;

/* Before the first line of text. */
check_lexer check_lex_over(undr_slice text, const char *file, undr_arena *arena, check_mistake *mistake);
/* Goes to the next line that is neither blank nor a comment; false at the end of the text. */
bool check_lex_line(check_lexer *lexer);
/* Blanks before the first byte of the line. */
size_t check_lex_indent(const check_lexer *lexer);

/* Fills the mistake for the byte at offset `at`; always UNDR_ARGUMENT. */
undr_error check_lex_fail(const check_lexer *lexer, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "expected WHAT, found `what is there`" (or "the end of the line"). */
undr_error check_lex_expected(const check_lexer *lexer, size_t at, const char *what);

int check_lex_peek(const check_lexer *lexer); /* the next byte, -1 at the end of the line */
int check_lex_peek_after(const check_lexer *lexer, size_t distance);
void check_lex_blanks(check_lexer *lexer);
bool check_lex_at_end(check_lexer *lexer);     /* passes blanks */
undr_slice check_lex_word(check_lexer *lexer); /* passes blanks; up to the next blank; empty at the end of the line */
bool check_lex_accept(check_lexer *lexer, const char *word); /* takes the next word if it is this one */
undr_slice check_lex_identifier(const check_lexer *lexer);   /* [A-Za-z_][A-Za-z0-9_]* at the next byte, not taken */

UNDR_MUST_USE undr_error check_lex_finish(check_lexer *lexer); /* nothing may follow on the line */
/* A decimal or 0x number up to `most` as the next word; what: "a number of times". */
UNDR_MUST_USE undr_error check_lex_number(
    check_lexer *lexer, uint64_t least, uint64_t most, const char *what, uint64_t *number);
/* The rest of the line without blanks around it; must not be empty. */
UNDR_MUST_USE undr_error check_lex_rest(check_lexer *lexer, const char *what, const char **text);

UNDR_MUST_USE undr_error check_lex_copy(check_lexer *lexer, undr_slice slice, const char **text); /* with a final NUL */
/* Room for one more item of `size` bytes after *count in an array that lives in arena. */
UNDR_MUST_USE undr_error check_grow(undr_arena *arena, void **at, size_t count, size_t *capacity, size_t size);

bool check_slice_is(undr_slice slice, const char *text);
bool check_slice_starts(undr_slice slice, const char *text);

#endif
