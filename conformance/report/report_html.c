/* report_html.c: the report as one page that needs nothing else: summary, matrix, each failure explained. */
#include "base/text.h"
#include "report/alone.h"
#include "report/report.h"

#include <string.h>

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>undr-check</title>\n<style>\n"
    ":root { color-scheme: light dark; --good: #1a7f37; --bad: #cf222e; --mild: #9a6700;\n"
    "  --dull: #6e7781; --line: #8884; }\n"
    "body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }\n"
    "h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2.5rem }\n"
    "h3 { font-size: 1rem; margin-bottom: .3rem }\n"
    "table { border-collapse: collapse }\n"
    "td, th { border-bottom: 1px solid var(--line); padding: .15rem .5rem; text-align: left }\n"
    "thead th { position: sticky; top: 0; background: Canvas } td.v { text-align: center; font-size: .85rem }\n"
    "pre { background: #8881; border-radius: .4rem; overflow-x: auto; padding: .7rem; font-size: .85rem }\n"
    "code { font-size: .9rem } dt { font-weight: 600 } dd { margin: 0 0 .4rem 1rem }\n"
    ".pass, .info { color: var(--good) }\n"
    ".fail, .error, .stale, .changed, .blocked { color: var(--bad); font-weight: 600 }\n"
    ".warn { color: var(--mild); font-weight: 600 } .skip, .expected, .excused, .none { color: var(--dull) }\n"
    "article { border-left: 3px solid var(--bad); margin: 1.5rem 0; padding-left: 1rem }\n"
    "mark { background: #f003; color: inherit }\n"
    "</style>\n</head>\n<body>\n";

static bool is_used(const check_part *part, int delivery) {
    for (size_t i = 0; i < part->count; i++) {
        if (part->records[i].plays[delivery].total > 0) {
            return true;
        }
    }
    return false;
}

static void print_cell(FILE *out, const check_plays *plays) {
    if (plays->total == 0) {
        fputs("<td class=\"v none\">·</td>", out);
        return;
    }
    const char *name = check_verdict_name(plays->worst.verdict);
    fprintf(out, "<td class=\"v %s\" title=\"%.1f ms\">%s", name, (double)plays->duration_ns / 1e6, name);
    if (plays->total > 1) {
        fprintf(out, " %u/%u", plays->counts[plays->worst.verdict], plays->total);
    }
    fputs("</td>", out);
}

static bool is_explained(const check_record *record) {
    return record->done > 0
        && (check_record_verdict(record) >= CHECK_WARN || check_standing_is_short(check_record_standing(record), true));
}

static void print_row(FILE *out, const check_record *record, const bool *used) {
    const char *standing = check_standing_name(check_record_standing(record));
    const char *name = record->one->name;
    if (is_explained(record)) {
        fprintf(out, "<tr><th scope=\"row\"><a href=\"#%s\">%s</a></th><td>", name, name);
    } else {
        fprintf(out, "<tr><th scope=\"row\">%s</th><td>", name);
    }
    for (size_t i = 0; i < record->one->requirement_count; i++) {
        const check_requirement *requirement = &record->one->requirements[i];
        fprintf(out, "%s<span title=\"", i == 0 ? "" : " ");
        check_html_attribute(out, undr_slice_text(requirement->sentence));
        fprintf(out, "\">%s</span>", requirement->id);
    }
    fprintf(out, "</td><td class=\"v %s\">%s</td>", strcmp(standing, "not run") == 0 ? "none" : standing, standing);
    for (int i = 0; i < CHECK_DELIVERY_COUNT; i++) {
        if (used[i]) {
            print_cell(out, &record->plays[i]);
        }
    }
    fputs("</tr>\n", out);
}

static void print_matrix(FILE *out, const check_part *part) {
    fputs("<table>\n<thead><tr><th>case</th><th>proves</th><th>counts as</th>", out);
    bool used[CHECK_DELIVERY_COUNT];
    for (int i = 0; i < CHECK_DELIVERY_COUNT; i++) {
        used[i] = is_used(part, i);
        if (used[i]) {
            fprintf(out, "<th>%s</th>", check_delivery_name((check_delivery)i));
        }
    }
    fputs("</tr></thead>\n<tbody>\n", out);
    for (size_t i = 0; i < part->count; i++) {
        print_row(out, &part->records[i], used);
    }
    fputs("</tbody>\n</table>\n", out);
}

static void print_clause(FILE *out, const char *label, const undr_buffer *text) {
    if (text->size > 0) {
        fprintf(out, "<dt>%s</dt><dd><code>", label);
        check_html_text(out, check_text_trim(undr_buffer_slice(text)));
        fputs("</code></dd>\n", out);
    }
}

/* The line where the play failed begins with an exclamation mark. */
static void print_transcript(FILE *out, undr_slice text) {
    fputs("<pre>\n", out); /* the first line break behind the tag is none */
    while (text.size > 0) {
        const uint8_t *newline = memchr(text.data, '\n', text.size);
        size_t size = newline == NULL ? text.size : (size_t)(newline - text.data);
        bool marked = text.data[0] == '!';
        fputs(marked ? "<mark>" : "", out);
        check_html_text(out, undr_slice_of(text.data, size));
        fputs(marked ? "</mark>\n" : "\n", out);
        size += newline == NULL ? 0 : 1;
        text = undr_slice_of(text.data + size, text.size - size);
    }
    fputs("</pre>\n", out);
}

