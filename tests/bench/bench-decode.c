/* bench-decode.c: how long the library takes to decode pickles.
 *
 *     bench-decode FILE    FILE: any number of pickles, each behind its length (4 bytes, little-endian)
 *
 * Prints a line of JSON: for each pickle the nanoseconds of one decoding, with the release of what was decoded. */
#include "bench.h"

#include "undr/pickle.h"

enum { ROUNDS = 7, ROUND_NS = 3000000 };

static void decode(undr_arena *arena, undr_slice pickle) {
    undr_value *value;
    undr_error error = undr_pickle_read_in_place(pickle, NULL, arena, &value, NULL, NULL);
    if (error != UNDR_OK) {
        bench_fail("a pickle of %zu bytes: %s", pickle.size, undr_error_text(error));
    }
    undr_arena_clear(arena);
}

static uint64_t time_of(undr_slice pickle, long times) {
    undr_arena arena = {0};
    uint64_t begin = bench_now();
    for (long i = 0; i < times; i++) {
        decode(&arena, pickle);
    }
    uint64_t took = bench_now() - begin;
    undr_arena_free(&arena);
    return took;
}

/* The best of some rounds, each long enough for the clock: what timeit does on the other side. */
static double best(undr_slice pickle) {
    long times = 1;
    while (time_of(pickle, times) < ROUND_NS && times < 1000000) {
        times *= 2;
    }
    uint64_t least = UINT64_MAX;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t took = time_of(pickle, times);
        least = took < least ? took : least;
    }
    return (double)least / (double)times;
}

static undr_buffer read_file(const char *path) {
    undr_buffer bytes = {0};
    FILE *file = fopen(path, "rbe");
    size_t got = 1;
    while (file != NULL && got > 0 && undr_buffer_reserve(&bytes, 65536) == UNDR_OK) {
        got = fread(bytes.data + bytes.size, 1, 65536, file);
        bytes.size += got;
    }
    if (file == NULL || ferror(file) != 0 || got > 0) {
        bench_fail("%s: %s", path, strerror(errno));
    }
    (void)fclose(file);
    return bytes;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        bench_fail("usage: bench-decode FILE");
    }
    undr_buffer file = read_file(argv[1]);
    undr_cursor cursor = undr_cursor_over(undr_buffer_slice(&file));
    uint32_t size;
    const char *separator = "";
    (void)printf("{\"ns\": [");
    while (undr_read_u32le(&cursor, &size)) {
        undr_slice pickle;
        if (!undr_read_slice(&cursor, size, &pickle)) {
            bench_fail("%s is cut short", argv[1]);
        }
        (void)printf("%s%.1f", separator, best(pickle));
        separator = ", ";
    }
    (void)printf("]}\n");
    undr_buffer_free(&file);
    return 0;
}
