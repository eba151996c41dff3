/* diff.c: what changed from one report to another. */
#include "report/changes.h"
#include "report/escape.h"
#include "report/escape_json.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *key, *title;
} kinds[CHECK_CHANGE_KINDS] = {
    [CHECK_CHANGE_REGRESSED] = {"regressed", "got worse"},
    [CHECK_CHANGE_IMPROVED] = {"improved", "got better"},
    [CHECK_CHANGE_OTHER_CAUSE] = {"other_cause", "fail for another requirement"},
    [CHECK_CHANGE_UNJUDGED] = {"not_judged", "could not be judged"},
    [CHECK_CHANGE_SKIPPED_NOW] = {"now_skipped", "skipped now, or not run"},
    [CHECK_CHANGE_PLAYED_NOW] = {"now_played", "played now, skipped or not run before"},
    [CHECK_CHANGE_ADDED] = {"new", "new in the suite"},
    [CHECK_CHANGE_GONE] = {"gone", "gone from the suite, or left out"},
    [CHECK_CHANGE_SAME] = {"same", "as before"},
};

/* ---- text and Markdown ---- */

enum {
    ID_WIDTH = 14,
    WAYS = 12, /* of a kind, unless -v names all cases */
    IDS = 6    /* in the line of those that are alike */
};

/* How it is printed. */
typedef struct sheet {
    FILE *out;
    bool markdown, verbose;
} sheet;

static const char *verdict_of(const check_outcome *one) {
    return one == NULL ? "-" : one->verdict;
}

/* What the target printed last: a program that ends says there why. "": nothing. */
static undr_slice last_line(const char *output) {
    undr_slice text = check_text_trim(undr_slice_text(output));
    const uint8_t *newline = text.size == 0 ? NULL : memrchr(text.data, '\n', text.size);
    return newline == NULL ? text : undr_slice_of(newline + 1, (size_t)(text.data + text.size - newline - 1));
}

static void print_clause(FILE *out, check_escaper *escape, const check_outcome *one) {
    escape(out, undr_slice_text(one->expected[0] == '\0' ? "" : "expected "));
    escape(out, undr_slice_text(one->expected));
    escape(out, undr_slice_text(one->expected[0] == '\0' ? "" : ", received "));
    escape(out, undr_slice_text(one->received));
}

static void print_verdicts(FILE *out, check_escaper *escape, const check_change *one, const char *between) {
    escape(out, undr_slice_text(verdict_of(one->old)));
    fputs(between, out);
    escape(out, undr_slice_text(verdict_of(one->new)));
}

/* The failure is told where there is a new one. */
static const check_outcome *failure_of(const check_change *one) {
    return one->what == CHECK_CHANGE_REGRESSED || one->what == CHECK_CHANGE_OTHER_CAUSE ? check_change_told(one) : NULL;
}

/* Of those behind the first of a group. */
static bool is_first_of_its_id(const check_change *group, size_t at) {
    bool first = true;
    for (size_t i = 1; i < at && first; i++) {
        first = strcmp(check_change_id(&group[i]), check_change_id(&group[at])) != 0;
    }
    return first;
}

/* "51 more alike (WORK-10, WORK-15, ...)" */
static void print_alike(const sheet *paper, const check_change *group) {
    size_t said = 0;
    fprintf(paper->out, "%zu more alike (", group->alike - 1);
    for (size_t i = 1; i < group->alike && said <= IDS; i++) {
        if (is_first_of_its_id(group, i)) {
            fputs(said == 0 ? "" : ", ", paper->out);
            const char *id = said == IDS ? "..." : check_change_id(&group[i]);
            (paper->markdown ? check_markdown_text : check_text_plain)(paper->out, undr_slice_text(id));
            said++;
        }
    }
    fputs("); -v names them", paper->out);
}

