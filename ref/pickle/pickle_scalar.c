/* pickle_scalar.c: the opcodes that carry one number, str or bytes object. */
#include "pickle/number.h"
#include "pickle/pickle_opcode.h"
#include "pickle/pickle_reader.h"
#include "pickle/value_small.h"

#include <string.h>

/* Pushes what a constructor made. */
static undr_error push_made(undr_reader *reader, undr_error made, undr_value *value) {
    return made != UNDR_OK ? made : undr_reader_push_new(reader, value);
}

/* A little-endian length of 1, 4 or 8 bytes, then that many bytes. */
static inline undr_error read_counted(undr_reader *reader, size_t length_size, undr_slice *bytes) {
    undr_cursor cursor = reader->cursor; /* moved once */
    uint8_t narrow = 0;
    uint32_t wide = 0;
    uint64_t length = 0;
    bool whole = false;
    if (length_size == sizeof narrow) {
        whole = undr_read_u8(&cursor, &narrow);
        length = narrow;
    } else if (length_size == sizeof wide) {
        whole = undr_read_u32le(&cursor, &wide);
        length = wide;
    } else {
        whole = undr_read_u64le(&cursor, &length);
    }
    if (!whole || length > cursor.bytes.size - cursor.offset) {
        return UNDR_PICKLE_TRUNCATED;
    }
    *bytes = undr_slice_of(cursor.bytes.data + cursor.offset, (size_t)length);
    reader->cursor.offset = cursor.offset + (size_t)length;
    return UNDR_OK;
}

/* Bytes of the input itself. */
static undr_error push_input(undr_reader *reader, undr_kind kind, undr_slice bytes) {
    undr_value *value = NULL;
    const undr_error error = reader->in_place ? undr_value_borrow(reader->arena, kind, bytes, &value)
                                              : undr_value_bytes(reader->arena, kind, bytes, &value);
    return push_made(reader, error, value);
}

static undr_error push_bytes(undr_reader *reader, undr_kind kind, undr_slice bytes) {
    undr_value *value = NULL;
    const undr_error error = undr_value_bytes(reader->arena, kind, bytes, &value);
    return push_made(reader, error, value);
}

/* INT also writes booleans: a 0 or 1 in two characters. CPython writes 00 and 01, but takes +1 as well; not a 1
 * followed by a blank, which is an int. (10 and -1 end so, too, but came by the short way.) */
static undr_error push_int_text(undr_reader *reader, undr_slice line, bool booleans, undr_slice number) {
    undr_value *value = NULL;
    const bool truth = booleans && line.size == 2 && (line.data[1] == '0' || line.data[1] == '1');
    const undr_error error = truth ? undr_value_bool(reader->arena, line.data[1] == '1', &value)
                                   : undr_value_big(reader->arena, number, &value);
    return push_made(reader, error, value);
}

undr_error undr_op_int_text(undr_reader *reader, unsigned opcode) {
    undr_slice line = {0};
    undr_error error = undr_reader_line(reader, &line);
    if (error != UNDR_OK) {
        return error;
    }
    if (opcode == OP_LONG && line.size > 0 && line.data[line.size - 1] == 'L') {
        --line.size;
    }
    int64_t integer = 0;
    if (undr_parse_short_int(line, &integer)) {
        undr_value *value = NULL;
        error = undr_value_int(reader->arena, integer, &value);
        return push_made(reader, error, value);
    }
    error = undr_reader_spend_digits(reader, line.size);
    if (error != UNDR_OK) {
        return error;
    }
    undr_buffer number = {0};
    error = undr_parse_int(line, opcode == OP_INT ? UNDR_INT_C : UNDR_INT_LITERAL, &number);
    if (error == UNDR_OK) {
        error = push_int_text(reader, line, opcode == OP_INT, undr_buffer_slice(&number));
    }
    undr_buffer_free(&number);
    return error;
}

/* Of 4 bytes the number is signed, of 1 or 2 it is not. */
undr_error undr_op_int(undr_reader *reader, unsigned size) {
    undr_slice bytes = {0};
    undr_error error = undr_reader_read(reader, size, &bytes);
    if (error != UNDR_OK) {
        return error;
    }
    int64_t integer = bytes.data[0];
    if (size > 1) {
        integer |= bytes.data[1] << 8;
    }
    if (size > 2) {
        integer = (int32_t)((uint32_t)integer | (uint32_t)bytes.data[2] << 16 | (uint32_t)bytes.data[3] << 24);
    }
    undr_value *value = NULL;
    const size_t shortest = undr_int_size(integer);
    if (reader->in_place && shortest <= size) { /* the bytes are already laid out as a value has them */
        error = undr_value_borrow(reader->arena, UNDR_INT, undr_slice_of(bytes.data, shortest), &value);
    } else {
        error = undr_value_int(reader->arena, integer, &value);
    }
    return push_made(reader, error, value);
}

