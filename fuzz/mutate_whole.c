/* mutate_whole.c: for a format in which a blind engine may change every byte, and nothing is made true again. */
#include "mutator.h"

size_t fuzz_blind_part(mutation *m) {
    (void)m;
    return 0;
}

void fuzz_mend(mutation *m, size_t blind_part) {
    (void)blind_part;
    (void)m;
}
