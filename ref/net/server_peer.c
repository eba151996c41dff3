/* server_peer.c: one connection of the manager: how it begins and how it ends.
 *
 *     OPEN ------ end of stream ------> FINISHED --- answers written ----> CLOSED
 *      |                                   ^                                 ^
 *      |         its end before they are --+                                 |
 *      |                             |                                       |
 *      +--- breaks the protocol ---> ENDING --- answers written, FIN sent; --+
 *      |                                        its end, or too long         |
 *      +--- reset, or a failed read or write --------------------------------+
 *
 * Who reads nothing of the answers that wait for it is CLOSED, too, in each state, when patience has run out. */
#include "net/server_parts.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

/* Ends. */

/* The core forgets the connection: what it has out is lost (FAULT-3), or due to another. */
static void leave_core(undr_peer *peer) {
    undr_server *server = peer->server;
    if (peer->handle == 0) {
        return;
    }
    uv_mutex_lock(&server->lock);
    undr_peer_release(peer);
    undr_manager_disconnect(server->core, peer->handle);
    peer->handle = 0;
    undr_server_collect(server);
    uv_mutex_unlock(&server->lock);
}

static void on_closed(uv_handle_t *handle) {
    undr_peer *peer = handle->data;
    undr_buffer_free(&peer->in);
    undr_output_drop(&peer->out);
    peer->server->connections--;
    free(peer);
}

void undr_peer_stop_clock(undr_peer *peer) {
    if (peer->clock != NULL) {
        DL_DELETE(*peer->clock, peer);
        peer->clock = NULL;
    }
}

static void forget_change(undr_peer *peer) {
    if (peer->changed) {
        DL_DELETE2(peer->server->changed, peer, before, after);
        peer->changed = false;
    }
}

/* `list` holds those that have the same time left from when they enter it, so the first deadline comes first. */
void undr_peer_start_clock(undr_peer *peer, undr_peer **list, uint64_t ms) {
    undr_peer_stop_clock(peer);
    uint64_t now = uv_now(&peer->server->loop);
    peer->deadline = now > UINT64_MAX - ms ? UINT64_MAX : now + ms;
    peer->clock = list;
    DL_APPEND(*list, peer);
}

void undr_peer_close(undr_peer *peer) {
    if (peer->state == UNDR_PEER_CLOSED) {
        return;
    }
    leave_core(peer);
    forget_change(peer);
    undr_check_forget(peer->check);
    undr_peer_stop_clock(peer);
    peer->state = UNDR_PEER_CLOSED;
    uv_close((uv_handle_t *)&peer->stream, on_closed);
}

/* Bytes of answers that the other side's system does not have yet. */
static int undelivered(const undr_peer *peer) {
    uv_os_fd_t file;
    int bytes = 0;
    bool known = uv_fileno((const uv_handle_t *)&peer->stream, &file) == 0 && ioctl(file, SIOCOUTQ, &bytes) == 0;
    return known ? bytes : 0;
}

static void end_lingering(undr_peer *peer) {
    undr_server *server = peer->server;
    peer->lingered += UNDR_LINGER_MS;
    if (peer->lingered < server->options.patience && undelivered(peer) > 0) {
        undr_peer_start_clock(peer, &server->lingering, UNDR_LINGER_MS);
    } else {
        undr_peer_close(peer);
    }
}

void undr_peer_overdue(undr_peer *peer) {
    if (peer->clock == &peer->server->lingering) {
        end_lingering(peer);
        return;
    }
    size_t left = uv_stream_get_write_queue_size((uv_stream_t *)&peer->stream);
    if (left < peer->left) { /* it reads, if slowly */
        peer->left = left;
        undr_peer_start_clock(peer, &peer->server->writing, peer->server->options.patience);
        return;
    }
    if (left > 0) {
        undr_server_log(peer->server, &peer->address, "connection ended: %zu bytes of answers were not read", left);
    }
    undr_peer_close(peer);
}

void undr_peer_leave(undr_peer *peer, undr_peer_state state) {
    undr_server *server = peer->server;
    uv_mutex_lock(&server->lock);
    undr_manager_end_requests(server->core, peer->handle);
    undr_server_collect(server);
    uv_mutex_unlock(&server->lock);
    leave_core(peer);
    peer->state = state;
    peer->left = SIZE_MAX;
    undr_peer_start_clock(peer, &server->writing, server->options.patience);
    undr_buffer_free(&peer->in);
    peer->large_size = 0;
}

/* Begin. */

static int enter_core(undr_peer *peer) {
    undr_server *server = peer->server;
    undr_connection handle;
    uv_mutex_lock(&server->lock);
    undr_error error = undr_manager_connect(server->core, &handle);
    if (error == UNDR_OK) {
        peer->handle = handle;
        undr_manager_set_owner(server->core, handle, peer);
    }
    uv_mutex_unlock(&server->lock);
    return error == UNDR_OK ? 0 : UV_ENOMEM;
}

/* Why a connection is none of ours; NULL: it is. */
static const char *find_obstacle(const undr_peer *peer) {
    const undr_server *server = peer->server;
    uv_os_fd_t socket;
    uid_t user;
    if (server->connections > server->options.connections) {
        return "there are as many as the limit of connections allows";
    }
    if (!server->options.same_user) {
        return NULL;
    }
    int status = uv_fileno((const uv_handle_t *)&peer->stream, &socket);
    if (status == 0) {
        status = undr_peer_user(socket, &peer->address, &user);
    }
    if (status != 0) {
        return "its user can't be found out";
    }
    return user == geteuid() ? NULL : "it belongs to another user";
}

static int begin(undr_peer *peer) {
    int status = enter_core(peer);
    if (status == 0) {
        status = undr_peer_read(peer);
    }
    return status;
}

/* The peer has its address. Takes over the socket. */
static void serve(undr_server *server, undr_peer *peer, int socket) {
    peer->server = server;
    peer->stream.data = peer;
    server->connections++;
    (void)uv_tcp_init(&server->loop, &peer->stream); /* without a domain it makes no socket: can't fail */
    int status = uv_tcp_open(&peer->stream, socket);
    if (status != 0) {
        (void)close(socket); /* nothing was written to it */
    }
    const char *obstacle = status == 0 ? find_obstacle(peer) : uv_strerror(status);
    if (obstacle == NULL) {
        status = begin(peer);
        obstacle = status == 0 ? NULL : uv_strerror(status);
    }
    if (obstacle != NULL) {
        undr_server_log(server, &peer->address, "connection not served: %s", obstacle);
        undr_peer_close(peer);
    }
}

int undr_peer_accept(undr_server *server, int listener) {
    undr_peer *peer = calloc(1, sizeof *peer); /* first: without memory the connection may wait */
    if (peer == NULL) {
        return UV_ENOMEM;
    }
    socklen_t size = sizeof peer->address;
    int socket = accept4(listener, (struct sockaddr *)&peer->address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
        int status = -errno;
        free(peer);
        return status;
    }
    serve(server, peer, socket);
    return 0;
}
