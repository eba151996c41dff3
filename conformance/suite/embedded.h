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

/* The pages of the specification, "protocol.md" first. */
extern const check_embedded check_spec_pages[];

/* Where a comment of the reference names a requirement. */
typedef struct check_place {
    const char *id; /* NULL ends the table */
    const char *file;
    int line;
} check_place;
extern const check_place check_spec_places[];

/* A bug that the suite is tested with. */
typedef struct check_known_bug {
    const char *name; /* with underscores; NULL ends the table */
    const char *role, *ids, *what;
} check_known_bug;
extern const check_known_bug check_known_bugs[];

#endif
