/* pickle_key.c: hashes and equality of keys, after Python's rules. */
#include "pickle_key.h"
#include "value_walk.h"

#include <math.h>
#include <string.h>

enum { STEP_BYTES = 64 }; /* so many bytes count as one step of work */

/* A number as the key that it is: an integer of any size, or else the bits of a float. */
enum { INTEGER_BYTES = 136 }; /* the largest float is below 2^1024 */
typedef struct number_key {
    undr_slice bytes;
    bool integer;
    uint8_t room[INTEGER_BYTES];
} number_key;

static bool is_number(const undr_value *value) {
    return value->kind == UNDR_BOOL || value->kind == UNDR_INT
        || (value->kind == UNDR_FLOAT && !isnan(value->real)); /* a nan equals nothing but itself */
}

/* The bytes of a whole float as an int has them: two's complement, little-endian, the shortest. */
static undr_slice whole_float(double real, uint8_t *room) {
    int exponent = 0;
    const double fraction = frexp(fabs(real), &exponent); /* real = fraction * 2^exponent, fraction < 1 */
    const uint64_t mantissa = (uint64_t)(int64_t)ldexp(fraction, 53);
    const int shift = exponent - 53; /* real = mantissa * 2^shift; of a whole one, what is shifted out below is 0 */
    memset(room, 0, INTEGER_BYTES);
    for (int bit = 0; bit < 53; ++bit) {
        const int place = bit + shift;
        if ((mantissa >> bit & 1) != 0) {
            room[place / 8] = (uint8_t)(room[place / 8] | 1u << (place % 8));
        }
    }
    unsigned carry = signbit(real) ? 1 : 0;
    for (size_t index = 0; signbit(real) && index < INTEGER_BYTES; ++index) {
        carry += (uint8_t)~room[index];
        room[index] = (uint8_t)carry;
        carry >>= 8;
    }
    return undr_shortest(undr_slice_of(room, INTEGER_BYTES));
}

static void number_key_of(const undr_value *value, number_key *key) {
    key->integer = true;
    if (value->kind == UNDR_INT) {
        key->bytes = value->bytes;
    } else if (value->kind == UNDR_BOOL) {
        key->room[0] = 1;
        key->bytes = undr_slice_of(key->room, value->boolean ? 1 : 0);
    } else if (isfinite(value->real) && floor(value->real) == value->real) {
        key->bytes = whole_float(value->real, key->room);
    } else {
        key->integer = false;
        key->bytes = undr_slice_of(&value->real, sizeof value->real);
    }
}

static const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15); /* 2^64 by the golden ratio: spreads what is in a row */

static uint64_t mix(uint64_t hash, uint64_t more) {
    hash = (hash ^ more) * golden;
    return hash ^ hash >> 29;
}

static uint64_t hash_bytes(uint64_t hash, undr_slice bytes) {
    uint64_t eight = 0;
    hash = mix(hash, bytes.size);
    if (bytes.size < sizeof eight) {
        for (size_t index = 0; index < bytes.size; ++index) {
            eight = eight << 8 | bytes.data[index];
        }
        return mix(hash, eight);
    }
    for (size_t index = 0; bytes.size - index > sizeof eight; index += sizeof eight) {
        memcpy(&eight, bytes.data + index, sizeof eight);
        hash = mix(hash, eight);
    }
    memcpy(&eight, bytes.data + bytes.size - sizeof eight, sizeof eight); /* some of them a second time */
    return mix(hash, eight);
}

/* Of an int as its bytes are. */
static uint64_t hash_int(undr_slice bytes) {
    if (bytes.size > sizeof(uint64_t)) {
        return hash_bytes(1, bytes);
    }
    uint64_t number = 0;
    for (size_t index = bytes.size; index > 0; --index) {
        number = number << 8 | bytes.data[index - 1];
    }
    return number * golden;
}

static uint64_t hash_number(const undr_value *value) {
    number_key number;
    number_key_of(value, &number);
    return hash_int(number.bytes);
}

/* Of a tuple the order counts, of a frozenset it does not. */
static undr_error hash_items(undr_reader *reader, const undr_value *value, size_t depth, uint64_t *hash) {
    if (depth > reader->limits.depth) {
        return UNDR_LIMIT_DEPTH;
    }
    for (size_t index = 0; index < value->items.count; ++index) {
        undr_value *item = value->items.at[index];
        const undr_error error = undr_key_hash(reader, item, depth);
        if (error != UNDR_OK) {
            return error;
        }
        *hash = value->kind == UNDR_TUPLE ? mix(*hash, item->hash) : *hash + mix(0, item->hash);
    }
    return UNDR_OK; /* once for each value, so linear */
}

