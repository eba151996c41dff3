/* guard_page.h: bytes that end where the readable memory ends, so that reading one byte too far is a crash. */
#ifndef GUARD_PAGE_H
#define GUARD_PAGE_H

#include "undr/bytes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct guarded {
    undr_slice bytes;
    void *mapping;
    size_t mapping_size;
} guarded;

static inline guarded guard_page_copy(undr_slice bytes) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t readable = (bytes.size + page) / page * page;
    guarded result = {.mapping_size = readable + page};
    result.mapping = mmap(NULL, result.mapping_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (result.mapping == MAP_FAILED || mprotect((char *)result.mapping + readable, page, PROT_NONE) != 0) {
        abort();
    }
    char *start = (char *)result.mapping + readable - bytes.size;
    if (bytes.size > 0) {
        memcpy(start, bytes.data, bytes.size);
    }
    result.bytes = undr_slice_of(start, bytes.size);
    return result;
}

static inline void guard_page_free(guarded *copy) {
    (void)munmap(copy->mapping, copy->mapping_size);
}

#endif
