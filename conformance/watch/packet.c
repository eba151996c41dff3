/* packet.c: the TCP segment in a captured packet: link layers of loopback and Ethernet, IPv4, IPv6. */
#include "watch/packet.h"

#include <string.h>

enum { ETHER_IPV4 = 0x0800, ETHER_IPV6 = 0x86dd, ETHER_VLAN = 0x8100, ETHER_QINQ = 0x88a8, TCP = 6 };

bool watch_link_is_known(int link) {
    static const int known[] = {WATCH_LINK_NULL, WATCH_LINK_ETHERNET, WATCH_LINK_RAW_BSD, WATCH_LINK_RAW_OPENBSD,
        WATCH_LINK_RAW, WATCH_LINK_LOOP, WATCH_LINK_SLL, WATCH_LINK_IPV4, WATCH_LINK_IPV6, WATCH_LINK_SLL2};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i] == link) {
            return true;
        }
    }
    return false;
}

static undr_slice behind(undr_slice bytes, size_t size) {
    return size > bytes.size ? (undr_slice){0} : undr_slice_of(bytes.data + size, bytes.size - size);
}

static uint32_t big_endian(const uint8_t *from, unsigned size) {
    uint32_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        value = value << 8 | from[i];
    }
    return value;
}

/* ---- TCP ---- */

/* bytes: what was captured; size: what was on the wire, 0: nobody said (segments that are cut by the card later). */
static bool read_tcp(undr_slice bytes, uint32_t size, watch_segment *segment) {
    enum { HEADER = 20, FIN = 1, SYN = 2, RESET = 4, ACK = 16 };
    if (bytes.size < HEADER) {
        return false;
    }
    const uint8_t *at = bytes.data;
    uint32_t header = (uint32_t)(at[12] >> 4) * 4;
    size = size == 0 ? (uint32_t)bytes.size : size;
    if (header < HEADER || header > size) {
        return false;
    }
    segment->source.port = (uint16_t)big_endian(at, 2);
    segment->target.port = (uint16_t)big_endian(at + 2, 2);
    segment->sequence = big_endian(at + 4, 4);
    segment->acknowledged = big_endian(at + 8, 4);
    segment->fin = (at[13] & FIN) != 0;
    segment->syn = (at[13] & SYN) != 0;
    segment->reset = (at[13] & RESET) != 0;
    segment->ack = (at[13] & ACK) != 0;
    segment->size = size - header;
    segment->payload = behind(bytes, header);
    if (segment->payload.size > segment->size) { /* padding of the link */
        segment->payload.size = segment->size;
    }
    return true;
}

/* ---- IP ---- */

static bool read_ipv4(undr_slice bytes, watch_segment *segment) {
    enum { HEADER = 20, FRAGMENT = 0x3fff };
    if (bytes.size < HEADER || bytes.data[0] >> 4 != 4) {
        return false;
    }
    const uint8_t *at = bytes.data;
    uint32_t header = (uint32_t)(at[0] & 15) * 4, total = big_endian(at + 2, 2);
    if (header < HEADER || at[9] != TCP || (big_endian(at + 6, 2) & FRAGMENT) != 0 || (total != 0 && total <= header)) {
        return false;
    }
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
    memcpy(segment->source.bytes, prefix, sizeof prefix);
    memcpy(segment->source.bytes + 12, at + 12, 4);
    memcpy(segment->target.bytes, prefix, sizeof prefix);
    memcpy(segment->target.bytes + 12, at + 16, 4);
    return read_tcp(behind(bytes, header), total == 0 ? 0 : total - header, segment);
}

static bool read_ipv6(undr_slice bytes, watch_segment *segment) {
    enum { HEADER = 40, HOP_BY_HOP = 0, ROUTING = 43, OPTIONS = 60 };
    if (bytes.size < HEADER || bytes.data[0] >> 4 != 6) {
        return false;
    }
    const uint8_t *at = bytes.data;
    uint32_t left = big_endian(at + 4, 2);
    bool jumbo = left == 0;
    uint8_t next = at[6];
    memcpy(segment->source.bytes, at + 8, 16);
    memcpy(segment->target.bytes, at + 24, 16);
    bytes = behind(bytes, HEADER);
    while (next == HOP_BY_HOP || next == ROUTING || next == OPTIONS) {
        if (bytes.size < 8) {
            return false;
        }
        uint32_t size = ((uint32_t)bytes.data[1] + 1) * 8;
        if (!jumbo && size >= left) {
            return false;
        }
        next = bytes.data[0];
        left -= jumbo ? 0 : size;
        bytes = behind(bytes, size);
    }
    return next == TCP && read_tcp(bytes, jumbo ? 0 : left, segment);
}

static bool read_ip(undr_slice bytes, watch_segment *segment) {
    return bytes.size > 0 && (bytes.data[0] >> 4 == 6 ? read_ipv6(bytes, segment) : read_ipv4(bytes, segment));
}

/* ---- links ---- */

static bool read_ether_type(uint32_t type, undr_slice bytes, watch_segment *segment) {
    while ((type == ETHER_VLAN || type == ETHER_QINQ) && bytes.size >= 4) {
        type = big_endian(bytes.data + 2, 2);
        bytes = behind(bytes, 4);
    }
    return (type == ETHER_IPV4 || type == ETHER_IPV6) && read_ip(bytes, segment);
}

static bool read_behind_type(undr_slice packet, size_t type_at, size_t header, watch_segment *segment) {
    return packet.size > header
        && read_ether_type(big_endian(packet.data + type_at, 2), behind(packet, header), segment);
}

bool watch_packet_read(int link, undr_slice packet, watch_segment *segment) {
    *segment = (watch_segment){0};
    switch (link) {
    case WATCH_LINK_NULL:
    case WATCH_LINK_LOOP: return read_ip(behind(packet, 4), segment);
    case WATCH_LINK_ETHERNET: return read_behind_type(packet, 12, 14, segment);
    case WATCH_LINK_SLL: return read_behind_type(packet, 14, 16, segment);
    case WATCH_LINK_SLL2: return read_behind_type(packet, 0, 20, segment);
    default: return read_ip(packet, segment);
    }
}
