#!/usr/bin/env python3
"""Makes corpus.json and differences.md beside this file: pickles with CPython's verdict and value, for our reader.

    make.py            writes both files
    make.py --check    exits 1 when they are not what this script makes

The output is the same on CPython 3.9 to 3.14. `accepted` and `value` are the verdict of those up to 3.13. Since 3.14
CPython reads the digits of INT and LONG in base 10 alone, and no frame within a frame: where that matters an entry has
that verdict as well, under `since 3.14`. Each Python makes its own part anew and keeps the other's, so a new entry
wants both.
"""
import collections
import datetime
import decimal
import json
import pathlib
import pickle
import random
import sys
import types

import generated
import oracle
import sequences

HERE = pathlib.Path(__file__).resolve().parent


class Plain:
    def __init__(self, **state):
        self.__dict__.update(state)


class Reduced:
    """Pickled as whatever it is told."""

    def __init__(self, *parts):
        self.parts = parts

    def __reduce__(self):
        return self.parts


class Slots:
    __slots__ = ("left", "right")


class Numbers(list):
    pass


class Table(dict):
    pass


class Count(int):
    pass


class Keyword:
    def __new__(cls, *args, **kwargs):
        return object.__new__(cls)

    def __getnewargs_ex__(self):
        return (1, 2), {"color": "red"}


class Outer:
    class Inner:
        pass


def publish():
    """Puts the classes into a module `shapes`, so that the pickles do not depend on how this script is run."""
    shapes = types.ModuleType("shapes")
    for each in (Plain, Reduced, Slots, Numbers, Table, Count, Keyword, Outer):
        each.__module__ = "shapes"
        setattr(shapes, each.__name__, each)
    Outer.Inner.__module__ = "shapes"
    sys.modules["shapes"] = shapes


def plain_values():
    yield "none", None
    yield "true", True
    yield "false", False
    for number in (0, 1, -1, 127, 128, 255, 256, 65535, 65536, -128, -129, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1,
                   2**63 - 1, 2**63, -(2**63), 2**64, -(2**64), 10**30, 2**2039 - 1, 2**2040, 10**4299):
        yield "int %s" % (number if abs(number) < 2**70 else "of %d bits" % number.bit_length()), number
    for real in (0.0, -0.0, 1.0, -1.5, 0.1, 1e15, 1e16, 123456789012345680.0, 1e22, 1e-4, 1e-5, 5e-324,
                 1.7976931348623157e308, 2.0**-44, 2.0**-1022, float("inf"), float("-inf"), float("nan")):
        yield "float %r" % real, real
    for text in ("", "a", "it's", 'say "it\'s"', "a\\b", "tab\tline\nreturn\r", "nul\0", "\x7f\x80\xff", "\u20ac",
                 "\u2028", "\U0001f600", "\ud800", "\udfff\ud800", "x" * 255, "x" * 256, "\u00e9" * 200):
        yield "str %s" % ascii(text[:20]), text
    for data in (b"", b"a", b"'\"\\\n\0\xff", bytes(range(256)), b"x" * 255):
        yield "bytes %r" % data[:8], data
    yield "bytearray empty", bytearray()
    yield "bytearray", bytearray(b"a\x00\xff")
    yield "bytearray long", bytearray(b"q" * 300)


def containers():
    yield "list empty", []
    yield "list one", [1]
    yield "list mixed", [None, True, 2, 3.5, "four", [5]]
    yield "list 1001", list(range(1001))
    yield "tuple empty", ()
    for size in range(1, 6):
        yield "tuple %d" % size, tuple(range(size))
    yield "dict empty", {}
    yield "dict one", {"key": "value"}
    yield "dict mixed", {1: "int", "s": 2, (1, 2): [3], None: {}, b"b": (), 1.5: True}
    yield "dict 1000", {number: None for number in range(1000)}
    yield "set empty", set()
    yield "set", {1, 2, (3, 4), 2.5}  # no str, no None: the order of their hashes varies
    yield "set of a str", {"one"}
    yield "set many", set(range(40))
    yield "frozenset empty", frozenset()
    yield "frozenset", frozenset({1, 2})
    yield "frozenset of bytes", frozenset({b"one"})
    yield "frozenset in set", {frozenset({1}), frozenset({2}), frozenset()}
    nested = []
    for _ in range(50):
        nested = [len(nested), {"in": (nested,)}] if len(nested) % 2 else [nested]
    yield "nested", nested
    deep = ()
    for _ in range(100):
        deep = (deep,)
    yield "deep tuple", deep


