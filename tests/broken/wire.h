/* wire.h: frames on a blocking socket, for both roles of the broken peer. */
#ifndef BROKEN_WIRE_H
#define BROKEN_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

typedef struct bytes {
    uint8_t *data; /* malloc */
    size_t size;
} bytes;

typedef struct frame {
    uint8_t type;
    bytes payload;   /* owned by whoever called read_frame; of a frame that ended early, the bytes that arrived */
    bool has_header; /* a whole one */
} frame;

typedef enum wire_result { WIRE_OK, WIRE_END, WIRE_RESET, WIRE_REFUSED } wire_result;

/* How lengths are read and written; the role, which knows its bugs, chooses. */
typedef struct wire_habits {
    bool write_big_endian, read_big_endian, header_one_read, payload_one_read, one_byte_writes;
    bool partial_counts, length_signed, length_32_bits, length_31_bits, absurd_waits, empty_blocks;
    bool refuse_at_header;                    /* a manager's: what the header alone shows to be wrong */
    int64_t length_added;                     /* to what is announced */
    uint64_t limit;                           /* payloads above it are refused */
    long header_patience, payload_patience;   /* milliseconds without a byte, inside of one; 0: any */
    long reads_per_second, writes_per_second; /* bytes, at most; 0: as many as can be */
    bool chunk_waits;                         /* for a byte behind a payload of a multiple of 64 KiB */
} wire_habits;

wire_result read_frame(int fd, const wire_habits *habits, frame *out);
bool write_frame(int fd, const wire_habits *habits, uint8_t type, const void *payload, size_t size);
void *must_have(void *memory); /* ends the program when memory is NULL */
int listen_on(uint32_t address, uint16_t *port);
enum { OWN_WORKER_ADDRESS = 0x7f000002 }; /* 127.0.0.2 */
int connect_to(uint16_t port);
int connect_from(uint32_t address, uint16_t port);         /* INADDR_ANY: from any */
void limit_waiting(int fd, int option, long milliseconds); /* SO_RCVTIMEO or SO_SNDTIMEO */
struct timespec later(long milliseconds);                  /* that long from now, as pthread_cond_timedwait takes it */

#endif
