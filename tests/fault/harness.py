"""What the fault tests are written in: an undr-manager behind its adapter lines, its processes as /proc shows them, and
connections that speak frames. Standard library only."""

import contextlib
import os
import pathlib
import pickle
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time
import types

LISTENERS = 4  # sockets on which an undr-manager listens
LIMIT = 600  # seconds, for what must come, on a busy machine, too: a hang fails, nothing is asserted of how long anything takes
HEADER = struct.Struct("<BQ")
NONE = bytes.fromhex("80044e2e")

undr_conformance = types.ModuleType("undr_conformance")
sys.modules["undr_conformance"] = undr_conformance


class Probe:
    def __init__(self, *steps):
        self.steps = list(steps)


Probe.__module__ = "undr_conformance"
Probe.__qualname__ = "Probe"
undr_conformance.Probe = Probe


def probe(*steps):
    return pickle.dumps(Probe(*steps), 4)


def until(condition, what):
    """Waits for a condition, which fails the test when it does not come."""
    end = time.monotonic() + LIMIT
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"in {LIMIT} s there was no: {what}"
        time.sleep(0.002)


def sanitizer(build, program="undr-manager"):
    """The sanitizer that the program is built with, if it has a malloc of its own; else None."""
    text = pathlib.Path(build, program).read_bytes()
    names = {b"__asan_init": "AddressSanitizer", b"__tsan_init": "ThreadSanitizer"}
    return next((name for symbol, name in names.items() if symbol in text), None)


def preload(build):
    """What LD_PRELOAD names for shim.c, which stands behind AddressSanitizer's runtime: that must come first.
    Ends the test as skipped where there is none."""
    shim = pathlib.Path(build, "tests", "libfault-shim.so").resolve()
    if not shim.exists():
        print("SKIPPED: shim.c, which makes system calls fail, is not built on this system (tests/fault/CMakeLists.txt)")
        sys.exit(77)
    linked = subprocess.run(["ldd", str(pathlib.Path(build, "undr-manager"))], capture_output=True, text=True).stdout
    runtime = [line.split()[2] for line in linked.splitlines() if "libasan" in line]
    return ":".join([*runtime, str(shim)])


# Processes.


def status_of(pid):
    """The fields of /proc/PID/stat behind the name: state, parent, ... None: it is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def runs(pid):
    status = status_of(pid)
    return status is not None and status[0] not in "ZX"


def children(pid):
    found = []
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found += map(int, path.read_text().split())
    return found


def zombies(pid):
    return [child for child in children(pid) if not runs(child)]


def descriptors(pid):
    """What is open; one that is closed between the listing and the look at it is not."""
    found = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            found.append(os.readlink(f"/proc/{pid}/fd/{name}"))
    return sorted(found)


def memory(pid):
    """Resident bytes."""
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Manager:
    """An undr-manager, killed at the end of the `with` block unless it has ended. A failed test shows its log."""

    def __init__(self, build, *options, workers=0, environment=None, **more):
        self.log = tempfile.TemporaryFile()
        command = [str(pathlib.Path(build, "undr-manager").resolve()), "manager", "--workers", str(workers)]
        self.process = subprocess.Popen(
            [*command, *map(str, options)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
            env={**os.environ, **(environment or {})}, **more)
        self.pid = self.process.pid
        self.unread = b""
        word, *port = self.read()
        assert word == "ready", f"undr-manager said {word!r} in place of ready\n{self.said()}"
        self.port = int(port[0])

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(BrokenPipeError):
                stream.close()
        if kind is not None:
            print("undr-manager said:", *self.said().splitlines()[-20:], sep="\n  | ", file=sys.stderr)
        self.log.close()

    def said(self):
        size = os.fstat(self.log.fileno()).st_size
        return os.pread(self.log.fileno(), size, 0).decode(errors="replace")

    def write(self, *words):
        self.process.stdin.write(" ".join(map(str, words)).encode() + b"\n")
        self.process.stdin.flush()

    def read(self):
        """The words of the next answer; [""] at the end of output."""
        while b"\n" not in self.unread:
            ready, _, _ = select.select([self.process.stdout], [], [], LIMIT)
            assert ready, f"undr-manager gave no answer in {LIMIT} s"
            piece = os.read(self.process.stdout.fileno(), 1 << 20)
            if not piece:
                return [""]
            self.unread += piece
        line, self.unread = self.unread.split(b"\n", 1)
        return line.decode().split(" ")

    def ask(self, *words):
        self.write(*words)
        return self.read()

    def schedule(self, task, priority=1):
        answer = self.ask("schedule", priority, task.hex())
        assert answer == ["ok"], answer

    def next(self):
        """The pickle of a message; None: there is none and no task is left."""
        word, *payload = self.ask("next")
        assert word in ("message", "done"), f"next was answered {word!r}\n{self.said()}"
        return bytes.fromhex(payload[0]) if word == "message" else None

    def messages(self):
        while (message := self.next()) is not None:
            yield message

    def close(self, policy):
        answer = self.ask("close", policy)
        assert answer == ["closed"], answer

    def end(self, status=0):
        """The end of input."""
        self.process.stdin.close()
        ended = self.process.wait(LIMIT)
        assert ended == status, f"undr-manager ended with {ended}\n{self.said()}"


class Connection:
    """A worker's end of a connection, blocking."""

    def __init__(self, port, source=None, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(LIMIT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect(("127.0.0.1", port))
        self.name = "127.0.0.1:%d" % self.socket.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, kind, payload=b""):
        self.socket.sendall(HEADER.pack(kind if isinstance(kind, int) else ord(kind), len(payload)) + payload)

    def exactly(self, size):
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                raise ConnectionResetError("the manager ended the connection")
            data += piece
        return data

    def receive(self):
        kind, size = HEADER.unpack(self.exactly(HEADER.size))
        return chr(kind), self.exactly(size)

    def ask(self, kind, payload=b""):
        self.send(kind, payload)
        return self.receive()

    def ended(self):
        """Reads to the end; what came before it is dropped."""
        with contextlib.suppress(ConnectionError):
            while self.socket.recv(1 << 16):
                pass
