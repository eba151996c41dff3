/* report_html.c: the report as one page that needs nothing else: summary, matrix, each failure explained. */
#include "base/text.h"
#include "report/alone.h"
#include "report/common.h"
#include "report/facts.h"
#include "report/page.h"
#include "suite/ids.h"
#include "suite/spec.h"

#include <stdlib.h>
#include <string.h>

/* Rows and articles carry data-role, data-standing and data-ids. */
static const char filter[] =
    "<form id=\"filter\" hidden>\n<label>role <select name=\"role\"><option value=\"\">all</option>"
    "<option>manager</option><option>worker</option><option>pool</option></select></label>\n"
    "<label>counts as <select name=\"standing\"><option value=\"\">all</option><option value=\"fail warn blocked stale "
    "changed error\">failed</option><option value=\"pass info\">passed</option><option value=\"skip\">skipped</option>"
    "<option value=\"expected excused\">expected</option></select></label>\n"
    "<label>requirement <input name=\"id_\" size=\"12\" placeholder=\"SCHED-3\"></label>\n</form>\n";
static const char script[] =
    "<script>\n"
    "(function () {\n"
    "  var form = document.getElementById('filter');\n"
    "  form.hidden = false;\n"
    "  function apply() {\n"
    "    var role = form.role.value, standing = form.standing.value, id = form.id_.value.trim().toUpperCase();\n"
    "    document.querySelectorAll('[data-role]').forEach(function (one) {\n"
    "      var data = one.dataset, ids = (data.ids || '').split(' ');\n"
    "      one.hidden = (role && data.role !== role)\n"
    "        || (standing && data.standing && standing.split(' ').indexOf(data.standing) < 0)\n"
    "        || (id && data.ids !== undefined && !ids.some(function (each) { return each.indexOf(id) === 0; }));\n"
    "    });\n"
    "  }\n"
    "  form.addEventListener('input', apply);\n"
    "  form.addEventListener('submit', function (event) { event.preventDefault(); });\n"
    "})();\n"
    "</script>\n";

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

/* What the filter looks at. */
static void print_data(FILE *out, const check_part *part, const check_record *record) {
    fprintf(out, " data-role=\"%s\" data-standing=\"%s\" data-ids=\"", check_role_name(part->role),
        check_standing_name(check_record_standing(record)));
    const char *level = NULL, *id = NULL;
    undr_slice sentence;
    if (check_blamed(record, &level, &id, &sentence)) {
        fputs(id, out);
    }
    for (size_t i = 0; i < record->one->requirement_count; i++) {
        fprintf(out, " %s", record->one->requirements[i].id);
    }
    fputc('"', out);
}

/* A requirement, and where its sentence is: on the page of the specification, or in the table of this role. */
static void print_id(FILE *out, const check_session *session, const check_part *part, const char *id) {
    check_sentence known;
    const char *url = session->options->spec_url;
    if (!check_sentence_find(id, &known)) { /* of a case of the user's own */
        check_html_text(out, undr_slice_text(id));
        return;
    }
    fputs("<a href=\"", out);
    if (url != NULL) {
        check_html_attribute(out, undr_slice_text(url));
        fprintf(out, "#%s\">%s</a>", id, id);
    } else {
        fprintf(out, "#%s.%s\">%s</a>", check_role_name(part->role), id, id);
    }
}

static void print_row(
    FILE *out, const check_session *session, const check_part *part, const check_record *record, const bool *used) {
    const char *standing = check_standing_name(check_record_standing(record));
    const char *name = record->one->name;
    fputs("<tr", out);
    print_data(out, part, record);
    if (is_explained(record)) {
        fprintf(out, "><th scope=\"row\"><a href=\"#%s\">%s</a></th><td>", name, name);
    } else {
        fprintf(out, "><th scope=\"row\">%s</th><td>", name);
    }
    for (size_t i = 0; i < record->one->requirement_count; i++) {
        const check_requirement *requirement = &record->one->requirements[i];
        fprintf(out, "%s<span title=\"", i == 0 ? "" : " ");
        check_html_attribute(out, undr_slice_text(requirement->sentence));
        fputs("\">", out);
        print_id(out, session, part, requirement->id);
        fputs("</span>", out);
    }
    fprintf(out, "</td><td class=\"v %s\">%s</td>", strcmp(standing, "not run") == 0 ? "none" : standing, standing);
    for (int i = 0; i < CHECK_DELIVERY_COUNT; i++) {
        if (used[i]) {
            print_cell(out, &record->plays[i]);
        }
    }
    fputs("</tr>\n", out);
}

