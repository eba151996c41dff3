"""The worker processes of a pool: starts them, replaces those that end, and knows when that is in vain.

One thread does it. It waits for the ends of all workers at once, and for what it is told through a pipe."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import multiprocessing.context
import os
import signal
import sys
import threading
import time
import typing

from . import worker

#: A worker that ended so many seconds after its start, while no task was handed out, was started in vain.
SOON = 10.0
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 3.2
#: So many times as many workers as there are, but at most so many more, may be killed in a row in vain.
FUTILE_STARTS = 16
MAXIMUM_FUTILE_STARTS = 256


class Patience:
    """When an ended worker is replaced: one that was killed at once, one that left in vain after a pause.

    All that leave during a pause wait for its end. The next pause is twice as long."""

    def __init__(self, count: int, seconds: float):
        self.seconds = seconds
        self.most_kills = min(count * FUTILE_STARTS, count + MAXIMUM_FUTILE_STARTS)
        self.kills = 0
        self.pause = 0.0
        self.paused = 0.0
        self.resumes = 0.0  # the end of the pause, of time.monotonic()
        self.handed_out = 0

    def note_end(self, now: float, age: float, killed: bool, handed_out: int) -> float:
        """When the worker is to be started again."""
        in_vain = age < SOON and handed_out == self.handed_out
        self.handed_out = handed_out
        if not in_vain:
            self.kills = 0
            self.pause = self.paused = 0.0
            return now if killed or age >= FIRST_PAUSE else now + FIRST_PAUSE
        if killed:
            self.kills += 1
            return now
        if now >= self.resumes:
            self.pause = min(max(2 * self.pause, FIRST_PAUSE), LONGEST_PAUSE)
            self.paused += self.pause
            self.resumes = now + self.pause
        return self.resumes

    def is_over(self) -> bool:
        return self.kills >= self.most_kills > 0 or self.paused >= self.seconds


class _Slot:
    """One place of the pool: a process, or the time at which the next is to be started."""

    def __init__(self, number: int):
        self.number = number
        self.process: typing.Any = None
        self.started = 0.0
        self.due = 0.0


class Processes:
    """The pool. All functions but those of the thread may be called from any thread."""

    def __init__(
        self,
        count: int,
        port: int,
        log_directory: typing.Optional[str],
        patience: float,
        context: multiprocessing.context.BaseContext,
        handed_out: typing.Callable[[], int],
        abandon: typing.Callable[[], None],
    ):
        self.port = port
        self.log_directory = log_directory
        self.context = context
        self.method = context.get_start_method()
        self.handed_out = handed_out
        self.abandon = abandon
        self.slots = [_Slot(number) for number in range(1, count + 1)]
        self.patience = Patience(count, patience)
        self.lock = threading.Lock()  # of stopped, and of each slot's process against kill
        self.stopped = False
        self.failure: typing.Optional[BaseException] = None
        self.up = threading.Event()
        self.gone = threading.Event()
        self.pipe = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self.thread = threading.Thread(target=self._run, name="undr-native-workers", daemon=True)
        self.running = False

    def start(self) -> None:
        """Returns when all have been started; raises what kept one from it."""
        if not self.slots:
            self.gone.set()
            return
        self._start_helpers()
        self.running = True
        self.thread.start()
        self.up.wait()
        if self.failure is not None:
            raise self.failure

    def _start_helpers(self) -> None:
        """What multiprocessing starts with the first process and keeps. Here, since in our thread SIGINT is blocked."""
        if self.method == "forkserver":
            from multiprocessing import forkserver

            forkserver.ensure_running()
        if self.method != "fork":
            from multiprocessing import resource_tracker

            resource_tracker.ensure_running()

    def processes(self) -> tuple[typing.Any, ...]:
        with self.lock:
            return tuple(slot.process for slot in self.slots if slot.process is not None)

    def stop(self) -> None:
        """From now on none is replaced."""
        with self.lock:
            self.stopped = True
        self._wake()

    def kill(self) -> None:
        with self.lock:
            for slot in self.slots:
                if slot.process is not None:
                    slot.process.kill()

    def wait(self) -> None:
        """Until none is left; behind stop()."""
        if not self.running:
            return
        self.gone.wait()
        self.thread.join()

    def _wake(self) -> None:
        try:
            os.write(self.pipe[1], b"x")
        except (BlockingIOError, OSError):
            pass  # full: it will wake; closed: it has ended

    # The thread.

    def _run(self) -> None:
        # Workers are born with SIGINT blocked, and unblock it when they have a handler.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for slot in self.slots:
                if self._start_worker(slot) is not None:
                    self.stopped = True  # what was started leaves with the manager
                    break
            self.up.set()
            while self._has_more():
                self._wait_for_events()
                self._replace()
        finally:
            self.up.set()
            self.gone.set()
            os.close(self.pipe[0])
            os.close(self.pipe[1])

    def _start_worker(self, slot: _Slot) -> typing.Optional[BaseException]:
        kind = worker.ForkedWorker if self.method == "fork" else self.context.Process  # type: ignore[attr-defined]
        process = kind(
            target=worker.run,
            args=(self.port, slot.number, self.log_directory),
            name=f"worker-{slot.number}",
            daemon=True,
        )
        slot.started = time.monotonic()
        try:
            with self.lock:
                if self.stopped:
                    return None
                process.start()
                slot.process = process
        except Exception as exception:  # OSError; or what pickling the main module's state raises
            if not self.up.is_set():
                self.failure = exception
            return exception
        return None

    def _has_more(self) -> bool:
        if any(slot.process is not None for slot in self.slots):
            return True
        return bool(self.slots) and not self.stopped

    def _wait_for_events(self) -> None:
        sentinels = [slot.process.sentinel for slot in self.slots if slot.process is not None]
        dues = [slot.due for slot in self.slots if slot.process is None]
        timeout = None if self.stopped or not dues else max(0.0, min(dues) - time.monotonic())
        if self.pipe[0] in multiprocessing.connection.wait([*sentinels, self.pipe[0]], timeout):
            os.read(self.pipe[0], 4096)

    def _bury(self, slot: _Slot) -> None:
        now = time.monotonic()
        status = slot.process.exitcode
        with self.lock:
            process, slot.process = slot.process, None
        process.join()  # it has ended
        process.close()
        slot.due = self.patience.note_end(now, now - slot.started, status < 0, self.handed_out())

    def _replace(self) -> None:
        for slot in self.slots:
            if slot.process is not None and slot.process.exitcode is not None:
                self._bury(slot)
        if self.stopped:
            return
        if self.patience.is_over():
            self._give_up()
            return
        now = time.monotonic()
        for slot in self.slots:
            if slot.process is None and slot.due <= now:
                if self._start_worker(slot) is not None:
                    slot.due = self.patience.note_end(now, 0.0, False, self.patience.handed_out)

    def _give_up(self) -> None:
        """Those that are empty stay so; without any worker the tasks are reported."""
        self.slots = [slot for slot in self.slots if slot.process is not None]
        if not self.slots:
            print(
                "undr_native: no worker is left: they end soon after their start, and none ran a task", file=sys.stderr
            )
            self.abandon()

