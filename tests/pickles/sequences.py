"""Pickles written opcode by opcode: each (name, bytes, the error that our reader gives or None, difference or None).

The verdict for CPython is CPython's own; where ours is another on purpose, the difference is the id of a row of
DIFFERENCES, or a pair of it and the text of our value."""
import struct

DIFFERENCES = {
    "classes": ("imports the class, and fails when there is none", "accepts any name", "nothing is imported"),
    "calls": ("calls, and fails when the call fails", "makes an object of the callable and its arguments",
              "nothing is called"),
    "class-state": ("BUILD can set attributes of a class or function", "refused",
                    "a name has no attributes; no pickler writes this"),
    "extend-others": ("APPEND fills whatever has extend or append, SETITEM whatever has __setitem__",
                      "only lists, dicts, sets and objects are filled", "no pickler fills a bytearray this way"),
    "depth": ("values nest as deep as memory allows", "at most 1,000 levels", "whoever walks a value may recurse"),
    "memo-index": ("PUT takes any index that its array has memory for", "indexes below 10 million",
                   "no pickler leaves gaps"),
    "buffers": ("READONLY_BUFFER takes a bytes object as it is", "refused",
                "buffers outside the pickle do not cross this protocol"),
    "nul": ("the number of INT, LONG, GET or PUT ends at a NUL byte", "refused", "an accident of C strings"),
    "hexadecimal": ("ints in text of base 2, 8, 16 may have any length", "at most 4,300 digits", "as in base 10"),
    "names": ("protocols below 3 rename all that Python 3 moved", "the common ones are renamed",
              "the rest belongs to Python 2's user interfaces and mail"),
    "keys": ("an object whose class has no hash can't be a key", "any object can, and equals itself alone",
             "a name has no methods"),
    "encode": ("_codecs.encode takes any codec, and utf-8 when none is named",
               "only latin1 gives bytes, else an object, also as an argument", "what pickles use is latin1"),
    "codec": ("_codecs.encode fails when there is no such codec, or when the codec lacks a character",
              "makes an object of the call, except for latin1", "no codec is looked up"),
    "frame": ("reading from a file, takes a frame's bytes apart, and an opcode that is not whole in it is cut or misread",
              "a frame must be there, what is in it is read on", "as CPython does when it reads from bytes"),
    "hash": ("hashes a tuple anew wherever it occurs, so that small pickles take for ever", "hashes each value once",
             "work in proportion to the input"),
    "work": ("works as long as it takes", "refuses what takes more than a constant times the input",
             "work in proportion to the input"),
}


def u32(number):
    return struct.pack("<I", number)


def u64(number):
    return struct.pack("<Q", number)


def framing():
    yield "empty", b"", "UNDR_PICKLE_TRUNCATED", None
    yield "stop alone", b".", "UNDR_PICKLE_STACK", None
    yield "proto alone", b"\x80", "UNDR_PICKLE_TRUNCATED", None
    yield "proto without value", b"\x80\x04.", "UNDR_PICKLE_STACK", None
    for protocol in range(6):
        yield "proto %d" % protocol, b"\x80" + bytes([protocol]) + b"N.", None, None
    yield "proto 6", b"\x80\x06N.", "UNDR_PICKLE_PROTOCOL", None
    yield "proto 255", b"\x80\xffN.", "UNDR_PICKLE_PROTOCOL", None
    yield "proto twice", b"\x80\x04\x80\x02N.", None, None
    yield "behind stop", b"N.garbage", None, None
    yield "values left over", b"NNN\x88.", None, None
    yield "mark left over", b"(N.", None, None
    yield "mark alone", b"(.", "UNDR_PICKLE_STACK", None
    yield "value below a mark", b"N(.", "UNDR_PICKLE_STACK", None
    for opcode in (0, 1, 0x20, 0x7f, 0x99, 0xff, ord("A"), ord("z"), ord("\n")):
        yield "no opcode 0x%02x" % opcode, bytes([opcode]) + b"N.", "UNDR_PICKLE_OPCODE", None
    yield "frame", b"\x80\x04\x95" + u64(2) + b"N.", None, None
    yield "frame empty", b"\x80\x04\x95" + u64(0) + b"N.", None, None
    yield "frame too short", b"\x80\x04\x95" + u64(1) + b"K\x05.", None, None
    yield "frame in frame", b"\x80\x04\x95" + u64(11) + b"\x95" + u64(2) + b"N.", None, None
    yield "frame over the end", b"\x80\x04\x95" + u64(3) + b"N.", "UNDR_PICKLE_TRUNCATED", None
    yield "frame huge", b"\x80\x04\x95" + u64(2**63) + b"N.", "UNDR_PICKLE_TRUNCATED", None
    yield "frame of protocol 2", b"\x80\x02\x95" + u64(2) + b"N.", None, None
    yield "frame without stop", b"\x80\x04\x95" + u64(1) + b"N", "UNDR_PICKLE_TRUNCATED", None


