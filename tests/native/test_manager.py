#!/usr/bin/env python3
"""NativeProcessManager in a program: tasks, messages, closing, workers that die, Ctrl-C. By fork and by spawn.

    test_manager.py             all by fork; by spawn, where each worker imports everything anew, what differs there
    test_manager.py --whole     all by both
    test_manager.py NAME...     as unittest has it

Run by scripts/native-environment. What must come is waited for; nothing must come within a time."""

import gc
import multiprocessing
import os
import pathlib
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import undr_native  # first: on Python 3.13 undr can't be imported without it
from undr_native import processes

import undr.task

ClosePolicy = undr.task.ProcessManager.ClosePolicy
PATIENCE = 600


class Echo(undr.task.Task):
    def __init__(self, x):
        self.x = x

    def run(self, session, manager):
        manager.send_message(self.x)


class Spawn(Echo):
    def run(self, session, manager):
        manager.schedule(Echo(self.x), 0)


class Pid(undr.task.Task):
    def run(self, session, manager):
        manager.send_message(os.getpid())


class Sleep(undr.task.Task):
    def run(self, session, manager):
        manager.send_message(os.getpid())
        time.sleep(PATIENCE)


class Die(undr.task.Task):
    def run(self, session, manager):
        os.kill(os.getpid(), signal.SIGKILL)


class Exit(undr.task.Task):
    def run(self, session, manager):
        sys.exit(3)


class Odd(Exception):
    def __init__(self):
        super().__init__("an odd one")
        self.lock = threading.Lock()  # can't be pickled


class Fail(undr.task.Task):
    def run(self, session, manager):
        try:
            raise Odd()
        except Odd as odd:
            raise ValueError("no good", threading.Lock()) from odd


class Missing(undr.task.Task):
    """Its class is not there when it is unpickled."""

    def __reduce__(self):
        return (unpickle_nothing, ())

    def run(self, session, manager):
        pass


def unpickle_nothing():
    raise ModuleNotFoundError("there is no such module")


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"waited {PATIENCE} s until {what}"
        time.sleep(0.01)


def leave_at_once(*_):
    os._exit(1)


