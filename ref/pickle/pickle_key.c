/* pickle_key.c: hashes of keys, after Python's rules, and which numbers are one key. */
#include "pickle/pickle_key.h"
#include "pickle/number.h"

#include <math.h>
#include <string.h>

/* A number as the key that it is: an integer of any size, or else the bits of a float. */
enum { INTEGER_BYTES = 136 }; /* the largest float is below 2^1024 */
typedef struct number_key {
    undr_slice bytes;
    bool integer;
    uint8_t room[INTEGER_BYTES];
} number_key;

bool undr_key_is_number(const undr_value *value) {
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

static const undr_hash_key *hash_key(undr_reader *reader) {
    if (!reader->has_hash_key) {
        reader->hash_key = undr_process_hash_key();
        reader->has_hash_key = true;
    }
    return &reader->hash_key;
}

/* Of an int as its bytes are. */
static inline uint64_t hash_int(const undr_hash_key *with, undr_slice bytes) {
    return bytes.size < sizeof(uint64_t) ? undr_hash_word(with, undr_few_bytes(bytes.data, bytes.size))
                                         : undr_hash_bytes(with, bytes);
}

/* Equal numbers of different types are equal bytes. */
static uint64_t hash_number(const undr_hash_key *with, const undr_value *value) {
    number_key number;
    number_key_of(value, &number);
    return hash_int(with, number.bytes);
}

/* Of a tuple the order counts, of a frozenset it does not. */
static undr_error hash_items(undr_reader *reader, const undr_value *value, size_t depth, uint64_t *hash) {
    if (depth > reader->limits.depth) {
        return UNDR_LIMIT_DEPTH;
    }
    const undr_hash_key *with = hash_key(reader);
    undr_sip sip = undr_sip_begin(with);
    uint64_t sum = 0;
    for (size_t index = 0; index < value->items.count; ++index) {
        undr_value *item = value->items.at[index];
        const undr_error error = undr_key_hash(reader, item, depth);
        if (error != UNDR_OK) {
            return error;
        }
        if (value->kind == UNDR_TUPLE) {
            undr_sip_word(&sip, item->hash);
        } else {
            sum += undr_hash_word(with, item->hash);
        }
    }
    undr_sip_word(&sip, sum);
    *hash = undr_sip_end(&sip, value->items.count + 1);
    return UNDR_OK; /* once for each value, so linear */
}

static uint64_t hash_class(const undr_hash_key *with, const undr_value *value) {
    undr_sip sip = undr_sip_begin(with);
    undr_sip_word(&sip, undr_hash_bytes(with, value->class_name.module));
    undr_sip_word(&sip, undr_hash_bytes(with, value->class_name.name));
    return undr_sip_end(&sip, 2);
}

/* Of what is rarely a key. */
static undr_error hash_rare(undr_reader *reader, const undr_value *key, size_t depth, uint64_t *hash) {
    const undr_hash_key *with = hash_key(reader);
    switch (key->kind) {
    case UNDR_LIST:
    case UNDR_DICT:
    case UNDR_SET:
    case UNDR_BYTEARRAY: return UNDR_PICKLE_TYPE;
    case UNDR_CLASS: *hash = hash_class(with, key); return UNDR_OK;
    case UNDR_TUPLE:
    case UNDR_FROZENSET: return hash_items(reader, key, depth + 1, hash);
    case UNDR_BOOL:
    case UNDR_FLOAT:
        *hash = undr_key_is_number(key) ? hash_number(with, key) : undr_hash_word(with, undr_map_address(key));
        return UNDR_OK;
    default: *hash = undr_hash_word(with, undr_map_address(key)); return UNDR_OK; /* an object, None: itself only */
    }
}

static inline void set_hash(undr_value *key, uint64_t hash) {
    key->hash = hash >> 32 == 0 ? 1 : (uint32_t)(hash >> 32);
}

void undr_key_hash_plain(undr_reader *reader, undr_value *key) {
    if (key->hash == 0) {
        const undr_hash_key *with = hash_key(reader);
        set_hash(key, key->kind == UNDR_INT ? hash_int(with, key->bytes) : undr_hash_bytes(with, key->bytes));
    }
}

undr_error undr_key_hash(undr_reader *reader, undr_value *key, size_t depth) {
    if (key->hash != 0) {
        return UNDR_OK;
    }
    if (key->kind == UNDR_INT || key->kind == UNDR_STR || key->kind == UNDR_BYTES) {
        undr_key_hash_plain(reader, key);
        return UNDR_OK;
    }
    uint64_t hash = 0;
    const undr_error error = hash_rare(reader, key, depth, &hash);
    if (error == UNDR_OK) {
        set_hash(key, hash);
    }
    return error;
}

bool undr_key_same_number(const undr_value *a, const undr_value *b) {
    number_key first;
    number_key second;
    number_key_of(a, &first);
    number_key_of(b, &second);
    return first.integer == second.integer && undr_slice_equal(first.bytes, second.bytes);
}
