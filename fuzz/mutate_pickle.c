/* mutate_pickle.c: the input of the target `pickle`: a byte of options, odd when a pickle follows. */
#include "mutator.h"

void fuzz_mutate(mutation *m) {
    static const uint8_t least[] = {1, 'N', '.'};
    if (m->size < sizeof least) {
        m->size = 0;
        (void)mutation_insert(m, 0, least, sizeof least);
        return;
    }
    if (mutation_below(m, 32) == 0) {
        m->data[0] = (uint8_t)mutation_below(m, 256);
        return;
    }
    size_t end = m->size;
    mutate_opcodes(m, 1, &end);
}
