/* pickle_key.h: the hashes of keys of dicts and elements of sets; for the pickle reader. */
#ifndef UNDR_PICKLE_KEY_H
#define UNDR_PICKLE_KEY_H

#include "pickle/pickle_reader.h"

/* Computes key->hash, once. UNDR_PICKLE_TYPE: a list, dict, set or bytearray, or a tuple with one in it, can't be a
 * key. */
UNDR_MUST_USE undr_error undr_key_hash(undr_reader *reader, undr_value *key, size_t depth);
/* The same for what can't fail: an int, text or bytes, or what has a hash already. */
void undr_key_hash_plain(undr_reader *reader, undr_value *key);
bool undr_key_is_number(const undr_value *value); /* an int, bool or float, but a nan, which equals only itself */
/* Two numbers: 1, 1.0 and True are one key. */
bool undr_key_same_number(const undr_value *a, const undr_value *b);

#endif
