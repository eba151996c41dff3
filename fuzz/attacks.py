#!/usr/bin/env python3
"""Writes fuzz/regress/pickle and fuzz/regress/receive_message: one input for each known class of attack by pickle.

    attacks.py            writes the files
    attacks.py --check    exits 1 when one of them is missing or is not what this script makes

NAME of a file is CLASS-WHAT. Other files in these folders (inputs that failed once) are left alone.
"""
import itertools
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "pickles"))
import generated  # noqa: E402


def u32(number):
    return struct.pack("<I", number)


def u64(number):
    return struct.pack("<Q", number)


def memo_index_bombs():
    for what, index in (("last", 9999999), ("10-million", 10000000), ("31-bits", 2**31), ("32-bits", 2**32 - 1)):
        yield "long-binput-" + what, b"Nr" + u32(index) + b"."
    yield "put-text", b"Np4294967295\n."
    yield "put-text-huge", b"Np" + b"9" * 400 + b"\n."
    yield "put-negative", b"Np-1\n."
    yield "get-never-put", b"j" + u32(2**32 - 1) + b"."
    yield "sparse", b"N" + b"".join(b"r" + u32(step * 65536) for step in range(150)) + b"."
    yield "colliding", b"N" + b"".join(b"r" + u32(step << 23 & 0xffffff) for step in range(64)) + b"."
    yield "overwritten", b"Nq\x00" * 200 + b"h\x00."
    yield "memoize-all", b"\x80\x04N" + b"\x94" * 500 + b"."


def length_lies():
    one = (("SHORT_BINUNICODE", b"\x8c"), ("SHORT_BINBYTES", b"C"), ("SHORT_BINSTRING", b"U"), ("LONG1", b"\x8a"))
    four = (("BINUNICODE", b"X"), ("BINBYTES", b"B"), ("BINSTRING", b"T"), ("LONG4", b"\x8b"))
    eight = (("BINUNICODE8", b"\x8d"), ("BINBYTES8", b"\x8e"), ("BYTEARRAY8", b"\x96"), ("FRAME", b"\x95"))
    for name, opcode in one:
        for length in (3, 0x7f, 0x80, 0xff):
            yield "%s-%d" % (name, length), b"\x80\x05" + opcode + bytes([length]) + b"a."
    for name, opcode in four:
        for length in (3, 2**31 - 1, 2**31, 2**32 - 1):
            yield "%s-%d" % (name, length), b"\x80\x05" + opcode + u32(length) + b"a."
        yield name + "-cut", b"\x80\x05" + opcode + b"\x01\0"
    for name, opcode in eight:
        for length in (3, 2**32, 2**63 - 1, 2**63, 2**64 - 9, 2**64 - 1):
            yield "%s-%d" % (name, length), b"\x80\x05" + opcode + u64(length) + b"a."
        yield name + "-cut", b"\x80\x05" + opcode + b"\x01\0\0\0\0\0\0"
    for name, opcode in (("INT", b"I"), ("LONG", b"L"), ("FLOAT", b"F"), ("STRING", b"S"), ("UNICODE", b"V"),
                         ("GET", b"g"), ("PUT", b"Np"), ("GLOBAL", b"c"), ("INST", b"(i"), ("PERSID", b"P")):
        yield name + "-without-newline", opcode + b"1" * 20
    yield "GLOBAL-one-line", b"cmodule\nname"
    yield "LONG-digits", b"L" + b"7" * 4301 + b"L\n."
    yield "LONG1-zeros", b"\x8a\xff" + b"\0" * 255 + b"."


def frames():
    yield "straddles-an-argument", b"\x80\x04\x95" + u64(3) + b"\x8c\x04abcd."
    yield "straddles-a-length", b"\x80\x04\x95" + u64(2) + b"X\x01\0\0\0a."
    yield "straddles-a-line", b"\x80\x04\x95" + u64(4) + b"cmodule\nname\n."
    yield "ends-before-stop", b"\x80\x04\x95" + u64(1) + b"N."
    yield "over-the-end", b"\x80\x04\x95" + u64(100) + b"N."
    yield "empty", b"\x80\x04\x95" + u64(0) + b"N."
    yield "nested", b"\x80\x04\x95" + u64(11) + b"\x95" + u64(2) + b"N."
    yield "nested-straddles", b"\x80\x04\x95" + u64(10) + b"\x95" + u64(2) + b"N."
    yield "of-protocol-0", b"\x95" + u64(2) + b"N."
    yield "thousand", b"\x80\x04" + (b"\x95" + u64(0)) * 100 + b"N."


