/* hex.c: reads hexadecimal text. */
#include "notation/hex.h"

#include "base/grow.h"
#include "base/writer.h"

#include <stdlib.h>
#include <string.h>

typedef enum form { UNKNOWN, PLAIN, DUMP } form;

typedef struct reading {
    check_hex *made;
    undr_buffer *message;
    form form;
    size_t line, first; /* from 1; the first that was read */
    size_t indent;      /* of a dump's first line; what stands further in is of the other side */
    size_t at[2];       /* of a dump: how many bytes of each side were read */
    unsigned bases;     /* of a dump's offsets, as bits: those that still fit */
    bool repeats;       /* a line `*` came: the one before goes on up to the next offset */
    undr_buffer last;
} reading;

static const unsigned bases[] = {16, 8, 10};
enum { BASES = sizeof bases / sizeof bases[0], ALL_BASES = (1 << BASES) - 1 };

static undr_error refuse(reading *r, const char *what) {
    return check_refused(undr_put_format(r->message, "line %zu: %s", r->line, what));
}

/* ---- digits ---- */

static int digit_of(uint8_t c) {
    return c >= '0' && c <= '9' ? c - '0'
        : c >= 'a' && c <= 'f'  ? c - 'a' + 10
        : c >= 'A' && c <= 'F'  ? c - 'A' + 10
                                : -1;
}

static size_t count_digits(undr_slice text) {
    size_t count = 0;
    while (count < text.size && digit_of(text.data[count]) >= 0) {
        count++;
    }
    return count;
}

static undr_slice behind(undr_slice text, size_t size) {
    return undr_slice_of(text.data + size, text.size - size);
}

static size_t count_blanks(undr_slice text) {
    size_t count = 0;
    while (count < text.size && (text.data[count] == ' ' || text.data[count] == '\t')) {
        count++;
    }
    return count;
}

static undr_error put_digits(reading *r, undr_slice digits) {
    undr_error error = UNDR_OK;
    if (digits.size % 2 != 0) {
        return refuse(r, "an odd number of digits; each byte has two");
    }
    for (size_t i = 0; i < digits.size && error == UNDR_OK; i += 2) {
        error = undr_put_u8(&r->made->bytes, (uint8_t)(digit_of(digits.data[i]) << 4 | digit_of(digits.data[i + 1])));
    }
    return error;
}

/* What was put since `before` belongs to a side. */
static undr_error add_piece(check_hex *made, size_t before, bool second) {
    size_t size = made->bytes.size - before;
    if (made->count > 0 && made->pieces[made->count - 1].second == second) {
        made->pieces[made->count - 1].size += size;
        return UNDR_OK;
    }
    check_hex_piece *pieces = check_array_grow(made->pieces, made->count, &made->capacity, sizeof *pieces);
    if (pieces == NULL) {
        return UNDR_MEMORY;
    }
    made->pieces = pieces;
    made->pieces[made->count++] = (check_hex_piece){size, second};
    made->two_sided = made->two_sided || second;
    return UNDR_OK;
}

/* ---- lines of plain digits: blanks, commas, colons, 0x and \x between them ---- */

static bool is_filler(uint8_t c) {
    return c == ' ' || c == '\t' || c == ',' || c == ':' || c == ';' || c == '-' || c == '"' || c == '\'';
}

static size_t prefix_of(undr_slice text) {
    return text.size > 1 && (text.data[0] == '0' || text.data[0] == '\\')
            && (text.data[1] == 'x' || text.data[1] == 'X')
        ? 2
        : 0;
}

static bool is_plain(undr_slice line) {
    bool any = false;
    while (line.size > 0) {
        size_t skipped = prefix_of(line);
        size_t digits = count_digits(behind(line, skipped));
        bool packets = skipped > 0 && digits == 4 && line.size > 6
            && line.data[6] == ':'; /* tcpdump -x: whole packets */
        if (packets || (digits == 0 && (skipped > 0 || !is_filler(line.data[0])))) {
            return false;
        }
        any = any || digits > 1;
        line = behind(line, digits > 0 ? skipped + digits : 1);
    }
    return any;
}

static undr_error read_plain(reading *r, undr_slice line) {
    size_t before = r->made->bytes.size;
    undr_error error = UNDR_OK;
    if (!is_plain(line)) {
        return refuse(r, "this is no hexadecimal text, as the lines before it are");
    }
    while (line.size > 0 && error == UNDR_OK) {
        size_t skipped = prefix_of(line);
        size_t digits = count_digits(behind(line, skipped));
        error = put_digits(r, undr_slice_of(line.data + skipped, digits));
        line = behind(line, digits > 0 ? skipped + digits : 1);
    }
    return error == UNDR_OK ? add_piece(r->made, before, false) : error;
}

/* ---- lines of a dump: an offset, bytes, characters ---- */

