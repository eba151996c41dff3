/* number_parse.c: ints and floats out of text, as CPython's unpickler reads them. */
#include "pickle/number.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(uint8_t byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static undr_slice without_blanks(undr_slice text) {
    while (text.size > 0 && is_blank(text.data[0])) {
        text = undr_slice_of(text.data + 1, text.size - 1);
    }
    while (text.size > 0 && is_blank(text.data[text.size - 1])) {
        --text.size;
    }
    return text;
}

static undr_slice behind(undr_slice text, size_t count) {
    return undr_slice_of(text.data + count, text.size - count);
}

/* The value of a digit; 36 for what is none. */
static unsigned digit_value(uint8_t byte) {
    if (byte >= '0' && byte <= '9') {
        return (unsigned)byte - '0';
    }
    const unsigned letter = (unsigned)(byte | 0x20) - 'a';
    return letter < 26 ? letter + 10 : 36;
}

/* The base that a prefix names (10 without one); *digits moves past it. `old_octal`: 010 is 8. */
static unsigned take_base(undr_slice *digits, bool old_octal) {
    if (digits->size < 2 || digits->data[0] != '0') {
        return 10;
    }
    switch (digits->data[1] | 0x20) {
    case 'x': *digits = behind(*digits, 2); return 16;
    case 'o': *digits = behind(*digits, 2); return 8;
    case 'b': *digits = behind(*digits, 2); return 2;
    default: return old_octal ? 8 : 10;
    }
}

/* Only digits of the base, and underscores between digits. */
static bool are_digits(undr_slice text, unsigned base, bool underscore_first) {
    bool underscore = !underscore_first; /* what came before is not a digit */
    for (size_t index = 0; index < text.size; ++index) {
        if (text.data[index] == '_') {
            if (underscore) {
                return false;
            }
            underscore = true;
            continue;
        }
        if (digit_value(text.data[index]) >= base) {
            return false;
        }
        underscore = false;
    }
    return text.size > 0 && !underscore;
}

/* A literal 0123 is an error to Python; 000 is not. */
static bool is_zero_padded(undr_slice digits) {
    if (digits.size < 2 || digits.data[0] != '0') {
        return false;
    }
    for (size_t index = 0; index < digits.size; ++index) {
        if (digits.data[index] != '0' && digits.data[index] != '_') {
            return true;
        }
    }
    return false;
}

/* A magnitude while it is read. 4,300 digits of base 16 at most need 2,150 bytes. */
enum { MOST_LIMBS = UNDR_MAXIMUM_DIGITS / 8 + 1 };
typedef struct accumulator {
    uint32_t limbs[MOST_LIMBS];
    size_t count;
} accumulator;

/* number * factor + more */
static void accumulate(accumulator *number, uint32_t factor, uint32_t more) {
    uint64_t carry = more;
    for (size_t index = 0; index < number->count; ++index) {
        carry += (uint64_t)number->limbs[index] * factor;
        number->limbs[index] = (uint32_t)carry;
        carry >>= 32;
    }
    /* unreachable: the digits were counted, and they fit */
    if (carry != 0 && number->count < MOST_LIMBS) {
        number->limbs[number->count++] = (uint32_t)carry;
    }
}

/* Takes as many digits at once as fit into a limb. */
static void accumulate_digits(accumulator *number, undr_slice digits, unsigned base) {
    uint32_t factor = 1;
    uint32_t group = 0;
    for (size_t index = 0; index < digits.size; ++index) {
        if (digits.data[index] == '_') {
            continue;
        }
        if (factor > UINT32_MAX / 36) {
            accumulate(number, factor, group);
            factor = 1;
            group = 0;
        }
        factor *= base;
        group = group * base + digit_value(digits.data[index]);
    }
    accumulate(number, factor, group);
}

static undr_error put_twos_complement(undr_buffer *buffer, const accumulator *number, bool negative) {
    uint64_t carry = negative ? 1 : 0;
    undr_error error = UNDR_OK;
    for (size_t index = 0; error == UNDR_OK && index < number->count; ++index) {
        carry += negative ? ~number->limbs[index] : number->limbs[index];
        error = undr_put_u32le(buffer, (uint32_t)carry);
        carry >>= 32;
    }
    const bool still_negative = negative && carry == 0; /* with a carry it was -0 */
    return error != UNDR_OK ? error : undr_put_u8(buffer, still_negative ? 0xff : 0);
}

static size_t count_digits(undr_slice text) {
    size_t count = 0;
    for (size_t index = 0; index < text.size; ++index) {
        count += text.data[index] != '_';
    }
    return count;
}

/* strtol takes no underscores, and blanks only in front: what it leaves makes CPython read the text as a literal. */
static bool is_for_strtol(undr_slice text, undr_slice digits) {
    return count_digits(digits) == digits.size && digits.data + digits.size == text.data + text.size;
}

/* What strtol can return: 64 bits, two's complement. */
static bool fits_long(const accumulator *number, bool negative) {
    if (number->count < 2) {
        return true;
    }
    const uint64_t magnitude = (uint64_t)number->limbs[1] << 32 | number->limbs[0];
    return number->count == 2 && magnitude <= (uint64_t)INT64_MAX + (negative ? 1 : 0);
}

