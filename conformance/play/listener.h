/* listener.h: whose is the socket that listens on a port? */
#ifndef CHECK_LISTENER_H
#define CHECK_LISTENER_H

#include "family.h"

#include <stdint.h>

/* Does something listen on the port (IPv4, loopback or any address) that none of these processes has open? A port
 * that a target has closed can be given to another target at once. False when that can't be told. */
bool check_listener_is_foreign(uint16_t port, const check_pids *family);

/* Does one of these processes listen on the port at an address that other machines can reach? False, too, when that
 * can't be told. */
bool check_listener_is_exposed(uint16_t port, const check_pids *family);

#endif
