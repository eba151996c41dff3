/* escape_html.c: text in HTML. */
#include "base/text.h"
#include "report/escape.h"

static const char *reference_of(const check_piece *piece) {
    switch (piece->text[0]) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

void check_html_text(FILE *out, undr_slice text) {
    while (text.size > 0) {
        check_piece piece = check_text_take(&text);
        const char *reference = reference_of(&piece);
        if (reference != NULL) {
            fputs(reference, out);
        } else {
            fwrite(piece.text, 1, piece.size, out);
        }
    }
}

void check_html_attribute(FILE *out, undr_slice text) {
    check_html_text(out, text); /* a line break may stand in one */
}
