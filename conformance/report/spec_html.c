/* spec_html.c: the specification as one HTML page: the text of its pages, and below each binding sentence what there is
 * for it. */
#include "base/text.h"
#include "report/escape.h"
#include "report/from_markdown.h"
#include "report/page.h"
#include "report/spec_view.h"

#include <string.h>

static void put_slice(FILE *out, undr_slice text) {
    check_html_text(out, text);
}

/* ---- what there is for a sentence ---- */

/* "ref/protocol/manager.c:57", a link when there is a tree to link to. */
static void put_place(FILE *out, const check_spec_view *view, const char *file, int line) {
    if (view->sources != NULL) {
        fputs("<a href=\"", out);
        check_html_attribute(out, undr_slice_text(view->sources));
        fprintf(out, "/%s#L%d\">%s:%d</a>", file, line, file, line);
    } else {
        fprintf(out, "%s:%d", file, line);
    }
}

/* One row of the list, up to its text. */
static void begin_row(FILE *out, size_t *count, const char *title) {
    fputs((*count)++ == 0 ? "<details><summary>" : "", out);
    if (*count == 1) {
        fprintf(out, "%s</summary><ul>\n", title);
    }
    fputs("<li>", out);
}

static void end_rows(FILE *out, size_t count) {
    fputs(count > 0 ? "</ul></details>\n" : "", out);
}

static void put_cases(FILE *out, const check_spec_view *view, undr_slice id) {
    size_t count = 0;
    for (size_t i = 0; i < view->suite->count; i++) {
        const check_case *one = view->suite->all[i];
        if (check_case_claims(one, id)) {
            begin_row(out, &count, "cases");
            fprintf(out, "<code>%s</code> ", one->name);
            put_place(out, view, one->file, one->line);
            fputs("</li>\n", out);
        }
    }
    end_rows(out, count);
}

static void put_places(FILE *out, const check_spec_view *view, undr_slice id) {
    size_t count = 0;
    for (const check_place *place = check_spec_places; place->id != NULL; place++) {
        if (undr_slice_equal(undr_slice_text(place->id), id)) {
            begin_row(out, &count, "where the reference obeys it");
            put_place(out, view, place->file, place->line);
            fputs("</li>\n", out);
        }
    }
    end_rows(out, count);
}

static void put_bugs(FILE *out, undr_slice id) {
    size_t count = 0;
    for (const check_known_bug *bug = check_known_bugs; bug->name != NULL; bug++) {
        if (check_ids_have(bug->ids, id)) {
            begin_row(out, &count, "bugs that its cases catch");
            fprintf(out, "%s: ", bug->role);
            put_slice(out, undr_slice_text(bug->what));
            fputs(" (<code>", out);
            for (const char *at = bug->name; *at != '\0'; at++) {
                fputc(*at == '_' ? '-' : *at, out);
            }
            fputs("</code>)</li>\n", out);
        }
    }
    end_rows(out, count);
}

static const char *text_of(const check_results *report, const char *key, const char *otherwise) {
    const char *text = json_string_value(json_object_get(json_object_get(report->json, "about"), key));
    return text == NULL ? otherwise : text;
}

static void put_target(FILE *out, const check_results *report) {
    put_slice(out, undr_slice_text(text_of(report, "name", report->path)));
    fputc(' ', out);
    put_slice(out, undr_slice_text(text_of(report, "version", "")));
    fputc(' ', out);
    put_slice(out, undr_slice_text(text_of(report, "language", "")));
}

static void put_reports(FILE *out, const check_spec_view *view, undr_slice id) {
    for (size_t i = 0; i < view->report_count; i++) {
        check_kept kept = check_spec_kept(view, &view->reports[i], id);
        fputs("<div>", out);
        put_target(out, &view->reports[i]);
        if (kept.failed > 0) {
            fprintf(out, ": <span class=\"fail\">failed in %zu of %zu cases</span></div>\n", kept.failed, kept.tried);
        } else if (kept.tried > 0) {
            fprintf(out, ": <span class=\"pass\">held in %zu case%s</span></div>\n", kept.tried,
                check_text_plural(kept.tried));
        } else {
            fputs(": <span class=\"none\">not tried</span></div>\n", out);
        }
    }
}

/* ---- the page ---- */