static void print_matrix(FILE *out, const check_session *session, const check_part *part) {
    fputs("<div class=\"wide\"><table>\n<thead><tr><th>case</th><th>proves</th><th>counts as</th>", out);
    bool used[CHECK_DELIVERY_COUNT];
    for (int i = 0; i < CHECK_DELIVERY_COUNT; i++) {
        used[i] = is_used(part, i);
        if (used[i]) {
            fprintf(out, "<th>%s</th>", check_delivery_name((check_delivery)i));
        }
    }
    fputs("</tr></thead>\n<tbody>\n", out);
    for (size_t i = 0; i < part->count; i++) {
        print_row(out, session, part, &part->records[i], used);
    }
    fputs("</tbody>\n</table></div>\n", out);
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

static void print_hint(FILE *out, const check_result *worst) {
    const check_advice *advice = check_hint_advice(worst->hint);
    if (advice != NULL) {
        fputs("<dt>likely cause</dt><dd>", out);
        check_html_text(out, undr_slice_text(advice->text));
        fprintf(out, " (%s)", advice->id);
        fputs("</dd>\n<dt>seen</dt><dd><code>", out);
        check_html_text(out, undr_buffer_slice(&worst->seen));
        fputs("</code></dd>\n", out);
    }
}

static undr_error explain(FILE *out, const check_session *session, const check_part *part, const check_record *record) {
    const check_result *worst = check_record_worst(record);
    const char *level = NULL, *id = NULL;
    undr_slice sentence;
    undr_buffer remark = {0}, again = {0};
    undr_error error = check_record_remark(record, &remark);
    fprintf(out, "<article id=\"%s\"", record->one->name);
    print_data(out, part, record);
    fprintf(out, ">\n<h3>%s</h3>\n", record->one->name);
    if (check_blamed(record, &level, &id, &sentence)) {
        fprintf(out, "<p><strong>%s ", level);
        print_id(out, session, part, id);
        fputs("</strong> ", out);
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
    check_delivery delivery = check_record_delivery(record);
    fprintf(out, ":%d</code>, delivery %s (%s)</dd>\n", worst->line > 0 ? worst->line : record->one->line,
        check_delivery_name(delivery), check_delivery_explained(delivery));
    if (!undr_slice_equal(undr_buffer_slice(&worst->step), undr_buffer_slice(&worst->expected))) {
        print_clause(out, "step", &worst->step);
    }
    print_clause(out, "expected", &worst->expected);
    print_clause(out, "received", &worst->received);
    print_clause(out, "notes", &worst->notes);
    print_hint(out, worst);
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

/* ---- alike failures together ---- */

static void print_common(FILE *out, const check_digest *digest, const check_part *part) {
    check_common common = check_common_of(digest, part);
    undr_buffer text = {0};
    if (check_put_common(&text, &common) == UNDR_OK && text.size > 0) {
        fputs("<p class=\"cause\">", out);
        check_html_text(out, check_text_trim(undr_buffer_slice(&text)));
        fputs("</p>\n", out);
    }
    undr_buffer_free(&text);
}

/* One line for each kind of failure, with a link. */
static void print_index(FILE *out, const check_session *session, const check_digest *digest, const size_t *order,
    size_t count, const check_part *part) {
    fputs("<ul>\n", out);
    for (size_t i = 0; i < count; i++) {
        const check_short *leader = &digest->at[order[i]];
        if (leader->part == part) {
            const char *standing = check_standing_name(leader->standing), *name = leader->record->one->name;
            fprintf(out, "<li><span class=\"%s\">%s</span> ", standing, standing);
            if (leader->id[0] != '\0') {
                print_id(out, session, part, leader->id);
            }
            fprintf(out, " <a href=\"#%s\">%s</a>", name, name);
            if (leader->alike > 1) {
                fprintf(out, " and %zu more alike", leader->alike - 1);
            }
            fputs("</li>\n", out);
        }
    }
    fputs("</ul>\n", out);
}

/* The plainest of those that are alike, and the others folded below it. */
static undr_error explain_group(FILE *out, const check_session *session, const check_digest *digest, size_t leader) {
    const check_short *first = &digest->at[leader];
    undr_error error = explain(out, session, first->part, first->record);
    if (first->alike > 1) {
        fprintf(out, "<details><summary>%zu more alike</summary>\n", first->alike - 1);
    }
    for (size_t i = first->first; i != CHECK_NO_NAME && error == UNDR_OK; i = digest->at[i].next) {
        if (i != leader) {
            error = explain(out, session, digest->at[i].part, digest->at[i].record);
        }
    }
    fputs(first->alike > 1 ? "</details>\n" : "", out);
    return error;
}

/* What failed as expected is explained, too, behind the rest. */
static undr_error explain_expected(FILE *out, const check_session *session, const check_part *part) {
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < part->count && error == UNDR_OK; i++) {
        const check_record *record = &part->records[i];
        bool expected = check_record_standing(record) == CHECK_EXPECTED;
        error = expected && is_explained(record) ? explain(out, session, part, record) : UNDR_OK;
    }
    return error;
}

/* ---- requirements ---- */

/* Of each requirement that a case of the role tries: how many of them failed. */
static undr_error print_requirements(FILE *out, const check_session *session, const check_part *part) {
    check_shares shares = {0};
    undr_error error = check_shares_count(&shares, part);
    fputs(
        "<details><summary>by requirement</summary><div class=\"wide\"><table>\n"
        "<thead><tr><th>requirement</th><th>level</th><th></th><th>cases</th><th>sentence</th></tr></thead>\n<tbody>\n",
        out);
    for (const check_known_id *known = check_known_ids; known->id != NULL && error == UNDR_OK; known++) {
        check_share share = check_shares_find(&shares, known->id);
        const char *word = share.tried == 0 ? "not tried" : share.fell_short == 0 ? "held" : "failed";
        const char *class = share.tried == 0 ? "none" : share.fell_short == 0 ? "pass" : "fail";
        const char *role = check_role_name(part->role);
        fprintf(out, "<tr id=\"%s.%s\" data-role=\"%s\" data-ids=\"%s\"><th scope=\"row\">", role, known->id, role,
            known->id);
        print_id(out, session, part, known->id);
        fprintf(out, "</th><td>%s</td><td class=\"%s\">%s</td>", check_level_name(known->level), class, word);
        if (share.fell_short > 0) {
            fprintf(out, "<td>%zu of %zu failed</td>", share.fell_short, share.tried);
        } else {
            fprintf(out, "<td>%zu</td>", share.tried);
        }
        check_sentence sentence;
        fputs("<td class=\"sentence-text\">", out);
        if (check_sentence_find(known->id, &sentence)) {
            check_html_text(out, sentence.text);
        }
        fputs("</td></tr>\n", out);
    }
    fputs("</tbody>\n</table></div></details>\n", out);
    check_shares_free(&shares);
    return error;
}

/* ---- a role ---- */

static undr_error print_failures(FILE *out, const check_session *session, const check_part *part) {
    check_digest digest;
    size_t *order = NULL, count = 0;
    undr_error error = check_digest_make(session, &digest);
    error = error == UNDR_OK ? check_digest_order(&digest, &order, &count) : error;
    if (error == UNDR_OK) {
        print_common(out, &digest, part);
        print_index(out, session, &digest, order, count, part);
    }
    for (size_t i = 0; i < count && error == UNDR_OK; i++) {
        if (digest.at[order[i]].part == part) {
            error = explain_group(out, session, &digest, order[i]);
        }
    }
    free(order);
    check_digest_free(&digest);
    return error == UNDR_OK ? explain_expected(out, session, part) : error;
}

static undr_error print_part(FILE *out, const check_session *session, const check_part *part) {
    fprintf(out, "<section data-role=\"%s\">\n<h2>%s</h2>\n", check_role_name(part->role), check_role_name(part->role));
    if (!part->surveyed) {
        fputs("<p class=\"fail\">", out);
        check_html_text(
            out, part->undeclared ? undr_slice_text("not declared by the adapter") : undr_buffer_slice(&part->why));
        fputs("</p>\n</section>\n", out);
        return UNDR_OK;
    }
    print_counts(out, part);
    undr_error error = print_failures(out, session, part);
    error = error == UNDR_OK ? print_requirements(out, session, part) : error;
    print_matrix(out, session, part);
    fputs("</section>\n", out);
    return error;
}

static undr_error print_facts(FILE *out, const check_session *session) {
    check_facts facts;
    undr_error error = check_facts_make(session, &facts);
    fputs("<section>\n<h2 id=\"about\">about this run</h2><div class=\"wide\"><table class=\"about\">\n", out);
    for (size_t i = 0; i < facts.count && error == UNDR_OK; i++) {
        fprintf(out, "<tr><th scope=\"row\">%s</th><td>", facts.at[i].label);
        check_html_text(out, undr_buffer_slice(&facts.at[i].value));
        fputs("</td></tr>\n", out);
    }
    fputs("</table></div>\n</section>\n", out);
    check_facts_free(&facts);
    return error;
}

static void print_unmatched(FILE *out, const check_session *session) {
    size_t index = 0;
    for (const check_entry *entry = NULL; (entry = check_unmatched(session, &index)) != NULL;) {
        fputs("<p class=\"fail\">", out);
        check_html_text(out, undr_slice_text(session->expected->file));
        fprintf(out, ":%d: <code>", entry->line);
        check_html_text(out, undr_slice_text(entry->name));
        fprintf(out, "</code>: %s", check_unmatched_why(session, entry));
        fputs("</p>\n", out);
    }
}

undr_error check_report_html(FILE *out, const check_session *session) {
    undr_buffer adapter = {0};
    undr_error error = UNDR_OK;
    int status = check_session_status(session);
    check_page_begin(out, undr_slice_text("undr-check"));
    fprintf(out, "<h1>undr-check: <span class=\"%s\">%s</span></h1>\n<p><code>", status == 0 ? "pass" : "fail",
        status == 0       ? "conforms"
            : status == 1 ? "does not conform"
            : status == 2 ? "nothing was run"
                          : "not judged");
    if (session->options->command != NULL) {
        error = check_put_adapter(&adapter, session->options->command);
        check_html_text(out, undr_buffer_slice(&adapter));
        undr_buffer_free(&adapter);
    }
    char date[32] = "";
    struct tm time;
    if (gmtime_r(&session->started, &time) != NULL) {
        strftime(date, sizeof date, "%Y-%m-%d %H:%M UTC", &time);
    }
    fprintf(out,
        "</code> %s, %.1f s, seed %llu, undr-check " UNDR_VERSION " (<a href=\"#about\">about this run</a>)</p>\n",
        date, (double)session->duration_ns / 1e9, (unsigned long long)session->seed);
    fputs(filter, out);
    print_unmatched(out, session);
    for (size_t i = 0; i < session->part_count && error == UNDR_OK; i++) {
        if (session->parts[i].count > 0) {
            error = print_part(out, session, &session->parts[i]);
        }
    }
    error = error == UNDR_OK ? print_facts(out, session) : error;
    fputs(script, out);
    fputs("</body>\n</html>\n", out);
    return error;
}
