/* server.h: the manager's core behind a TCP port, of 127.0.0.1 unless told otherwise twice, in a thread of its own. It
 * moves frames between the connections and the core, times held answers, and ends connections that break the
 * protocol. Spec: "The manager".
 *
 * The core is shared: a caller takes the lock. All functions may be called from any thread but the server's;
 * undr_server_interrupt in that one, too. undr_server_wait, undr_server_notify, undr_server_interrupts (and of course
 * undr_server_unlock) want the lock held; undr_server_wake and undr_server_port do not mind; all others take it
 * themselves and must be called without it. */
#ifndef UNDR_SERVER_H
#define UNDR_SERVER_H

#include "undr/manager.h"

#include <stdio.h>

UNDR_API_BEGIN

enum { UNDR_DEFAULT_PATIENCE_MS = 30000 }; /* FAULT-6: five seconds at the least */

typedef struct undr_server undr_server;

typedef struct undr_server_options {
    undr_manager_options manager;
    const char *address;  /* IPv4 that it listens on; NULL: 127.0.0.1 */
    uint16_t port;        /* 0: the system chooses one */
    bool beyond_loopback; /* the address may be one that other machines reach (SEC-2) */
    bool same_user;       /* a peer of another user of this machine, or of another machine, is not served */
    size_t connections;   /* at a time; one more replaces one that has sent no request, or is ended. 0, and maximum: the
                             number of descriptors (RLIMIT_NOFILE), minus 64 */
    uint64_t
        payload_limit;     /* of one frame (FRAME-7); 0: UNDR_DEFAULT_PAYLOAD_LIMIT; above UNDR_PAYLOAD_MAXIMUM: that */
    uint64_t patience;     /* ms for which a connection may read nothing of answers that wait for it, before it is
                               closed; 0: UNDR_DEFAULT_PATIENCE_MS */
    FILE *log;             /* a line for each connection that is ended, with its peer and the reason; NULL: none.
                               As long as the server. Lines go to its descriptor at once, or are left out and counted:
                               a pipe or terminal that nobody reads blocks nobody. Without a descriptor (a memory
                               stream) it is written with stdio, in the server's thread, and must not block */
    bool handle_interrupt; /* SIGINT counts as an interrupt */
} undr_server_options;

/* Listens and serves. UNDR_ARGUMENT, UNDR_BEYOND_LOOPBACK, UNDR_MEMORY, UNDR_SYSTEM (errno says why). Where one of the
 * descriptors 0 to 2 is closed it gets a placeholder (descriptors.h). */
UNDR_MUST_USE undr_error undr_server_start(const undr_server_options *options, undr_server **server);
uint16_t undr_server_port(const undr_server *server);

/* The core, for the caller alone until undr_server_unlock; keep it short. Behind a call that makes answers due
 * (schedule, close) undr_server_wake sends them. */
undr_manager_core *undr_server_lock(undr_server *server);
void undr_server_unlock(undr_server *server);
void undr_server_wake(undr_server *server);

/* With the lock held: lets others have it until the inbox or the counts may have changed, undr_server_notify was
 * called, or `ms` have passed (UINT64_MAX: no bound), then takes it again. False: the time has passed. */
bool undr_server_wait(undr_server *server, uint64_t ms);
void undr_server_notify(undr_server *server);

/* Interrupts so far (with the lock held): SIGINTs, when they are handled, and calls of undr_server_interrupt, which
 * takes the lock itself and is not for a signal handler. */
unsigned undr_server_interrupts(const undr_server *server);
void undr_server_interrupt(undr_server *server);

/* New connections are refused when it returns; those that are open are served as before. Twice is fine. */
void undr_server_stop_listening(undr_server *server);
void undr_server_end_connections(undr_server *server);

/* Ends everything. NULL is fine. */
void undr_server_free(undr_server *server);

UNDR_API_END

#endif
