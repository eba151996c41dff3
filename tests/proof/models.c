/* models.c: functions of the C library that CBMC has no model of. */
#include <stddef.h>

void *memchr(const void *bytes, int wanted, size_t size) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++) {
        if (at[i] == (unsigned char)wanted) {
            return (void *)(at + i);
        }
    }
    return NULL;
}