bool undr_parse_short_int(undr_slice text, int64_t *integer) {
    enum { MOST_DIGITS = 18 };
    const bool negative = text.size > 1 && text.data[0] == '-';
    const undr_slice digits = behind(text, negative ? 1 : 0);
    if (digits.size == 0 || digits.size > MOST_DIGITS || (digits.data[0] == '0' && text.size > 1)) {
        return false;
    }
    int64_t number = 0;
    for (size_t index = 0; index < digits.size; ++index) {
        if (digits.data[index] < '0' || digits.data[index] > '9') {
            return false;
        }
        number = number * 10 + (digits.data[index] - '0');
    }
    *integer = negative ? -number : number;
    return true;
}

undr_error undr_parse_int(undr_slice text, undr_int_syntax syntax, undr_buffer *twos_complement) {
    undr_slice digits = without_blanks(text);
    const bool negative = digits.size > 0 && digits.data[0] == '-';
    if (digits.size > 0 && (negative || digits.data[0] == '+')) {
        digits = behind(digits, 1);
    }
    const undr_slice whole = digits;
    const bool old_octal = syntax == UNDR_INT_C && is_for_strtol(text, digits);
    const unsigned base = syntax == UNDR_INT_DECIMAL ? 10 : take_base(&digits, old_octal);
    const bool prefixed = digits.size != whole.size;
    if (syntax != UNDR_INT_DECIMAL && base == 10 && is_zero_padded(digits)) {
        return UNDR_PICKLE_NUMBER;
    }
    if (!are_digits(digits, base, prefixed) || count_digits(digits) > UNDR_MAXIMUM_DIGITS) {
        return UNDR_PICKLE_NUMBER;
    }
    accumulator number;
    number.count = 0; /* the limbs are set as they are counted */
    accumulate_digits(&number, digits, base);
    if (base == 8 && !prefixed && !fits_long(&number, negative)) { /* then it is a literal, with zeros in front */
        return UNDR_PICKLE_NUMBER;
    }
    return put_twos_complement(twos_complement, &number, negative);
}

/* Takes the digits at the start of text. */
static size_t skip_digits(undr_slice *text) {
    size_t count = 0;
    while (count < text->size && text->data[count] >= '0' && text->data[count] <= '9') {
        ++count;
    }
    *text = behind(*text, count);
    return count;
}

/* Digits with an optional point, then an optional exponent. */
static bool is_decimal(undr_slice text) {
    size_t count = skip_digits(&text);
    if (text.size > 0 && text.data[0] == '.') {
        text = behind(text, 1);
        count += skip_digits(&text);
    }
    if (count == 0 || text.size == 0) {
        return count > 0;
    }
    if ((text.data[0] | 0x20) != 'e') {
        return false;
    }
    text = behind(text, 1);
    if (text.size > 0 && (text.data[0] == '+' || text.data[0] == '-')) {
        text = behind(text, 1);
    }
    return skip_digits(&text) > 0 && text.size == 0;
}

static bool is_word(undr_slice text, const char *word) {
    size_t index = 0;
    for (; index < text.size; ++index) {
        if ((text.data[index] | 0x20) != word[index]) { /* nor can a longer text equal the word's end: that is 0 */
            return false;
        }
    }
    return word[index] == '\0';
}

/* strtod with '.' for the decimal point whatever the locale. */
static undr_error convert(undr_slice text, double *real) {
    const char *point = localeconv()->decimal_point;
    undr_buffer copy = {0};
    const uint8_t *dot = memchr(text.data, '.', text.size);
    const size_t whole = dot == NULL ? text.size : (size_t)(dot - text.data);
    undr_error error = undr_put_bytes(&copy, text.data, whole);
    if (error == UNDR_OK && dot != NULL) {
        error = undr_put_text(&copy, point);
    }
    if (error == UNDR_OK && dot != NULL) {
        error = undr_put_slice(&copy, behind(text, whole + 1));
    }
    if (error == UNDR_OK) {
        error = undr_put_u8(&copy, '\0');
    }
    if (error == UNDR_OK) {
        *real = strtod((const char *)copy.data, NULL);
        error = isinf(*real) ? UNDR_PICKLE_NUMBER : UNDR_OK; /* too large: CPython's OverflowError */
    }
    undr_buffer_free(&copy);
    return error;
}

undr_error undr_parse_float(undr_slice text, double *real) {
    const bool negative = text.size > 0 && text.data[0] == '-';
    if (text.size > 0 && (negative || text.data[0] == '+')) {
        text = behind(text, 1);
    }
    undr_error error = UNDR_OK;
    if (is_word(text, "inf") || is_word(text, "infinity")) {
        *real = HUGE_VAL;
    } else if (is_word(text, "nan")) {
        *real = NAN;
    } else {
        error = is_decimal(text) ? convert(text, real) : UNDR_PICKLE_NUMBER;
    }
    if (error == UNDR_OK && negative) {
        *real = -*real;
    }
    return error;
}
