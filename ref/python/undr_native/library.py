"""libundrtask by ctypes: the functions of undr/process_manager.h that this package calls, and nothing else.

The numbers and the struct below are those of the C headers; tests/native/layout compares them with what the C compiler
says, so that they can't drift apart."""

from __future__ import annotations

import ctypes
import os
import pathlib
import typing

#: Names the file of another build of libundrtask, to try it (one with sanitizers, say).
LIBRARY_VARIABLE = "UNDR_NATIVE_LIBRARY"
NAME = "libundrtask.so.0"

# undr_error, of undr/error.h: those that mean something of their own here.
OK = 0
MEMORY = 1
SYSTEM = 3
PRIORITY = 11
WAIT = 13
DONE = 14
CLOSED = 15
QUEUE_LIMIT = 34

# undr_close_policy
JOIN = 0
CANCEL = 1
KILL = 2


class Slice(ctypes.Structure):
    """undr_slice: borrowed bytes."""

    _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_size_t)]


class Buffer(ctypes.Structure):
    """undr_buffer: bytes that the library allocates; `buffer_free` gives them back."""

    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t), ("capacity", ctypes.c_size_t)]


class Options(ctypes.Structure):
    """undr_process_manager_options."""

    _fields_ = [
        ("workers", ctypes.c_int),
        ("priority_levels", ctypes.c_uint),
        ("log_directory", ctypes.c_char_p),
        ("address", ctypes.c_char_p),
        ("beyond_loopback", ctypes.c_bool),
        ("same_user", ctypes.c_bool),
        ("connections", ctypes.c_size_t),
        ("queue_limit", ctypes.c_uint64),
        ("payload_limit", ctypes.c_uint64),
        ("patience", ctypes.c_uint64),
        ("hold", ctypes.c_int64),
        ("grace", ctypes.c_uint64),
        ("retries", ctypes.c_uint),
        ("start_patience", ctypes.c_uint64),
        ("handle_interrupt", ctypes.c_bool),
        ("log", ctypes.c_void_p),
    ]


_MANAGER = ctypes.c_void_p

#: name in C: result, arguments
FUNCTIONS: dict[str, tuple[typing.Any, tuple[typing.Any, ...]]] = {
    "undr_error_text": (ctypes.c_char_p, (ctypes.c_int,)),
    "undr_buffer_free": (None, (ctypes.POINTER(Buffer),)),
    "undr_process_manager_start": (ctypes.c_int, (ctypes.POINTER(Options), ctypes.POINTER(_MANAGER))),
    "undr_process_manager_port": (ctypes.c_uint16, (_MANAGER,)),
    "undr_process_manager_event": (ctypes.c_int, (_MANAGER, ctypes.POINTER(ctypes.c_int))),
    "undr_process_manager_schedule_pickle": (ctypes.c_int, (_MANAGER, Slice, ctypes.c_uint)),
    "undr_process_manager_send_pickle": (ctypes.c_int, (_MANAGER, Slice)),
    "undr_process_manager_poll_pickle": (ctypes.c_int, (_MANAGER, ctypes.POINTER(Buffer))),
    "undr_process_manager_begin_close": (ctypes.c_int, (_MANAGER, ctypes.c_int)),
    "undr_process_manager_close": (ctypes.c_int, (_MANAGER, ctypes.c_int)),
    "undr_process_manager_handed_out": (ctypes.c_uint64, (_MANAGER,)),
    "undr_process_manager_abandon": (None, (_MANAGER,)),
    "undr_process_manager_free": (None, (_MANAGER,)),
}


def _load() -> ctypes.CDLL:
    """The library beside this file, which the wheel brings; else the one that the system has."""
    named = os.environ.get(LIBRARY_VARIABLE)
    beside = pathlib.Path(__file__).with_name(NAME)
    path = named or (str(beside) if beside.exists() else NAME)
    try:
        return ctypes.CDLL(path, use_errno=True)
    except OSError as error:
        raise ImportError(
            f"undr_native needs {path}: {error}. The wheel that `pip install ./ref/python` builds has it inside; "
            f"{LIBRARY_VARIABLE} names another file"
        ) from error


def _bind(library: ctypes.CDLL) -> None:
    for name, (result, arguments) in FUNCTIONS.items():
        try:
            function = getattr(library, name)
        except AttributeError:
            raise ImportError(f"{library._name} is too old for undr_native: it has no {name}") from None
        function.restype = result
        function.argtypes = arguments


library = _load()
_bind(library)


def slice_of(data: bytes) -> Slice:
    """`data` must live as long as the slice is used."""
    return Slice(data, len(data))


def error_text(error: int) -> str:
    text = library.undr_error_text(error)
    return str(text.decode())


def raise_error(error: int, what: str) -> typing.NoReturn:
    """The exception that says in Python what an undr_error says in C."""
    if error == MEMORY:
        raise MemoryError(f"{what}: {error_text(error)}")
    if error == SYSTEM:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    if error in (CLOSED, QUEUE_LIMIT):
        raise RuntimeError(f"{what}: {error_text(error)}")
    raise ValueError(f"{what}: {error_text(error)}")
