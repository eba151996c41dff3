/* socket.h: undr.task's functions on a connected, blocking TCP socket, and Proxy, the worker's end of a connection.
 *
 * All handle short reads and writes and EINTR, never raise SIGPIPE, and return UNDR_END (orderly end of stream),
 * UNDR_RESET (ECONNRESET, EPIPE) or UNDR_SYSTEM (errno kept). */
#ifndef UNDR_SOCKET_H
#define UNDR_SOCKET_H

#include "undr/frame.h"
#include "undr/pickle.h"
#include "undr/task.h"
#include "undr/worker.h"

UNDR_API_BEGIN

/* A new connection to 127.0.0.1:port. *client is the caller's to close; -1 on failure. UNDR_SYSTEM, errno kept. It is
 * never one of the descriptors 0 to 2: where one of these is closed it gets a placeholder (descriptors.h). */
UNDR_MUST_USE undr_error undr_connect(uint16_t port, int *client);
/* The same to an IPv4 address as text (NULL: 127.0.0.1). UNDR_ARGUMENT: it is not one. */
UNDR_MUST_USE undr_error undr_connect_to(const char *address, uint16_t port, int *client);

UNDR_MUST_USE undr_error undr_send_bytes(int client, uint8_t type, undr_slice message);
UNDR_MUST_USE undr_error undr_send_pieces(int client, uint8_t type, const undr_pieces *message);
UNDR_MUST_USE undr_error undr_send_message(int client, uint8_t type, const undr_value *message); /* in protocol 4 */
UNDR_MUST_USE undr_error undr_send_type(int client, uint8_t type);                               /* empty payload */

/* Reads exactly one frame: *message holds its payload (its old content is dropped, its memory reused; grown as the
 * bytes arrive, never just because of the header). End of stream between or inside frames: UNDR_END. */
UNDR_MUST_USE undr_error undr_receive_bytes(int client, uint64_t payload_limit, uint8_t *type, undr_buffer *message);

/* The same, decoded into arena: *message is NULL for an empty payload (never unpickled, FRAME-2). */
UNDR_MUST_USE undr_error undr_receive_message(
    int client, uint64_t payload_limit, uint8_t *type, undr_arena *arena, undr_value **message);

/* Reads one frame, of at most UNDR_PAYLOAD_MINIMUM, and checks that it is an acknowledgement: of expected_type and
 * empty, else UNDR_ACKNOWLEDGEMENT. */
UNDR_MUST_USE undr_error undr_receive_type(int client, uint8_t expected_type);

/* Proxy: the manager as a worker process sees it. It is an undr_manager whose functions cross the connection.
 * {0}-initialise with undr_proxy_init; undr_proxy_close when done. */
typedef struct undr_proxy {
    undr_manager manager;       /* first: a Proxy* is an undr_manager* */
    const char *server_address; /* NULL: 127.0.0.1; borrowed */
    uint16_t server_port;
    uint64_t payload_limit;
    int client; /* -1 before setup */
    undr_worker_core core;
    undr_error ended; /* how the stream ended or failed; UNDR_OK while it has not */
    undr_pieces out;  /* pickle of the request being sent */
    undr_buffer in;   /* payload of the last answer */
} undr_proxy;

void undr_proxy_init(undr_proxy *proxy, uint16_t server_port, uint64_t payload_limit);
UNDR_MUST_USE undr_error undr_proxy_setup(undr_proxy *proxy); /* connects */
/* Ask and wait. *action is POLL, RUN or LEAVE; *task is the decoded answer, in arena (NULL: an empty payload). */
UNDR_MUST_USE undr_error undr_proxy_next_task(
    undr_proxy *proxy, undr_arena *arena, undr_worker_action *action, undr_value **task);
UNDR_MUST_USE undr_error undr_proxy_acknowledge_and_next_task(
    undr_proxy *proxy, undr_arena *arena, undr_worker_action *action, undr_value **task);
UNDR_MUST_USE undr_error undr_proxy_schedule(undr_proxy *proxy, const undr_value *task, unsigned priority);
UNDR_MUST_USE undr_error undr_proxy_send_message(undr_proxy *proxy, const undr_value *message);
void undr_proxy_close(undr_proxy *proxy);

/* ProcessManager.target, the worker loop: setup, ask, run, report, settle, until CloseRequest or the manager is gone.
 *
 * UNDR_OK, for exit status 0: left after a CloseRequest, or the manager ended the connection (FIN or RST) while this
 * worker asked, paused or ran a task that sent nothing, or ended it by a FIN before it acknowledged a request of a task
 * (WORK-17, WORK-18). Anything else is for exit status 1: the manager broke the protocol (WORK-16, WORK-23), or was
 * gone when a task had something to send, or reset the connection then; a system call or an allocation failed. */
typedef struct undr_target_options {
    const char *server_address; /* IPv4; NULL: 127.0.0.1 */
    uint16_t server_port;
    uint64_t payload_limit;  /* 0: no limit but the memory */
    unsigned poll_period_ms; /* pause after None (WORK-3, WORK-21); 0: 20 */
    const undr_registry *registry;
    void *log; /* FILE *, one line per event, written at once, or left out and counted: it blocks no worker; or NULL */
} undr_target_options;
UNDR_MUST_USE undr_error undr_target(const undr_target_options *options);

/* For a task that waits, so that it does not outlive the manager that it is run for: until `file` (-1: none) can be
 * read, or `ms` (UINT64_MAX: no bound) have passed: UNDR_OK. UNDR_END: the manager has ended the connection, and the
 * worker leaves (WORK-17) when the task returns, whatever it returns; of a manager that is no undr_proxy there is no
 * such end. A signal does not cut it short. UNDR_SYSTEM (errno). */
UNDR_MUST_USE undr_error undr_wait_for(undr_manager *manager, int file, uint64_t ms);

UNDR_API_END

#endif
