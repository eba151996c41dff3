/* handles.h: numbers for pointers: found in constant time, and never reused. Private to ref/. */
#ifndef UNDR_HANDLES_H
#define UNDR_HANDLES_H

#include "undr/error.h"

#include <stddef.h>
#include <stdint.h>

/* {0} is empty; undr_handles_free when done. The pointers are the caller's. */
typedef struct undr_handles {
    struct undr_handle_slot *slots;
    size_t capacity;
    size_t count;      /* handles in use */
    size_t first_free; /* slot, + 1; 0: none */
} undr_handles;

UNDR_MUST_USE undr_error undr_handles_add(undr_handles *handles, void *what, uint64_t *number); /* never 0; MEMORY */
void *undr_handles_find(const undr_handles *handles, uint64_t number);                          /* NULL: unknown */
void undr_handles_remove(undr_handles *handles, uint64_t number);                               /* a known one */

/* One after the other, from *place = 0 on; NULL: there are no more. The one that was given may be removed meanwhile. */
void *undr_handles_next(const undr_handles *handles, size_t *place);
void undr_handles_free(undr_handles *handles);

#endif
