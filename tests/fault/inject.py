"""inject.py BUILD: a short session of undr-manager, its pool and a visitor that breaks the protocol, again and again:
each time one call of one function fails (shim.c), the first, the second, ... until the session has no more of them.
Each time the session must end: with every task accounted for, or with a clear message and an exit status of 1, and
nothing may be left behind."""

import concurrent.futures
import difflib
import errno
import itertools
import os
import pathlib
import pickle
import subprocess
import sys
import tempfile
import threading

import harness

BUILD = sys.argv[1]
ONLY = sys.argv[2:]  # "ROLE FUNCTION K ERROR": that session alone, its log shown
SHORT = 0
TASKS, SIZE, LARGE = 4, 30000, 200000  # the visitor schedules the last, large, so that it is never copied
STARTS_WITH = 10  # calls for files that are watched from the start: two of libuv's, and twice the four that listen
TRIES = 4  # a session whose number of calls varies ends its sweep when it was not reached so often in a row
TRANSIENT = [errno.EINTR]
SCARCE = [errno.EMFILE, errno.ENOMEM]
READ = [errno.EINTR, errno.EAGAIN, errno.ECONNRESET, SHORT]
WRITE = [errno.EINTR, errno.EAGAIN, errno.ECONNRESET, errno.EPIPE, SHORT]

SWEEPS = {
    "manager": {
        "read": READ, "write": WRITE, "writev": WRITE, "shutdown": [errno.ENOTCONN, errno.ENOBUFS],
        "send": [errno.EINTR, errno.ENOBUFS], "recv": [errno.EINTR, errno.ENOBUFS], "close": TRANSIENT,
        "socket": SCARCE, "bind": [errno.EADDRINUSE, errno.ENOMEM], "listen": [errno.EADDRINUSE],
        "accept4": [errno.EINTR, errno.EAGAIN, errno.ECONNABORTED, *SCARCE],
        "getsockname": [errno.ENOBUFS], "setsockopt": [errno.ENOMEM], "ioctl": [errno.EIO],
        "epoll_create1": SCARCE, "epoll_ctl": [errno.ENOMEM],
        "epoll_wait": TRANSIENT, "eventfd": SCARCE, "pipe2": SCARCE, "open": SCARCE,
        "fork": [errno.EAGAIN, errno.ENOMEM], "execvp": [errno.ENOMEM], "dup2": [errno.EMFILE],
        "waitpid": TRANSIENT, "pthread_create": [errno.EAGAIN],
        "mkdir": [errno.ENOSPC, errno.EACCES], "stat": [errno.ENOMEM], "access": [errno.EACCES],
        "realpath": [errno.ENOMEM], "strdup": [errno.ENOMEM], "readlink": [errno.ENOMEM],
        "getrlimit": [errno.EINVAL], "setrlimit": [errno.EPERM],
        "malloc": [errno.ENOMEM],
    },
    "worker": {
        "socket": SCARCE, "connect": [errno.EINTR, errno.ECONNRESET, errno.ENOMEM], "setsockopt": [errno.ENOMEM],
        "sendmsg": [errno.EINTR, errno.ECONNRESET, errno.EPIPE, errno.ENOMEM, SHORT],
        "recv": [errno.EINTR, errno.ECONNRESET, errno.ENOMEM, SHORT],
        "poll": TRANSIENT, "close": TRANSIENT, "prctl": [errno.EINVAL],
        "open": [errno.ENOSPC, *SCARCE], "connect 1 4 poll": TRANSIENT, "connect 1 4 getsockopt": [errno.ENOBUFS],
        "malloc": [errno.ENOMEM],
    },
}

# So many calls in a row fail: when the server can't watch a connection libuv must not even try to.
def in_a_row(function, nth):
    return 2 if function == "epoll_ctl" and nth > STARTS_WITH else 1

# When this fails libuv itself ends the process (abort): its first pipe. Four pipes are opened and closed right before
# it, so that this is met only when another thread or program takes what they gave back in between.
def ends_libuv(function, nth):
    return (function, nth) == ("pipe2", 5)

# What is no failure at all: it is tried again, or the rest comes later.
def is_harmless(function, error):
    comes_later = function in ("read", "write", "writev", "accept4")
    return error in (errno.EINTR, SHORT) or (error == errno.EAGAIN and comes_later)


# Where an option of undr-manager is needed for the function to be called.
# The C library keeps the stack of a thread that has ended, and with it a block or two: it depends on chance how many.
NO_CACHE = {"GLIBC_TUNABLES": "glibc.pthread.stack_cache_size=0"}
USERS, LOGS = ("--same-user",), ("--log-directory", "{}")
OPTIONS = {"poll": ("--hold", "0"), "send": USERS, "recv": USERS, "socket": USERS, "getsockname": USERS, "mkdir": LOGS,
    "stat": LOGS, "access": LOGS, "realpath": LOGS, "open": LOGS}