static void print_text_change(const sheet *paper, const check_change *one) {
    FILE *out = paper->out;
    const char *id = check_change_id(one);
    int width = (int)strlen(id) < ID_WIDTH ? ID_WIDTH - (int)strlen(id) : 0;
    fputs("    ", out);
    check_text_plain(out, undr_slice_text(id));
    fprintf(out, "%*s ", width, "");
    check_text_plain(out, undr_slice_text(check_change_name(one)));
    fputs("  ", out);
    print_verdicts(out, check_text_plain, one, " -> ");
    if (one->what == CHECK_CHANGE_OTHER_CAUSE) {
        fputs(" (", out);
        check_text_plain(out, undr_slice_text(one->old->id));
        fputs(" before)", out);
    }
    fputc('\n', out);
    const check_outcome *failure = failure_of(one);
    if (failure != NULL && failure->received[0] != '\0') {
        fputs("                   ", out);
        print_clause(out, check_text_plain, failure);
        fputc('\n', out);
    }
    if (failure != NULL && last_line(failure->output).size > 0) {
        fputs("                   the target's last line: ", out);
        check_text_plain(out, last_line(failure->output));
        fputc('\n', out);
    }
    if (!paper->verbose && one->alike > 1) {
        fputs("                   ", out);
        print_alike(paper, one);
        fputc('\n', out);
    }
}

static void print_markdown_change(const sheet *paper, const check_change *one) {
    FILE *out = paper->out;
    fputs("| ", out);
    check_markdown_text(out, undr_slice_text(check_change_id(one)));
    fputs(" | ", out);
    check_markdown_text(out, undr_slice_text(check_change_name(one)));
    fputs(" | ", out);
    print_verdicts(out, check_markdown_text, one, " | ");
    fputs(" | ", out);
    const check_outcome *failure = failure_of(one);
    const char *between = "";
    if (failure != NULL && failure->received[0] != '\0') {
        print_clause(out, check_markdown_text, failure);
        between = "; ";
    }
    if (failure != NULL && last_line(failure->output).size > 0) {
        fprintf(out, "%sthe target's last line: ", between);
        check_markdown_text(out, last_line(failure->output));
        between = "; ";
    }
    if (!paper->verbose && one->alike > 1) {
        fputs(between, out);
        print_alike(paper, one);
    }
    fputs(" |\n", out);
}

static undr_error print_heads(const sheet *paper, const check_results *old, const check_results *new) {
    const check_results *both[] = {old, new};
    static const char *const words[] = {"old", "new"};
    undr_error error = UNDR_OK;
    for (int i = 0; i < 2 && error == UNDR_OK; i++) {
        undr_buffer text = {0};
        error = check_results_describe(both[i], &text);
        fprintf(paper->out, paper->markdown ? "- %s: " : "%s  ", words[i]);
        (paper->markdown ? check_markdown_text : check_text_plain)(paper->out, undr_buffer_slice(&text));
        fputc('\n', paper->out);
        undr_buffer_free(&text);
    }
    return error;
}

static void print_missing_roles(FILE *out, const check_results *old, const check_results *new) {
    for (int role = 0; role < CHECK_ROLE_COUNT; role++) {
        const char *name = check_role_name((check_role)role);
        bool before = check_results_has_role(old, name), after = check_results_has_role(new, name);
        if (before != after) {
            fprintf(out, "\nThe role %s is in the %s report only: it is not compared.\n", name, before ? "old" : "new");
        }
    }
}

/* Of those that are alike the plainest; with -v each case. */
static void print_kind(const sheet *paper, const check_change *all, size_t count, check_change_kind what) {
    size_t found = check_changes_count(all, count, what), ways = 0, left = 0;
    if (found == 0 || what == CHECK_CHANGE_SAME) {
        return;
    }
    fprintf(paper->out, paper->markdown ? "\n#### %zu %s\n\n" : "\n%zu %s\n", found, kinds[what].title);
    fputs(paper->markdown ? "| requirement | case | old | new | |\n|---|---|---|---|---|\n" : "", paper->out);
    for (size_t i = 0; i < count; i++) {
        if (all[i].what != what || (!paper->verbose && all[i].alike == 0)) {
            continue;
        }
        if (paper->verbose || ways++ < WAYS) {
            (paper->markdown ? print_markdown_change : print_text_change)(paper, &all[i]);
        } else {
            left += all[i].alike;
        }
    }
    if (left > 0) {
        fprintf(paper->out, paper->markdown ? "\nand %zu more; -v names them\n" : "    and %zu more; -v names them\n",
            left);
    }
}

