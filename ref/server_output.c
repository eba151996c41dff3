/* server_output.c: the answers of a connection on their way out. What the socket takes at once needs no more memory
 * than the answers themselves; a large payload is written from where it lies. */
#include "server_parts.h"

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
    return output->bytes.size + blob_size(output);
}

size_t undr_peer_unsent(const undr_peer *peer) {
    return size_of(&peer->out) + (peer->sending == NULL ? 0 : size_of(&peer->sending->output));
}

void undr_output_drop(undr_output *output) {
    undr_buffer_free(&output->bytes);
    undr_blob_release(output->blob);
    *output = (undr_output){0};
}

/* Another answer follows the blob: then that is copied after all, which only happens to who asks several times before
 * he reads. */
static undr_error flatten(undr_output *output) {
    undr_error error = UNDR_OK;
    if (output->blob != NULL) {
        error = undr_put_slice(&output->bytes, undr_blob_slice(output->blob));
        undr_blob_release(output->blob);
        output->blob = NULL;
    }
    return error;
}

static undr_error put(undr_output *output, const undr_answer *answer) {
    undr_error error = flatten(output);
    if (error != UNDR_OK || answer->blob == NULL) {
        return error != UNDR_OK ? error : undr_frame_encode(&output->bytes, &answer->frame);
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
    if (!peer->changed) {
        peer->changed = true;
        DL_PREPEND2(peer->server->changed, peer, before, after);
    }
}

/* What is left of output behind the first `done` bytes; how many pieces. */
static unsigned pieces_of(const undr_output *output, size_t done, uv_buf_t pieces[2]) {
    unsigned count = 0;
    if (done < output->bytes.size) {
        pieces[count++] =
            (uv_buf_t){.base = (char *)output->bytes.data + done, .len = output->bytes.size - done};
        done = output->bytes.size;
    }
    done -= output->bytes.size;
    if (done < blob_size(output)) {
        undr_slice slice = undr_blob_slice(output->blob);
        char *bytes = (char *)(uintptr_t)slice.data; /* only read */
        pieces[count++] = (uv_buf_t){.base = bytes + done, .len = slice.size - done};
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
    uv_buf_t pieces[2];
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
    uv_buf_t pieces[2];
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
    case UNDR_PEER_FINISHED:
        undr_peer_close(peer);
        break;
    case UNDR_PEER_ENDING:
        linger(peer);
        break;
    case UNDR_PEER_OPEN:
        undr_peer_handle_kept(peer);
        break;
    case UNDR_PEER_CLOSED:
        break;
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
    undr_peer_pause_or_resume(peer);
}