PRELOAD = harness.preload(BUILD)


class Session:
    """One run: what it said, how it ended, what the shim reports."""

    def __init__(self, fault, folder, options):
        self.fault = fault
        report = pathlib.Path(folder, "report")
        token = pathlib.Path(folder, "token")
        token.touch()
        role, function, nth, error = fault
        calls = f"{nth}-{nth + in_a_row(function, nth) - 1}"
        environment = {"LD_PRELOAD": PRELOAD, "UNDR_FAULT": f"{role} {function} {calls} {error}",
            "UNDR_FAULT_REPORT": str(report), "UNDR_FAULT_TOKEN": str(token), **NO_CACHE}
        self.answers, self.hung = [], False
        with tempfile.TemporaryFile() as log:
            self.process = subprocess.Popen(
                [str(pathlib.Path(BUILD, "undr-manager").resolve()), "manager", "--workers", "2",
                    *[option.format(folder) for option in options]],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env={**os.environ, **environment})
            alarm = threading.Timer(harness.LIMIT, self.kill)
            alarm.start()
            self.play()
            self.status = self.process.wait()
            alarm.cancel()
            log.seek(0)
            self.log = log.read().decode(errors="replace")
        self.report = report.read_text() if report.exists() else ""

    def kill(self):
        self.hung = True
        self.process.kill()

    def visit(self, port, task):
        """Schedules a large task, then breaks the protocol. Returns whether the task was acknowledged."""
        kind = None
        try:
            with harness.Connection(port) as visitor:
                kind, _ = visitor.ask(0x81, task)
                visitor.send("x")
                visitor.ended()
        except OSError:
            pass  # it was not served, or left with the fault
        return kind == "s"

    def play(self):
        sizes = [SIZE] * (TASKS - 1) + [LARGE]
        tasks = [harness.probe(("message", f"task-{i}"), ("sleep", 0.001), ("message", b"x" * size))
            for i, size in enumerate(sizes)]
        word, *port = self.process.stdout.readline().decode().split()[:2] or [""]
        acknowledged = word == "ready" and self.visit(int(port[0]), tasks.pop())
        self.tasks = len(tasks) + acknowledged
        commands = [f"schedule 1 {task.hex()}" for task in tasks] + ["next"] * (3 * TASKS) + ["close join"]
        lines = "".join(command + "\n" for command in commands).encode()
        writer = threading.Thread(target=self.write, args=(lines,))
        writer.start()
        for line in self.process.stdout:
            self.answers.append(line.decode().rstrip("\n"))
            if self.answers[-1] == "closed" or self.answers[-1].startswith("error"):
                break
        writer.join()
        for stream in (self.process.stdin, self.process.stdout):
            try:
                stream.close()
            except BrokenPipeError:
                pass

    def write(self, lines):
        try:
            self.process.stdin.write(lines)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    def lines(self, word):
        return [line.split()[1:] for line in self.report.splitlines() if line.startswith(word)]

    def fired(self):
        return bool(self.lines("fired"))

    def held(self):
        return [tuple(map(int, numbers)) for numbers in self.lines("held")]

    def complaint(self, most):
        """What is wrong with it; None: nothing. most: what a session without a fault holds at its end."""
        if self.hung:
            return "it hangs"
        if "Sanitizer" in self.log:
            return "the sanitizer complains"
        if self.fired() and ends_libuv(*self.fault[1:3]) and self.status == -6:
            return None
        if self.status == 1 and not is_harmless(*self.fault[1::2]):
            return None if "undr-manager: " in self.log else "exit status 1 without a message"
        if self.status != 0:
            return f"it ended with {self.status}"
        if self.answers[-1:] != ["closed"]:
            return "it left for what is no failure" if is_harmless(*self.fault[1::2]) else self.excuse()
        if is_harmless(*self.fault[1::2]) and self.has_suffered():
            return "a task or a worker has suffered from what is no failure"
        if any(blocks > most[0] or files > most[1] for blocks, files in self.held()):
            return f"it holds {self.held()} (blocks, descriptors) at its end, {most} is usual"
        return self.missing_task()

    def excuse(self):
        """It was not closed. A command may have been refused with the reason."""
        refused = self.answers and self.answers[-1].startswith("error ")
        return None if refused or "undr-manager: " in self.log else "it left without closing and without a message"

    def has_suffered(self):
        lost = any(b"WorkerException" in message for message in self.messages())
        return lost or "ended with exit status" in self.log or "connection lost" in self.log

    def messages(self):
        return [bytes.fromhex(line.split()[1]) for line in self.answers if line.startswith("message ")]

    def missing_task(self):
        """Each task was run, or its loss was told, or its failure, which need not name it."""
        messages = self.messages()
        failures = sum(b"WorkerException" in message and b"task-" not in message for message in messages)
        silent = [i for i in range(self.tasks) if not any(b"task-%d" % i in message for message in messages)]
        return f"nothing was heard of the tasks {silent}" if len(silent) > failures else None


