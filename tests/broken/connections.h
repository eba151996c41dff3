/* connections.h: the broken manager's side of each connection. */
#ifndef BROKEN_CONNECTIONS_H
#define BROKEN_CONNECTIONS_H

#include "state.h"

/* A thread that accepts until the listener is shut down. argument: the manager. */
void *accept_connections(void *argument);

/* Handles a frame and writes its answers; false: the connection is over. The payload may be replaced by another one; the
 * caller frees what is there then. */
bool serve_frame(manager *m, connection *c, frame *f);

#endif
