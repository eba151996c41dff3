/* embedded.h: the case files inside the binary; the build generates their bytes from conformance/cases. */
#ifndef CHECK_EMBEDDED_H
#define CHECK_EMBEDDED_H

#include <stddef.h>
#include <stdint.h>

typedef struct check_embedded {
    const char *name; /* the file's name, "schedule.case"; NULL ends the table */
    const uint8_t *data;
    size_t size;
} check_embedded;

/* Of the specification that was built in: protocol.md, followed by adapter.md. */
extern const char check_spec_sha256[];

extern const check_embedded check_embedded_cases[];

#endif
