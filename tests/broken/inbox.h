/* inbox.h: the broken manager's inbox. Every function is called under the lock. */
#ifndef BROKEN_INBOX_H
#define BROKEN_INBOX_H

#include "state.h"

void put_message(manager *m, const void *data, size_t size);
void put_own_message(manager *m, const void *data, size_t size);
/* Tells the program that a task was lost. */
void report_lost(manager *m);
bool take_message(manager *m, bytes *data); /* owned by the caller */
void clear_inbox(manager *m);

#endif
