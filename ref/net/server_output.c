/* server_output.c: the answers of a connection on their way out. What the socket takes at once needs no more memory
 * than the answers themselves; a large payload is written from where it lies. */
#include "net/server_parts.h"

#include <stdlib.h>
#include <utlist.h>

/* Answers that the socket did not take at once. */
typedef struct undr_sending {
    uv_write_t write; /* .data is the sending */
    undr_peer *peer;
    undr_output output;
} undr_sending;

static size_t blob_size(const undr_output *output) {
    return output->blob == NULL ? 0 : undr_blob_slice(output->blob).size;
}

static size_t size_of(const undr_output *output) {
    return output->bytes.size + blob_size(output) + output->behind.size;
}

size_t undr_peer_unsent(const undr_peer *peer) {
    return size_of(&peer->out) + (peer->sending == NULL ? 0 : size_of(&peer->sending->output));
}

void undr_output_drop(undr_output *output) {
    undr_buffer_free(&output->bytes);
    undr_blob_release(output->blob);
    undr_buffer_free(&output->behind);
    *output = (undr_output){0};
}

/* A second blob follows the first: then that is copied after all. It is not large, for a connection that has much to
 * read is handed no task (undr_manager_set_full). */
static undr_error flatten(undr_output *output) {
    undr_error error = undr_put_slice(&output->bytes, undr_blob_slice(output->blob));
    if (error == UNDR_OK) {
        error = undr_put_slice(&output->bytes, undr_buffer_slice(&output->behind));
    }
    undr_blob_release(output->blob);
    output->blob = NULL;
    undr_buffer_free(&output->behind);
    return error;
}

static undr_error put(undr_output *output, const undr_answer *answer) {
    if (answer->blob == NULL) {
        return undr_frame_encode(output->blob == NULL ? &output->bytes : &output->behind, &answer->frame);
    }
    undr_error error = output->blob == NULL ? UNDR_OK : flatten(output);
    if (error != UNDR_OK) {
        return error;
    }
    uint8_t header[UNDR_HEADER_SIZE];
    undr_frame_header(header, answer->frame.type, answer->frame.payload.size);
    error = undr_put_bytes(&output->bytes, header, sizeof header);
    if (error == UNDR_OK) {
        output->blob = undr_blob_share(answer->blob);
    }
    return error;
}

void undr_peer_queue(undr_peer *peer, const undr_answer *answer) {
    if (put(&peer->out, answer) != UNDR_OK) {
        peer->failed = true;
    }
    peer->unanswered--;
    if (!peer->full && undr_peer_is_full(peer)) {
        peer->full = true;
        undr_manager_set_full(peer->server->core, peer->handle, true);
    }
    if (!peer->changed) {
        peer->changed = true;
        DL_PREPEND2(peer->server->changed, peer, before, after);
    }
}

enum { PIECES = 3 };

/* What is left of output behind the first `done` bytes; how many pieces. */
static unsigned pieces_of(const undr_output *output, size_t done, uv_buf_t pieces[PIECES]) {
    const undr_slice parts[PIECES] = {undr_buffer_slice(&output->bytes),
        output->blob == NULL ? (undr_slice){0} : undr_blob_slice(output->blob), undr_buffer_slice(&output->behind)};
    unsigned count = 0;
    for (size_t i = 0; i < PIECES; i++) {
        size_t skipped = done < parts[i].size ? done : parts[i].size;
        done -= skipped;
        if (skipped < parts[i].size) {
            char *bytes = (char *)(uintptr_t)parts[i].data; /* only read */
            pieces[count++] = (uv_buf_t){.base = bytes + skipped, .len = parts[i].size - skipped};
        }
    }
    return count;
}

static void on_written(uv_write_t *write, int status) {
    undr_sending *sending = write->data;
    undr_peer *peer = sending->peer;
    undr_server *server = peer->server;
    undr_output_drop(&sending->output);
    free(sending);
    peer->sending = NULL;
    if (peer->state == UNDR_PEER_CLOSED) {
        return;
    }
    undr_peer_stop_clock(peer);
    if (status < 0) {
        undr_server_log(server, &peer->address, "connection lost: %s", uv_strerror(status));
        undr_peer_close(peer);
    } else {
        undr_peer_flush(peer);
    }
}

