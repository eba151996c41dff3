/* failing.h: makes an allocation fail on purpose. Works in programs that are linked with --wrap for malloc, calloc and
 * realloc (fuzz/CMakeLists.txt does so for the targets that use it). */
#ifndef UNDR_FUZZ_FAILING_H
#define UNDR_FUZZ_FAILING_H

#include <stdbool.h>

/* The allocation number `which` from now (1: the next) fails; 0: none does. */
void failing_allocation(unsigned which);
/* Whether it came to that; and none fails any more. */
bool failing_allocation_end(void);

#endif
