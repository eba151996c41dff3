"""What a worker process does: undr.task's worker, with its faults mended.

It speaks the protocol of undr.task. What differs from the package's own loop: it reads an answer with one system call
where that is enough, it can report every exception, it writes its log whatever the start method, it does not see Ctrl-C,
and it never outlives its manager's process."""

from __future__ import annotations

import ctypes
import logging
import multiprocessing
import multiprocessing.context
import os
import pathlib
import pickle
import signal
import socket
import struct
import sys
import time
import traceback
import typing

import requests
from undr import constants
from undr import task as undr_task

_HEADER = struct.Struct("<cQ")
_READ = 1 << 16
_LARGEST = 1 << 40  # bytes of an answer
_PR_SET_PDEATHSIG = 1


class Proxy(undr_task.ProcessManager.Proxy):
    """The Manager that tasks are given: forwards to the real one over TCP."""

    client: socket.socket
    broken = False  # the connection ended, or the manager broke the protocol: nothing more is sent

    def setup(self) -> None:
        self.client = socket.create_connection(("127.0.0.1", self.server_port))
        self.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _request(self, type: bytes, payload: bytes, expected: bytes) -> typing.Union[bytes, bytearray]:
        """Sends a frame and returns the payload of its answer."""
        self.broken = True  # until the answer is whole
        self.client.sendall(_HEADER.pack(type, len(payload)) + payload)
        data = self.client.recv(_READ)
        if len(data) < _HEADER.size:
            data = self._header(data)
        answered, size = _HEADER.unpack_from(data)
        answer: typing.Union[bytes, bytearray] = data[_HEADER.size :]
        if len(answer) < size:
            answer = self._rest(answer, size)
        self.broken = False
        if answered != expected or len(answer) > size:
            raise AssertionError(f"the manager answered {type!r} with {answered!r} and {len(answer)} bytes; "
                                 f"expected {expected!r}, its header says {size} bytes")
        return answer

    def _header(self, data: bytes) -> bytes:
        """What has come, with more, until the header is whole."""
        while len(data) < _HEADER.size:
            more = self.client.recv(_READ)
            if not more:
                raise ConnectionResetError("the manager ended the connection")
            data += more
        return data

    def _rest(self, begun: bytes, size: int) -> bytearray:
        """A payload that did not come whole with its header. Memory grows with what has come."""
        if size > _LARGEST:
            raise AssertionError(f"the manager announces an answer of {size} bytes")
        payload = bytearray(begun)
        while len(payload) < size:
            done = len(payload)
            payload.extend(bytes(min(max(done, _READ), size - done)))
            with memoryview(payload) as view:
                while done < len(view):
                    read = self.client.recv_into(view[done:])
                    if read == 0:
                        raise ConnectionResetError("the manager ended the connection")
                    done += read
        return payload

    def _acknowledged(self, type: bytes, message: typing.Any, expected: bytes) -> None:
        if self._request(type, pickle.dumps(message), expected):
            raise AssertionError(f"the manager acknowledged {type!r} with a payload")

    def schedule(self, task: undr_task.Task, priority: int = 1) -> None:
        if not 0 <= priority < 128:
            raise OverflowError(f"priority {priority} is not 0 to 127")
        if task is None or isinstance(task, undr_task.CloseRequest):
            raise TypeError(f"{task!r} is no task")
        logging.debug("schedule %s with priority %s", task, priority)
        self._acknowledged((128 + priority).to_bytes(1, "little"), task, b"s")

    def send_message(self, message: typing.Any) -> None:
        self._acknowledged(b"m", message, b"m")

    def next_task(self) -> typing.Any:
        return _load(self._request(b"n", b"", b"t"))

    def acknowledge_and_next_task(self) -> typing.Any:
        return _load(self._request(b"t", b"", b"t"))


class _Unloadable(undr_task.Task):
    """Stands for a task whose class can't be imported here: to run it says so."""

    def __init__(self, exception: Exception):
        self.exception = exception

    def run(self, session: requests.Session, manager: undr_task.Manager) -> None:
        raise self.exception


def _load(payload: typing.Union[bytes, bytearray]) -> typing.Any:
    if not payload:
        return _Unloadable(TypeError("the task is empty: nothing was pickled"))
    try:
        return pickle.loads(payload)
    except (ImportError, AttributeError) as exception:
        return _Unloadable(exception)


