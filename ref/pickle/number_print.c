/* number_print.c: ints and floats as Python's repr() writes them. */
#include "pickle/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The largest int that is printed in decimal has this many bytes: 256^1785 < 10^4300. */
enum { DECIMAL_BYTES = 1785, LIMBS = (DECIMAL_BYTES + 3) / 4, LIMB_DIGITS = 9 };
static const uint32_t limb_base = 1000000000;

/* An int's sign and magnitude, byte by byte. */
typedef struct magnitude {
    undr_slice bytes;
    bool negative;
    size_t lowest; /* byte that is not 0: below it the negation is 0, above it the complement */
} magnitude;

static magnitude magnitude_of(undr_slice bytes) {
    magnitude result = {.bytes = bytes};
    result.negative = bytes.size > 0 && (bytes.data[bytes.size - 1] & 0x80) != 0;
    while (result.lowest < bytes.size && bytes.data[result.lowest] == 0) {
        ++result.lowest;
    }
    return result;
}

static uint8_t magnitude_byte(const magnitude *number, size_t index) {
    const uint8_t byte = number->bytes.data[index];
    if (!number->negative || index < number->lowest) {
        return byte;
    }
    return (uint8_t)(index == number->lowest ? 0x100 - byte : 0xff - byte);
}

static undr_error print_hexadecimal(undr_buffer *buffer, const magnitude *number) {
    static const char digits[] = "0123456789abcdef";
    size_t size = number->bytes.size;
    while (size > 1 && magnitude_byte(number, size - 1) == 0) {
        --size;
    }
    undr_error error = undr_put_text(buffer, number->negative ? "-0x" : "0x");
    if (error == UNDR_OK) {
        error = undr_buffer_reserve(buffer, 2 * size);
    }
    for (size_t index = size; error == UNDR_OK && index > 0; --index) {
        const uint8_t byte = magnitude_byte(number, index - 1);
        if (index < size || byte >= 0x10) {
            buffer->data[buffer->size++] = (uint8_t)digits[byte >> 4];
        }
        buffer->data[buffer->size++] = (uint8_t)digits[byte & 0xf];
    }
    return error;
}

/* Divides the number by 10^9 in place and gives the remainder. */
static uint32_t divide(uint32_t *limbs, size_t *count) {
    uint64_t rest = 0;
    for (size_t index = *count; index > 0; --index) {
        rest = rest << 32 | limbs[index - 1];
        limbs[index - 1] = (uint32_t)(rest / limb_base);
        rest %= limb_base;
    }
    while (*count > 0 && limbs[*count - 1] == 0) {
        --*count;
    }
    return (uint32_t)rest;
}

undr_error undr_print_int(undr_buffer *buffer, undr_slice twos_complement) {
    const magnitude number = magnitude_of(twos_complement);
    if (twos_complement.size > DECIMAL_BYTES) {
        return print_hexadecimal(buffer, &number);
    }
    uint32_t limbs[LIMBS] = {0};
    for (size_t index = 0; index < twos_complement.size; ++index) {
        limbs[index / 4] |= (uint32_t)magnitude_byte(&number, index) << (8 * (index % 4));
    }
    size_t limb_count = (twos_complement.size + 3) / 4;
    uint32_t groups[LIMBS + LIMBS / 8 + 2];
    size_t group_count = 0;
    do {
        groups[group_count++] = divide(limbs, &limb_count);
    } while (limb_count > 0);
    undr_error error = undr_put_format(buffer, "%s%u", number.negative ? "-" : "", groups[group_count - 1]);
    for (size_t index = group_count - 1; error == UNDR_OK && index > 0; --index) {
        error = undr_put_format(buffer, "%0*u", LIMB_DIGITS, groups[index - 1]);
    }
    return error;
}

/* A positive float in decimal: 0.d1d2d3... x 10^point. */
enum { MOST_DIGITS = 17, SCRATCH = 64 };
typedef struct decimal {
    char digits[MOST_DIGITS + 1];
    int count;
    int point;
} decimal;

static bool reads_back(const decimal *text, double real) {
    char scratch[SCRATCH];
    (void)snprintf(scratch, sizeof scratch, "%.*se%d", text->count, text->digits, text->point - text->count);
    return strtod(scratch, NULL) == real; /* no decimal point in it, so the locale does not matter */
}

/* The nearest decimal of `count` digits. */
static decimal nearest(double real, int count) {
    char scratch[SCRATCH];
    (void)snprintf(scratch, sizeof scratch, "%.*e", count - 1, real);
    decimal result = {.count = 0};
    const char *at = scratch;
    for (; *at != 'e'; ++at) {
        if ((unsigned char)*at - (unsigned)'0' <= 9) { /* else: the locale's decimal point */
            result.digits[result.count++] = *at;
        }
    }
    result.point = (int)strtol(at + 1, NULL, 10) + 1;
    return result;
}

/* One more in the last digit. False when that would make it longer: a shorter text stood for it then. */
static bool next_up(decimal *text) {
    for (int index = text->count; index > 0; --index) {
        if (text->digits[index - 1] != '9') {
            ++text->digits[index - 1];
            return true;
        }
        text->digits[index - 1] = '0';
    }
    return false;
}

/* Where two floats lie at unequal distances (powers of two), the nearest decimal may miss and its neighbour hit. */
static decimal shortest(double real) {
    for (int count = 1; count < MOST_DIGITS; ++count) {
        decimal result = nearest(real, count); /* no 0 at its end: one digit less would have done */
        if (reads_back(&result, real) || (next_up(&result) && reads_back(&result, real))) {
            return result;
        }
    }
    return nearest(real, MOST_DIGITS); /* 17 digits are enough for every double */
}

static undr_error print_scientific(undr_buffer *buffer, const decimal *text) {
    return undr_put_format(buffer, "%c%s%.*se%+03d", text->digits[0], text->count > 1 ? "." : "", text->count - 1,
        text->digits + 1, text->point - 1);
}

static undr_error print_plain(undr_buffer *buffer, const decimal *text) {
    if (text->point <= 0) {
        return undr_put_format(buffer, "0.%.*s%.*s", -text->point, "0000", text->count, text->digits);
    }
    if (text->point >= text->count) {
        return undr_put_format(
            buffer, "%.*s%.*s.0", text->count, text->digits, text->point - text->count, "0000000000000000");
    }
    return undr_put_format(
        buffer, "%.*s.%.*s", text->point, text->digits, text->count - text->point, text->digits + text->point);
}

undr_error undr_print_float(undr_buffer *buffer, double real) {
    if (isnan(real)) {
        return undr_put_text(buffer, "nan");
    }
    const undr_error error = undr_put_text(buffer, signbit(real) ? "-" : "");
    if (error != UNDR_OK) {
        return error;
    }
    if (isinf(real)) {
        return undr_put_text(buffer, "inf");
    }
    const double size = fabs(real);
    if (!(size > 0)) {
        return undr_put_text(buffer, "0.0");
    }
    const decimal text = shortest(size);
    return text.point > 16 || text.point < -3 ? print_scientific(buffer, &text) : print_plain(buffer, &text);
}
