"""Mistakes that people make in a first manager or worker: each is the adapter of spec/adapter.md with a few lines changed.

A mistake has the role in which it is tried, what is replaced, and what the first screen of the report has to say of it."""

import collections

Mistake = collections.namedtuple("Mistake", "name role group changes says options mode shard", defaults=((), None, "1/6"))

RECEIVE = '''    data = bytearray()
    while len(data) < size:  # memory follows what has come
        try:
            piece = connection.recv(min(size - len(data), 1 << 16))
        except OSError as error:
            raise Gone from error
        if not piece:
            raise Gone
        data += piece
    return bytes(data)
'''
ONE_RECV = '''    data = connection.recv(size) if size else b""
    if size and not data:
        raise Gone
    return data
'''
READS = 'kind, size = struct.unpack("<cQ", receive_exactly(connection, 9))'
WRITES = 'struct.pack("<cQ", kind, len(payload))'
ACKNOWLEDGED = '        assert receive(self.connection) == (acknowledgement, b""), "a wrong acknowledgement"\n'
ANSWER = "                send(connection, *self.answer(*receive(connection), out))"
READY = '    print("ready", manager.port, flush=True)\n'

LEAVES = "    manager.close(\"kill\")\n    os._exit(0)\n"

NAMELESS = [("        member.__module__ = module\n", "")]
CLOSING = ("--only", "manager.close.close-request*"), None, "1/1"

ORDER = "likely cause: the length is big-endian here"
COUNTED = "likely cause: the length includes the 9 bytes of the header"
FOUR = "likely cause: the length has 4 bytes here"
OFF = "likely cause: the length is off by a few bytes"
TWICE = "likely cause: more answers are sent than requests came"
PADDED = "likely cause: the header is padded to 16 bytes"
TEXT = "likely cause: the bytes went through a text layer"
ONE = "fail only when frames are cut, and pass when each comes whole (FRAME-3)"
UNREAD = "likely cause: the worker does not wait for the acknowledgement"
CLASS = "likely cause: the class itself was pickled"
MAIN = "likely cause: the class is pickled as one of __main__"
STR = "likely cause: text was pickled instead of bytes, or the other way round"
FLUSH = "cause: standard output is not flushed"
SCRIPT = "cause: the adapter is a script without an interpreter line"
OUTPUT = "cause: something prints to standard output"


def both(name, group, changes, says):
    return [Mistake(f"{name}-{role}", role, group, changes, says) for role in ("worker", "manager")]