def play(fault, options=None):
    with tempfile.TemporaryDirectory() as folder:
        return Session(fault, folder, OPTIONS.get(fault[1], ()) if options is None else options)


def describe(fault):
    role, function, nth, error = fault
    return f"{role}: {function} number {nth}: {errno.errorcode.get(error, 'short')}"


def usual(role, options):
    """What is held at the end of a session whose fault is never reached: the most of some."""
    sessions = [play((role, "none", 1, errno.EIO), options) for _ in range(5)]
    for session in sessions:
        complaint = session.complaint((1 << 30, 1 << 30))
        assert complaint is None and not session.fired(), f"without a fault {complaint}\n{session.log}"
    held = [numbers for session in sessions for numbers in session.held()]
    assert held, f"the shim does not report for the role {role}"
    return max(blocks for blocks, _ in held), max(files for _, files in held)


def sweep(role, function, error, most):
    """All k, until the session has no more calls. Returns how many were tried, and the complaints."""
    tried, unreached, nth, complaints = 0, 0, 1, []
    while unreached < TRIES:
        session = play((role, function, nth, error))
        if session.fired():
            tried, unreached = tried + 1, 0
        else:
            unreached += 1
        complaint = session.complaint(most)
        if complaint is not None:
            complaints.append(f"{describe(session.fault)}: {complaint}\n" +
                "".join(f"    | {line}\n" for line in session.log.splitlines()[-8:]))
        nth += 1
    return tried, complaints


def imports():
    """The functions that undr-manager and libuv take from elsewhere."""
    program = pathlib.Path(BUILD, "undr-manager")
    linked = subprocess.run(["ldd", str(program)], capture_output=True, text=True).stdout
    libuv = [line.split()[2] for line in linked.splitlines() if "libuv" in line]
    table = subprocess.run(["nm", "-D", "--undefined-only", str(program), *libuv], capture_output=True, text=True).stdout
    return {line.split()[-1].split("@")[0] for line in table.splitlines() if line}


def describe_unused(role, function):
    """Where a function is not called any more its faults are not tried: that must be seen, not passed over."""
    name = function.split()[-1]
    alike = ", ".join(difflib.get_close_matches(name, imports(), 5, 0.5)) or "nothing like it"
    return (f"{role}: {name} is never called in a session, so that no call of it can fail; the program and libuv import "
            f"{alike}. Let shim.c count what took its place as {name}, or take it off the list")


def single(words):
    role, rest = words[0].split(" ", 1)
    function, nth, error = rest.rsplit(" ", 2)
    session = play((role, function, int(nth), int(error)))
    print(*(answer[:60] for answer in session.answers), session.log, sep="\n")
    print(f"status {session.status}, fired {session.fired()}, held {session.held()}: "
          f"{session.complaint((1 << 30, 1 << 30))}")


def main():
    if harness.sanitizer(BUILD):
        print("not with a sanitizer, which has its own: malloc")
        for functions in SWEEPS.values():
            del functions["malloc"]
    kinds = {(role, OPTIONS.get(function, ())) for role in SWEEPS for function in SWEEPS[role]}
    most = {kind: usual(*kind) for kind in kinds}
    jobs = [(role, function, error) for role in SWEEPS for function in SWEEPS[role] for error in SWEEPS[role][function]]
    with concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        results = list(pool.map(lambda job: sweep(*job, most[job[0], OPTIONS.get(job[1], ())]), jobs))
    total = 0
    complaints = []
    for (role, function, error), (tried, found) in zip(jobs, results):
        total += tried
        complaints += found
        print(f"{role:8} {function:22} {errno.errorcode.get(error, 'short'):13} {tried:4} calls")
    print(f"{total} sessions with one failed call each, {len(complaints)} complaints")
    print(*complaints, sep="\n")
    assert not complaints
    unused = sorted({job[:2] for job, (tried, _) in zip(jobs, results) if tried == 0})
    assert not unused, "\n".join(itertools.starmap(describe_unused, unused))


single(ONLY) if ONLY else main()
