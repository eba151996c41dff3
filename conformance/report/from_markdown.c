/* from_markdown.c: the Markdown of spec/, as HTML. */
#include "report/from_markdown.h"

#include "base/text.h"
#include "report/escape.h"

#include <ctype.h>
#include <string.h>

/* ---- in a line ---- */

static size_t find(undr_slice text, size_t from, const char *what) {
    size_t size = strlen(what);
    const uint8_t *found = from + size > text.size ? NULL : memmem(text.data + from, text.size - from, what, size);
    return found == NULL ? text.size : (size_t)(found - text.data);
}

static bool begins(undr_slice text, size_t at, const char *what) {
    size_t size = strlen(what);
    return at + size <= text.size && memcmp(text.data + at, what, size) == 0;
}

static undr_slice part(undr_slice text, size_t from, size_t to) {
    return undr_slice_of(text.data + from, to - from);
}

/* Behind what is marked by `mark` on both sides; 0: this mark begins nothing. */
static size_t put_marked(const check_markdown *page, undr_slice text, size_t at, const char *mark, const char *tag) {
    size_t size = strlen(mark), end = find(text, at + size, mark);
    bool inside_a_word = at > 0 && isalnum(text.data[at - 1]);
    if (end == text.size || end == at + size || text.data[at + size] == ' ' || inside_a_word) {
        return 0;
    }
    fprintf(page->out, "<%s>", tag);
    if (mark[0] == '`') {
        check_html_text(page->out, part(text, at + size, end));
    } else {
        check_markdown_line(page, part(text, at + size, end));
    }
    fprintf(page->out, "</%s>", tag);
    return end + size;
}

/* [text](target) */
static size_t put_link(const check_markdown *page, undr_slice text, size_t at) {
    size_t middle = find(text, at, "]("), end = find(text, middle, ")");
    if (middle == text.size || end == text.size) {
        return 0;
    }
    undr_slice target = part(text, middle + 2, end);
    fputs("<a href=\"", page->out);
    if (page->link != NULL) {
        page->link(page->context, page->out, target);
    } else {
        check_html_attribute(page->out, target);
    }
    fputs("\">", page->out);
    check_markdown_line(page, part(text, at + 1, middle));
    fputs("</a>", page->out);
    return end + 1;
}

/* ![text](source) */
static size_t put_image(const check_markdown *page, undr_slice text, size_t at) {
    size_t middle = find(text, at, "]("), end = find(text, middle, ")");
    if (!begins(text, at, "![") || middle == text.size || end == text.size) {
        return 0;
    }
    fputs("<img alt=\"", page->out);
    check_html_attribute(page->out, part(text, at + 2, middle));
    fputs("\" src=\"", page->out);
    check_html_attribute(page->out, part(text, middle + 2, end));
    fputs("\">", page->out);
    return end + 1;
}

/* Behind the construct that begins here; 0: it is a plain character. */
static size_t put_construct(const check_markdown *page, undr_slice text, size_t at) {
    switch (text.data[at]) {
    case '`': return put_marked(page, text, at, "`", "code");
    case '*':
        return begins(text, at, "**") ? put_marked(page, text, at, "**", "strong")
                                      : put_marked(page, text, at, "*", "em");
    case '!': return put_image(page, text, at);
    case '[': return put_link(page, text, at);
    default: return 0;
    }
}

void check_markdown_line(const check_markdown *page, undr_slice text) {
    size_t plain = 0; /* what begins here is printed with the next construct */
    for (size_t at = 0; at < text.size;) {
        size_t next = 0;
        if (strchr("`*![", text.data[at]) != NULL && text.data[at] != '\0') {
            check_html_text(page->out, part(text, plain, at));
            plain = at;
            next = put_construct(page, text, at);
        }
        plain = next == 0 ? plain : next;
        at = next == 0 ? at + 1 : next;
    }
    check_html_text(page->out, part(text, plain, text.size));
}

/* ---- lines ---- */

static undr_slice peek_line(undr_slice text) {
    return part(text, 0, find(text, 0, "\n"));
}

static undr_slice take_line(undr_slice *text) {
    undr_slice line = peek_line(*text);
    size_t size = line.size + (line.size < text->size ? 1 : 0);
    *text = part(*text, size, text->size);
    return line;
}

static bool is_blank(undr_slice line) {
    return check_text_trim(line).size == 0;
}

/* The size of "- " or "12. " at the start; 0: no item begins. */
static size_t item_mark(undr_slice line) {
    size_t digits = 0;
    while (digits < line.size && isdigit(line.data[digits])) {
        digits++;
    }
    if (digits > 0) {
        return begins(line, digits, ". ") ? digits + 2 : 0;
    }
    return begins(line, 0, "- ") ? 2 : 0;
}

static bool begins_block(undr_slice line) {
    return is_blank(line) || begins(line, 0, "```") || begins(line, 0, "#") || begins(line, 0, "|")
        || item_mark(line) > 0;
}

