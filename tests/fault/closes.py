"""closes.py BUILD: workers that hang in a task, that are stopped and never come back, or that stopped while a large task
was on its way to them: CANCEL kills them after its grace, KILL at once. And the ends of the manager itself, by SIGINT,
SIGTERM, SIGKILL or the end of its input: no worker process survives, there is no zombie."""

import contextlib
import ctypes
import os
import pickle
import signal
import sys
import time

import harness

BUILD = sys.argv[1]
WORKERS = 3
FOREVER = 1000000  # seconds that a task sleeps: whoever waits for it runs into the limit of the test
GRACE = 300  # ms
PR_SET_CHILD_SUBREAPER = 36


def reap():
    """Children of managers that were killed come to this process, which takes their ends."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0] > 0:
            pass


def all_ended(pids):
    def check():
        reap()
        return not any(map(harness.runs, pids))
    harness.until(check, f"end of the processes {pids}")
    for pid in pids:
        assert harness.status_of(pid) is None or not harness.runs(pid)


def hang(manager):
    """All workers sit in a task that does not end; the names of the tasks are 0, 1, ..."""
    for number in range(WORKERS):
        manager.schedule(harness.probe(("message", f"task-{number}"), ("pid",), ("sleep", FOREVER)))
    messages = [pickle.loads(manager.next()) for _ in range(2 * WORKERS)]
    pids = [message[1] for message in messages if isinstance(message, tuple)]
    assert len(set(pids)) == WORKERS, f"{WORKERS} tasks run in the processes {pids}"
    return pids


def stop(manager):
    """The same, but the processes are stopped: they do not even die of SIGTERM."""
    pids = hang(manager)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    return pids


def stop_reading(manager):
    """The workers are stopped while they wait for a task; then tasks come that their sockets can't hold."""
    pids = harness.until(lambda: len(harness.children(manager.pid)) == WORKERS and harness.children(manager.pid), "pool")
    harness.until(lambda: all(map(waits_for_task, pids)), "pool that has asked for tasks")
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    for number in range(WORKERS):
        manager.schedule(harness.probe(("message", f"task-{number}"), ("message", b"x" * (12 << 20))))
    return pids


def waits_for_task(pid):
    """It is connected and sleeps: its request is out, for the answer is held as long as it takes."""
    return len(harness.descriptors(pid)) == 4 and harness.status_of(pid)[0] == "S"


def close_session(policy, make):
    with harness.Manager(BUILD, "--grace", GRACE, "--hold", 3600000, workers=WORKERS) as manager:
        pids = make(manager)
        begin = time.monotonic()
        manager.close(policy)
        waited = (time.monotonic() - begin) * 1000
        assert policy == "kill" or waited >= GRACE, f"CANCEL has waited {waited:.0f} ms of a grace of {GRACE}"
        assert not any(map(harness.runs, pids)), "a worker has survived"
        assert not harness.children(manager.pid), "there is a zombie"
        manager.end()


def a_stuck_reader_is_given_up():
    """Without any close: who does not read its task loses it when patience has run out, and the others go on."""
    with harness.Manager(BUILD, "--patience", 200, "--hold", 3600000, workers=WORKERS) as manager:
        stop_reading(manager)
        lost = [manager.next() for _ in range(WORKERS)]
        assert all(b"task lost" in message for message in lost)
        assert manager.said().count("bytes of answers were not read") == WORKERS, manager.said()
        manager.close("kill")
        manager.end()


def manager_ends(how, status):
    with harness.Manager(BUILD, workers=WORKERS) as manager:
        pids = hang(manager)
        how(manager)
        assert manager.process.wait(harness.LIMIT) == status, f"it ended with {manager.process.returncode}"
        all_ended(pids)


def interrupt_twice(manager):
    """The first asks for a CANCEL, which waits for tasks that never end; the second kills."""
    manager.process.send_signal(signal.SIGINT)
    while manager.process.poll() is None:
        manager.process.send_signal(signal.SIGINT)
        time.sleep(0.05)


def manager_is_killed_while_it_starts():
    """Its workers are young: some have not been executed yet, or not said that they are to die with it."""
    for delay in range(0, 30, 2):
        with harness.Manager(BUILD, workers=16) as manager:
            pids = harness.children(manager.pid)
            time.sleep(delay / 1000)
            manager.process.kill()
            manager.process.wait()
            all_ended(pids)


def main():
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for make in (hang, stop, stop_reading):
        for policy in ("cancel", "kill"):
            close_session(policy, make)
    a_stuck_reader_is_given_up()
    manager_ends(interrupt_twice, 130)
    manager_ends(lambda manager: manager.process.terminate(), -signal.SIGTERM)
    manager_ends(lambda manager: manager.process.kill(), -signal.SIGKILL)
    manager_ends(lambda manager: manager.process.stdin.close(), 0)
    manager_is_killed_while_it_starts()
    all_ended(harness.children(os.getpid()))
    print("CANCEL within its grace, KILL at once, and no worker outlives its manager")


main()
