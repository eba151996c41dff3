/* version.h: versions: numbers joined by dots. */
#ifndef CHECK_VERSION_H
#define CHECK_VERSION_H

#include "undr/bytes.h"

enum { CHECK_VERSION_NUMBERS = 8 };

typedef struct check_version {
    unsigned at[CHECK_VERSION_NUMBERS];
    size_t count;
} check_version;

/* The first version of the specification and its suite: what says nothing else has been there since then. */
#define CHECK_FIRST_VERSION "0.1.0"

/* "3.14.0rc2": 3, 14, 0. What follows the numbers is ignored; false: there is none. */
bool check_version_read(undr_slice text, check_version *to);
/* Below 0, 0, above 0: of `found` against `asked`, as far as `asked` goes. */
int check_version_compare(const check_version *found, const check_version *asked);

/* Is `since` (NULL: the first version) behind `as_of` (NULL: today, and nothing is)? */
bool check_version_is_newer(const char *since, const char *as_of);

#endif
