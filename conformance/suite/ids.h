/* ids.h: do a user's cases name requirements that the specification has? */
#ifndef CHECK_IDS_H
#define CHECK_IDS_H

#include "suite/suite.h"

/* What the specification says about an id. The build generates the table from spec/. */
typedef struct check_known_id {
    const char *id; /* NULL ends the table */
    check_level level;
    const char *since, *raised; /* versions: the first that has it, the first where it is a MUST; NULL: all */
} check_known_id;

extern const check_known_id check_known_ids[];

/* The one that is most like it; NULL: none is. */
const char *check_nearest_id(const check_known_id *known, const char *id);

/* Prints a warning for each requirement of a case that was not embedded whose id is not in the table, naming the
 * nearest one, or which has another level there. Returns how many. */
size_t check_ids_warn(FILE *out, const check_suite *suite, const check_known_id *known);

#endif
