/* known_hash_key.h: a hash key that the test knows, so that it can choose keys that collide. tests/CMakeLists.txt links
 * a test that includes this with --wrap for the function. */
#ifndef TESTS_KNOWN_HASH_KEY_H
#define TESTS_KNOWN_HASH_KEY_H

#include "base/hash.h"

undr_hash_key __wrap_undr_process_hash_key(void);

undr_hash_key __wrap_undr_process_hash_key(void) {
    return (undr_hash_key){.k0 = 17, .k1 = 4, .odd = {UINT64_C(0xd6e8feb86659fd93), UINT64_C(0x9e3779b97f4a7c15)}};
}

#endif