/* An offset at the start of a line, with what follows it. False: there is none. */
static bool take_offset(undr_slice *line, undr_slice *offset, bool *colon) {
    size_t size = count_digits(*line);
    if (size < 4 || size > 16) {
        return false;
    }
    *offset = undr_slice_of(line->data, size);
    undr_slice rest = behind(*line, size);
    *colon = rest.size > 0 && rest.data[0] == ':';
    rest = behind(rest, *colon);
    size_t blanks = count_blanks(rest);
    *line = behind(rest, blanks);
    return rest.size == 0 || blanks > 0;
}

static bool is_zero(undr_slice digits) {
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.data[i] != '0') {
            return false;
        }
    }
    return true;
}

/* A first line that begins with an offset of zero, and goes on. No frame begins with four zeros. */
static bool is_dump(undr_slice line) {
    undr_slice rest = behind(line, count_blanks(line)), offset;
    bool colon;
    return take_offset(&rest, &offset, &colon) && is_zero(offset) && rest.size > 0 && count_digits(rest) > 1;
}

static uint64_t value_of(undr_slice digits, unsigned base) {
    uint64_t value = 0;
    for (size_t i = 0; i < digits.size; i++) {
        unsigned digit = (unsigned)digit_of(digits.data[i]);
        value = digit < base && value < UINT64_MAX / 16 ? value * base + digit : UINT64_MAX;
    }
    return value;
}

static undr_error repeat_up_to(reading *r, uint64_t end, bool second) {
    undr_error error = UNDR_OK;
    size_t before = r->made->bytes.size;
    while (r->last.size > 0 && r->at[second] + r->last.size <= end && error == UNDR_OK) {
        error = undr_put_slice(&r->made->bytes, undr_buffer_slice(&r->last));
        r->at[second] += r->last.size;
    }
    r->repeats = false;
    return error == UNDR_OK ? add_piece(r->made, before, second) : error;
}

/* The offset must be what was read so far, in one of the bases in which all offsets have fitted. */
static undr_error check_offset(reading *r, undr_slice offset, bool second) {
    enum { MOST_REPEATED = 1 << 30 };
    unsigned fit = 0;
    undr_error error = UNDR_OK;
    for (unsigned i = 0; i < BASES && r->repeats && error == UNDR_OK; i++) {
        uint64_t end = value_of(offset, bases[i]);
        bool usable = (r->bases >> i & 1) != 0 && end > r->at[second] && end <= MOST_REPEATED && r->last.size > 0;
        if (usable && (end - r->at[second]) % r->last.size == 0) {
            error = repeat_up_to(r, end, second);
        }
    }
    for (unsigned i = 0; i < BASES; i++) {
        fit |= (unsigned)(value_of(offset, bases[i]) == r->at[second]) << i;
    }
    r->bases &= fit;
    if (error == UNDR_OK && r->bases == 0) {
        return refuse(r, "its offset is not the number of bytes before it; lines are missing, or it is another dump");
    }
    return error;
}

/* Bytes stand alone, or, where a colon follows the offset (xxd), in groups. They end before characters: two blanks
 * (xxd), three, or what is no digit. */
static undr_error read_groups(reading *r, undr_slice line, bool colon) {
    while (line.size > 0) {
        size_t digits = count_digits(line);
        if (digits == 0 || (digits < line.size && line.data[digits] != ' ' && line.data[digits] != '\t' && !colon)) {
            return UNDR_OK; /* characters */
        }
        if (!colon && digits != 2) {
            return refuse(r,
                "groups of more than one byte, in an order that is not known; make the dump with "
                "`hexdump -C`, `od -A x -t x1` or `xxd`");
        }
        undr_error error = put_digits(r, undr_slice_of(line.data, digits));
        if (error != UNDR_OK) {
            return error;
        }
        line = behind(line, digits);
        size_t blanks = count_blanks(line);
        if (blanks > (colon ? 1u : 2u)) {
            return UNDR_OK;
        }
        line = behind(line, blanks);
    }
    return UNDR_OK;
}

static undr_error read_dump(reading *r, undr_slice line) {
    size_t before = r->made->bytes.size, blanks = count_blanks(line);
    r->indent = r->line == r->first ? blanks : r->indent;
    bool colon, second = blanks > r->indent;
    undr_slice rest = behind(line, blanks), offset;
    if (rest.size == 1 && rest.data[0] == '*') {
        r->repeats = true;
        return UNDR_OK;
    }
    if (!take_offset(&rest, &offset, &colon)) {
        return refuse(r, "it does not begin with an offset, as the lines before it do");
    }
    undr_error error = check_offset(r, offset, second);
    before = r->made->bytes.size;
    error = error == UNDR_OK ? read_groups(r, rest, colon) : error;
    if (error != UNDR_OK) {
        return error;
    }
    r->at[second] += r->made->bytes.size - before;
    r->last.size = 0;
    error = undr_put_bytes(&r->last, r->made->bytes.data + before, r->made->bytes.size - before);
    return error == UNDR_OK ? add_piece(r->made, before, second) : error;
}

/* ---- C arrays ---- */

static undr_slice find(undr_slice text, const char *what) {
    size_t size = strlen(what);
    for (size_t i = 0; i + size <= text.size; i++) {
        if (memcmp(text.data + i, what, size) == 0) {
            return behind(text, i);
        }
    }
    return (undr_slice){0};
}

