"""packets.py: captures, made by hand: frames, TCP segments, pcap and pcapng files."""
import struct

NEXT = b"n" + bytes(8)
NONE = b"t" + struct.pack("<Q", 4) + b"\x80\x04N."
SYN, FIN, RESET, ACK = 2, 1, 4, 16


def frame(kind, payload=b""):
    return bytes([kind if isinstance(kind, int) else ord(kind)]) + struct.pack("<Q", len(payload)) + payload


def tcp(source, target, sequence, acknowledged, flags, data=b""):
    return struct.pack(">HHIIBBHHH", source, target, sequence & 0xFFFFFFFF, acknowledged & 0xFFFFFFFF, 0x50, flags, 65535, 0, 0) + data


def ipv4(data):
    return struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(data), 0, 0x4000, 64, 6, 0, 0x7F000001, 0x7F000001) + data


def segments(exchange, client=50000, manager=4000, first=(9, 99), opens=True):
    """The packets of one connection: (is it the client's?, bytes), or (whose, "fin"), (whose, "reset")."""
    place = {True: first[0] + 1, False: first[1] + 1}
    packets = [tcp(client, manager, first[0], 0, SYN), tcp(manager, client, first[1], first[0] + 1, SYN | ACK)] if opens else []
    for is_client, data in exchange:
        ports = (client, manager) if is_client else (manager, client)
        flags = {"fin": FIN | ACK, "reset": RESET | ACK}.get(data, 24) if isinstance(data, str) else 24
        data = b"" if isinstance(data, str) else data
        packets.append(tcp(*ports, place[is_client], place[not is_client], flags, data))
        place[is_client] += len(data) + (flags & FIN)
    return packets


def pcap(packets, nanoseconds=True, kept=None):
    """kept: how many bytes of a packet were captured, by its number; all of those that it does not name."""
    text = struct.pack("<IHHiIII", 0xA1B23C4D if nanoseconds else 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101)
    for number, packet in enumerate(map(ipv4, packets)):
        captured = packet[:(kept or {}).get(number, len(packet))]
        text += struct.pack("<IIII", 1, number * 1000, len(captured), len(packet)) + captured
    return text


def pcapng(packets):
    """A section, an interface (raw IP), packets in blocks of their own."""
    def block(kind, body):
        size = 12 + len(body)
        return struct.pack("<II", kind, size) + body + struct.pack("<I", size)
    text = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)) + block(1, struct.pack("<HHI", 101, 0, 262144))
    for number, packet in enumerate(map(ipv4, packets)):
        text += block(6, struct.pack("<IIIII", 0, 0, number, len(packet), len(packet)) + packet + bytes(-len(packet) % 4))
    return text


def capture(exchange, nanoseconds=True):
    """A pcap file of one connection."""
    return pcap(segments(exchange), nanoseconds)