static bool put_sentence(const void *context, const check_markdown *page, undr_slice paragraph) {
    const check_spec_view *view = context;
    check_sentence one;
    if (!check_sentence_read(paragraph, &one)) {
        return false;
    }
    FILE *out = page->out;
    int size = (int)one.id.size;
    const char *id = (const char *)one.id.data;
    fprintf(out, "<div class=\"sentence\" id=\"%.*s\">\n<p><a class=\"id\" href=\"#%.*s\">%.*s</a> ", size, id, size,
        id, size, id);
    fprintf(out, "(%.*s) ", (int)one.level.size, (const char *)one.level.data);
    check_markdown_line(page, one.text);
    fputs("</p>\n<div class=\"about-it\">\n", out);
    put_reports(out, view, one.id);
    put_cases(out, view, one.id);
    put_places(out, view, one.id);
    put_bugs(out, one.id);
    if (one.notes.size > 0) {
        fputs("<p>", out);
        check_markdown_line(page, one.notes);
        fputs("</p>\n", out);
    }
    fputs("</div>\n</div>\n", out);
    return true;
}

/* A link to another page leads to its part of this one. */
static void put_link(const void *context, FILE *out, undr_slice target) {
    (void)context;
    for (const check_embedded *page = check_spec_pages; page->name != NULL; page++) {
        size_t size = strlen(page->name);
        if (target.size >= size && memcmp(target.data, page->name, size) == 0) {
            undr_slice anchor = undr_slice_of(target.data + size, target.size - size);
            fputs(anchor.size > 0 ? "" : "#", out);
            check_html_attribute(out, anchor.size > 0 ? anchor : undr_slice_text(page->name));
            return;
        }
    }
    check_html_attribute(out, target);
}

/* The headings of a page, down to the second level. */
static void put_contents(const check_markdown *page, undr_slice text) {
    bool fenced = false; /* inside a block of code */
    fputs("<ul>\n", page->out);
    while (text.size > 0) {
        const uint8_t *newline = memchr(text.data, '\n', text.size);
        size_t size = newline == NULL ? text.size : (size_t)(newline - text.data);
        undr_slice line = undr_slice_of(text.data, size);
        size_t level = 0;
        fenced = fenced != (size >= 3 && memcmp(line.data, "```", 3) == 0);
        while (!fenced && level < line.size && line.data[level] == '#') {
            level++;
        }
        if ((level == 1 || level == 2) && line.size > level) {
            undr_slice title = check_text_trim(undr_slice_of(line.data + level, line.size - level));
            fputs("<li><a href=\"#", page->out);
            check_markdown_anchor(page->out, title);
            fputs("\">", page->out);
            check_markdown_line(page, title);
            fputs("</a></li>\n", page->out);
        }
        size += newline == NULL ? 0 : 1;
        text = undr_slice_of(text.data + size, text.size - size);
    }
    fputs("</ul>\n", page->out);
}

/* What follows the first "# ". */
static undr_slice title_of(undr_slice text) {
    const uint8_t *from = memmem(text.data, text.size, "# ", 2);
    const uint8_t *to = from == NULL ? NULL : memchr(from, '\n', text.size - (size_t)(from - text.data));
    return to == NULL ? undr_slice_text("undr task protocol") : undr_slice_of(from + 2, (size_t)(to - from) - 2);
}

void check_spec_html_of(FILE *out, const check_spec_view *view, undr_slice text) {
    const check_markdown page = {out, view, put_sentence, NULL};
    check_page_begin(out, text.size == 0 ? undr_slice_text("") : title_of(text));
    check_markdown_page(&page, text);
    fputs("</body>\n</html>\n", out);
}

static undr_error put_heads(FILE *out, const check_spec_view *view) {
    undr_error error = UNDR_OK;
    for (size_t i = 0; i < view->report_count && error == UNDR_OK; i++) {
        undr_buffer text = {0};
        error = check_results_describe(&view->reports[i], &text);
        fputs("<p>", out);
        put_slice(out, undr_buffer_slice(&text));
        fputs("</p>\n", out);
        undr_buffer_free(&text);
    }
    return error;
}

undr_error check_spec_html(FILE *out, const check_spec_view *view) {
    const check_markdown page = {out, view, put_sentence, put_link};
    check_page_begin(out, undr_slice_text("The undr task protocol"));
    undr_error error = put_heads(out, view);
    fputs("<nav>\n", out);
    for (const check_embedded *each = check_spec_pages; each->name != NULL; each++) {
        put_contents(&page, undr_slice_of(each->data, each->size));
    }
    fputs("</nav>\n", out);
    for (const check_embedded *each = check_spec_pages; each->name != NULL; each++) {
        fprintf(out, "<section id=\"%s\">\n", each->name);
        check_markdown_page(&page, undr_slice_of(each->data, each->size));
        fputs("</section>\n", out);
    }
    fprintf(out, "<footer><p>undr-check " UNDR_VERSION ", SHA-256 of the specification <code>%s</code></p></footer>\n",
        check_spec_sha256);
    fputs("</body>\n</html>\n", out);
    return error;
}
