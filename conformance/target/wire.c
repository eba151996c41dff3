/* wire.c: one TCP connection of the harness, without waiting. */
#include "target/wire.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_SIZE = 256 * 1024, READS_AT_ONCE = 16 };

void check_count(check_counter *counter, undr_slice bytes) {
    undr_cursor cursor = undr_cursor_over(bytes);
    while (undr_cursor_left(&cursor) > 0) {
        if (counter->header_size == UNDR_HEADER_SIZE) {
            size_t left = undr_cursor_left(&cursor);
            size_t part = counter->payload_left < left ? (size_t)counter->payload_left : left;
            cursor.offset += part;
            counter->payload_left -= part;
        } else {
            counter->header[counter->header_size++] = bytes.data[cursor.offset++];
            if (counter->header_size < UNDR_HEADER_SIZE) {
                continue;
            }
            undr_cursor length = undr_cursor_over(undr_slice_of(counter->header + 1, UNDR_HEADER_SIZE - 1));
            if (!undr_read_u64le(&length, &counter->payload_left)) {
                return; /* can't be: eight bytes are there */
            }
        }
        if (counter->payload_left == 0) {
            counter->frames++;
            counter->header_size = 0;
        }
    }
}

static void tap(check_wire *wire, check_tapped what, undr_slice bytes) {
    if (wire->tap != NULL) {
        wire->tap->saw(wire->tap->context, &wire->line, what, bytes);
    }
}

void check_wire_init(check_wire *wire) {
    *wire = (check_wire){.socket = -1};
}

void check_wire_free(check_wire *wire) {
    check_wire_close(wire);
    undr_buffer_free(&wire->in);
    undr_buffer_free(&wire->out);
}

