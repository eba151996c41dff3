"""logs.py BUILD: a log that nobody reads, or that can't be written, stops neither undr-manager nor a worker; what is left
out is counted. Nor does an answer that nobody reads stop anything but the program that asked."""

import contextlib
import ctypes
import fcntl
import os
import pathlib
import pickle
import pty
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios

import harness

BUILD = str(pathlib.Path(sys.argv[1]).resolve())
VIOLATIONS = 400  # each of them a line; a hundred a second are written of peers
PIPE = 4096  # bytes: the smallest there is
NOBODY = 65534


def small_pipe():
    ours, theirs = os.pipe()
    fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, PIPE)
    return ours, theirs


def fill(descriptor):
    """Until not one byte more fits."""
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        while os.write(descriptor, b"filled\n" * 512) > 0:
            pass
    with contextlib.suppress(BlockingIOError):
        while os.write(descriptor, b"\n") > 0:
            pass
    fcntl.fcntl(descriptor, fcntl.F_SETFL, flags)


def drain(descriptor):
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_NONBLOCK)
    got = b""
    with contextlib.suppress(BlockingIOError, OSError):
        while piece := os.read(descriptor, 1 << 16):
            got += piece
    return got


class Manager(harness.Manager):
    """Its standard error is a descriptor of the test's."""

    def __init__(self, stderr, *options, workers=0, **more):
        self.stderr = stderr
        super().__init__(BUILD, *options, workers=workers, preexec_fn=self.prepare, **more)

    def prepare(self):
        os.dup2(self.stderr, 2)


def violate(manager, times):
    for _ in range(times):
        with harness.Connection(manager.port) as peer:
            peer.send("x")
            peer.ended()


def expect_service(manager):
    """Connections, the program's own commands, and workers when there are some."""
    with harness.Connection(manager.port) as peer:
        assert peer.ask("m", pickle.dumps("here", 4)) == ("m", b"")
    assert pickle.loads(manager.next()) == "here"


def expect_lines(said, lines):
    """Each is there whole, or counted."""
    kept = len(re.findall(r"^127\.0\.0\.1:\d+: connection ended: frame of type 0x78 with 0 bytes: .+$", said, re.M))
    counted = sum(map(int, re.findall(r"^(\d+) lines of this log were left out$", said, re.M)))
    assert kept + counted == lines, f"{kept} lines and {counted} left out of {lines}:\n{said[-2000:]}"
    assert counted > 0


def stuck(manager, unstick):
    violate(manager, VIOLATIONS)
    expect_service(manager)
    unstick()
    violate(manager, 1)
    expect_service(manager)


def a_full_pipe():
    ours, theirs = small_pipe()
    said = b""

    def read():
        nonlocal said
        said += drain(ours)

    fill(theirs)
    with Manager(theirs) as manager:
        stuck(manager, read)
        manager.end()
        read()
    os.close(theirs)
    os.close(ours)
    expect_lines(said.decode(), VIOLATIONS + 1)


def a_socket():
    ours, theirs = socket.socketpair()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    fill(theirs.fileno())
    said = b""

    def read():
        nonlocal said
        said += drain(ours.fileno())

    with Manager(theirs.fileno()) as manager:
        stuck(manager, read)
        manager.end()
        read()
    ours.close()
    theirs.close()
    expect_lines(said.decode(), VIOLATIONS + 1)


def a_pipe_of_another_user():
    """It can't be opened once more."""
    if os.geteuid() != 0:
        print("SKIPPED: a pipe of another user (this is not root)")
        return
    ours, theirs = small_pipe()
    fill(theirs)

    def prepare():
        os.dup2(theirs, 2)
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)

    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        shutil.copy(f"{BUILD}/undr-manager", folder)
        with harness.Manager(folder, preexec_fn=prepare) as manager:
            said = b""
            violate(manager, VIOLATIONS)
            expect_service(manager)
            said += drain(ours)
            violate(manager, 1)
            manager.end()
            said += drain(ours)
    os.close(theirs)
    os.close(ours)
    expect_lines(said.decode(), VIOLATIONS + 1)


