/* role.h: the names of the roles. */
#ifndef CHECK_ROLE_H
#define CHECK_ROLE_H

#include "notation/case.h"

enum { CHECK_ROLE_COUNT = 3 };
const char *check_role_name(check_role role); /* "manager" */

#endif
