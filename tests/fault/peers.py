"""peers.py BUILD [ATTACK...]: hostile peers of a manager while its own workers run tasks of a millisecond. The workers
keep at least 0.8 of their rate (measured in turn without and with the attack, a few times where the machine is noisy),
the manager's memory stays within a bound, the log names a peer and the reason, and afterwards all is as before."""

import contextlib
import os
import resource
import selectors
import socket
import subprocess
import sys
import time

import harness

BUILD = sys.argv[1]
WORKERS, TASKS = 4, 1000
RATE, ROUNDS = 0.8, 8
MIB = 1 << 20
FILES = 256  # descriptors of the manager that is flooded


# The attackers. Each is a process of its own: `peers.py attack NAME PORT` says `ready` when it is at it, and goes on
# until it is killed.


def dial(port, receive_buffer=None):
    return harness.Connection(port, receive_buffer=receive_buffer).socket


def trickle(port):
    """1,000 peers, each sends a byte a second of a frame that announces a megabyte."""
    peers = [dial(port) for _ in range(1000)]
    frame = harness.HEADER.pack(0x81, MIB) + bytes(MIB)
    yield
    for at in range(len(frame)):
        for peer in peers:
            peer.send(frame[at:at + 1])
            time.sleep(0.0005)  # and the call itself: about a millisecond


def announce(port):
    """Peers that send a header, or a part of it, and leave, half of them by a reset."""
    yield
    for number in range(1 << 60):
        peer = dial(port)
        peer.send(harness.HEADER.pack(ord("m"), 1 << 40 if number % 3 else 1000)[:1 + number % 9])
        if number % 2:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        peer.close()
        time.sleep(0.0005)


def never_read(port):
    """100 peers that ask as much as they can and never read an answer: each has its buffers full. That the manager has
    taken all that it will is proved by round trips of another peer: otherwise it would hand a task to one of them."""
    peers = [dial(port, receive_buffer=4096) for _ in range(100)]
    requests = harness.HEADER.pack(ord("n"), 0) * 4096
    selector = selectors.DefaultSelector()
    for peer in peers:
        peer.setblocking(False)
        selector.register(peer, selectors.EVENT_WRITE)
    other, full = harness.Connection(port), 0
    while full < 3:
        ready = selector.select(0.1)
        full = 0 if ready else full + 1
        for key, _ in ready:
            with contextlib.suppress(BlockingIOError):
                key.fileobj.send(requests)
        other.ask("n")
    other.socket.close()
    yield
    while True:
        time.sleep(1)


def connect_many(port, request):
    peers = []
    for number in range(1 << 60):
        peers.append(dial(port))
        with contextlib.suppress(ConnectionError):  # refused already
            peers[-1].send(request)
        if number == 2 * FILES:
            yield
        if number > 2 * FILES:
            peers.pop(0).close()
            time.sleep(0.0005)


def flood(port):
    """As many connections as go, many more than the manager has descriptors. None sends a request."""
    return connect_many(port, b"")


def crowd(port):
    """The same, and each sends a message, so that it keeps its place."""
    return connect_many(port, harness.HEADER.pack(ord("m"), len(harness.NONE)) + harness.NONE)


def garbage(port):
    """What is no frame, as fast as it goes, on one connection after the other."""
    noise = os.urandom(1 << 16).replace(b"m", b"").replace(b"n", b"").replace(b"t", b"")
    noise = bytes(byte & 0x7F for byte in noise)  # no schedule, either
    yield
    while True:
        peer = dial(port)
        with contextlib.suppress(OSError):
            while True:
                peer.send(noise)
        peer.close()


ATTACKS = {  # what the manager is started with, the words that its log must have, its memory beyond the usual
    trickle: ([], None, 8 * MIB),
    announce: ([], "bytes into a frame", 8 * MIB),
    never_read: (["--hold", 0, "--patience", 3600000], None, 100 * 2 * MIB),
    flood: ([], "it has sent no request, and another connection needs its place", 8 * MIB),
    crowd: ([], "the limit of connections is reached", 8 * MIB),
    garbage: ([], "connection ended: frame of type 0x", 8 * MIB),
}


def attack(name, port):
    run = {function.__name__: function for function in ATTACKS}[name](port)
    next(run)
    print("ready", flush=True)
    for _ in run:
        pass


@contextlib.contextmanager
def under(name, port):
    command = [sys.executable, __file__, "attack", name, str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as attacker:
        try:
            assert attacker.stdout.readline() == b"ready\n", f"the attacker {name} has failed"
            yield
            assert attacker.poll() is None, f"the attacker {name} has ended"
        finally:
            attacker.kill()


# The measure.


class Pool(harness.Manager):
    def __init__(self, *options):
        def few_files():
            resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
        limit = few_files if "few files" in options else None
        super().__init__(BUILD, *[option for option in options if option != "few files"], workers=WORKERS, preexec_fn=limit)
        self.task = harness.probe(("sleep", 0.001)).hex()

    def rate(self):
        """Tasks a second."""
        begin = time.monotonic()
        for _ in range(TASKS):
            self.write("schedule", 1, self.task)
        self.write("next")
        for _ in range(TASKS):
            assert self.read() == ["ok"]
        answer = self.read()
        while answer != ["done"]:  # what an attacker left behind, a lost task say
            answer = self.ask("next")
        return TASKS / (time.monotonic() - begin)


def measure(pool, name):
    """The best of some rounds of: the rate without, with, without; and the most memory that was seen."""
    best, most, usual = 0, 0, pool.rate()
    for _ in range(ROUNDS):
        with under(name, pool.port):
            attacked = pool.rate()
            most = max(most, harness.memory(pool.pid))
        again = pool.rate()
        best = max(best, attacked / ((usual + again) / 2))
        usual = again
        if best >= RATE:
            break
    return best, most


def check(function):
    options, words, room = ATTACKS[function]
    name = function.__name__
    with Pool(*options, *(["few files"] if function in (flood, crowd) else [])) as pool:
        pool.rate()
        before, files = harness.memory(pool.pid), len(harness.descriptors(pool.pid))
        ratio, most = measure(pool, name)
        print(f"{name:11} {ratio:5.2f} of the usual rate, {(most - before) / MIB:6.1f} MiB more memory", flush=True)
        assert ratio >= RATE, f"under {name} the workers keep {ratio:.2f} of their rate"
        assert most - before <= room, f"under {name} the manager takes {(most - before) / MIB:.1f} MiB more"
        harness.until(
            lambda: len(harness.descriptors(pool.pid)) == files, f"return to {files} descriptors after {name}")
        said = pool.said()
        assert words is None or any(words in line and line.startswith("127.0.0.1:") for line in said.splitlines()), said
        pool.close("join")
        pool.end()


def main(names):
    for function in ATTACKS:
        if not names or function.__name__ in names:
            check(function)


if sys.argv[1] == "attack":
    attack(sys.argv[2], int(sys.argv[3]))
else:
    main(sys.argv[2:])
