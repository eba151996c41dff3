/* report_markdown.c: a summary in Markdown, for the page of a CI, and the annotations of GitHub Actions. */
#include "base/text.h"
#include "report/alone.h"
#include "report/common.h"
#include "report/facts.h"

#include <stdlib.h>
#include <string.h>

enum { GROUPS = 20, ANNOTATIONS = 9, /* GitHub shows ten of a step */ CLAUSE = 200 };

/* ---- Markdown ---- */

/* A clause on one line, shortened. */
static undr_slice clause_of(const undr_buffer *text) {
    undr_slice clause = check_text_trim(undr_buffer_slice(text));
    const uint8_t *newline = clause.size == 0 ? NULL : memchr(clause.data, '\n', clause.size);
    clause.size = newline == NULL ? clause.size : (size_t)(newline - clause.data);
    clause.size = clause.size > CLAUSE ? CLAUSE : clause.size;
    return clause;
}

static void print_counts(FILE *out, const check_part *part) {
    check_tally tally = check_part_tally(part);
    fprintf(out, "**%s**: %zu cases", check_role_name(part->role), tally.cases);
    for (int i = 0; i < CHECK_STANDING_COUNT; i++) {
        if (tally.by[i] > 0) {
            fprintf(out, ", %zu %s", tally.by[i], check_standing_name((check_standing)i));
        }
    }
    fputs("\n\n", out);
}

/* A link to its sentence, where the page of the specification is known. */
static void print_id(FILE *out, const check_session *session, const char *id) {
    const char *url = session->options->spec_url;
    if (url == NULL || id[0] == '\0') {
        check_markdown_text(out, undr_slice_text(id));
        return;
    }
    fprintf(out, "[%s](<", id);
    for (; *url != '\0'; url++) { /* what would end the target */
        fprintf(out, strchr("<>\\\n|", *url) != NULL ? "%%%02x" : "%c", (unsigned char)*url);
    }
    fprintf(out, "#%s>)", id);
}

static void print_group(FILE *out, const check_session *session, const check_short *leader) {
    const check_result *worst = check_record_worst(leader->record);
    fputs("| ", out);
    print_id(out, session, leader->id);
    fprintf(out, " | %zu | ", leader->alike);
    check_markdown_text(out, undr_slice_text(leader->record->one->name));
    fprintf(out, " | %s | ", check_standing_name(leader->standing));
    check_markdown_text(out, clause_of(&worst->expected));
    fputs(" | ", out);
    check_markdown_text(out, clause_of(worst->received.size > 0 ? &worst->received : &worst->notes));
    fputs(" |\n", out);
}

static undr_error print_part(FILE *out, const check_session *session, const check_digest *digest, const size_t *order,
    size_t count, const check_part *part) {
    check_common common = check_common_of(digest, part);
    undr_buffer text = {0};
    size_t groups = 0;
    if (!part->surveyed) {
        fprintf(out, "**%s**: ", check_role_name(part->role));
        check_markdown_text(out,
            part->undeclared ? undr_slice_text("not declared by the adapter")
                             : check_text_trim(undr_buffer_slice(&part->why)));
        fputs("\n\n", out);
        return UNDR_OK;
    }
    print_counts(out, part);
    undr_error error = check_put_common(&text, &common);
    if (error == UNDR_OK && text.size > 0) {
        check_markdown_text(out, check_text_trim(undr_buffer_slice(&text)));
        fputs("\n\n", out);
    }
    undr_buffer_free(&text);
    for (size_t i = 0; i < count; i++) {
        const check_short *leader = &digest->at[order[i]];
        if (leader->part != part || ++groups > GROUPS) {
            continue;
        }
        if (groups == 1) {
            fputs("| requirement | cases | the plainest of them | counts as | expected | received |\n"
                  "|---|---|---|---|---|---|\n",
                out);
        }
        print_group(out, session, leader);
    }
    if (groups > GROUPS) {
        fprintf(out, "\n... and %zu other kinds\n", groups - GROUPS);
    }
    fputs(groups > 0 ? "\n" : "", out);
    return error;
}

