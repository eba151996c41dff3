#!/usr/bin/env python3
"""Makes frames.json and payloads.json beside this file: golden frames and payloads (format: README.md).

    make.py            writes both files
    make.py --check    writes nothing; exits 1 when they are not what this script makes
                       (--package: 77 where the package `undr` is not installed)

CPython 3.9 to 3.14 make the same. Where the package `undr` is installed, its own classes must pickle to the same bytes;
elsewhere classes of the same names stand in for them.
"""
import argparse
import importlib
import importlib.machinery
import json
import os
import pathlib
import pickle
import struct
import sys
import types

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent.parent / "tests" / "pickles"), str(HERE.parent.parent / "scripts")]
sys.dont_write_bytecode = True
import generated  # noqa: E402
import oracle  # noqa: E402  CPython's unpickler with classes that stay names
from usage import Usage  # noqa: E402


def u32(number):
    return struct.pack("<I", number)


def u64(number):
    return struct.pack("<Q", number)


def frame(kind, payload=b"", length=None):
    return bytes([kind]) + u64(len(payload) if length is None else length) + payload


# Classes by name: pickled as instances of module.Name.


def stand_in(module_name, *names):
    module = types.ModuleType(module_name)
    for name in names:
        made = type(name, (), {"__module__": module_name, "__init__": lambda self,
                **state: self.__dict__.update(state)})
        setattr(module, name, made)
    return module


def stand_ins():
    task = stand_in("undr.task", "Chain", "CloseRequest", "Task", "WorkerException")
    undr = types.ModuleType("undr")
    undr.task = task
    modules = {"undr": undr, "undr.task": task}
    modules["undr_conformance"] = stand_in("undr_conformance", "Probe", "Counter")
    return modules


def real_package():
    """undr.task where the package is installed, as the adapter imports it: without all that its other modules want."""
    if importlib.machinery.PathFinder.find_spec("undr") is None:
        return None
    sys.path.insert(0, str(HERE.parent.parent / "conformance" / "adapters" / "python"))
    return importlib.import_module("undr_adapter").import_task_module()


class Reduced:
    """Pickled as a call, whatever it is told."""

    def __init__(self, *parts):
        self.parts = parts

    def __reduce__(self):
        return self.parts


# What a value is, in JSON (README.md).


def describe(value):
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, type):
        return {"class": value.__module__ + "." + value.__qualname__}
    if isinstance(value, Reduced):
        return {"object": describe(value.parts[0])["class"], "args": [describe(each) for each in value.parts[1]]}
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, float):
        return {"float": repr(value)}
    if isinstance(value, str):
        return {"str": value}
    if isinstance(value, (bytes, bytearray)):
        return {type(value).__name__: value.hex()}
    if isinstance(value, dict):
        return {"dict": [[describe(key), describe(each)] for key, each in value.items()]}
    if isinstance(value, (list, tuple, set, frozenset)):
        return {type(value).__name__: [describe(each) for each in value]}
    result = {"object": type(value).__module__ + "." + type(value).__qualname__}
    if value.__dict__:
        result["state"] = describe(value.__dict__)
    return result


# Frames.


def frames():
    yield "next", "FRAME-2 NEXT-1", "A request for a task: nine bytes, no payload.", frame(ord("n"))
    yield "done", "FRAME-2 DONE-1", "A worker's report that its task is complete.", frame(ord("t"))
    yield "task-none", "FRAME-1 NEXT-2", "No task: None in protocol 4.", frame(ord("t"), b"\x80\x04N.")
    yield "task-bytes", "FRAME-1 SCHED-4", "A task, whose bytes are opaque.", frame(ord("t"), b"soon")
    yield "task-empty", "SCHED-7", "A task of length 0.", frame(ord("t"))
    yield "task-close", "PAY-2", "CloseRequest, as CPython writes it.", frame(ord("t"), close_request())
    yield "message", "MSG-1", "A message: the str 'hello'.", frame(ord("m"), pickle.dumps("hello", 4))
    yield "message-acknowledged", "MSG-1", "A manager's acknowledgement of a message.", frame(ord("m"))
    yield "schedule-0", "SCHED-1", "A task for the most urgent queue.", frame(0x80, b"x")
    yield "schedule-1", "SCHED-1", "A task for queue 1.", frame(0x81, b"late")
    yield "schedule-127", "SCHED-9", "A task for the last queue that the wire allows.", frame(0xff, b"last")
    yield "scheduled", "SCHED-1", "A manager's acknowledgement of a scheduled task.", frame(ord("s"))
    yield "payload-255", "FRAME-1", "The length's first byte is full.", frame(0x81, b"a" * 255)
    yield "payload-256", "FRAME-1", "The length's second byte is used: little-endian.", frame(0x81, b"b" * 256)
    yield "payload-65536", "FRAME-1", "The length's third byte is used.", frame(0x81, b"c" * 65536)


