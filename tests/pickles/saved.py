#!/usr/bin/env python3
"""Freezes CPython's verdict on every saved pickle of the fuzz targets in fuzz/verdicts.tsv (columns: fuzz/verdicts.c).

    saved.py PROGRAM       writes the file. PROGRAM is build/fuzz/replay-verdicts, which prints ours: where they differ,
                           the entry names a row of differences.md, which `difference` below chooses; what it can't
                           explain is printed and gets no entry, and then the exit status is 1
    saved.py PROGRAM NAME  shows both verdicts on one input, corpus/... or regress/..., and writes nothing; exits 1 when
                           they differ and nothing explains it
    saved.py --folder FOLDER PROGRAM    the first, of FOLDER/corpus and FOLDER/regress rather than of fuzz/
    saved.py --check       exits 1 when CPython's verdicts are not the frozen ones (77: another version of Python), and
                           when an entry names no row of differences.md

CPython is its C unpickler, which undr.task uses, and its Python one, which also tells where it gave up; where the two
differ, the entry is a difference of its own. Each pickle is judged in a child process whose memory is limited.
"""
import concurrent.futures
import io
import os
import pathlib
import pickle
import pickletools
import platform
import resource
import subprocess
import sys
import warnings

import oracle
import sequences

warnings.simplefilter("ignore")  # of escapes in the strings of some pickles

FUZZ = pathlib.Path(__file__).resolve().parents[2] / "fuzz"
MEMORY = 1 << 30
SECONDS = 3
LONG_TEXT = 200
PRINTED_NODES = 20000
PRINTED_BYTES = 1 << 20

# Our error -> the difference.
REASONS = {
    "UNDR_LIMIT_DEPTH": "depth",
    "UNDR_LIMIT_MEMO": "memo-index",
    "UNDR_LIMIT_NODES": "work",
    "UNDR_LIMIT_BYTES": "work",
}

FRAME = 0x95
READONLY_BUFFER = 0x98
FAILED_CALLS = ("MemoryError", "TypeError", "ValueError", "OverflowError")
FAILED_ENCODINGS = ("LookupError", "UnicodeEncodeError")  # an unknown codec, and one that lacks a character
CALLS = (b"R", b"i", b"o", b"\x81", b"\x92")


class TooLarge(Exception):
    pass


class BoundedPrinter(oracle.Printer):
    """Gives up where undr_value_print_within does, or a little later: then neither text is compared."""

    def __init__(self):
        super().__init__()
        self.nodes = 0
        self.bytes = 0

    def text(self, value):
        self.nodes += 1
        if self.nodes > PRINTED_NODES or self.bytes > PRINTED_BYTES:
            raise TooLarge
        text = super().text(value)
        self.bytes += 0 if isinstance(value, (list, tuple, dict, set, frozenset)) else len(text)
        return text


class TracingUnpickler(oracle.PythonUnpickler):
    """Counts the opcodes that were obeyed."""

    def load(self):
        self.obeyed = 0

        def counted(function):
            def one(unpickler):
                function(unpickler)
                unpickler.obeyed += 1
            return one
        self.dispatch = {key: counted(function) for key, function in pickle._Unpickler.dispatch.items()}
        return super().load()


def positions(data):
    """Where the opcodes stand, up to STOP or one that pickletools can't read, and where STOP ends (-: it can't tell)."""
    file = io.BytesIO(data)
    starts = []
    while True:
        starts.append(file.tell())
        opcode = pickletools.code2op.get(file.read(1).decode("latin-1"))
        try:
            if opcode is None:
                return starts, "-"
            if opcode.arg is not None:
                opcode.arg.reader(file)
        except Exception:  # whatever is wrong with an argument
            return starts, "-"
        if opcode.name == "STOP":
            return starts, file.tell()


def has_frame(data):
    starts, _ = positions(data)
    return any(data[start:start + 1] == bytes([FRAME]) for start in starts)


