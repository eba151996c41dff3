/* server_input.c: the requests of a connection: from bytes to frames, and into the core. A small frame is handled where
 * it was read; a large payload is read into its own memory, which the core takes over (FRAME-8: it grows with the bytes
 * that have arrived). */
#include "net/server_parts.h"

#include <stdlib.h>
#include <string.h>

enum {
    UNANSWERED_LIMIT = 4096, /* when this many requests wait for a task, none waits any longer */
    LARGE_READ = 1 << 20
};

static bool can_handle(const undr_peer *peer) {
    return peer->state == UNDR_PEER_OPEN && peer->check == NULL && !undr_output_is_full(peer);
}

/* Why no more of it is handled now. */
static undr_input_outcome outcome_of(const undr_peer *peer) {
    return peer->check != NULL ? UNDR_INPUT_CHECKED : UNDR_INPUT_FULL;
}

/* The peer broke the protocol, or can't be served: it gets only the answers that were due (REQ-4 to REQ-6). */
static undr_input_outcome refuse(const undr_peer *peer, const undr_frame *frame, undr_error error) {
    undr_server_log(peer->server, &peer->address, "connection ended: frame of type 0x%02x with %zu bytes: %s",
        frame->type, frame->payload.size, undr_error_text(error));
    return UNDR_INPUT_REFUSED;
}

static undr_input_outcome refuse_for_memory(const undr_peer *peer) {
    undr_server_log(peer->server, &peer->address, "connection ended: out of memory");
    return UNDR_INPUT_REFUSED;
}

/* A whole frame that was checked. `whole`: as for undr_manager_receive_checked. */
static undr_input_outcome receive(undr_peer *peer, const undr_frame *frame, undr_buffer *whole) {
    undr_server *server = peer->server;
    uv_mutex_lock(&server->lock);
    undr_input_release(peer); /* what it keeps belongs to this frame, and counts as such from now on */
    undr_error error = undr_manager_receive_checked(server->core, peer->handle, frame, whole, uv_now(&server->loop));
    peer->unanswered += error == UNDR_OK;
    undr_server_collect(server);
    if (peer->unanswered >= UNANSWERED_LIMIT) { /* all wait behind a held answer: end the hold */
        undr_manager_end_requests(server->core, peer->handle);
        undr_server_collect(server);
    }
    uv_mutex_unlock(&server->lock);
    return error == UNDR_OK ? UNDR_INPUT_MORE : refuse(peer, frame, error);
}

/* Messages in another thread. */

undr_input_outcome undr_input_checked(undr_peer *peer, undr_check *check) {
    const undr_frame frame = undr_check_frame(check);
    peer->kept = check->kept;
    return check->error == UNDR_OK ? receive(peer, &frame, &check->payload) : refuse(peer, &frame, check->error);
}

/* Takes the payload over; it is {0} then. */
static undr_input_outcome start_check(undr_peer *peer, undr_buffer *payload) {
    undr_check *check = malloc(sizeof *check);
    if (check == NULL) {
        undr_buffer_free(payload);
        return refuse_for_memory(peer);
    }
    *check = (undr_check){.peer = peer, .server = peer->server, .payload = *payload, .kept = peer->kept};
    *payload = (undr_buffer){0};
    peer->kept = 0;
    if (undr_decode(peer->server, check)) {
        peer->check = check; /* it ends in this thread, later */
        return UNDR_INPUT_CHECKED;
    }
    undr_check_run(check);
    undr_input_outcome outcome = undr_input_checked(peer, check);
    undr_check_free(check);
    return outcome;
}

/* Frames. */

/* The loop's turns: a peer's cost in each of them is bounded, whatever it sends (FAULT-1). */
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

/* The bytes of the payload that have arrived, and the memory for the next ones, count as bytes of the queues and the
 * inbox. */
