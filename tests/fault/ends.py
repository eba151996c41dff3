"""ends.py BUILD: the end of its input ends undr-manager, and SIGINT does, whatever it waits for and however many commands
stand before that: through a pipe, a socket, a file or a terminal. No worker process survives."""

import contextlib
import os
import pathlib
import pty
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import tty

import harness

BUILD = str(pathlib.Path(sys.argv[1]).resolve())
WAITS = b"schedule 1 " + harness.probe(("sleep", 1000000)).hex().encode() + b"\nnext\n"  # for ever
COUNTS = (0, 1, 1000, 1022, 1023, 1024, 1025, 1026, 2000, 3000)  # of commands behind that; it keeps 1,024
BEHIND = b"next\n"
TRIES = 150


@contextlib.contextmanager
def manager(stdin):
    with subprocess.Popen([f"{BUILD}/undr-manager", "manager", "--workers", "1"], stdin=stdin, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout.readline().startswith(b"ready ")
            yield process
        finally:
            process.kill()


def expect_end(process, status, pids):
    try:
        assert process.wait(harness.LIMIT) == status, process.returncode
    except subprocess.TimeoutExpired:
        raise AssertionError("it runs on") from None
    harness.until(lambda: not any(map(harness.runs, pids)), "end of the workers")


def commands(count):
    return WAITS + BEHIND * count


def hang(process):
    """It has scheduled the task, and waits for its end."""
    assert process.stdout.readline() == b"ok\n"
    return harness.children(process.pid)


def send(descriptor, data):
    """In a thread: what is not read fills pipes."""
    def write():
        rest = memoryview(data)
        with contextlib.suppress(OSError):
            while rest:
                rest = rest[os.write(descriptor, rest):]
        close(descriptor)
    thread = threading.Thread(target=write)
    thread.start()
    return thread


def close(descriptor):
    with contextlib.suppress(OSError):
        os.close(descriptor)


def a_pipe(count):
    theirs, ours = os.pipe()
    with manager(theirs) as process:
        os.close(theirs)
        thread = send(ours, commands(count))
        pids = hang(process)
        thread.join()
        expect_end(process, 0, pids)


def a_socket(count, half=False):
    ours, theirs = socket.socketpair()
    with ours, theirs, manager(theirs) as process:
        theirs.close()
        thread = threading.Thread(target=lambda: (ours.sendall(commands(count)),
            ours.shutdown(socket.SHUT_WR) if half else ours.close()))
        thread.start()
        pids = hang(process)
        thread.join()
        expect_end(process, 0, pids)


def half_a_socket(count):
    a_socket(count, half=True)


def a_connection(count):
    """TCP."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as ours:
        theirs = server.accept()[0]
        with theirs, manager(theirs) as process:
            theirs.close()
            ours.sendall(commands(count))
            ours.shutdown(socket.SHUT_WR)
            expect_end(process, 0, hang(process))


def a_file(count):
    with tempfile.TemporaryFile() as file:
        file.write(commands(count))
        file.seek(0)
        with manager(file) as process:
            expect_end(process, 0, hang(process))


def put(descriptor, data):
    """As much as goes in, and no more for a while."""
    os.set_blocking(descriptor, False)
    idle = 0
    while data and idle < 20:
        try:
            data, idle = data[os.write(descriptor, data):], 0
        except BlockingIOError:
            idle += 1
            time.sleep(0.005)


def a_terminal(count):
    """That goes away, and what was not read with it."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    with manager(theirs) as process:
        os.close(theirs)
        put(ours, WAITS)
        pids = hang(process)
        put(ours, BEHIND * count)
        os.close(ours)
        expect_end(process, 0, pids)


def interrupted(count):
    theirs, ours = os.pipe()
    with manager(theirs) as process:
        os.close(theirs)
        thread = threading.Thread(target=lambda: os.write(ours, commands(count)))
        thread.start()
        pids = hang(process)
        thread.join()
        while process.poll() is None:  # the first asks for CANCEL, which waits for the task; the second kills
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
        expect_end(process, 130, pids)
        os.close(ours)


def all_commands_are_run():
    """No end comes before the commands that stand before it, when they do not wait."""
    with harness.Manager(BUILD) as served:
        served.process.stdin.write(b"message 4e2e\nnext\n" * 3000)
        served.process.stdin.flush()
        answers = [served.read() for _ in range(6000)]
        assert answers == [["ok"], ["message", "4e2e"]] * 3000
        served.end()


def why_the_input_failed():
    """It is told before the program leaves: each time, though two threads are at it."""
    for _ in range(TRIES):
        with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as ours:
            theirs = server.accept()[0]
            with subprocess.Popen([f"{BUILD}/undr-manager", "manager", "--workers", "0"], stdin=theirs, stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE, text=True) as process:
                theirs.close()
                assert process.stdout.readline().startswith("ready ")
                ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                ours.close()
                _, said = process.communicate(timeout=harness.LIMIT)
        assert "standard input can't be read any more: Connection reset by peer" in said, said
        assert process.returncode == 1, process.returncode


def main():
    for way in (a_pipe, a_socket, half_a_socket, a_connection, a_file, a_terminal, interrupted):
        for count in COUNTS:
            way(count)
        print(way.__name__, flush=True)
    all_commands_are_run()
    why_the_input_failed()


main()
