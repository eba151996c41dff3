/* server_peer.c: one connection of the manager: how it begins and ends, and how its two directions affect each other.
 *
 *     OPEN ------ end of stream ------> FINISHED --- answers written ----> CLOSED
 *      |                                   ^                                 ^
 *      |         its end before they are --+                                 |
 *      |                             |                                       |
 *      +--- breaks the protocol ---> ENDING --- answers written, FIN sent; --+
 *      |                                        its end, or too long         |
 *      +--- reset, or a failed read or write --------------------------------+
 *
 * A peer that reads nothing of the answers that wait for it is CLOSED, too, in each state, when patience has run out.
 *
 * server_input.c turns bytes into requests of the core and says what stopped it; server_output.c writes answers. Only
 * here is decided what follows. */
#include "net/server_parts.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

enum {
    LINGER_MS = 1000,       /* poll interval: has a peer that violated the protocol received its answers? */
    DROPPED_LIMIT = 1 << 20 /* after a violation: of as many bytes nothing more is read */
};

/* Ends. */

/* The core forgets the connection: tasks that it has out are lost (FAULT-3), or go to another connection. */
static void leave_core(undr_peer *peer) {
    undr_server *server = peer->server;
    if (peer->handle == 0) {
        return;
    }
    uv_mutex_lock(&server->lock);
    undr_input_release(peer);
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

static void forget_change(undr_peer *peer) {
    if (peer->changed) {
        DL_DELETE2(peer->server->changed, peer, before, after);
        peer->changed = false;
    }
}

void undr_peer_close(undr_peer *peer) {
    if (peer->state == UNDR_PEER_CLOSED) {
        return;
    }
    leave_core(peer);
    forget_change(peer);
    if (peer->check != NULL) {
        peer->check->peer = NULL; /* it ends later, for nobody */
    }
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
    peer->lingered += LINGER_MS;
    if (peer->lingered < server->options.patience && undelivered(peer) > 0) {
        undr_peer_start_clock(peer, &server->lingering, LINGER_MS);
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
    if (left < peer->left) { /* it reads, though slowly */
        peer->left = left;
        undr_peer_start_clock(peer, &peer->server->writing, peer->server->options.patience);
        return;
    }
    if (left > 0) {
        undr_server_log(peer->server, &peer->address, "connection ended: %zu bytes of answers were not read", left);
    }
    undr_peer_close(peer);
}

static void lose(undr_peer *peer, int status) {
    undr_server_log(peer->server, &peer->address, "connection lost: %s", uv_strerror(status));
    undr_peer_close(peer);
}

/* Nothing more of it is handled, but its earlier requests are answered: FINISHED or ENDING (REQ-3 to REQ-6). */
static void leave(undr_peer *peer, undr_peer_state state) {
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

/* Reading. */

static int start_reading(undr_peer *peer);

/* Stops to read from a peer that is full, or of which a message is being checked. Reading goes on when no whole frame
 * is left in peer->in: on_allocate has more read behind the start of a frame only. While one is left, answers are
 * being written or a check runs, and when that is over it is handled. The peer's end is not noticed before, but
 * patience is bounded. */
static void pause_or_resume(undr_peer *peer) {
    if (peer->state != UNDR_PEER_OPEN) {
        return;
    }
    bool pause = peer->check != NULL || undr_output_is_full(peer) || undr_input_keeps_frame(peer);
    if (pause == peer->paused) {
        return;
    }
    peer->paused = pause;
    if (pause) {
        (void)uv_read_stop((uv_stream_t *)&peer->stream); /* always succeeds */
    } else if (start_reading(peer) < 0) {
        undr_peer_close(peer);
    }
}

static void act_on(undr_peer *peer, undr_input_outcome outcome) {
    if (outcome == UNDR_INPUT_REFUSED) {
        leave(peer, UNDR_PEER_ENDING);
    }
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    (void)suggested;
    *buffer = undr_input_room(handle->data); /* without any on_read gets UV_ENOBUFS */
}

/* The peer sends no more. Its requests are answered (REQ-3), and the tasks that it has out are lost. */
static void finish(undr_peer *peer) {
    size_t begun = undr_input_begun(peer);
    if (begun > 0) { /* FRAME-5 */
        undr_server_log(peer->server, &peer->address, "the peer ended the connection %zu bytes into a frame", begun);
    }
    (void)uv_read_stop((uv_stream_t *)&peer->stream); /* always succeeds */
    leave(peer, UNDR_PEER_FINISHED);
    undr_peer_flush(peer);
}

static void on_end(undr_peer *peer) {
    if (peer->state == UNDR_PEER_OPEN) {
        finish(peer);
    } else if (undr_output_unsent(peer) > 0) {
        peer->state = UNDR_PEER_FINISHED; /* it may still read the answers that were due (REQ-6) */
    } else {
        undr_peer_close(peer);
    }
}

static void on_bytes(undr_peer *peer, size_t size, const uv_buf_t *buffer) {
    act_on(peer, undr_input_take(peer, size, buffer));
    if (peer->changed) { /* it is flushed at the end of this turn */
        pause_or_resume(peer);
    } else {
        undr_peer_flush(peer);
    }
}

/* What arrives after a violation. Too much of it is not a reason to close: that would send a reset, which may overtake
 * answers that were due. The peer's further bytes wait, at its cost, until its answers are written and the time to read
 * them is over. */
static void drop(undr_peer *peer, size_t size) {
    peer->dropped += size;
    if (peer->dropped > DROPPED_LIMIT) {
        peer->paused = true;
        (void)uv_read_stop((uv_stream_t *)&peer->stream); /* always succeeds */
    }
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer) {
    undr_peer *peer = stream->data;
    if (size == UV_ENOBUFS && peer->was_read) {
        return; /* see undr_input_room */
    }
    peer->was_read = size > 0;
    if (size == UV_EOF) {
        on_end(peer);
    } else if (size < 0) {
        lose(peer, (int)size);
    } else if (peer->state == UNDR_PEER_ENDING) {
        drop(peer, (size_t)size);
    } else if (size > 0) {
        on_bytes(peer, (size_t)size, buffer);
    }
}

/* Begins, or goes on, to read. Less than 0: failed. */
static int start_reading(undr_peer *peer) {
    int status = undr_loop_watch_stream((uv_stream_t *)&peer->stream);
    return status == 0 ? uv_read_start((uv_stream_t *)&peer->stream, on_allocate, on_read) : status;
}

void undr_peer_checked(undr_check *check) {
    undr_peer *peer = check->peer;
    if (peer != NULL) {
        peer->check = NULL;
        act_on(peer, undr_input_checked(peer, check));
        undr_peer_flush(peer); /* and what follows the message */
    } else {
        uv_mutex_lock(&check->server->lock);
        undr_manager_release_bytes(check->server->core, check->kept);
        uv_mutex_unlock(&check->server->lock);
    }
    undr_check_free(check);
}

/* Writing. */

static void on_written(uv_write_t *write, int status) {
    undr_peer *peer = undr_output_written(write);
    if (peer->state == UNDR_PEER_CLOSED) {
        return;
    }
    undr_peer_stop_clock(peer);
    if (status < 0) {
        lose(peer, status);
    } else {
        undr_peer_flush(peer);
    }
}

static void on_shutdown(uv_shutdown_t *request, int status) {
    undr_peer *peer = request->handle->data;
    free(request);
    if (status < 0) {
        undr_peer_close(peer); /* does nothing when it was closed meanwhile */
    }
}

/* Sends FIN and reads on for a while: a socket that is closed with unread bytes sends a reset, which may overtake the
 * answers on their way. */
static void linger(undr_peer *peer) {
    undr_server *server = peer->server;
    if (peer->clock == &server->lingering) {
        return;
    }
    undr_peer_start_clock(peer, &server->lingering, LINGER_MS);
    uv_shutdown_t *request = malloc(sizeof *request);
    int status = request == NULL ? UV_ENOMEM : undr_loop_watch_stream((uv_stream_t *)&peer->stream);
    if (status == 0) {
        status = uv_shutdown(request, (uv_stream_t *)&peer->stream, on_shutdown);
    }
    if (status < 0) {
        free(request); /* on_shutdown is not called */
    } else if (peer->paused) {
        status = start_reading(peer);
    }
    if (status < 0) {
        undr_peer_close(peer);
    }
}

/* It has read enough to be handed tasks again. */
static void note_room(undr_peer *peer) {
    if (peer->full && !undr_output_is_full(peer)) {
        undr_server *server = peer->server;
        peer->full = false;
        uv_mutex_lock(&server->lock);
        undr_manager_set_full(server->core, peer->handle, false);
        uv_mutex_unlock(&server->lock);
    }
}

/* Writes the answers. When they are written there is room for those of the frames that were kept: as long as only
 * unwritten answers stop these, both in turn. Less than 0: failed. */
static int write_and_handle(undr_peer *peer) {
    undr_input_outcome outcome = UNDR_INPUT_FULL;
    int status = undr_output_write(peer, on_written);
    while (status == 0 && undr_output_unsent(peer) == 0 && peer->state == UNDR_PEER_OPEN && peer->check == NULL
        && outcome == UNDR_INPUT_FULL) {
        outcome = undr_input_handle_kept(peer);
        act_on(peer, outcome);
        status = undr_output_write(peer, on_written);
    }
    return status;
}

void undr_peer_flush(undr_peer *peer) {
    if (peer->state == UNDR_PEER_CLOSED) {
        return;
    }
    int status = write_and_handle(peer);
    if (status < 0) {
        lose(peer, status);
        return;
    }
    if (undr_output_unsent(peer) == 0 && peer->state == UNDR_PEER_FINISHED) {
        undr_peer_close(peer);
    } else if (undr_output_unsent(peer) == 0 && peer->state == UNDR_PEER_ENDING) {
        linger(peer);
    }
    note_room(peer);
    pause_or_resume(peer);
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

/* What has already arrived is handled now, not in the next turn. */
static void read_now(undr_peer *peer) {
    peer->was_read = false;
    uv_buf_t room = undr_input_room(peer);
    ssize_t size = room.base == NULL ? -1 : recv(peer->file, room.base, room.len, MSG_DONTWAIT);
    if (size >= 0) {
        on_read((uv_stream_t *)&peer->stream, size == 0 ? UV_EOF : size, &room);
    }
}

/* At the limit of connections, the first one that has sent no request makes room for a new one: peers that only connect
 * can't keep others out. A request that has arrived counts, even if it has not been read yet. */
static bool make_room(undr_server *server) {
    while (server->silent != NULL) {
        undr_peer *oldest = server->silent;
        read_now(oldest);
        if (oldest->clock == &server->silent) {
            undr_server_log(server, &oldest->address,
                "connection ended: it has sent no request, and another connection needs its place (limit of "
                "connections)");
            undr_peer_close(oldest);
        }
        if (oldest->state == UNDR_PEER_CLOSED) {
            return true;
        }
    }
    return false;
}

/* Why a connection is not served; NULL: it is. */
static const char *find_obstacle(const undr_peer *peer) {
    const undr_server *server = peer->server;
    uv_os_fd_t socket;
    uid_t user;
    if (!server->options.same_user) {
        return NULL;
    }
    int status = uv_fileno((const uv_handle_t *)&peer->stream, &socket);
    if (status == 0) {
        status = undr_peer_user(socket, &peer->address, &user);
    }
    if (status != 0) {
        return "its user can't be determined";
    }
    return user == geteuid() ? NULL : "it belongs to another user";
}

/* The peer has its address. Takes over the socket. */
static void serve(undr_server *server, undr_peer *peer, int socket) {
    peer->server = server;
    peer->file = socket;
    atomic_init(&peer->quiet, true);
    peer->stream.data = peer;
    server->connections++;
    (void)uv_tcp_init(&server->loop, &peer->stream); /* without a domain it makes no socket: can't fail */
    int status = uv_tcp_open(&peer->stream, socket);
    if (status != 0) {
        (void)close(socket); /* nothing was written to it */
    }
    const char *obstacle = status == 0 ? find_obstacle(peer) : uv_strerror(status);
    if (obstacle == NULL && server->connections > server->options.connections && !make_room(server)) {
        obstacle = "the limit of connections is reached";
    }
    if (obstacle == NULL) {
        status = enter_core(peer);
        status = status == 0 ? start_reading(peer) : status;
        obstacle = status == 0 ? NULL : uv_strerror(status);
    }
    if (obstacle == NULL) {
        undr_peer_start_clock(peer, &server->silent, UINT64_MAX);
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
