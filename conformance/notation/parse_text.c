/* parse_text.c: reads Python's str and bytes literals, all escapes but \N{...}. */
#include "notation/parse_literal.h"

typedef struct text {
    check_lexer *lexer;
    bool bytes, raw;
    uint8_t *out; /* room for as many bytes as are between the quotes: no escape is shorter than what it means */
    size_t size;
} text;

/* The length of the prefix before the quote; *is_text false when no quote follows. */
static size_t prefix_of(const check_lexer *lexer, text *literal, bool *is_text) {
    size_t size = 0;
    bool unicode = false;
    for (; size < 2; size++) {
        int letter = check_lex_peek_after(lexer, size);
        letter = letter >= 'A' && letter <= 'Z' ? letter + 32 : letter;
        if (letter == 'b' && !literal->bytes && !unicode) {
            literal->bytes = true;
        } else if (letter == 'r' && !literal->raw && !unicode) {
            literal->raw = true;
        } else if (letter == 'u' && size == 0) {
            unicode = true;
        } else {
            break;
        }
    }
    int quote = check_lex_peek_after(lexer, size);
    *is_text = quote == '\'' || quote == '"';
    return size;
}

bool check_at_text(const check_lexer *lexer) {
    text literal = {0};
    bool is_text;
    (void)prefix_of(lexer, &literal, &is_text);
    return is_text;
}

/* The offset of the quote that ends the literal whose first byte after the opening quote is at lexer->at. */
static bool find_end(const check_lexer *lexer, uint8_t quote, size_t *end) {
    for (size_t at = lexer->at; at < lexer->end; at++) {
        if (lexer->text.data[at] == '\\') {
            at++;
        } else if (lexer->text.data[at] == quote) {
            *end = at;
            return true;
        }
    }
    return false;
}

static void put_byte(text *literal, uint8_t byte) {
    literal->out[literal->size++] = byte;
}

static void put_character(text *literal, uint32_t code) {
    if (literal->bytes || code < 0x80) {
        put_byte(literal, (uint8_t)code);
    } else if (code < 0x800) {
        put_byte(literal, (uint8_t)(0xc0 | code >> 6));
        put_byte(literal, (uint8_t)(0x80 | (code & 0x3f)));
    } else if (code < 0x10000) {
        put_byte(literal, (uint8_t)(0xe0 | code >> 12));
        put_byte(literal, (uint8_t)(0x80 | (code >> 6 & 0x3f)));
        put_byte(literal, (uint8_t)(0x80 | (code & 0x3f)));
    } else {
        put_byte(literal, (uint8_t)(0xf0 | code >> 18));
        put_byte(literal, (uint8_t)(0x80 | (code >> 12 & 0x3f)));
        put_byte(literal, (uint8_t)(0x80 | (code >> 6 & 0x3f)));
        put_byte(literal, (uint8_t)(0x80 | (code & 0x3f)));
    }
}

static bool hex_digit(int byte, uint32_t *digit) {
    if (byte >= '0' && byte <= '9') {
        *digit = (uint32_t)(byte - '0');
        return true;
    }
    int lower = byte | 0x20;
    *digit = (uint32_t)(lower - 'a') + 10;
    return lower >= 'a' && lower <= 'f';
}

/* \xHH, \uHHHH, \UHHHHHHHH; the letter is taken already. */
static undr_error read_hex(text *literal, size_t from, size_t count) {
    check_lexer *lexer = literal->lexer;
    uint32_t code = 0, digit;
    for (size_t i = 0; i < count; i++) {
        if (!hex_digit(check_lex_peek(lexer), &digit)) {
            return check_lex_fail(
                lexer, from, "expected %zu hexadecimal digits after this escape, found %zu", count, i);
        }
        code = code << 4 | digit;
        lexer->at++;
    }
    if (code > 0x10ffff) {
        return check_lex_fail(lexer, from, "expected a character up to \\U0010ffff");
    }
    put_character(literal, code);
    return UNDR_OK;
}

static undr_error read_octal(text *literal, size_t from) {
    check_lexer *lexer = literal->lexer;
    uint32_t code = 0;
    for (int i = 0; i < 3 && check_lex_peek(lexer) >= '0' && check_lex_peek(lexer) <= '7'; i++) {
        code = code << 3 | (uint32_t)(check_lex_peek(lexer) - '0');
        lexer->at++;
    }
    if (code > 0377) {
        return check_lex_fail(lexer, from, "expected an octal escape up to \\377; write \\x or \\u");
    }
    put_character(literal, code);
    return UNDR_OK;
}

/* The character of a one-letter escape, -1: none. */
static int simple_escape(int letter) {
    switch (letter) {
    case '\\':
    case '\'':
    case '"': return letter;
    case 'a': return '\a';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    default: return -1;
    }
}

static undr_error read_escape(text *literal) {
    check_lexer *lexer = literal->lexer;
    size_t from = lexer->at++;
    int letter = check_lex_peek(lexer);
    if (simple_escape(letter) >= 0) {
        lexer->at++;
        put_byte(literal, (uint8_t)simple_escape(letter));
        return UNDR_OK;
    }
    if (letter >= '0' && letter <= '7') {
        return read_octal(literal, from);
    }
    lexer->at++;
    if (letter == 'x') {
        return read_hex(literal, from, 2);
    }
    if (!literal->bytes && (letter == 'u' || letter == 'U')) {
        return read_hex(literal, from, letter == 'u' ? 4 : 8);
    }
    return check_lex_expected(lexer, from,
        literal->bytes ? "an escape (\\\\ \\' \\\" \\a \\b \\f \\n \\r \\t \\v \\0 \\x80)"
                       : "an escape (\\\\ \\' \\\" \\a \\b \\f \\n \\r \\t \\v \\0 \\x80 \\u20ac \\U0001f600)");
}

static undr_error read_characters(text *literal, size_t end) {
    check_lexer *lexer = literal->lexer;
    while (lexer->at < end) {
        uint8_t byte = lexer->text.data[lexer->at];
        if (literal->bytes && byte >= 0x80) {
            return check_lex_fail(lexer, lexer->at, "expected ASCII characters in bytes: write this one with \\x");
        }
        if (byte != '\\') {
            put_byte(literal, byte);
            lexer->at++;
        } else if (literal->raw) {
            put_byte(literal, byte);
            lexer->at++;
            if (lexer->text.data[lexer->at] < 0x80) { /* before the closing quote: find_end saw to it */
                put_byte(literal, lexer->text.data[lexer->at++]);
            }
        } else {
            undr_error error = read_escape(literal);
            if (error != UNDR_OK) {
                return error;
            }
        }
    }
    return UNDR_OK;
}

undr_error check_read_text(check_lexer *lexer, undr_value **value) {
    text literal = {.lexer = lexer};
    bool is_text;
    size_t from = lexer->at, end = 0;
    lexer->at += prefix_of(lexer, &literal, &is_text);
    uint8_t quote = lexer->text.data[lexer->at++];
    if (!find_end(lexer, quote, &end)) {
        return check_lex_fail(lexer, from, "expected a closing %c on the same line, found the end of the line", quote);
    }
    void *memory;
    undr_error error = undr_arena_take(lexer->arena, end - lexer->at + 1, &memory);
    if (error != UNDR_OK) {
        return error;
    }
    literal.out = memory;
    error = read_characters(&literal, end);
    if (error != UNDR_OK) {
        return error;
    }
    lexer->at = end + 1;
    undr_kind kind = literal.bytes ? UNDR_BYTES : UNDR_STR;
    return undr_value_bytes(lexer->arena, kind, undr_slice_of(literal.out, literal.size), value);
}
