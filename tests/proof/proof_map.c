/* proof_map.c: a map finds what was last put under a key, and nothing under any other, whatever the hash; each search
 * ends.
 *
 * Bounds: PUTS (2, or 3 in the whole) of as many keys, so that the map grows once with something in it (it has FIRST
 * entries at first, here: 2, or 4); the hash of each key is any 64-bit number; each allocation may fail. */
#include "proof.h"

#include "base/hash.h"

enum { KEYS = PUTS };

/* Any function from the keys to numbers. */
typedef struct any_hashes {
    uint64_t of[KEYS];
} any_hashes;

static any_hashes hashes;

static uint64_t any_hash(const undr_hash_key *key, uint64_t word) {
    (void)key;
    return hashes.of[word];
}

static void *zeroed_entries(size_t count, size_t size);

#define undr_hash_word any_hash
#define calloc zeroed_entries
#include "base/map.c"
#undef calloc

undr_hash_key undr_process_hash_key(void) {
    return (undr_hash_key){0};
}

/* CBMC takes what its own calloc returns for bytes; these are entries. */
static void *zeroed_entries(size_t count, size_t size) {
    assert(size == sizeof(undr_map_entry) && (count == FIRST || count == 2 * FIRST));
    undr_map_entry *entries = count == FIRST ? malloc(FIRST * sizeof(undr_map_entry))
                                             : malloc(2 * FIRST * sizeof(undr_map_entry));
    for (size_t i = 0; entries != NULL && i < count; i++) {
        entries[i] = (undr_map_entry){0};
    }
    return entries;
}

static int values[PUTS];

static const void *expected(const uint64_t *keys, size_t puts, uint64_t key) {
    const void *found = NULL;
    for (size_t i = 0; i < puts; i++) {
        found = keys[i] == key ? &values[i] : found;
    }
    return found;
}

int main(void) {
    for (size_t i = 0; i < KEYS; i++) {
        hashes.of[i] = nondet_u64();
    }
    undr_map map = {0};
    uint64_t keys[PUTS];
    size_t puts = 0;
    while (puts < PUTS) {
        keys[puts] = puts == 0 ? 0 : any_size_to(puts); /* numbered as they come: the map knows equal and hash only */
        if (undr_map_put(&map, keys[puts], &values[puts]) != UNDR_OK) {
            break; /* the map is as it was */
        }
        puts++;
    }
    size_t different = 0;
    for (uint64_t key = 0; key < KEYS; key++) {
        const void *wanted = expected(keys, puts, key);
        assert(undr_map_get(&map, key) == wanted);
        different += wanted != NULL;
    }
    assert(map.count == different);
    undr_map_free(&map);
    return 0;
}
