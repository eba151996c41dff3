/* diff.c: what changed from one report to another. */
#include "report/escape.h"
#include "report/escape_json.h"
#include "report/results.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

typedef enum kind {
    REGRESSED,
    IMPROVED,
    OTHER_CAUSE,
    UNJUDGED,
    SKIPPED_NOW,
    PLAYED_NOW,
    ADDED,
    GONE,
    SAME,
    KINDS
} kind;

static const struct {
    const char *key, *title;
} kinds[KINDS] = {
    [REGRESSED] = {"regressed", "got worse"},
    [IMPROVED] = {"improved", "got better"},
    [OTHER_CAUSE] = {"other_cause", "fail for another requirement"},
    [UNJUDGED] = {"not_judged", "could not be judged"},
    [SKIPPED_NOW] = {"now_skipped", "skipped now, or not run"},
    [PLAYED_NOW] = {"now_played", "played now, skipped or not run before"},
    [ADDED] = {"new", "new in the suite"},
    [GONE] = {"gone", "gone from the suite, or left out"},
    [SAME] = {"same", "as before"},
};

typedef struct change {
    kind what;
    const check_outcome *old, *new; /* NULL: not there */
} change;

/* 0: it was not played; 1: well; 2: a SHOULD failed; 3: a MUST, or it was blocked; 4: the harness failed. */
static int grade(const check_outcome *one) {
    static const struct {
        const char *verdict;
        int grade;
    } grades[] = {{"pass", 1}, {"info", 1}, {"warn", 2}, {"fail", 3}, {"blocked", 3}, {"error", 4}};
    int found = 0;
    for (size_t i = 0; i < sizeof grades / sizeof *grades; i++) {
        found = strcmp(one->verdict, grades[i].verdict) == 0 ? grades[i].grade : found;
    }
    return found;
}

/* A blocked case counts as a failed one, but nobody knows what it would have failed for. */
static bool is_played(const check_outcome *one) {
    return grade(one) > 0 && strcmp(one->verdict, "blocked") != 0;
}

static kind kind_of(const check_outcome *old, const check_outcome *new) {
    if (old == NULL || new == NULL) {
        return old == NULL ? ADDED : GONE;
    }
    int before = grade(old), after = grade(new);
    if (before == 0 || after == 0 || (before == after && is_played(old) != is_played(new))) {
        return is_played(old) == is_played(new) ? SAME : is_played(old) ? SKIPPED_NOW : PLAYED_NOW;
    }
    if (before == 4 || after == 4) {
        return before == after ? SAME : UNJUDGED;
    }
    if (before != after) {
        return before < after ? REGRESSED : IMPROVED;
    }
    return after > 1 && strcmp(old->id, new->id) != 0 ? OTHER_CAUSE : SAME;
}

static const char *id_of(const change *one) {
    const check_outcome *told = one->what == IMPROVED || one->new == NULL ? one->old : one->new;
    return told->id;
}

static const char *name_of(const change *one) {
    return one->new == NULL ? one->old->name : one->new->name;
}

/* By kind, then by requirement, then by name. */
static int compare(const void *left, const void *right) {
    const change *a = left, *b = right;
    int order = (int)a->what - (int)b->what;
    order = order != 0 ? order : strcmp(id_of(a), id_of(b));
    return order != 0 ? order : strcmp(name_of(a), name_of(b));
}

/* All cases of both; a role that one of them did not run is not compared. */
static change *collect(const check_results *old, const check_results *new, size_t *count) {
    change *all = calloc(old->count + new->count + 1, sizeof *all);
    *count = 0;
    for (size_t i = 0; all != NULL && i < new->count; i++) {
        const check_outcome *one = &new->at[i];
        if (check_results_has_role(old, one->role)) {
            const check_outcome *before = check_results_counterpart(old, one);
            all[(*count)++] = (change){kind_of(before, one), before, one};
        }
    }
    for (size_t i = 0; all != NULL && i < old->count; i++) {
        const check_outcome *one = &old->at[i];
        if (check_results_has_role(new, one->role) && check_results_counterpart(new, one) == NULL) {
            all[(*count)++] = (change){GONE, one, NULL};
        }
    }
    if (all != NULL) {
        qsort(all, *count, sizeof *all, compare);
    }
    return all;
}

static size_t count_kind(const change *all, size_t count, kind what) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        found += all[i].what == what ? 1 : 0;
    }
    return found;
}

/* ---- text and Markdown ---- */

enum { ID_WIDTH = 14 };

static const char *verdict_of(const check_outcome *one) {
    return one == NULL ? "-" : one->verdict;
}

static void print_clause(FILE *out, check_escaper *escape, const check_outcome *one) {
    if (one != NULL && grade(one) > 1 && one->received[0] != '\0') {
        escape(out, undr_slice_text(one->expected[0] == '\0' ? "" : "expected "));
        escape(out, undr_slice_text(one->expected));
        escape(out, undr_slice_text(one->expected[0] == '\0' ? "" : ", received "));
        escape(out, undr_slice_text(one->received));
    }
}

static void print_verdicts(FILE *out, check_escaper *escape, const change *one, const char *between) {
    escape(out, undr_slice_text(verdict_of(one->old)));
    fputs(between, out);
    escape(out, undr_slice_text(verdict_of(one->new)));
}

