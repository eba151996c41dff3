/* session_case.c: a random session written as the case that it is. */
#include "explore/session_case.h"

#include "explore/role_sessions.h"

undr_error check_explored_write(
    const check_explored *session, const check_reachable *reachable, const char *name, undr_buffer *text) {
    undr_error error = undr_put_format(text, "case %s\n", name);
    if (error != UNDR_OK) {
        return error;
    }
    switch (session->role) {
    case CHECK_ROLE_WORKER: return check_explored_write_worker(session, text);
    case CHECK_ROLE_POOL: return check_explored_write_pool(session, text);
    default: return check_explored_write_manager(session, reachable, text);
    }
}
