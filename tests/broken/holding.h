/* holding.h: answers that the broken manager holds. Under the lock. */
#ifndef BROKEN_HOLDING_H
#define BROKEN_HOLDING_H

#include "state.h"

bool may_hold(void);
bool peer_is_gone(const connection *c);
/* For the bugs that wait for the end of a declared hold: is this one that what has come does not end? */
bool hold_lasts(manager *m, connection *c);
/* Holds an answer until a task waits for it, the manager closes, or the time is over. False: the answer is None, even
 * if a task waits. done: it is the answer to t. */
bool hold(manager *m, connection *c, bool done);
/* Throws away bytes that have arrived and were not read. */
void drop_pending(int fd);

#endif
