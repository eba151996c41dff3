/* server_peer.c: one connection of the manager: reads requests, writes answers, ends.
 *
 *     OPEN ------ end of stream ------> FINISHED --- answers written ---> CLOSED
 *      |                                                                    ^
 *      +--- breaks the protocol ---> ENDING --- answers written, FIN sent; --+
 *      |                                        its end, too much, too long  |
 *      +--- reset, or a failed read or write --------------------------------+
 *
 * Who reads nothing of the answers that wait for it is CLOSED, too, in each state, when patience has run out. */
#include "server_parts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

enum {
    UNSENT_LIMIT = 1 << 20,  /* beyond this many bytes of answers nothing more is read from a connection */
    UNANSWERED_LIMIT = 4096, /* of as many requests that wait for a task none waits any longer */
    DROPPED_LIMIT = 1 << 20,
    LINGER_MS = 1000
};

static size_t unsent(const undr_peer *peer) {
    return peer->out.size + peer->sending.size;
}

/* It must read its answers before more of its requests are handled. */
static bool is_full(const undr_peer *peer) {
    return unsent(peer) > UNSENT_LIMIT;
}

/* Ends. */

/* The core forgets the connection: what it has out is lost (FAULT-3), or due to another; undr_server_deliver follows
 * every event. */
static void leave_core(undr_peer *peer) {
    undr_server *server = peer->server;
    if (peer->handle == 0) {
        return;
    }
    uv_mutex_lock(&server->lock);
    undr_manager_disconnect(server->core, peer->handle);
    HASH_DEL(server->peers, peer);
    peer->handle = 0;
    uv_mutex_unlock(&server->lock);
}

static void on_closed(uv_handle_t *handle) {
    undr_peer *peer = handle->data;
    undr_buffer_free(&peer->in);
    undr_buffer_free(&peer->out);
    undr_buffer_free(&peer->sending);
    peer->server->connections--;
    free(peer);
}

static void stop_clock(undr_peer *peer) {
    if (peer->clock != NULL) {
        DL_DELETE(*peer->clock, peer);
        peer->clock = NULL;
    }
}

static void forget_change(undr_peer *peer) {
    for (undr_peer **at = &peer->server->changed; peer->changed && *at != NULL; at = &(*at)->next_changed) {
        if (*at == peer) {
            *at = peer->next_changed;
            peer->changed = false;
            return;
        }
    }
}

/* `list` holds those that have the same time left from when they enter it, so the first deadline comes first. */
static void start_clock(undr_peer *peer, undr_peer **list, uint64_t ms) {
    stop_clock(peer);
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
    stop_clock(peer);
    peer->state = UNDR_PEER_CLOSED;
    uv_close((uv_handle_t *)&peer->stream, on_closed);
}

void undr_peer_overdue(undr_peer *peer) {
    size_t left = uv_stream_get_write_queue_size((uv_stream_t *)&peer->stream);
    if (peer->clock == &peer->server->writing && left < peer->left) { /* it reads, if slowly */
        peer->left = left;
        start_clock(peer, &peer->server->writing, peer->server->options.patience);
        return;
    }
    if (left > 0) {
        undr_server_log(peer->server, &peer->address, "connection ended: %zu bytes of answers were not read", left);
    }
    undr_peer_close(peer);
}

/* The same, but what the peer had asked is answered first. */
static void take_leave(undr_peer *peer, undr_peer_state state) {
    undr_server *server = peer->server;
    uv_mutex_lock(&server->lock);
    undr_manager_end_requests(server->core, peer->handle);
    undr_server_collect(server);
    uv_mutex_unlock(&server->lock);
    leave_core(peer);
    peer->state = state;
    peer->left = SIZE_MAX;
    start_clock(peer, &server->writing, server->options.patience);
    undr_buffer_free(&peer->in);
}

/* The peer broke the protocol, or can't be served: no answer, but those that it had earned (REQ-4 to REQ-6). */
static void end(undr_peer *peer) {
    take_leave(peer, UNDR_PEER_ENDING);
}

static void on_shutdown(uv_shutdown_t *request, int status) {
    undr_peer *peer = request->data;
    if (status < 0) {
        undr_peer_close(peer); /* does nothing when it was closed meanwhile */
    }
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer);
static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer);

/* Sends FIN and reads on for a while: a socket that is closed with unread bytes sends a reset, which may overtake the
 * answers on their way. */
