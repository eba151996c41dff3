/* closing.h: what a broken pool does wrong with foreign connections, with closes, and with workers that die. */
#ifndef BROKEN_CLOSING_H
#define BROKEN_CLOSING_H

#include "state.h"

/* All under the lock. */

/* Is this connection answered None, or CloseRequest, whatever waits? */
bool gets_no_task(const manager *m, const connection *c);
bool is_dismissed(const manager *m, const connection *c);
/* Is a task handed out although the manager closes? */
bool runs_on(manager *m, const connection *c, bool done);
/* Is the connection ended for a message? */
bool refuses_message(const manager *m, const connection *c);
bool drops_task(const manager *m, const connection *c);
/* What JOIN, CANCEL, KILL wait for beside what they should, or before they begin. */
void wait_beside(manager *m);
long forgotten(const manager *m); /* so many of the tasks that are left JOIN does not wait for */
/* A connection has ended, with or without tasks out. */
void mourn(manager *m, const connection *c);

#endif
