#!/usr/bin/env python3
"""Mistakes in a manager that is written in Go: go.py UNDR-CHECK. The first screen of each report names the mistake."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

CHECK = str(pathlib.Path(sys.argv[1]).resolve())
SOURCE = (pathlib.Path(__file__).parent / "manager.go").read_text()
SCREEN, WHOLE = 24, 60  # lines

READS = "size := binary.LittleEndian.Uint64(header[1:])"
WRITES = "binary.LittleEndian.PutUint64(frame[1:], uint64(len(payload)))"
MISTAKES = (  # name, what is replaced by what, what the report says
    ("big-endian", [("LittleEndian", "BigEndian")], "likely cause: the length is big-endian here"),
    ("writes-big-endian", [(WRITES, WRITES.replace("Little", "Big"))], "likely cause: the length is big-endian here"),
    ("counts-header", [(WRITES, WRITES.replace("len(payload)", "len(payload)+9")), (READS, READS + "\n\tsize -= 9")],
     "likely cause: the length includes the 9 bytes of the header"),
    ("one-read", [("_, err := io.ReadFull(from, data)\n\treturn err",
                   "if len(data) == 0 {\n\t\treturn nil\n\t}\n\t_, err := from.Read(data)\n\treturn err")],
     "fail only when frames are cut, and pass when each comes whole (FRAME-3)"),
    ("println", [("append(frame, payload...)", "append(append(frame, payload...), '\\n')")],
     "likely cause: the bytes went through a text layer"),
    ("debug-print", [("\t\tlock.Lock()\n", '\t\tfmt.Println("got", kind)\n\t\tlock.Lock()\n')],
     "cause: something prints to standard output"),
)


def build(go, folder, changes):
    text = SOURCE
    for old, new in changes:
        if old not in text:
            sys.exit(f"manager.go has no {old!r}")
        text = text.replace(old, new)
    (folder / "manager.go").write_text(text)
    surroundings = os.environ | {"GO111MODULE": "off", "GOCACHE": str(folder / "cache"), "GOFLAGS": "", "CGO_ENABLED": "0"}
    done = subprocess.run([go, "build", "-o", folder / "manager", folder / "manager.go"], capture_output=True, text=True,
                          env=surroundings)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)


def play(folder):
    done = subprocess.run([CHECK, "manager", "--seed", "1", "--shard", "1/6", "--", str(folder / "manager")],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    start = next((i for i, line in enumerate(lines) if line == ""), 0)
    return done.returncode, lines[start:]


def main():
    go = shutil.which("go")
    if go is None:
        print("SKIPPED: go is not installed: mistakes in Go were not tried")
        return 77
    failed = 0
    with tempfile.TemporaryDirectory(prefix="undr-go-") as name:
        folder = pathlib.Path(name)
        for mistake, changes, says in MISTAKES:
            build(go, folder, changes)
            status, lines = play(folder)
            good = status == 1 and says in "\n".join(lines[:SCREEN]) and len(lines) <= WHOLE
            print(f"{mistake}: {'named' if good else 'NOT named'}, {len(lines)} lines")
            if not good:
                failed += 1
                print("\n".join(lines))
        build(go, folder, [])
        _, lines = play(folder)
        accused = [says for _, _, says in MISTAKES if says in "\n".join(lines)]
        if accused:
            failed += 1
            print(f"the manager without these mistakes is accused of: {accused}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