static void linger(undr_peer *peer) {
    undr_server *server = peer->server;
    if (peer->clock == &server->lingering) {
        return;
    }
    start_clock(peer, &server->lingering, LINGER_MS);
    peer->shutdown.data = peer;
    int status = uv_shutdown(&peer->shutdown, (uv_stream_t *)&peer->stream, on_shutdown);
    if (status == 0 && peer->paused) {
        status = uv_read_start((uv_stream_t *)&peer->stream, on_allocate, on_read);
    }
    if (status < 0) {
        undr_peer_close(peer);
    }
}

/* Requests. */

/* One whole frame. True: it was handled, go on. */
static bool handle_frame(undr_peer *peer, const undr_frame *frame) {
    undr_server *server = peer->server;
    uv_mutex_lock(&server->lock);
    undr_error error = undr_manager_receive(server->core, peer->handle, frame, uv_now(&server->loop));
    peer->unanswered += error == UNDR_OK;
    undr_server_collect(server);
    if (peer->unanswered >= UNANSWERED_LIMIT) { /* all wait behind a held answer: held no longer */
        undr_manager_end_requests(server->core, peer->handle);
        undr_server_collect(server);
    }
    uv_mutex_unlock(&server->lock);
    if (error != UNDR_OK) {
        undr_server_log(server, &peer->address, "connection ended: frame of type 0x%02x with %zu bytes: %s",
            frame->type, frame->payload.size, undr_error_text(error));
        end(peer);
    }
    return error == UNDR_OK;
}

/* Handles the frames at the start of input, as long as there is room for their answers. Returns how many bytes are
 * done with. */
static size_t handle_frames(undr_peer *peer, undr_slice input) {
    size_t used = 0;
    while (peer->state == UNDR_PEER_OPEN && !is_full(peer)) { /* FRAME-4 */
        undr_frame frame;
        uint64_t size;
        undr_slice rest = undr_slice_of(input.data + used, input.size - used);
        undr_error error = undr_frame_decode(rest, peer->server->options.payload_limit, &frame, &size);
        if (error == UNDR_MORE) {
            return used; /* FRAME-3 */
        }
        if (error != UNDR_OK) {
            undr_server_log(peer->server, &peer->address, "connection ended: frame of type 0x%02x: %s (%llu bytes)",
                rest.data[0], undr_error_text(error), (unsigned long long)peer->server->options.payload_limit);
            end(peer); /* FRAME-7, FRAME-10 */
            return input.size;
        }
        if (!handle_frame(peer, &frame)) {
            return input.size;
        }
        used += (size_t)size;
    }
    return used;
}

/* Handles what stands in peer->in and keeps the rest. */
static void handle_kept(undr_peer *peer) {
    size_t used = handle_frames(peer, undr_buffer_slice(&peer->in));
    if (used >= peer->in.size) {
        undr_buffer_free(&peer->in);
        return;
    }
    if (used > 0) {
        memmove(peer->in.data, peer->in.data + used, peer->in.size - used);
        peer->in.size -= used;
    }
}

static void handle_fresh(undr_peer *peer, undr_slice bytes) {
    size_t used = handle_frames(peer, bytes);
    if (used < bytes.size && undr_put_bytes(&peer->in, bytes.data + used, bytes.size - used) != UNDR_OK) {
        undr_server_log(peer->server, &peer->address, "connection ended: out of memory");
        end(peer);
    }
}

/* Something in peer->in can be handled without reading on. */
static bool keeps_frame(const undr_peer *peer) {
    undr_frame frame;
    uint64_t size, limit = peer->server->options.payload_limit;
    return undr_frame_decode(undr_buffer_slice(&peer->in), limit, &frame, &size) != UNDR_MORE;
}

/* Stops to read from a peer that is full. Reading goes on when no whole frame is left in peer->in: on_allocate has
 * more read behind the start of a frame only. While one is left, answers are being written, and when they are written
 * it is handled. The peer's end is not noticed before, but patience is bounded. */
static void pause_or_resume(undr_peer *peer) {
    bool pause = is_full(peer) || keeps_frame(peer);
    if (pause == peer->paused || peer->state != UNDR_PEER_OPEN) {
        return;
    }
    peer->paused = pause;
    if (pause) {
        (void)uv_read_stop((uv_stream_t *)&peer->stream); /* always succeeds */
    } else if (uv_read_start((uv_stream_t *)&peer->stream, on_allocate, on_read) < 0) {
        undr_peer_close(peer);
    }
}

