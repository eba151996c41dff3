"""interruptions.py BUILD [TEST...]: the unit tests, or these, while every second call that waits is interrupted
(restless.c). All of them pass, for whatever may be interrupted goes on, in the code and in the tests of it."""

import concurrent.futures
import os
import pathlib
import subprocess
import sys

import harness

BUILD = pathlib.Path(sys.argv[1]).resolve()
FOLDER = BUILD / "tests"


def play(name):
    environment = {**os.environ, "LD_PRELOAD": str(FOLDER / "librestless.so")}
    ended = subprocess.run([str(FOLDER / name)], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, check=False)
    return name, ended.returncode, ended.stdout.decode(errors="replace")


def main():
    loaded_first = harness.sanitizer(BUILD, "tests/test_bytes")
    if loaded_first:
        print(f"SKIPPED: {loaded_first} must be loaded first")
        sys.exit(77)
    names = sys.argv[2:] or sorted(path.name for path in FOLDER.glob("test_*") if path.is_file() and not path.suffix)
    assert names, f"there are no unit tests in {FOLDER}"
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        failed = [(name, status, said) for name, status, said in pool.map(play, names) if status != 0]
    for name, status, said in failed:
        print(f"{name}: exit status {status} when it is interrupted", *said.splitlines()[-40:], sep="\n  | ")
    print(f"{len(names)} unit tests were interrupted, {len(failed)} failed")
    sys.exit(1 if failed else 0)


main()
