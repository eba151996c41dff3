/* values.h: values that the broken peer changes on their way. */
#ifndef BROKEN_VALUES_H
#define BROKEN_VALUES_H

#include "pickle.h"

/* What is sent or kept instead of v: a copy, if a bug changes it. Lives in p. */
val *odd_value(pool *p, val *v);

/* Is a message read and written anew before it is kept? */
bool messages_are_pickled_anew(void);

#endif
