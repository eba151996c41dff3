/* fuzz.h: what every target shares: the entry point of the engines, an assertion that speaks, a source of decisions.
 *
 * A target is one source file with LLVMFuzzerTestOneInput. It is linked with libFuzzer, with AFL++'s driver of the same
 * entry point, or with replay.c, which runs saved inputs. Each run depends on its bytes alone. */
#ifndef UNDR_FUZZ_H
#define UNDR_FUZZ_H

#include "undr/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property of the protocol or of the library does not hold: says which, where, and ends the process. */
_Noreturn void fuzz_failed(const char *file, int line, const char *property);
#define FUZZ_REQUIRE(property) ((property) ? (void)0 : fuzz_failed(__FILE__, __LINE__, #property))

/* Requires that all parts of a value that was read are well-formed and inert: an object is a note of its callable, its
 * arguments and what was to be done to it. True when the value, printed as a tree, is small: parts that are shared can
 * make it millions of times as large as its pickle, and whoever walks it as a tree then takes seconds. */
bool fuzz_is_small(const undr_value *value);

/* A number that depends on all the bytes: chooses which inputs undergo a check that is too slow for each. */
uint32_t fuzz_hash(undr_slice bytes);

/* The fuzzer's bytes as decisions: each take consumes from the front and gives 0 when nothing is left. */
typedef struct fuzz_source {
    undr_slice left;
} fuzz_source;

fuzz_source fuzz_source_over(const uint8_t *data, size_t size);
uint8_t fuzz_take_u8(fuzz_source *source);
uint32_t fuzz_take_below(fuzz_source *source, uint32_t limit); /* 0 .. limit - 1 */
undr_slice fuzz_take_bytes(fuzz_source *source, size_t size);  /* at most size */
undr_slice fuzz_take_rest(fuzz_source *source);

#endif
