/* role.c: the names of the roles. */
#include "suite/role.h"

const char *check_role_name(check_role role) {
    static const char *const names[CHECK_ROLE_COUNT] = {"manager", "worker", "pool"};
    return names[role];
}