def _without_code(exception: typing.Optional[traceback.TracebackException]) -> None:
    """Some Pythons keep code objects in a traceback's frames, which can't be pickled and are not needed to print it."""
    if exception is None:
        return
    for frame in exception.stack:
        if getattr(frame, "_code", None) is not None:
            frame._code = None  # type: ignore[attr-defined]
    _without_code(exception.__cause__)
    _without_code(exception.__context__)
    for one in getattr(exception, "exceptions", None) or ():
        _without_code(one)


def _report_of(exception: BaseException) -> undr_task.WorkerException:
    """A WorkerException that can be pickled, whatever the exception holds."""
    summary = traceback.TracebackException.from_exception(exception)
    try:
        _without_code(summary)
        pickle.dumps(summary)
    except Exception:
        text = "".join(traceback.format_exception(type(exception), exception, exception.__traceback__))
        summary = traceback.TracebackException.from_exception(RuntimeError(text))
    return undr_task.WorkerException(summary)


def _serve(proxy: Proxy, session: requests.Session) -> None:
    """Runs tasks until the manager closes."""
    task = proxy.next_task()
    while not isinstance(task, undr_task.CloseRequest):
        if task is None:
            time.sleep(constants.WORKER_POLL_PERIOD)  # the manager has held the answer for a while already
            task = proxy.next_task()
            continue
        try:
            logging.debug("run %s", task)
            task.run(session=session, manager=proxy)
        except Exception as exception:
            if proxy.broken:
                raise
            logging.debug("%r", exception)
            proxy.send_message(_report_of(exception))
        task = proxy.acknowledge_and_next_task()


def _ignore(number: int, frame: typing.Any) -> None:
    """SIGINT is the manager's. A handler, as what a task executes is not to ignore it, too."""


def _tie_to_manager() -> None:
    """The worker is killed when its manager's process ends, in whatever way."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():
        os._exit(1)


_old_streams: list[typing.Any] = []


def _renew_streams() -> None:
    """A thread of the program may have held a stream's lock when we were forked: that one would wait for ever. The old
    ones stay, unused: to free one is to close it."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for name, file, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        stream = getattr(sys, name)
        _old_streams.append(stream)
        if stream is not None and stream is getattr(sys, f"__{name}__"):
            new = open(file, mode, buffering=1 if name == "stderr" else -1, encoding=stream.encoding,
                       errors=stream.errors, closefd=False)
            setattr(sys, name, new)
            setattr(sys, f"__{name}__", new)
            _old_streams.append(new)


class ForkedWorker(multiprocessing.context.ForkProcess):
    """A process that may be forked from any thread, whatever the others do."""

    def _bootstrap(self, *arguments: typing.Any, **keywords: typing.Any) -> int:
        _renew_streams()
        status: int = super()._bootstrap(*arguments, **keywords)  # type: ignore[misc]
        return status


def _close_inherited(port: int) -> None:
    """A fork has the manager's sockets, too. While it holds one, the other side does not see that it was closed."""
    for name in os.listdir("/proc/self/fd"):
        try:
            one = socket.socket(fileno=int(name))
        except OSError:
            continue  # no socket, or the descriptor of the listing
        try:
            is_ours = one.family == socket.AF_INET and one.getsockname()[1] == port
        except OSError:
            is_ours = False
        if not is_ours:
            one.detach()
        one.close()


def _open_log(directory: typing.Optional[str], number: int) -> None:
    """What was inherited from the program by a fork is no log of a worker."""
    root = logging.getLogger()
    for handler in root.handlers[:]:
        root.removeHandler(handler)
    if directory is None:
        root.setLevel(logging.WARNING)
        return
    handler = logging.FileHandler(pathlib.Path(directory) / f"worker-{number}.log", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)


def run(port: int, number: int, log_directory: typing.Optional[str]) -> None:
    """A worker process, from its start to its end."""
    signal.signal(signal.SIGINT, _ignore)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    _tie_to_manager()
    if multiprocessing.get_start_method(allow_none=True) == "fork":
        _close_inherited(port)
    _open_log(log_directory, number)
    logging.debug("start worker")
    proxy = Proxy(server_port=port)
    try:
        proxy.setup()
        logging.debug("connected to message server")
        with requests.Session() as session:
            _serve(proxy, session)
    except ConnectionResetError:
        logging.debug("the manager ended the connection")
    finally:
        if proxy.client is not None:
            proxy.client.close()
