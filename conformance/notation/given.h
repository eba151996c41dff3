/* given.h: what a file is that is no capture of the protocol, for messages. */
#ifndef CHECK_GIVEN_H
#define CHECK_GIVEN_H

#include "undr/bytes.h"

typedef enum check_given {
    CHECK_GIVEN_BYTES, /* of one side, as far as can be told */
    CHECK_GIVEN_TEXT,  /* that may be hexadecimal */
    CHECK_GIVEN_PACKETS,
    CHECK_GIVEN_OTHER
} check_given;

/* Of CHECK_GIVEN_OTHER and CHECK_GIVEN_TEXT, *clause gets what it is, and what to do: "it is a PNG image; ...". */
check_given check_what_is_given(undr_slice bytes, const char **clause);

#endif