undr_error undr_op_long(undr_reader *reader, unsigned length_size) {
    undr_slice bytes = {0};
    undr_error error = read_counted(reader, length_size, &bytes);
    undr_value *value = NULL;
    if (error == UNDR_OK) {
        error = undr_value_big(reader->arena, bytes, &value);
    }
    return push_made(reader, error, value);
}

/* strtod is exact, at a price: a microsecond for 5e-324, 20 for 800 digits. */
enum { FLOAT_STEPS = 64, FLOAT_STEPS_PER_BYTE = 8 };

undr_error undr_op_float_text(undr_reader *reader, unsigned argument) {
    (void)argument;
    undr_slice line = {0};
    double real = 0;
    undr_error error = undr_reader_line(reader, &line);
    if (error == UNDR_OK) {
        error = undr_reader_spend(reader, FLOAT_STEPS + FLOAT_STEPS_PER_BYTE * line.size);
    }
    if (error == UNDR_OK) {
        error = undr_parse_float(line, &real);
    }
    undr_value *value = NULL;
    if (error == UNDR_OK) {
        error = undr_value_float(reader->arena, real, &value);
    }
    return push_made(reader, error, value);
}

undr_error undr_op_float(undr_reader *reader, unsigned argument) {
    (void)argument;
    double real = 0;
    if (!undr_read_f64be(&reader->cursor, &real)) {
        return UNDR_PICKLE_TRUNCATED;
    }
    undr_value *value = NULL;
    const undr_error error = undr_value_small(reader->arena, UNDR_FLOAT, 0, &value);
    if (error != UNDR_OK) {
        return error;
    }
    value->real = real;
    return undr_reader_push_new(reader, value);
}

/* How many bytes the UTF-8 character at the start of text has; 0: it is malformed. */
static size_t character_size(undr_slice text, bool surrogates) {
    const uint8_t first = text.data[0];
    const size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const bool no_first = (first >= 0x80 && first < 0xc2) || first > 0xf4;
    if (no_first || size > text.size) {
        return 0;
    }
    for (size_t index = 1; index < size; ++index) {
        if ((text.data[index] & 0xc0) != 0x80) {
            return 0;
        }
    }
    const uint8_t second = size > 1 ? text.data[1] : 0;
    const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    const bool beyond = first == 0xf4 && second > 0x8f;
    const bool surrogate = first == 0xed && second > 0x9f;
    return overlong || beyond || (surrogate && !surrogates) ? 0 : size;
}

static const uint64_t high_bits = UINT64_C(0x8080808080808080);

/* How many bytes at the start of text are ASCII. */
static size_t ascii_size(undr_slice text) {
    size_t size = 0;
    for (uint64_t next[4]; text.size - size >= sizeof next; size += sizeof next) {
        memcpy(next, text.data + size, sizeof next);
        if (((next[0] | next[1] | next[2] | next[3]) & high_bits) != 0) {
            break;
        }
    }
    for (uint64_t next; text.size - size >= sizeof next; size += sizeof next) {
        memcpy(&next, text.data + size, sizeof next);
        if ((next & high_bits) != 0) {
            break;
        }
    }
    for (uint32_t next; text.size - size >= sizeof next; size += sizeof next) {
        memcpy(&next, text.data + size, sizeof next);
        if ((next & (uint32_t)high_bits) != 0) {
            break;
        }
    }
    while (size < text.size && text.data[size] < 0x80) {
        ++size;
    }
    return size;
}

/* Do 8 bytes hold four characters of two bytes? */
static bool four_of_two_bytes(const uint8_t *bytes) {
    static const uint8_t bits[8] = {0xe0, 0xc0, 0xe0, 0xc0, 0xe0, 0xc0, 0xe0, 0xc0};
    static const uint8_t form[8] = {0xc0, 0x80, 0xc0, 0x80, 0xc0, 0x80, 0xc0, 0x80};
    static const uint8_t above_c1[8] = {0x1e, 0, 0x1e, 0, 0x1e, 0, 0x1e, 0};          /* one of them: not overlong */
    static const uint8_t carry[8] = {0x7f, 0x80, 0x7f, 0x80, 0x7f, 0x80, 0x7f, 0x80}; /* into the highest bit */
    uint64_t eight, mask, expected, some, add;
    memcpy(&eight, bytes, sizeof eight);
    memcpy(&mask, bits, sizeof mask);
    memcpy(&expected, form, sizeof expected);
    memcpy(&some, above_c1, sizeof some);
    memcpy(&add, carry, sizeof add);
    return (eight & mask) == expected && (((eight & some) + add) & high_bits) == high_bits;
}

