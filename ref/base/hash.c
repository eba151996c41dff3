/* hash.c: the hash key of the process. */
#include "base/hash.h"

#include <sys/auxv.h>

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION /* an input takes the same way each time */
undr_hash_key undr_process_hash_key(void) {
    return (undr_hash_key){.k0 = 1, .k1 = 2, .odd = {3, UINT64_C(0x9e3779b97f4a7c15)}};
}
#else
static uint64_t derive(const undr_hash_key *seed, uint64_t number) {
    undr_sip sip = undr_sip_begin(seed);
    undr_sip_word(&sip, number);
    return undr_sip_end(&sip, 1);
}

/* 16 random bytes that the kernel gives each process that it executes: no system call, nothing that can fail, nothing
 * to keep. The C library makes its guards of the same bytes: what is derived of them says nothing about them. */
undr_hash_key undr_process_hash_key(void) {
    uint64_t random[2];
    memcpy(random, (const void *)getauxval(AT_RANDOM), sizeof random); /* Linux has it since 2.6.29 */
    const undr_hash_key seed = {.k0 = random[0], .k1 = random[1]};
    return (undr_hash_key){
        .k0 = derive(&seed, 0), .k1 = derive(&seed, 1), .odd = {derive(&seed, 2) | 1, derive(&seed, 3) | 1}};
}
#endif
