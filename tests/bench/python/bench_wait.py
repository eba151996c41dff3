"""bench_wait.py PORT: the other side of bench-wakeup in Python, with nothing but a socket."""

import socket
import struct
import sys
import time

with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as client:
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while client.recv(64):
        client.sendall(struct.pack("<q", time.monotonic_ns()))
