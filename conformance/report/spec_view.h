/* spec_view.h: the specification as the index of all there is: each sentence with its cases, where the reference obeys it,
 * the bugs that it catches, and how targets did. */
#ifndef CHECK_SPEC_VIEW_H
#define CHECK_SPEC_VIEW_H

#include "report/results.h"
#include "suite/spec.h"

typedef struct check_spec_view {
    const check_suite *suite;
    const check_results *reports; /* of targets, perhaps none */
    size_t report_count;
    const char *sources; /* the URL of a tree of the sources, which places link to; NULL: none */
} check_spec_view;

/* How the cases of a sentence went. */
typedef struct check_kept {
    size_t tried, failed;
} check_kept;
check_kept check_spec_kept(const check_spec_view *view, const check_results *report, undr_slice id);

/* All pages on one. */
UNDR_MUST_USE undr_error check_spec_html(FILE *out, const check_spec_view *view);
/* Another page in Markdown, with the same style. */
void check_spec_html_of(FILE *out, const check_spec_view *view, undr_slice text);
/* The sentences of these ids, with all there is; without an id all sentences, a line each. UNDR_ARGUMENT: there is no such
 * id, *message says which is meant. */
UNDR_MUST_USE undr_error check_spec_text(
    FILE *out, const check_spec_view *view, const check_texts *ids, undr_buffer *message);

#endif
