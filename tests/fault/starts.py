"""starts.py BUILD: what can't be started. A pool whose processes can't be started tries again with growing pauses, and
works when they can; it gives up when all its patience is spent, and says what is lost; a close does not wait for it.
Large messages are decoded without a thread when none can be started."""

import contextlib
import errno
import os
import pickle
import re
import signal
import sys
import tempfile
import time

import harness

BUILD = sys.argv[1]
PAUSES = [50, 100, 200, 400, 800, 1600, 3200]  # ms


def failing(*words):
    """The environment of an undr-manager of which these calls fail."""
    return {"LD_PRELOAD": harness.preload(BUILD), "UNDR_FAULT": " ".join(map(str, ("manager", *words)))}


def kill_worker(manager):
    """Behind it none can be started: the calls that fail begin there."""
    (pid,) = harness.until(lambda: harness.children(manager.pid), "worker")
    os.kill(pid, signal.SIGKILL)


def failures(manager):
    return manager.said().count("worker 1 can't be started")


def processes_come_back():
    """The second to the sixth start fail: five pauses, each twice as long as the one before it, at the least."""
    with harness.Manager(BUILD, workers=1, environment=failing("fork", "2-6", errno.EAGAIN)) as manager:
        begin = time.monotonic()
        kill_worker(manager)
        harness.until(lambda: failures(manager) > 0, "start that fails")  # the dead worker gets no task
        manager.schedule(harness.probe(("message", 5)))
        assert pickle.loads(manager.next()) == 5
        waited = (time.monotonic() - begin) * 1000
        assert failures(manager) == 5, manager.said()
        assert waited >= sum(PAUSES[:5]) * 0.9, f"five starts failed within {waited:.0f} ms"
        manager.close("join")
        manager.end()


def tasks_are_reported_in_the_end():
    """No start ever works again."""
    patience = 1000
    with harness.Manager(BUILD, "--start-patience", patience, workers=1,
            environment=failing("fork", "2-", errno.EAGAIN)) as manager:
        manager.schedule(harness.probe(("pid",), ("sleep", 1000000)))
        manager.next()
        kill_worker(manager)
        assert b"task lost" in manager.next()
        manager.schedule(harness.probe(("message", "never")))
        assert b"no worker is left" in manager.next()
        assert manager.next() is None
        said = manager.said()
        assert failures(manager) == next(n for n in range(9) if sum(PAUSES[:n]) >= patience), said
        assert "Resource temporarily unavailable" in said or "resource temporarily unavailable" in said, said
        assert "no worker is left: they can't be started, or end soon after they start" in said, said
        manager.close("join")
        manager.end()


def a_close_does_not_wait():
    """A pause of 3.2 s has begun: no close waits for its end, which the shortest of three would show."""
    fault, took = failing("fork", "2-", errno.EAGAIN), []
    with contextlib.ExitStack() as stack:
        managers = [stack.enter_context(harness.Manager(BUILD, workers=1, environment=fault)) for _ in range(3)]
        for manager in managers:
            kill_worker(manager)
        for manager in managers:
            harness.until(lambda: failures(manager) >= len(PAUSES), "beginning of the longest pause")
        begin = time.monotonic()
        for manager, policy in zip(managers, ("cancel", "kill", "join")):
            manager.write("close", policy)
        for manager in managers:
            assert manager.read() == ["closed"]
            took.append((time.monotonic() - begin) * 1000)
            manager.end()
    assert min(took) < PAUSES[-1] / 2, f"the closes took {took} ms of a pause of {PAUSES[-1]}"


def one_is_tried_for_all():
    """Eight workers leave at once, for they can't write their logs: then one is started at a time."""
    workers, patience = 8, 1000
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, workers + 1):
            os.mkdir(os.path.join(folder, f"worker-{number}.log"))
        options = ["--start-patience", patience, "--log-directory", folder]
        with harness.Manager(BUILD, *options, workers=workers) as manager:
            manager.schedule(harness.probe(("message", "never")))
            assert b"no worker is left" in manager.next()
            starts = len(re.findall("worker [0-9]+ ended with exit status 1", manager.said()))
            assert workers < starts < 5 * workers, f"{starts} processes were started"
            manager.end()


def no_thread():
    """undr-manager starts three threads, the server's and two of its own, before it reads a command; those that decode
    would be the next. (ThreadSanitizer starts one more, before all of them.)"""
    message = b"x" * 100000
    calls = "5-" if harness.sanitizer(BUILD) == "ThreadSanitizer" else "4-"
    with harness.Manager(BUILD, environment=failing("pthread_create", calls, errno.EAGAIN)) as manager, \
            harness.Connection(manager.port) as worker:
        assert manager.ask("message", "4e2e") == ["ok"] and manager.next() == b"N."
        for _ in range(3):
            assert worker.ask("m", pickle.dumps(message, 4)) == ("m", b"")
            assert pickle.loads(manager.next()) == message
        worker.send("m", b"\x80\x04" + bytes(100000))  # no pickle: refused all the same
        worker.ended()
        said = manager.said()
        assert said.count("no thread can be started to decode large messages") == 1, said
        assert f"{worker.name}: connection ended: frame of type 0x6d" in said, said
        manager.close("join")
        manager.end()


def main():
    tests = (processes_come_back, tasks_are_reported_in_the_end, a_close_does_not_wait, one_is_tried_for_all, no_thread)
    for test in tests:
        test()
        print(test.__name__, flush=True)


main()