/* ---- blocks ---- */

void check_markdown_anchor(FILE *out, undr_slice heading) {
    for (size_t i = 0; i < heading.size; i++) {
        uint8_t byte = heading.data[i];
        if (isalnum(byte) || byte == '-' || byte == '_') {
            fputc(tolower(byte), out);
        } else if (byte == ' ') {
            fputc('-', out);
        }
    }
}

static void put_heading(const check_markdown *page, undr_slice line) {
    size_t level = 0;
    while (level < line.size && line.data[level] == '#') {
        level++;
    }
    undr_slice title = check_text_trim(part(line, level, line.size));
    fprintf(page->out, "<h%zu id=\"", level);
    check_markdown_anchor(page->out, title);
    fputs("\">", page->out);
    check_markdown_line(page, title);
    fprintf(page->out, "</h%zu>\n", level);
}

static void put_fenced(const check_markdown *page, undr_slice *text) {
    take_line(text);
    fputs("<pre><code>", page->out);
    while (text->size > 0 && !begins(*text, 0, "```")) {
        check_html_text(page->out, take_line(text));
        fputc('\n', page->out);
    }
    take_line(text);
    fputs("</code></pre>\n", page->out);
}

static void put_indented(const check_markdown *page, undr_slice *text) {
    size_t blank = 0; /* lines, which belong to the block when it goes on behind them */
    fputs("<pre><code>", page->out);
    while (text->size > 0 && (begins(*text, 0, "    ") || is_blank(peek_line(*text)))) {
        undr_slice line = take_line(text);
        if (is_blank(line)) {
            blank++;
            continue;
        }
        for (; blank > 0; blank--) {
            fputc('\n', page->out);
        }
        check_html_text(page->out, part(line, 4, line.size));
        fputc('\n', page->out);
    }
    fputs("</code></pre>\n", page->out);
}

/* "| a | b |" */
static void put_row(const check_markdown *page, undr_slice line, const char *tag) {
    undr_slice row = check_text_trim(line);
    fputs("<tr>", page->out);
    for (size_t from = 1, at = 1; at < row.size; at++) {
        if (row.data[at] != '|') {
            continue;
        }
        undr_slice cell = check_text_trim(part(row, from, at));
        fprintf(page->out, "<%s>", tag);
        check_markdown_line(page, cell);
        fprintf(page->out, "</%s>", tag);
        from = at + 1;
    }
    fputs("</tr>\n", page->out);
}

static void put_table(const check_markdown *page, undr_slice *text) {
    fputs("<div class=\"wide\"><table>\n<thead>", page->out);
    put_row(page, take_line(text), "th");
    fputs("</thead>\n<tbody>\n", page->out);
    take_line(text); /* |---|---| */
    while (begins(*text, 0, "|")) {
        put_row(page, take_line(text), "td");
    }
    fputs("</tbody></table></div>\n", page->out);
}

/* The lines up to where another block begins, as one. */
static undr_slice take_paragraph(undr_slice *text) {
    const uint8_t *from = text->data;
    undr_slice line = take_line(text), whole = line;
    while (text->size > 0 && !begins_block(peek_line(*text))) {
        line = take_line(text);
        whole = undr_slice_of(from, (size_t)(line.data + line.size - from));
    }
    return whole;
}

static void put_list(const check_markdown *page, undr_slice *text) {
    bool numbered = isdigit(text->data[0]);
    fputs(numbered ? "<ol>\n" : "<ul>\n", page->out);
    while (text->size > 0 && item_mark(peek_line(*text)) > 0) {
        size_t mark = item_mark(peek_line(*text));
        *text = part(*text, mark, text->size);
        fputs("<li>", page->out);
        check_markdown_line(page, take_paragraph(text));
        fputs("</li>\n", page->out);
    }
    fputs(numbered ? "</ol>\n" : "</ul>\n", page->out);
}

static void put_paragraph(const check_markdown *page, undr_slice *text) {
    undr_slice paragraph = take_paragraph(text);
    if (page->paragraph == NULL || !page->paragraph(page->context, page, paragraph)) {
        fputs("<p>", page->out);
        check_markdown_line(page, paragraph);
        fputs("</p>\n", page->out);
    }
}

void check_markdown_page(const check_markdown *page, undr_slice text) {
    while (text.size > 0) {
        undr_slice line = peek_line(text);
        if (is_blank(line)) {
            take_line(&text);
        } else if (begins(line, 0, "```")) {
            put_fenced(page, &text);
        } else if (begins(line, 0, "    ")) {
            put_indented(page, &text);
        } else if (begins(line, 0, "#")) {
            put_heading(page, take_line(&text));
        } else if (begins(line, 0, "|")) {
            put_table(page, &text);
        } else if (item_mark(line) > 0) {
            put_list(page, &text);
        } else {
            put_paragraph(page, &text);
        }
    }
}