def shared():
    one = [1]
    yield "shared list", [one, one, {"again": one}]
    text = "shared text"
    yield "shared str", [text, text, (text,)]
    pair = ("a", "b")
    yield "shared tuple", [pair, {pair: pair}]
    data = b"shared bytes"
    yield "shared bytes", (data, data)
    itself = []
    itself.append(itself)
    yield "list in itself", itself
    table = {}
    table["self"] = table
    yield "dict in itself", table
    around = ([],)
    around[0].append(around)
    yield "tuple in itself", around
    large = ([], 1, 2, 3)
    large[0].append(large)
    yield "large tuple in itself", large
    person = Plain(name="a")
    person.friend = person
    yield "object in itself", person
    left, right = Plain(), Plain()
    left.other, right.other = right, left
    yield "two objects", [left, right]
    many = [[number] for number in range(300)]
    yield "memo above 255", many + many


def objects():
    yield "instance", Plain(name="a", size=3)
    yield "instances", [Plain(name="a"), Plain(name="b"), Plain(list=[1, 2])]
    yield "class", Plain
    yield "classes", [Plain, Slots, Plain]
    yield "builtin classes", [int, str, list, range, RuntimeError, object]
    yield "list subclass", Numbers([1, 2, 3])
    yield "dict subclass", Table(a=1)
    yield "int subclass", Count(5)
    yield "ordered dict", collections.OrderedDict([("b", 1), ("a", 2)])
    yield "deque", collections.deque([1, 2])
    yield "counter", collections.Counter("aab")
    yield "default dict", collections.defaultdict(list, {"a": [1]})
    yield "complex", complex(1, -2)
    yield "range", range(1, 10, 3)
    yield "decimal", decimal.Decimal("1.50")
    yield "date", datetime.date(2024, 2, 29)
    yield "datetime", datetime.datetime(2024, 2, 29, 12, 30, 1, 7)
    yield "timedelta", datetime.timedelta(days=1, seconds=2)
    yield "exception", RuntimeError("text", 5)
    yield "reduce", Reduced(Plain, (1, 2))
    yield "reduce state", Reduced(Plain, (), {"a": 1})
    yield "reduce tuple state", Reduced(Plain, (), ({"a": 1}, {"slot": 2}))
    yield "reduce list items", Reduced(Plain, (), None, iter([1, 2, 3]))
    yield "reduce one item", Reduced(Plain, (0,), None, iter([1]))
    yield "reduce many items", Reduced(Plain, (), None, iter(list(range(1001))))
    yield "reduce dict items", Reduced(Plain, (), None, None, iter([("k", "v"), ("l", "w")]))
    yield "reduce all", Reduced(Plain, (0,), {"s": 1}, iter([1]), iter([(2, 3)]))


def later_objects():
    """What the protocols 0 and 1 refuse."""
    slots = Slots()
    slots.left, slots.right = 1, [2]
    yield "slots", slots


def inner_objects():
    """What the protocols below 4 write as calls of getattr, in the order of the version."""
    yield "inner class", Outer.Inner
    yield "inner instances", [Reduced(Outer.Inner, ()), Outer.Inner]


LARGE = ("list 1001", "dict 1000", "reduce many items", "memo above 255")


def valid():
    for name, value in list(plain_values()) + list(containers()) + list(shared()):
        for protocol in range(6):
            if name in LARGE and protocol not in (2, 4):
                continue
            yield "%s, protocol %d" % (name, protocol), pickle.dumps(value, protocol)
    for source, protocols in ((objects, range(6)), (later_objects, (2, 3, 4, 5)), (inner_objects, (4, 5))):
        for protocol in protocols:
            for name, value in source():
                if name in LARGE and protocol not in (2, 4):
                    continue
                yield "%s, protocol %d" % (name, protocol), pickle.dumps(value, protocol)
    for protocol in (4, 5):  # below, functools.partial: its pickle depends on the version
        yield "keyword arguments, protocol %d" % protocol, pickle.dumps(Keyword(), protocol)


