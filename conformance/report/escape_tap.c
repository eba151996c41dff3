/* escape_tap.c: text on a line of the Test Anything Protocol. */
#include "base/text.h"
#include "report/escape.h"

/* A line break would begin a line of its own, which could be a result that nobody had. */
static const char *on_one_line(const check_piece *piece) {
    return check_piece_is(piece, "\n") ? "\\x0a" : NULL;
}

void check_tap_description(FILE *out, undr_slice text) {
    while (text.size > 0) {
        check_piece piece = check_text_take(&text);
        const char *other = on_one_line(&piece);
        if (other != NULL) {
            piece.size = (size_t)snprintf(piece.text, sizeof piece.text, "%s", other);
        }
        for (size_t i = 0; i < piece.size; i++) { /* a backslash may be the first of \xNN, too */
            fputs(piece.text[i] == '#' || piece.text[i] == '\\' ? "\\" : "", out);
            fputc(piece.text[i], out);
        }
    }
}

void check_tap_reason(FILE *out, undr_slice text) {
    while (text.size > 0) {
        check_piece piece = check_text_take(&text);
        const char *other = on_one_line(&piece);
        if (other != NULL) {
            fputs(other, out);
        } else {
            fwrite(piece.text, 1, piece.size, out);
        }
    }
}
