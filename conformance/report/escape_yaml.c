/* escape_yaml.c: text as a scalar that YAML 1.1, YAML 1.2 and the YAML of TAP's readers understand alike. */
#include "escape.h"
#include "text.h"

#include <string.h>

/* Only double quotes can hold these: 1.1 takes the first three for line breaks, neither version has the last one. */
static const struct {
    const char *character, *escaped;
} only_quoted[] = {
    {"\xc2\x85", "\\N"}, {"\xe2\x80\xa8", "\\u2028"}, {"\xe2\x80\xa9", "\\u2029"}, {"\xef\xbb\xbf", "\\uFEFF"},
};
enum { ONLY_QUOTED = sizeof only_quoted / sizeof only_quoted[0] };

static const char *needs_quotes(const check_piece *piece) {
    for (size_t i = 0; i < ONLY_QUOTED; i++) {
        if (check_piece_is(piece, only_quoted[i].character)) {
            return only_quoted[i].escaped;
        }
    }
    return NULL;
}

void check_yaml_scalar(FILE *out, undr_slice text) {
    fputc('"', out);
    while (text.size > 0) {
        check_piece piece = check_text_take(&text);
        const char *escaped = check_piece_is(&piece, "\n") ? "\\n"
            : check_piece_is(&piece, "\t")                 ? "\\t"
                                                           : needs_quotes(&piece);
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

static bool fits_a_block(undr_slice text) {
    bool fits = memchr(text.data, '\n', text.size) != NULL;
    while (fits && text.size > 0) {
        check_piece piece = check_text_take(&text);
        fits = needs_quotes(&piece) == NULL;
    }
    return fits;
}

void check_yaml_member(FILE *out, const char *key, undr_slice text) {
    text = check_text_trim(text);
    if (text.size == 0) {
        return;
    }
    fprintf(out, "  %s: ", key);
    if (fits_a_block(text)) {
        fputs("|\n", out);
        check_text_lines(out, text, "    ");
    } else {
        check_yaml_scalar(out, text);
        fputc('\n', out);
    }
}