def damaged(samples):
    """Bits flipped, bytes dropped and doubled, in a way that is the same everywhere."""
    chance = random.Random(20)
    for name, data in samples:
        for number in range(20):
            copy = bytearray(data)
            place = chance.randrange(len(copy))
            action = number % 4
            if action < 2:
                copy[place] ^= 1 << chance.randrange(8)
            elif action == 2:
                del copy[place]
            else:
                copy.insert(place, copy[chance.randrange(len(copy))])
            yield "%s, damage %d" % (name, number), bytes(copy)


def truncated(samples):
    for name, data in samples:
        for size in range(len(data)):
            yield "%s, first %d bytes" % (name, size), data[:size]


def entry(name, data, difference=None, error=None, protocol=None):
    """protocol: CPython's pickler wrote it, and ours is to write the same from what our reader makes of it."""
    accepted, text = oracle.verdict(data)
    result = {"name": name, "pickle": data.hex(), "accepted": accepted}
    if protocol is not None and protocol >= 2:
        result["protocol"] = protocol
    if accepted:
        result["value"] = text
    if error is not None:
        result["error"] = error
    if isinstance(difference, tuple):
        difference, result["ours"] = difference
    if difference is not None:
        result["difference"] = difference
    return result


def entries():
    wholes = dict(valid())
    for name, data in wholes.items():
        foreign = name.startswith("datetime")  # a C type whose module and name are not the same str, as a class's are
        yield entry(name, data, protocol=None if foreign else int(name[-1]))
    samples = [(name, wholes[name]) for name in (
        "list mixed, protocol 0", "shared tuple, protocol 1", "instance, protocol 2", "dict mixed, protocol 3",
        "instances, protocol 4", "tuple in itself, protocol 4", "bytearray, protocol 5", "reduce all, protocol 4")]
    for name, data in truncated(samples[:4]):
        yield entry(name, data, error="UNDR_PICKLE_TRUNCATED")
    for name, data in damaged(samples):
        if oracle.is_plain(data):
            yield entry(name, data)
    for name, data, error, difference in sequences.sequences():
        yield entry(name, data, difference, error)


LATER = "since 3.14"


def verdict_of(each):
    return {key: each[key] for key in ("accepted", "value") if key in each}


def with_both_verdicts(each, kept):
    """An entry as this Python makes it, with what the file has of the other Pythons."""
    if kept is None or kept["pickle"] != each["pickle"]:
        return each
    if sys.version_info < (3, 14):
        later = kept.get(LATER)
        return {**each, LATER: later} if later not in (None, verdict_of(each)) else each
    before = {key: value for key, value in kept.items() if key != LATER}
    mine = {key: value for key, value in each.items() if key not in ("accepted", "value")}
    theirs = {key: value for key, value in before.items() if key not in ("accepted", "value")}
    before = before if mine == theirs else {**each, **verdict_of(before)}
    return {**before, LATER: verdict_of(each)} if verdict_of(each) != verdict_of(before) else before


def corpus_text():
    path = HERE / "corpus.json"
    kept = {each["name"]: each for each in json.loads(path.read_text())["pickles"]} if path.exists() else {}
    made = [with_both_verdicts(each, kept.get(each["name"])) for each in entries()]
    names = [each["name"] for each in made]
    assert len(names) == len(set(names)), [name for name in names if names.count(name) > 1]
    lines = ",\n".join(json.dumps(each) for each in made)
    return '{"pickles": [\n' + lines + "\n]}\n"


def differences_text():
    lines = ["# Where our pickle reader differs from CPython's on purpose", "",
             "Made by make.py; the cases of corpus.json name these ids.", "",
             "| id | CPython | here | why |", "|---|---|---|---|"]
    lines += ["| %s | %s | %s | %s |" % ((name,) + row) for name, row in sequences.DIFFERENCES.items()]
    return "\n".join(lines) + "\n"


def main():
    check = generated.asked_to_check(__doc__)
    publish()
    made = {"corpus.json": corpus_text(), "differences.md": differences_text()}
    return generated.write_or_check([(HERE / name, text) for name, text in made.items()], check)


if __name__ == "__main__":
    sys.exit(main())