def a_terminal():
    """Ctrl-S."""
    ours, theirs = pty.openpty()
    settings = termios.tcgetattr(theirs)
    settings[1] &= ~termios.OPOST
    termios.tcsetattr(theirs, termios.TCSANOW, settings)
    with Manager(theirs) as manager:
        termios.tcflow(theirs, termios.TCOOFF)
        stuck(manager, lambda: termios.tcflow(theirs, termios.TCOON))
        manager.end()
        said = drain(ours)
    os.close(theirs)
    os.close(ours)
    expect_lines(said.decode(), VIOLATIONS + 1)


def a_terminal_of_others():
    """In the background of a terminal with `stty tostop`, where who writes is stopped (SIGTTOU)."""
    ours, theirs = pty.openpty()
    settings = termios.tcgetattr(theirs)
    settings[3] |= termios.TOSTOP
    termios.tcsetattr(theirs, termios.TCSANOW, settings)

    def prepare():
        os.setsid()
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
        os.dup2(theirs, 2)
        foreground = os.fork()
        if foreground == 0:
            ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
            os.closerange(0, 256)
            while True:
                signal.pause()
        os.setpgid(foreground, foreground)
        os.tcsetpgrp(2, foreground)

    with harness.Manager(BUILD, workers=0, preexec_fn=prepare) as manager:
        violate(manager, 10)
        expect_service(manager)
        manager.end()
    assert drain(ours).count(b"0x78") == 10
    os.close(theirs)
    os.close(ours)


def a_full_disk():
    with open("/dev/full", "wb", buffering=0) as full, Manager(full.fileno()) as manager:
        violate(manager, 10)
        expect_service(manager)
        manager.end()


def nobody_reads_any_more():
    ours, theirs = os.pipe()
    os.close(ours)
    with Manager(theirs, workers=2) as manager:
        violate(manager, 10)
        expect_service(manager)
        manager.end()
    os.close(theirs)


def a_fifo(folder):
    """Opened once for both directions, then without a reader; then full."""
    path = os.path.join(folder, "fifo")
    os.mkfifo(path)
    both = os.open(path, os.O_RDWR)
    fill(both)
    with Manager(both) as manager:
        violate(manager, VIOLATIONS)
        expect_service(manager)
        manager.end()
    os.close(both)


def expect_ignored(*pids):
    """Nothing that a program or a task writes too much of, or for nobody, ends it: the write fails, as in Python."""
    for pid in pids:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        ignored = int(re.search(r"^SigIgn:\s*(\w+)", status, re.M).group(1), 16)
        for number in (signal.SIGXFSZ, signal.SIGPIPE):
            assert ignored >> (number - 1) & 1, f"process {pid} does not ignore {number!r}"


def answers_beyond_a_limit_of_files(folder):
    """Those of undr-manager, in a file: it says why it ends."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    with open(os.path.join(folder, "answers"), "w+") as answers:
        ended = subprocess.run([f"{BUILD}/undr-manager", "manager", "--workers", "0"], input=b"message 4e2e\n" * 100,
            stdout=answers, stderr=subprocess.PIPE, preexec_fn=limit, timeout=harness.LIMIT)
        answers.seek(0)
        assert len(answers.read()) == 100
    assert ended.returncode == 1 and b"File too large" in ended.stderr, ended


def a_limit_of_files(folder):
    """`ulimit -f`, also of the workers' logs, of which two runs of a task take more."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
    logs = os.path.join(folder, "logs")
    with open(os.path.join(folder, "log"), "wb") as log, Limited(log, logs, limit) as manager:
        violate(manager, 10)
        manager.schedule(harness.probe(("pid",)))
        expect_ignored(manager.pid, pickle.loads(manager.next())[1])
        for number in range(20):
            manager.schedule(harness.probe(("message", number)))
        assert sorted(pickle.loads(manager.next()) for _ in range(20)) == list(range(20))
        manager.close("join")
        manager.end()
    sizes = [os.path.getsize(os.path.join(logs, name)) for name in os.listdir(logs)]
    assert sizes and max(sizes) == 200, sizes


class Limited(harness.Manager):
    def __init__(self, log, folder, limit):
        def prepare():
            os.dup2(log.fileno(), 2)
            limit()
        super().__init__(BUILD, "--log-directory", folder, workers=2, preexec_fn=prepare)