def refused_at(data, starts, obeyed):
    """Where both unpicklers gave up, or - when they give up at different opcodes, and when there are frames: what the C
    one has taken from its file shows where it is, but it takes a frame as a whole."""
    if obeyed >= len(starts) or has_frame(data):
        return "-"
    place = starts[obeyed]
    file = io.BytesIO(data)
    try:
        one = oracle.CUnpickler(file)
        one.protocols = oracle.protocols(data)
        one.classes = oracle.Classes()
        one.load()
        return "-"
    except Exception as error:
        reached = max(start for start in starts if start <= max(file.tell() - 1, 0))
        if isinstance(error, EOFError):  # behind a whole opcode, be it one that only the Python one refused
            return str(place) if place == len(data) or starts[-1] == reached == place else "-"
        return str(place) if reached == place else "-"


def attempt(data, unpickler):
    try:
        return True, oracle.load(data, unpickler)
    except Exception as error:
        return False, type(error).__name__


def judge(data):
    """(word, offset, text), of the C unpickler, and whether the Python one says the same."""
    tracing = []

    def traced(file):
        tracing.append(TracingUnpickler(file))
        return tracing[0]
    accepted, value = attempt(data, oracle.CUnpickler)
    other_accepted, other = attempt(data, traced)
    starts, end = positions(data)
    if not accepted:
        return "refused", refused_at(data, starts, tracing[0].obeyed), value, not other_accepted
    text = printed(value)
    return "accepted", str(end), text, other_accepted and printed(other) == text


def printed(value):
    if isinstance(value, memoryview):
        return "*"
    try:
        text = BoundedPrinter().text(value)
    except (TooLarge, MemoryError, RecursionError):
        return "*"
    if len(text) <= LONG_TEXT:
        return text
    number = 0xcbf29ce484222325
    for byte in text.encode():
        number = ((number ^ byte) * 0x100000001b3) & (2**64 - 1)
    return "#%016x:%d" % (number, len(text.encode()))