def stack():
    yield "pop", b"NK\x01" + b"0.", None, None
    yield "pop nothing", b"0N.", "UNDR_PICKLE_STACK", None
    yield "pop a mark", b"K\x01(0.", None, None
    yield "pop below a mark", b"N(N00\x88.", None, None
    yield "pop mark", b"K\x01(NNN1.", None, None
    yield "pop mark without mark", b"N1.", "UNDR_PICKLE_MARK", None
    yield "dup", b"K\x01" + b"2\x86.", None, None
    yield "dup nothing", b"2.", "UNDR_PICKLE_STACK", None
    yield "dup at a mark", b"N(2.", "UNDR_PICKLE_STACK", None
    for opcode, name in ((b"t", "tuple"), (b"l", "list"), (b"d", "dict"), (b"\x91", "frozenset"), (b"o", "obj"),
                         (b"im\nA\n", "inst")):
        yield name + " without mark", b"N" + opcode + b".", "UNDR_PICKLE_MARK", None
    for opcode, name in ((b"e", "appends"), (b"u", "setitems"), (b"\x90", "additems")):
        yield name + " without mark", b"]N" + opcode + b".", "UNDR_PICKLE_MARK", None
        yield name + " without container", b"(" + opcode + b".", "UNDR_PICKLE_STACK", None
        yield name + " below another mark", b"](()(" + opcode + b".", None, None
        yield name + " container below mark", b"](((" + opcode + b".", "UNDR_PICKLE_STACK", None
        container = {b"e": b"]", b"u": b"}", b"\x90": b"\x8f"}[opcode]
        yield name + " over a mark", container + b"((K\x01K\x02" + opcode + b"1.", "UNDR_PICKLE_STACK", None
        yield name + " of nothing to anything", b"N(" + opcode + b".", None, None
    for count in (1, 2, 3):
        yield "tuple%d short" % count, b"N" * (count - 1) + bytes([0x84 + count]) + b".", "UNDR_PICKLE_STACK", None
        yield "tuple%d over a mark" % count, b"NN(" + b"N" * (count - 1) + bytes([0x84 + count]) + b".", \
            "UNDR_PICKLE_STACK", None


def memo():
    yield "get nothing", b"h\x00.", "UNDR_PICKLE_MEMO", None
    yield "get other", b"Nq\x00h\x01.", "UNDR_PICKLE_MEMO", None
    yield "get long", b"K\x07r" + u32(70000) + b"0j" + u32(70000) + b".", None, None
    yield "get long nothing", b"j" + u32(2**32 - 1) + b".", "UNDR_PICKLE_MEMO", None
    yield "get text", b"K\x07p12\n0g12\n.", None, None
    yield "get text blank", b"K\x07p 12 \n0g+1_2\n.", None, None
    yield "get text none", b"g\n.", "UNDR_PICKLE_NUMBER", None
    yield "get text letters", b"gx\n.", "UNDR_PICKLE_NUMBER", None
    yield "get text negative", b"g-1\n.", "UNDR_PICKLE_NUMBER", None
    yield "put text negative", b"Np-1\n.", "UNDR_PICKLE_NUMBER", None
    yield "put text huge", b"Np99999999999999999999\n.", "UNDR_PICKLE_NUMBER", None
    yield "put nothing", b"q\x00N.", "UNDR_PICKLE_STACK", None
    yield "put at a mark", b"N(q\x00.", "UNDR_PICKLE_STACK", None
    yield "put twice", b"K\x01q\x00K\x02q\x00h\x00.", None, None
    yield "put index 10 million", b"Nr" + u32(10000000) + b".", "UNDR_LIMIT_MEMO", "memo-index"
    yield "memoize", b"\x80\x04K\x01\x94K\x02\x94h\x01.", None, None
    yield "memoize nothing", b"\x80\x04\x94N.", "UNDR_PICKLE_STACK", None
    yield "memoize behind a gap", b"\x80\x04K\x01q\x05K\x02\x94h\x01.", None, None
    yield "memoize over an entry", b"\x80\x04K\x01q\x01K\x02\x94h\x01.", None, None


