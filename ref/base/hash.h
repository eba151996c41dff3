/* hash.h: hashes of what somebody else chooses; for the library's own use.
 *
 * Who does not know the hash key can't choose texts or numbers that collide. Bytes: SipHash-1-3 (Aumasson and
 * Bernstein, 2012), as CPython and Rust have it: one round for each 8 bytes, three at the end. Numbers of 64 bits:
 * multiply-shift (Dietzfelbinger and others, 1997), in a third of the time: the high 32 bits of any two numbers are
 * equal with a probability of 2^-31 at most, over the random odd factors. Nothing observable depends on the hash key:
 * dicts, sets and what is printed of them are in the order of insertion, or in that of their texts. */
#ifndef UNDR_HASH_H
#define UNDR_HASH_H

#include "undr/bytes.h"

#include <endian.h>
#include <string.h>

typedef struct undr_hash_key {
    uint64_t k0, k1; /* of SipHash */
    uint64_t odd[2]; /* factors */
} undr_hash_key;

/* Random, one for each process; the same for each call. A build for fuzzing has a constant one. */
undr_hash_key undr_process_hash_key(void);

typedef struct undr_sip {
    uint64_t v0, v1, v2, v3;
} undr_sip;

static inline uint64_t undr_rotate(uint64_t word, unsigned bits) {
    return word << bits | word >> (64 - bits);
}

static inline void undr_sip_round(undr_sip *sip) {
    sip->v0 += sip->v1;
    sip->v2 += sip->v3;
    sip->v1 = undr_rotate(sip->v1, 13) ^ sip->v0;
    sip->v3 = undr_rotate(sip->v3, 16) ^ sip->v2;
    sip->v0 = undr_rotate(sip->v0, 32);
    sip->v2 += sip->v1;
    sip->v0 += sip->v3;
    sip->v1 = undr_rotate(sip->v1, 17) ^ sip->v2;
    sip->v3 = undr_rotate(sip->v3, 21) ^ sip->v0;
    sip->v2 = undr_rotate(sip->v2, 32);
}

/* A hash over words: begin, word for each, end with their number. It is that of the words' bytes, little-endian. */
static inline undr_sip undr_sip_begin(const undr_hash_key *key) {
    return (undr_sip){
        .v0 = key->k0 ^ UINT64_C(0x736f6d6570736575),
        .v1 = key->k1 ^ UINT64_C(0x646f72616e646f6d),
        .v2 = key->k0 ^ UINT64_C(0x6c7967656e657261),
        .v3 = key->k1 ^ UINT64_C(0x7465646279746573),
    };
}

static inline void undr_sip_word(undr_sip *sip, uint64_t word) {
    sip->v3 ^= word;
    undr_sip_round(sip);
    sip->v0 ^= word;
}

/* last: the bytes that fill no word, with the size of all in the highest byte. */
static inline uint64_t undr_sip_last(undr_sip *sip, uint64_t last) {
    undr_sip_word(sip, last);
    sip->v2 ^= 0xff;
    undr_sip_round(sip);
    undr_sip_round(sip);
    undr_sip_round(sip);
    return sip->v0 ^ sip->v1 ^ sip->v2 ^ sip->v3;
}

static inline uint64_t undr_sip_end(undr_sip *sip, size_t words) {
    return undr_sip_last(sip, (uint64_t)words * sizeof(uint64_t) << 56);
}

/* Its high 32 bits are the hash. The first product is a number again, one for each word, whose neighbours are
 * scattered; the second is the one with that probability. Numbers whose low half is 0 take their high half there first:
 * else both products together are linear, and numbers in equal steps meet in a few entries for one random key in some
 * hundreds. */
static inline uint64_t undr_hash_word(const undr_hash_key *key, uint64_t word) {
    word ^= word >> 32;
    word *= key->odd[0];
    return (word ^ word >> 32) * key->odd[1];
}

/* Fewer than 8 bytes as a little-endian number; some of them are read twice rather than each by itself. */
static inline uint64_t undr_few_bytes(const uint8_t *bytes, size_t size) {
    if (size >= sizeof(uint32_t)) {
        uint32_t low, high;
        memcpy(&low, bytes, sizeof low);
        memcpy(&high, bytes + size - sizeof high, sizeof high);
        return le32toh(low) | (uint64_t)le32toh(high) << (size - sizeof high) * 8;
    }
    if (size == 0) {
        return 0;
    }
    const size_t middle = size / 2, last = size - 1;
    return bytes[0] | (uint64_t)bytes[middle] << middle * 8 | (uint64_t)bytes[last] << last * 8;
}

static inline uint64_t undr_hash_bytes(const undr_hash_key *key, undr_slice bytes) {
    undr_sip sip = undr_sip_begin(key);
    size_t at = 0;
    for (; bytes.size - at >= sizeof(uint64_t); at += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, bytes.data + at, sizeof word);
        undr_sip_word(&sip, le64toh(word));
    }
    /* No bytes may have no address, to which nothing can be added. */
    const uint8_t *rest = at == bytes.size ? NULL : bytes.data + at;
    return undr_sip_last(&sip, (uint64_t)bytes.size << 56 | undr_few_bytes(rest, bytes.size - at));
}

#endif
