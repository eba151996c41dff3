/* watch_html.c: what the watch has seen, as a page. */
#include "report/watch_html.h"

#include "report/escape.h"
#include "report/page.h"

#include <inttypes.h>
#include <string.h>

/* Prints what was written as text between two tags, and frees it. */
static undr_error print(FILE *out, const char *before, undr_buffer *text, const char *after, undr_error error) {
    if (error == UNDR_OK) {
        fputs(before, out);
        check_html_text(out, undr_buffer_slice(text));
        fputs(after, out);
    }
    undr_buffer_free(text);
    return error;
}

static undr_error print_finding(FILE *out, const watch_teller *teller, const watch_kept *kept) {
    watch_finding finding = kept->finding;
    const watch_rule_text *rule = watch_rule_about(finding.rules[0]);
    undr_buffer blame = {0}, excerpt = {0};
    finding.port = kept->port;
    fputs("<article>\n", out);
    undr_error error = print(out, "<h3>", &blame, "</h3>\n", watch_put_blame(&blame, &finding));
    fprintf(out, "<p><a href=\"#%s\">%s</a>: ", rule->id, rule->id);
    check_html_text(out, undr_slice_text(rule->sentence));
    fputs("</p>\n", out);
    if (error == UNDR_OK) {
        error = print(out, "<pre>", &excerpt, "</pre>\n</article>\n", watch_put_excerpt(&excerpt, teller, &finding));
    }
    return error;
}

static undr_error print_findings(FILE *out, const watch_teller *teller) {
    undr_error error = UNDR_OK;
    if (teller->kept_count == 0) {
        return UNDR_OK;
    }
    fputs("<h2 id=\"findings\">What was broken</h2>\n", out);
    for (size_t i = 0; i < teller->kept_count && error == UNDR_OK; i++) {
        error = print_finding(out, teller, &teller->kept[i]);
    }
    if (teller->must + teller->should > teller->kept_count) {
        fprintf(out, "<p>%" PRIu64 " more are counted in the table, and not shown.</p>\n",
            teller->must + teller->should - (uint64_t)teller->kept_count);
    }
    return error;
}

static void print_count(FILE *out, uint64_t count, const char *class) {
    fprintf(out, "<td class=\"v %s\">%" PRIu64 "</td>", count == 0 ? "none" : class, count);
}

static void print_table(FILE *out, const watch_totals *totals) {
    fputs("<h2>Requirements</h2>\n<div class=\"wide\"><table>\n<thead><tr><th>requirement</th><th>held</th>"
          "<th>broken</th><th>undecided</th><th>sentence</th></tr></thead>\n<tbody>\n",
        out);
    for (int rule = WATCH_NO_RULE + 1; rule < WATCH_RULE_COUNT; rule++) {
        const watch_tally *tally = &totals->rules[rule];
        const watch_rule_text *about = watch_rule_about((watch_rule)rule);
        bool must = about->level == CHECK_MUST;
        if (tally->held + tally->broken + tally->undecided == 0) {
            continue;
        }
        fprintf(out, "<tr id=\"%s\"><th scope=\"row\">%s</th>", about->id, about->id);
        print_count(out, tally->held, "pass");
        print_count(out, tally->broken, must ? "fail" : "warn");
        print_count(out, tally->undecided, "skip");
        fputs("<td class=\"sentence-text\">", out);
        check_html_text(out, undr_slice_text(about->sentence));
        fputs("</td></tr>\n", out);
    }
    fputs("</tbody>\n</table></div>\n", out);
}

static void print_unseen(FILE *out) {
    fputs("<h2>Undecided, as the wire does not show it</h2>\n<dl>\n", out);
    for (const watch_unseen *unseen = watch_unseen_rules; unseen->ids != NULL; unseen++) {
        fputs("<dt>", out);
        check_html_text(out, undr_slice_text(unseen->ids));
        fputs("</dt><dd>", out);
        check_html_text(out, undr_slice_text(unseen->reason));
        fputs("</dd>\n", out);
    }
    fputs("</dl>\n", out);
}

undr_error check_watch_html(FILE *out, const watch_teller *teller, const watch_totals *totals, const char *notes) {
    undr_buffer verdict = {0}, freedoms = {0};
    check_page_begin(out, undr_slice_text("undr-check watch"));
    fputs("<h1>undr-check watch</h1>\n", out);
    bool broken = teller->must + teller->should > 0;
    const char *verdict_class = broken ? "<p class=\"fail\">"
        : totals->answers == 0         ? "<p class=\"none\">"
                                       : "<p class=\"pass\">";
    undr_error error = print(out, verdict_class, &verdict, "</p>\n", watch_put_verdict(&verdict, teller, totals));
    error = error == UNDR_OK ? print_findings(out, teller) : error;
    print_table(out, totals);
    if (error == UNDR_OK) {
        error = print(out, "<h2>What crossed</h2>\n<pre>", &freedoms, "", watch_put_freedoms(&freedoms, totals));
    }
    check_html_text(out, undr_slice_text(notes));
    fputs("</pre>\n", out);
    print_unseen(out);
    fputs("</body>\n</html>\n", out);
    return error;
}
