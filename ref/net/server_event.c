/* server_event.c: how threads of the program learn that the inbox, the counts or the interrupts changed: through the
 * condition that undr_server_wait waits for, and through a descriptor that a program can poll. */
#include "net/server_parts.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

undr_error undr_server_event(undr_server *server, int *file) {
    uv_mutex_lock(&server->lock);
    if (server->event < 0) {
        /* Readable from the start, so that the program also looks at what happened before it was opened. */
        server->event = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
        server->event_is_readable = true;
    }
    int reason = errno;
    *file = server->event;
    uv_mutex_unlock(&server->lock);
    errno = reason;
    return *file < 0 ? UNDR_SYSTEM : UNDR_OK;
}

void undr_server_announce(undr_server *server) {
    uv_cond_broadcast(&server->news);
    if (server->event >= 0 && !server->event_is_readable) {
        const uint64_t one = 1;
        /* Fails only for a counter at its end, and this one is 0. */
        server->event_is_readable = write(server->event, &one, sizeof one) == (ssize_t)sizeof one;
    }
}

void undr_server_calm(undr_server *server) {
    uint64_t count;
    if (server->event >= 0 && server->event_is_readable) {
        server->event_is_readable = read(server->event, &count, sizeof count) != (ssize_t)sizeof count;
    }
}

void undr_server_event_close(undr_server *server) {
    if (server->event >= 0) {
        (void)close(server->event); /* nothing was written to a file */
    }
}
