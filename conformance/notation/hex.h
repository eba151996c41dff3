/* hex.h: bytes that were written down as hexadecimal text: plain digits, dumps with offsets (xxd, hexdump -C,
 * od -t x1, Wireshark's), and C arrays (xxd -i, Wireshark's). */
#ifndef CHECK_HEX_H
#define CHECK_HEX_H

#include "undr/bytes.h"

/* Bytes that one side sent, before the other one did. */
typedef struct check_hex_piece {
    size_t size;
    bool second; /* of the peer that Wireshark indents, or calls peer1 */
} check_hex_piece;

/* Zero-initialise; check_hex_free when done. */
typedef struct check_hex {
    undr_buffer bytes; /* of all pieces */
    check_hex_piece *pieces;
    size_t count, capacity;
    bool two_sided;
} check_hex;

/* Reads a text. *found: it is hexadecimal; otherwise nothing was read. UNDR_ARGUMENT: it begins so, and *message names
 * the line that is none, or says which tool's form is not read, and what to do instead. */
UNDR_MUST_USE undr_error check_hex_read(undr_slice text, check_hex *made, bool *found, undr_buffer *message);
void check_hex_free(check_hex *hex); /* and back to {0} */

#endif
