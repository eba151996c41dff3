/* failing_malloc.h: lets allocations of the code under test fail. tests/CMakeLists.txt links a test that includes this
 * with --wrap for the three functions. */
#ifndef TESTS_FAILING_MALLOC_H
#define TESTS_FAILING_MALLOC_H

#include "undr/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

typedef enum failing { FAIL_ONCE, FAIL_FOR_GOOD } failing;

/* Atomic: a server's thread allocates, too. */
static atomic_size_t allocations_until_failure; /* 0: none fails */
static _Atomic failing allocations_fail;
static atomic_bool allocation_failed;

/* The n-th allocation from now fails, that one only or with all behind it. */
static inline void fail_allocations(size_t n, failing how) {
    allocations_fail = how;
    allocation_failed = false;
    allocations_until_failure = n; /* last: it begins to count */
}

/* The n-th allocation from now fails, once; 0: none. */
static inline void fail_allocation(size_t n) {
    fail_allocations(n, FAIL_ONCE);
}

/* There is memory again; allocation_failed stays as it is. */
static inline void end_failing(void) {
    allocations_until_failure = 0;
}

/* One operation from its beginning to its end: it frees all that it took. While there is memory its result is always
 * the same; without memory it is UNDR_MEMORY. */
typedef undr_error operation(void *context);

/* UNDR_ONE_IN=N, under valgrind, where all of it takes minutes: a test may look at one in N of what it reads from
 * files, and of the allocations of an operation only the first FAIL_EACH_OF fail each, then one in N. */
static inline size_t one_in(void) {
    const char *number = getenv("UNDR_ONE_IN");
    const size_t n = number == NULL ? 1 : strtoul(number, NULL, 10);
    return n == 0 ? 1 : n;
}

enum { FAIL_EACH_OF = 40 };

/* How often an allocation could fail, up to one_in() more: each in turn, until the operation gets by without. */
static inline size_t fail_each_once(operation *run, void *context, failing how, undr_error expected) {
    for (size_t number = 1;; number += number < FAIL_EACH_OF ? 1 : one_in()) {
        fail_allocations(number, how);
        const undr_error error = run(context);
        const bool failed = allocation_failed;
        fail_allocation(0);
        if (error != (failed ? UNDR_MEMORY : expected)) {
            print_error("allocation %zu %s: %s\n", number,
                !failed                ? "does not fail"
                    : how == FAIL_ONCE ? "fails"
                                       : "and all behind it fail",
                undr_error_name(error));
        }
        assert_int_equal(error, failed ? UNDR_MEMORY : expected);
        if (!failed) {
            return number - 1;
        }
    }
}

/* Lets the first allocation of an operation fail, then the second, ...: that one only, then with all behind it. Fails
 * when a result is not as said above; says how many allocations there were. */
static inline size_t fail_each(operation *run, void *context) {
    fail_allocation(0);
    const undr_error expected = run(context);
    const size_t once = fail_each_once(run, context, FAIL_ONCE, expected);
    const size_t for_good = fail_each_once(run, context, FAIL_FOR_GOOD, expected);
    assert_int_equal(once, for_good); /* as many as the operation takes when all goes well */
    return once;
}

static inline bool allocation_fails_now(void) {
    size_t left = allocations_until_failure;
    while (left > 0 && !atomic_compare_exchange_weak(&allocations_until_failure, &left, left - 1)) {}
    if (left != 1) {
        return false;
    }
    allocations_until_failure = allocations_fail == FAIL_FOR_GOOD ? 1 : 0;
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