/* Memory to read into: the scratch of all, or behind the frame that has begun, in steps that its bytes pay for
 * (FRAME-8, SEC-3). Nobody waits for the rest of a frame: the loop goes on (FAULT-1). */
static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    undr_peer *peer = handle->data;
    undr_frame frame;
    uint64_t size;
    (void)suggested;
    *buffer = uv_buf_init((char *)peer->server->scratch, UNDR_SCRATCH_SIZE);
    if (peer->in.size == 0 ||
        undr_frame_decode(undr_buffer_slice(&peer->in), UINT64_MAX, &frame, &size) != UNDR_MORE) {
        return;
    }
    uint64_t missing = size - peer->in.size;
    unsigned room = missing < UNDR_SCRATCH_SIZE ? (unsigned)missing : UNDR_SCRATCH_SIZE;
    if (undr_buffer_reserve(&peer->in, room) != UNDR_OK) {
        *buffer = uv_buf_init(NULL, 0); /* on_read gets UV_ENOBUFS */
        return;
    }
    *buffer = uv_buf_init((char *)peer->in.data + peer->in.size, room);
}

/* The peer sends no more. What it asked is answered (REQ-3), what it has out is lost. */
static void finish(undr_peer *peer) {
    if (peer->in.size > 0) { /* FRAME-5 */
        undr_server_log(
            peer->server, &peer->address, "the peer ended the connection %zu bytes into a frame", peer->in.size);
    }
    (void)uv_read_stop((uv_stream_t *)&peer->stream); /* always succeeds */
    take_leave(peer, UNDR_PEER_FINISHED);
}

static void on_failed_read(undr_peer *peer, ssize_t status) {
    if (status == UV_EOF && peer->state == UNDR_PEER_OPEN) {
        finish(peer);
        undr_peer_flush(peer);
        return;
    }
    if (status != UV_EOF) {
        undr_server_log(peer->server, &peer->address, "connection lost: %s", uv_strerror((int)status));
    }
    undr_peer_close(peer);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer) {
    undr_peer *peer = stream->data;
    undr_server *server = peer->server;
    if (size < 0) {
        on_failed_read(peer, size);
    } else if (peer->state == UNDR_PEER_ENDING) {
        peer->dropped += (size_t)size;
        if (peer->dropped > DROPPED_LIMIT) {
            undr_peer_close(peer);
        }
    } else if (peer->in.size > 0) {
        peer->in.size += (size_t)size;
        handle_kept(peer);
        undr_peer_flush(peer);
    } else {
        handle_fresh(peer, undr_slice_of(buffer->base, (size_t)size));
        undr_peer_flush(peer);
    }
    undr_server_deliver(server);
}

/* Answers. */

void undr_peer_queue(undr_peer *peer, const undr_frame *answer) {
    if (undr_frame_encode(&peer->out, answer) != UNDR_OK) {
        peer->failed = true;
    }
    peer->unanswered--;
    if (!peer->changed) {
        peer->changed = true;
        peer->next_changed = peer->server->changed;
        peer->server->changed = peer;
    }
}

static void on_written(uv_write_t *write, int status) {
    undr_peer *peer = write->data;
    peer->writing = false;
    undr_buffer_free(&peer->sending);
    if (peer->state == UNDR_PEER_CLOSED) {
        return;
    }
    if (peer->state == UNDR_PEER_OPEN) {
        stop_clock(peer);
    }
    if (status < 0) {
        undr_server_log(peer->server, &peer->address, "connection lost: %s", uv_strerror(status));
        undr_peer_close(peer);
    } else {
        undr_peer_flush(peer);
    }
    undr_server_deliver(peer->server);
}

/* Starts to write peer->out: at once as much as goes, the rest in the background. Less than 0: failed. */
static int write_out(undr_peer *peer) {
    uv_stream_t *stream = (uv_stream_t *)&peer->stream;
    uv_buf_t whole = {.base = (char *)peer->out.data, .len = peer->out.size};
    int written = uv_try_write(stream, &whole, 1);
    if (written < 0 && written != UV_EAGAIN) {
        return written;
    }
    size_t done = written < 0 ? 0 : (size_t)written;
    if (done == peer->out.size) {
        undr_buffer_free(&peer->out);
        return 0;
    }
    peer->sending = peer->out;
    peer->out = (undr_buffer){0};
    uv_buf_t rest = {.base = (char *)peer->sending.data + done, .len = peer->sending.size - done};
    peer->write.data = peer;
    peer->writing = true;
    if (peer->state == UNDR_PEER_OPEN) { /* else the clock runs already */
        peer->left = rest.len;
        start_clock(peer, &peer->server->writing, peer->server->options.patience);
    }
    return uv_write(&peer->write, stream, &rest, 1, on_written);
}

