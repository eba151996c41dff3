/* fuzz.h: what every target shares: the entry point of the engines, an assertion that speaks, and a source of decisions.
 *
 * A target is one source file with LLVMFuzzerTestOneInput. It is linked with libFuzzer, with AFL++'s driver of the same
 * entry point, or with replay.c, which runs saved inputs. Each run depends on its bytes alone. */
#ifndef UNDR_FUZZ_H
#define UNDR_FUZZ_H

#include "undr/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property of the protocol or of the library does not hold: says which, where, and ends the process. */
_Noreturn void fuzz_failed(const char *file, int line, const char *property);
#define FUZZ_REQUIRE(property) ((property) ? (void)0 : fuzz_failed(__FILE__, __LINE__, #property))

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
