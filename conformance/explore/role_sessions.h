/* role_sessions.h: the steps of a session's case, for each role. */
#ifndef CHECK_ROLE_SESSIONS_H
#define CHECK_ROLE_SESSIONS_H

#include "explore/session.h"

/* Each appends the steps. */
UNDR_MUST_USE undr_error check_explored_write_manager(
    const check_explored *session, const check_reachable *reachable, undr_buffer *text);
UNDR_MUST_USE undr_error check_explored_write_worker(const check_explored *session, undr_buffer *text);
UNDR_MUST_USE undr_error check_explored_write_pool(const check_explored *session, undr_buffer *text);

#endif
