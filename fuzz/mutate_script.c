/* mutate_script.c: changes a script op by op; the format says where its ops end, and makes new ones. */
#include "mutator.h"

enum { MOST_OPS = 256, MOST_REPEATS = 32 };

typedef struct ops {
    size_t at[MOST_OPS + 1], count; /* at[count]: the end of the last one */
} ops;

static ops find_ops(const mutation *m) {
    ops found = {.at = {script_begin()}};
    if (m->size > script_begin()) {
        found.count = script_ends(m->data, m->size, found.at + 1, MOST_OPS);
    }
    return found;
}

static void insert_piece(mutation *m, const ops *o) {
    uint8_t piece[SCRIPT_PIECE];
    size_t size = script_piece(m, piece);
    (void)mutation_insert(
        m, o->at[mutation_below(m, 2) == 0 ? o->count : mutation_below(m, o->count + 1)], piece, size);
}

/* A run of one to four ops. */
static size_t some_ops(mutation *m, const ops *o, size_t *count) {
    size_t first = mutation_below(m, o->count), most = o->count - first;
    size_t last = first + 1 + mutation_below(m, most < 4 ? most : 4);
    *count = o->at[last] - o->at[first];
    return o->at[first];
}

static void repeat_ops(mutation *m, const ops *o) {
    size_t count, from = some_ops(m, o, &count);
    for (uint32_t times = 1 + mutation_below(m, MOST_REPEATS); times > 0; times--) {
        if (!mutation_copy(m, from, count, from)) {
            return;
        }
    }
}

static void change_byte(mutation *m, const ops *o) {
    size_t op = mutation_below(m, o->count);
    size_t at = o->at[op] + mutation_below(m, o->at[op + 1] - o->at[op]);
    m->data[at] = (uint8_t)(mutation_below(m, 2) == 0 ? mutation_below(m, 256)
                                                      : m->data[at] + mutation_below(m, 2) * 2 - 1);
}

void fuzz_mutate(mutation *m) {
    while (m->size < script_begin()) {
        if (!mutation_insert(m, m->size, "", 1)) {
            return;
        }
    }
    ops o = find_ops(m);
    size_t count, from;
    if (o.count == 0) {
        insert_piece(m, &o);
        return;
    }
    switch (mutation_below(m, 8)) {
    case 0:
        from = some_ops(m, &o, &count);
        mutation_remove(m, from, count);
        return;
    case 1:
        from = some_ops(m, &o, &count);
        (void)mutation_copy(m, from, count, o.at[mutation_below(m, o.count + 1)]);
        return;
    case 2: repeat_ops(m, &o); return;
    case 3:
    case 4: change_byte(m, &o); return;
    default: insert_piece(m, &o);
    }
}