def numbers():
    for text in (b"0", b"1", b"00", b"01", b"+1", b"-0", b" 1", b"02", b"010", b"-17", b"0x1f", b"0o17", b"0b11",
            b"1_000",
                 b"1__0", b"_1", b"1_", b"", b" ", b"-", b"1.5", b"abc", b"1L", b"2147483648", b"9" * 40, b"0x_1",
                 b"12 ", b"1 2", b"\t5", b"0x", b"08", b"0_7", b"- 5", b"--5", b"1\r", b"9223372036854775808", b"0XfF"):
        yield "int text %r" % text, b"I" + text + b"\n.", None, None
    for text in (b"0L", b"5L", b"5", b"-5L", b"L", b"", b"00L", b"010L", b"0x10L", b"1_0L", b"5LL", b" 5L", b"5 L",
            b"5l",
                 b"9" * 100 + b"L", b"1" + b"0" * 4299 + b"L", b"1" + b"0" * 4300 + b"L"):
        yield "long text %r of %d" % (text[:12], len(text)), b"L" + text + b"\n.", None, None
    for text in (b"010 ", b" 010", b"0777777777777777777777", b"01000000000000000000000", b"-01000000000000000000000",
                 b"-01000000000000000000001", b"-00010000000050000000000000", b"-0001", b"0" * 40 + b"17", b"0" * 40,
                 b"0o1000000000000000000000", b"0x10000000000000000"):
        yield "int text for strtol %r" % text, b"I" + text + b"\n.", None, None
    yield "int text NUL", b"I2\x00\n.", "UNDR_PICKLE_NUMBER", "nul"
    yield "long text NUL", b"L2\x003L\n.", "UNDR_PICKLE_NUMBER", "nul"
    yield "long text hexadecimal", b"L0x" + b"f" * 4301 + b"L\n.", "UNDR_PICKLE_NUMBER", "hexadecimal"
    yield "int text without newline", b"I5.", "UNDR_PICKLE_TRUNCATED", None
    for text in (b"1.5", b"-1.5", b"+2", b"1e5", b"1E-5", b".5", b"5.", b".", b"", b"e5", b"1e", b"1e+", b"inf",
            b"-inf", b"Inf",
                 b"infinity", b"nan", b"NaN", b"-nan", b"0x1p3", b" 1", b"1 ", b"1_0.0", b"1e999", b"-1e999", b"1e-999",
                 b"1,5", b"infinit", b"--1", b"1.5.5", b"0.1", b"123456789.123456789", b"1d5", b"inf "):
        yield "float text %r" % text, b"F" + text + b"\n.", None, None
    yield "binint", b"J\xff\xff\xff\xff.", None, None
    yield "binint2", b"M\xff\xff.", None, None
    for data in (b"", b"\x00", b"\xff", b"\x80", b"\x80\x00", b"\x00\x00\x00", b"\xff\xff\xff", b"\x7f\xff",
            b"\x00\x80"):
        yield "long1 %s" % data.hex(), b"\x8a" + bytes([len(data)]) + data + b".", None, None
        yield "long4 %s" % data.hex(), b"\x8b" + u32(len(data)) + data + b".", None, None
    yield "long4 negative", b"\x8b\xff\xff\xff\xff.", "UNDR_PICKLE_TRUNCATED", None
    yield "long1 short", b"\x8a\x05ab.", "UNDR_PICKLE_TRUNCATED", None
    yield "long4 of 4,300 digits and more", b"\x8b" + u32(1786) + b"\x01" * 1786 + b".", None, None
    yield "long4 of 1785 bytes", b"\x8b" + u32(1785) + b"\x7f" * 1785 + b".", None, None
    yield "long4 negative of 2000 bytes", b"\x8b" + u32(2000) + b"\x00" * 1999 + b"\x80.", None, None
    yield "binfloat nan payload", b"G\xff\xf8\x00\x00\x00\x00\x00\x01.", None, None


