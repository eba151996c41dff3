"""inject_check.py BUILD [all | JOBS | ROLE PROCESS FUNCTION K ERROR]: undr-check plays a few cases of each role against the
reference, which is right, again and again: each time one call of one function fails in one of its own processes
(shim.c), the first, the second, ... Each time the run must come to the right end, or to exit status 3 with the reason: a
failure of the harness is never one of the target, and leaves no process behind.

Without `all` a sample of them fails, a new one each time: JOBS functions, each in one process, role and way."""

import concurrent.futures
import errno
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile

import harness

BUILD = sys.argv[1]
EACH = sys.argv[2:] == ["all"]
SINGLE = sys.argv[2:] if len(sys.argv) == 7 else None
SEED = int(os.environ.get("UNDR_SEED", random.randrange(1000000)))
JOBS = int(sys.argv[2]) if len(sys.argv) == 3 and not EACH else 48
CHOSEN, FIRST = 2, 1  # of the calls of a function: at random, and from the first on
SHORT = 0
EINTR, SCARCE = errno.EINTR, [errno.EMFILE, errno.ENOMEM]
PRELOAD = harness.preload(BUILD)

CASES = {
    "manager": ["life.of-a-task", "security.loopback-only", "close.cancel-refuses-new-connections"],
    "worker": ["life.of-a-task"],
    "pool": ["life.of-a-task", "close-kill.worker-died", "workers.logs", "adapter.nothing-left-behind"],
}

# What a process of undr-check calls, and how that fails where it is nobody's fault but the machine's.
CALLS = {
    "check": {
        "malloc": [errno.ENOMEM], "pipe2": SCARCE, "fork": [errno.EAGAIN, errno.ENOMEM], "vfork": [errno.EAGAIN],
        "signalfd": SCARCE, "poll": [EINTR, errno.ENOMEM], "read": [EINTR, errno.EIO], "write": [EINTR, errno.EIO],
        "waitpid": [EINTR], "mmap": [errno.ENOMEM], "open": SCARCE, "opendir": SCARCE, "fcntl": [errno.EMFILE],
        "socket": SCARCE, "bind": [errno.EADDRINUSE, errno.EADDRNOTAVAIL], "listen": [errno.EADDRINUSE],
        "connect": [errno.EADDRNOTAVAIL, errno.ENETUNREACH], "accept4": SCARCE, "getsockname": [errno.ENOBUFS],
        "prctl": [errno.EINVAL], "readlink": [errno.ENOMEM], "kill": [errno.EPERM], "readdir": [errno.ENOMEM],
    },
    "guard": {
        "fork": [errno.EAGAIN, errno.ENOMEM], "prctl": [errno.EINVAL], "sigtimedwait": [EINTR], "waitpid": [EINTR],
        "open": SCARCE, "opendir": SCARCE, "read": [EINTR, errno.EIO], "readdir": [errno.ENOMEM], "waitid": [EINTR],
        "malloc": [errno.ENOMEM], "poll": [EINTR],
    },
    "player": {
        "malloc": [errno.ENOMEM], "strdup": [errno.ENOMEM], "pipe2": SCARCE, "vfork": [errno.EAGAIN, errno.ENOMEM],
        "read": [EINTR, errno.EIO], "write": [EINTR, errno.EIO], "open": SCARCE, "openat": SCARCE,
        "opendir": SCARCE, "readdir": [errno.EIO], "fopen": SCARCE, "readlinkat": [errno.ENOMEM],
        "fstatat": [errno.ENOMEM], "chmod": [errno.EIO], "mkdtemp": [errno.ENOSPC, errno.EACCES],
        "mkostemp": [errno.ENOSPC], "fcntl": [errno.ENOMEM], "ppoll": [EINTR, errno.ENOMEM], "poll": [EINTR],
        "waitid": [EINTR], "waitpid": [EINTR], "kill": [errno.EPERM], "prctl": [errno.EINVAL], "socket": SCARCE,
        "bind": [errno.EADDRINUSE, errno.EADDRNOTAVAIL], "listen": [errno.EADDRINUSE],
        "connect": [EINTR, errno.EADDRNOTAVAIL, errno.ENETUNREACH, errno.ENOBUFS],
        "accept4": [EINTR, errno.ECONNABORTED, *SCARCE], "getsockname": [errno.ENOBUFS],
        "getpeername": [errno.ENOBUFS], "getsockopt": [errno.ENOBUFS], "setsockopt": [errno.ENOMEM],
        "send": [EINTR, errno.ENOBUFS, SHORT], "recv": [EINTR, errno.ENOMEM, SHORT], "sendto": [errno.ENOBUFS],
    },
    "start": {
        "setsid": [errno.EPERM], "prctl": [errno.EINVAL], "dup2": [errno.EMFILE], "execvp": SCARCE,
    },
}