def judge_in_child(data):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            result = judge(data)
        except MemoryError:
            result = ("refused", "-", "MemoryError", True)
        os.write(writer, "\t".join([str(each) for each in result]).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        text = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    if status != 0 or text.count("\t") != 3:
        return "refused", "-", "died", False
    word, offset, value, same = text.split("\t")
    return word, offset, value, same == "True"


def saved():
    """(name, pickle) of every input that has one, as fuzz/verdicts.c finds them."""
    for kind in ("corpus", "regress"):
        for target in ("pickle", "receive_message"):
            for path in sorted((FUZZ / kind / target).iterdir()):
                data = path.read_bytes()
                if target == "pickle":
                    data = data[1:] if data and data[0] & 1 else b""
                else:
                    size = int.from_bytes(data[1:9], "little")
                    data = data[9:9 + size] if size <= len(data) - 9 else b""
                if data and not path.name.startswith("."):
                    yield "%s/%s/%s" % (kind, target, path.name), data


def judged():
    """(name, pickle, verdict) of all."""
    everything = list(saved())
    with concurrent.futures.ProcessPoolExecutor(8) as pool:
        verdicts = pool.map(judge_in_child, [data for _, data in everything], chunksize=8)
        for (name, data), verdict in zip(everything, verdicts):
            yield name, data, verdict


def ends_at_nul(opcodes):
    return opcodes[:1] in (b"I", b"L", b"p", b"g") and b"\0" in opcodes.split(b"\n")[0]


def difference(data, verdict, ours):
    """The row of differences.md, - when there is none to explain, None when there is none that explains it."""
    word, offset, text, _ = verdict
    our_word, our_offset, our_text = ours
    agrees = word == our_word and offset in ("-", our_offset) and (
        word == "refused" or "*" in (text, our_text) or text == our_text)
    if agrees:
        return "-"
    if word == "refused" and offset != "-" and data[int(offset):int(offset) + 1] in CALLS:
        further = our_word == "accepted" or int(our_offset) > int(offset)
        if further and text in FAILED_CALLS:
            return "calls"
        if further and text in FAILED_ENCODINGS and b"_codecs" in data:
            return "codec"
    if word == our_word == "accepted":
        called = [name for name in ("_codecs.encode(", "builtins.bytes(", "builtins.bytearray(")
                  if name in our_text and name not in text]
        if called:
            return "encode" if called[0] == "_codecs.encode(" else "calls"
    if our_word == "refused":
        if data[int(our_offset):int(our_offset) + 1] == bytes([READONLY_BUFFER]):
            return "buffers"
        if our_text == "UNDR_PICKLE_NUMBER" and ends_at_nul(data[int(our_offset):]):
            return "nul"
        return REASONS.get(our_text)
    if text == "died":
        return "hash"
    return "frame" if has_frame(data) else None


def ours_from(program):
    lines = subprocess.run([program, str(FUZZ), "--print"], check=True, stdout=subprocess.PIPE).stdout.decode()
    split = [line.split("\t", 4) for line in lines.splitlines()]
    return {line[0]: (line[1], line[2], line[4]) for line in split}


def check(path, version):
    lines = path.read_text().splitlines()
    frozen = {line.split("\t")[0]: line.split("\t") for line in lines if not line.startswith("#")}
    stale, nameless = 0, 0
    for name, line in frozen.items():
        if line[3] != "-" and line[3] not in sequences.DIFFERENCES:
            print("%s: the difference '%s' is no row of tests/pickles/differences.md" % (name, line[3]))
            nameless = 1
    for name, _, (word, offset, text, _) in judged():
        line = frozen.pop(name, None)
        if line is None or [word, offset, text] != [line[1], line[2], line[4]]:
            print("%s: CPython says %s at %s: %s; frozen is %s" % (name, word, offset, text, line))
            stale = 1
    for name in frozen:
        print("%s: frozen, but there is no such input" % name)
        stale = 1
    if stale and not nameless and lines[0] != version:
        print("SKIPPED: the frozen verdicts are of %s, and %s says otherwise" % (lines[0][2:], version[2:]))
        return 77
    return stale or nameless


def shown(name, data, verdict, ours, why):
    """scripts/fuzz reads the first of these lines."""
    print("%s: %s" % (name, "unexplained" if why is None else "explained by '%s'" % why if why != "-" else "the same"))
    print("  pickle  %s\n  CPython %s at %s: %s" % (data[:120], *verdict[:3]))
    print("  ours    %s at %s: %s" % ours)


def show(program, wanted):
    data = dict(saved()).get(wanted)
    if data is None:
        sys.exit("saved.py: %s: no saved input with a pickle has this name (corpus/... or regress/...)" % wanted)
    verdict, ours = judge_in_child(data), ours_from(program)[wanted]
    why = difference(data, verdict, ours)
    shown(wanted, data, verdict, ours, why)
    return 1 if why is None else 0


def freeze(path, version, program):
    ours = ours_from(program)
    lines = [version, "# file\tverdict\toffset\tdifference\ttext; made by tests/pickles/saved.py, read by verdicts.c"]
    unexplained = 0
    for name, data, verdict in judged():
        why = difference(data, verdict, ours[name])
        if why is None:
            shown(name, data, verdict, ours[name], why)
            unexplained += 1
        else:
            lines.append("\t".join([name, verdict[0], verdict[1], why, verdict[2]]))
    path.write_text("\n".join(lines) + "\n")
    print("%d saved pickles, %d differences unexplained" % (len(lines) - 2 + unexplained, unexplained))
    return 1 if unexplained else 0


def main(arguments):
    if arguments in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    global FUZZ
    if len(arguments) > 1 and arguments[0] == "--folder":
        FUZZ = pathlib.Path(arguments[1])
        arguments = arguments[2:]
    path = FUZZ / "verdicts.tsv"
    version = "# CPython %s" % platform.python_version()
    if arguments == ["--check"]:
        return check(path, version)
    unknown = [word for word in arguments if word.startswith("-")]
    if len(arguments) == 1 and not unknown:
        return freeze(path, version, arguments[0])
    if len(arguments) == 2 and not unknown:
        return show(*arguments)
    print(f"saved.py: unknown option {unknown[0]}" if unknown else "saved.py: PROGRAM and perhaps NAME are due",
          "", __doc__, sep="\n", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
