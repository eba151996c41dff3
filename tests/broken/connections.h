/* connections.h: the broken manager's side of each connection. */
#ifndef BROKEN_CONNECTIONS_H
#define BROKEN_CONNECTIONS_H

#include "state.h"

/* A thread that accepts until the listener is shut down. argument: the manager. */
void *accept_connections(void *argument);

#endif
