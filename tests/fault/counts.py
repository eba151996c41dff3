"""counts.py BUILD: requests that a worker has no right to, and streams that end anywhere: the count of tasks is never
wrong. The count is what `close join` waits for, and what makes `next` say `done`: both are asked."""

import select
import socket
import struct
import sys

import harness

BUILD = sys.argv[1]
TASK = harness.probe(("message", "done"))


def is_waiting(manager):
    """JOIN or next has not been answered, though another connection was served meanwhile."""
    with harness.Connection(manager.port) as witness:
        assert witness.ask("m", b"N.") == ("m", b"")
    return not select.select([manager.process.stdout], [], [], 0.05)[0]


def surplus_t(manager, worker, stranger):
    """`t` from who has no task settles nobody's: not of a stranger, not a second time, not before there is a task."""
    assert stranger.ask("t") == ("t", harness.NONE)
    manager.schedule(TASK)
    assert worker.ask("n") == ("t", TASK)
    for _ in range(3):
        assert stranger.ask("t") == ("t", harness.NONE)
    manager.write("close", "join")
    assert is_waiting(manager), "a stranger's t has settled a task"
    assert worker.ask("t")[0] == "t"
    assert manager.read() == ["closed"]
    for _ in range(3):
        assert worker.ask("t")[0] == "t"


def second_n(manager, worker, stranger):
    """Two tasks out on one connection take two `t`."""
    for _ in range(2):
        manager.schedule(TASK)
    assert [worker.ask("n"), worker.ask("n")] == [("t", TASK)] * 2
    assert worker.ask("n") == ("t", harness.NONE)
    assert worker.ask("t") == ("t", harness.NONE)
    manager.write("close", "join")
    assert is_waiting(manager), "one t has settled two tasks"
    assert worker.ask("t")[0] == "t"
    assert manager.read() == ["closed"]


def second_n_and_gone(manager, worker, stranger):
    """Two tasks out, the connection ends: two losses, no more."""
    for _ in range(2):
        manager.schedule(TASK)
    assert [worker.ask("n"), worker.ask("n")] == [("t", TASK)] * 2
    worker.socket.close()
    losses = list(manager.messages())
    assert len(losses) == 2 and all(b"task lost" in loss for loss in losses)
    assert stranger.ask("t") == ("t", harness.NONE)
    manager.close("join")


def frames_behind_the_close(manager, worker, stranger):
    """What comes after a close is answered, and changes no count."""
    manager.schedule(TASK)
    assert worker.ask("n") == ("t", TASK)
    manager.write("close", "cancel")
    assert manager.read() == ["closed"]
    for connection in (worker, stranger):
        assert connection.ask(0x81, TASK) == ("s", b"")
        assert connection.ask("m", b"N.") == ("m", b"")
        for kind in "ntn":
            answer, payload = connection.ask(kind)
            assert answer == "t" and b"CloseRequest" in payload
    manager.close("join")


def frames_behind_the_end(manager, worker, stranger):
    """A violation in the middle of a batch: what stands before it counts, what stands behind it does not."""
    batch = harness.HEADER.pack(0x81, len(TASK)) + TASK
    worker.socket.sendall(batch + batch + harness.HEADER.pack(ord("x"), 0) + batch * 5)
    assert [worker.receive(), worker.receive()] == [("s", b"")] * 2
    worker.ended()
    assert [stranger.ask("n"), stranger.ask("t"), stranger.ask("t")] == [("t", TASK), ("t", TASK), ("t", harness.NONE)]
    manager.close("join")


def ends_anywhere(manager, worker, stranger):
    """A worker with a task leaves at each byte of its `t`, by FIN or by a reset: the `t` counts when it was whole."""
    frame = harness.HEADER.pack(ord("t"), 0)
    for reset in (False, True):
        for size in range(len(frame) + 1):
            manager.schedule(TASK)
            with harness.Connection(manager.port) as leaver:
                assert leaver.ask("n") == ("t", TASK)
                leaver.socket.sendall(frame[:size])
                if size == len(frame):
                    assert leaver.receive()[0] == "t"
                if reset:
                    leaver.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            losses = list(manager.messages())
            assert len(losses) == (size < len(frame)), f"{size} bytes of a t: {len(losses)} losses"
    manager.close("join")


def main():
    tests = (surplus_t, second_n, second_n_and_gone, frames_behind_the_close, frames_behind_the_end, ends_anywhere)
    for test in tests:
        with harness.Manager(BUILD) as manager, harness.Connection(manager.port) as worker, \
                harness.Connection(manager.port) as stranger:
            test(manager, worker, stranger)
            manager.end()
    print(f"{len(tests)} ways to get the count wrong, none did")


main()
