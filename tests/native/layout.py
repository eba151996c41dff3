#!/usr/bin/env python3
"""undr_native's ctypes have the layout and the numbers of the C headers: layout.py PROGRAM, the compiled layout.c."""

import ctypes
import subprocess
import sys

from undr_native import library


def ours(name):
    if name.startswith("options."):
        return getattr(library.Options, name.removeprefix("options.")).offset
    found = getattr(library, name)
    return found if isinstance(found, int) else ctypes.sizeof(found)


def main(program):
    lines = subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines()
    for name, value in map(str.split, lines):
        assert ours(name) == int(value), f"{name} is {ours(name)} in library.py and {value} in C"
    fields = {f"options.{name}" for name, _ in library.Options._fields_}
    assert fields <= {line.split()[0] for line in lines}, "layout.c does not know all fields of library.Options"
    assert len(lines) > 25, lines


main(sys.argv[1])
