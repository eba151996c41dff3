/* text.c: text that came from anywhere, made safe to print. */
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* How long a UTF-8 sequence is that begins with this byte; 0: none does. */
static size_t sequence_length(uint8_t first) {
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        return 2;
    }
    if (first >= 0xe0 && first <= 0xef) {
        return 3;
    }
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

static bool may_be_printed(uint32_t point, size_t length) {
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < smallest[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
        return false;
    }
    if (point < 0x20) {
        return point == '\n' || point == '\t';
    }
    bool noncharacter = (point & 0xfffe) == 0xfffe || (point >= 0xfdd0 && point <= 0xfdef); /* HTML and XML refuse them */
    return !(point >= 0x7f && point <= 0x9f) && !noncharacter;
}

size_t check_text_character(undr_slice text) {
    size_t length = text.size == 0 ? 0 : sequence_length(text.data[0]);
    if (length == 0 || length > text.size) {
        return 0;
    }
    uint32_t point = length == 1 ? text.data[0] : text.data[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((text.data[i] & 0xc0) != 0x80) {
            return 0;
        }
        point = point << 6 | (text.data[i] & 0x3fu);
    }
    return may_be_printed(point, length) ? length : 0;
}

static undr_slice without(undr_slice text, size_t size) {
    return undr_slice_of(text.data + size, text.size - size);
}

check_piece check_text_take(undr_slice *text) {
    check_piece piece = {.size = check_text_character(*text)};
    size_t taken = piece.size > 0 ? piece.size : 1;
    if (piece.size > 0) {
        memcpy(piece.text, text->data, piece.size);
    } else {
        piece.size = (size_t)snprintf(piece.text, sizeof piece.text, "\\x%02x", text->data[0]);
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