def whole_frames():
    for name, requirement, description, data in frames():
        yield {"name": name, "requirement": requirement, "description": description, "bytes": data.hex(),
               "type": data[0], "payload": data[9:].hex()}


def incomplete_frames():
    data = frame(0x81, b"late")
    for size in range(len(data)):
        yield {"name": "schedule-cut-%d" % size, "requirement": "FRAME-3 FRAME-5",
               "description": "The first %d bytes of schedule-1. More are needed; if the stream ends here, it ends the "
               "connection and nothing takes effect." % size,
               "bytes": data[:size].hex(), "needed": 9 if size < 9 else len(data)}


def streams():
    parts = [frame(ord("n")), frame(0x81, b"late"), frame(ord("t")), frame(0x80, b""), frame(ord("n"))]
    for name, rest in (("stream-whole", b""), ("stream-with-rest", frame(ord("m"), b"abc")[:11])):
        yield {"name": name, "requirement": "FRAME-4", "description": "Several frames that arrive together%s." % (
                   ", and the beginning of one more" if rest else ""),
               "bytes": (b"".join(parts) + rest).hex(), "frames": [[part[0], part[9:].hex()] for part in parts],
               "rest": len(rest)}


def refused_frames():
    def one(receiver, name, requirement, reason, data):
        return {"name": name, "receiver": receiver, "requirement": requirement, "reason": reason, "bytes": data.hex()}

    manager, worker = "manager", "worker"
    yield one(manager, "next-with-payload", "REQ-5", "n carries a payload", frame(ord("n"), b"x"))
    yield one(manager, "done-with-payload", "REQ-5", "t carries a payload", frame(ord("t"), b"x"))
    yield one(manager, "message-empty", "MSG-3", "m without a payload", frame(ord("m")))
    yield one(manager, "message-no-pickle", "MSG-3", "the payload of m is not a pickle", frame(ord("m"), b"hello"))
    yield one(manager, "message-cut", "MSG-3", "the pickle ends before its STOP",
              frame(ord("m"), pickle.dumps("hello", 4)[:-1]))
    for kind in (0x00, 0x0a, ord("N"), ord("T"), ord("s"), 0x7f):
        yield one(manager, "type-0x%02x" % kind, "REQ-4", "a manager receives n, t, m and 0x80 to 0xff only",
                frame(kind))
    for priority in (2, 127):
        yield one(manager, "priority-%d" % priority, "SCHED-5", "a manager with two queues has none of this priority",
                  frame(0x80 + priority, b"x"))
    for kind in (ord("n"), ord("m"), ord("s"), 0x80, 0xff):
        yield one(worker, "answer-0x%02x" % kind, "WORK-16", "the answer to n or t is of type t",
                  frame(kind, b"\x80\x04N."))


def lengths():
    for exponent in (32, 40, 47, 62, 63):
        yield {"name": "length-2^%d" % exponent, "requirement": "FRAME-7 FRAME-8",
               "description": "A header that announces 2^%d bytes. A receiver that does not accept so much ends the "
               "connection; none allocates it." % exponent, "bytes": frame(0x81, length=2**exponent).hex()}
    yield {"name": "length-2^64-1", "requirement": "FRAME-7 FRAME-8", "description": "The largest length there is.",
           "bytes": frame(0x81, length=2**64 - 1).hex()}


# Payloads.


def close_request():
    return pickle.dumps(sys.modules["undr.task"].CloseRequest(), 4)


def protocol_values():
    task, probe = sys.modules["undr.task"], sys.modules["undr_conformance"].Probe
    yield "none", "PAY-1", "No task.", None
    yield "close-request", "PAY-2", "The manager closes: leave.", task.CloseRequest()
    chain = task.Chain.__new__(task.Chain)
    chain.__dict__["tasks"] = [probe(steps=[("message", 1)]), probe(steps=[])]
    yield "chain", "WORK-12", "Two tasks that run as one.", chain
    yield "probe", "WORK-6", "The task that the conformance suite lets workers run.", \
        probe(steps=[("message", "begin"), ("schedule", probe(steps=[]), 1), ("raise", "text")])
    yield "worker-exception", "PAY-7 PAY-8", \
            "A failed task. This form is read by every Python since 3.9, and its str() " \
        "shows the error; a CPython worker sends another, whose layout depends on the version.", \
        Reduced(task.WorkerException, (Reduced(importlib.import_module("traceback").TracebackException, (
            RuntimeError, Reduced(RuntimeError, ("text",)), None)),))


