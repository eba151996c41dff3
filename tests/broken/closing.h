/* closing.h: what a broken pool does wrong with foreign connections, with closes, and with workers that die. */
#ifndef BROKEN_CLOSING_H
#define BROKEN_CLOSING_H

#include "state.h"

/* All under the lock. */

/* Is this connection answered with None, or CloseRequest, even if a task waits? */
bool gets_no_task(const manager *m, const connection *c);
bool is_dismissed(const manager *m, const connection *c);
/* Is a task handed out although the manager closes? */
bool runs_on(manager *m, const connection *c, bool done);
/* Is the connection ended for a message? */
bool refuses_message(const manager *m, const connection *c);
bool drops_task(const manager *m, const connection *c);
/* What JOIN, CANCEL and KILL wait for besides what they should, or before they begin. */
void wait_beside(manager *m);
long forgotten(const manager *m); /* how many of the remaining tasks JOIN does not wait for */
/* A connection has ended, with or without tasks out. */
void mourn(manager *m, const connection *c);

#endif
