"""undr_task_repr says what Python's Task.__repr__ says, for values of every type, in and out of each other.

Not compared is what no pickle says: the order of a set's elements (sets here have one at most), what instances of classes
that are no tasks print (type(None), which is pickled as a call, among them), and ints of more digits than Python prints."""

import pickle
import random
import struct
import subprocess
import sys
import unicodedata

import programs
import undr_adapter

task_module = undr_adapter.import_task_module()
SEED, VALUES, DEPTH = 1, 3000, 5


class Plain(task_module.Task):
    pass


class Other(Plain):
    class Inside(task_module.Task):
        pass


class WithSlots(task_module.Task):
    __slots__ = ("slot",)


class Reduced(task_module.Task):
    def __reduce__(self):
        return Reduced, (), self.__dict__


CLASSES = [Plain, Other, Other.Inside, Reduced]


def make(cls, **state):
    task = cls()
    task.__dict__.update(state)
    return task


def characters():
    """Each character whose standing this Python's Unicode and that of ref/base/text_table.h agree on, in texts of 4,096."""
    same = unicodedata.unidata_version == "14.0.0"
    old = unicodedata.ucd_3_2_0.category  # what was assigned then has not changed since
    codes = [code for code in range(0x110000) if same or old(chr(code)) != "Cn"]
    return ["".join(map(chr, codes[at:at + 4096])) for at in range(0, len(codes), 4096)]


def fixed():
    inside, itself, mutual = [], make(Plain), {}
    inside.append(inside)
    itself.again = itself
    mutual["task"] = make(Other, back=mutual)
    slots = WithSlots()
    slots.slot, slots.free = 1, 2
    shared = [1]
    yield from (None, True, False, 0, -1, 2**31, -(2**63), 2**64, 10**100, -(10**4000))
    yield from (0.0, -0.0, 1.5, 1e16, 1e-5, 123456789012345680.0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2)
    yield from (float("inf"), float("-inf"), float("nan"))
    yield from ("", "a", "'", '"', "'\"", "\\", "\t\n\r\0\x07\x1b\x7f", "\x80\x9b\xa0\xad\xff", "\ud800", "\udfff", "Käse")
    yield from ("\u202e\u2066\u2028\u2029\ufeff\u200b\u00ad\u061c", "\ufe0f\u3164", "\U0001f9c0\U000e0041\U0010ffff", "e\u0301")
    yield from (b"", b"'", b'"', b"'\"", bytes(range(256)), bytearray(b"\x00'a"), bytearray())
    yield from ([], [1], (), (1,), (1, 2), {}, {1: 2}, {(1, None): [b""]}, set(), {"a"}, frozenset(), frozenset({1}))
    yield from (inside, {"a": inside, "b": [inside]}, mutual, [shared, shared], (inside,))
    yield from (int, str, dict, Plain, Other.Inside, task_module.Chain, ValueError)
    yield from (ValueError("boom"), KeyError(), OSError("a", 1), range(1, 9, 2))
    yield from (make(Plain), make(Plain, a=1), make(Plain, a=make(Other, b=make(Other.Inside))), itself, slots)
    yield from (make(Reduced, a=1), task_module.Chain([]), task_module.Chain([make(Plain, n=i) for i in range(3)]))
    yield from (task_module.Chain([task_module.Chain((make(Plain),))]), [make(Plain, käse="Käse")])


def leaf(source):
    text = "".join(chr(source.choice((32, 39, 34, 92, 97, 9, 127, 160, 233, 8238, 0x20ac, 0x1f642, 0xd800, 0xfeff)))
                   for _ in range(source.randrange(6)))
    return source.choice((None, True, False, source.randrange(-300, 300), source.getrandbits(source.randrange(1, 400)),
                          source.uniform(-1, 1), source.uniform(-1, 1) * 10.0 ** source.randrange(-300, 300), text,
                          text.encode("utf-8", "surrogatepass"), bytearray(text.encode("utf-8", "surrogatepass"))))


def anything(source, depth):
    if depth == 0 or source.random() < 0.3:
        return leaf(source)
    some = [anything(source, depth - 1) for _ in range(source.randrange(4))]
    kind = source.randrange(6)
    if kind == 0:
        return some
    if kind == 1:
        return tuple(some)
    if kind == 2:
        return {source.choice((n, str(n), (n, b"k"))): value for n, value in enumerate(some)}
    if kind == 3:
        return task_module.Chain([make(source.choice(CLASSES), value=value) for value in some])
    if kind == 4:
        return {source.choice(("x", 1, None, (1, "é")))}
    return make(source.choice(CLASSES), **{f"attribute_{n}": value for n, value in enumerate(some)})


def main(build):
    source = random.Random(SEED)
    tasks = [make(Plain, value=value) for value in fixed()]
    tasks += [make(Plain, value=text) for text in characters()]
    tasks += [make(source.choice(CLASSES), value=anything(source, DEPTH)) for _ in range(VALUES)]
    pickles = [pickle.dumps(task, 2 + number % 4) for number, task in enumerate(tasks)]
    packed = b"".join(struct.pack("<I", len(data)) + data for data in pickles)
    printed = subprocess.run([f"{build}/tests/interop-print-repr"], input=packed, stdout=subprocess.PIPE, check=True).stdout
    at = 0
    for task, data in zip(tasks, pickles):
        size, = struct.unpack_from("<I", printed, at)
        text = printed[at + 4:at + 4 + size].decode("utf-8")
        at += 4 + size
        expected = repr(pickle.loads(data))
        assert text == expected, f"Python: {ascii(expected)}\nours:   {ascii(text)}\n{data.hex()}"
    assert at == len(printed), (at, len(printed))
    print(f"{len(tasks)} values print alike")


main(sys.argv[1])
