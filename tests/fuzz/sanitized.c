/* sanitized.c: does one thing, of the library where that is possible, that a sanitizer must report: the proof that a
 * build with it can fail. sanitized uninitialised|overflow|leak|undefined|race */
#include "undr/bytes.h"
#include "undr/frame.h"

#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 9 };

/* The header of a frame in memory of so many bytes, of which so many were written. */
static int decode_header(size_t allocated, size_t written) {
    uint8_t *bytes = malloc(allocated);
    if (bytes == NULL) {
        return 1;
    }
    memset(bytes, 0, written);
    bytes[0] = 'n';
    undr_frame frame;
    uint64_t spent = 0;
    const undr_error error = undr_frame_decode(undr_slice_of(bytes, HEADER), HEADER, &frame, &spent);
    printf("%s\n", error == UNDR_OK ? "a frame" : "no frame");
    free(bytes);
    return 0;
}

static int lose_memory(void) {
    char *volatile lost = malloc(HEADER);
    lost = NULL;
    return lost == NULL ? 0 : 1;
}

static int overflow_integer(void) {
    volatile int most = INT_MAX;
    most = most + 1;
    return 0;
}

static void *write_some(void *text) {
    for (int i = 0; i < 1000 && undr_put_text(text, "x") == UNDR_OK; ++i) {}
    return NULL;
}

/* Two threads write to one buffer. */
static int race(void) {
    undr_buffer text = {0};
    pthread_t other;
    if (pthread_create(&other, NULL, write_some, &text) != 0) {
        return 1;
    }
    write_some(&text);
    pthread_join(other, NULL);
    undr_buffer_free(&text);
    return 0;
}

int main(int count, char **words) {
    const char *fault = count == 2 ? words[1] : "";
    if (strcmp(fault, "uninitialised") == 0) {
        return decode_header(HEADER, 1);
    }
    if (strcmp(fault, "overflow") == 0) {
        return decode_header(HEADER - 1, 1);
    }
    if (strcmp(fault, "leak") == 0) {
        return lose_memory();
    }
    if (strcmp(fault, "undefined") == 0) {
        return overflow_integer();
    }
    if (strcmp(fault, "race") == 0) {
        return race();
    }
    fprintf(stderr, "usage: sanitized uninitialised|overflow|leak|undefined|race\n");
    return 2;
}
