/* wire.h: one TCP connection to or from the target: bytes out as fast as the peer takes them, frames in, its end.
 *
 * Never blocks: who owns it waits (scene.h) and then lets it read and write. */
#ifndef CHECK_WIRE_H
#define CHECK_WIRE_H

#include "target/tap.h"

#include "undr/frame.h"

#include <netinet/in.h>

typedef enum check_wire_end {
    CHECK_WIRE_OPEN,    /* the peer may still send */
    CHECK_WIRE_FIN,     /* it ended the stream */
    CHECK_WIRE_RESET,   /* it reset the connection */
    CHECK_WIRE_REFUSED, /* it could not be connected */
    CHECK_WIRE_CLOSED   /* this side closed it: nothing more is read */
} check_wire_end;

/* Finds the whole frames in a stream of bytes that passes by in pieces of any size. */
typedef struct check_counter {
    uint8_t header[UNDR_HEADER_SIZE];
    size_t header_size;
    uint64_t payload_left;
    uint64_t frames;
} check_counter;
void check_count(check_counter *counter, undr_slice bytes);

typedef struct check_wire {
    int socket; /* -1 when closed */
    check_wire_end end;
    bool deaf;     /* takes nothing in, as a peer that does not read */
    bool can_send; /* false after close, half-close, or when a send found the peer gone */
    struct sockaddr_in here, there;
    undr_buffer in; /* received; what lies before `taken` has been taken */
    size_t taken;
    undr_buffer out; /* to be sent; what lies before `sent` is */
    size_t sent;
    check_counter asked;      /* what this side sent, as frames */
    uint64_t received_frames; /* taken */
    uint64_t bytes_in, bytes_out;
    unsigned late_reads;  /* pieces that the peer did not read in time: see delivery.c */
    const check_tap *tap; /* borrowed; NULL: nobody looks on */
    void *line;           /* the tap's */
} check_wire;

enum { CHECK_WIRE_LIMIT_IN = 256 * 1024 * 1024 };                /* unread bytes; then it stops reading */
#define CHECK_FRAME_LIMIT ((uint64_t)CHECK_WIRE_LIMIT_IN - 1024) /* what is announced above could never be read whole */

void check_wire_init(check_wire *wire);
void check_wire_free(check_wire *wire);
void check_wire_renew(check_wire *wire); /* both, for its next connection */

/* Connects; waits for it at most until `until`. UNDR_OK also when the peer refused: then .end says so (REFUSED, RESET).
 * UNDR_SYSTEM: errno; UNDR_WAIT: no answer in time. */
UNDR_MUST_USE undr_error check_wire_connect(check_wire *wire, const struct sockaddr_in *to, uint64_t until);

/* Takes over an accepted socket, also when it fails (UNDR_SYSTEM). */
UNDR_MUST_USE undr_error check_wire_adopt(check_wire *wire, int socket);

/* Appends bytes to be sent. */
UNDR_MUST_USE undr_error check_wire_put(check_wire *wire, undr_slice bytes);
bool check_wire_wants_to_write(const check_wire *wire);
bool check_wire_wants_to_read(const check_wire *wire);
undr_error check_wire_write(check_wire *wire); /* what goes now; a peer that is gone shows in can_send; SYSTEM */
undr_error check_wire_read(check_wire *wire);  /* what is there now; ends show in .end; MEMORY, SYSTEM */

/* Has something arrived, read or not? Also of a deaf one. */
bool check_wire_has_input(const check_wire *wire);

/* The next whole frame, borrowed until the next read or take: UNDR_OK; UNDR_MORE; UNDR_PAYLOAD_TOO_LARGE. */
UNDR_MUST_USE undr_error check_wire_peek(const check_wire *wire, undr_frame *frame, uint64_t *size);
void check_wire_take(check_wire *wire, uint64_t size); /* that frame is spent */
size_t check_wire_unread(const check_wire *wire);      /* bytes received and not taken */
bool check_wire_has_ended(const check_wire *wire);     /* by the peer: FIN, RESET or REFUSED */

void check_wire_close(check_wire *wire);
void check_wire_half_close(check_wire *wire);
void check_wire_reset(check_wire *wire);

#endif
