"""descriptors.py BUILD: programs that are started with some of the descriptors 0 to 2 closed, or with few descriptors at
all: none aborts, none writes into what it should not, and each says what is wrong where it still can."""

import contextlib
import itertools
import os
import pathlib
import pickle
import resource
import socket
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import harness

BUILD = str(pathlib.Path(sys.argv[1]).resolve())
SUBSETS = [closed for count in (1, 2, 3) for closed in itertools.combinations((0, 1, 2), count)]
FEW = range(3, 41)
ABORTS = (-6, -11, 134, 139)


def without(closed):
    def prepare():
        for descriptor in closed:
            with contextlib.suppress(OSError):
                os.close(descriptor)
    return prepare


def few(number):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (number, number))


def run(command, prepare, **more):
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    ended = subprocess.run(command, preexec_fn=prepare, text=True, timeout=harness.LIMIT, **options)
    assert ended.returncode not in ABORTS, f"{command} {ended}"
    return ended


def a_manager(closed):
    """It serves, unless there is nobody to obey or to answer: then no worker is started."""
    with tempfile.TemporaryDirectory() as folder, \
            subprocess.Popen([f"{BUILD}/undr-manager", "manager", "--workers", "2", "--log-directory", f"{folder}/logs"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=without(closed)) as manager:
        said = manager.stdout.readline()
        assert said.startswith(b"ready ") == (not {0, 1} & set(closed)), (closed, said)
        assert os.path.exists(f"{folder}/logs") == said.startswith(b"ready "), closed
        if 0 not in closed and 1 not in closed:
            task = harness.probe(("message", 5))
            manager.stdin.write(b"schedule 1 %s\nnext\n" % task.hex().encode())
            manager.stdin.flush()
            assert manager.stdout.readline() == b"ok\n"
            assert pickle.loads(bytes.fromhex(manager.stdout.readline().split()[1].decode())) == 5
        out, log = manager.communicate(timeout=harness.LIMIT)
    assert out == b"" and manager.returncode == (1 if {0, 1} & set(closed) else 0), (closed, out, manager.returncode, log)
    assert 2 in closed or 0 not in closed or b"standard input can't be read: Bad file descriptor" in log, log
    assert 2 in closed or 1 not in closed or 0 in closed or b"standard output can't be written: Bad file" in log, log


def a_worker(closed, *command):
    """Its connection carries frames and nothing else. It gets a task that fails, of which the log would tell."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(harness.LIMIT)
        with subprocess.Popen([*command, "worker", "--port", str(server.getsockname()[1])], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=without(closed)) as worker:
            connection = harness.Connection.__new__(harness.Connection)
            connection.socket = server.accept()[0]
            connection.socket.settimeout(harness.LIMIT)
            with connection:
                assert connection.receive() == ("n", b"")
                connection.send("t", harness.probe(("raise", "failure")))
                assert connection.receive()[0] == "m"
                connection.send("m")
                assert connection.receive() == ("t", b"")
            worker.communicate(timeout=harness.LIMIT)
        assert worker.returncode == 0, (command, closed, worker.returncode)


def an_example(closed):
    """A program of somebody else's, which knows nothing of all that."""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "file").write_text("x")
        ended = run([f"{BUILD}/checksum_tree", folder], without(closed))
        lines = ended.stdout.splitlines()
        assert ended.returncode == (1 if 1 in closed else 0), (closed, ended)
        assert 1 in closed or len(lines) == 1, (closed, ended)
        assert 2 in closed or 1 not in closed or "standard output" in ended.stderr, (closed, ended)


def a_report(closed):
    """undr-check --junit F: the report for people never gets into F."""
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder, "report.xml")
        ended = run([f"{BUILD}/undr-check", "manager", "--only", "manager.life.of-a-task", "--delivery", "whole", "--junit",
            str(report), "--", f"{BUILD}/undr-manager"], without(closed))
        assert ended.returncode == (3 if 1 in closed else 0), (closed, ended)
        xml.etree.ElementTree.parse(report)
        assert 2 in closed or 1 not in closed or "standard output" in ended.stderr, (closed, ended)


def a_stream_for_people(closed):
    """Standard error that is closed was not wanted; what is read or written and is not there fails."""
    frame = harness.HEADER.pack(ord("n"), 0)
    with tempfile.NamedTemporaryFile() as capture:
        capture.write(frame)
        capture.flush()
        for words, reads in ((["decode", capture.name], False), (["decode"], True), (["decode", "-"], True),
                (["manager", "--tap", "--only", "manager.life.of-a-task", "--", f"{BUILD}/undr-manager"], False),
                (["manager", "--json", "-", "--only", "manager.life.of-a-task", "--", f"{BUILD}/undr-manager"], False),
                (["manager", "--list"], False), (["parse", "/nonexistent-file"], False)):
            expected = 2 if reads and 0 in closed else 3 if 1 in closed else 2 if words[0] == "parse" else 0
            ended = run([f"{BUILD}/undr-check", *words], without(closed), **({} if 0 in closed else {"stdin": open(capture.name)}))
            assert ended.returncode == expected, (closed, words, expected, ended)


def usage(closed):
    for program in ("undr-manager", "undr-worker", "undr-check"):
        for word in ("--help", "--version"):
            ended = run([f"{BUILD}/{program}", word], without(closed))
            assert (ended.returncode == 0) == (1 not in closed), (closed, ended)


def few_descriptors(number):
    """Either it works, or it says why not: too few even for its libraries, then the loader says so."""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "file").write_text("x")
        commands = [[f"{BUILD}/undr-manager", "manager", "--workers", workers] for workers in ("0", "2")]
        commands += [[f"{BUILD}/checksum_tree", folder], [f"{BUILD}/undr-worker", "worker", "--port", "1"],
            [f"{BUILD}/undr-check", "--version"]]
        for command in commands:
            ended = run(command, few(number))
            assert ended.returncode == 0 or ended.stderr != "", (number, command, ended)
            assert "file descriptor" not in ended.stderr.replace("Bad file descriptor", ""), (number, command, ended)


def main():
    for closed in SUBSETS:
        a_manager(closed)
        a_worker(closed, f"{BUILD}/undr-worker")
        usage(closed)
        a_worker(closed, f"{BUILD}/tests/undr-broken")
        if os.path.exists(f"{BUILD}/checksum_tree"):
            an_example(closed)
        a_report(closed)
        a_stream_for_people(closed)
    print(f"{len(SUBSETS)} sets of closed descriptors: nothing aborts, nothing is mixed up")
    for number in FEW:
        few_descriptors(number)
    print(f"{FEW.start} to {FEW.stop - 1} descriptors: nothing aborts, each says why it does not work")


main()
