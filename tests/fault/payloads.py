"""payloads.py BUILD [--one-in N | NAME]: a hundred payloads of some kilobytes that are dear to decode, print, compare or run, or that hold
what a terminal must not get (poisons.py), in every role: as messages and tasks of a manager, as tasks of a worker, from a
worker and from a manager that undr-check judges, and in `undr-check decode`.

Each of them takes a bounded time of the processor, whatever the machine does besides; nothing of ours ends by a signal; what
is written is text that may be printed, and not much of it; and undr-check blames the target, never itself.

--one-in N: undr-check judges one in N of them, chosen anew each time (the seed is printed; UNDR_SEED sets it): it starts its
target several times for each, where the other programs get all of them cheaply. NAME: those whose name holds it."""

import os
import pathlib
import random
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unicodedata

import harness
import poisons

BUILD = sys.argv[1]
ONE_IN = int(sys.argv[3]) if sys.argv[2:3] == ["--one-in"] else 1
NAME = sys.argv[2] if len(sys.argv) == 3 else ""
SECONDS = 5  # of the processor, for one payload in one program: sanitizers and slow machines have their part of it
WRITTEN = 2 << 20  # bytes of one report
MIB = 1 << 20
TRIED = {name: data for name, data in poisons.POISONS.items() if NAME in name}
NO_TASK = harness.NONE
PYTHON = [sys.executable, "-S", "-E"]

# Python's isprintable() and, of what it would print, the invisible: as ref/base/text_table.h has it. What Python's Unicode does
# not know may be newer than it.
INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")


def assert_clean(written, what):
    assert len(written) < WRITTEN, f"{what}: {len(written)} bytes"
    text = written.decode("utf-8")  # strictly
    for character in set(text) - {"\n", "\t"}:
        known = unicodedata.category(character) != "Cn"
        assert character.isprintable() or not known, f"{what}: U+{ord(character):04X}"
        assert not INVISIBLE.match(character), f"{what}: U+{ord(character):04X}"


