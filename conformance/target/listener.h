/* listener.h: which process owns the socket that listens on a port? */
#ifndef CHECK_LISTENER_H
#define CHECK_LISTENER_H

#include "target/process_tree.h"

#include <stdint.h>

/* Does something listen on the port (IPv4, loopback or any address) that none of these processes has open? A port that
 * a target has closed can go to another target at once. False when a process can't be inspected. SYSTEM: the harness
 * lacks something. */
UNDR_MUST_USE undr_error check_listener_is_foreign(uint16_t port, const check_pids *family, bool *foreign);

/* Does one of these processes listen on the port at an address that other machines can reach? Likewise. */
UNDR_MUST_USE undr_error check_listener_is_exposed(uint16_t port, const check_pids *family, bool *exposed);

#endif
