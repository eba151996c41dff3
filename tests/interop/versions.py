#!/usr/bin/env python3
"""The Python package on two versions of Python, compared by `undr-check diff`: versions.py UNDR-CHECK SOURCE BUILD.

What differs must be what expected.txt says of these versions; names of implementation and Python are in the comparison."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

CHECK, SOURCE, BUILD = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
ADAPTER = SOURCE / "conformance/adapters/python"
ONLY = ("worker.life.*", "worker.payloads.*", "worker.framing.absurd-length-as-*", "worker.workers.*-behind-an-unanswered-message")


def version_of(python):
    done = subprocess.run([python, "-c", "import platform; print(platform.python_version())"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def another(version):
    """The newest other Python of this machine, by major and minor version; None: there is none."""
    places = [shutil.which(f"python3.{minor}") for minor in range(9, 20)]
    places += map(str, pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv")).glob("versions/3.*/bin/python3"))
    found = {version_of(place): place for place in places if place}
    minor = lambda text: tuple(map(int, re.findall(r"\d+", text)[:2]))
    others = [one for one in found if one and minor(one) >= (3, 9) and minor(one) != minor(version)]
    return found[max(others, key=minor)] if others else None


def skip(reason):
    print(f"SKIPPED: {reason}")
    sys.exit(77)


def environment(build, python):
    done = subprocess.run([SOURCE / "scripts/python-environment", "--python", python, build], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    if done.returncode == 77:
        skip("PyPI can't be reached for the package on a second Python")
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)
    return build / "python/bin/python"


def report(python, path):
    words = [CHECK, "worker", "--seed", "1", "--again", "0", "--delivery", "whole", "--json", path]
    words += [word for pattern in ONLY for word in ("--only", pattern)]
    done = subprocess.run([*map(str, words), "--", str(python), str(ADAPTER / "undr_adapter.py")], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"status {done.returncode}\n{done.stdout}{done.stderr}")
    return path


def main():
    first = BUILD / "python/bin/python"
    other = another(version_of(first))
    if other is None:
        skip("there is no second Python 3 here")
    folder = BUILD / "python-versions"
    folder.mkdir(exist_ok=True)
    second = environment(folder, other)
    old, new = report(first, folder / "old.json"), report(second, folder / "new.json")
    done = subprocess.run([CHECK, "diff", old, new], capture_output=True, text=True)
    print(done.stdout)
    for python in (first, second):
        assert f"undr 1.0.1, python {version_of(python)}; undr-check " in done.stdout, version_of(python)
    data = json.loads(subprocess.run([CHECK, "diff", "--format", "json", old, new], capture_output=True, text=True).stdout)
    known = re.findall(r"^when .*? (?:fail|warn|flaky) (\S+)", (ADAPTER / "expected.txt").read_text(), re.M)
    unknown = [change for change in data["changes"] if change["case"] not in known]
    assert data["counts"]["same"] > 0 and done.returncode == (1 if data["counts"]["regressed"] else 0), data["counts"]
    if data["counts"]["regressed"]:  # since 3.13.4 a TracebackException can't be pickled: the reader sees why
        assert "the target's last line: TypeError: cannot pickle" in done.stdout, "the cause is missing"
    if unknown:
        sys.exit(f"these differ, and expected.txt has no condition for them: {unknown}")


main()
