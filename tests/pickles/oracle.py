"""What CPython's own unpickler makes of a pickle, with classes that stay names: the oracle for our reader.

verdict(data) gives (True, text of the value) or (False, name of the exception). The text is what undr_value_print is to
print: ascii() for plain values, sets in the order of their texts, objects by the calls that made them.
"""
import _compat_pickle
import builtins
import copyreg
import io
import pickle
import pickletools
import re
import sys
import _codecs


sys.setrecursionlimit(10000)  # the printer recurses; the corpus nests 1,100 levels


class InertClass(type):
    """The type of the classes that stand for what a pickle names."""

    def __call__(cls, *args, **kwargs):
        return cls.__new__(cls, *args, **kwargs)


def _parts(made):
    return made.__dict__.setdefault("parts", {"args": (), "kwargs": {}, "appended": [], "entries": []})


class Inert(metaclass=InertClass):
    """An instance notes what is done to it and does nothing."""

    def __new__(cls, *args, **kwargs):
        made = object.__new__(cls)
        _parts(made).update(args=args, kwargs=kwargs)
        return made

    def __setstate__(self, state):
        parts = _parts(self)
        if isinstance(state, dict) and isinstance(parts.get("state"), dict):
            state = {**parts["state"], **state}
        parts["state"] = state

    def __call__(self, *args):
        made = Called(*args)
        _parts(made)["callable"] = self
        return made

    def extend(self, items):
        _parts(self)["appended"].extend(items)

    def append(self, item):
        _parts(self)["appended"].append(item)

    add = append

    def __setitem__(self, key, value):
        _parts(self)["entries"] += [(key, value)]


class Called(Inert):
    """What a call of something that is not a class gives."""


def inert_getattr(outer, *name):
    if isinstance(outer, InertClass) and len(name) == 1 and isinstance(name[0], str):
        return outer.classes[(outer.names[0], outer.names[1] + "." + name[0])]
    return outer.classes[("builtins", "getattr")](outer, *name)


class Classes(dict):
    """Inert classes by (module, name), each made when it is first named."""

    def __missing__(self, names):
        made = InertClass("Inert", (Inert,), {"names": names, "classes": self})
        self[names] = made
        return made


REAL = {
    ("_codecs", "encode"): _codecs.encode,
    ("builtins", "bytes"): bytes,
    ("builtins", "bytearray"): bytearray,
    ("builtins", "set"): set,
    ("builtins", "frozenset"): frozenset,
    ("builtins", "object"): object,
    ("builtins", "getattr"): inert_getattr,
    ("copyreg", "_reconstructor"): copyreg._reconstructor,
    ("copyreg", "__newobj__"): copyreg.__newobj__,
    ("copyreg", "__newobj_ex__"): copyreg.__newobj_ex__,
}


def protocols(data):
    """The protocol that holds at each opcode that names a class, as far as the opcodes can be read."""
    file = io.BytesIO(data)
    found, protocol = [], 0
    while True:
        code = file.read(1)
        opcode = pickletools.code2op.get(code.decode("latin-1"))
        if opcode is None or opcode.name == "STOP":
            return found
        if opcode.name in ("GLOBAL", "INST", "STACK_GLOBAL"):
            found.append(protocol)
        if opcode.name in ("GLOBAL", "INST"):
            file.readline(), file.readline()  # pickletools takes ASCII only
            continue
        try:
            argument = opcode.arg.reader(file) if opcode.arg is not None else None
        except Exception:  # whatever is wrong with an argument
            return found
        protocol = argument if opcode.name == "PROTO" else protocol


def find_class(self, module, name):
    if self.protocols and self.protocols.pop(0) < 3:
        if (module, name) in _compat_pickle.NAME_MAPPING:
            module, name = _compat_pickle.NAME_MAPPING[(module, name)]
        else:
            module = _compat_pickle.IMPORT_MAPPING.get(module, module)
    return REAL.get((module, name)) or self.classes[(module, name)]


class CUnpickler(pickle.Unpickler):
    find_class = find_class


class PythonUnpickler(pickle._Unpickler):
    find_class = find_class


def load(data, unpickler=CUnpickler):
    if unpickler is CUnpickler and not set(data) & set(b"ci\x82\x83\x84\x93"):
        return pickle.loads(data)  # what undr.task calls; it takes frames more lightly, but would import classes
    one = unpickler(io.BytesIO(data))
    one.protocols = protocols(data)
    one.classes = Classes()
    return one.load()


def verdict(data, unpickler=CUnpickler):
    try:
        value = load(data, unpickler)
    except Exception as error:  # whatever the unpickler raises is a refusal
        return False, type(error).__name__
    return True, Printer().text(value)


def is_plain(data):
    """No index that CPython would take gigabytes for, and both of its unpicklers agree."""
    for place in re.finditer(rb"r(?=(....))", data, re.DOTALL):
        if int.from_bytes(place.group(1), "little") >= 100000:
            return False
    if re.search(rb"p[\s+]*[0-9_]{6}", data):
        return False
    return verdict(data) == verdict(data, PythonUnpickler) or not (verdict(data)[0] or verdict(data,
            PythonUnpickler)[0])


def escape(text):
    """A name without quotes around it."""
    return "".join(each if each in "'\"" else ascii(each)[1:-1] for each in text)


class Printer:
    def __init__(self):
        self.holders = []

    def text(self, value):
        for names, real in REAL.items():
            if value is real:
                return "<class %s.%s>" % names
        if isinstance(value, InertClass):
            return "<class %s.%s>" % tuple(map(escape, value.names))
        if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 1785 * 8 - 1:
            return hex(value)
        if not isinstance(value, (list, tuple, dict, set, frozenset, Inert)):
            return ascii(value)
        if any(holder is value for holder in self.holders):
            return {list: "[...]", dict: "{...}", tuple: "(...)"}.get(type(value), "...")
        self.holders.append(value)
        result = self.container(value)
        self.holders.pop()
        return result

    def join(self, values):
        return ", ".join([self.text(each) for each in values])

    def pairs(self, pairs):
        return ", ".join(["%s: %s" % (self.text(key), self.text(value)) for key, value in pairs])

    def container(self, value):
        if isinstance(value, Inert):
            return self.object(value)
        if isinstance(value, list):
            return "[" + self.join(value) + "]"
        if isinstance(value, tuple):
            return "(" + self.join(value) + (",)" if len(value) == 1 else ")")
        if isinstance(value, dict):
            return "{" + self.pairs(value.items()) + "}"
        elements = ", ".join(sorted([self.text(each) for each in value], key=lambda text: text.encode()))
        if isinstance(value, set):
            return "{" + elements + "}" if value else "set()"
        return "frozenset({" + elements + "})" if value else "frozenset()"

    def object(self, value):
        parts = _parts(value)
        text = self.text(parts["callable"]) if "callable" in parts else "%s.%s" % tuple(map(escape, value.names))
        arguments = [self.text(each) for each in parts["args"]]
        arguments += [escape(key) + "=" + self.text(each) for key, each in parts["kwargs"].items()]
        called = bool(arguments)
        if "state" in parts and not called:
            arguments = [self.text(parts["state"])]
        text += "(" + ", ".join(arguments) + ")"
        if "state" in parts and called:
            text += ".__setstate__(" + self.text(parts["state"]) + ")"
        if parts["appended"]:
            text += ".extend([" + self.join(parts["appended"]) + "])"
        if parts["entries"]:
            text += ".update({" + self.pairs(parts["entries"]) + "})"
        return text


assert builtins.set is REAL[("builtins", "set")]
