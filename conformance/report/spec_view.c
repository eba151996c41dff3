/* spec_view.c: the specification in a terminal, and how the cases of a sentence went. */
#include "report/spec_view.h"

#include "base/text.h"
#include "suite/ids.h"

#include <stdlib.h>
#include <string.h>

static bool is_one_of(const char *verdict, const char *a, const char *b) {
    return strcmp(verdict, a) == 0 || strcmp(verdict, b) == 0;
}

/* A case that fails for one sentence tells nothing of the others that it names. */
check_kept check_spec_kept(const check_spec_view *view, const check_results *report, undr_slice id) {
    check_kept kept = {0};
    for (size_t i = 0; i < report->count; i++) {
        const check_outcome *one = &report->at[i];
        const check_case *known = check_suite_find(view->suite, one->name);
        bool failed = is_one_of(one->verdict, "fail", "warn") && undr_slice_equal(undr_slice_text(one->id), id);
        bool held = is_one_of(one->verdict, "pass", "info") && known != NULL && check_case_claims(known, id);
        kept.failed += failed ? 1 : 0;
        kept.tried += failed || held ? 1 : 0;
    }
    return kept;
}

static void print_name(FILE *out, const char *name) {
    for (; *name != '\0'; name++) {
        fputc(*name == '_' ? '-' : *name, out);
    }
}

static void print_more(FILE *out, const check_spec_view *view, undr_slice id) {
    for (size_t i = 0; i < view->suite->count; i++) {
        const check_case *one = view->suite->all[i];
        if (check_case_claims(one, id)) {
            fprintf(out, "    case   %s  %s:%d\n", one->name, one->file, one->line);
        }
    }
    for (const check_place *place = check_spec_places; place->id != NULL; place++) {
        if (undr_slice_equal(undr_slice_text(place->id), id)) {
            fprintf(out, "    code   %s:%d\n", place->file, place->line);
        }
    }
    for (const check_known_bug *bug = check_known_bugs; bug->name != NULL; bug++) {
        if (check_ids_have(bug->ids, id)) {
            fputs("    bug    ", out);
            print_name(out, bug->name);
            fprintf(out, ": %s %s\n", bug->role, bug->what);
        }
    }
}

static void print_reports(FILE *out, const check_spec_view *view, undr_slice id) {
    for (size_t i = 0; i < view->report_count; i++) {
        check_kept kept = check_spec_kept(view, &view->reports[i], id);
        fputs("    report ", out);
        check_text_plain(out, undr_slice_text(view->reports[i].path));
        if (kept.failed > 0) {
            fprintf(out, ": failed in %zu of %zu cases\n", kept.failed, kept.tried);
        } else if (kept.tried > 0) {
            fprintf(out, ": held in %zu case%s\n", kept.tried, check_text_plural(kept.tried));
        } else {
            fputs(": not tried\n", out);
        }
    }
}

static void print_sentence(FILE *out, const check_sentence *one) {
    fprintf(out, "%.*s (%.*s) ", (int)one->id.size, (const char *)one->id.data, (int)one->level.size,
        (const char *)one->level.data);
    check_text_plain(out, one->text);
    fputc('\n', out);
    check_text_lines(out, one->notes, "    ");
}

static void print_all(FILE *out, const check_spec_view *view) {
    for (const check_embedded *page = check_spec_pages; page->name != NULL; page++) {
        undr_slice rest = undr_slice_of(page->data, page->size);
        for (check_sentence one; check_sentence_next(&rest, &one);) {
            print_sentence(out, &one);
            print_reports(out, view, one.id);
        }
    }
}

undr_error check_spec_text(FILE *out, const check_spec_view *view, const check_texts *ids, undr_buffer *message) {
    if (ids->count == 0) {
        print_all(out, view);
    }
    for (size_t i = 0; i < ids->count; i++) {
        check_sentence one;
        if (!check_sentence_find(ids->at[i], &one)) {
            const char *nearest = check_nearest_id(check_known_ids, ids->at[i]);
            undr_error error = undr_put_format(message, "spec: there is no requirement '%s'%s%s%s", ids->at[i],
                nearest == NULL ? "; `undr-check spec` prints all" : "; did you mean ", nearest == NULL ? "" : nearest,
                nearest == NULL ? "" : "?");
            return error == UNDR_OK ? UNDR_ARGUMENT : error;
        }
        print_sentence(out, &one);
        print_reports(out, view, one.id);
        print_more(out, view, one.id);
    }
    return UNDR_OK;
}