/* How many bytes at the start of text are characters of two bytes. */
static size_t two_byte_size(undr_slice text) {
    size_t size = 0;
    while (text.size - size >= 8 && four_of_two_bytes(text.data + size)) {
        size += 8;
    }
    while (text.size - size >= 2 && text.data[size] >= 0xc2 && text.data[size] < 0xe0
        && (text.data[size + 1] & 0xc0) == 0x80) {
        size += 2;
    }
    return size;
}

undr_error undr_check_utf8(undr_slice text, bool surrogates) {
    for (;;) {
        const size_t ascii = ascii_size(text);
        text = undr_slice_of(text.data + ascii, text.size - ascii);
        const size_t pairs = two_byte_size(text);
        text = undr_slice_of(text.data + pairs, text.size - pairs);
        if (text.size == 0) {
            return UNDR_OK;
        }
        const size_t size = character_size(text, surrogates);
        if (size == 0) {
            return UNDR_PICKLE_TEXT;
        }
        text = undr_slice_of(text.data + size, text.size - size);
    }
}

undr_error undr_reader_latin1(undr_reader *reader, undr_slice text, undr_slice *bytes) {
    void *memory = NULL;
    undr_error error = undr_reader_spend_bytes(reader, 8 * text.size); /* each is looked at by itself */
    if (error == UNDR_OK) {
        error = undr_arena_take(reader->arena, text.size, &memory);
    }
    if (error != UNDR_OK) {
        return error;
    }
    uint8_t *to = memory;
    size_t size = 0;
    for (size_t index = 0; index < text.size; ++index) {
        const uint8_t byte = text.data[index];
        if (byte >= 0xc4) { /* a character above U+00FF */
            return UNDR_PICKLE_TEXT;
        }
        if (byte >= 0xc2) {
            ++index; /* the text is known to be UTF-8, so another byte follows */
            to[size++] = (uint8_t)((byte & 0x03) << 6 | (text.data[index] & 0x3f));
        } else {
            to[size++] = byte;
        }
    }
    *bytes = undr_slice_of(memory, size);
    return UNDR_OK;
}

/* Appends a character in UTF-8; surrogates like any other. */
static undr_error put_character(undr_buffer *buffer, uint32_t character) {
    uint8_t bytes[4];
    size_t size = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    static const uint8_t leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t index = size; index > 1; --index) {
        bytes[index - 1] = (uint8_t)(0x80 | (character & 0x3f));
        character >>= 6;
    }
    bytes[0] = (uint8_t)(leads[size] | character);
    return undr_put_bytes(buffer, bytes, size);
}

/* The value of up to `most` hexadecimal digits at the start of text; how many there were. */
static size_t read_hexadecimal(undr_slice text, size_t most, uint32_t *number) {
    size_t count = 0;
    for (*number = 0; count < most && count < text.size; ++count) {
        const uint8_t byte = text.data[count];
        const uint8_t lower = byte | 0x20;
        if (byte >= '0' && byte <= '9') {
            *number = *number << 4 | (uint32_t)(byte - '0');
        } else if (lower >= 'a' && lower <= 'f') {
            *number = *number << 4 | (uint32_t)(lower - 'a' + 10);
        } else {
            break;
        }
    }
    return count;
}

/* Python's raw-unicode-escape: Latin-1, and \uXXXX, \UXXXXXXXX. A backslash before anything else is itself
 * together with that. */
static undr_error put_raw_unicode(undr_buffer *buffer, undr_slice line) {
    undr_error error = UNDR_OK;
    for (size_t index = 0; error == UNDR_OK && index < line.size; ++index) {
        const uint8_t byte = line.data[index];
        error = byte != '\\' ? put_character(buffer, byte) : UNDR_OK;
        if (byte != '\\') {
            continue;
        }
        const uint8_t letter = index + 1 < line.size ? line.data[index + 1] : 0;
        const size_t digits = letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
        uint32_t character = 0;
        if (digits == 0) {
            error = undr_put_u8(buffer, byte);
            if (error == UNDR_OK && index + 1 < line.size) {
                error = put_character(buffer, line.data[++index]);
            }
            continue;
        }
        const undr_slice rest = undr_slice_of(line.data + index + 2, line.size - index - 2);
        if (read_hexadecimal(rest, digits, &character) < digits || character > 0x10ffff) {
            return UNDR_PICKLE_TEXT;
        }
        error = put_character(buffer, character);
        index += 1 + digits;
    }
    return error;
}

undr_error undr_op_unicode_text(undr_reader *reader, unsigned argument) {
    (void)argument;
    undr_slice line = {0};
    undr_error error = undr_reader_line(reader, &line);
    if (error != UNDR_OK) {
        return error;
    }
    if (ascii_size(line) == line.size && memchr(line.data, '\\', line.size) == NULL) {
        return push_input(reader, UNDR_STR, line);
    }
    undr_buffer text = {0};
    error = put_raw_unicode(&text, line);
    if (error == UNDR_OK) {
        error = push_bytes(reader, UNDR_STR, undr_buffer_slice(&text));
    }
    undr_buffer_free(&text);
    return error;
}