static undr_error keep(undr_peer *peer, size_t bytes) {
    undr_server *server = peer->server;
    uv_mutex_lock(&server->lock);
    undr_error error = undr_manager_keep_bytes(server->core, bytes);
    uv_mutex_unlock(&server->lock);
    peer->kept += error == UNDR_OK ? bytes : 0;
    return error;
}

/* Even a small one counts while it waits for a decoder: each connection may have one. */
static undr_input_outcome check_elsewhere(undr_peer *peer, const undr_frame *frame) {
    undr_buffer copy = {0};
    undr_error error = keep(peer, frame->payload.size);
    if (error != UNDR_OK) {
        return refuse(peer, frame, error);
    }
    error = undr_put_slice(&copy, frame->payload);
    return error == UNDR_OK ? start_check(peer, &copy) : refuse_for_memory(peer);
}

/* It has sent a request: no other connection may take its place. */
static void stay(undr_peer *peer) {
    if (peer->clock == &peer->server->silent) {
        undr_peer_stop_clock(peer);
    }
}

/* A whole frame in memory that is the caller's. */
static undr_input_outcome handle_frame(undr_peer *peer, const undr_frame *frame) {
    undr_error error = check_here(peer, frame);
    stay(peer);
    if (error == UNDR_WAIT) {
        return check_elsewhere(peer, frame);
    }
    return error == UNDR_OK ? receive(peer, frame, NULL) : refuse(peer, frame, error);
}

/* Handles the frames at the start of input while there is room for their answers. *used: how many bytes are
 * finished. */
static undr_input_outcome handle_frames(undr_peer *peer, undr_slice input, size_t *used) {
    *used = 0;
    while (can_handle(peer)) { /* FRAME-4 */
        undr_frame frame;
        uint64_t size;
        undr_slice rest = undr_slice_of(input.data + *used, input.size - *used);
        undr_error error = undr_frame_decode(rest, peer->server->options.payload_limit, &frame, &size);
        if (error == UNDR_MORE) {
            return UNDR_INPUT_MORE; /* FRAME-3 */
        }
        if (error != UNDR_OK) { /* FRAME-7, FRAME-10 */
            undr_server_log(peer->server, &peer->address, "connection ended: frame of type 0x%02x: %s (%llu bytes)",
                rest.data[0], undr_error_text(error), (unsigned long long)peer->server->options.payload_limit);
            return UNDR_INPUT_REFUSED;
        }
        if (handle_frame(peer, &frame) == UNDR_INPUT_REFUSED) {
            return UNDR_INPUT_REFUSED;
        }
        *used += (size_t)size;
    }
    return outcome_of(peer);
}

/* Large payloads. */

void undr_input_release(undr_peer *peer) {
    undr_manager_release_bytes(peer->server->core, peer->kept);
    peer->kept = 0;
}

/* Memory for the next bytes, in steps that are paid for by the bytes that have arrived (FRAME-8, SEC-3). */
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

static undr_error check_header(const undr_peer *peer) {
    undr_server *server = peer->server;
    uv_mutex_lock(&server->lock);
    undr_error error = undr_manager_check_header(server->core, peer->large_type, peer->large_size);
    uv_mutex_unlock(&server->lock);
    return error;
}

/* There is no room for the rest: do not wait for it (FRAME-7). */
static undr_input_outcome refuse_large(const undr_peer *peer, undr_error error) {
    const undr_frame frame = {.type = peer->large_type, .payload = {.size = (size_t)peer->large_size}};
    return refuse(peer, &frame, error);
}

/* peer->in begins with a frame that is not whole. When it is too large to be handled in place, peer->in becomes its
 * payload alone. What its header alone shows to be wrong is refused now. */