MISTAKES = [
    *both("big-endian", "lengths", [("<cQ", ">cQ")], ORDER),
    *both("reads-big-endian", "lengths", [(READS, READS.replace("<", ">"))], ORDER),
    *both("writes-big-endian", "lengths", [(WRITES, WRITES.replace("<", ">"))], ORDER),
    *both("counts-header", "lengths",
        [(WRITES, WRITES.replace("len(payload)", "len(payload) + 9")), (READS, READS + "\n    size -= 9")], COUNTED),
    *both("reads-header-counted", "lengths", [(READS, READS + "\n    size = max(size - 9, 0)")], COUNTED),
    *both("short-length", "lengths", [("<cQ", "<cI"), ("connection, 9", "connection, 5")], FOUR),
    *both("padded", "lengths", [('"<cQ"', '"@cQ"'), ("connection, 9", "connection, 16")], PADDED),
    *both("length-one-more", "lengths", [(WRITES, WRITES.replace("len(payload)", "len(payload) + 1"))], OFF),
    *both("length-one-less", "lengths", [(WRITES, WRITES.replace("len(payload)", "max(len(payload) - 1, 0)"))], OFF),
    Mistake("answers-twice", "manager", "lengths", [(ANSWER, "                answer = self.answer(*receive(connection), out)\n"
            "                send(connection, *answer)\n                send(connection, *answer)")], TWICE),
    Mistake("acknowledges-messages-twice", "manager", "lengths", [(ANSWER, "                kind, payload = receive(connection)\n"
            "                answer = self.answer(kind, payload, out)\n                send(connection, *answer)\n"
            "                if kind == b'm':\n                    send(connection, *answer)")], TWICE),
    # Not to be taken for a length that includes its header, though such a frame is acknowledged, too.
    Mistake("acknowledges-before-and-after", "manager", "lengths", [
        ("                send(connection, *self.answer(*receive(connection), out))",
         "                send(connection, *self.answer(*self.receive(connection), out))"),
        ("    def answer(self, kind", "    def receive(self, connection):\n        kind, size = struct.unpack('<cQ', receive_exactly(connection, 9))\n"
         "        if size > LIMIT:\n            raise Gone\n        if kind not in b'nt':\n            send(connection, b'm' if kind == b'm' else b's')\n"
         "        return kind, receive_exactly(connection, size)\n\n    def answer(self, kind")], TWICE),
    *both("one-recv", "streams", [(RECEIVE, ONE_RECV)], ONE),
    *both("text-mode", "streams",
        [(WRITES + " + payload", "(" + WRITES + " + payload).decode('latin-1').encode()")], TEXT),
    *both("newline-behind-frames", "streams", [(WRITES + " + payload", WRITES + ' + payload + b"\\n"')], TEXT),
    Mistake("unread-acknowledgements", "worker", "streams", [(ACKNOWLEDGED, "")], UNREAD),
    Mistake("class-for-instance-worker", "worker", "payloads", [
        ('proxy.send_message(WorkerException(f"{type(error).__name__}: {error}"))', "proxy.send_message(WorkerException)")], CLASS),
    Mistake("class-for-instance-manager", "manager", "payloads",
        [("pickle.dumps(CloseRequest(), 4)", "pickle.dumps(CloseRequest, 4)")], CLASS, *CLOSING),
    Mistake("main-module-worker", "worker", "payloads", NAMELESS, MAIN),
    Mistake("main-module-manager", "manager", "payloads", NAMELESS, MAIN, *CLOSING),
    Mistake("str-for-bytes", "worker", "payloads", [
        ("def send_message(self, value): self", "def send_message(self, value):\n        value = value.decode('latin-1') "
            "if isinstance(value, bytes) else value\n        self")], STR, shard="1/1", options=("--only", "*.payloads.*")),
    Mistake("no-flush", "manager", "adapter", [(READY, READY.replace(", flush=True", "")),
        (LEAVES, LEAVES.replace("os._exit(0)", "sys.exit(0)"))], FLUSH, ("--timeout-factor", "0.1")),
    Mistake("no-interpreter-line", "manager", "adapter", [("#!/usr/bin/env python3\n", "")], SCRIPT, mode="direct"),
    Mistake("debugger-output", "manager", "adapter",
        [(READY, READY + '    print("> /src/manager.py(12)serve()\\n(Pdb) ", flush=True)\n')], OUTPUT),
    Mistake("debug-print", "manager", "adapter", [("    def answer(self, kind, payload, out):\n",
        "    def answer(self, kind, payload, out):\n        print('got', kind, flush=True)\n")], OUTPUT),
]

STUCK = ("--timeout-factor", "0.3")
LEFT = "    except Gone:\n        pass\n\n\n# --- the manager"
STARTED = '        proxy, kind = Proxy(port), b"n"\n'
LEAVES_LATE = "        time.sleep(1000)\n" + LEFT
HANGS_ON = "                return b\"%s\","

# One cause that every case meets: what is said of it is a part of the first failure that is explained.
MISTAKES += [
    Mistake("never-leaves", "worker", "stuck", [(LEFT, LEAVES_LATE)], "MUST WORK-4  ", STUCK, None, "1/16"),
    Mistake("ends-its-connection-and-stays", "worker", "stuck", [(LEFT, "        proxy.connection.close()\n" + LEAVES_LATE)],
        "MUST WORK-5  ", STUCK, None, "1/16"),
    Mistake("says-nothing", "worker", "stuck", [(STARTED, STARTED + "        time.sleep(1000)\n")], "MUST WORK-1  ", STUCK, None, "1/16"),
    Mistake("hangs-behind-a-task", "worker", "stuck",
        [("                task.run(proxy)\n", "                task.run(proxy)\n                time.sleep(1000)\n")],
        "MUST WORK-6  ", STUCK, None, "1/16"),
    Mistake("answers-nothing", "manager", "stuck", [(ANSWER, "                receive(connection)")], "MUST NEXT-2  ", STUCK, None, "1/16"),
    Mistake("acknowledges-no-message", "manager", "stuck", [(HANGS_ON % "m", "                time.sleep(1000)")],
        "MUST MSG-1  ", STUCK, None, "1/16"),
    Mistake("never-closes", "manager", "stuck", [('        return "closed"', "        time.sleep(1000)")],
        "MUST CLOSE-JOIN-2  ", STUCK, None, "1/16"),
    Mistake("never-closes-pool", "pool", "stuck", [(LEFT, LEAVES_LATE)], "MUST CLOSE-JOIN-2  ", STUCK, None, "1/6"),
    Mistake("runs-nothing", "pool", "stuck", [(STARTED, "        time.sleep(1000)\n" + STARTED)], "MUST POOL-1  ", STUCK, None, "1/16"),
]

