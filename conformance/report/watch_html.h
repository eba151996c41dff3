/* watch_html.h: what `undr-check watch` has seen, as a page. */
#ifndef CHECK_WATCH_HTML_H
#define CHECK_WATCH_HTML_H

#include "watch/tell.h"

/* One page that needs no other file: the sentence at the end, the findings with their frames, the table of requirements,
 * the counts, what can't be seen. UNDR_MEMORY; failures to write show in ferror(out). */
UNDR_MUST_USE undr_error check_watch_html(
    FILE *out, const watch_teller *teller, const watch_totals *totals, const char *notes);

#endif
