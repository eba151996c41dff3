/* pickle.h: enough of pickle for the broken peer: reads what CPython writes in protocols 0 to 5 of plain values and
 * instances, writes protocols 2, 4 and 5. Nothing is executed. */
#ifndef BROKEN_PICKLE_H
#define BROKEN_PICKLE_H

#include "pickle_value.h"

/* NULL: not a pickle. *used (may be NULL): where it ended. */
val *pickle_loads(pool *p, const uint8_t *data, size_t size, size_t *used);
/* Owned by the caller. */
bytes pickle_dumps(const val *v, int protocol);

#endif
