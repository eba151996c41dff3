/* escape_markdown.c: text from outside in Markdown, in a table's cell or a paragraph, and in GitHub's annotations. */
#include "base/text.h"
#include "report/escape.h"

#include <string.h>

void check_markdown_text(FILE *out, undr_slice text) {
    while (text.size > 0) {
        check_piece piece = check_text_take(&text);
        if (check_piece_is(&piece, "\n")) {
            fputs("<br>", out);
        } else if (check_piece_is(&piece, "<")) {
            fputs("&lt;", out);
        } else if (check_piece_is(&piece, "&")) {
            fputs("&amp;", out);
        } else {
            bool special = piece.size == 1 && strchr("\\`*_{}[]|~#", piece.text[0]) != NULL;
            fputs(special ? "\\" : "", out);
            fwrite(piece.text, 1, piece.size, out);
        }
    }
}

static void print_github(FILE *out, undr_slice text, const char *special) {
    while (text.size > 0) {
        check_piece piece = check_text_take(&text);
        if (piece.size == 1 && strchr(special, piece.text[0]) != NULL) {
            fprintf(out, "%%%02X", (unsigned char)piece.text[0]);
        } else {
            fwrite(piece.text, 1, piece.size, out);
        }
    }
}

void check_github_text(FILE *out, undr_slice text) {
    print_github(out, text, "%\r\n");
}

void check_github_property(FILE *out, undr_slice text) {
    print_github(out, text, "%\r\n:,");
}