def the_workers_logs(folder):
    """A FIFO that nobody reads can't be a worker's log: it says so. One that is full is left alone."""
    os.mkfifo(os.path.join(folder, "worker-1.log"))
    with harness.Manager(BUILD, "--log-directory", folder, "--start-patience", 1, workers=1) as manager:
        manager.schedule(harness.probe(("message", "never")))
        assert b"no worker is left" in manager.next()
        assert "can't write a log" in manager.said() and "No such device" in manager.said(), manager.said()
        manager.end()
    both = os.open(os.path.join(folder, "worker-1.log"), os.O_RDWR)
    fcntl.fcntl(both, fcntl.F_SETPIPE_SZ, PIPE)
    fill(both)
    with harness.Manager(BUILD, "--log-directory", folder, workers=1) as manager:
        for number in range(50):
            manager.schedule(harness.probe(("message", number)))
        assert [pickle.loads(manager.next()) for _ in range(50)] == list(range(50))
        manager.close("join")
        manager.end()
    os.close(both)


def a_worker_of_its_own():
    """undr-worker, whose standard error is full."""
    ours, theirs = small_pipe()
    fill(theirs)
    with harness.Manager(BUILD) as manager:
        command = [f"{BUILD}/undr-worker", "worker", "--port", str(manager.port)]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=theirs) as worker:
            for number in range(50):
                manager.schedule(harness.probe(("message", number), ("raise", "x" * 1000)))
            assert len(list(manager.messages())) == 100
            try:
                expect_ignored(worker.pid)
            finally:
                manager.close("join")
            assert worker.wait(harness.LIMIT) == 0
        manager.end()
    os.close(theirs)
    os.close(ours)


def a_pool_in_need():
    """What the workers of a pool say goes to the manager's standard error, too: they must be able to leave."""
    ours, theirs = small_pipe()
    fill(theirs)
    with Manager(theirs, "--retries", 8, workers=4) as manager:  # the task may meet one that is dead
        for pid in harness.until(lambda: len(harness.children(manager.pid)) == 4 and harness.children(manager.pid), "pool"):
            os.kill(pid, signal.SIGKILL)
        manager.schedule(harness.probe(("message", 1)))
        assert pickle.loads(manager.next()) == 1
        manager.close("cancel")
        manager.end()
    os.close(theirs)
    os.close(ours)


def answers_that_nobody_reads(how):
    """The program waits for its reader; connections are served, and SIGINT and the end of input end it all the same."""
    with harness.Manager(BUILD, workers=1) as manager:
        fcntl.fcntl(manager.process.stdout.fileno(), fcntl.F_SETPIPE_SZ, PIPE)
        message = pickle.dumps(b"x" * 100000, 4)
        with harness.Connection(manager.port) as peer:
            assert peer.ask("m", message) == ("m", b"")
            manager.write("next")  # an answer of 200,000 bytes
            harness.until(lambda: select_readable(manager.process.stdout), "start of the answer")
            for _ in range(100):
                assert peer.ask("m", pickle.dumps(1, 4)) == ("m", b"")
        pids = harness.children(manager.pid)
        how(manager)
        assert manager.process.wait(harness.LIMIT) == (130 if how is interrupt else 0)
        harness.until(lambda: not any(map(harness.runs, pids)), "end of the workers")


def select_readable(stream):
    return select.select([stream], [], [], 0)[0]


def interrupt(manager):
    manager.process.send_signal(signal.SIGINT)


def end(manager):
    manager.process.stdin.close()


def main():
    tests = (a_full_pipe, a_pipe_of_another_user, a_socket, a_terminal, a_terminal_of_others, a_full_disk,
        nobody_reads_any_more, a_worker_of_its_own, a_pool_in_need)
    for test in tests:
        test()
        print(test.__name__, flush=True)
    for test in (a_fifo, a_limit_of_files, answers_beyond_a_limit_of_files, the_workers_logs):
        with tempfile.TemporaryDirectory() as folder:
            test(folder)
            print(test.__name__, flush=True)
    for how in (interrupt, end):
        answers_that_nobody_reads(how)
        print("answers_that_nobody_reads:", how.__name__, flush=True)


main()
