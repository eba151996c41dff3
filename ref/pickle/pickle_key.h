/* pickle_key.h: when two values are the same key of a dict or element of a set; for the pickle reader. */
#ifndef UNDR_PICKLE_KEY_H
#define UNDR_PICKLE_KEY_H

#include "pickle/pickle_reader.h"

/* Computes key->hash, once. UNDR_PICKLE_TYPE: a list, dict, set or bytearray, or a tuple with one in it, can't be a
 * key. */
UNDR_MUST_USE undr_error undr_key_hash(undr_reader *reader, undr_value *key, size_t depth);
/* The same for what can't fail: an int, text or bytes, or what has a hash already. */
void undr_key_hash_plain(undr_reader *reader, undr_value *key);
/* Python's equality of two hashed keys: 1, 1.0 and True are one key. */
UNDR_MUST_USE undr_error undr_key_equal(
    undr_reader *reader, const undr_value *a, const undr_value *b, size_t depth, bool *equal);
/* The element of a set, or the key of a dict, that equals `key`: its place in the items, or their count. */
UNDR_MUST_USE undr_error undr_key_find(
    undr_reader *reader, const undr_value *container, undr_value *key, size_t depth, size_t *place);

#endif
