/* server_input.c: the requests of a connection: from bytes to frames, and into the core. A small frame is handled
 * where it was read; a large payload is read into memory of its own, which the core takes over (FRAME-8: it grows with
 * what has come of it). */
#include "net/server_parts.h"

#include <stdlib.h>
#include <string.h>

enum {
    UNANSWERED_LIMIT = 4096, /* of as many requests that wait for a task none waits any longer */
    DROPPED_LIMIT = 1 << 20, /* of as many bytes nothing more is read behind a violation */
    LARGE_READ = 1 << 20
};

bool undr_peer_is_full(const undr_peer *peer) {
    return undr_peer_unsent(peer) > UNDR_UNREAD_LIMIT;
}

static bool can_handle(const undr_peer *peer) {
    return peer->state == UNDR_PEER_OPEN && peer->check == NULL && !undr_peer_is_full(peer);
}

static void end_for_memory(undr_peer *peer) {
    undr_server_log(peer->server, &peer->address, "connection ended: out of memory");
    undr_peer_leave(peer, UNDR_PEER_ENDING);
}

/* The peer broke the protocol, or can't be served: no answer, but those that it had earned (REQ-4 to REQ-6). */
static void refuse(undr_peer *peer, const undr_frame *frame, undr_error error) {
    undr_server_log(peer->server, &peer->address, "connection ended: frame of type 0x%02x with %zu bytes: %s",
        frame->type, frame->payload.size, undr_error_text(error));
    undr_peer_leave(peer, UNDR_PEER_ENDING);
}

/* A whole frame that was checked. `whole`: as for undr_manager_receive_checked. */
static void receive(undr_peer *peer, const undr_frame *frame, undr_buffer *whole) {
    undr_server *server = peer->server;
    uv_mutex_lock(&server->lock);
    undr_peer_release(peer); /* what it keeps is this frame's, and counts as that from now on */
    undr_error error = undr_manager_receive_checked(server->core, peer->handle, frame, whole, uv_now(&server->loop));
    peer->unanswered += error == UNDR_OK;
    undr_server_collect(server);
    if (peer->unanswered >= UNANSWERED_LIMIT) { /* all wait behind a held answer: held no longer */
        undr_manager_end_requests(server->core, peer->handle);
        undr_server_collect(server);
    }
    uv_mutex_unlock(&server->lock);
    if (error != UNDR_OK) {
        refuse(peer, frame, error);
    }
}

/* Messages in another thread. */

static undr_frame message_of(const undr_check *check) {
    return (undr_frame){.type = UNDR_TYPE_MESSAGE, .payload = undr_buffer_slice(&check->payload)};
}

void undr_check_run(undr_check *check) {
    const undr_frame frame = message_of(check);
    check->error = undr_manager_check(&frame);
}

void undr_check_free(undr_check *check) {
    undr_buffer_free(&check->payload);
    free(check);
}

static void finish_check(undr_peer *peer, undr_check *check) {
    const undr_frame frame = message_of(check);
    peer->kept = check->kept;
    if (check->error == UNDR_OK) {
        receive(peer, &frame, &check->payload);
    } else {
        refuse(peer, &frame, check->error);
    }
}

void undr_check_end(undr_check *check) {
    undr_peer *peer = check->peer;
    if (peer != NULL) {
        peer->check = NULL;
        finish_check(peer, check);
        undr_peer_flush(peer); /* and what stands behind the message */
    } else {
        uv_mutex_lock(&check->server->lock);
        undr_manager_release_bytes(check->server->core, check->kept);
        uv_mutex_unlock(&check->server->lock);
    }
    undr_check_free(check);
}

void undr_check_forget(undr_check *check) {
    if (check != NULL) {
        check->peer = NULL;
    }
}

/* Takes the payload over; it is {0} then. */
static void start_check(undr_peer *peer, undr_buffer *payload) {
    undr_check *check = malloc(sizeof *check);
    if (check == NULL) {
        undr_buffer_free(payload);
        end_for_memory(peer);
        return;
    }
    *check = (undr_check){.peer = peer, .server = peer->server, .payload = *payload, .kept = peer->kept};
    *payload = (undr_buffer){0};
    peer->kept = 0;
    if (undr_decode(peer->server, check)) {
        peer->check = check; /* it ends in this thread, later */
        return;
    }
    undr_check_run(check);
    finish_check(peer, check);
    undr_check_free(check);
}

