/* escape_xml.c: text in XML 1.0. What text.h lets through are characters that XML has. */
#include "base/text.h"
#include "report/escape.h"

static const char *reference_of(const check_piece *piece, bool in_attribute) {
    switch (piece->text[0]) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;"; /* ]]> must not stand in character data */
    case '"': return in_attribute ? "&quot;" : NULL;
    case '\n': return in_attribute ? "&#10;" : NULL; /* as such it would be read as a blank */
    case '\t': return in_attribute ? "&#9;" : NULL;
    default: return NULL;
    }
}

static void put(FILE *out, undr_slice text, bool in_attribute) {
    while (text.size > 0) {
        check_piece piece = check_text_take(&text);
        const char *reference = reference_of(&piece, in_attribute);
        if (reference != NULL) {
            fputs(reference, out);
        } else {
            fwrite(piece.text, 1, piece.size, out);
        }
    }
}

void check_xml_text(FILE *out, undr_slice text) {
    put(out, text, false);
}

void check_xml_attribute(FILE *out, undr_slice text) {
    put(out, text, true);
}
