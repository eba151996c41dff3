/* from_markdown.h: the Markdown of spec/, as HTML: headings, paragraphs, lists, tables, blocks of code; in a line code,
 * strong and emphasised text, links. Other Markdown is printed as it is. */
#ifndef CHECK_FROM_MARKDOWN_H
#define CHECK_FROM_MARKDOWN_H

#include "undr/bytes.h"

#include <stdio.h>

typedef struct check_markdown {
    FILE *out;
    const void *context; /* passed to both */
    /* A paragraph is about to be printed. True: it was printed here; NULL: none is. */
    bool (*paragraph)(const void *context, const struct check_markdown *page, undr_slice text);
    /* Prints where a link leads; NULL: as it is. */
    void (*link)(const void *context, FILE *out, undr_slice target);
} check_markdown;

void check_markdown_page(const check_markdown *page, undr_slice text);
/* What stands in one paragraph, without its tags. */
void check_markdown_line(const check_markdown *page, undr_slice text);
/* The id that a heading gets: "10. Grammar" is "10-grammar". */
void check_markdown_anchor(FILE *out, undr_slice heading);

#endif