/* Frames. */

/* The loop's turns: what a peer may cost in one of them is bounded, whatever it sends (FAULT-1). */
static void begin_turn(undr_peer *peer) {
    if (peer->turn != peer->server->turns) {
        peer->turn = peer->server->turns;
        peer->was_read = false;
        peer->budget = UNDR_TURN_BUDGET;
    }
}

/* UNDR_WAIT: it takes too long for the loop. */
static undr_error check_here(undr_peer *peer, const undr_frame *frame) {
    begin_turn(peer);
    if (frame->type == UNDR_TYPE_MESSAGE && frame->payload.size > UNDR_LARGE_PAYLOAD) {
        return UNDR_WAIT;
    }
    size_t budget = peer->budget;
    undr_error error = undr_manager_check_within(frame, &budget);
    peer->budget = (unsigned)budget;
    return error;
}

/* A whole frame in memory that is the caller's. */
static void handle_frame(undr_peer *peer, const undr_frame *frame) {
    undr_error error = check_here(peer, frame);
    if (error == UNDR_WAIT) {
        undr_buffer copy = {0};
        if (undr_put_slice(&copy, frame->payload) == UNDR_OK) {
            start_check(peer, &copy);
        } else {
            end_for_memory(peer);
        }
        return;
    }
    if (error == UNDR_OK) {
        receive(peer, frame, NULL);
    } else {
        refuse(peer, frame, error);
    }
}

/* Handles the frames at the start of input, as long as there is room for their answers. Returns how many bytes are
 * done with. */
static size_t handle_frames(undr_peer *peer, undr_slice input) {
    size_t used = 0;
    while (can_handle(peer)) { /* FRAME-4 */
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
            undr_peer_leave(peer, UNDR_PEER_ENDING); /* FRAME-7, FRAME-10 */
            return input.size;
        }
        handle_frame(peer, &frame);
        used += (size_t)size;
    }
    return peer->state == UNDR_PEER_OPEN ? used : input.size;
}

/* Large payloads. */

void undr_peer_release(undr_peer *peer) {
    undr_manager_release_bytes(peer->server->core, peer->kept);
    peer->kept = 0;
}

/* What has come of the payload, and the memory for what comes next, count as bytes of the queues and the inbox. */
static undr_error keep(undr_peer *peer, size_t bytes) {
    undr_server *server = peer->server;
    uv_mutex_lock(&server->lock);
    undr_error error = undr_manager_keep_bytes(server->core, bytes);
    uv_mutex_unlock(&server->lock);
    peer->kept += error == UNDR_OK ? bytes : 0;
    return error;
}

/* Memory for what comes next, in steps that the bytes which have come pay for (FRAME-8, SEC-3). */
static undr_error grow_large(undr_peer *peer) {
    uint64_t missing = peer->large_size - peer->in.size;
    size_t step = peer->in.size < UNDR_SCRATCH_SIZE ? UNDR_SCRATCH_SIZE : peer->in.size;
    size_t most = missing < step ? (size_t)missing : step;
    size_t capacity = peer->in.size + most;
    if (peer->in.size < peer->in.capacity) {
        return UNDR_OK;
    }
    undr_error error = keep(peer, capacity - peer->in.capacity);
    return error == UNDR_OK ? undr_buffer_grow(&peer->in, capacity) : error;
}

/* There is no room for the rest: it is not waited for (FRAME-7). */
static void refuse_large(undr_peer *peer, undr_error error) {
    const undr_frame frame = {.type = peer->large_type, .payload = {.size = (size_t)peer->large_size}};
    refuse(peer, &frame, error);
}

static undr_error check_header(const undr_peer *peer) {
    undr_server *server = peer->server;
    uv_mutex_lock(&server->lock);
    undr_error error = undr_manager_check_header(server->core, peer->large_type, peer->large_size);
    uv_mutex_unlock(&server->lock);
    return error;
}

/* peer->in begins with a frame that is not whole and too large to be handled where it is: from now on peer->in is its
 * payload alone, at its place. What its header alone shows to be wrong is refused now. */
