/* values.h: values that become others on their way through the broken peer. */
#ifndef BROKEN_VALUES_H
#define BROKEN_VALUES_H

#include "pickle.h"

/* What is sent, or kept, for v: a copy where something is wrong with it. Lives in p. */
val *odd_value(pool *p, val *v);

/* Is a message read and written anew before it is kept? */
bool messages_are_pickled_anew(void);

#endif