def plain_values():
    yield "true", True
    yield "false", False
    for number in (0, 1, 255, 256, 65535, 65536, 2**31 - 1, -1, -128, -129, -(2**31), 2**31, 2**63, -(2**63), 10**25):
        yield "int-%d" % number, number
    for real in (0.0, -0.0, 1.5, -1e300, 5e-324, float("inf"), float("nan")):
        yield "float-%r" % real, real
    yield "str-empty", ""
    yield "str", "text"
    yield "str-unicode", "\u00e9\u20ac\U0001f600"
    yield "str-quotes", "'\"\\\n\0"
    yield "str-256", "x" * 256
    yield "bytes-empty", b""
    yield "bytes", b"\x00a'\xff"
    yield "bytes-256", b"y" * 256
    yield "bytearray", bytearray(b"\x00z")
    yield "list-empty", []
    yield "list", [1, "two", [3.0, None]]
    yield "list-1001", [True] * 1001
    for size in range(5):
        yield "tuple-%d" % size, tuple(range(size))
    yield "dict-empty", {}
    yield "dict", {"a": 1, 2: "b", (3, 4): None, b"c": [5]}
    yield "set-empty", set()
    yield "set", {1, 2, 300}
    yield "frozenset", frozenset({1, 2})
    shared = ["again"]
    yield "shared", [shared, shared, {"k": shared}]
    yield "class", sys.modules["undr.task"].Chain


def payload(name, requirement, description, value, protocol):
    data = pickle.dumps(value, protocol)
    # What is said to be written by default is: protocol 4 up to Python 3.13, 5 since 3.14.
    assert protocol != pickle.DEFAULT_PROTOCOL or data == pickle.dumps(value), name
    accepted, text = oracle.verdict(data)
    assert accepted, name
    return {"name": name, "requirement": requirement, "protocol": protocol, "description": description,
            "bytes": data.hex(), "text": text, "value": describe(value)}


def valid_payloads():
    for name, requirement, description, value in protocol_values():
        yield payload(name, requirement, description, value, 4)
    for name, value in plain_values():
        yield payload(name, "PAY-3", "As CPython writes it by default.", value, 4)
    for protocol in (0, 1, 2, 3):
        for name, value in plain_values():
            yield payload("%s-protocol-%d" % (name, protocol), "PAY-5",
                          "Only for who declares protocol %d." % protocol, value, protocol)
    since = "As CPython writes it by default since 3.14."
    for name, requirement, description, value in protocol_values():
        yield payload("%s-protocol-5" % name, "%s PAY-11" % requirement, "%s %s" % (description, since), value, 5)
    for name, value in plain_values():
        yield payload("%s-protocol-5" % name, "PAY-5 PAY-11", since, value, 5)


def forms():
    """Other ways to write the same, all of which occur."""
    name = b"undr.task\nCloseRequest\n"
    closing = {"object": "undr.task.CloseRequest"}
    rows = (
        ("newobj-protocol-2", "NEWOBJ", b"\x80\x02c" + name + b")\x81.", closing),
        ("newobj-state", "NEWOBJ and an empty state", b"\x80\x02c" + name + b")\x81}b.", closing),
        ("reduce", "REDUCE", b"\x80\x04c" + name + b")R.", closing),
        ("obj", "OBJ", b"(c" + name + b"o.", closing),
        ("inst", "INST", b"(i" + name + b".", closing),
        ("reconstructor", "copyreg._reconstructor, protocols 0 and 1",
         b"ccopy_reg\n_reconstructor\n(c" + name + b"c__builtin__\nobject\nNtR.", closing),
    )
    for label, description, data, value in rows:
        yield {"name": "close-request-" + label, "requirement": "PAY-4",
                "description": "CloseRequest by %s." % description,
               "bytes": data.hex(), "text": oracle.verdict(data)[1], "value": value}
    for label, data in (("no-frame", b"\x80\x04N."), ("framed", b"\x80\x04\x95" + u64(2) + b"N."),
                        ("protocol-2", b"\x80\x02N."), ("protocol-0", b"N."), ("behind-stop", b"\x80\x04N.behind")):
        yield {"name": "none-" + label, "requirement": "PAY-1" + (" MSG-5" if label == "behind-stop" else ""),
               "description": "None in another form. Bytes behind the STOP may be ignored or refused."
               if label == "behind-stop" else "None in another form.",
               "bytes": data.hex(), "text": "None", "value": None}


