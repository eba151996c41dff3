"""Payloads of a few kilobytes that are dear to decode, to print, to compare or to run, or that have in them what a terminal
must not get: for payloads.py."""

import struct

LEVELS = 60  # of what holds the former one twice: 2^60 paths
SIZE = 60000  # of what is long: about as much as undr-check looks into


def binstr(text):
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return b"X" + struct.pack("<I", len(data)) + data


def tower(first, level, levels=LEVELS):
    """`first`, put into the memo at 0, and so often what makes the next of it, that again at 0."""
    return first + b"q\0" + (level + b"q\0") * levels


# Each level: off the stack with the former one (it is in the memo), and two of it in a new one.
BOMBS = {
    "dict": (b"}", b"0}(K\0h\0K\1h\0u"),
    "list": (b"]", b"0](h\0h\0e"),
    "tuple": (b")", b"0h\0h\0\x86"),
    "tuple of three": (b")", b"0h\0h\0h\0\x87"),
    "arguments": (b"N", b"0cm\nN\nh\0h\0\x86R"),
    "arguments of a new object": (b"N", b"0cm\nN\nh\0h\0\x86\x81"),
    "keywords": (b"N", b"0cm\nN\n)}(X\1\0\0\0ah\0X\1\0\0\0bh\0u\x92"),
    "state": (b"N", b"0cm\nN\n)\x81h\0h\0\x86b"),
    "attributes": (b"N", b"0cm\nN\n)\x81}(X\1\0\0\0ah\0X\1\0\0\0bh\0ub"),
    "appended": (b"N", b"0cm\nN\n)\x81(h\0h\0e"),
    "entries": (b"N", b"0cm\nN\n)\x81(K\0h\0K\1h\0u"),
    "callable": (b"cm\nN\n", b"0h\0h\0\x85R"),
    "chain": (b"N", b"0cundr.task\nChain\n)\x81}X\5\0\0\0tasks](h\0h\0esb"),
    "chain of empty chains": (b"cundr.task\nChain\n)\x81}X\5\0\0\0tasks]sb", b"0cundr.task\nChain\n)\x81}X\5\0\0\0tasks](h\0h\0esb"),
    "probe": (b"N", b"0cundr_conformance\nProbe\n)\x81}X\5\0\0\0steps](h\0h\0esb"),
    "message of a probe": (b"N", b"0cundr_conformance\nProbe\n)\x81}X\5\0\0\0steps]X\7\0\0\0messageh\0h\0\x86\x86asb"),
    "value of a dict, by one": (b"}", b"0}(h\0h\0\x86h\0K\1h\0u".replace(b"(h\0h\0\x86h\0", b"(K\0h\0")),
    "list of pairs": (b"]", b"0]h\0h\0\x86a"),
    "exception": (b"N", b"0cundr.task\nWorkerException\nh\0h\0\x86R"),
}
WIDE = {  # ten of the former one
    "wide list": (b"](" + b"N" * 100 + b"e", b"0](" + b"h\0" * 10 + b"e"),
    "wide tuple": (b"(" + b"N" * 100 + b"t", b"0(" + b"h\0" * 10 + b"t"),
    "wide attributes": (b"N", b"0cm\nN\n)\x81}(" + b"".join(b"X\1\0\0\0" + bytes([97 + i]) + b"h\0" for i in range(10)) + b"ub"),
}
# Keys are hashed once each, and compared with one that is equal and not the same.
KEYS = {
    "tuples": (b"K\1\x85", b"h\0h\0\x86"),
    "frozensets": (b"(K\1\x91", b"(h\0h\0\x86\x91"),
    "frozensets of pairs": (b"(K\1\x91", b"(h\0h\0K\2\x86\x91"),
}


def twice_as_a_key(first, level):
    once = first + b"q\0" + (b"0" + level + b"q\0") * 40
    return b"}(" + once + b"N" + once + b"Nu."


def colliding_numbers(count, factor=0x9E3779B97F4A7C15):
    inverse = pow(factor, -1, 1 << 64)
    numbers = (inverse * number % (1 << 63) for number in range(1, count))
    return [b"\x8a\x08" + number.to_bytes(8, "little") for number in numbers]


def itself():
    yield "list in itself", b"]q\0h\0a."
    yield "dict in itself", b"}q\0K\1h\0s."
    yield "tuple in itself", b"]q\0h\0\x85a."
    yield "object in itself", b"cm\nN\n)\x81q\0}X\1\0\0\0ah\0sb."
    yield "state of itself", b"cm\nN\n)\x81q\0h\0b."
    yield "arguments of itself", b"]q\0cm\nN\nh\0\x85Rah\0."
    yield "chain in itself", b"cundr.task\nChain\n)\x81q\0}X\5\0\0\0tasks](h\0h\0esb."
    yield "many in each other", b"]q\0]q\1" + b"0" + b"h\0h\1a" * 1 + b"h\1h\0a" + b"h\0h\0a" * 1000 + b"."


