/* test_allocations_exact.c: test_allocations.c where each value, and each append to a buffer, is an allocation of its
 * own (tests/CMakeLists.txt compiles the code under test for it with UNDR_EXACT_MEMORY): far more can fail. */
#include "support/failing_malloc.h"

#include "test_allocations.c"
