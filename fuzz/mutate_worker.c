/* mutate_worker.c: scripts of worker_session.c: which ops there are, and what a worker and its manager say. */
#include "mutator.h"

#include "fuzz.h"

size_t script_begin(void) {
    return 0;
}

/* As LLVMFuzzerTestOneInput and op_answer of worker_session.c take them. */
static void skip_op(fuzz_source *source) {
    uint8_t op = fuzz_take_u8(source);
    if (op % 8 == 3) {
        (void)fuzz_take_u8(source);
    } else if (op % 8 > 3 && op != 7 && op / 8 % 6 == 4) {
        (void)fuzz_take_u8(source);
        (void)fuzz_take_bytes(source, fuzz_take_below(source, 4));
    } else if (op % 8 > 3 && op != 7 && op / 8 % 6 == 5) {
        (void)fuzz_take_bytes(source, fuzz_take_u8(source));
    }
}

size_t script_ends(const uint8_t *data, size_t size, size_t *ends, size_t most) {
    fuzz_source source = fuzz_source_over(data, size);
    size_t count = 0;
    while (source.left.size > 0 && count < most) {
        skip_op(&source);
        ends[count++] = size - source.left.size;
    }
    return count;
}

/* Asks, and is told None, CloseRequest or a task; in a task, sends and schedules; each acknowledged, or mostly. */
size_t script_piece(mutation *m, uint8_t *piece) {
    enum { ASK, FINISH, SEND, SCHEDULE, ANSWER, NONE = 0, CLOSE = 1, TASK = 2, RIGHT = 3, WRONG = 4, BYTES = 5 };
    static const uint8_t stories[][4] = {{ASK}, {FINISH}, {SEND}, {ANSWER + 8 * NONE}, {ANSWER + 8 * CLOSE},
        {ANSWER + 8 * TASK}, {ANSWER + 8 * RIGHT}, {ANSWER + 8 * WRONG, 'm', 0}, {ANSWER + 8 * WRONG, 't', 1, 'N'},
        {ASK, ANSWER + 8 * TASK}, {ASK, ANSWER + 8 * TASK, SEND, ANSWER + 8 * RIGHT}, {FINISH, ANSWER + 8 * TASK},
        {SCHEDULE, 1, ANSWER + 8 * RIGHT}, {SCHEDULE, 128}};
    static const uint8_t sizes[] = {1, 1, 1, 1, 1, 1, 1, 3, 4, 2, 4, 2, 3, 2};
    uint32_t which = mutation_below(m, sizeof sizes + 1);
    if (which < sizeof sizes) {
        for (size_t i = 0; i < sizes[which]; i++) {
            piece[i] = stories[which][i];
        }
        return sizes[which];
    }
    size_t pickle = 1 + mutation_below(m, 8), size = 2;
    piece[0] = ANSWER + 8 * BYTES;
    piece[1] = (uint8_t)(pickle + 1);
    for (; pickle > 0; pickle--) {
        piece[size++] = (uint8_t)"N]})K(t\x85"[mutation_below(m, 8)];
    }
    piece[size++] = '.';
    return size;
}
