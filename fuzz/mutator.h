/* mutator.h: changes an input as somebody who knows headers and pickle opcodes would. */
#ifndef UNDR_FUZZ_MUTATOR_H
#define UNDR_FUZZ_MUTATOR_H

#include <stddef.h>
#include <stdint.h>

/* Changes data[0, size) in place, growing to at most capacity; returns the new size. The same seed gives the same. */
size_t fuzz_mutate(uint8_t *data, size_t size, size_t capacity, uint32_t seed);

#endif
