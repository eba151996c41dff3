/* failing.c: malloc, calloc and realloc, one call of which can be made to fail. */
#include "failing.h"

#include <errno.h>
#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static unsigned countdown; /* 0: off */
static bool failed;

void failing_allocation(unsigned which) {
    countdown = which;
    failed = false;
}

bool failing_allocation_end(void) {
    bool result = failed;
    countdown = 0;
    failed = false;
    return result;
}

static bool fails_now(void) {
    if (countdown == 0 || --countdown > 0) {
        return false;
    }
    failed = true;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size) {
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size) {
    return fails_now() ? NULL : __real_realloc(memory, size);
}