static undr_error print_facts(FILE *out, const check_session *session) {
    check_facts facts;
    undr_error error = check_facts_make(session, &facts);
    fputs("<details><summary>About this run</summary>\n\n| | |\n|---|---|\n", out);
    for (size_t i = 0; i < facts.count && error == UNDR_OK; i++) {
        fprintf(out, "| %s | ", facts.at[i].label);
        check_markdown_text(out, undr_buffer_slice(&facts.at[i].value));
        fputs(" |\n", out);
    }
    fputs("\n</details>\n", out);
    check_facts_free(&facts);
    return error;
}

static const char *title_of(int status) {
    switch (status) {
    case 0: return "conforms";
    case 1: return "does not conform";
    case 2: return "nothing was judged";
    default: return status > 128 ? "interrupted" : "the harness failed";
    }
}

undr_error check_report_markdown(FILE *out, const check_session *session) {
    check_digest digest;
    size_t *order = NULL, count = 0;
    undr_error error = check_digest_make(session, &digest);
    error = error == UNDR_OK ? check_digest_order(&digest, &order, &count) : error;
    fprintf(out, "### undr-check: %s\n\n", title_of(check_session_status(session)));
    for (size_t i = 0; i < session->part_count && error == UNDR_OK; i++) {
        if (session->parts[i].count > 0) {
            error = print_part(out, session, &digest, order, count, &session->parts[i]);
        }
    }
    error = error == UNDR_OK ? print_facts(out, session) : error;
    free(order);
    check_digest_free(&digest);
    return error;
}

/* ---- GitHub ---- */

static undr_error annotate(FILE *out, const check_session *session, const check_short *leader) {
    const check_result *worst = check_record_worst(leader->record);
    bool fails = check_standing_is_short(leader->standing, session->options->strict);
    fprintf(out, "::%s title=", fails ? "error" : "warning");
    check_github_property(out, undr_slice_text(leader->id));
    fputs(leader->id[0] == '\0' ? "" : " ", out);
    check_github_property(out, undr_slice_text(leader->record->one->name));
    fputs("::", out);
    check_github_text(out, undr_slice_text(worst->expected.size > 0 ? "expected " : ""));
    check_github_text(out, clause_of(&worst->expected));
    check_github_text(out, undr_slice_text(worst->expected.size > 0 ? ", received " : ""));
    check_github_text(out, clause_of(worst->received.size > 0 ? &worst->received : &worst->notes));
    if (leader->alike > 1) {
        fprintf(out, " (and %zu more alike)", leader->alike - 1);
    }
    undr_buffer command = {0};
    undr_error error = check_put_alone(&command, session, leader->part, leader->record);
    check_github_text(out, undr_slice_text("\nalone: "));
    check_github_text(out, undr_buffer_slice(&command));
    undr_buffer_free(&command);
    fputc('\n', out);
    return error;
}

undr_error check_report_github(FILE *out, const check_session *session) {
    check_digest digest;
    size_t *order = NULL, count = 0, told = 0;
    undr_error error = check_digest_make(session, &digest);
    error = error == UNDR_OK ? check_digest_order(&digest, &order, &count) : error;
    for (size_t i = 0; i < count && told < ANNOTATIONS && error == UNDR_OK; i++) {
        const check_short *leader = &digest.at[order[i]];
        if (leader->standing != CHECK_BLOCKED_OFF) {
            error = annotate(out, session, leader);
            told++;
        }
    }
    if (told == ANNOTATIONS && count > told) {
        fprintf(out, "::notice title=undr-check::the summary has %zu more kinds of failure\n", count - told);
    }
    for (size_t i = 0; i < session->part_count && error == UNDR_OK; i++) {
        const check_part *part = &session->parts[i];
        if (!part->surveyed && part->why.size > 0 && !part->undeclared) {
            fprintf(out, "::error title=undr-check %s::", check_role_name(part->role));
            check_github_text(out, check_text_trim(undr_buffer_slice(&part->why)));
            fputc('\n', out);
        }
    }
    free(order);
    check_digest_free(&digest);
    return error;
}
