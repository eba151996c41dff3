/* values.c: values that the broken peer changes on their way, each in one way only. */
#include "values.h"

#include "bugs.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define ON(name) (bug(BUG_inbox_##name) || bug(BUG_sent_##name))

enum { DEEP = 50, BATCH = 1000 };

bool messages_are_pickled_anew(void) {
#define IN_THE_INBOX(X, name, text) || bug(BUG_inbox_##name)
    return false VALUE_DEFECTS(IN_THE_INBOX, ) OPCODE_DEFECTS(IN_THE_INBOX, );
#undef IN_THE_INBOX
}

static double odd_real(double real) {
    if (ON(negative_zero_loses_its_sign) && real == 0) {
        return 0.0;
    }
    if (ON(nan_becomes_zero) && isnan(real)) {
        return 0.0;
    }
    if (ON(infinity_becomes_finite) && isinf(real)) {
        return real > 0 ? DBL_MAX : -DBL_MAX;
    }
    if (ON(negative_infinity_loses_its_sign) && isinf(real)) {
        return fabs(real);
    }
    if (ON(subnormals_become_zero) && fpclassify(real) == FP_SUBNORMAL) {
        return 0.0;
    }
    return ON(floats_keep_32_bits) ? (double)(float)real : real;
}

/* This many bytes of the text at this place are left out. */
static size_t left_out(const val *v, size_t at) {
    const uint8_t *c = v->data + at;
    size_t rest = v->size - at;
    if (ON(surrogates_dropped) && rest >= 3 && c[0] == 0xed && c[1] >= 0xa0) {
        return 3;
    }
    if (ON(wide_characters_dropped) && rest >= 4 && c[0] >= 0xf0) {
        return 4;
    }
    if (ON(line_ends_unified) && rest >= 2 && c[0] == '\r' && c[1] == '\n') {
        return 1;
    }
    if (ON(byte_order_mark_dropped) && at == 0 && rest >= 3 && memcmp(c, "\xef\xbb\xbf", 3) == 0) {
        return 3;
    }
    return ON(text_ends_at_nul) && c[0] == 0 ? rest : 0;
}

static val *odd_text(pool *p, const val *v) {
    val *text = val_data(p, K_STR, v->data, v->size);
    text->size = 0;
    for (size_t i = 0; i < v->size;) {
        size_t drops = left_out(v, i);
        if (drops > 0) {
            i += drops;
        } else {
            text->data[text->size++] = v->data[i++];
        }
    }
    while (ON(text_stripped) && text->size > 0 && strchr(" \t\n", text->data[text->size - 1]) != NULL) {
        text->size--;
    }
    return text;
}

static bool is_power(const val *v, size_t size) {
    bool fine = v->size == size && v->data[size - 1] == 0x80;
    for (size_t i = 0; fine && i + 1 < size; i++) {
        fine = v->data[i] == 0;
    }
    return fine;
}

static val *odd_number(pool *p, const val *v) {
    val *number = val_data(p, K_INT, v->data, v->size);
    bool minus_one = v->size > 0 && val_number(v) == -1 && v->size <= 8;
    if (ON(zero_becomes_false) && v->size <= 8 && val_number(v) == 0) {
        number->kind = K_BOOL;
    } else if (ON(minus_one_becomes_255) && minus_one) {
        return val_int(p, 255);
    } else if ((ON(minus_2_to_the_31_loses_its_sign) && is_power(v, 4))
        || (ON(minus_2_to_the_63_loses_its_sign) && is_power(v, 8))) {
        number->data[number->size++] = 0;
    } else if (ON(integers_keep_64_bits) && v->size > 8) {
        number->size = 8;
    }
    return number;
}

static bool is_lost(const val *v, size_t i) {
    return (ON(item_1000_lost) && v->kind == K_LIST && i == BATCH)
        || (ON(pair_1000_lost) && v->kind == K_DICT && i / 2 == BATCH)
        || (ON(element_1000_lost) && v->kind == K_SET && i == BATCH)
        || (ON(none_keys_lost) && v->kind == K_DICT && v->items[i & ~(size_t)1]->kind == K_NONE);
}

static val *odd_nested(pool *p, val *v, unsigned depth);

static val *odd_container(pool *p, const val *v, unsigned depth) {
    val *copy = val_new(p, v->kind);
    copy->frozen = v->frozen && !ON(frozensets_thaw);
    for (size_t i = 0; i < v->count; i++) {
        if (is_lost(v, i)) {
            continue;
        }
        bool is_key = v->kind == K_DICT && i % 2 == 0;
        bool counts = is_key && ON(true_keys_become_numbers) && v->items[i]->kind == K_BOOL;
        val_push(p, copy, counts ? val_int(p, v->items[i]->truth) : odd_nested(p, v->items[i], depth + 1));
    }
    return copy;
}

static kind odd_empty(const val *v) {
    bool lists = (ON(empty_tuple_becomes_list) && v->kind == K_TUPLE)
        || (ON(empty_set_becomes_list) && v->kind == K_SET && !v->frozen);
    return lists ? K_LIST : ON(empty_dict_becomes_none) && v->kind == K_DICT ? K_NONE : v->kind;
}

static val *odd_nested(pool *p, val *v, unsigned depth) {
    if (depth > DEEP && ON(lost_below_fifty)) {
        return val_new(p, K_NONE);
    }
    val *copy = NULL;
    switch (v->kind) {
    case K_FLOAT:
        copy = val_new(p, K_FLOAT);
        copy->real = odd_real(v->real);
        return copy;
    case K_STR: return v->size == 0 && ON(empty_text_becomes_none) ? val_new(p, K_NONE) : odd_text(p, v);
    case K_BYTES: return v->size == 0 && ON(empty_bytes_become_none) ? val_new(p, K_NONE) : v;
    case K_INT: return odd_number(p, v);
    case K_LIST:
    case K_TUPLE:
    case K_DICT:
    case K_SET:
        copy = odd_container(p, v, depth);
        copy->kind = v->count == 0 ? odd_empty(v) : v->kind;
        return v->kind == K_TUPLE && v->count == 1 && ON(single_tuples_unwrapped) ? copy->items[0] : copy;
    default: return v;
    }
}

val *odd_value(pool *p, val *v) {
    return odd_nested(p, v, 0);
}
