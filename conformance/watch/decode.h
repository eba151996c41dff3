/* decode.h: prints all connections of a capture in the exchange notation, both directions joined. */
#ifndef WATCH_DECODE_H
#define WATCH_DECODE_H

#include "notation/hex.h"
#include "undr/bytes.h"

#include <stdio.h>

/* What a pcap or pcapng file has; `name` stands in messages. Each connection is printed for itself, as it came, with a
 * remark above each frame that breaks the protocol; *wrong counts those. UNDR_ARGUMENT: *message says why there is
 * nothing to print. UNDR_SYSTEM: `out` can't be written. */
UNDR_MUST_USE undr_error watch_decode_packets(
    undr_slice file, const char *name, FILE *out, size_t *wrong, undr_buffer *message);
/* The same of the two sides of one connection. */
UNDR_MUST_USE undr_error watch_decode_sides(const check_hex *hex, FILE *out, size_t *wrong);

#endif
