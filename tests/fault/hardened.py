"""hardened.py BUILD: what the preset `release` builds has the protections of compiler and linker: position independent,
relocations read-only and bound at the start, a stack that can't be executed, stack protector, checked library calls."""

import os
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
FOLDER = pathlib.Path(sys.argv[1], "release-check").resolve()
TARGETS = ["undr-manager", "undr-worker", "undrtask-shared"]
FILES = ["undr-manager", "undr-worker", "libundrtask.so"]


def build():
    run = lambda *command: subprocess.run(command, cwd=SOURCE, check=True, stdout=subprocess.DEVNULL)
    run("cmake", "--preset", "release", "-B", str(FOLDER), "-D", "UNDR_FUZZ=OFF", "-D", "CMAKE_C_COMPILER=" + compiler())
    run("cmake", "--build", str(FOLDER), "--target", *TARGETS)


def compiler():
    return os.environ.get("CC", "cc")


def readelf(option, path):
    return subprocess.run(["readelf", "-W", option, str(path)], check=True, capture_output=True, text=True).stdout


def protections(path):
    """Each by name, and whether the file has it."""
    dynamic, segments, symbols = (readelf(option, path) for option in ("-d", "-l", "--dyn-syms"))
    stack = [line.split() for line in segments.splitlines() if "GNU_STACK" in line]
    return {
        "position independent": "DYN" in readelf("-h", path) and "TEXTREL" not in dynamic,
        "read-only relocations": "GNU_RELRO" in segments,
        "bound at the start": "BIND_NOW" in dynamic or " NOW" in dynamic,
        "stack not executable": [words[6] for words in stack] == ["RW"],
        "stack protector": "__stack_chk_fail" in symbols,
        "checked library calls": "_chk@" in symbols.replace("__stack_chk_fail@", ""),
    }


def main():
    build()
    for name in FILES:
        found = protections(FOLDER / name)
        print(f"{name}: {', '.join(word for word, has in found.items() if has)}")
        assert all(found.values()), f"{name} lacks: {[word for word, has in found.items() if not has]}"


main()
