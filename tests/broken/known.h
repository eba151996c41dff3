/* known.h: the connections that the broken manager knows. Every function is called under the lock. */
#ifndef BROKEN_KNOWN_H
#define BROKEN_KNOWN_H

#include "state.h"

connection *remember_connection(manager *m, int fd);
void forget_connection(manager *m, connection *c); /* closes and frees it; its tasks are lost */
void shut_all(manager *m);

#endif