def texts():
    for text in (b"''", b'""', b"'a'", b'"a"', b"'a\"", b"'", b"a", b"", b"'a' ", b" 'a'", b"'a'b'", b"'\\n\\t\\\\\\''",
                 b"'\\x41'", b"'\\x4'", b"'\\x'", b"'\\101'", b"'\\7'", b"'\\777'", b"'\\q'", b"'\\'", b"'\\u0041'",
                 b"'\xe9'", b"'\\xe9'", b"'\\0'", b"'\\a\\b\\f\\v\\r'"):
        yield "string text %r" % text, b"S" + text + b"\n.", None, None
    for text in (b"", b"a", b"\xe9", b"\\u20ac", b"\\u20a", b"\\U0001f600", b"\\U00110000", b"\\U0001f60", b"\\\\u0041",
                 b"\\x41", b"\\", b"\\n", b"\\ud83d\\ude00", b"\\u", b"a\\u0000b", b"\\U0000d800", b"\\\xe9"):
        yield "unicode text %r" % text, b"V" + text + b"\n.", None, None
    for data in (b"\x80", b"\xc0\x80", b"\xc1\xbf", b"\xc2", b"\xc2\x41", b"\xe0\x80\x80", b"\xe0\xa0\x80",
            b"\xed\x9f\xbf",
                 b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\xbd\xed\xb8\x80", b"\xee\x80\x80", b"\xf0\x80\x80\x80",
                 b"\xf0\x90\x80\x80", b"\xf4\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80",
                         b"\xf8\x88\x80\x80\x80",
                 b"\xe2\x82", b"\xf0\x9f\x98", b"\xff", b"ok\xc3\xa9"):
        yield "utf-8 %s" % data.hex(), b"X" + u32(len(data)) + data + b".", None, None
    for opcode, size in ((b"X", u32), (b"\x8d", u64), (b"B", u32), (b"\x8e", u64), (b"\x96", u64), (b"T", u32)):
        yield "%r" % opcode, opcode + size(2) + b"ab.", None, None
        yield "%r empty" % opcode, opcode + size(0) + b".", None, None
        yield "%r lies" % opcode, opcode + size(2**31 - 1) + b"ab.", "UNDR_PICKLE_TRUNCATED", None
        yield "%r lies more" % opcode, opcode + size(2**32 - 1) + b"ab.", \
            "UNDR_PICKLE_NUMBER" if opcode == b"T" else "UNDR_PICKLE_TRUNCATED", None
    for opcode in (b"\x8d", b"\x8e", b"\x96"):
        for length in (2**40, 2**63 - 1, 2**63, 2**64 - 1):
            yield "%r lies with 0x%x" % (opcode, length), opcode + u64(length) + b"ab.", \
                "UNDR_PICKLE_TRUNCATED", None
    for opcode in (b"\x8c", b"C", b"U"):
        yield "%r" % opcode, opcode + b"\x02ab.", None, None
        yield "%r lies" % opcode, opcode + b"\xffab.", "UNDR_PICKLE_TRUNCATED", None
    yield "binstring not ASCII", b"T" + u32(1) + b"\xe9.", "UNDR_PICKLE_TEXT", None
    yield "short binstring not ASCII", b"U\x01\xe9.", "UNDR_PICKLE_TEXT", None