/* Of what is rarely a key. */
static undr_error hash_rare(undr_reader *reader, const undr_value *key, size_t depth, uint64_t *hash) {
    switch (key->kind) {
        case UNDR_LIST:
        case UNDR_DICT:
        case UNDR_SET:
        case UNDR_BYTEARRAY: return UNDR_PICKLE_TYPE;
        case UNDR_CLASS: *hash = hash_bytes(*hash, key->class_name.name); return UNDR_OK;
        case UNDR_TUPLE:
        case UNDR_FROZENSET: return hash_items(reader, key, depth + 1, hash);
        case UNDR_OBJECT: *hash = mix(*hash, undr_map_address(key)); return UNDR_OK;
        case UNDR_BOOL:
        case UNDR_FLOAT: *hash = is_number(key) ? hash_number(key) : mix(*hash, undr_map_address(key)); return UNDR_OK;
        default: return UNDR_OK;
    }
}

undr_error undr_key_hash(undr_reader *reader, undr_value *key, size_t depth) {
    if (key->hash != 0) {
        return UNDR_OK;
    }
    uint64_t hash = mix(1, (uint64_t)key->kind);
    undr_error error = UNDR_OK;
    if (key->kind == UNDR_INT) {
        hash = hash_int(key->bytes);
    } else if (key->kind == UNDR_STR || key->kind == UNDR_BYTES) {
        hash = hash_bytes(hash, key->bytes);
    } else {
        error = hash_rare(reader, key, depth, &hash);
    }
    if (error == UNDR_OK) {
        key->hash = hash >> 32 == 0 ? 1 : (uint32_t)(hash >> 32);
    }
    return error;
}

static bool same_number(const undr_value *a, const undr_value *b) {
    number_key first;
    number_key second;
    number_key_of(a, &first);
    number_key_of(b, &second);
    return first.integer == second.integer && undr_slice_equal(first.bytes, second.bytes);
}

static undr_error same_tuple(
    undr_reader *reader, const undr_value *a, const undr_value *b, size_t depth, bool *equal) {
    *equal = a->items.count == b->items.count;
    undr_error error = UNDR_OK;
    for (size_t index = 0; error == UNDR_OK && *equal && index < a->items.count; ++index) {
        error = undr_key_equal(reader, a->items.at[index], b->items.at[index], depth, equal);
    }
    return error;
}

static undr_error same_frozenset(
    undr_reader *reader, const undr_value *a, const undr_value *b, size_t depth, bool *equal) {
    *equal = a->items.count == b->items.count;
    undr_error error = UNDR_OK;
    for (size_t index = 0; error == UNDR_OK && *equal && index < a->items.count; ++index) {
        size_t place = 0;
        error = undr_key_find(reader, b, a->items.at[index], depth, &place);
        *equal = place < b->items.count;
    }
    return error;
}

undr_error undr_key_equal(
    undr_reader *reader, const undr_value *a, const undr_value *b, size_t depth, bool *equal) {
    *equal = a == b;
    if (*equal || a->hash != b->hash) {
        return undr_reader_spend(reader, 1);
    }
    if (depth > reader->limits.depth) {
        return UNDR_LIMIT_DEPTH;
    }
    if (is_number(a) && is_number(b)) {
        *equal = same_number(a, b);
        return undr_reader_spend(reader, 2 + (a->kind == UNDR_INT ? a->bytes.size / STEP_BYTES : 0));
    }
    const undr_error error = undr_reader_spend(reader, 1);
    if (error != UNDR_OK || a->kind != b->kind) {
        return error;
    }
    switch (a->kind) {
        case UNDR_STR:
        case UNDR_BYTES:
            *equal = undr_slice_equal(a->bytes, b->bytes);
            return undr_reader_spend(reader, a->bytes.size / STEP_BYTES);
        case UNDR_CLASS:
            *equal = undr_slice_equal(a->class_name.module, b->class_name.module)
                && undr_slice_equal(a->class_name.name, b->class_name.name);
            return undr_reader_spend(reader, (a->class_name.module.size + a->class_name.name.size) / STEP_BYTES);
        case UNDR_TUPLE: return same_tuple(reader, a, b, depth + 1, equal);
        case UNDR_FROZENSET: return same_frozenset(reader, a, b, depth + 1, equal);
        default: return UNDR_OK; /* unreachable: the hash of whatever equals only itself is its address's */
    }
}
