/* session_case.h: a random session written as the case that it is. */
#ifndef CHECK_SESSION_CASE_H
#define CHECK_SESSION_CASE_H

#include "explore/session.h"

/* Appends the session as a case of the notation. */
UNDR_MUST_USE undr_error check_explored_write(
    const check_explored *session, const check_reachable *reachable, const char *name, undr_buffer *text);

#endif
