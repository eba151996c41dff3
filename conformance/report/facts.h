/* facts.h: what a report is about: which implementation, which suite, where and when. Every format has these, so that
 * two reports can be compared. */
#ifndef CHECK_FACTS_H
#define CHECK_FACTS_H

#include "report/report.h"

typedef struct check_fact {
    const char *key;   /* "spec_sha256" */
    const char *label; /* for a person: "specification (SHA-256)" */
    undr_buffer value; /* owned */
} check_fact;

enum { CHECK_FACTS = 12 };
typedef struct check_facts {
    check_fact at[CHECK_FACTS];
    size_t count; /* what is not known is left out */
} check_facts;

/* check_facts_free afterwards, always. */
UNDR_MUST_USE undr_error check_facts_make(const check_session *session, check_facts *facts);
void check_facts_free(check_facts *facts);
/* The value of a key; empty: it is not known. */
undr_slice check_facts_find(const check_facts *facts, const char *key);

/* What stands behind a word in the lines of `capabilities`; empty: no line has it. */
undr_slice check_declared(undr_slice capabilities, const char *word);

#endif
