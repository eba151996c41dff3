"""endless.py ROLE:KIND VERB ...: an adapter of no use that sends something without end, or, as `wrong`, answers nonsense at once, for hostile.py. The kinds stand
where they are looked for."""
import os
import socket
import struct
import sys
import threading
import time

ROLE, _, KIND = sys.argv[1].partition(":")
VERB = sys.argv[2] if len(sys.argv) > 2 else ""
NONE = bytes.fromhex("80044e2e")
HUGE = 1 << 39


def flood(file, data, pause=0.0):
    while True:
        os.write(file, data)
        time.sleep(pause)


def capabilities():
    if KIND == "capabilities-lines":
        flood(1, b"manager\n" * 1000)
    if KIND == "capabilities-line":
        flood(1, b"x" * 1000)
    if KIND == "capabilities-trickle":
        flood(1, b"worker\n", 0.2)
    if KIND == "capabilities-errors":
        flood(2, b"x\n" * 1000)
    print(ROLE)
    if KIND.startswith("declare-"):
        print(KIND[len("declare-"):])


def frame(kind, payload=b""):
    return struct.pack("<cQ", kind, len(payload)) + payload


def exactly(peer, size):
    data = peer.recv(size, socket.MSG_WAITALL) if size > 0 else b""
    if len(data) < size:
        sys.exit(0)
    return data


def serve(peer):
    try:
        answer(peer)
    except OSError:
        pass


def answer(peer):
    while True:
        kind, size = struct.unpack("<cQ", exactly(peer, 9))
        exactly(peer, size)
        if KIND == "frames":
            while True:
                peer.sendall(frame(b"t", NONE) * 100)
        if KIND == "huge-frame":
            peer.sendall(struct.pack("<cQ", b"t", HUGE))
            while True:
                peer.sendall(b"x" * 65536)
        if KIND in ("trickle", "trickle-wrong"):
            peer.sendall(struct.pack("<cQ", b"t" if KIND == "trickle" else b"s", 1 << 26))
            while True:
                peer.sendall(b"x")
                time.sleep(0.02)
        if KIND == "slow-reader":
            while True:
                exactly(peer, 1)
                time.sleep(0.1)
        if KIND == "wrong":
            peer.sendall(frame(b"x"))
        peer.sendall(frame(b"t", NONE) if kind in b"nt" else frame(kind if kind == b"m" else b"s"))


def manager():
    if KIND == "ready-lines":
        flood(1, b"ready?\n" * 1000)
    if KIND == "ready-line":
        flood(1, b"x" * 1000)
    if KIND == "ready-trickle":
        flood(1, b"x", 0.05)
    listener = socket.create_server(("127.0.0.1", 0))
    print("ready", listener.getsockname()[1], flush=True)
    if KIND.startswith("answer-"):
        sys.stdin.readline()
        flood(1, {"lines": b"ok\n" * 1000, "line": b"message " + b"80" * 1000, "trickle": b"8"}[KIND[7:]],
              0.05 if KIND.endswith("trickle") else 0)
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


def worker():
    peers = [socket.create_connection(("127.0.0.1", int(sys.argv[4])))]
    while KIND == "connections":
        peers.append(socket.create_connection(("127.0.0.1", int(sys.argv[4]))))
    while KIND == "frames":
        peers[0].sendall(frame(b"n") * 100)
    peers[0].sendall(struct.pack("<cQ", b"m", HUGE if KIND == "huge-frame" else 1 << 26))
    while True:
        peers[0].sendall(b"x" * (65536 if KIND == "huge-frame" else 1))
        time.sleep(0 if KIND == "huge-frame" else 0.02)


if VERB == "capabilities":
    capabilities()
elif VERB in ("manager", "worker"):
    try:
        manager() if VERB == "manager" else worker()
    except OSError:
        pass
else:
    sys.exit(89)
