/* metered.c: malloc, calloc, realloc and free, with a count of the bytes that are held. */
#include "metered.h"

#include <malloc.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);

static size_t held, peak, calls;

void metered_begin(void) {
    held = 0;
    peak = 0;
    calls = 0;
}

size_t metered_peak(void) {
    return peak;
}

size_t metered_calls(void) {
    return calls;
}

static void *given(void *memory) {
    held += memory == NULL ? 0 : malloc_usable_size(memory);
    peak = held > peak ? held : peak;
    calls++;
    return memory;
}

/* What was allocated before metered_begin may be freed after it. */
static void taken(size_t size) {
    held -= size < held ? size : held;
}

void *__wrap_malloc(size_t size) {
    return given(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size) {
    return given(__real_calloc(count, size));
}

/* While it copies, realloc may hold both. */
void *__wrap_realloc(void *memory, size_t size) {
    size_t before = memory == NULL ? 0 : malloc_usable_size(memory);
    void *result = given(__real_realloc(memory, size));
    if (result != NULL) {
        taken(before);
    }
    return result;
}

void __wrap_free(void *memory) {
    taken(memory == NULL ? 0 : malloc_usable_size(memory));
    __real_free(memory);
}
