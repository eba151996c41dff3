/* server_output.c: the outgoing answers of a connection. What the socket takes at once needs no more memory than the
 * answers themselves; a large payload is written from where it is. */
#include "net/server_parts.h"

#include <stdlib.h>
#include <string.h>
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

size_t undr_output_unsent(const undr_peer *peer) {
    return size_of(&peer->out) + (peer->sending == NULL ? 0 : size_of(&peer->sending->output));
}

bool undr_output_is_full(const undr_peer *peer) {
    return undr_output_unsent(peer) > UNDR_UNREAD_LIMIT;
}

void undr_output_drop(undr_output *output) {
    undr_buffer_free(&output->bytes);
    undr_blob_release(output->blob);
    undr_buffer_free(&output->behind);
    *output = (undr_output){0};
}

/* A second blob follows the first: then it is copied after all. It is not large, because a connection with much to read
 * gets no task (undr_manager_set_full). */
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

/* The part that another thread has written is not sent again. Nothing was before it: the peer was quiet. */
static void leave_out_early(undr_peer *peer) {
    undr_buffer *bytes = &peer->out.bytes;
    if (peer->early > 0 && peer->early <= bytes->size) {
        bytes->size -= peer->early;
        memmove(bytes->data, bytes->data + peer->early, bytes->size);
    }
    peer->early = 0;
}

static void queue(undr_peer *peer, const undr_answer *answer) {
    atomic_store(&peer->quiet, false);
    if (put(&peer->out, answer) != UNDR_OK) {
        peer->failed = true;
    }
    leave_out_early(peer);
    peer->unanswered--;
    if (!peer->full && undr_output_is_full(peer)) {
        peer->full = true;
        undr_manager_set_full(peer->server->core, peer->handle, true);
    }
    if (!peer->changed) {
        peer->changed = true;
        DL_PREPEND2(peer->server->changed, peer, before, after);
    }
}

/* Answers. */

void undr_server_collect(undr_server *server) {
    undr_answer answer;
    while (undr_manager_next_answer(server->core, &answer) == UNDR_OK) { /* nothing else is ever sent (REQ-2) */
        queue(answer.owner, &answer);
    }
    server->held_until = undr_manager_deadline(server->core);
    if (undr_manager_messages(server->core) > 0 || undr_manager_tasks_left(server->core) == 0) {
        undr_server_announce(server);
    }
}

enum { PIECES = 3 };

/* What is left of output after the first `done` bytes; returns the number of pieces. */
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

/* Writes peer->out from its byte `done` on in the background. */
static int send_rest(undr_peer *peer, size_t done, uv_write_cb on_written) {
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
    int status = undr_loop_watch_stream((uv_stream_t *)&peer->stream);
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

int undr_output_write(undr_peer *peer, uv_write_cb on_written) {
    if (peer->failed) {
        return UV_ENOMEM;
    }
    if (peer->sending != NULL || peer->out.bytes.size == 0) {
        return 0;
    }
    uv_buf_t pieces[PIECES];
    unsigned count = pieces_of(&peer->out, 0, pieces);
    int written = uv_try_write((uv_stream_t *)&peer->stream, pieces, count);
    if (written < 0 && written != UV_EAGAIN) {
        return written;
    }
    size_t done = written < 0 ? 0 : (size_t)written;
    if (done < size_of(&peer->out)) {
        return send_rest(peer, done, on_written);
    }
    undr_output_drop(&peer->out);
    atomic_store(&peer->quiet, true);
    return 0;
}

undr_peer *undr_output_written(uv_write_t *write) {
    undr_sending *sending = write->data;
    undr_peer *peer = sending->peer;
    undr_output_drop(&sending->output);
    free(sending);
    peer->sending = NULL;
    atomic_store(&peer->quiet, peer->out.bytes.size == 0);
    return peer;
}
