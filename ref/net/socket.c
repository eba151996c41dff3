/* socket.c: undr.task's send_ and receive_ functions: whole frames over a connected, blocking socket. */
#include "undr/socket.h"

#include "undr/descriptors.h"
#include "undr/pickle.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* A payload's buffer grows by at most what has arrived of it, and by this much at first. */
enum { FIRST_PIECE = 64 * 1024 };

static undr_error error_of_errno(void) {
    return errno == ECONNRESET || errno == EPIPE ? UNDR_RESET : UNDR_SYSTEM;
}

/* connect() that a signal interrupts goes on by itself; poll says when it is through, SO_ERROR how it went. */
static int finish_connect(int client) {
    struct pollfd wait = {.fd = client, .events = POLLOUT};
    int ready;
    do {
        ready = poll(&wait, 1, -1);
    } while (ready < 0 && errno == EINTR);
    int outcome = 0;
    socklen_t size = sizeof outcome;
    if (ready < 0 || getsockopt(client, SOL_SOCKET, SO_ERROR, &outcome, &size) < 0) {
        return -1;
    }
    errno = outcome;
    return outcome == 0 ? 0 : -1;
}

undr_error undr_connect(uint16_t port, int *client) {
    return undr_connect_to(NULL, port, client);
}

undr_error undr_connect_to(const char *name, uint16_t port, int *client) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    *client = -1;
    if (inet_pton(AF_INET, name == NULL ? "127.0.0.1" : name, &address.sin_addr) != 1) {
        return UNDR_ARGUMENT;
    }
    undr_error error = undr_hold_standard_descriptors(); /* none of them may become the connection */
    if (error != UNDR_OK) {
        return error;
    }
    *client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*client < 0) {
        return UNDR_SYSTEM;
    }
    int connected = connect(*client, (const struct sockaddr *)&address, sizeof address);
    if (connected < 0 && errno == EINTR) {
        connected = finish_connect(*client);
    }
    if (connected == 0) {
        return UNDR_OK;
    }
    int kept = errno;
    (void)close(*client); /* never connected: nothing to lose */
    *client = -1;
    errno = kept;
    return UNDR_SYSTEM;
}

/* Takes `sent` bytes off the front of the pieces. */
static void advance(struct msghdr *message, size_t sent) {
    while (message->msg_iovlen > 0 && sent >= message->msg_iov->iov_len) {
        sent -= message->msg_iov->iov_len;
        message->msg_iov++;
        message->msg_iovlen--;
    }
    if (message->msg_iovlen > 0) {
        message->msg_iov->iov_base = (uint8_t *)message->msg_iov->iov_base + sent;
        message->msg_iov->iov_len -= sent;
    }
}

/* Sends the pieces, which it moves, whole. Their number fits what glibc and musl each have for it. */
static undr_error send_all(int client, struct iovec *pieces, unsigned short count) {
    struct msghdr rest = {.msg_iov = pieces, .msg_iovlen = count};
    while (rest.msg_iovlen > 0) {
        ssize_t sent = sendmsg(client, &rest, MSG_NOSIGNAL);
        if (sent >= 0) {
            advance(&rest, (size_t)sent);
        } else if (errno != EINTR) {
            return error_of_errno();
        }
    }
    return UNDR_OK;
}

static struct iovec piece_of(undr_slice slice) {
    return (struct iovec){.iov_base = (void *)(uintptr_t)slice.data, .iov_len = slice.size}; /* only read */
}

undr_error undr_send_bytes(int client, uint8_t type, undr_slice message) {
    uint8_t header[UNDR_HEADER_SIZE];
    undr_frame_header(header, type, message.size);
    struct iovec pieces[2] = {piece_of(undr_slice_of(header, sizeof header)), piece_of(message)};
    return send_all(client, pieces, message.size > 0 ? 2 : 1);
}