static undr_input_outcome begin_large(undr_peer *peer) {
    undr_frame frame;
    uint64_t size, limit = peer->server->options.payload_limit;
    if (peer->in.size < UNDR_HEADER_SIZE
        || undr_frame_decode(undr_buffer_slice(&peer->in), limit, &frame, &size) != UNDR_MORE
        || size - UNDR_HEADER_SIZE <= UNDR_LARGE_PAYLOAD) {
        return UNDR_INPUT_MORE;
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
    return error == UNDR_OK ? UNDR_INPUT_MORE : refuse_large(peer, error);
}

static undr_input_outcome handle_large(undr_peer *peer) {
    if (peer->in.size < peer->large_size) {
        undr_error error = grow_large(peer);
        return error == UNDR_OK ? UNDR_INPUT_MORE : refuse_large(peer, error);
    }
    undr_buffer payload = peer->in;
    const undr_frame frame = {.type = peer->large_type, .payload = undr_buffer_slice(&payload)};
    peer->in = (undr_buffer){0};
    peer->large_size = 0;
    stay(peer);
    if (frame.type == UNDR_TYPE_MESSAGE) {
        return start_check(peer, &payload);
    }
    undr_input_outcome outcome = receive(peer, &frame, &payload);
    undr_buffer_free(&payload); /* it was taken over, or refused */
    return outcome;
}

/* Reading. */

undr_input_outcome undr_input_handle_kept(undr_peer *peer) {
    if (peer->in.size == 0 || peer->large_size > 0) {
        return UNDR_INPUT_MORE;
    }
    size_t used;
    undr_input_outcome outcome = handle_frames(peer, undr_buffer_slice(&peer->in), &used);
    if (used >= peer->in.size) {
        undr_buffer_free(&peer->in);
    } else if (used > 0) {
        memmove(peer->in.data, peer->in.data + used, peer->in.size - used);
        peer->in.size -= used;
    }
    return outcome == UNDR_INPUT_MORE ? begin_large(peer) : outcome;
}

static undr_input_outcome handle_fresh(undr_peer *peer, undr_slice bytes) {
    size_t used;
    undr_input_outcome outcome = handle_frames(peer, bytes, &used);
    if (outcome == UNDR_INPUT_REFUSED || used == bytes.size) {
        return outcome;
    }
    if (undr_put_bytes(&peer->in, bytes.data + used, bytes.size - used) != UNDR_OK) {
        return refuse_for_memory(peer);
    }
    return outcome == UNDR_INPUT_MORE ? begin_large(peer) : outcome;
}

undr_input_outcome undr_input_take(undr_peer *peer, size_t size, const uv_buf_t *buffer) {
    if (peer->large_size > 0) {
        peer->in.size += size;
        return handle_large(peer);
    }
    if (peer->in.size > 0) {
        peer->in.size += size;
        return undr_input_handle_kept(peer);
    }
    return handle_fresh(peer, undr_slice_of(buffer->base, size));
}

size_t undr_input_begun(const undr_peer *peer) {
    return peer->in.size + (peer->large_size > 0 ? UNDR_HEADER_SIZE : 0);
}

bool undr_input_keeps_frame(const undr_peer *peer) {
    undr_frame frame;
    uint64_t size, limit = peer->server->options.payload_limit;
    return peer->large_size == 0 && undr_frame_decode(undr_buffer_slice(&peer->in), limit, &frame, &size) != UNDR_MORE;
}

/* Room behind the received part of a frame that is not large. 0: out of memory. */
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

/* The loop never waits for the rest of a frame (FAULT-1). It does not read from a peer twice in a turn either, although
 * libuv would do so 32 times: without memory, libuv comes back in the next turn. */
uv_buf_t undr_input_room(undr_peer *peer) {
    begin_turn(peer);
    if (peer->was_read) {
        return uv_buf_init(NULL, 0);
    }
    if (peer->in.size == 0 && peer->large_size == 0) {
        return uv_buf_init((char *)peer->server->scratch, UNDR_SCRATCH_SIZE);
    }
    size_t room = room_of(peer);
    return uv_buf_init(room == 0 ? NULL : (char *)peer->in.data + peer->in.size, (unsigned)room);
}