def containers():
    yield "list", b"(K\x01K\x02l.", None, None
    yield "dict", b"(K\x01K\x02d.", None, None
    yield "dict odd", b"(K\x01K\x02K\x03d.", "UNDR_PICKLE_STACK", None
    yield "dict same keys", b"(K\x01K\x02I1\nK\x03\x88K\x04G\x3f\xf0\0\0\0\0\0\0K\x05d.", None, None
    yield "dict many same keys", \
        b"(" + b"K\x01NK\x02NK\x03NK\x04NK\x05NK\x06NK\x07NK\x08NK\x09N" * 3 + b"K\x05\x88d.", None, None
    yield "dict zero keys", b"(K\x00N\x89NG\x80\0\0\0\0\0\0\0NL0L\nNd.", None, None
    yield "dict nan keys", b"(G\x7f\xf8\0\0\0\0\0\0NG\x7f\xf8\0\0\0\0\0\0Nd.", None, None
    yield "dict one nan twice", b"(G\x7f\xf8\0\0\0\0\0\0q\x00Nh\x00K\x01d.", None, None
    yield "dict large numbers", \
        b"(GC0\0\0\0\0\0\0N\x8a\x08\0\0\0\0\0\0\x10\0K\x01\x8a\x08\0\0\0\0\0\0\xf0\xffK\x02d.", None, None
    yield "dict infinity", b"(Finf\nNF-inf\nNF1e308\nNFinf\nK\x01d.", None, None
    yield "dict str and bytes keys", b"\x80\x04(\x8c\x01aNC\x01aNd.", None, None
    yield "dict tuple keys", b"(K\x01\x88\x86NI1\nG\x3f\xf0\0\0\0\0\0\0\x86K\x02d.", None, None
    yield "dict frozenset keys", b"\x80\x04((K\x01K\x02\x91N(K\x02K\x01\x91K\x03d.", None, None
    for name, key in (("list", b"]"), ("dict", b"}"), ("set", b"\x8f"), ("tuple of list", b"]\x85"), ("bytearray",
            b"\x96" + u64(0)),
                      ("deep tuple of list", b"]\x85\x85\x85")):
        yield "dict key " + name, b"\x80\x05}" + key + b"Ns.", "UNDR_PICKLE_TYPE", None
        yield "set element " + name, b"\x80\x05\x8f(" + key + b"\x90.", "UNDR_PICKLE_TYPE", None
        yield "frozenset element " + name, b"\x80\x05(" + key + b"\x91.", "UNDR_PICKLE_TYPE", None
    yield "append", b"]K\x01a.", None, None
    yield "append to nothing", b"K\x01a.", "UNDR_PICKLE_STACK", None
    yield "appends", b"](K\x01K\x02e.", None, None
    yield "setitem", b"}K\x01K\x02s.", None, None
    yield "setitem short", b"}K\x01s.", "UNDR_PICKLE_STACK", None
    yield "setitems odd", b"}(K\x01u.", "UNDR_PICKLE_STACK", None
    yield "additems", b"\x8f(K\x01K\x01K\x02\x90.", None, None
    for name, target in (("none", b"N"), ("int", b"K\x01"), ("str", b"U\x01a"), ("tuple", b")"), ("frozenset",
            b"(\x91")):
        yield "append to " + name, target + b"Na.", "UNDR_PICKLE_TYPE", None
        yield "appends to " + name, target + b"(Ne.", "UNDR_PICKLE_TYPE", None
        yield "setitem to " + name, target + b"K\x00Ns.", "UNDR_PICKLE_TYPE", None
        yield "additems to " + name, target + b"(N\x90.", "UNDR_PICKLE_TYPE", None
    yield "append to dict", b"}Na.", "UNDR_PICKLE_TYPE", None
    yield "append to set", b"\x8fNa.", "UNDR_PICKLE_TYPE", None
    yield "additems to list", b"](N\x90.", "UNDR_PICKLE_TYPE", None
    yield "setitem to list", b"](NeK\x00\x88s.", "UNDR_PICKLE_TYPE", "extend-others"
    yield "append to bytearray", b"\x96" + u64(0) + b"K\x01a.", "UNDR_PICKLE_TYPE", "extend-others"
    yield "1001 levels", b"]" * 1001 + b"a" * 1000 + b".", None, None
    yield "1002 levels", b"]" * 1002 + b"a" * 1001 + b".", "UNDR_LIMIT_DEPTH", "depth"
    yield "deep tuples", b")" + b"\x85" * 1100 + b".", "UNDR_LIMIT_DEPTH", "depth"