OTHERS = [
    Mistake("sends-other-values", "worker", "others", [("pickle.dumps(value, 4)", "pickle.dumps((value,), 4)")], "MUST WORK-8  "),
    Mistake("acknowledges-before-it-reads", "manager", "others", [
        (ANSWER, "                kind, payload = self.receive(connection)\n                answer = self.answer(kind, payload, out)\n"
         "                if kind in b'nt':\n                    send(connection, *answer)"),
        ("    def answer(self, kind", "    def receive(self, connection):\n        kind, size = struct.unpack('<cQ', receive_exactly(connection, 9))\n"
         "        if size > LIMIT:\n            raise Gone\n        if kind not in b'nt':\n            send(connection, b'm' if kind == b'm' else b's')\n"
         "        return kind, receive_exactly(connection, size)\n\n    def answer(self, kind")], "MUST FRAME-5  ",
        ("--only", "manager.framing.partial-*"), None, "1/1"),
    Mistake("lifo", "manager", "others", [("tasks.popleft()", "tasks.pop()")], "SCHED-3", shard="1/1",
        options=("--only", "manager.schedule.*", "--only", "manager.framing.*")),
    Mistake("leaves-with-status-1", "worker", "others",
        [("    except Gone:\n        pass\n\n\n# --- the manager", "        sys.exit(1)\n    except Gone:\n        pass\n\n\n# --- the manager")],
        "P <- exit 0"),
]

# The worker that a gate waits for leaves: that is said, and nobody waits for it any more.
GATES = [
    Mistake("leaves-with-3-before-its-gate", "worker", "gates",
        [("    def do_wait(self, manager, port):\n", "    def do_wait(self, manager, port):\n        os._exit(3)\n")],
        "has ended with exit status 3: nothing connects to the gate", ("--only", "worker.workers.no-done-before-the-task-ends"), None, "1/1"),
    Mistake("no-worker-is-left", "pool", "gates",
        [("    def do_wait(self, manager, port):\n", "    def do_wait(self, manager, port):\n        os._exit(3)\n")],
        "no worker process is left, and none was started: nothing connects to the gate",
        ("--only", "pool.workers.one-at-a-time", "--timeout-factor", "0.5"), None, "1/1"),
]

# Of tests/broken: role, bug, the patterns of the cases that are played, and the first failure that is explained: its
# case and requirement. Other cases fail of the same, for which something else would be blamed.
LEADS = [
    ("pool", "one-worker", ("pool.close-kill.*", "pool.workers.*"), "pool.workers.several-at-a-time", "POOL-1"),
    ("manager", "done-not-counted", ("manager.schedule.*hundred*", "manager.close.join*", "manager.framing.partial*"),
        "manager.done.settles-one-task", "DONE-1"),
    ("worker", "close-status", ("worker.life.*", "worker.framing.*", "worker.payloads.close*"), "worker.life.leaves", "WORK-5"),
]

InC = collections.namedtuple("InC", "name role mistake says options shard", defaults=((), "1/6"))


def in_c(role, mistake, says, options=(), shard="1/6"):
    return InC(f"{mistake}-{role}", role, mistake, says, options, shard)


# In peer.c.
IN_C = [
    *(in_c(role, mistake, says) for role in ("worker", "manager") for mistake, says in (
        ("big-endian", ORDER), ("reads-big-endian", ORDER), ("writes-big-endian", ORDER), ("counts-header", COUNTED),
        ("reads-header-counted", COUNTED), ("short-length", FOUR), ("padded", PADDED), ("one-recv", ONE), ("newline", TEXT))),
    in_c("worker", "unread-acknowledgements", UNREAD),
    in_c("worker", "class-for-instance", CLASS),
    in_c("manager", "class-for-instance", CLASS, ("--only", "manager.close.close-request*"), "1/1"),
    in_c("worker", "main-module", MAIN),
    in_c("manager", "main-module", MAIN, ("--only", "manager.close.close-request*"), "1/1"),
    in_c("worker", "str-for-bytes", STR, ("--only", "*.payloads.*"), "1/1"),
    in_c("manager", "no-flush", FLUSH, ("--timeout-factor", "0.1")),
    in_c("manager", "debug-print", OUTPUT),
]

Bug = collections.namedtuple("Bug", "role name says")

# Of tests/broken.
BUGS = [Bug(*row) for row in (
    ("manager", "big-endian-answers", ORDER),
    ("manager", "big-endian-requests", ORDER),
    ("worker", "worker-big-endian", ORDER),
    ("worker", "worker-reads-big-endian", ORDER),
    ("manager", "length-counts-header", COUNTED),
    ("manager", "header-in-one-read", ONE),
    ("worker", "worker-header-one-read", ONE),
    ("worker", "message-not-awaited", UNREAD),
    ("worker", "schedule-not-awaited", UNREAD),
)]
