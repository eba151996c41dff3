"""NativeProcessManager: undr.task.ProcessManager with libundrtask in place of its server, queues and inbox."""

from __future__ import annotations

import ctypes
import multiprocessing
import multiprocessing.util
import os
import pathlib
import pickle
import select
import threading
import typing

from undr import task as undr_task

from . import library
from .library import library as c
from .processes import Processes

#: How long the manager holds the answer to a worker that finds no task (NEXT-4), in ms: workers need not poll.
HOLD_MS = 500


def _end(handle: ctypes.c_void_p, processes: Processes, pid: int) -> None:
    """When the manager is collected, or the program ends without having closed it: nothing is left behind."""
    if os.getpid() != pid:
        return  # in a process that was forked from the program: it is not its manager
    processes.stop()
    processes.kill()
    processes.wait()
    c.undr_process_manager_free(handle)


class NativeProcessManager(undr_task.ProcessManager):
    """Controls a pool of worker processes, as undr.task.ProcessManager does; its server is the C library's.

    The interface is the one that undr documents. What differs:

    - A worker that dies is replaced, and its task is reported as a WorkerException that names it.
    - ``messages()`` and ``close`` wait for events: they neither poll nor sleep.
    - ``schedule`` after ``close``, or with a priority that has no queue, is an error.
    - Workers do not see Ctrl-C. The program does, and ends them by the policy with which it closes the manager.
    - Messages of the program itself (``send_message``) are pickled, like those of workers.

    Any function may be called from any thread.

    Args:
        workers: Number of worker processes. Twice the number of cores by default. With 0 there are none but those that
            connect on their own.
        priority_levels: Number of priority queues, 1 to 128. Priorities are 0 to ``priority_levels - 1``.
        log_directory: Directory of the log files, ``worker-1.log`` and so on, created if it does not exist. None: no logs.
        same_user: Only processes of the same user of this machine may connect. False: whoever can reach the port, and
            he can have any code run in the program, by a message.
        queue_limit: Bytes that tasks and messages may take in the manager. 0: no limit.
        retries: How often a task whose worker died is run again before it is reported.
        start_patience: Seconds of pauses between starts of workers that end at once, before the pool gives up.
        context: The start method of the workers, as of ``multiprocessing.get_context``. None: the default one.
    """

    def __init__(
        self,
        workers: int = multiprocessing.cpu_count() * 2,
        priority_levels: int = 2,
        log_directory: typing.Optional[typing.Union[str, pathlib.Path]] = None,
        *,
        same_user: bool = True,
        queue_limit: int = 0,
        retries: int = 0,
        start_patience: float = 30.0,
        context: typing.Optional[multiprocessing.context.BaseContext] = None,
    ):
        if workers < 0:
            raise ValueError(f"workers is {workers}; it must be 0 or more")
        if not 1 <= priority_levels <= 128:
            raise ValueError(f"priority_levels is {priority_levels}; it must be 1 to 128")
        if log_directory is not None:
            pathlib.Path(log_directory).mkdir(parents=True, exist_ok=True)
        self._priority_levels = priority_levels
        self._closed = False
        self._lock = threading.RLock()  # of close
        self._take_lock = threading.Lock()  # of _buffer
        self._buffer = library.Buffer()
        self._handle = self._start_server(same_user, queue_limit, retries)
        self._port = int(c.undr_process_manager_port(self._handle))
        self._event = self._open_event()
        self._processes = Processes(
            count=workers,
            port=self._port,
            log_directory=None if log_directory is None else str(pathlib.Path(log_directory).resolve()),
            patience=start_patience,
            context=multiprocessing.get_context() if context is None else context,
            handed_out=lambda handle=self._handle: int(c.undr_process_manager_handed_out(handle)),  # type: ignore[misc]
            abandon=lambda handle=self._handle: c.undr_process_manager_abandon(handle),  # type: ignore[misc]
        )
        # exitpriority: before multiprocessing ends the workers, which would be replaced.
        self._finalizer = multiprocessing.util.Finalize(
            self, _end, (self._handle, self._processes, os.getpid()), exitpriority=100
        )
        try:
            self._processes.start()
        except BaseException:
            self._closed = True
            self._finalizer()
            raise

    def _start_server(self, same_user: bool, queue_limit: int, retries: int) -> ctypes.c_void_p:
        options = library.Options(
            workers=0,  # of the library's own, which would be this program; ours are Python's
            priority_levels=self._priority_levels,
            hold=HOLD_MS,
            same_user=same_user,
            queue_limit=queue_limit,
            retries=retries,
        )
        handle = ctypes.c_void_p()
        error = c.undr_process_manager_start(ctypes.byref(options), ctypes.byref(handle))
        if error != library.OK:
            library.raise_error(error, "the manager can't be started")
        return handle

    def _open_event(self) -> int:
        file = ctypes.c_int()
        error = c.undr_process_manager_event(self._handle, ctypes.byref(file))
        if error != library.OK:
            c.undr_process_manager_free(self._handle)
            library.raise_error(error, "the manager can't be started")
        return file.value

    @property
    def port(self) -> int:
        """The TCP port of 127.0.0.1 on which the manager listens."""
        return self._port

    @property
    def workers(self) -> tuple[typing.Any, ...]:
        """The worker processes, as multiprocessing has them. One that died stands here until it is replaced."""
        return self._processes.processes()

    def fileno(self) -> int:
        """A descriptor for ``select`` and the like: it is readable when ``messages()`` may have something to say."""
        return self._event

    # Tasks and messages.

    def schedule(self, task: undr_task.Task, priority: int = 1) -> None:
        """Runs a task with the given priority; lower ones go first.

        Raises:
            IndexError: No queue has this priority.
            RuntimeError: The manager is closed, or its queues are full.
        """
        if not 0 <= priority < self._priority_levels:
            raise IndexError(f"no queue has priority {priority}; there are 0 to {self._priority_levels - 1}")
        if task is None or isinstance(task, undr_task.CloseRequest):
            raise TypeError(f"{task!r} is no task")
        data = pickle.dumps(task)
        error = c.undr_process_manager_schedule_pickle(self._handle, library.Slice(data, len(data)), priority)
        if error != library.OK:
            library.raise_error(error, f"{task!r} can't be scheduled")

    def send_message(self, message: typing.Any) -> None:
        """Puts a message into the manager's inbox."""
        data = pickle.dumps(message)
        error = c.undr_process_manager_send_pickle(self._handle, library.Slice(data, len(data)))
        if error != library.OK:
            library.raise_error(error, "the message can't be sent")

    def _take(self) -> tuple[int, typing.Optional[bytes]]:
        """One step of messages(), which does not block."""
        with self._take_lock:
            error = c.undr_process_manager_poll_pickle(self._handle, self._buffer)
            if error != library.OK:
                return error, None
            data = ctypes.string_at(self._buffer.data, self._buffer.size)
            if self._buffer.capacity > 1 << 20:
                c.undr_buffer_free(self._buffer)  # a large one is not kept
            return error, data

    def messages(self) -> typing.Iterator[typing.Any]:
        """Iterates over the messages of all workers until no task is left.

        The reader may schedule more tasks while it iterates. A message whose class can't be imported here raises what
        ``pickle.loads`` raises; a later call goes on behind it.
        """
        events = None
        while True:
            error, data = self._take()
            if data is not None:
                yield pickle.loads(data)
            elif error == library.DONE:
                return
            elif error == library.WAIT:
                if events is None:
                    events = self._events()
                events.poll()
            else:
                library.raise_error(error, "no message can be taken")

    def _events(self) -> select.poll:
        events = select.poll()
        events.register(self._event, select.POLLIN)
        return events

    # Closing.

    def close(self, policy: undr_task.ProcessManager.ClosePolicy) -> None:
        """Ends the pool by a policy. When it returns, no worker is left. A second close returns at once.

        If it is interrupted (Ctrl-C) while it waits for tasks (JOIN), the manager stays open; while it waits for workers,
        they are killed.
        """
        number = undr_task.ProcessManager.ClosePolicy(policy).value
        with self._lock:
            if self._closed:
                return
            if number != library.JOIN:
                self._processes.stop()
            self._begin_close(number)
            self._closed = True
            self._end_workers(number)
            error = c.undr_process_manager_close(self._handle, number)
            if error != library.OK:
                library.raise_error(error, "the manager can't be closed")

    def _begin_close(self, policy: int) -> None:
        events = self._events()
        while True:
            error = c.undr_process_manager_begin_close(self._handle, policy)
            if error == library.OK:
                return
            if error != library.WAIT:
                library.raise_error(error, "the manager can't be closed")
            events.poll()

    def _end_workers(self, policy: int) -> None:
        self._processes.stop()
        if policy == library.KILL:
            self._processes.kill()
        try:
            self._processes.wait()
        except BaseException:
            self._processes.kill()
            self._processes.wait()
            c.undr_process_manager_close(self._handle, library.KILL)
            raise
