/* vectors.h: for tests that read vectors from the JSON files of the source tree. */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include "undr/bytes.h"
#include "undr/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>
#include <cmocka.h>

static inline uint8_t hex_digit(char character) {
    return (uint8_t)(character <= '9' ? character - '0' : character - 'a' + 10);
}

/* The bytes that lower-case hexadecimal digits mean; the caller frees them. */
static inline undr_buffer unhex(const char *text) {
    undr_buffer bytes = {0};
    for (; text[0] != '\0' && text[1] != '\0'; text += 2) {
        assert_int_equal(undr_put_u8(&bytes, (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]))), UNDR_OK);
    }
    return bytes;
}

/* A file by its path in the source tree (ctest sets the variable); NULL and a message when it can't be read. */
static inline json_t *load_vectors(const char *name) {
    char path[4096];
    const char *source = getenv("UNDR_SOURCE_DIR");
    (void)snprintf(path, sizeof path, "%s/%s", source == NULL ? "." : source, name);
    json_error_t error;
    json_t *file = json_load_file(path, JSON_ALLOW_NUL, &error);
    if (file == NULL) {
        print_error("%s:%d: %s (UNDR_SOURCE_DIR must name the source tree)\n", path, error.line, error.text);
    }
    return file;
}

/* A worker that has just asked for a task gets this frame. */
static inline undr_error give_to_worker(const undr_frame *frame) {
    undr_worker_core core;
    undr_frame request = {0};
    undr_worker_action action = UNDR_WORKER_POLL;
    undr_arena arena = {0};
    undr_value *task = NULL;
    undr_worker_start(&core);
    assert_int_equal(undr_worker_ask(&core, &request), UNDR_OK);
    const undr_error error = undr_worker_receive(&core, frame, &arena, &action, &task);
    undr_arena_free(&arena);
    return error;
}

#endif