class Session:
    """One run of undr-check, and what became of it."""

    def __init__(self, role, fault):
        self.fault = fault
        process, function, calls, error = fault
        with tempfile.TemporaryDirectory() as folder:
            report = pathlib.Path(folder, "report")
            only = [word for case in CASES[role] for word in ("--only", f"{role}.{case}")]
            target = "undr-worker" if role == "worker" else "undr-manager"
            environment = {**os.environ, "LD_PRELOAD": PRELOAD, "UNDR_FAULT_REPORT": str(report), "TMPDIR": folder,
                "UNDR_FAULT": f"{process} {function} {calls} {error}"}
            self.hung = False
            with subprocess.Popen([f"{BUILD}/undr-check", role, "--strict", "--jobs", "1", *only, "--",
                    f"{BUILD}/{target}"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                    env=environment) as run:
                try:
                    said, _ = run.communicate(timeout=3 * harness.LIMIT)
                except subprocess.TimeoutExpired:
                    self.hung = True
                    run.send_signal(signal.SIGTERM)
                    said, _ = run.communicate()
            self.status, self.said = run.returncode, said.decode(errors="replace")
            self.fired = report.exists() and "fired" in report.read_text()
            self.left = left_behind(str(report))

    def complaint(self):
        """What is wrong with it; None: nothing."""
        error = self.fault[3]
        if self.hung:
            return "it hangs"
        if self.left:
            return f"it leaves the processes {self.left}"
        if self.status == 0:
            return None
        if self.status != 3:
            return f"a failure of the harness ends it with status {self.status}"
        if error in (EINTR, SHORT, errno.ECONNABORTED):
            return "it gives up for what is no failure"
        if re.search(r"^(FAIL|WARN) ", self.said, re.M):
            return "it blames the target"
        reason = "out of memory" if self.fault[1] == "malloc" else os.strerror(error)
        silent = self.fault[:2] == ("player", "write") and re.search("its process|that played ended", self.said)
        told = reason in self.said or silent or self.fault[1] in ("malloc", "strdup") and "memory" in self.said
        return None if told else f"it does not tell the reason ({reason})"


def left_behind(mark):
    """The processes that were started with this mark in their environment, and outlive the run."""
    def find():
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
            try:
                if mark.encode() in path.read_bytes():
                    found.append(path.parent.name)
            except OSError:
                pass
        return found
    try:
        harness.until(lambda: not find(), "end of all processes")
    except AssertionError:
        return find()
    return []


def describe(role, fault):
    process, function, calls, error = fault
    return f"{role} {process} {function} {calls} {errno.errorcode.get(error, 'short')} ({error})"


def tell(role, session, complaint):
    print(f"{describe(role, session.fault)}: {complaint}",
        *(f"    | {line}" for line in session.said.splitlines()[-12:]), sep="\n", flush=True)
    return complaint


def sweep(role, process, function, error):
    """Returns how many calls failed, and the complaints."""
    generator = random.Random(f"{SEED} {role} {process} {function} {error}")
    tried, complaints, nth, unreached = 0, [], 0, 0
    reach = 1
    while unreached < 2 and (EACH or tried < FIRST + CHOSEN):
        nth = nth + 1 if EACH or tried < FIRST else generator.randint(FIRST + 1, reach * 4)
        session = Session(role, (process, function, nth, error))
        if session.fired:
            tried, unreached, reach = tried + 1, 0, max(reach, nth)
        else:
            unreached += 1
        complaint = session.complaint()
        if complaint is not None:
            complaints.append(tell(role, session, complaint))
    return tried, complaints


# For ever: as when the limit of descriptors is reached, or the memory is used up.
def exhaust(role, process, function, error):
    """All calls from the k-th on."""
    complaints = []
    for first in (1, 2, 3, 5, 8, 13, 21, 34, 55):
        session = Session(role, (process, function, f"{first}-", error))
        complaint = session.complaint() if error != EINTR else None
        if complaint is not None:
            complaints.append(tell(role, session, complaint))
    return len(complaints), complaints


def single(role, process, function, calls, error):
    session = Session(role, (process, function, calls, int(error)))
    print(session.said, f"status {session.status}, fired {session.fired}: {session.complaint()}", sep="\n")


def main():
    for role in CASES:
        session = Session(role, ("check", "none", 1, errno.EIO))
        assert session.status == 0 and not session.fired, session.said
    own_malloc = harness.sanitizer(BUILD, "undr-check") is not None
    jobs = [(role, process, function, error) for role in CASES for process, functions in CALLS.items()
        for function, errors in functions.items() for error in errors if not (own_malloc and function == "malloc")]
    if not EACH:
        jobs = random.Random(SEED).sample(jobs, JOBS)
    with concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        results = list(pool.map(lambda job: sweep(*job), jobs))
        lasting = [job for job in jobs if job[3] not in (EINTR, SHORT, errno.ECONNABORTED)]
        exhausted = list(pool.map(lambda job: exhaust(*job), lasting)) if EACH else []
    complaints = [complaint for _, found in results + exhausted for complaint in found]
    reached = {}
    for (role, process, function, error), (tried, _) in zip(jobs, results):
        reached[process, function] = reached.get((process, function), 0) + tried
    total = sum(tried for tried, _ in results) + 9 * len(exhausted)
    print(f"{total} runs of undr-check with failed calls of its own, {len(complaints)} complaints (UNDR_SEED={SEED})")
    assert not complaints
    unreached = [f"{process} {function}" for (process, function), tried in reached.items() if tried == 0 and EACH]
    assert not unreached, f"not called any more: {unreached}"


single(*SINGLE) if SINGLE else main()