def long():
    yield "text of escapes", binstr("\x1b" * SIZE) + b"."
    yield "text of overrides", binstr("\u202e" * (SIZE // 3)) + b"."
    yield "bytes", b"B" + struct.pack("<I", SIZE) + b"\xff" * SIZE + b"."
    yield "surrogates", binstr("\ud800" * (SIZE // 3)) + b"."
    yield "number of 480,000 bits", b"\x8b" + struct.pack("<I", SIZE) + b"\x7f" * SIZE + b"."
    yield "negative number", b"\x8b" + struct.pack("<I", SIZE) + b"\0" * (SIZE - 1) + b"\x80."
    yield "numbers of 4,300 digits", (b"L" + b"7" * 4300 + b"L\n0") * (SIZE // 4300) + b"N."
    yield "list of them", b"](" + (b"L" + b"7" * 4300 + b"L\n") * (SIZE // 4300) + b"e."
    yield "number of too many digits", b"L" + b"7" * SIZE + b"L\n."
    yield "hexadecimal", (b"L0x" + b"7" * 4298 + b"L\n0") * (SIZE // 4300) + b"N."
    yield "places of the memo in many digits", b"N" + (b"p" + b"0" * 4299 + b"\n") * (SIZE // 4300) + b"."
    yield "smallest floats", b"F5e-324\n0" * (SIZE // 9) + b"N."
    yield "floats of many digits", (b"F1." + b"7" * 800 + b"e-310\n0") * (SIZE // 810) + b"N."
    yield "float of very many digits", b"F1." + b"7" * SIZE + b"\n."
    yield "list of None", b"](" + b"N" * SIZE + b"e."
    yield "list of lists", b"](" + b"]" * SIZE + b"e."
    yield "list of dicts", b"](" + b"}" * SIZE + b"e."
    yield "list of sets", b"](" + b"\x8f" * SIZE + b"e."
    yield "marks", b"(" * SIZE + b"N."
    yield "stack", b"N" * SIZE + b"."
    yield "duplicates", b"N" + b"2" * SIZE + b"."
    yield "memo from above", b"N" + b"".join(b"r" + struct.pack("<I", i * 1000003 % 9999991) for i in range(SIZE // 5)) + b"."
    yield "dict of numbers", b"}(" + b"".join(b"M" + struct.pack("<H", i) + b"N" for i in range(SIZE // 4)) + b"u."
    yield "one name for each class", b"](" + b"".join(b"cm\nN%d\n" % i for i in range(SIZE // 8)) + b"e."
    yield "one class again and again", b"](" + b"cm\nN\n" * (SIZE // 6) + b"e."
    yield "name of a class", b"cm\n" + b"N" * SIZE + b"\n."
    yield "instance of it", b"cm\n" + b"N" * SIZE + b"\n)\x81."


def deep():
    for depth in (60, 900, 5000):
        yield f"{depth} lists", b"]" * depth + b"a" * (depth - 1) + b"."
        yield f"{depth} tuples", b")" + b"\x85" * depth + b"."
        yield f"{depth} dicts", b"}" * depth + b"".join(b"" for _ in range(0)) + b"0" * (depth - 1) + b"."
        yield f"{depth} states", b"cm\nN\n)\x81" * depth + b"b" * (depth - 1) + b"."
        yield f"{depth} chains", b"cundr.task\nChain\n)\x81}X\5\0\0\0tasks](" * depth + b"esb" * depth + b"."


def copies():
    encode = b"c_codecs\nencode\nq\1(" + binstr("x" * 20000) + binstr("latin1") + b"tq\0"
    yield "copies of bytes", encode + b"0" + b"h\1h\0R0" * 3000 + b"N."
    yield "copies of a bytearray", b"cbuiltins\nbytearray\nq\1B" + struct.pack("<I", 20000) + b"x" * 20000 + b"\x85q\0" + b"h\1h\0R0" * 3000 + b"N."
    yield "copies of a set", b"cbuiltins\nset\nq\1](" + b"".join(b"M" + struct.pack("<H", i) for i in range(5000)) + b"e\x85q\0" + b"h\1h\0R0" * 3000 + b"N."
    yield "copies of arguments", b"ccopyreg\n__newobj__\nq\1(cm\nN\n" + b"N" * 20000 + b"tq\0" + b"h\1h\0R0" * 3000 + b"N."
    yield "copies of a name", b"cbuiltins\ngetattr\nq\1(cm\nN\n" + binstr("x" * 20000) + b"tq\0" + b"h\1h\0R0" * 3000 + b"N."
    yield "two long keys in turn", b"}(" + b"".join(b"X" + struct.pack("<I", 15000) + b"k" * 15000 + b"q" + bytes([i]) + b"N" for i in range(2)) + b"h\0Nh\1N" * 3000 + b"u."


def shared():
    """A text that is there once, and shown at each of many places."""
    for kind, text in (("text", binstr("x" * 8000)), ("bytes", b"B\x40\x1f\0\0" + b"x" * 8000),
            ("bytearray", b"\x96\x40\x1f\0\0\0\0\0\0" + b"x" * 8000), ("int", b"\x8b\x40\x1f\0\0" + b"\x01" * 8000),
            ("class", b"c" + b"m" * 90 + b"\n" + b"N" * 90 + b"\n")):
        yield f"{kind} in a list", b"(" + text + b"q\1" + b"h\1" * 4000 + b"l."
        yield f"{kind} in tuples", b"](" + text + b"q\1" + b"h\1\x85" * 4000 + b"e."
        yield f"{kind} in a dict", b"}(K\0" + text + b"q\1" + b"".join(b"M" + struct.pack("<H", 1 + i) + b"h\1" for i in range(2500)) + b"u."
        yield f"{kind} in states", b"]cm\nN\nq\2(" + text + b"q\1" + b"h\2)\x81h\1b" * 1500 + b"e00."


def hostile_text():
    """What a terminal obeys, or what hides, in each place that has text."""
    text = "\x1b]0;title\x07\x1b[2J\x9b31m\r\b\x7f\u202e\u2066\u2028\u2029\ufeff\u200b\u00ad\u061c\ufe0f\u3164\ue000\ufdd0\uffff\U000e0041\U0010ffff"
    yield "text", binstr(text) + b"."
    yield "lone surrogates", binstr("\ud800\udfff") + b"."
    yield "bytes of text", b"C" + bytes([len(text.encode())]) + text.encode() + b"."
    yield "name", binstr("m" + text) + binstr("N" + text) + b"\x93)\x81."
    yield "class", binstr("m" + text) + binstr("N" + text) + b"\x93."
    yield "attribute", b"cm\nN\n)\x81}" + binstr(text) + b"Nsb."
    yield "keyword", b"cm\nN\n)}" + binstr(text) + b"Ns\x92."
    yield "probe that raises it", b"cundr_conformance\nProbe\n)\x81}X\5\0\0\0steps]" + binstr("raise") + binstr(text) + b"\x86asb."
    yield "probe with such a step", b"cundr_conformance\nProbe\n)\x81}X\5\0\0\0steps]" + binstr(text) + b"\x85asb."
    yield "exception", (b"cundr.task\nWorkerException\nctraceback\nTracebackException\n(cbuiltins\nRuntimeError\n"
                        b"cbuiltins\nRuntimeError\n" + binstr(text) + b"\x85RNtR\x85R.")
    yield "global lines", "cm{0}\nN{0}\n.".format(text.replace("\r", "")).encode("utf-8")
    yield "no UTF-8", b"X\4\0\0\0\xff\xfe\x1b\x07."
    yield "no pickle", text.encode()


def all_of_them():
    for name, (first, level) in {**BOMBS, **WIDE}.items():
        yield f"bomb: {name}", tower(first, level) + b"."
    yield "bomb: set of tuples", b"\x8f(" + tower(b")", b"0h\0h\0\x86") + b"\x90."
    yield "bomb: names of classes", b"cbuiltins\ngetattr\nq\1cm\nN\nq\0" + (b"0h\1h\0X\x10\0\0\0" + b"x" * 16 + b"\x86Rq\0") * LEVELS + b"."
    for name, (first, level) in KEYS.items():
        yield f"keys: {name}", twice_as_a_key(first, level)
    yield "keys: numbers that collided", b"\x8f(" + b"".join(colliding_numbers(SIZE // 10)) + b"\x90."
    yield "keys: in a dict", b"}(" + b"N".join(colliding_numbers(SIZE // 11)) + b"Nu."
    yield "keys: as floats", b"\x8f(" + b"".join(b"G" + struct.pack(">d", float(2**60 + i * 2**12)) for i in range(SIZE // 9)) + b"\x90."
    yield "keys: classes of one name", b"\x8f(" + b"".join(b"cm%d\nN\n" % i for i in range(SIZE // 8)) + b"\x90."
    yield "keys: in frozensets", b"(" + b"".join(b"(" + key + b"\x91" for key in colliding_numbers(SIZE // 12)) + b"\x91."
    for group in (itself, long, deep, copies, shared, hostile_text):
        for name, data in group():
            yield f"{group.__name__.replace('_', ' ')}: {name}", data


POISONS = dict(all_of_them())
