/* foreign.h: which connections are a pool's own workers', and what they have out. Under the lock. */
#ifndef BROKEN_FOREIGN_H
#define BROKEN_FOREIGN_H

#include "state.h"

bool is_foreign(const manager *m, const connection *c);
int foreign_out(const manager *m);  /* tasks that foreign connections have out */
int workers_busy(const manager *m); /* workers of its own with a task out */

#endif