/* Nothing is left to be written. */
static void on_drained(undr_peer *peer) {
    switch (peer->state) {
    case UNDR_PEER_FINISHED:
        undr_peer_close(peer);
        break;
    case UNDR_PEER_ENDING:
        linger(peer);
        break;
    case UNDR_PEER_OPEN:
        if (peer->in.size > 0) {
            handle_kept(peer); /* frames for whose answers there was no room */
        }
        break;
    case UNDR_PEER_CLOSED:
        break;
    }
}

void undr_peer_flush(undr_peer *peer) {
    int status = peer->failed ? UV_ENOMEM : 0;
    while (status == 0 && peer->state != UNDR_PEER_CLOSED && !peer->writing) {
        if (peer->out.size > 0) {
            status = write_out(peer);
            continue;
        }
        undr_peer_state state = peer->state;
        on_drained(peer);
        if (peer->out.size == 0 && peer->state == state) {
            break;
        }
    }
    if (status < 0) {
        undr_server_log(peer->server, &peer->address, "connection lost: %s", uv_strerror(status));
        undr_peer_close(peer);
        return;
    }
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
        HASH_ADD(hh, server->peers, handle, sizeof peer->handle, peer);
        if (peer->hh.tbl == NULL) { /* how uthash says that memory is short */
            undr_manager_disconnect(server->core, handle);
            peer->handle = 0;
            error = UNDR_MEMORY;
        }
    }
    uv_mutex_unlock(&server->lock);
    return error == UNDR_OK ? 0 : UV_ENOMEM;
}

/* Why a connection is none of ours; NULL: it is. */
static const char *find_obstacle(const undr_peer *peer) {
    const undr_server *server = peer->server;
    struct sockaddr_in own;
    int size = sizeof own;
    uid_t user;
    if (server->connections > server->options.connections) {
        return "there are as many as the limit of connections allows";
    }
    if (!server->options.same_user) {
        return NULL;
    }
    int status = uv_tcp_getsockname(&peer->stream, (struct sockaddr *)&own, &size);
    if (status == 0) {
        status = undr_peer_user(&peer->address, &own, &user);
    }
    if (status != 0) {
        return "its user can't be found out";
    }
    return user == geteuid() ? NULL : "it belongs to another user";
}

static int begin(undr_peer *peer) {
    int status = uv_tcp_nodelay(&peer->stream, 1);
    if (status == 0) {
        status = enter_core(peer);
    }
    if (status == 0) {
        status = uv_read_start((uv_stream_t *)&peer->stream, on_allocate, on_read);
    }
    return status;
}

static undr_peer *new_peer(undr_server *server) {
    undr_peer *peer = calloc(1, sizeof *peer);
    if (peer != NULL) {
        peer->server = server;
        peer->stream.data = peer;
        server->connections++;
        (void)uv_tcp_init(&server->loop, &peer->stream); /* without a domain it makes no socket: can't fail */
    }
    return peer;
}

/* `status`: of the step that gave it its socket. */
static void serve(undr_peer *peer, int status) {
    int size = sizeof peer->address;
    if (status == 0) {
        status = uv_tcp_getpeername(&peer->stream, (struct sockaddr *)&peer->address, &size);
    }
    const char *obstacle = status == 0 ? find_obstacle(peer) : uv_strerror(status);
    if (obstacle == NULL) {
        status = begin(peer);
        obstacle = status == 0 ? NULL : uv_strerror(status);
    }
    if (obstacle != NULL) {
        undr_server_log(peer->server, &peer->address, "connection not served: %s", obstacle);
        undr_peer_close(peer);
    }
}

bool undr_peer_accept(undr_server *server) {
    undr_peer *peer = new_peer(server);
    if (peer == NULL) {
        undr_server_log(server, NULL, "a connection waits: out of memory");
        return false;
    }
    serve(peer, uv_accept((uv_stream_t *)&server->listener, (uv_stream_t *)&peer->stream));
    return true;
}

void undr_peer_adopt(undr_server *server, int socket) {
    undr_peer *peer = new_peer(server);
    int status = peer == NULL ? UV_ENOMEM : uv_tcp_open(&peer->stream, socket);
    if (status != 0) {
        (void)close(socket); /* nothing was written to it */
    }
    if (peer != NULL) {
        serve(peer, status);
    }
}