undr_error undr_op_unicode(undr_reader *reader, unsigned length_size) {
    undr_slice text = {0};
    undr_error error = read_counted(reader, length_size, &text);
    if (error == UNDR_OK) {
        error = undr_check_utf8(text, true);
    }
    return error != UNDR_OK ? error : push_input(reader, UNDR_STR, text);
}

/* The old str of Python 2: CPython takes ASCII only, unless it is told otherwise. */
static undr_error push_ascii(undr_reader *reader, undr_slice text) {
    for (size_t index = 0; index < text.size; ++index) {
        if (text.data[index] >= 0x80) {
            return UNDR_PICKLE_TEXT;
        }
    }
    return push_bytes(reader, UNDR_STR, text);
}

undr_error undr_op_string(undr_reader *reader, unsigned length_size) {
    uint32_t size = 0;
    undr_cursor ahead = reader->cursor;
    if (length_size == 4 && undr_read_u32le(&ahead, &size) && size > INT32_MAX) {
        return UNDR_PICKLE_NUMBER; /* BINSTRING's length is signed */
    }
    undr_slice text = {0};
    const undr_error error = read_counted(reader, length_size, &text);
    return error != UNDR_OK ? error : push_ascii(reader, text);
}

/* Up to three octal digits at the start of text. */
static size_t read_octal(undr_slice text, uint32_t *number) {
    size_t count = 0;
    for (*number = 0; count < 3 && count < text.size && text.data[count] >= '0' && text.data[count] <= '7'; ++count) {
        *number = *number << 3 | (uint32_t)(text.data[count] - '0');
    }
    return count;
}

/* The one escape behind a backslash at the start of text; *size: its bytes. */
static undr_error put_escape(undr_buffer *buffer, undr_slice text, size_t *size) {
    static const char letters[] = "\\'\"bftnrva";
    static const char meanings[] = "\\'\"\b\f\t\n\r\v\a";
    if (text.size == 0) {
        return UNDR_PICKLE_TEXT;
    }
    const char *letter = text.data[0] == 0 ? NULL : strchr(letters, text.data[0]);
    uint32_t number = 0;
    if (letter != NULL) {
        *size = 1;
        return undr_put_u8(buffer, (uint8_t)meanings[letter - letters]);
    }
    if (text.data[0] == 'x') {
        *size = 3;
        const size_t digits = read_hexadecimal(undr_slice_of(text.data + 1, text.size - 1), 2, &number);
        return digits < 2 ? UNDR_PICKLE_TEXT : undr_put_u8(buffer, (uint8_t)number);
    }
    *size = read_octal(text, &number);
    if (*size > 0) {
        return undr_put_u8(buffer, (uint8_t)number);
    }
    return undr_put_u8(buffer, '\\'); /* not an escape: the backslash stays */
}

/* A Python 2 str literal between its quotes. */
static undr_error put_unescaped(undr_buffer *buffer, undr_slice text) {
    undr_error error = UNDR_OK;
    for (size_t index = 0; error == UNDR_OK && index < text.size;) {
        const uint8_t byte = text.data[index++];
        if (byte != '\\') {
            error = undr_put_u8(buffer, byte);
            continue;
        }
        size_t size = 0;
        error = put_escape(buffer, undr_slice_of(text.data + index, text.size - index), &size);
        index += size;
    }
    return error;
}

undr_error undr_op_string_text(undr_reader *reader, unsigned argument) {
    (void)argument;
    undr_slice line = {0};
    undr_error error = undr_reader_line(reader, &line);
    if (error != UNDR_OK) {
        return error;
    }
    const uint8_t quote = line.size < 2 ? 0 : line.data[0];
    if ((quote != '\'' && quote != '"') || line.data[line.size - 1] != quote) {
        return UNDR_PICKLE_TEXT;
    }
    undr_buffer text = {0};
    error = put_unescaped(&text, undr_slice_of(line.data + 1, line.size - 2));
    if (error == UNDR_OK) {
        error = push_ascii(reader, undr_buffer_slice(&text));
    }
    undr_buffer_free(&text);
    return error;
}

undr_error undr_op_bytes(undr_reader *reader, unsigned length_size) {
    undr_slice bytes = {0};
    const undr_error error = read_counted(reader, length_size, &bytes);
    return error != UNDR_OK ? error : push_input(reader, UNDR_BYTES, bytes);
}

undr_error undr_op_bytearray(undr_reader *reader, unsigned length_size) {
    undr_slice bytes = {0};
    const undr_error error = read_counted(reader, length_size, &bytes);
    return error != UNDR_OK ? error : push_input(reader, UNDR_BYTEARRAY, bytes);
}
