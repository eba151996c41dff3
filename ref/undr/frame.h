/* frame.h: the wire unit. Nine bytes of header - a type, then the payload's length as an unsigned 64-bit
 * little-endian integer - followed by the payload. Spec: "Framing" (FRAME-1 to FRAME-9).
 *
 *      0      1                               9                9 + length
 *      +------+-------------------------------+------------------+
 *      | type | length, u64 little-endian     | payload          |
 *      +------+-------------------------------+------------------+
 *
 * Start reading here: frame, value, pickle, then manager and worker. */
#ifndef UNDR_FRAME_H
#define UNDR_FRAME_H

#include "undr/bytes.h"

UNDR_API_BEGIN

enum { UNDR_HEADER_SIZE = 9 };

/* FRAME-6: every implementation accepts payloads up to this size. */
#define UNDR_PAYLOAD_MINIMUM ((uint64_t)64 << 20)

/* No larger payload is received, whatever the limit: with 32-bit sizes, more can't be allocated in one piece next to
 * what has already arrived. */
#define UNDR_PAYLOAD_MAXIMUM (SIZE_MAX > UINT32_MAX ? (uint64_t)(PTRDIFF_MAX - UNDR_HEADER_SIZE) : (uint64_t)512 << 20)

/* The reference's manager and worker refuse more than this by default. */
#define UNDR_DEFAULT_PAYLOAD_LIMIT \
    (((uint64_t)1 << 30) < UNDR_PAYLOAD_MAXIMUM ? (uint64_t)1 << 30 : UNDR_PAYLOAD_MAXIMUM)

/* The types. From 0x80 up the low seven bits of a worker's frame are a priority. */
enum {
    UNDR_TYPE_NEXT = 'n',      /* worker -> manager: a task, please */
    UNDR_TYPE_TASK = 't',      /* worker -> manager: task complete, another please; manager -> worker: a task */
    UNDR_TYPE_MESSAGE = 'm',   /* worker -> manager: for the inbox; manager -> worker: its acknowledgement */
    UNDR_TYPE_SCHEDULED = 's', /* manager -> worker: acknowledges a scheduled task */
    UNDR_TYPE_SCHEDULE = 0x80  /* worker -> manager: schedule a task, + priority 0..127 */
};

/* One frame. The payload is borrowed: from the bytes that were decoded, or from the sender until it is written. */
typedef struct undr_frame {
    uint8_t type;
    undr_slice payload;
} undr_frame;

/* Decodes the frame at the start of `input`, which may hold less than one frame or several.
 *
 *   UNDR_OK                 *frame is whole (its payload points into input); *size bytes of input are spent
 *   UNDR_MORE               not whole yet; *size is how many bytes the frame needs in all as far as is known:
 *                           UNDR_HEADER_SIZE while the header is incomplete, header + payload afterwards
 *   UNDR_PAYLOAD_TOO_LARGE  the header announces more than payload_limit (FRAME-7); final; *size is
 *                           UNDR_HEADER_SIZE, the offset up to which the bytes were understood
 *
 * Never allocates, never copies, keeps no state: call it again with the same bytes and more after them. */
UNDR_MUST_USE undr_error undr_frame_decode(undr_slice input, uint64_t payload_limit, undr_frame *frame, uint64_t *size);

/* Writes the header for a payload of payload_size bytes. */
void undr_frame_header(uint8_t header[UNDR_HEADER_SIZE], uint8_t type, uint64_t payload_size);

/* Appends a whole frame to a buffer. UNDR_OK or UNDR_MEMORY. */
UNDR_MUST_USE undr_error undr_frame_encode(undr_buffer *buffer, const undr_frame *frame);

UNDR_API_END

#endif