def classes():
    yield "global", b"cmodule\nName\n.", None, None
    yield "global dotted", b"\x80\x04cmodule.sub\nA.B\n.", None, None
    yield "global without name", b"cmodule\n\n.", "UNDR_PICKLE_TEXT", None
    yield "global without module", b"c\nName\n.", "UNDR_PICKLE_TEXT", None
    yield "global short", b"cmodule\nName", "UNDR_PICKLE_TRUNCATED", None
    yield "global utf-8", b"\x80\x03cm\xc3\xa9\nN\n.", None, None
    yield "global not utf-8", b"\x80\x03cm\xe9\nN\n.", "UNDR_PICKLE_TEXT", None
    yield "global surrogate", b"\x80\x03cm\xed\xa0\x80\nN\n.", "UNDR_PICKLE_TEXT", None
    for module, name in ((b"__builtin__", b"unicode"), (b"__builtin__", b"xrange"), (b"__builtin__", b"dict"),
                         (b"copy_reg", b"_reconstructor"), (b"exceptions", b"ValueError"), (b"exceptions", b"Other"),
                         (b"Queue", b"Queue"), (b"UserDict", b"UserDict")):
        for protocol in (b"", b"\x80\x02", b"\x80\x03"):
            yield "global %s.%s %s" % (module.decode(), name.decode(), protocol.hex()), \
                protocol + b"c" + module + b"\n" + name + b"\n.", None, None
    yield "stack global", b"\x80\x04\x8c\x01m\x8c\x01N\x93.", None, None
    yield "stack global of bytes", b"\x80\x04C\x01m\x8c\x01N\x93.", "UNDR_PICKLE_TYPE", None
    yield "stack global of an int", b"\x80\x04\x8c\x01mK\x01\x93.", "UNDR_PICKLE_TYPE", None
    yield "stack global short", b"\x80\x04\x8c\x01m\x93.", "UNDR_PICKLE_STACK", None
    yield "stack global at a mark", b"\x80\x04\x8c\x01m(\x8c\x01N\x93.", "UNDR_PICKLE_STACK", None
    yield "stack global odd name", b"\x80\x04\x8c\x03'\n\x01\x8c\x02\xc3\xa9\x93.", None, None
    for opcode in (b"P1\n", b"NQ", b"\x82\x01", b"\x83\x01\x00", b"\x84" + u32(1), b"\x97"):
        yield "unsupported %r" % opcode, opcode + b".", "UNDR_PICKLE_UNSUPPORTED", None
    yield "readonly buffer", b"C\x01a\x98.", "UNDR_PICKLE_UNSUPPORTED", "buffers"


NAME = b"\x80\x04\x8c\x01m\x8c\x01N\x93"