/* 0x6e, 110 or 'n'? Of C's forms the first is what tools write. */
static undr_error read_elements(reading *r, undr_slice text) {
    undr_error error = UNDR_OK;
    while (text.size > 0 && error == UNDR_OK) {
        undr_slice comment = text.size > 1 && memcmp(text.data, "/*", 2) == 0 ? find(text, "*/") : (undr_slice){0};
        size_t prefix = prefix_of(text), digits = prefix > 0 ? count_digits(behind(text, prefix)) : 0;
        r->line += text.data[0] == '\n';
        if (comment.size > 0) {
            text = behind(comment, 2);
        } else if (digits == 1 || digits == 2) {
            uint8_t low = text.data[prefix + digits - 1], high = digits == 2 ? text.data[prefix] : '0';
            error = undr_put_u8(&r->made->bytes, (uint8_t)(digit_of(high) << 4 | digit_of(low)));
            text = behind(text, prefix + digits);
        } else if (strchr(" \t\r\n,", text.data[0]) != NULL) {
            text = behind(text, 1);
        } else {
            return refuse(r, "an element of a C array that is no byte like 0x6e");
        }
    }
    return error;
}

/* peer1_0 of Wireshark is the second side. */
static bool is_second(undr_slice text, size_t end) {
    static const char name[] = "peer";
    while (end > 0 && text.data[end - 1] != ' ' && text.data[end - 1] != '\n') {
        end--;
    }
    return end + sizeof name <= text.size && memcmp(text.data + end, name, sizeof name - 1) == 0
        && text.data[end + sizeof name - 1] == '1';
}

static bool is_array(undr_slice text) {
    undr_slice brace = find(text, "{");
    size_t head = brace.size == 0 ? 0 : text.size - brace.size;
    undr_slice before = undr_slice_of(text.data, head);
    return head > 0 && head < 400 && find(before, "[").size > 0 && find(before, "=").size > 0
        && (find(before, "char").size > 0 || find(before, "int8").size > 0);
}

static undr_error read_arrays(reading *r, undr_slice text) {
    undr_error error = UNDR_OK;
    while (is_array(text) && error == UNDR_OK) {
        undr_slice brace = find(text, "{"), name = find(text, "["), end = find(brace, "}");
        size_t before = r->made->bytes.size;
        if (end.size == 0) {
            return refuse(r, "an array that does not end");
        }
        bool second = is_second(text, text.size - name.size);
        for (size_t i = 0; i < text.size - brace.size; i++) {
            r->line += text.data[i] == '\n';
        }
        error = read_elements(r, undr_slice_of(brace.data + 1, brace.size - end.size - 1));
        error = error == UNDR_OK ? add_piece(r->made, before, second) : error;
        text = end;
    }
    return error;
}

/* ---- a text ---- */

static bool is_text(undr_slice bytes) {
    for (size_t i = 0; i < bytes.size; i++) {
        uint8_t c = bytes.data[i];
        if ((c < ' ' || c > '~') && c != '\n' && c != '\r' && c != '\t') {
            return false;
        }
    }
    return bytes.size > 0;
}

static bool take_line(undr_slice *text, undr_slice *line) {
    if (text->size == 0) {
        return false;
    }
    const uint8_t *end = memchr(text->data, '\n', text->size);
    size_t size = end == NULL ? text->size : (size_t)(end - text->data);
    *line = undr_slice_of(text->data, size);
    *text = behind(*text, size + (end != NULL));
    while (line->size > 0 && strchr(" \t\r", line->data[line->size - 1]) != NULL) {
        line->size--;
    }
    return true;
}

/* The form of a text is that of its first line. */
static form form_of(undr_slice line) {
    return is_dump(line) ? DUMP : is_plain(line) ? PLAIN : UNKNOWN;
}

static undr_error read_lines(reading *r, undr_slice text) {
    undr_slice line;
    undr_error error = UNDR_OK;
    while (error == UNDR_OK && take_line(&text, &line)) {
        r->line++;
        if (line.size == 0 || line.data[0] == '#') {
            continue;
        }
        r->form = r->form == UNKNOWN ? form_of(line) : r->form;
        if (r->form == UNKNOWN) {
            return UNDR_OK;
        }
        r->first = r->first == 0 ? r->line : r->first;
        error = r->form == DUMP ? read_dump(r, line) : read_plain(r, line);
    }
    return error;
}

undr_error check_hex_read(undr_slice text, check_hex *made, bool *found, undr_buffer *message) {
    reading r = {.made = made, .message = message, .bases = ALL_BASES, .line = 0};
    *found = false;
    if (!is_text(text)) {
        return UNDR_OK;
    }
    bool arrays = is_array(text);
    r.line = arrays;
    undr_error error = arrays ? read_arrays(&r, text) : read_lines(&r, text);
    undr_buffer_free(&r.last);
    *found = error == UNDR_OK && (arrays || r.form != UNKNOWN);
    return error;
}

void check_hex_free(check_hex *hex) {
    undr_buffer_free(&hex->bytes);
    free(hex->pieces);
    *hex = (check_hex){0};
}