static undr_error print_all(
    const sheet *paper, const check_results *old, const check_results *new, const check_change *all, size_t count) {
    size_t worse = check_changes_count(all, count, CHECK_CHANGE_REGRESSED);
    fputs(paper->markdown ? "### undr-check diff\n\n" : "", paper->out);
    undr_error error = print_heads(paper, old, new);
    for (int what = 0; what < CHECK_CHANGE_KINDS; what++) {
        print_kind(paper, all, count, (check_change_kind)what);
    }
    print_missing_roles(paper->out, old, new);
    fprintf(paper->out, "\n%zu as before. ", check_changes_count(all, count, CHECK_CHANGE_SAME));
    if (worse == 0) {
        fputs("Nothing got worse.\n", paper->out);
    } else {
        fprintf(paper->out, "%zu case%s got worse.\n", worse, check_text_plural(worse));
    }
    return error;
}

/* ---- JSON ---- */

static json_t *side_of(const check_outcome *one) {
    undr_slice said = one == NULL ? undr_slice_of(NULL, 0) : last_line(one->output);
    return one == NULL ? json_null()
                       : json_pack("{s:s, s:s, s:s, s:s, s:s, s:s%}", "verdict", one->verdict, "requirement", one->id,
                             "expected", one->expected, "received", one->received, "kind", one->kind, "last_line",
                             said.size == 0 ? "" : (const char *)said.data, said.size);
}

static undr_error print_json(FILE *out, const check_change *all, size_t count) {
    json_t *json = json_pack("{s:s, s:i, s:{}, s:[]}", "tool", "undr-check diff", "format", 1, "counts", "changes");
    json_t *counts = json_object_get(json, "counts"), *changes = json_object_get(json, "changes");
    bool failed = json == NULL;
    for (int what = 0; what < CHECK_CHANGE_KINDS && !failed; what++) {
        json_int_t found = (json_int_t)check_changes_count(all, count, (check_change_kind)what);
        failed = json_object_set_new(counts, kinds[what].key, json_integer(found)) != 0;
    }
    for (size_t i = 0; i < count && !failed; i++) {
        if (all[i].what != CHECK_CHANGE_SAME) {
            failed = json_array_append_new(changes,
                         json_pack("{s:s, s:s, s:s, s:o, s:o}", "kind", kinds[all[i].what].key, "case",
                             check_change_name(&all[i]), "requirement", check_change_id(&all[i]), "old",
                             side_of(all[i].old), "new", side_of(all[i].new)))
                != 0;
        }
    }
    failed = failed || json_dumpf(json, out, JSON_INDENT(1) | JSON_ENSURE_ASCII) != 0;
    fputc('\n', out);
    json_decref(json);
    return failed ? UNDR_MEMORY : UNDR_OK;
}

undr_error check_results_diff(
    FILE *out, const check_results *old, const check_results *new, check_format format, bool verbose, size_t *worse) {
    size_t count = 0;
    const sheet paper = {out, format == CHECK_FORMAT_MARKDOWN, verbose};
    check_change *all = check_changes_collect(old, new, &count);
    *worse = 0;
    if (all == NULL) {
        return UNDR_MEMORY;
    }
    *worse = check_changes_count(all, count, CHECK_CHANGE_REGRESSED);
    undr_error error = format == CHECK_FORMAT_JSON ? print_json(out, all, count)
                                                   : print_all(&paper, old, new, all, count);
    free(all);
    return error;
}
