/* text.c: text that came from anywhere, made safe to print. */
#include "base/text.h"

#include "undr/text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* Newline and tab apart, only what the library calls visible: the one decision for logs, terminals and reports. */
size_t check_text_character(undr_slice text) {
    uint32_t character = 0;
    size_t size = undr_next_character(text, &character);
    bool printed = character == '\n' || character == '\t' || undr_character_visibility(character) == UNDR_VISIBLE;
    return printed ? size : 0;
}

static undr_slice without(undr_slice text, size_t size) {
    return undr_slice_of(text.data + size, text.size - size);
}

/* The escape for the first character of text, which must not be printed: \u202e, or \xff for a byte that begins none.
 * Returns how many bytes of text that is. */
static size_t escape(undr_slice text, check_piece *piece) {
    uint32_t character = text.data[0];
    size_t size = undr_next_character(text, &character);
    const char *format = character < 0x100 ? "\\x%02x" : character < 0x10000 ? "\\u%04x" : "\\U%08x";
    piece->size = (size_t)snprintf(piece->text, sizeof piece->text, format, (unsigned)character);
    return size == 0 ? 1 : size;
}

check_piece check_text_take(undr_slice *text) {
    check_piece piece = {.size = check_text_character(*text)};
    size_t taken = piece.size;
    if (piece.size > 0) {
        memcpy(piece.text, text->data, piece.size);
    } else {
        taken = escape(*text, &piece);
    }
    *text = without(*text, taken);
    return piece;
}

bool check_piece_is(const check_piece *piece, const char *text) {
    return piece->size == strlen(text) && memcmp(piece->text, text, piece->size) == 0;
}

void check_text_plain(FILE *out, undr_slice text) {
    while (text.size > 0) {
        check_piece piece = check_text_take(&text);
        fwrite(piece.text, 1, piece.size, out);
    }
}

void check_text_lines(FILE *out, undr_slice text, const char *indent) {
    while (text.size > 0) {
        const uint8_t *newline = memchr(text.data, '\n', text.size);
        size_t length = newline == NULL ? text.size : (size_t)(newline - text.data);
        fputs(indent, out);
        check_text_plain(out, undr_slice_of(text.data, length));
        fputc('\n', out);
        text = without(text, newline == NULL ? length : length + 1);
    }
}

undr_error check_text_clean(undr_buffer *to, undr_slice text) {
    undr_error error = UNDR_OK;
    while (text.size > 0 && error == UNDR_OK) {
        check_piece piece = check_text_take(&text);
        error = undr_put_bytes(to, piece.text, piece.size);
    }
    return error;
}

undr_slice check_text_trim(undr_slice text) {
    while (text.size > 0 && isspace(text.data[0])) {
        text = without(text, 1);
    }
    while (text.size > 0 && isspace(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

undr_slice check_text_take_word(undr_slice *rest) {
    undr_slice trimmed = check_text_trim(*rest);
    size_t size = 0;
    while (size < trimmed.size && !isspace(trimmed.data[size])) {
        size++;
    }
    *rest = undr_slice_of(trimmed.data + size, trimmed.size - size);
    return undr_slice_of(trimmed.data, size);
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* How many insertions, deletions and replacements lie between two short words. */
static size_t distance(const char *a, const char *b) {
    enum { LONGEST = 128 };
    size_t rows = strlen(a), columns = strlen(b), row[LONGEST + 1];
    if (rows > LONGEST || columns > LONGEST) {
        return LONGEST;
    }
    for (size_t j = 0; j <= columns; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= rows; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = least(change, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[columns];
}

const char *check_text_nearest(const char *word, const char *const *choices) {
    const char *nearest = NULL;
    size_t best = strlen(word) / 2 + 1; /* more changes than that: nothing alike */
    for (; *choices != NULL; choices++) {
        size_t changes = distance(word, *choices);
        if (changes < best) {
            best = changes;
            nearest = *choices;
        }
    }
    return nearest;
}

const char *check_text_plural(size_t count) {
    return count == 1 ? "" : "s";
}
