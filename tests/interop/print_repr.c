/* print_repr.c: what undr_task_repr makes of pickles. Reads any number of them from standard input, each behind its
 * length (4 bytes, little-endian), and writes the texts in the same way; for task_repr.py. */
#include "undr/pickle.h"
#include "undr/task.h"

#include <stdio.h>
#include <stdlib.h>

static void must(undr_error error) {
    if (error != UNDR_OK) {
        (void)fprintf(stderr, "interop-print-repr: %s\n", undr_error_text(error));
        exit(EXIT_FAILURE);
    }
}

static undr_buffer read_all(void) {
    undr_buffer input = {0};
    size_t got;
    do {
        must(undr_buffer_reserve(&input, 65536));
        got = fread(input.data + input.size, 1, 65536, stdin);
        input.size += got;
    } while (got > 0);
    return input;
}

static void put_repr(undr_buffer *output, undr_slice pickle) {
    undr_arena arena = {0};
    undr_buffer text = {0};
    undr_value *task;
    must(undr_pickle_read(pickle, NULL, &arena, &task, NULL, NULL));
    must(undr_task_repr(&text, task));
    must(undr_put_u32le(output, (uint32_t)text.size));
    must(undr_put_slice(output, undr_buffer_slice(&text)));
    undr_buffer_free(&text);
    undr_arena_free(&arena);
}

int main(void) {
    undr_buffer input = read_all(), output = {0};
    undr_cursor cursor = undr_cursor_over(undr_buffer_slice(&input));
    undr_slice pickle;
    uint32_t size;
    while (undr_read_u32le(&cursor, &size) && undr_read_slice(&cursor, size, &pickle)) {
        put_repr(&output, pickle);
    }
    const bool written = fwrite(output.data, 1, output.size, stdout) == output.size && fflush(stdout) == 0;
    undr_buffer_free(&input);
    undr_buffer_free(&output);
    return written ? EXIT_SUCCESS : EXIT_FAILURE;
}
