/* shrink.h: makes a failing session as small as possible. */
#ifndef CHECK_SHRINK_H
#define CHECK_SHRINK_H

#include "explore/session.h"

/* Does it fail in the same way? UNDR_OK: yes; UNDR_DONE: no; anything else ends the shrinking. */
typedef undr_error check_fails(void *context, const check_explored *session);

/* Leaves operations out, many at once at first, then makes the rest simpler, until nothing more can go or `tries`
 * sessions were tried. *session becomes the smallest failing one; it is valid at any time, even when this ends
 * early. */
UNDR_MUST_USE undr_error check_shrink(check_explored *session, check_fails *fails, void *context, unsigned tries);

#endif