def expansion():
    yield "dup-list", b"]" + b"2a" * 200 + b"."
    yield "dup-tuple-doubling", b")" + b"2\x86" * 60 + b"."
    yield "get-list-doubling", b"]q\x00" + b"".join(
        b"](" + b"h" + bytes([level]) + b"h" + bytes([level]) + b"eq" + bytes([level + 1])
        for level in range(60)) + b"."
    yield "get-tenfold", b"\x8c\x03lolq\x00" + b"".join(
        b"(" + b"".join([b"h", bytes([level])] * 10) + b"tq" + bytes([level + 1]) for level in range(12)) + b"."
    yield "dict-doubling", b"}q\x00" + b"".join(
        b"}(K\x00h" + bytes([level]) + b"K\x01h" + bytes([level]) + b"uq" + bytes([level + 1])
        for level in range(40)) + b"."
    yield "hash-of-doubled-tuple", b")" + b"2\x86" * 60 + b"q\x00}h\x00Ns."
    yield "long-text-repeated", b"X" + u32(400) + b"a" * 400 + b"q\x00](" + b"h\x00" * 300 + b"e."
    yield "list-in-itself", b"]q\x00h\x00a."
    yield "dict-in-itself", b"}q\x00K\x00h\x00s."
    yield "tuple-in-itself", b"]q\x00h\x00\x85a."
    yield "object-in-itself", b"\x80\x04\x8c\x01m\x8c\x01N\x93)\x81\x94}\x8c\x01ah\x00sb."
    yield "list-appended-to-itself", b"]q\x00(h\x00h\x00h\x00e" + b"2a" * 10 + b"."
    yield "set-of-colliding-ints", b"\x80\x04\x8f(" + b"".join(
        b"\x8a\x09" + (step * (2**61 - 1)).to_bytes(9, "little") for step in range(1, 40)) + b"\x90."


def nesting():
    yield "read-lists", b"]" * 5000 + b"a" * 4999 + b"."
    yield "read-tuples", b")" + b"\x85" * 5000 + b"."
    yield "read-marks", b"(" * 5000 + b"t" * 5000 + b"."
    yield "read-dicts", b"}K\x00" * 3000 + b"}" + b"s" * 3000 + b"."
    yield "read-objects", b"\x80\x04" + b"\x8c\x01m\x8c\x01N\x93" + b")\x81" + b"".join(
        [b"\x85\x8c\x01m\x8c\x01N\x93" + b"0" + b"2\x86"] * 150) + b"."
    yield "read-reduce", b"cm\nN\n" + b")R" * 2000 + b"."
    yield "compare-1000-lists", b"]" * 1001 + b"a" * 1000 + b"."
    yield "compare-1000-tuples-as-key", b"}" + b")" + b"\x85" * 999 + b"Ns."
    yield "compare-deep-keys-twice", b"}(" + (b")" + b"\x85" * 400 + b"N") * 2 + b"u."
    yield "compare-frozensets", b"\x80\x04" + b"(" * 600 + b"N" + b"\x91" * 600 + b"."
    yield "free-unfinished", b"(" * 3000
    yield "free-unfinished-lists", b"]" * 3000
    yield "free-left-on-stack", b"]" * 1500 + b"a" * 1400 + b"N."


def marks():
    for name, opcode in (("TUPLE", b"t"), ("LIST", b"l"), ("DICT", b"d"), ("APPENDS", b"e"), ("SETITEMS", b"u"),
                         ("ADDITEMS", b"\x90"), ("FROZENSET", b"\x91"), ("OBJ", b"o"), ("INST", b"im\nN\n"),
                         ("POP_MARK", b"1")):
        yield name + "-without-mark", b"\x80\x04]NN" + opcode + b"."
        yield name + "-on-an-empty-stack", opcode + b"."
        yield name + "-nothing-above-mark", b"\x80\x04](" + opcode + b"."
        yield name + "-twice", b"\x80\x04](" + opcode + opcode + b"."
    yield "STOP-above-mark", b"(."
    yield "POP-takes-the-mark", b"K\x01(0t."
    yield "PUT-at-a-mark", b"N(q\x00."


def pop_marks():
    yield "drops-everything", b"(NNN1."
    yield "leaves-one", b"N(NNN1."
    yield "twice", b"N((NN11."
    yield "once-too-often", b"N((NN111."
    yield "then-append", b"](NN1Na."
    yield "under-a-container", b"(](1a."
    yield "thousand", b"N" + b"(1" * 1000 + b"."
    yield "drops-what-the-memo-has", b"N(]q\x001h\x00Na."