static void begin_large(undr_peer *peer) {
    undr_frame frame;
    uint64_t size, limit = peer->server->options.payload_limit;
    if (!can_handle(peer) || peer->in.size < UNDR_HEADER_SIZE
        || undr_frame_decode(undr_buffer_slice(&peer->in), limit, &frame, &size) != UNDR_MORE
        || size - UNDR_HEADER_SIZE <= UNDR_LARGE_PAYLOAD) {
        return;
    }
    peer->large_type = peer->in.data[0];
    peer->large_size = size - UNDR_HEADER_SIZE;
    peer->in.size -= UNDR_HEADER_SIZE;
    memmove(peer->in.data, peer->in.data + UNDR_HEADER_SIZE, peer->in.size);
    undr_error error = check_header(peer);
    if (error == UNDR_OK) {
        error = keep(peer, peer->in.capacity);
    }
    if (error == UNDR_OK) {
        error = grow_large(peer);
    }
    if (error != UNDR_OK) {
        refuse_large(peer, error);
    }
}

static void handle_large(undr_peer *peer) {
    undr_error error = UNDR_OK;
    if (peer->in.size < peer->large_size && (error = grow_large(peer)) != UNDR_OK) {
        refuse_large(peer, error);
    }
    if (error != UNDR_OK || peer->in.size < peer->large_size) {
        return;
    }
    undr_buffer payload = peer->in;
    const undr_frame frame = {.type = peer->large_type, .payload = undr_buffer_slice(&payload)};
    peer->in = (undr_buffer){0};
    peer->large_size = 0;
    if (frame.type == UNDR_TYPE_MESSAGE) {
        start_check(peer, &payload);
    } else {
        receive(peer, &frame, &payload);
        undr_buffer_free(&payload); /* it was taken over, or refused */
    }
}

void undr_peer_handle_kept(undr_peer *peer) {
    if (peer->in.size == 0 || peer->large_size > 0) {
        return;
    }
    size_t used = handle_frames(peer, undr_buffer_slice(&peer->in));
    if (used >= peer->in.size) {
        undr_buffer_free(&peer->in);
        return;
    }
    if (used > 0) {
        memmove(peer->in.data, peer->in.data + used, peer->in.size - used);
        peer->in.size -= used;
    }
    begin_large(peer);
}

static void handle_fresh(undr_peer *peer, undr_slice bytes) {
    size_t used = handle_frames(peer, bytes);
    if (used == bytes.size) {
        return;
    }
    if (undr_put_bytes(&peer->in, bytes.data + used, bytes.size - used) != UNDR_OK) {
        end_for_memory(peer);
        return;
    }
    begin_large(peer);
}

/* Reading. */

/* Something in peer->in can be handled without reading on. */
static bool keeps_frame(const undr_peer *peer) {
    undr_frame frame;
    uint64_t size, limit = peer->server->options.payload_limit;
    return peer->large_size == 0 && undr_frame_decode(undr_buffer_slice(&peer->in), limit, &frame, &size) != UNDR_MORE;
}

/* Stops to read from a peer that is full, or of which a message is being checked. Reading goes on when no whole frame
 * is left in peer->in: on_allocate has more read behind the start of a frame only. While one is left, answers are
 * being written or a check runs, and when that is over it is handled. The peer's end is not noticed before, but
 * patience is bounded. */
void undr_peer_pause_or_resume(undr_peer *peer) {
    bool pause = peer->check != NULL || undr_peer_is_full(peer) || keeps_frame(peer);
    if (pause == peer->paused || peer->state != UNDR_PEER_OPEN) {
        return;
    }
    peer->paused = pause;
    if (pause) {
        (void)uv_read_stop((uv_stream_t *)&peer->stream); /* always succeeds */
    } else if (undr_peer_read(peer) < 0) {
        undr_peer_close(peer);
    }
}

/* Room behind what has come of a frame that is not large. 0: out of memory. */
static size_t make_room(undr_peer *peer) {
    undr_frame frame;
    uint64_t size = 0;
    if (undr_frame_decode(undr_buffer_slice(&peer->in), UINT64_MAX, &frame, &size) != UNDR_MORE) {
        return 0; /* can't be: then it was not read from */
    }
    size_t missing = (size_t)(size - peer->in.size); /* of a header, or of what is not large */
    return undr_buffer_grow(&peer->in, peer->in.size + missing) == UNDR_OK ? missing : 0;
}

