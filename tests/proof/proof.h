/* proof.h: what the proofs share: values that CBMC chooses freely.
 *
 * A harness is `int main(void)`. It lets CBMC choose inputs within stated bounds, calls the code under proof, and
 * asserts what must hold. CBMC then looks at every choice at once. The bounds are in the first lines of each file. */
#ifndef UNDR_PROOF_H
#define UNDR_PROOF_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Any value of the type: CBMC takes a function of such a name as a free choice. */
bool nondet_bool(void);
unsigned nondet_unsigned(void);
uint8_t nondet_u8(void);
size_t nondet_size(void);
uint64_t nondet_u64(void);

void __CPROVER_assume(_Bool condition); /* CBMC's own */

/* A number from 0 to most. */
static inline size_t any_size_to(size_t most) {
    size_t size = nondet_size();
    __CPROVER_assume(size <= most);
    return size;
}

/* `size` bytes of any content, in memory of exactly that size, so that reading one byte too many is seen. The caller
 * frees them. Never NULL. */
static inline uint8_t *any_bytes(size_t size) {
    uint8_t *bytes = malloc(size); /* CBMC fills it with free choices */
    __CPROVER_assume(bytes != NULL);
    return bytes;
}

#endif