/* Non-blocking, without delay, its two addresses known. */
static undr_error prepare_socket(check_wire *wire) {
    int one = 1;
    socklen_t here = sizeof wire->here, there = sizeof wire->there;
    int flags = fcntl(wire->socket, F_GETFL);
    if (flags < 0 || fcntl(wire->socket, F_SETFL, flags | O_NONBLOCK) != 0
        || setsockopt(wire->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0
        || getsockname(wire->socket, (struct sockaddr *)&wire->here, &here) != 0) {
        return UNDR_SYSTEM;
    }
    if (getpeername(wire->socket, (struct sockaddr *)&wire->there, &there) != 0 && errno != ENOTCONN) {
        return UNDR_SYSTEM; /* ENOTCONN: it has been reset already; reading will say so */
    }
    wire->can_send = true;
    wire->end = CHECK_WIRE_OPEN;
    tap(wire, CHECK_TAP_OPEN, (undr_slice){0});
    if (wire->here.sin_port == wire->there.sin_port && wire->here.sin_addr.s_addr == wire->there.sin_addr.s_addr) {
        check_wire_close(wire); /* connected to itself: where nobody listens, the kernel may pick that very port */
        wire->end = CHECK_WIRE_REFUSED;
    }
    return UNDR_OK;
}

static undr_error fail_closed(check_wire *wire) {
    int reason = errno;
    check_wire_close(wire);
    errno = reason;
    return UNDR_SYSTEM;
}

/* 0, or the errno with which the connecting ended; ETIMEDOUT when `until` passed. */
static int finish_connecting(int file, uint64_t until) {
    for (;;) {
        struct pollfd one = {.fd = file, .events = POLLOUT};
        int count = poll(&one, 1, check_poll_timeout(until, 1000));
        if (count < 0 && errno != EINTR) {
            return errno;
        }
        if (count > 0) {
            int reason = 0;
            socklen_t size = sizeof reason;
            return getsockopt(file, SOL_SOCKET, SO_ERROR, &reason, &size) == 0 ? reason : errno;
        }
        if (check_now() >= until) {
            return ETIMEDOUT;
        }
    }
}

void check_wire_renew(check_wire *wire) {
    const check_tap *tapped = wire->tap;
    check_wire_free(wire);
    check_wire_init(wire);
    wire->tap = tapped;
}

undr_error check_wire_connect(check_wire *wire, const struct sockaddr_in *to, uint64_t until) {
    check_wire_renew(wire);
    wire->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (wire->socket < 0) {
        return UNDR_SYSTEM;
    }
    int reason = 0;
    if (connect(wire->socket, (const struct sockaddr *)to, sizeof *to) != 0) {
        reason = errno == EINPROGRESS || errno == EINTR ? finish_connecting(wire->socket, until) : errno;
    }
    if (reason == ECONNREFUSED || reason == ECONNRESET) {
        check_wire_close(wire);
        wire->end = reason == ECONNREFUSED ? CHECK_WIRE_REFUSED : CHECK_WIRE_RESET;
        return UNDR_OK;
    }
    errno = reason;
    if (reason == ETIMEDOUT) {
        check_wire_close(wire);
        return UNDR_WAIT;
    }
    return reason == 0 && prepare_socket(wire) == UNDR_OK ? UNDR_OK : fail_closed(wire);
}

undr_error check_wire_adopt(check_wire *wire, int socket) {
    check_wire_renew(wire);
    wire->socket = socket;
    return prepare_socket(wire) == UNDR_OK ? UNDR_OK : fail_closed(wire);
}

undr_error check_wire_put(check_wire *wire, undr_slice bytes) {
    if (wire->sent == wire->out.size) {
        wire->sent = 0;
        wire->out.size = 0;
    }
    return undr_put_slice(&wire->out, bytes);
}

bool check_wire_wants_to_write(const check_wire *wire) {
    return wire->socket >= 0 && wire->can_send && wire->sent < wire->out.size;
}

bool check_wire_wants_to_read(const check_wire *wire) {
    return wire->socket >= 0 && wire->end == CHECK_WIRE_OPEN && !wire->deaf
        && check_wire_unread(wire) < CHECK_WIRE_LIMIT_IN;
}

/* The peer takes nothing more: what is left to be sent is dropped, what it sent before is still read. */
static void give_up_sending(check_wire *wire) {
    wire->can_send = false;
    wire->sent = wire->out.size;
}

undr_error check_wire_write(check_wire *wire) {
    while (check_wire_wants_to_write(wire)) {
        const uint8_t *from = wire->out.data + wire->sent;
        ssize_t size = send(wire->socket, from, wire->out.size - wire->sent, MSG_NOSIGNAL);
        if (size >= 0) {
            check_count(&wire->asked, undr_slice_of(from, (size_t)size));
            tap(wire, CHECK_TAP_SENT, undr_slice_of(from, (size_t)size));
            wire->sent += (size_t)size;
            wire->bytes_out += (uint64_t)size;
        } else if (errno == EAGAIN) {
            break;
        } else if (errno == EPIPE || errno == ECONNRESET) {
            bool reset = errno == ECONNRESET && wire->end == CHECK_WIRE_OPEN;
            undr_error error = check_wire_read(wire); /* what it sent before comes first */
            if (reset && wire->end != CHECK_WIRE_RESET) {
                wire->end = CHECK_WIRE_RESET; /* the send has used the error up: reading saw a plain end */
                tap(wire, CHECK_TAP_RESET, (undr_slice){0});
            }
            give_up_sending(wire);
            return error;
        } else if (errno != EINTR) {
            return UNDR_SYSTEM;
        }
    }
    return UNDR_OK;
}

bool check_wire_has_input(const check_wire *wire) {
    int size = 0;
    return check_wire_unread(wire) > 0 || (wire->socket >= 0 && ioctl(wire->socket, FIONREAD, &size) == 0 && size > 0);
}

undr_error check_wire_read(check_wire *wire) {
    for (int i = 0; i < READS_AT_ONCE && check_wire_wants_to_read(wire); i++) {
        undr_error error = undr_buffer_reserve(&wire->in, READ_SIZE);
        if (error != UNDR_OK) {
            return error;
        }
        ssize_t size = recv(wire->socket, wire->in.data + wire->in.size, READ_SIZE, 0);
        if (size > 0) {
            tap(wire, CHECK_TAP_RECEIVED, undr_slice_of(wire->in.data + wire->in.size, (size_t)size));
            wire->in.size += (size_t)size;
            wire->bytes_in += (uint64_t)size;
            if (size < READ_SIZE) {
                continue; /* most likely all; the next call says EAGAIN or the end */
            }
        } else if (size == 0) {
            wire->end = CHECK_WIRE_FIN;
            tap(wire, CHECK_TAP_FIN, (undr_slice){0});
        } else if (errno == EAGAIN) {
            break;
        } else if (errno == ECONNRESET || errno == EPIPE || errno == ETIMEDOUT) {
            wire->end = CHECK_WIRE_RESET;
            tap(wire, CHECK_TAP_RESET, (undr_slice){0});
            give_up_sending(wire);
        } else if (errno != EINTR) {
            return UNDR_SYSTEM;
        }
    }
    return UNDR_OK;
}

undr_error check_wire_peek(const check_wire *wire, undr_frame *frame, uint64_t *size) {
    const uint8_t *from = wire->in.data == NULL ? NULL : wire->in.data + wire->taken;
    undr_slice unread = undr_slice_of(from, check_wire_unread(wire));
    return undr_frame_decode(unread, CHECK_FRAME_LIMIT, frame, size);
}

void check_wire_take(check_wire *wire, uint64_t size) {
    wire->taken += (size_t)size;
    wire->received_frames++;
    if (wire->taken == wire->in.size) {
        wire->taken = wire->in.size = 0;
    } else if (wire->taken > READ_SIZE && wire->taken > wire->in.size / 2) {
        memmove(wire->in.data, wire->in.data + wire->taken, wire->in.size - wire->taken);
        wire->in.size -= wire->taken;
        wire->taken = 0;
    }
}

size_t check_wire_unread(const check_wire *wire) {
    return wire->in.size - wire->taken;
}

bool check_wire_has_ended(const check_wire *wire) {
    return wire->end == CHECK_WIRE_FIN || wire->end == CHECK_WIRE_RESET || wire->end == CHECK_WIRE_REFUSED;
}

void check_wire_close(check_wire *wire) {
    if (wire->socket >= 0) {
        close(wire->socket);
        tap(wire, CHECK_TAP_GONE, (undr_slice){0});
    }
    wire->socket = -1;
    wire->can_send = false;
    if (!check_wire_has_ended(wire)) {
        wire->end = CHECK_WIRE_CLOSED;
    }
}

void check_wire_half_close(check_wire *wire) {
    if (wire->socket >= 0) {
        shutdown(wire->socket, SHUT_WR); /* ENOTCONN: the peer was faster, which reading shows */
        tap(wire, CHECK_TAP_HALF_CLOSE, (undr_slice){0});
    }
    wire->can_send = false;
}

void check_wire_reset(check_wire *wire) {
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (wire->socket >= 0) {
        setsockopt(wire->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    check_wire_close(wire);
}
