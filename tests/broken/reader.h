/* reader.h: the state of the broken peer's pickle reader, shared with the bugs in single opcodes. */
#ifndef BROKEN_READER_H
#define BROKEN_READER_H

#include "pickle_value.h"

typedef struct reader {
    pool *p;
    const uint8_t *data;
    size_t size, at;
    bool failed, cut_short;
    uint8_t protocol;
    val *stack;
    val *memo; /* by arrival */
    size_t frames;
} reader;

/* After an opcode that began at that offset: may replace the value that it left on the stack. */
void slip(reader *r, uint8_t opcode, size_t at);

#endif
