/* packet.h: the TCP segment in a captured packet. */
#ifndef WATCH_PACKET_H
#define WATCH_PACKET_H

#include "undr/bytes.h"

typedef struct watch_address {
    uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
    uint16_t port;
} watch_address;

typedef struct watch_segment {
    watch_address source, target;
    uint32_t sequence, acknowledged;
    bool syn, ack, fin, reset;
    undr_slice payload; /* as much as was captured; borrowed from the packet */
    uint32_t size;      /* of the payload on the wire */
} watch_segment;

/* Link types, as pcap names them. */
enum {
    WATCH_LINK_NULL = 0,
    WATCH_LINK_ETHERNET = 1,
    WATCH_LINK_RAW_BSD = 12,
    WATCH_LINK_RAW_OPENBSD = 14,
    WATCH_LINK_RAW = 101,
    WATCH_LINK_LOOP = 108,
    WATCH_LINK_SLL = 113,
    WATCH_LINK_IPV4 = 228,
    WATCH_LINK_IPV6 = 229,
    WATCH_LINK_SLL2 = 276
};
bool watch_link_is_known(int link);

/* False: it is no TCP, or can't be read. */
bool watch_packet_read(int link, undr_slice packet, watch_segment *segment);

#endif
