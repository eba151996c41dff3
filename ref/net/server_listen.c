/* server_listen.c: the listening sockets, and how connections are accepted. While the loop has no time, or no
 * processor, the kernel keeps waiting connects in a queue of each socket and drops the rest: a dropped connect is late
 * by a second or several. Hence several sockets on one port (SO_REUSEPORT), among which the kernel spreads the
 * connects. */
#include "net/server_parts.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BACKLOG = 65535, /* of each; the kernel takes net.core.somaxconn if that is less */
    BATCH = 64,      /* this many are accepted before others have their turn */
    ACCEPT_AGAIN_MS = 100
};

/* Accepting. */

static void on_acceptable(uv_poll_t *poll, int status, int events);

static void pause_accepting(undr_server *server, int status) {
    undr_server_log(server, NULL, "a connection waits: %s", uv_strerror(status));
    for (size_t i = 0; i < UNDR_LISTENERS; i++) {
        (void)uv_poll_stop(&server->listeners[i].poll); /* always succeeds */
    }
    server->accept_at = uv_now(&server->loop) + ACCEPT_AGAIN_MS;
}

/* At most so many. */
static int accept_some(undr_server *server, const undr_listener *listener, int most) {
    int status = 0;
    for (int i = 0; i < most && (status == 0 || status == UV_EINTR || status == UV_ECONNABORTED); i++) {
        status = undr_peer_accept(server, listener->file);
    }
    return status;
}

static void on_acceptable(uv_poll_t *poll, int status, int events) {
    undr_server *server = poll->data;
    (void)events;
    if (status == 0) {
        status = accept_some(server, (const undr_listener *)poll, BATCH);
    }
    if (status < 0 && status != UV_EAGAIN && status != UV_EINTR && status != UV_ECONNABORTED) {
        pause_accepting(server, status);
    }
}

/* Less than 0: one of the sockets can't be watched. */
static int watch_all(undr_server *server) {
    int status = 0;
    server->accept_at = UINT64_MAX;
    for (size_t i = 0; i < UNDR_LISTENERS && status == 0; i++) {
        undr_listener *listener = &server->listeners[i];
        status = uv_poll_start(&listener->poll, UV_READABLE, on_acceptable);
        if (status == 0) {
            status = undr_loop_watch(&server->loop, listener->file); /* behind that call, which forgets it */
        }
    }
    return status;
}

void undr_server_accept(undr_server *server) {
    int status = watch_all(server);
    if (status != 0) {
        pause_accepting(server, status);
    }
}

/* The end of a listening socket would reset them. Only as many as can wait there: peers that connect as fast as they
 * are accepted would never end. */
void undr_server_accept_rest(undr_server *server) {
    for (size_t i = 0; i < UNDR_LISTENERS; i++) {
        const undr_listener *listener = &server->listeners[i];
        int status = listener->file < 0 ? UV_EAGAIN : accept_some(server, listener, BACKLOG);
        if (status < 0 && status != UV_EAGAIN) {
            undr_server_log(server, NULL, "connections are not served: %s", uv_strerror(status));
        }
    }
}

/* Begin and end. */

static int switch_on(int file, int level, int option) {
    int on = 1;
    return setsockopt(file, level, option, &on, sizeof on) == 0 ? 0 : -errno;
}

/* The first one finds out whether another program has the port, so it shares the port only once it has it. */
static int bind_socket(undr_server *server, int file, bool first) {
    struct sockaddr_in *address = &server->address;
    socklen_t size = sizeof *address;
    int status = switch_on(file, SOL_SOCKET, first ? SO_REUSEADDR : SO_REUSEPORT);
    if (status == 0 && bind(file, (const struct sockaddr *)address, sizeof *address) != 0) {
        status = -errno;
    }
    if (status == 0 && first) {
        status = switch_on(file, SOL_SOCKET, SO_REUSEPORT);
    }
    if (status == 0 && getsockname(file, (struct sockaddr *)address, &size) != 0) {
        status = -errno;
    }
    return status;
}

static int open_listener(undr_server *server, undr_listener *listener) {
    int file = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (file < 0) {
        return -errno;
    }
    int status = bind_socket(server, file, listener == server->listeners);
    if (status == 0) {
        status = switch_on(file, IPPROTO_TCP, TCP_NODELAY); /* what it accepts inherits it */
    }
    if (status == 0 && listen(file, BACKLOG) != 0) {
        status = -errno;
    }
    if (status == 0) {
        status = uv_poll_init(&server->loop, &listener->poll, file);
    }
    if (status != 0) {
        (void)close(file); /* nothing was written to it */
        return status;
    }
    listener->poll.data = server;
    listener->file = file;
    return 0;
}

int undr_server_listen(undr_server *server) {
    int status = 0;
    for (size_t i = 0; i < UNDR_LISTENERS && status == 0; i++) {
        status = open_listener(server, &server->listeners[i]);
    }
    return status == 0 ? watch_all(server) : status;
}

void undr_server_refuse(undr_server *server) {
    for (size_t i = 0; i < UNDR_LISTENERS; i++) {
        undr_listener *listener = &server->listeners[i];
        if (listener->file >= 0) {
            uv_close((uv_handle_t *)&listener->poll, NULL);
            (void)close(listener->file); /* nothing was written to it */
            listener->file = -1;
        }
    }
    server->accept_at = UINT64_MAX;
}