static void print_text_change(FILE *out, const change *one) {
    int width = (int)strlen(id_of(one)) < ID_WIDTH ? ID_WIDTH - (int)strlen(id_of(one)) : 0;
    fputs("    ", out);
    check_text_plain(out, undr_slice_text(id_of(one)));
    fprintf(out, "%*s ", width, "");
    check_text_plain(out, undr_slice_text(name_of(one)));
    fputs("  ", out);
    print_verdicts(out, check_text_plain, one, " -> ");
    if (one->what == OTHER_CAUSE) {
        fputs(" (", out);
        check_text_plain(out, undr_slice_text(one->old->id));
        fputs(" before)", out);
    }
    fputc('\n', out);
    if (one->what == REGRESSED || one->what == OTHER_CAUSE) {
        fputs("                   ", out);
        print_clause(out, check_text_plain, one->new);
        fputc('\n', out);
    }
}

static void print_markdown_change(FILE *out, const change *one) {
    fputs("| ", out);
    check_markdown_text(out, undr_slice_text(id_of(one)));
    fputs(" | ", out);
    check_markdown_text(out, undr_slice_text(name_of(one)));
    fputs(" | ", out);
    print_verdicts(out, check_markdown_text, one, " | ");
    fputs(" | ", out);
    print_clause(out, check_markdown_text, one->new);
    fputs(" |\n", out);
}

static undr_error print_heads(FILE *out, const check_results *old, const check_results *new, bool markdown) {
    const check_results *both[] = {old, new};
    static const char *const words[] = {"old", "new"};
    undr_error error = UNDR_OK;
    for (int i = 0; i < 2 && error == UNDR_OK; i++) {
        undr_buffer text = {0};
        error = check_results_describe(both[i], &text);
        fprintf(out, markdown ? "- %s: " : "%s  ", words[i]);
        (markdown ? check_markdown_text : check_text_plain)(out, undr_buffer_slice(&text));
        fputc('\n', out);
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

static void print_kind(FILE *out, const change *all, size_t count, kind what, bool markdown) {
    size_t found = count_kind(all, count, what);
    if (found == 0 || what == SAME) {
        return;
    }
    fprintf(out, markdown ? "\n#### %zu %s\n\n" : "\n%zu %s\n", found, kinds[what].title);
    fputs(markdown ? "| requirement | case | old | new | |\n|---|---|---|---|---|\n" : "", out);
    for (size_t i = 0; i < count; i++) {
        if (all[i].what == what) {
            (markdown ? print_markdown_change : print_text_change)(out, &all[i]);
        }
    }
}

static undr_error print_all(
    FILE *out, const check_results *old, const check_results *new, const change *all, size_t count, bool markdown) {
    size_t worse = count_kind(all, count, REGRESSED);
    fputs(markdown ? "### undr-check diff\n\n" : "", out);
    undr_error error = print_heads(out, old, new, markdown);
    for (int what = 0; what < KINDS; what++) {
        print_kind(out, all, count, (kind)what, markdown);
    }
    print_missing_roles(out, old, new);
    fprintf(out, "\n%zu as before. ", count_kind(all, count, SAME));
    if (worse == 0) {
        fputs("Nothing got worse.\n", out);
    } else {
        fprintf(out, "%zu case%s got worse.\n", worse, check_text_plural(worse));
    }
    return error;
}

/* ---- JSON ---- */

static json_t *side_of(const check_outcome *one) {
    return one == NULL ? json_null()
                       : json_pack("{s:s, s:s, s:s, s:s}", "verdict", one->verdict, "requirement", one->id, "expected",
                             one->expected, "received", one->received);
}

static undr_error print_json(FILE *out, const change *all, size_t count) {
    json_t *json = json_pack("{s:s, s:i, s:{}, s:[]}", "tool", "undr-check diff", "format", 1, "counts", "changes");
    json_t *counts = json_object_get(json, "counts"), *changes = json_object_get(json, "changes");
    bool failed = json == NULL;
    for (int what = 0; what < KINDS && !failed; what++) {
        json_int_t found = (json_int_t)count_kind(all, count, (kind)what);
        failed = json_object_set_new(counts, kinds[what].key, json_integer(found)) != 0;
    }
    for (size_t i = 0; i < count && !failed; i++) {
        if (all[i].what != SAME) {
            failed = json_array_append_new(changes,
                         json_pack("{s:s, s:s, s:s, s:o, s:o}", "kind", kinds[all[i].what].key, "case",
                             name_of(&all[i]), "requirement", id_of(&all[i]), "old", side_of(all[i].old), "new",
                             side_of(all[i].new)))
                != 0;
        }
    }
    failed = failed || json_dumpf(json, out, JSON_INDENT(1) | JSON_ENSURE_ASCII) != 0;
    fputc('\n', out);
    json_decref(json);
    return failed ? UNDR_MEMORY : UNDR_OK;
}

undr_error check_results_diff(
    FILE *out, const check_results *old, const check_results *new, check_format format, size_t *worse) {
    size_t count = 0;
    change *all = collect(old, new, &count);
    *worse = 0;
    if (all == NULL) {
        return UNDR_MEMORY;
    }
    *worse = count_kind(all, count, REGRESSED);
    undr_error error = format == CHECK_FORMAT_JSON
        ? print_json(out, all, count)
        : print_all(out, old, new, all, count, format == CHECK_FORMAT_MARKDOWN);
    free(all);
    return error;
}