def processor_time(pid):
    fields = harness.status_of(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(*command, **options):
    """(status, output, errors, seconds of the processor), children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run(command, capture_output=True, timeout=10 * harness.LIMIT, **options)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return ended.returncode, ended.stdout, ended.stderr, seconds


# ---- a manager ----


def in_a_manager():
    """As a message, and as a task that is handed out and lost, which makes the manager report it by its text."""
    with harness.Manager(BUILD) as manager:
        for name, data in TRIED.items():
            before = processor_time(manager.pid)
            with harness.Connection(manager.port) as sender:
                sender.send("m", data)
                try:
                    accepted = sender.receive() == ("m", b"")
                except ConnectionError:
                    accepted = False  # it is no pickle
            if accepted:
                assert manager.next() == data, name
            with harness.Connection(manager.port) as worker:
                assert worker.ask(0x81, data) == ("s", b""), name
                assert worker.ask("n") == ("t", data), name
            report = manager.next()
            assert b"task lost" in report, name
            assert len(report) < 4096, (name, len(report))
            assert_clean(text_of(report), name)
            seconds = processor_time(manager.pid) - before
            assert seconds < SECONDS, f"{name}: {seconds} s of the manager's processor time"
        said = manager.said()
        manager.close("kill")
        manager.end()
    assert_clean(said.encode(), "the manager's log")


def text_of(report):
    """The text of the WorkerException, by its place: between the words before and the size of what follows."""
    start = report.index(b"task lost")
    kind, size = (report[start - 2], report[start - 1]), None
    if kind[0] == 0x8C:
        size = kind[1]
    else:
        size = int.from_bytes(report[start - 4:start], "little")
    return report[start:start + size]


# ---- a worker ----


def feed(name, data, log):
    """One undr-worker that is given this as a task. Whatever it makes of it, it ends, in order."""
    with socket.create_server(("127.0.0.1", 0)) as server, open(log, "wb") as errors:
        server.settimeout(harness.LIMIT)
        command = [f"{BUILD}/undr-worker", "worker", "--port", str(server.getsockname()[1])]
        worker = subprocess.Popen(command, stderr=errors)
        try:
            client = server.accept()[0]
            client.settimeout(harness.LIMIT)
            serve(client, data)
        finally:
            _, status, used = os.wait4(worker.pid, 0)
            worker.returncode = status
    seconds = used.ru_utime + used.ru_stime
    assert os.WIFEXITED(status) and os.WEXITSTATUS(status) in (0, 1), f"{name}: the worker's status is {status}"
    assert seconds < SECONDS, f"{name}: {seconds} s of the worker's processor time"


def serve(client, data):
    """Gives the task, acknowledges all that comes, and closes."""
    answers = {ord("n"): None, ord("t"): None, ord("m"): b"m"}
    tasks = [data]
    with client:
        stream = client.makefile("rb")
        while True:
            header = stream.read(harness.HEADER.size)
            if len(header) < harness.HEADER.size:
                return
            kind, size = harness.HEADER.unpack(header)
            stream.read(size)
            answer = answers.get(kind, b"s")
            payload = b"" if answer else tasks.pop() if tasks else None
            if payload is None:
                return  # the end of the connection: it leaves
            try:
                client.sendall(harness.HEADER.pack((answer or b"t")[0], len(payload)) + payload)
            except ConnectionError:
                return


def in_a_worker():
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder, "log")
        for name, data in TRIED.items():
            feed(name, data, log)
            assert_clean(log.read_bytes(), f"the worker's log of {name}")


# ---- undr-check judges a worker, and a manager ----

WORKER = '''
import socket, struct, sys
if sys.argv[1:2] == ["capabilities"]: print("worker"); sys.exit(0)
if sys.argv[1:2] != ["worker"]: sys.exit(89)
kind, payload = sys.argv[0].rsplit("-", 1)[1], open(sys.argv[0] + ".payload", "rb").read()
sys.stderr.buffer.write(payload[:1000])  # a target may say anything, anywhere
client = socket.create_connection(("127.0.0.1", int(sys.argv[3])))
def send(kind, payload=b""): client.sendall(struct.pack("<BQ", kind, len(payload)) + payload)
def receive():
    header = client.recv(9, socket.MSG_WAITALL)
    if len(header) < 9: sys.exit(0)
    kind, size = struct.unpack("<BQ", header)
    return client.recv(size, socket.MSG_WAITALL) if size else b""
send(ord("n"))
while True:
    task = receive()
    if b"CloseRequest" in task: sys.exit(0)
    if task[-2:] == b"N.": send(ord("n")); continue
    send(int(kind), payload); receive(); send(ord("t"))
'''


def check(name, number, folder, role, *target):
    """What undr-check says of a target that is wrong: it says so, in every format, and takes its time from nobody."""
    reports = [pathlib.Path(folder, f"report.{kind}") for kind in ("json", "xml", "html")]
    command = [f"{BUILD}/undr-check", role, "--only", f"{role}.life.of-a-task", "--delivery", "whole", "--json", reports[0],
               "--junit", reports[1], "--html", reports[2]]
    more = (["-v"], ["--tap"], [])[number % 3]
    status, output, errors, seconds = run(*command, *more, *target)
    assert status == 1, f"{name} {more}: status {status}\n{output[-500:]}{errors[-500:]}"
    assert seconds < SECONDS, f"{name} {more}: {seconds} s of the processor"
    assert_clean(output, f"{name}: output {more}")
    assert_clean(errors, f"{name}: errors {more}")
    for report in reports:
        assert_clean(report.read_bytes(), f"{name}: {report.name}")


def judged():
    """[(number, name, data)] of those that undr-check judges."""
    seed = int(os.environ.get("UNDR_SEED", random.randrange(1 << 16)))
    numbered = [(number, name, data) for number, (name, data) in enumerate(TRIED.items())]
    chosen = sorted(random.Random(seed).sample(numbered, -(-len(numbered) // ONE_IN)))
    print(f"undr-check judges {len(chosen)} of {len(numbered)} (UNDR_SEED={seed})", flush=True)
    return chosen


def from_a_worker():
    """As a message, as a task that it schedules; sent for the Probe of the case, which asked for neither."""
    with tempfile.TemporaryDirectory() as folder:
        for number, name, data in judged():
            kind = (ord("m"), 0x81)[number % 2]
            target = pathlib.Path(folder, f"target-{kind}")
            target.write_text(WORKER)
            pathlib.Path(folder, f"target-{kind}.payload").write_bytes(data)
            check(name, number, folder, "worker", "--", *PYTHON, target)


def answer_all(listener, payloads):
    """A manager that gives the same task for every request."""
    while True:
        try:
            client = listener.accept()[0]
        except OSError:
            return
        with client, client.makefile("rb") as stream:
            while len(header := stream.read(harness.HEADER.size)) == harness.HEADER.size:
                kind, size = harness.HEADER.unpack(header)
                stream.read(size)
                answer, payload = {ord("m"): (b"m", b"")}.get(kind, (b"t", payloads[0]))
                try:
                    client.sendall(harness.HEADER.pack(answer[0], len(payload)) + payload)
                except OSError:
                    break


def from_a_manager():
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        payloads = [b""]
        threading.Thread(target=answer_all, args=(listener, payloads), daemon=True).start()
        for number, name, data in judged():
            payloads[0] = data
            check(name, number, folder, "manager", "--connect", "127.0.0.1:%d" % listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)


# ---- decode, explore ----


def in_decode():
    for name, data in TRIED.items():
        for kind in (ord("m"), ord("t"), 0x81):
            frame = harness.HEADER.pack(kind, len(data)) + data
            status, output, errors, seconds = run(f"{BUILD}/undr-check", "decode", input=frame)
            assert status in (0, 1), f"{name}: status {status}\n{errors[-500:]}"
            assert seconds < SECONDS, f"{name}: {seconds} s of the processor"
            assert_clean(output, name)


def in_decode_with_little_memory():
    """A megabyte that a value has at 20,000 places: memory follows the capture, not what is said in it."""
    if harness.sanitizer(BUILD, "undr-check"):
        return
    text = b"X" + struct.pack("<I", MIB) + b"x" * MIB + b"q\1"
    for name, payload in (("list", b"(" + text + b"h\1" * 20000 + b"l."), ("tuples", b"](" + text + b"h\1\x85" * 20000 + b"e.")):
        for kind in (ord("m"), ord("t"), 0x81):
            frame = harness.HEADER.pack(kind, len(payload)) + payload
            status, output, errors, _ = run(f"{BUILD}/undr-check", "decode", input=frame,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (256 * MIB, 256 * MIB)))
            assert status in (0, 1), f"{name}: status {status}\n{errors[-500:]}"
            assert len(output) < 8 * len(payload), f"{name}: {len(output)} bytes"


def in_explore():
    """Sessions with a worker that sends a bomb: shortened, printed, kept."""
    with tempfile.TemporaryDirectory() as folder:
        target = pathlib.Path(folder, f"target-{ord('m')}")
        target.write_text(WORKER)
        pathlib.Path(folder, f"{target.name}.payload").write_bytes(poisons.POISONS["bomb: dict"])
        status, output, errors, seconds = run(
            str(pathlib.Path(BUILD, "undr-check").resolve()), "explore", "worker", "--sessions", "3", "--seed", "1", "--",
            *PYTHON, target, cwd=folder)
        assert status == 1, (status, output[-500:], errors[-500:])
        assert seconds < 20 * SECONDS, seconds
        assert_clean(output + errors, "explore")


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for part in (in_a_manager, in_a_worker, from_a_worker, from_a_manager, in_decode, in_decode_with_little_memory, in_explore):
        part()
        print(part.__name__.replace("_", " "), flush=True)
