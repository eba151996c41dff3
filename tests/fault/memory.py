"""memory.py BUILD: how much memory undr-manager takes at most, under peers that want it to take more: its peak (VmHWM) stays
within the bound of spec/threats.md. Counted in bytes, never in time."""

import contextlib
import os
import pathlib
import pickle
import select
import socket
import struct
import sys

import harness

BUILD = sys.argv[1]
MIB = 1 << 20
QUEUE = 32 * MIB  # --queue-limit
PEERS = 8
OF_A_CONNECTION = 3 * MIB  # the bound of the specification, beside the task that is being sent
ALLOCATOR = 4 * MIB  # what malloc keeps, whatever happens
DECODERS, LEAST, TIMES = 4, MIB, 64  # messages decoded at a time, and what each may take: LEAST and TIMES its size


def peak(manager):
    for line in pathlib.Path(f"/proc/{manager.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmHWM")


class Peers:
    """Connections that send as much as goes in and never read, unless told to."""

    def __init__(self, manager, count=PEERS, small=True):
        self.manager = manager
        self.all = [harness.Connection(manager.port, receive_buffer=4096 if small else None) for _ in range(count)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for peer in self.all:
            peer.socket.close()

    def send(self, data, settle=3):
        """To each the same. Until all is sent, or, with round trips of another in between, nothing more is taken."""
        rest = {peer.socket: memoryview(data) for peer in self.all}
        idle = 0
        for peer in self.all:
            peer.socket.setblocking(False)
        while rest and idle < settle:
            _, ready, _ = select.select([], list(rest), [], 0.05)
            idle = 0 if ready else idle + 1
            for one in ready:
                try:
                    rest[one] = rest[one][one.send(rest[one][:MIB]):]
                except BlockingIOError:
                    continue
                except OSError:  # it was ended
                    rest[one] = rest[one][:0]
                if not rest[one]:
                    del rest[one]
            alive(self.manager)


def alive(manager):
    """A round trip behind all that came before: a violation is answered by the end of its connection."""
    with harness.Connection(manager.port) as peer:
        peer.send("x")
        peer.ended()


@contextlib.contextmanager
def bounded(what, more, *options):
    """A manager whose peak grows by no more than that."""
    with harness.Manager(BUILD, "--queue-limit", QUEUE, "--connections", 8 * PEERS, "--patience", 3600000, *options) as manager:
        with Peers(manager):
            alive(manager)
        before = peak(manager)
        yield manager
        alive(manager)
        grown = peak(manager) - before
        print(f"{what:44} {grown / MIB:7.1f} MiB of {(more + ALLOCATOR) / MIB:6.1f}", flush=True)
        assert grown <= more + ALLOCATOR, f"{what}: {grown / MIB:.1f} MiB more than before, {more / MIB:.1f} are promised"
        manager.end()


def header(kind, size):
    return harness.HEADER.pack(kind if isinstance(kind, int) else ord(kind), size)


def payloads_that_never_end(kind):
    """All but the last byte of as much as the queue limit allows, on each connection."""
    with bounded(f"payloads that never end ({kind})", QUEUE + PEERS * OF_A_CONNECTION) as manager, Peers(manager) as peers:
        peers.send(header(kind, QUEUE - 1000) + bytes(QUEUE - 1001))
        assert "hold as many bytes as they may" in manager.said()


def payloads_that_are_too_large():
    """The header alone shows it."""
    with bounded("payloads above the queue limit", PEERS * OF_A_CONNECTION) as manager, Peers(manager) as peers:
        peers.send(header(0x80, 8 * QUEUE) + bytes(4 * QUEUE))
        assert manager.said().count("hold as many bytes as they may") == PEERS


def payloads_that_are_none(kind):
    with bounded(f"large payloads that are a violation ({kind})", PEERS * OF_A_CONNECTION) as manager, Peers(manager) as peers:
        peers.send(header(kind, 4 * QUEUE) + bytes(4 * QUEUE - 1))


def large_ones_that_leave():
    with bounded("payloads whose peers leave", QUEUE + PEERS * OF_A_CONNECTION) as manager:
        for _ in range(6):
            with Peers(manager) as peers:
                peers.send(header("m", QUEUE // 2) + bytes(QUEUE // 4), settle=1)
        with harness.Connection(manager.port) as peer:  # there is room again, all of it
            assert peer.ask(0x80, bytes(QUEUE - 1000)) == ("s", b"")


def expect_all_room(manager):
    """What is no more on its way does not count: a payload goes in that takes all there is."""
    def fits():
        while manager.next() is not None:  # a message that was decoded in the meantime
            pass
        with harness.Connection(manager.port) as peer, contextlib.suppress(ConnectionError):
            return peer.ask(0x80, bytes(QUEUE - 1000)) == ("s", b"")
    harness.until(fits, "room that is given back")


def what_was_refused_gives_its_room_back():
    """At the header, in the middle, when it was decoded, and when its peer is gone while it is."""
    pickled = pickle.dumps(list(range(600000)), 4)  # takes a while to be decoded
    sent = [header("m", QUEUE // 2) + b"\xff" * (QUEUE // 2), header(0xf0, QUEUE // 2) + bytes(1000),
        header(0x80, QUEUE // 2) + bytes(QUEUE // 4), header("m", len(pickled)) + pickled]
    for data in sent:
        with harness.Manager(BUILD, "--queue-limit", QUEUE) as manager:
            for number in range(8):
                with harness.Connection(manager.port) as peer, contextlib.suppress(OSError):
                    peer.socket.sendall(data)
                    if number % 2:
                        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            expect_all_room(manager)
            manager.end()


def who_comes_first_is_served():
    """What has come of one payload counts against another, and against the program; a header alone against nobody."""
    with harness.Manager(BUILD, "--queue-limit", QUEUE) as manager, harness.Connection(manager.port) as first, \
            harness.Connection(manager.port) as second, Peers(manager, 4) as peers:
        for peer in peers.all:
            peer.socket.sendall(header(0x80, QUEUE - 1000))
        first.socket.sendall(header(0x80, QUEUE - 1000) + bytes(QUEUE - 2000))
        harness.until(lambda: manager.ask("message", pickle.dumps(bytes(MIB), 4).hex())[0] == "error" or not manager.next(),
            "refusal of the program's message")
        with contextlib.suppress(OSError):
            second.socket.sendall(header(0x80, MIB) + bytes(MIB))
        second.ended()
        first.socket.sendall(bytes(1000))
        assert first.receive() == ("s", b"")
        manager.end()


def schedule_all(manager, task):
    count = 0
    while manager.ask("schedule", 1, task) == ["ok"]:
        count += 1
    return count


def held_requests(size, by_peer):
    """The report: thousands of held requests of peers that never read, and tasks."""
    name = f"held requests, tasks of {size >> 10} KiB, " + ("by a peer" if by_peer else "by the program")
    with bounded(name, QUEUE + PEERS * (OF_A_CONNECTION + size), "--hold", 3600000) as manager, Peers(manager) as peers:
        peers.send(header("n", 0) * 4000)
        if by_peer:
            with harness.Connection(manager.port) as other:
                with contextlib.suppress(ConnectionError):
                    while other.ask(0x80, bytes(size)) == ("s", b""):
                        pass
        else:
            schedule_all(manager, bytes(size).hex() if size < 1000 else pickle.dumps(bytes(size), 4).hex())


def large_tasks_that_are_settled():
    """n t n t ...: what was settled is no more in the queues, but may still be on its way."""
    size = 4 * MIB
    with bounded("tasks settled before they are read", QUEUE + PEERS * (OF_A_CONNECTION + size)) as manager, \
            Peers(manager) as peers, harness.Connection(manager.port) as other:
        peers.send((header("n", 0) + header("t", 0)) * 1000, settle=1)
        for _ in range(4):
            with contextlib.suppress(ConnectionError):
                for _ in range(QUEUE // size - 1):
                    assert other.ask(0x80, bytes(size)) == ("s", b"")
            peers.send((header("n", 0) + header("t", 0)) * 1000, settle=1)
            other = harness.Connection(manager.port)


def acknowledgements(kind, payload):
    """Of which none is read. What they acknowledge is counted."""
    frame = header(kind, len(payload)) + payload
    with bounded(f"acknowledgements of {kind}", QUEUE + PEERS * OF_A_CONNECTION) as manager, Peers(manager) as peers:
        peers.send(frame * (8 * MIB // len(frame)))


def answers():
    with bounded("answers None", PEERS * OF_A_CONNECTION) as manager, Peers(manager) as peers:
        peers.send(header("n", 0) * (4 * MIB // 9))


def behind_a_large_answer():
    """Acknowledgements behind a large task: it is not copied for them."""
    size = 16 * MIB
    with bounded("answers behind a large task", size + OF_A_CONNECTION, "--hold", 3600000) as manager, \
            Peers(manager, 1) as peers:
        peers.send(header("n", 0) + (header("m", 4) + harness.NONE) * 1000)
        with harness.Connection(manager.port) as other:
            assert other.ask(0x80, bytes(size)) == ("s", b"")


def messages_that_unfold():
    """The most memory that a message of that size can want, on more connections than there are decoders."""
    size = 2 * MIB
    bomb = b"\x80\x04(" + b"]" * (size - 4) + b"t."
    bound = QUEUE + PEERS * OF_A_CONNECTION + DECODERS * (LEAST + TIMES * size)
    with bounded("messages that unfold", bound) as manager, Peers(manager, small=False) as peers:
        peers.send(header("m", len(bomb)) + bomb)
        for peer in peers.all:
            peer.socket.setblocking(True)
            peer.socket.settimeout(harness.LIMIT)
            assert peer.receive() == ("m", b"")


def command_lines():
    """What no command can be is not kept, nor what is above a limit; nor many that wait behind one that waits. The answers
    say why, and the next command is obeyed."""
    size, limit = 2 * QUEUE, 64 * MIB
    lines = [(b"", b"\0", size), (b"", b"schedule ", size), (b"schedule 1 ", b"00", limit + MIB), (b"message ", b"5d", limit + MIB),
        (b"message ", b"5d", QUEUE + MIB), (b"schedule 1 ", b"5d", QUEUE + MIB), (b"next", b" ", size), (b"schedule 1 ", b"x", size)]
    for begin, rest, count in lines:
        bound = limit if begin and rest in (b"00", b"5d") else 0
        with bounded(f"a command {begin + rest} ...", bound, "--payload-limit", limit) as manager:
            manager.process.stdin.write(begin)
            for _ in range(0, count, MIB):
                manager.process.stdin.write(rest * MIB)
            manager.write("")
            answer = manager.read()
            assert answer[0] == "error", answer
            assert manager.ask("message", "4e2e") == ["ok"] and manager.next() == b"N."
    line = b"message " + b"42" + f"{MIB:08x}".encode() + b"00" * MIB + b"2e\n"
    with bounded("commands that wait", 8 * MIB) as manager:
        manager.schedule(harness.probe())
        manager.write("next")  # for ever
        stdin = manager.process.stdin.fileno()
        os.set_blocking(stdin, False)
        written = idle = 0
        while idle < 20:
            try:
                written, idle = written + os.write(stdin, line[written % len(line):]), 0
            except BlockingIOError:
                idle += 1
            alive(manager)
        assert written < 6 * len(line), written



def main():
    if harness.sanitizer(BUILD):
        print("SKIPPED: a sanitizer keeps memory that was freed, and takes some of its own")
        sys.exit(77)
    for kind in ("m", 0x80):
        payloads_that_never_end(kind)
    payloads_that_are_too_large()
    for kind in ("n", "x", 0xff):
        payloads_that_are_none(kind)
    large_ones_that_leave()
    what_was_refused_gives_its_room_back()
    who_comes_first_is_served()
    for size, by_peer in ((100 << 10, False), (100 << 10, True), (100, True), (3 * MIB, True)):
        held_requests(size, by_peer)
    large_tasks_that_are_settled()
    acknowledgements("m", harness.NONE)
    acknowledgements(0x80, b"")
    answers()
    behind_a_large_answer()
    messages_that_unfold()
    command_lines()


main()
