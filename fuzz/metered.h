/* metered.h: counts what malloc, calloc and realloc give and free takes back. Works in programs that are linked with
 * --wrap for the four (fuzz/CMakeLists.txt does so for the targets that use it). */
#ifndef UNDR_FUZZ_METERED_H
#define UNDR_FUZZ_METERED_H

#include <stddef.h>

void metered_begin(void);   /* from here on */
size_t metered_peak(void);  /* the most bytes that were held at once, of those allocated since */
size_t metered_calls(void); /* allocations */

#endif
