/* escape_yaml.c: text as a scalar that YAML 1.1, YAML 1.2 and the YAML of TAP's readers understand alike. */
#include "base/text.h"
#include "report/escape.h"

#include <string.h>

void check_yaml_scalar(FILE *out, undr_slice text) {
    fputc('"', out);
    while (text.size > 0) {
        check_piece piece = check_text_take(&text);
        const char *escaped = check_piece_is(&piece, "\n") ? "\\n" : check_piece_is(&piece, "\t") ? "\\t" : NULL;
        if (escaped != NULL) {
            fputs(escaped, out);
            continue;
        }
        for (size_t i = 0; i < piece.size; i++) { /* a backslash may be the first of \xNN, too */
            fputs(piece.text[i] == '"' || piece.text[i] == '\\' ? "\\" : "", out);
            fputc(piece.text[i], out);
        }
    }
    fputc('"', out);
}

/* A block scalar has no escapes. It needs none: text.h lets none of the characters through that only YAML 1.1 takes for
 * a line break (U+0085, U+2028, U+2029), nor U+FEFF, which no text of YAML 1.2 may hold. */
void check_yaml_member(FILE *out, const char *key, undr_slice text) {
    text = check_text_trim(text);
    if (text.size == 0) {
        return;
    }
    fprintf(out, "  %s: ", key);
    if (memchr(text.data, '\n', text.size) != NULL) {
        fputs("|\n", out);
        check_text_lines(out, text, "    ");
    } else {
        check_yaml_scalar(out, text);
        fputc('\n', out);
    }
}