def invalid_payloads():
    rows = [
        ("empty", "no bytes, no pickle", b""),
        ("text", "h is BINGET, of an index that was never stored", b"hello"),
        ("json", "{ is no opcode", b'{"a": 1}'),
        ("zeros", "0 is no opcode", bytes(16)),
        ("no-opcode", "0xff is no opcode", b"\x80\x04\xff."),
        ("protocol-6", "there is no protocol 6", b"\x80\x06N."),
        ("stop-without-value", "STOP finds an empty stack", b"\x80\x04."),
        ("append-to-nothing", "APPEND needs a list below the item", b"\x80\x04Na."),
        ("append-to-none", "None can't be appended to", b"\x80\x04NNa."),
        ("appends-without-mark", "APPENDS finds no mark", b"\x80\x04]Ne."),
        ("setitems-odd", "a key without a value", b"\x80\x04}(K\x01u."),
        ("list-as-key", "a list can't be a key", b"\x80\x04}]Ns."),
        ("memo-missing", "BINGET of an index that was never stored", b"\x80\x04h\x07."),
        ("utf-8", "the str is not UTF-8", b"\x80\x04\x8c\x02\xc3(."),
        ("frame-too-long", "FRAME announces more bytes than follow", b"\x80\x04\x95" + u64(9) + b"N."),
        ("str-lies", "the str announces more bytes than follow", b"\x80\x04X" + u32(2**31) + b"ab."),
        ("bytes-lie", "the bytes object announces 2^62 bytes", b"\x80\x04\x8e" + u64(2**62) + b"ab."),
        ("stack-global-int", "STACK_GLOBAL needs two str", b"\x80\x04K\x01K\x02\x93."),
        ("reduce-list", "REDUCE needs a tuple of arguments", b"\x80\x04cundr.task\nTask\n]R."),
    ]
    for name, reason, data in rows:
        assert not oracle.verdict(data)[0], name
        requirement = "MSG-3 WORK-16" if data else "MSG-3"  # an empty task is a task that can't be run: WORK-15
        yield {"name": name, "requirement": requirement, "reason": reason, "bytes": data.hex()}
    whole = close_request()
    for size in range(1, len(whole)):
        yield {"name": "close-request-cut-%d" % size, "requirement": "MSG-3 WORK-16",
               "reason": "the pickle ends before its STOP", "bytes": whole[:size].hex()}


def hostile_payloads():
    touch = b"touch undr-vector-was-run"
    rows = (
        ("system", "calls os.system", b"cos\nsystem\n(S'" + touch + b"'\ntR."),
        ("system-modern", "calls posix.system",
                b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c" + bytes([len(touch)]) + touch
         + b"\x85R."),
        ("eval", "calls eval", b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x28"
         + b"open('undr-vector-was-run','w').close() " + b"\x85R."),
        ("obj", "calls os.system by OBJ", b"(cos\nsystem\nS'" + touch + b"'\no."),
        ("inst", "calls os.system by INST", b"(S'" + touch + b"'\nios\nsystem\n."),
        ("memo-index", "an array as long as its index would have 2^32 entries", b"\x80\x04Nr" + u32(2**32 - 1) + b"."),
        ("doublings", "whoever walks it naively visits 2^200 values", b"\x80\x04)" + b"2\x86" * 200 + b"."),
        ("deep", "10,000 lists inside one another", b"\x80\x04" + b"]" * 10000 + b"a" * 9999 + b"."),
    )
    for name, reason, data in rows:
        yield {"name": name, "requirement": "SEC-1", "reason": reason, "bytes": data.hex()}


# Files.


def made():
    yield "frames.json", {"whole": list(whole_frames()), "incomplete": list(incomplete_frames()),
                          "streams": list(streams()), "lengths": list(lengths()), "refused": list(refused_frames())}
    yield "payloads.json", {"valid": list(valid_payloads()) + list(forms()), "invalid": list(invalid_payloads()),
                            "hostile": list(hostile_payloads())}


def text_of(groups):
    """One vector a line, so that a change is seen where it is."""
    parts = ['"%s": [\n%s\n]' % (name, ",\n".join(map(json.dumps, rows))) for name, rows in groups.items()]
    return "{" + ",\n".join(parts) + "}\n"


def check_against_package(task):
    """The classes of the real package must pickle as the stand-ins do."""
    chain = task.Chain(tasks=[])
    real = [pickle.dumps(task.CloseRequest(), 4), pickle.dumps(chain, 4), pickle.dumps(task.WorkerException, 4)]
    sys.modules.update(stand_ins())
    stand = sys.modules["undr.task"]
    assert real == [pickle.dumps(stand.CloseRequest(), 4), pickle.dumps(stand.Chain(tasks=[]), 4),
                    pickle.dumps(stand.WorkerException, 4)], "the package undr pickles otherwise"
    print("compared with the package undr at %s" % os.path.dirname(task.__file__))


def main():
    usage = Usage(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    usage.add_argument("--check", action="store_true", help="write nothing, compare")
    usage.add_argument("--package", action="store_true", help="only with the classes of the package undr")
    options = usage.parse_args()
    task = real_package()
    if task is not None:
        check_against_package(task)
    elif options.package:
        print("SKIPPED: the package undr is not installed here")
        return 77
    sys.modules.update(stand_ins())
    return generated.write_or_check(
        [(HERE / name, text_of(groups)) for name, groups in made()], options.check)


if __name__ == "__main__":
    sys.exit(main())