undr_error undr_send_pieces(int client, uint8_t type, const undr_pieces *message) {
    uint8_t header[UNDR_HEADER_SIZE];
    undr_frame_header(header, type, undr_pieces_size(message));
    undr_slice before = undr_slice_of(header, sizeof header);
    size_t offset = 0;
    for (size_t i = 0; i < message->count; i++) { /* one call for each, with the header or what comes before it */
        const undr_piece *next = &message->borrowed[i];
        undr_slice bytes = undr_slice_of(message->bytes.data + offset, next->offset - offset);
        struct iovec pieces[3] = {piece_of(before), piece_of(bytes), piece_of(next->slice)};
        undr_error error = send_all(client, pieces, 3);
        if (error != UNDR_OK) {
            return error;
        }
        before = (undr_slice){0};
        offset = next->offset;
    }
    undr_slice bytes = offset == message->bytes.size
        ? (undr_slice){0}
        : undr_slice_of(message->bytes.data + offset, message->bytes.size - offset);
    struct iovec pieces[2] = {piece_of(before), piece_of(bytes)};
    return send_all(client, pieces, 2);
}

undr_error undr_send_type(int client, uint8_t type) {
    return undr_send_bytes(client, type, (undr_slice){0});
}

undr_error undr_send_message(int client, uint8_t type, const undr_value *message) {
    undr_buffer pickle = {0};
    undr_error error = undr_pickle_write(message, 4, &pickle);
    if (error == UNDR_OK) {
        error = undr_send_bytes(client, type, undr_buffer_slice(&pickle));
    }
    undr_buffer_free(&pickle);
    return error;
}

/* Fills data[0..size), however the stream is cut (FRAME-3). FRAME-5: if the stream ends earlier, that is an end. */
static undr_error receive_exactly(int client, uint8_t *data, size_t size) {
    size_t offset = 0;
    while (offset < size) {
        ssize_t got = recv(client, data + offset, size - offset, 0);
        if (got > 0) {
            offset += (size_t)got;
        } else if (got == 0) {
            return UNDR_END;
        } else if (errno != EINTR) {
            return error_of_errno();
        }
    }
    return UNDR_OK;
}

/* FRAME-8: memory grows with the bytes that have arrived, by doubling, and never with the length that the header
 * announces. */
static undr_error receive_payload(int client, uint64_t size, undr_buffer *message) {
    while (message->size < size) {
        uint64_t left = size - message->size;
        size_t piece = message->size > FIRST_PIECE ? message->size : FIRST_PIECE;
        piece = left < piece ? (size_t)left : piece;
        undr_error error = undr_buffer_grow(message, message->size + piece);
        if (error == UNDR_OK) {
            error = receive_exactly(client, message->data + message->size, piece);
        }
        if (error != UNDR_OK) {
            return error;
        }
        message->size += piece;
    }
    return UNDR_OK;
}

undr_error undr_receive_bytes(int client, uint64_t payload_limit, uint8_t *type, undr_buffer *message) {
    uint8_t header[UNDR_HEADER_SIZE];
    undr_frame frame;
    uint64_t size;
    uint64_t limit = payload_limit < UNDR_PAYLOAD_MAXIMUM ? payload_limit : UNDR_PAYLOAD_MAXIMUM;
    message->size = 0;
    undr_error error = receive_exactly(client, header, sizeof header);
    if (error != UNDR_OK) {
        return error;
    }
    *type = header[0];
    error = undr_frame_decode(undr_slice_of(header, sizeof header), limit, &frame, &size);
    return error == UNDR_MORE ? receive_payload(client, size - UNDR_HEADER_SIZE, message) : error;
}

undr_error undr_receive_message(
    int client, uint64_t payload_limit, uint8_t *type, undr_arena *arena, undr_value **message) {
    undr_buffer payload = {0};
    *message = NULL;
    undr_error error = undr_receive_bytes(client, payload_limit, type, &payload);
    if (error == UNDR_OK && payload.size > 0) { /* FRAME-2: an empty payload is never unpickled */
        error = undr_pickle_read(undr_buffer_slice(&payload), NULL, arena, message, NULL, NULL);
    }
    undr_buffer_free(&payload);
    return error;
}

undr_error undr_receive_type(int client, uint8_t expected_type) {
    undr_buffer payload = {0};
    uint8_t type;
    undr_error error = undr_receive_bytes(client, UNDR_PAYLOAD_MINIMUM, &type, &payload);
    if (error == UNDR_OK && (type != expected_type || payload.size > 0)) {
        error = UNDR_ACKNOWLEDGEMENT; /* read it whole all the same: the next frame starts after it */
    }
    undr_buffer_free(&payload);
    return error;
}