class Cases:
    """By the start method `method`."""

    method = ""

    def manager(self, workers=2, **options):
        return undr_native.NativeProcessManager(workers, context=multiprocessing.get_context(self.method), **options)

    def test_tasks_and_messages(self):
        with self.manager(3) as manager:
            for i in range(100):
                manager.schedule(Echo(i) if i % 2 else Spawn(i), i % 2)
            self.assertEqual(sorted(manager.messages()), list(range(100)))
            self.assertEqual(list(manager.messages()), [])
            self.assertEqual(len(manager.workers), 3)
        self.assertEqual(manager.workers, ())

    def test_the_reader_may_schedule(self):
        with self.manager() as manager:
            manager.schedule(Echo(5))
            seen = []
            for x in manager.messages():
                seen.append(x)
                if x > 0:
                    manager.schedule(Echo(x - 1))
            self.assertEqual(seen, [5, 4, 3, 2, 1, 0])

    def test_the_program_sends(self):
        with self.manager() as manager:
            for message in ({"a": [1, 2.5, None]}, b"x" * (3 << 20), "é"):
                manager.send_message(message)
                self.assertEqual(list(manager.messages()), [message])
            with self.assertRaises(Exception):
                manager.send_message(threading.Lock())

    def test_large(self):
        with self.manager() as manager:
            data = os.urandom(5 << 20)
            manager.schedule(Echo(data))
            self.assertEqual(list(manager.messages()), [data])

    def test_join(self):
        manager = self.manager()
        for i in range(50):
            manager.schedule(Spawn(i))
        manager.close(ClosePolicy.JOIN)
        self.assertEqual(list(manager.messages()), [])
        manager.close(ClosePolicy.KILL)
        with self.assertRaisesRegex(RuntimeError, "closed"):
            manager.schedule(Echo(1))

    def test_cancel_drops_what_is_queued(self):
        with self.manager(1) as manager:
            for i in range(5000):
                manager.schedule(Echo(i))
        self.assertEqual(manager.workers, ())
        self.assertLess(len(list(manager.messages())), 5000)

    def test_kill_does_not_wait(self):
        with self.assertRaisesRegex(KeyError, "mine"):
            with self.manager() as manager:
                manager.schedule(Sleep())
                pid = next(iter(manager.messages()))
                raise KeyError("mine")
        self.assertFalse(is_alive(pid))

    def test_a_killed_worker_is_replaced(self):
        with self.manager(2) as manager:
            for task in (Die(), Exit()):
                manager.schedule(task)
                (lost,) = manager.messages()
                self.assertIsInstance(lost, undr.task.WorkerException)
                self.assertIn("task lost", str(lost))
                self.assertIn(type(task).__name__, str(lost))
            wait_until(lambda: len([one for one in manager.workers if one.exitcode is None]) == 2, "both are replaced")
            for i in range(20):
                manager.schedule(Echo(i))
            self.assertEqual(sorted(manager.messages()), list(range(20)))

    def test_workers_are_replaced_while_the_program_is_elsewhere(self):
        with self.manager(2) as manager:
            before = {one.pid for one in manager.workers}
            for pid in before:
                os.kill(pid, signal.SIGKILL)
            wait_until(lambda: len([one for one in manager.workers if one.pid not in before]) == 2, "both are replaced")

    def test_a_failing_task_is_reported(self):
        with self.manager(1) as manager:
            manager.schedule(Pid())
            manager.schedule(Fail())
            manager.schedule(Missing())
            manager.schedule(Pid())
            first, failed, missing, second = manager.messages()
            self.assertEqual(first, second)  # the worker goes on
            self.assertIn("no good", str(failed))
            self.assertIn("an odd one", str(failed))
            self.assertIn("no such module", str(missing))

    def test_arguments(self):
        for bad in ({"workers": -1}, {"priority_levels": 0}, {"priority_levels": 129}):
            with self.assertRaises(ValueError):
                self.manager(**bad)
        with self.manager(0) as manager:
            for priority in (-1, 2):
                with self.assertRaisesRegex(IndexError, "0 to 1"):
                    manager.schedule(Echo(1), priority)
            for no_task in (None, undr.task.CloseRequest()):
                with self.assertRaisesRegex(TypeError, "no task"):
                    manager.schedule(no_task)
        with self.manager(1, priority_levels=128) as manager:
            manager.schedule(Echo(1), 127)
            self.assertEqual(list(manager.messages()), [1])

    def test_logs(self):
        with tempfile.TemporaryDirectory() as folder:
            logs = pathlib.Path(folder) / "not" / "there"
            with self.manager(2, log_directory=logs) as manager:
                for i in range(20):
                    manager.schedule(Echo(i))
                self.assertEqual(len(list(manager.messages())), 20)
                manager.close(ClosePolicy.JOIN)
            texts = [(logs / f"worker-{i}.log").read_text() for i in (1, 2)]
            self.assertEqual(sum(text.count(" run ") for text in texts), 20)
            self.assertTrue(all("start worker" in text for text in texts))

    def test_interrupt(self):
        with self.assertRaises(KeyboardInterrupt):
            with self.manager(2) as manager:
                manager.schedule(Sleep())
                for pid in manager.messages():
                    children = [one.pid for one in manager.workers]
                    for one in (os.getpid(), *children):  # as a terminal does it
                        os.kill(one, signal.SIGINT)
        self.assertFalse(any(map(is_alive, children)))

    def test_interrupt_of_a_cancel(self):
        manager = self.manager(1)
        manager.schedule(Sleep())
        pid = next(iter(manager.messages()))
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        with self.assertRaises(KeyboardInterrupt):
            manager.close(ClosePolicy.CANCEL)
        self.assertFalse(is_alive(pid))
        manager.close(ClosePolicy.JOIN)

    def test_nothing_is_left_of_a_manager_that_nobody_closed(self):
        manager = self.manager(2)
        manager.schedule(Echo(1))
        self.assertEqual(list(manager.messages()), [1])
        pids = [one.pid for one in manager.workers]
        del manager
        gc.collect()
        self.assertFalse(any(map(is_alive, pids)))

    def test_no_descriptor_is_lost(self):
        self.manager(1).close(ClosePolicy.JOIN)
        gc.collect()
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(3):
            with self.manager(2) as manager:
                manager.schedule(Echo(1))
                self.assertEqual(list(manager.messages()), [1])
            del manager
            gc.collect()
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)

    def test_threads(self):
        """Several that schedule, several that read."""
        with self.manager(2) as manager:
            manager.schedule(Sleep())
            pid = next(iter(manager.messages()))  # tasks are left until it is killed
            seen, lost = [], []

            def read():
                for message in manager.messages():
                    (seen if isinstance(message, int) else lost).append(message)

            readers = [threading.Thread(target=read) for _ in range(3)]
            writers = [threading.Thread(target=lambda: [manager.schedule(Echo(i)) for i in range(50)]) for _ in range(3)]
            for thread in readers + writers:
                thread.start()
            for thread in writers:
                thread.join()
            wait_until(lambda: len(seen) == 150, "all messages are read")
            os.kill(pid, signal.SIGKILL)
            for thread in readers:
                thread.join()
            self.assertEqual(sorted(seen), sorted(list(range(50)) * 3))
            self.assertEqual(len(lost), 1)

    def test_a_program_that_does_not_close_ends(self):
        done = subprocess.run([sys.executable, __file__, "forgets", self.method], capture_output=True, text=True,
                              timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertFalse(any(is_alive(int(pid)) for pid in done.stdout.split()))


class Fork(Cases, unittest.TestCase):
    method = "fork"

    def test_workers_that_never_work(self):
        original, processes.worker.run = processes.worker.run, leave_at_once
        try:
            with self.manager(2, start_patience=0.2) as manager:
                manager.schedule(Echo(7))
                (lost,) = manager.messages()
                self.assertIn("no worker is left", str(lost))
                self.assertIn("Echo", str(lost))
                manager.schedule(Echo(8))
                self.assertIn("no worker is left", str(*manager.messages()))
        finally:
            processes.worker.run = original

    def test_a_fork_does_not_wait_for_locks_of_other_threads(self):
        """Here of standard input: a thread reads it, and holds it, while a worker is replaced."""
        done = subprocess.Popen([sys.executable, __file__, "reads"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            line = done.stdout.readline()
        finally:
            done.stdin.close()
            done.wait(PATIENCE)
            done.stdout.close()
        self.assertEqual(line, b"replaced\n")

    def test_a_fork_holds_none_of_the_managers_sockets(self):
        with self.manager(2) as manager:
            manager.schedule(Pid())
            (pid,) = manager.messages()
            lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
            ours = {f"socket:[{line.split()[9]}]" for line in lines
                    if line.split()[1].endswith(f":{manager.port:04X}")}
            held = {os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")
                    if os.path.lexists(f"/proc/{pid}/fd/{name}")}
            self.assertGreater(len(ours), 2)
            self.assertEqual(held & ours, set())


class SpawnMethod(Cases, unittest.TestCase):
    method = "spawn"
    SAMPLE = ("test_tasks_and_messages", "test_a_killed_worker_is_replaced", "test_a_failing_task_is_reported", "test_logs",
              "test_interrupt", "test_a_program_that_does_not_close_ends")


class Install(unittest.TestCase):
    def test_install(self):
        original = undr.task.ProcessManager
        undr_native.install()
        undr_native.install()
        self.assertIs(undr.task.ProcessManager, undr_native.NativeProcessManager)
        self.assertIs(undr.ProcessManager, undr_native.NativeProcessManager)
        self.assertIs(undr.task.ProcessManager.ClosePolicy, ClosePolicy)
        undr_native.uninstall()
        self.assertIs(undr.task.ProcessManager, original)
        self.assertTrue(issubclass(undr_native.NativeProcessManager, original))

    def test_patience(self):
        patience = processes.Patience(4, 1.0)
        for now in (0.0, 0.01, 0.02):  # of one pause
            self.assertEqual(patience.note_end(now, 0.1, False, 0), 0.05)
        self.assertEqual(patience.note_end(1.0, 0.1, False, 0), 1.1)
        self.assertFalse(patience.is_over())
        self.assertEqual(patience.note_end(2.0, 0.1, False, 1), 2.0)  # a task was handed out
        for now in range(3, 8):
            patience.note_end(now, 0.1, False, 1)
        self.assertTrue(patience.is_over())
        patience = processes.Patience(2, 1.0)
        for now in range(31):
            self.assertEqual(patience.note_end(now, 0.1, True, 0), now)
        self.assertFalse(patience.is_over())
        patience.note_end(31, 0.1, True, 0)
        self.assertTrue(patience.is_over())


def forget(method):
    manager = undr_native.NativeProcessManager(2, context=multiprocessing.get_context(method))
    manager.schedule(Echo(1))
    assert list(manager.messages()) == [1]
    print(*(one.pid for one in manager.workers))
    globals()["kept"] = manager


def read_meanwhile():
    with undr_native.NativeProcessManager(1, context=multiprocessing.get_context("fork")) as manager:
        manager.schedule(Pid())
        (pid,) = manager.messages()
        threading.Thread(target=sys.stdin.read, daemon=True).start()
        time.sleep(0.2)  # it waits for input, and holds the stream
        os.kill(pid, signal.SIGKILL)
        manager.schedule(Pid())
        assert list(manager.messages()) != [pid]
        print("replaced", flush=True)
        manager.close(ClosePolicy.JOIN)
        os._exit(0)  # the thread may hold standard input for ever


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell starts in the background
    if sys.argv[1:2] == ["reads"]:
        read_meanwhile()
    elif sys.argv[1:2] == ["forgets"]:
        forget(sys.argv[2])
    elif sys.argv[1:] == ["--whole"]:
        unittest.main(argv=sys.argv[:1])
    elif sys.argv[1:]:
        unittest.main()
    else:
        unittest.main(argv=[sys.argv[0], "Fork", "Install", *(f"SpawnMethod.{name}" for name in SpawnMethod.SAMPLE)])