static size_t room_of(undr_peer *peer) {
    if (peer->large_size == 0) {
        return make_room(peer);
    }
    size_t room = peer->in.capacity - peer->in.size; /* grow_large has made some */
    uint64_t missing = peer->large_size - peer->in.size;
    room = room < missing ? room : (size_t)missing;
    return room < LARGE_READ ? room : LARGE_READ;
}

/* Memory to read into: the scratch of all, or behind the frame that has begun. Nobody waits for the rest of a frame:
 * the loop goes on (FAULT-1). Nor is a peer read from twice in a turn, though libuv would do so 32 times: without
 * memory it comes back in the next. */
static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    undr_peer *peer = handle->data;
    (void)suggested;
    begin_turn(peer);
    if (peer->was_read) {
        *buffer = uv_buf_init(NULL, 0);
        return;
    }
    if (peer->in.size == 0 && peer->large_size == 0) {
        *buffer = uv_buf_init((char *)peer->server->scratch, UNDR_SCRATCH_SIZE);
        return;
    }
    size_t room = room_of(peer); /* without any on_read gets UV_ENOBUFS */
    *buffer = uv_buf_init(room == 0 ? NULL : (char *)peer->in.data + peer->in.size, (unsigned)room);
}

/* The peer sends no more. What it asked is answered (REQ-3), what it has out is lost. */
static void finish(undr_peer *peer) {
    size_t begun = peer->in.size + (peer->large_size > 0 ? UNDR_HEADER_SIZE : 0);
    if (begun > 0) { /* FRAME-5 */
        undr_server_log(peer->server, &peer->address, "the peer ended the connection %zu bytes into a frame", begun);
    }
    (void)uv_read_stop((uv_stream_t *)&peer->stream); /* always succeeds */
    undr_peer_leave(peer, UNDR_PEER_FINISHED);
}

static void on_failed_read(undr_peer *peer, ssize_t status) {
    if (status == UV_EOF && peer->state == UNDR_PEER_OPEN) {
        finish(peer);
        undr_peer_flush(peer);
        return;
    }
    if (status == UV_EOF && undr_peer_unsent(peer) > 0) {
        peer->state = UNDR_PEER_FINISHED; /* it may still read what it had earned (REQ-6) */
        return;
    }
    if (status != UV_EOF) {
        undr_server_log(peer->server, &peer->address, "connection lost: %s", uv_strerror((int)status));
    }
    undr_peer_close(peer);
}

static void on_bytes(undr_peer *peer, size_t size, const uv_buf_t *buffer) {
    if (peer->large_size > 0) {
        peer->in.size += size;
        handle_large(peer);
    } else if (peer->in.size > 0) {
        peer->in.size += size;
        undr_peer_handle_kept(peer);
    } else {
        handle_fresh(peer, undr_slice_of(buffer->base, size));
    }
    if (peer->changed) { /* it is flushed at the end of this turn */
        undr_peer_pause_or_resume(peer);
    } else {
        undr_peer_flush(peer);
    }
}

/* What comes behind a violation. Too much is no reason to close: that would send a reset, which may overtake answers
 * that were earned. The peer's further bytes wait, at his cost, until his answers are written and the time to read
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
        return; /* see on_allocate */
    }
    peer->was_read = size > 0;
    if (size < 0) {
        on_failed_read(peer, size);
    } else if (peer->state == UNDR_PEER_ENDING) {
        drop(peer, (size_t)size);
    } else if (size > 0) {
        on_bytes(peer, (size_t)size, buffer);
    }
}

int undr_peer_watch(undr_peer *peer) {
    uv_os_fd_t file;
    int status = uv_fileno((uv_handle_t *)&peer->stream, &file);
    return status == 0 ? undr_loop_watch(&peer->server->loop, file) : status;
}

int undr_peer_read(undr_peer *peer) {
    int status = undr_peer_watch(peer);
    return status == 0 ? uv_read_start((uv_stream_t *)&peer->stream, on_allocate, on_read) : status;
}
