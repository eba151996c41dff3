/* spec.h: the binding sentences of the specification, as its pages have them, and what the suite has for each. */
#ifndef CHECK_SPEC_H
#define CHECK_SPEC_H

#include "suite/suite.h"

/* A paragraph "**ID** (LEVEL) sentence", perhaps with lines "untestable: reason" and the like below it. Borrowed from the
 * page. */
typedef struct check_sentence {
    undr_slice id, level, text;
    undr_slice notes; /* the lines below; empty: none */
} check_sentence;

/* False: the paragraph is none. */
bool check_sentence_read(undr_slice paragraph, check_sentence *sentence);

/* The next sentence of a page, from *rest on. False: there is no other. */
bool check_sentence_next(undr_slice *rest, check_sentence *sentence);

/* By its id, in all pages. */
bool check_sentence_find(const char *id, check_sentence *sentence);

/* Does the head of the case, or a line between its steps, name the requirement? */
bool check_case_claims(const check_case *one, undr_slice id);

/* Is the id one of those that are listed, between blanks? */
bool check_ids_have(const char *ids, undr_slice id);

#endif
