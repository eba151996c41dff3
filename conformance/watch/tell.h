/* tell.h: what `undr-check watch` says: findings as they are made, the table at the end, JSON, cases. */
#ifndef WATCH_TELL_H
#define WATCH_TELL_H

#include "watch/watch.h"

#include <jansson.h>
#include <stdio.h>

typedef struct watch_kept { /* a finding, for a page at the end */
    watch_finding finding;
    char port[WATCH_NAME]; /* finding.port is not valid any more */
} watch_kept;

typedef struct watch_teller {
    FILE *out;                        /* borrowed */
    FILE *cases;                      /* borrowed; NULL: no cases are written */
    json_t *findings;                 /* owned; NULL: no JSON is wanted */
    bool every_frame, strict, failed; /* failed: no memory for a line */
    uint64_t first_time;              /* ns; times are shown from here on */
    bool has_time;
    uint64_t findings_of[WATCH_RULE_COUNT][2]; /* by side: the noise of one hides nothing of the other */
    uint64_t must, should, cases_written;
    uint64_t most;    /* findings of one rule that are shown in full; 0: as the watch shows them */
    bool keeps;       /* findings are wanted at the end */
    watch_kept *kept; /* owned */
    size_t kept_count, kept_capacity;
} watch_teller;

void watch_tell_finding(void *teller, const watch_finding *finding); /* for watch_options.found */
void watch_tell_frame(void *teller, const watch_framed *framed);     /* for watch_options.framed */
void watch_tell_time(watch_teller *teller, uint64_t time);           /* of an event: the first is 0 */

/* The table of ids, the freedoms that the peers used, what can't be seen. notes: "" or lines of its own. */
void watch_tell_end(watch_teller *teller, const watch_totals *totals, const char *notes);
/* Their parts: a sentence about a finding, the lines of its excerpt, the counts, the last sentence. */
UNDR_MUST_USE undr_error watch_put_blame(undr_buffer *to, const watch_finding *finding);
UNDR_MUST_USE undr_error watch_put_excerpt(undr_buffer *to, const watch_teller *teller, const watch_finding *finding);
UNDR_MUST_USE undr_error watch_put_freedoms(undr_buffer *to, const watch_totals *totals);
UNDR_MUST_USE undr_error watch_put_verdict(undr_buffer *to, const watch_teller *teller, const watch_totals *totals);

/* All of it as a page: out of memory, or what `out` says. It is in a room above this one (report/). */
typedef undr_error watch_page(FILE *out, const watch_teller *teller, const watch_totals *totals, const char *notes);

/* Writes the JSON. False: out of memory, or it can't be written (ferror). */
bool watch_tell_json(const watch_teller *teller, const watch_totals *totals, FILE *to);

#endif
