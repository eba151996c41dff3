/* shrink.h: makes a session that fails as small as it gets, still failing. */
#ifndef CHECK_SHRINK_H
#define CHECK_SHRINK_H

#include "explore/session.h"

/* Does it fail in the way that is looked for? UNDR_OK: yes; UNDR_DONE: no; anything else ends the shrinking. */
typedef undr_error check_fails(void *context, const check_explored *session);

/* Leaves operations out, the many first, then makes those that are left plainer, until nothing more can go or `tries`
 * sessions were tried. *session is replaced by the smallest that fails; it is right at any time, also when this ends
 * early. */
UNDR_MUST_USE undr_error check_shrink(check_explored *session, check_fails *fails, void *context, unsigned tries);

#endif