def objects():
    yield "reduce", NAME + b")R.", None, None
    yield "reduce arguments", NAME + b"K\x01\x85R.", None, None
    yield "reduce short", NAME + b"R.", "UNDR_PICKLE_STACK", None
    yield "reduce list", NAME + b"]R.", "UNDR_PICKLE_TYPE", None
    yield "reduce none", b"N)R.", "UNDR_PICKLE_TYPE", None
    yield "reduce str", b"U\x01a)R.", "UNDR_PICKLE_TYPE", None
    yield "reduce an object", NAME + b")RK\x02\x85R.", None, None
    yield "newobj", NAME + b")\x81.", None, None
    yield "newobj arguments", NAME + b"K\x01K\x02\x86\x81.", None, None
    yield "newobj list", NAME + b"]\x81.", "UNDR_PICKLE_TYPE", None
    yield "newobj none", b"N)\x81.", "UNDR_PICKLE_TYPE", None
    yield "newobj an object", NAME + b")\x81)\x81.", "UNDR_PICKLE_TYPE", None
    yield "newobj_ex", NAME + b")}\x8c\x01kK\x05s\x92.", None, None
    yield "newobj_ex arguments", NAME + b"K\x01\x85}\x8c\x01kK\x05s\x92.", None, None
    yield "newobj_ex no dict", NAME + b")]\x92.", "UNDR_PICKLE_TYPE", None
    yield "newobj_ex short", NAME + b")\x92.", "UNDR_PICKLE_STACK", None
    yield "obj", b"(" + NAME + b"o.", None, None
    yield "obj arguments", b"(" + NAME + b"K\x01K\x02o.", None, None
    yield "obj nothing", b"(o.", "UNDR_PICKLE_STACK", None
    yield "obj none", b"(No.", "UNDR_PICKLE_TYPE", None
    yield "inst", b"(im\nN\n.", None, None
    yield "inst arguments", b"(K\x01im\nN\n.", None, None
    yield "inst utf-8", b"(im\xc3\xa9\nN\n.", "UNDR_PICKLE_TEXT", None
    yield "inst utf-8 name", b"(im\nN\xc3\xa9\n.", "UNDR_PICKLE_TEXT", None
    yield "inst short", b"(im\nN", "UNDR_PICKLE_TRUNCATED", None
    yield "build", NAME + b")\x81}\x8c\x01aK\x01sb.", None, None
    yield "build twice", NAME + b")\x81}\x8c\x01aK\x01sb}\x8c\x01bK\x02s\x8c\x01aK\x03sb.", None, None
    yield "build none", NAME + b")\x81Nb.", None, None
    yield "build slots", NAME + b")\x81N}\x8c\x01aK\x01s\x86b.", None, None
    yield "build anything", NAME + b")\x81K\x05b.", None, None
    yield "build dict upon something else", NAME + b")\x81K\x05b}\x8c\x01aK\x01sb.", None, None
    yield "build dict upon slots", NAME + b")\x81N}\x8c\x01aK\x01s\x86b}\x8c\x01bK\x02sb.", None, None
    yield "build something else upon dict", NAME + b")\x81}\x8c\x01aK\x01sbK\x05b.", None, None
    yield "build short", b"}b.", "UNDR_PICKLE_STACK", None
    yield "build at a mark", NAME + b")\x81(}b.", "UNDR_PICKLE_STACK", None
    yield "build int none", b"K\x05Nb.", None, None
    yield "build int slots", b"K\x05N}\x86b.", None, None
    yield "build int dict", b"K\x05}b.", "UNDR_PICKLE_TYPE", None
    yield "build list", b"]}U\x01aNsb.", "UNDR_PICKLE_TYPE", None
    yield "build list pair", b"]NN\x86b.", "UNDR_PICKLE_TYPE", None
    yield "object appends", NAME + b")\x81(K\x01K\x02eK\x03a.", None, None
    yield "object setitems", NAME + b")\x81(K\x01K\x02uK\x03K\x04s.", None, None
    yield "object additems", NAME + b")\x81(K\x01\x90.", None, None
    yield "object keys", b"\x80\x04}" + NAME[2:] + b")\x81\x94N" + b"h\x00K\x01h\x00K\x02ss.", "UNDR_PICKLE_TYPE", None
    yield "object as key", NAME + b"0}" + NAME[2:] + b")\x81K\x01s.", None, None
    yield "class as key", b"\x80\x04(" + NAME[2:] + b"K\x01" + NAME[2:] + b"K\x02d.", None, None


LATIN = b"X\x06\0\0\0latin1\x86R."


