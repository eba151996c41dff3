/* parse_number.c: reads Python's int and float literals, ints of any size that is sane. */
#include "notation/parse_literal.h"

#include <stdlib.h>
#include <string.h>

static bool is_digit(int byte) {
    return byte >= '0' && byte <= '9';
}

bool check_at_number(const check_lexer *lexer) {
    size_t at = check_lex_peek(lexer) == '-' || check_lex_peek(lexer) == '+' ? 1 : 0;
    if (check_lex_peek_after(lexer, at) == '.') {
        at++;
    }
    return is_digit(check_lex_peek_after(lexer, at));
}

/* A literal's parts: where its digits are and in which base. */
typedef struct number {
    size_t from;   /* of the literal, with its sign */
    size_t digits; /* offset of the first digit */
    size_t end;
    unsigned base;
    bool negative, real;
} number;

static bool is_digit_of(int byte, unsigned base) {
    if (base == 16) {
        return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
    }
    return byte >= '0' && byte < (int)('0' + base);
}

/* Digits with single underscores between them, as Python allows. */
static size_t pass_digits(const check_lexer *lexer, size_t at, unsigned base) {
    size_t from = at;
    while (at < lexer->end) {
        uint8_t byte = lexer->text.data[at];
        bool between = byte == '_' && at > from && at + 1 < lexer->end && is_digit_of(lexer->text.data[at + 1], base);
        if (!is_digit_of(byte, base) && !between) {
            break;
        }
        at++;
    }
    return at;
}

static int byte_at(const check_lexer *lexer, size_t at) {
    return at < lexer->end ? lexer->text.data[at] : -1;
}

static unsigned base_at(const check_lexer *lexer, size_t at) {
    if (byte_at(lexer, at) != '0') {
        return 10;
    }
    switch (byte_at(lexer, at + 1)) {
    case 'x':
    case 'X': return 16;
    case 'o':
    case 'O': return 8;
    case 'b':
    case 'B': return 2;
    default: return 10;
    }
}

static size_t pass_exponent(const check_lexer *lexer, size_t at) {
    if (byte_at(lexer, at) != 'e' && byte_at(lexer, at) != 'E') {
        return at;
    }
    size_t digits = at + 1;
    if (byte_at(lexer, digits) == '+' || byte_at(lexer, digits) == '-') {
        digits++;
    }
    size_t end = pass_digits(lexer, digits, 10);
    return end > digits ? end : at;
}

static void scan_number(const check_lexer *lexer, number *found) {
    size_t at = lexer->at;
    *found = (number){.from = at, .negative = byte_at(lexer, at) == '-'};
    if (byte_at(lexer, at) == '-' || byte_at(lexer, at) == '+') {
        at++;
    }
    found->base = base_at(lexer, at);
    found->digits = found->base == 10 ? at : at + 2;
    at = pass_digits(lexer, found->digits, found->base);
    if (found->base == 10) {
        size_t point = at;
        at = byte_at(lexer, at) == '.' ? pass_digits(lexer, at + 1, 10) : at;
        at = pass_exponent(lexer, at);
        found->real = at > point;
    }
    found->end = at;
}

static undr_error read_real(check_lexer *lexer, const number *found, undr_value **value) {
    char *copy = malloc(found->end - found->from + 1);
    if (copy == NULL) {
        return UNDR_MEMORY;
    }
    size_t size = 0;
    for (size_t at = found->from; at < found->end; at++) {
        if (lexer->text.data[at] != '_') {
            copy[size++] = (char)lexer->text.data[at];
        }
    }
    copy[size] = '\0';
    double real = strtod(copy, NULL);
    free(copy);
    return undr_value_float(lexer->arena, real, value);
}

static uint8_t digit_value(uint8_t byte) {
    return (uint8_t)(byte <= '9' ? byte - '0' : (byte | 0x20) - 'a' + 10);
}

/* magnitude = magnitude * base + digit, little-endian; false beyond the bound. */
static bool push_digit(uint8_t *magnitude, size_t *size, unsigned base, uint8_t digit) {
    unsigned carry = digit;
    for (size_t i = 0; i < *size; i++) {
        carry += magnitude[i] * base;
        magnitude[i] = (uint8_t)carry;
        carry >>= 8;
    }
    if (carry > 0) {
        if (*size == CHECK_INT_BYTES) {
            return false;
        }
        magnitude[(*size)++] = (uint8_t)carry;
    }
    return true;
}

/* A magnitude becomes a two's complement, not always the shortest; there is room for one byte more. */
static size_t to_twos_complement(uint8_t *bytes, size_t size, bool negative) {
    if (size == 0) {
        return 0;
    }
    bytes[size++] = 0;
    if (negative) {
        unsigned carry = 1;
        for (size_t i = 0; i < size; i++) {
            carry += (uint8_t)~bytes[i];
            bytes[i] = (uint8_t)carry;
            carry >>= 8;
        }
    }
    return size;
}

static undr_error read_integer(check_lexer *lexer, const number *found, undr_value **value) {
    uint8_t bytes[CHECK_INT_BYTES + 1];
    size_t size = 0;
    for (size_t at = found->digits; at < found->end; at++) {
        uint8_t byte = lexer->text.data[at];
        if (byte != '_' && !push_digit(bytes, &size, found->base, digit_value(byte))) {
            return check_lex_fail(
                lexer, found->from, "this int is longer than %d bytes: write a shorter one", CHECK_INT_BYTES);
        }
    }
    size = to_twos_complement(bytes, size, found->negative);
    return undr_value_big(lexer->arena, undr_slice_of(bytes, size), value);
}

static bool has_leading_zero(const check_lexer *lexer, const number *found) {
    bool zero = true;
    for (size_t at = found->digits; at < found->end; at++) {
        zero = zero && (lexer->text.data[at] == '0' || lexer->text.data[at] == '_');
    }
    return found->base == 10 && !found->real && !zero && lexer->text.data[found->digits] == '0';
}

undr_error check_read_number(check_lexer *lexer, undr_value **value) {
    number found;
    scan_number(lexer, &found);
    lexer->at = found.end;
    bool torn = check_lex_identifier(lexer).size > 0 || is_digit(check_lex_peek(lexer)) || check_lex_peek(lexer) == '.';
    if (found.end <= found.digits || torn || has_leading_zero(lexer, &found)) {
        return check_lex_expected(lexer, found.from, "a number as Python writes it (1, -2, 0x80, 1_000, 1.5, 1e9)");
    }
    return found.real ? read_real(lexer, &found, value) : read_integer(lexer, &found, value);
}
