/* failing_malloc.h: lets the n-th allocation of the code under test fail. tests/CMakeLists.txt links a test that
 * includes this with --wrap for the three functions. */
#ifndef TESTS_FAILING_MALLOC_H
#define TESTS_FAILING_MALLOC_H

#include <stdbool.h>
#include <stddef.h>

static size_t allocations_until_failure; /* 0: none fails */
static bool allocation_failed;

/* The n-th allocation from now fails, once; 0: none. */
static inline void fail_allocation(size_t n) {
    allocations_until_failure = n;
    allocation_failed = false;
}

static inline bool allocation_fails_now(void) {
    if (allocations_until_failure == 0 || --allocations_until_failure > 0) {
        return false;
    }
    allocation_failed = true;
    return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_malloc(size_t size) {
    return allocation_fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return allocation_fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size) {
    return allocation_fails_now() ? NULL : __real_realloc(memory, size);
}

#endif