def calls():
    yield "encode", b"c_codecs\nencode\nX\x04\0\0\0a\xc3\xbfb" + LATIN, None, None
    yield "encode too much", b"c_codecs\nencode\nX\x03\0\0\0\xe2\x82\xac" + LATIN, "UNDR_PICKLE_TEXT", None
    yield "encode one too much", b"c_codecs\nencode\nX\x02\0\0\0\xc4\x80" + LATIN, "UNDR_PICKLE_TEXT", None
    yield "encode latin-1", b"c_codecs\nencode\nX\x01\0\0\0aX\x07\0\0\0latin-1\x86R.", None, None
    yield "encode utf-16", b"c_codecs\nencode\nX\x01\0\0\0aX\x09\0\0\0utf-16-le\x86R.", None, \
        ("encode", "_codecs.encode('a', 'utf-16-le')")
    yield "encode by default", b"cbuiltins\nbytearray\nc_codecs\nencode\nX\x03\0\0\0\0z1\x85R\x85R.", None, \
        ("encode", "builtins.bytearray(_codecs.encode('\\x00z1'))")
    yield "encode unknown", b"c_codecs\nencode\nX\x01\0\0\0aX\x04\0\0\0nine\x86R.", None, "codec"
    yield "encode lacking", b"c_codecs\nencode\nX\x02\0\0\0\xc3\xa9X\x05\0\0\0ascii\x86R.", None, "codec"
    yield "encode none", b"c_codecs\nencode\n)R.", None, "calls"
    for name in (b"set", b"frozenset"):
        for what, items in (("nothing", b")"), ("list", b"](K\x01K\x02K\x01e\x85"), ("tuple", b"K\x01K\x02\x86\x85"),
                            ("set", b"\x8f(K\x03\x90\x85"), ("frozenset", b"(K\x03\x91\x85")):
            yield "%s of %s" % (name.decode(), what), b"\x80\x03cbuiltins\n" + name + b"\n" + items + b"R.", None, None
            yield "%s of %s, protocol 2" % (name.decode(), what), \
                b"\x80\x02c__builtin__\n" + name + b"\n" + items + b"R.", None, None
        yield "%s of lists" % name.decode(), b"\x80\x03cbuiltins\n" + name + b"\n](]e\x85R.", "UNDR_PICKLE_TYPE", None
        yield "%s of int" % name.decode(), b"\x80\x03cbuiltins\n" + name + b"\nK\x01\x85R.", None, "calls"
    yield "obj set", b"\x80\x03(cbuiltins\nset\no.", None, None
    yield "obj set of list", b"\x80\x03(cbuiltins\nset\n](K\x01eo.", None, None
    yield "inst set", b"\x80\x03(](K\x01eibuiltins\nset\n.", None, None
    yield "set filled later", b"\x80\x03cbuiltins\nset\n)R(K\x01K\x01\x90.", None, None
    yield "bytes", b"\x80\x03cbuiltins\nbytes\n)R.", None, None
    yield "bytes latin1", b"\x80\x03cbuiltins\nbytes\nX\x02\0\0\0\xc3\xbf" + LATIN, None, None
    yield "bytearray", b"\x80\x03cbuiltins\nbytearray\n)R.", None, None
    yield "bytearray bytes", b"\x80\x03cbuiltins\nbytearray\nC\x01a\x85R.", None, None
    yield "bytearray latin1", b"\x80\x02c__builtin__\nbytearray\nX\x02\0\0\0\xc3\xbf" + LATIN, None, None
    yield "bytearray int", b"\x80\x03cbuiltins\nbytearray\nK\x02\x85R.", None, "calls"
    yield "reconstructor", b"ccopy_reg\n_reconstructor\n(cm\nN\nc__builtin__\nobject\nNtR(dS'a'\nI5\nsb.", None, None
    yield "reconstructor modern", b"\x80\x04ccopyreg\n_reconstructor\ncm\nN\ncbuiltins\nobject\nN\x87R.", None, None
    yield "newobj call", b"\x80\x04ccopyreg\n__newobj__\ncm\nN\nK\x01\x86R.", None, None
    yield "newobj_ex call", b"\x80\x04ccopyreg\n__newobj_ex__\ncm\nN\nK\x01\x85}\x8c\x01kNs\x87R.", None, None
    yield "getattr", b"\x80\x03cbuiltins\ngetattr\ncm\nA\nX\x01\0\0\0B\x86R.", None, None
    yield "getattr twice", b"\x80\x03cbuiltins\ngetattr\nh\x00\x86R.", "UNDR_PICKLE_MEMO", None
    yield "getattr getattr", b"\x80\x03cbuiltins\ngetattr\nq\x00h\x00cm\nA\nX\x01\0\0\0B\x86RX\x01\0\0\0C\x86R.", \
            None, None
    yield "system", b"cos\nsystem\n(S'echo never'\ntR.", None, None
    yield "eval", b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x031+1\x85R.", None, None
    yield "class state", b"\x80\x04ccopyreg\n__newobj__\n}\x8c\x01aK\x01sb.", "UNDR_PICKLE_TYPE", "class-state"


def sequences():
    for group in (framing, stack, memo, numbers, texts, containers, classes, objects, calls):
        for name, data, error, difference in group():
            yield group.__name__ + ": " + name, data, error, difference