static undr_error explain(FILE *out, const check_session *session, const check_part *part, const check_record *record) {
    const check_result *worst = check_record_worst(record);
    const char *level = NULL, *id = NULL;
    undr_slice sentence;
    undr_buffer remark = {0}, again = {0};
    undr_error error = check_record_remark(record, &remark);
    fprintf(out, "<article id=\"%s\">\n<h3>%s</h3>\n", record->one->name, record->one->name);
    if (check_blamed(record, &level, &id, &sentence)) {
        fprintf(out, "<p><strong>%s %s</strong> ", level, id);
        check_html_text(out, sentence);
        fputs("</p>\n", out);
    }
    if (remark.size > 0) {
        fputs("<p>", out);
        check_html_text(out, undr_buffer_slice(&remark));
        fputs("</p>\n", out);
    }
    fputs("<dl>\n<dt>place</dt><dd><code>", out);
    check_html_text(out, undr_slice_text(record->one->file));
    fprintf(out, ":%d</code>, delivery %s</dd>\n", worst->line > 0 ? worst->line : record->one->line,
        check_delivery_name(check_record_delivery(record)));
    print_clause(out, "step", &worst->step);
    print_clause(out, "expected", &worst->expected);
    print_clause(out, "received", &worst->received);
    print_clause(out, "notes", &worst->notes);
    error = error == UNDR_OK ? check_put_again(&again, record) : error;
    print_clause(out, "again", &again);
    undr_buffer_free(&again);
    fputs("<dt>alone</dt><dd><code>", out);
    error = error == UNDR_OK ? check_print_alone(out, check_html_text, session, part, record) : error;
    fputs("</code></dd>\n</dl>\n", out);
    if (worst->transcript.size > 0) {
        print_transcript(out, undr_buffer_slice(&worst->transcript));
    }
    if (worst->output.size > 0) {
        fputs("<details><summary>output of the target</summary><pre>\n", out);
        check_html_text(out, undr_buffer_slice(&worst->output));
        fputs("</pre></details>\n", out);
    }
    fputs("</article>\n", out);
    undr_buffer_free(&remark);
    return error;
}

static void print_counts(FILE *out, const check_part *part) {
    check_tally tally = check_part_tally(part);
    fprintf(out, "<p>%zu case%s", tally.cases, check_text_plural(tally.cases));
    for (int i = 0; i < CHECK_STANDING_COUNT; i++) {
        if (tally.by[i] > 0) {
            const char *name = check_standing_name((check_standing)i);
            fprintf(out, ", <span class=\"%s\">%zu %s</span>", i == CHECK_NOT_RUN ? "none" : name, tally.by[i], name);
        }
    }
    fputs("</p>\n", out);
}

static undr_error print_part(FILE *out, const check_session *session, const check_part *part) {
    undr_error error = UNDR_OK;
    fprintf(out, "<h2>%s</h2>\n", check_role_name(part->role));
    if (!part->surveyed) {
        fputs("<p class=\"fail\">", out);
        check_html_text(
            out, part->undeclared ? undr_slice_text("not declared by the adapter") : undr_buffer_slice(&part->why));
        fputs("</p>\n", out);
        return UNDR_OK;
    }
    print_counts(out, part);
    for (size_t i = 0; i < part->count && error == UNDR_OK; i++) {
        if (is_explained(&part->records[i])) {
            error = explain(out, session, part, &part->records[i]);
        }
    }
    print_matrix(out, part);
    return error;
}

static void print_unmatched(FILE *out, const check_session *session) {
    size_t index = 0;
    for (const check_entry *entry = NULL; (entry = check_unmatched(session, &index)) != NULL;) {
        fputs("<p class=\"fail\">", out);
        check_html_text(out, undr_slice_text(session->expected->file));
        fprintf(out, ":%d: there is no case <code>", entry->line);
        check_html_text(out, undr_slice_text(entry->name));
        fputs("</code></p>\n", out);
    }
}

undr_error check_report_html(FILE *out, const check_session *session) {
    undr_buffer adapter = {0};
    undr_error error = UNDR_OK;
    int status = check_session_status(session);
    fputs(head, out);
    fprintf(out, "<h1>undr-check: <span class=\"%s\">%s</span></h1>\n<p><code>", status == 0 ? "pass" : "fail",
        status == 0       ? "conforms"
            : status == 1 ? "falls short"
            : status == 2 ? "nothing was run"
                          : "not judged");
    if (session->options->command != NULL) {
        error = check_put_adapter(&adapter, session->options->command);
        check_html_text(out, undr_buffer_slice(&adapter));
        undr_buffer_free(&adapter);
    }
    fprintf(
        out, "</code> seed %llu, %.1f s</p>\n", (unsigned long long)session->seed, (double)session->duration_ns / 1e9);
    print_unmatched(out, session);
    for (size_t i = 0; i < session->part_count && error == UNDR_OK; i++) {
        if (session->parts[i].count > 0) {
            error = print_part(out, session, &session->parts[i]);
        }
    }
    fputs("</body>\n</html>\n", out);
    return error;
}
