/* mutate_session.c: scripts of session_script.h: which ops there are, and what a worker or a program does. */
#include "mutator.h"
#include "session_script.h"

size_t script_begin(void) {
    return 1; /* the options */
}

/* A connection counts as ready when it is open: what it is owed is not followed. */
size_t script_ends(const uint8_t *data, size_t size, size_t *ends, size_t most) {
    fuzz_source source = fuzz_source_over(data + 1, size - 1);
    session_view view = {0};
    size_t count = 0;
    while (source.left.size > 0 && count < most) {
        session_op op = session_take(&source, &view);
        if (op.kind == SESSION_CONNECT) {
            view.open[op.connection] = view.ready[op.connection] = !view.open[op.connection];
        }
        ends[count++] = size - source.left.size;
    }
    return count;
}

/* The first byte of an op, by its place in session_take; the odd ones take all answers. */
enum {
    CONNECT = 0x01,
    END_REQUESTS = 0xc2,
    NEXT = 0x03,
    DONE = 0x23,
    SCHEDULE = 0x43,
    MESSAGE = 0x63,
    BAD = 0x73,
    OWN_SCHEDULE = 0x0b,
    OWN_MESSAGE = 0x2b,
    READ = 0x3b,
    CLOCK = 0x5b,
    CLOSE = 0x6b
};

static size_t put(uint8_t *op, uint8_t first, uint32_t connection) {
    op[0] = first;
    op[1] = (uint8_t)connection;
    return 2;
}

static size_t put_message(mutation *m, uint8_t *op, uint32_t connection) {
    static const uint8_t texts[][5] = {
        {0}, {2, 'N', '.'}, {3, 0x80, 4, '.'}, {4, 0x80, 4, 'N', '.'}, {2, 'h', '.'}, {1, '.'}};
    const uint8_t *text = texts[mutation_below(m, sizeof texts / sizeof *texts)];
    size_t size = put(op, MESSAGE, connection);
    for (size_t i = 0; i <= text[0]; i++) {
        op[size++] = text[i];
    }
    return size;
}

static size_t put_bad(mutation *m, uint8_t *op, uint32_t connection) {
    static const uint8_t types[] = {'n', 't', 's', 0, 0x7f, 'N', 'T', 'M', 'x'};
    size_t size = put(op, BAD, connection);
    op[size++] = types[mutation_below(m, sizeof types)];
    uint32_t bytes = mutation_below(m, 3);
    op[size++] = (uint8_t)bytes;
    for (; bytes > 0; bytes--) {
        op[size++] = (uint8_t)mutation_below(m, 256);
    }
    return size;
}

static size_t put_any(mutation *m, uint8_t *op, uint32_t connection) {
    size_t size;
    switch (mutation_below(m, 11)) {
    case 0: return put(op, CONNECT, connection);
    case 1: return put(op, NEXT, connection);
    case 2: return put(op, DONE, connection);
    case 3:
    case 4:
        size = put(op, mutation_below(m, 3) > 0 ? SCHEDULE : OWN_SCHEDULE, connection);
        op[size++] = (uint8_t)mutation_below(m, SESSION_LEVELS + 1);
        return size;
    case 5: return put_message(m, op, connection);
    case 6: return put_bad(m, op, connection);
    case 7: return put(op, mutation_below(m, 2) > 0 ? READ : OWN_MESSAGE, connection);
    case 8: return put(op, END_REQUESTS, connection);
    case 9:
        size = put(op, CLOCK, connection);
        op[size++] = (uint8_t)mutation_below(m, 2 * SESSION_HOLD);
        return size;
    default:
        size = put(op, CLOSE, connection);
        op[size++] = 0;
        op[size++] = (uint8_t)mutation_below(m, 2);
        return size;
    }
}

/* Tasks come, some are asked for and some are settled, on this connection and the next one. */
static size_t put_story(mutation *m, uint8_t *piece, uint32_t connection) {
    size_t size = mutation_below(m, 2) == 0 ? put(piece, CONNECT, connection) : 0;
    uint32_t tasks = 1 + mutation_below(m, 10), other = mutation_below(m, 3) == 0 ? connection + 1 : connection;
    bool one_level = mutation_below(m, 2) == 0;
    for (uint32_t i = 0; i < tasks; i++) {
        size += put(piece + size, SCHEDULE, connection);
        piece[size++] = (uint8_t)(one_level ? 0 : mutation_below(m, SESSION_LEVELS));
    }
    for (uint32_t i = 0; i < tasks; i++) {
        size += put(piece + size, mutation_below(m, 2) == 0 ? NEXT : DONE, other);
    }
    return size;
}

size_t script_piece(mutation *m, uint8_t *piece) {
    uint32_t connection = mutation_below(m, mutation_below(m, 2) == 0 ? 2 : SESSION_CONNECTIONS);
    return mutation_below(m, 4) == 0 ? put_story(m, piece, connection) : put_any(m, piece, connection);
}
