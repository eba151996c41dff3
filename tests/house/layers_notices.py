#!/usr/bin/env python3
"""Puts one wrong include after the other into a small copy of the rooms: scripts/layers must name each.

    layers_notices.py LAYERS      exit status 0, or 1 with what was not noticed"""

import pathlib
import subprocess
import sys
import tempfile

RIGHT = {
    "ref/undr/bytes.h": "",
    "ref/base/map.h": '#include "undr/bytes.h"\n',
    "ref/base/map.c": '#include "base/map.h"\n',
    "ref/protocol/frame.c": '#include "base/map.h"\n',
    "conformance/base/clock.h": '#include "undr/bytes.h"\n',
    "conformance/notation/case.h": "",
    "conformance/target/wire.c": '#include "base/clock.h"\n',
    "conformance/play/play.h": '#include "notation/case.h"\n',
    "tests/support/steady.h": "",
    "tests/support/pool.h": '#include "base/map.h"\n',
    "tests/broken/wire.h": "",
    "tests/broken/state.c": '#include "support/steady.h"\n#include "wire.h"\n',
}
WRONG = [
    ("ref/base/map.c", '#include "protocol/task.h"\n', "there is no protocol/task.h in ref/"),
    ("ref/base/map.h", '#include "protocol/queue.h"\n', "protocol is above base"),
    ("conformance/base/clock.h", '#include "play/play.h"\n', "play is above base"),
    ("conformance/target/wire.c", '#include "notation/case.h"\n', "target and notation know nothing of each other"),
    ("conformance/play/play.h", '#include "base/map.h"\n', "base is private to ref/"),
    ("ref/protocol/frame.c", '#include "play/play.h"\n', "ref/ stands alone"),
    ("conformance/odd/odd.h", "#include \"play/play.h\"\n", "odd is not in the order of rooms"),
    ("conformance/notation/case.h", '#include "notation/print.h"\n', "a circle"),
    ("tests/broken/wire.h", '#include "base/map.h"\n', "the broken peer shares no code with what it tests"),
    ("tests/broken/wire.h", '#include "support/pool.h"\n', "ref/base/map is reached by the broken peer"),
    ("tests/broken/wire.h", '#include "state.h"\n', "a circle"),
    ("tests/support/steady.h", '#include "broken/wire.h"\n', "broken is above support"),
]


# Compiled: what the includes alone do not show.
UPPER = '#include "play/play.h"\nint play(void) { return leaf(); }\n'
COMPILED = [
    ({"conformance/play/play.h": "int leaf(void);\n", "conformance/play/play.c": UPPER,
      "conformance/play/leaf.c": '#include "play/play.h"\nint leaf(void) { return 0; }\n'},
     1, "a circle of includes and calls: conformance/play/leaf conformance/play/play"),
    ({"conformance/play/play.h": '#include "play/leaf.h"\n', "conformance/play/play.c": UPPER,
      "conformance/play/leaf.h": "int leaf(void);\n",
      "conformance/play/leaf.c": '#include "play/leaf.h"\nint leaf(void) { return 0; }\n'}, 0, ""),
    ({"conformance/base/clock.c": "int leaf(void);\nint now(void);\nint now(void) { return leaf(); }\n",
      "conformance/play/leaf.c": "int leaf(void);\nint leaf(void) { return 0; }\n"}, 1, "play is above base"),
]


def compile_all(folder, names):
    for name in names:
        to = pathlib.Path(folder, "build/CMakeFiles/all.dir", name + ".o")
        to.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cc", "-c", "-I", f"{folder}/conformance", "-o", to, pathlib.Path(folder, name)], check=True)


def run(layers, changes, compiles=False):
    with tempfile.TemporaryDirectory() as folder:
        files = {**RIGHT, "ref/protocol/queue.h": "", "tests/broken/state.h": '#include "wire.h"\n',
                 "conformance/notation/print.h": '#include "notation/case.h"\n'}
        for name, text in {**files, **changes}.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        words = []
        if compiles:
            compile_all(folder, (name for name in changes if name.endswith(".c")))
            words = ["--build", f"{folder}/build"]
        done = subprocess.run([layers, "--check", "--source", folder, *words], capture_output=True, text=True)
    return done.returncode, done.stderr


def main():
    layers, failed = sys.argv[1], 0
    tries = [({}, 0, "", False)] + [({name: text}, 1, says, False) for name, text, says in WRONG]
    for changes, status, says, compiles in tries + [(*one, True) for one in COMPILED]:
        got, said = run(layers, changes, compiles)
        if got != status or says not in said:
            print(f"{changes}: expected status {status} and {says!r}, got {got} and {said!r}")
            failed = 1
    return failed


sys.exit(main())
