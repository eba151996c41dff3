"""turns.py BUILD [--json BYTES [ATTACK...]]: what one connection may cost the others in a turn of the manager's loop.

Ten peers send messages that are dear to decode, as fast as they can; another one asks for a task meanwhile. How long it waits
is counted in processor time of the loop's own thread, against plain bytes in messages of the same size: a machine that is
busy changes neither.

--json: once, each peer sends BYTES; prints the ratios, for scripts/bench, and asserts nothing."""

import contextlib
import json
import os
import pathlib
import socket
import struct
import sys
import threading

import harness
import poisons

BUILD = sys.argv[1]
PEERS, BYTES = 10, int(sys.argv[3]) if "--json" in sys.argv else 2 << 20
FACTOR = 20  # of the wait behind plain messages of the same size; with hashes that collide it was 300 and more
FACTORS = {"smallest floats": 8}  # 2 with a bound on a connection's cost in a turn, 18 and more without
ROUNDS = 5


def plain(size):
    return b"B" + struct.pack("<I", size - 6) + b"x" * (size - 6) + b"."


ATTACKS = {
    "numbers that collided": b"\x8f(" + b"".join(poisons.colliding_numbers(1629)) + b"\x90.",
    "the same in a dict": b"}(" + b"N".join(poisons.colliding_numbers(1480)) + b"Nu.",
    "classes of one name": b"\x8f(" + b"".join(b"cm%d\nN\n" % i for i in range(1800)) + b"\x90.",
    "equal keys": poisons.twice_as_a_key(*poisons.KEYS["tuples"]),
    "equal frozensets": poisons.twice_as_a_key(*poisons.KEYS["frozensets"]),
    "numbers of 4,300 digits": (b"L" + b"7" * 4300 + b"L\n0") * 3 + b"N.",
    "smallest floats": b"F5e-324\n0" * 1700 + b"N.",
    "list of lists": b"](" + b"]" * 16000 + b"e.",
    "copies of a set": b"cbuiltins\nset\nq\1](" + b"".join(b"M" + struct.pack("<H", i) for i in range(2000)) + b"e\x85q\0" + b"h\1h\0R0" * 1500 + b"N.",
    "copies of bytes": b"cbuiltins\nbytearray\nq\1B" + struct.pack("<I", 8000) + b"x" * 8000 + b"\x85q\0" + b"h\1h\0R0" * 1300 + b"N.",
    "memo from above": b"N" + b"".join(b"r" + struct.pack("<I", i * 1000003 % 9999991) for i in range(3000)) + b".",
    "bomb": poisons.POISONS["bomb: dict"],
    "small lists": b"](" + b"]" * 90 + b"e.",
}


def loop_time(pid):
    """Seconds of the thread that the loop runs in: the second one of the process."""
    tasks = sorted(map(int, os.listdir(f"/proc/{pid}/task")))
    times = []
    for task in tasks[1:2]:
        fields = pathlib.Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()
        times.append(int(fields[0]) / 1e9)
    return times[0]


def cost(payload):
    """Seconds of the loop for each of the messages that ten peers sent, and of it what passes while another one waits: the median."""
    frame = harness.HEADER.pack(ord("m"), len(payload)) + payload
    count = max(1, BYTES // len(frame))
    with harness.Manager(BUILD) as manager, contextlib.ExitStack() as stack:
        peers = [stack.enter_context(harness.Connection(manager.port)) for _ in range(PEERS)]
        probe = stack.enter_context(harness.Connection(manager.port))
        assert probe.ask("n") == ("t", harness.NONE)
        before, waited, done = loop_time(manager.pid), [], threading.Event()

        def attack(peer):
            sender = threading.Thread(target=peer.socket.sendall, args=(frame * count,))
            sender.start()
            for _ in range(count):
                assert peer.receive() == ("m", b"")
            sender.join()

        attackers = [threading.Thread(target=attack, args=(peer,)) for peer in peers]
        for attacker in attackers:
            attacker.start()
        while any(attacker.is_alive() for attacker in attackers):
            start = loop_time(manager.pid)
            assert probe.ask("n") == ("t", harness.NONE)
            waited.append(loop_time(manager.pid) - start)
        for attacker in attackers:
            attacker.join()
        total = loop_time(manager.pid) - before
        manager.end()
    waited.sort()
    return total / (count * PEERS), waited[len(waited) // 2]


def ratios(payload):
    """Of another's wait, and of the loop's time for each message, against plain bytes."""
    dear, waited = cost(payload)
    usual, usually = cost(plain(len(payload)))
    return waited / max(usually, 1e-4), dear / usual


def main():
    for name, payload in ATTACKS.items():
        best, factor = None, FACTORS.get(name, FACTOR)
        for _ in range(ROUNDS):  # where the machine is noisy, again
            ratio = ratios(payload)
            best = ratio if best is None else min(best, ratio)
            if best[0] < factor:
                break
        assert best[0] < factor, f"{name}: another one waits {best[0]:.1f} times as long as behind plain bytes"
        print(f"{name}, {len(payload)} bytes: another's wait {best[0]:.1f} x, the loop's time for each {best[1]:.1f} x that "
              "of plain bytes", flush=True)


if "--json" in sys.argv:
    print(json.dumps({name: ratios(ATTACKS[name]) for name in sys.argv[4:] or ATTACKS}))
else:
    main()
