/* mutator.h: what a custom mutator is made of. mutator.c joins one format to the engines; a format is one of
 * mutate_frames.c, mutate_pickle.c (both with mutate_opcodes.c), and mutate_session.c or mutate_worker.c (with
 * mutate_script.c). All but mutate_frames.c go with mutate_whole.c. */
#ifndef UNDR_FUZZ_MUTATOR_H
#define UNDR_FUZZ_MUTATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An input that is changed in place. The same seed gives the same changes. */
typedef struct mutation {
    uint8_t *data;
    size_t size, capacity;
    uint32_t seed;
} mutation;

/* A number below limit, by the seed; 0 when limit is 0. */
uint32_t mutation_below(mutation *m, size_t limit);
/* False: there is no room, or no such place; nothing was changed. */
bool mutation_insert(mutation *m, size_t at, const void *bytes, size_t count);
/* At most what there is behind `at`. */
void mutation_remove(mutation *m, size_t at, size_t count);
/* Inserts a copy of [from, from + count) at `to`. */
bool mutation_copy(mutation *m, size_t from, size_t count, size_t to);

/* What each format defines: a change that somebody would make who knows it; from where on a blind engine may change
 * the input (0: all of it); and what is made true again behind a blind change. */
void fuzz_mutate(mutation *m);
size_t fuzz_blind_part(mutation *m);
void fuzz_mend(mutation *m, size_t blind_part);

/* mutate_opcodes.c: changes the pickle in [from, *end), and says where it ends then. */
void mutate_opcodes(mutation *m, size_t from, size_t *end);

/* What a script's format defines beside: the places where an op ends, in order, of at most `most` ops; and one op or
 * several that make sense together, of at most SCRIPT_PIECE bytes. */
enum { SCRIPT_PIECE = 96 };
size_t script_ends(const uint8_t *data, size_t size, size_t *ends, size_t most);
size_t script_piece(mutation *m, uint8_t *piece);
size_t script_begin(void); /* where the first op is */

#endif