/* Writes peer->out from its byte `done` on in the background. */
static int send_rest(undr_peer *peer, size_t done) {
    undr_sending *sending = malloc(sizeof *sending);
    if (sending == NULL) {
        return UV_ENOMEM;
    }
    *sending = (undr_sending){.peer = peer, .output = peer->out};
    sending->write.data = sending;
    peer->sending = sending;
    peer->out = (undr_output){0};
    uv_buf_t pieces[PIECES];
    unsigned count = pieces_of(&sending->output, done, pieces);
    peer->left = size_of(&sending->output) - done;
    undr_peer_start_clock(peer, &peer->server->writing, peer->server->options.patience);
    int status = undr_peer_watch(peer);
    if (status == 0) {
        status = uv_write(&sending->write, (uv_stream_t *)&peer->stream, pieces, count, on_written);
    }
    if (status < 0) { /* then on_written is not called */
        peer->out = sending->output;
        peer->sending = NULL;
        free(sending);
    }
    return status;
}

/* Starts to write peer->out: at once as much as goes, the rest in the background. Less than 0: failed. */
static int write_out(undr_peer *peer) {
    uv_buf_t pieces[PIECES];
    unsigned count = pieces_of(&peer->out, 0, pieces);
    int written = uv_try_write((uv_stream_t *)&peer->stream, pieces, count);
    if (written < 0 && written != UV_EAGAIN) {
        return written;
    }
    size_t done = written < 0 ? 0 : (size_t)written;
    if (done == size_of(&peer->out)) {
        undr_output_drop(&peer->out);
        return 0;
    }
    return send_rest(peer, done);
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
    undr_peer_start_clock(peer, &server->lingering, UNDR_LINGER_MS);
    uv_shutdown_t *request = malloc(sizeof *request);
    int status = request == NULL ? UV_ENOMEM : undr_peer_watch(peer);
    if (status == 0) {
        status = uv_shutdown(request, (uv_stream_t *)&peer->stream, on_shutdown);
    }
    if (status < 0) {
        free(request); /* on_shutdown is not called */
    } else if (peer->paused) {
        status = undr_peer_read(peer);
    }
    if (status < 0) {
        undr_peer_close(peer);
    }
}

/* Nothing is left to be written. */
static void on_drained(undr_peer *peer) {
    switch (peer->state) {
    case UNDR_PEER_FINISHED: undr_peer_close(peer); break;
    case UNDR_PEER_ENDING: linger(peer); break;
    case UNDR_PEER_OPEN: undr_peer_handle_kept(peer); break;
    case UNDR_PEER_CLOSED: break;
    }
}

/* It has read enough to be handed tasks again. */
static void note_room(undr_peer *peer) {
    if (peer->full && !undr_peer_is_full(peer)) {
        undr_server *server = peer->server;
        peer->full = false;
        uv_mutex_lock(&server->lock);
        undr_manager_set_full(server->core, peer->handle, false);
        uv_mutex_unlock(&server->lock);
    }
}

void undr_peer_flush(undr_peer *peer) {
    int status = peer->failed ? UV_ENOMEM : 0;
    while (status == 0 && peer->state != UNDR_PEER_CLOSED && peer->sending == NULL) {
        if (peer->out.bytes.size > 0) {
            status = write_out(peer);
            continue;
        }
        undr_peer_state state = peer->state;
        on_drained(peer);
        if (peer->out.bytes.size == 0 && peer->state == state) {
            break;
        }
    }
    if (status < 0) {
        undr_server_log(peer->server, &peer->address, "connection lost: %s", uv_strerror(status));
        undr_peer_close(peer);
        return;
    }
    note_room(peer);
    undr_peer_pause_or_resume(peer);
}
