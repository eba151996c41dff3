/* old_pickle.h: writes pickles of the protocols 0 and 1, which only the harness ever sends. */
#ifndef CHECK_OLD_PICKLE_H
#define CHECK_OLD_PICKLE_H

#include "undr/value.h"

/* Appends the pickle of value. UNDR_ARGUMENT for another protocol than 0 and 1, and for an object that was made from
 * arguments; UNDR_LIMIT_DEPTH or UNDR_LIMIT_NODES for a value that contains itself or is too large. */
UNDR_MUST_USE undr_error check_old_pickle(const undr_value *value, int protocol, undr_buffer *buffer);

#endif
