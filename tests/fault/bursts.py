"""bursts.py BUILD: more at once than the manager has time for, shown by stopping it (SIGSTOP): 5,000 connects, none of
which waits for a retransmit; peers that left before they were served, which the log names without being flooded. And
more bytes behind a violation than the manager reads: what was earned before arrives whole."""

import os
import pathlib
import re
import resource
import select
import signal
import socket
import struct
import sys
import threading

import harness

BUILD = sys.argv[1]
CONNECTS, LEAVERS, TASKS = 5000, 400, 30
ESTABLISHED, STATE, TOTAL_RETRANSMITS = 1, 0, 100  # of struct tcp_info: a state, where it stands, and a count
LINES_OF_PEERS = 100  # a second, of undr-manager
MIB = 1 << 20


class Stopped:
    """The manager has no processor."""

    def __init__(self, manager):
        self.pid = manager.pid

    def __enter__(self):
        os.kill(self.pid, signal.SIGSTOP)
        harness.until(lambda: harness.status_of(self.pid)[0] == "T", "stopped manager")

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGCONT)


def tcp_info(peer):
    info = peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return info[STATE], struct.unpack_from("I", info, TOTAL_RETRANSMITS)[0]


def dial(port):
    peer = socket.socket()
    peer.setblocking(False)
    peer.connect_ex(("127.0.0.1", port))
    return peer


def room():
    """How many connects can wait: the kernel spreads them about evenly over the sockets, each holds somaxconn."""
    somaxconn = int(pathlib.Path("/proc/sys/net/core/somaxconn").read_text())
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 100
    return min(harness.LISTENERS * somaxconn * 3 // 4, files, CONNECTS)


def connects_do_not_wait():
    count = room()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with harness.Manager(BUILD) as manager:
        with Stopped(manager):
            peers = [dial(manager.port) for _ in range(count)]
            late = sum(tcp_info(peer)[0] != ESTABLISHED for peer in peers)
            assert late == 0, f"{late} of {count} connects wait for a retransmit"
        for peer in peers:
            peer.setblocking(True)
            peer.settimeout(harness.LIMIT)
            peer.sendall(harness.HEADER.pack(ord("n"), 0))
        for peer in peers:
            answer = b""
            while len(answer) < harness.HEADER.size + len(harness.NONE):
                piece = peer.recv(64)
                assert piece, "a connection was ended"
                answer += piece
            assert answer[0] == ord("t")
        retransmits = sum(tcp_info(peer)[1] for peer in peers)
        assert retransmits == 0, f"{retransmits} segments were sent again"
        for peer in peers:
            peer.close()
        manager.end()
    print(f"{count} connects at once to a manager without a processor: none was late")
    if count < CONNECTS:
        print(f"(not {CONNECTS}: net.core.somaxconn or the limit of open files is low here)")


def who_left_is_named():
    with harness.Manager(BUILD) as manager:
        names = set()
        with Stopped(manager):
            for _ in range(LEAVERS):
                with harness.Connection(manager.port) as leaver:
                    names.add(leaver.name)
                    leaver.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with harness.Connection(manager.port) as last:
            assert last.ask("n") == ("t", harness.NONE)
        manager.end()
        lines = manager.said().splitlines()
        left_out = sum(int(line.split()[0]) for line in lines if line.endswith("lines of this log were left out"))
        named = [line for line in lines if line.split(": ")[0] in names]
        assert all(line.split(": ")[0] in names or "left out" in line for line in lines), lines
        assert len(named) + left_out == LEAVERS, f"{len(named)} lines and {left_out} left out for {LEAVERS} peers"
        assert all(re.search("connection (lost|not served): .", line) for line in named), named
        assert left_out > 0 and len(named) % LINES_OF_PEERS == 0, f"{len(named)} lines: the log was flooded"
    print(f"{LEAVERS} peers left before they were served: {len(named)} lines of the log, the others were counted")


def answers_come_before_a_flood():
    """Tasks are on their way to a worker that breaks the protocol and floods: it gets them all the same."""
    task = harness.probe(("message", os.urandom(300000)))
    with harness.Manager(BUILD) as manager, harness.Connection(manager.port, receive_buffer=4096) as worker:
        for _ in range(TASKS):
            manager.schedule(task)
        data = harness.HEADER.pack(ord("n"), 0) * TASKS + harness.HEADER.pack(ord("x"), 0) + bytes(16 * MIB)
        flood = threading.Thread(target=send_all, args=(worker.socket, data))
        flood.start()
        harness.until(lambda: is_stuck(worker.socket), "flood that the manager does not read")
        for number in range(TASKS):
            assert worker.receive() == ("t", task), f"task {number} did not arrive whole"
        assert "frame of type 0x78" in manager.said()
        worker.ended()
        flood.join()
        losses = list(manager.messages())
        assert len(losses) == TASKS, f"the worker has left, and {len(losses)} of its {TASKS} tasks are lost"
        manager.end()
    print("behind a violation the manager reads no more than it must, and what was earned arrives")


def send_all(to, data):
    try:
        to.sendall(data)
    except OSError:
        pass  # in the end


def is_stuck(peer):
    """Nothing more of what it sends is taken: its buffer is full for a while."""
    return not any(select.select([], [peer], [], 0.1)[1])


def main():
    connects_do_not_wait()
    who_left_is_named()
    answers_come_before_a_flood()


main()