def extensions():
    yield "EXT1", b"\x80\x02\x82\x01."
    yield "EXT1-zero", b"\x80\x02\x82\x00."
    yield "EXT2", b"\x80\x02\x83\xff\xff."
    yield "EXT4", b"\x80\x02\x84" + u32(2**31 - 1) + b"."
    yield "EXT4-negative", b"\x80\x02\x84" + u32(2**31) + b"."
    yield "EXT4-cut", b"\x80\x02\x84\x01"
    yield "EXT1-called", b"\x80\x02\x82\x01)R."


def persistent():
    yield "PERSID", b"P../../etc/passwd\n."
    yield "PERSID-not-ascii", b"P\xff\xfe\n."
    yield "BINPERSID", b"K\x01Q."
    yield "BINPERSID-of-nothing", b"Q."
    yield "BINPERSID-of-an-object", b"cm\nN\n)RQ."


def buffers():
    yield "NEXT_BUFFER", b"\x80\x05\x97."
    yield "NEXT_BUFFER-readonly", b"\x80\x05\x97\x98."
    yield "READONLY_BUFFER-of-bytes", b"\x80\x05C\x01a\x98."
    yield "READONLY_BUFFER-of-a-bytearray", b"\x80\x05\x96" + u64(1) + b"a\x98."
    yield "READONLY_BUFFER-of-nothing", b"\x80\x05\x98."


def execution():
    """GLOBAL, REDUCE and BUILD in every order, and what would run something."""
    parts = {"global": b"cposix\nsystem\n", "reduce": b"(S'true'\ntR", "build": b"}S'a'\nNsb"}
    for size in (1, 2, 3):
        for order in itertools.permutations(parts, size):
            yield "-".join(order), b"\x80\x02" + b"".join(parts[each] for each in order) + b"."
            yield "none-" + "-".join(order), b"\x80\x02N" + b"".join(parts[each] for each in order) + b"."
    yield "reduce-twice", b"cposix\nsystem\n(S'true'\ntR(S'true'\ntR."
    yield "build-setstate", b"cm\nN\n)R}S'__setstate__'\ncposix\nsystem\nsbS'true'\nb."
    yield "build-reduce-attribute", b"cm\nN\n)R}S'__reduce__'\ncposix\nsystem\nsb."
    yield "build-none", b"Nb."
    yield "build-class", b"cm\nN\n}S'a'\nNsb."
    yield "build-dict-class", b"\x80\x04\x8c\x01m\x8c\x01N\x93)\x81}\x8c\x09__class__\x8c\x01m\x8c\x01M\x93sb."
    yield "inst", b"(S'true'\niposix\nsystem\n."
    yield "obj", b"(cposix\nsystem\nS'true'\no."
    yield "newobj", b"\x80\x02cposix\nsystem\n(S'true'\nt\x81."
    yield "newobj-ex", b"\x80\x04cposix\nsystem\n(S'true'\nt}\x92."
    yield "stack-global", b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R."
    yield "stack-global-dotted", b"\x80\x04\x8c\x08builtins\x8c\x12eval.__class__.mro\x93)R."
    yield "getattr-chain", (b"\x80\x04\x8c\x08builtins\x8c\x07getattr\x93"
                            b"\x8c\x08builtins\x8c\x04eval\x93\x8c\x08__self__\x86R.")
    yield "eval", b"cbuiltins\neval\n(S'1'\ntR."
    yield "reduce-without-global", b"(S'true'\ntR."
    yield "append-runs-nothing", b"cm\nN\n)R(NNeNa."
    yield "setitem-runs-nothing", b"cm\nN\n)R(NNuNNs."
    yield "reduce-of-a-bomb", b"cbuiltins\nbytearray\nJ" + u32(2**31 - 1) + b"\x85R."
    yield "range-of-a-bomb", b"cbuiltins\nlist\ncbuiltins\nrange\nJ" + u32(2**31 - 1) + b"\x85R\x85R."


CLASSES = (
    ("memo-index-bomb", memo_index_bombs), ("length-lie", length_lies), ("frame", frames), ("expansion", expansion),
    ("deep-nesting", nesting), ("missing-mark", marks), ("pop-mark", pop_marks), ("extension", extensions),
    ("persistent-id", persistent), ("out-of-band-buffer", buffers), ("execution", execution),
)


def attacks():
    for kind, make in CLASSES:
        for what, pickle in make():
            name = "%s-%s" % (kind, what)
            yield "pickle/" + name, b"\x05" + pickle  # read, then written in protocol 4
            yield "receive_message/" + name, b"m" + u64(len(pickle)) + pickle


def main():
    check = generated.asked_to_check(__doc__)
    names = [name for name, _ in attacks()]
    assert len(names) == len(set(names))
    return generated.write_or_check([(HERE / "regress" / name, data) for name, data in attacks()], check)


if __name__ == "__main__":
    sys.exit(main())
