#!/usr/bin/env python3
"""Spoils the workflows in one way after the other; tests/workflows/workflows.py must notice each.

    notices.py SOURCE      exit status 0, 1 with what was not noticed, 77: there is no PyYAML
"""
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import workflows  # noqa: E402 (ends with 77 without PyYAML)

FLOWS = ".github/workflows/"
# file, what is replaced there (once), by what, a word of the complaint
SPOILED = [
    (FLOWS + "tests.yml", "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "actions/checkout@v7",
     "is not pinned"),
    (FLOWS + "tests.yml", "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
     "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1", "no version stands"),
    (FLOWS + "tests.yml", "checkout@3d3c", "checkout@4d3c", "elsewhere"),
    (FLOWS + "tests.yml", "  contents: read", "  contents: write", "may do more than read"),
    (FLOWS + "tests.yml", "    timeout-minutes: 10\n", "", "no timeout-minutes"),
    (FLOWS + "tests.yml", "timeout-minutes: 10", "timeout-minutes: 11", "a pull request waits"),
    (FLOWS + "tests.yml", "persist-credentials: false", "persist-credentials: true", "keeps the token"),
    (FLOWS + "tests.yml", "run: scripts/conformance", "run: scripts/conform", "no such program"),
    (FLOWS + "tests.yml", "part: [unit, replay,", "part: [unit,", "are not those of .ci/run"),
    (FLOWS + "tests.yml", "part: [unit, conformance]", "part: [unity, conformance]", "has no part unity"),
    (FLOWS + "tests.yml", "preset: [asan,", "preset: [asam,", "has no asam among its buildPresets"),
    (FLOWS + "tests.yml", "run: cmake --preset i386", "run: cmake --preset i286",
     "has no i286 among its configurePresets"),
    (FLOWS + "tests.yml", "  pull_request:\n", "", "is not started by pull_request"),
    (FLOWS + "fuzz-pull-request.yml", "240 # of all 8 targets: 30 each", "240", "is not said how long"),
    (FLOWS + "fuzz-pull-request.yml", "240 # of all 8", "600 # of all 8", "there are 8 targets"),
    (FLOWS + "fuzz-pull-request.yml", "output-sarif: true", "output-sarif: false", "no SARIF is written"),
    (FLOWS + "fuzz-pull-request.yml", "sarif_file: cifuzz-sarif/", "sarif_file: sarif/", "the SARIF is cifuzz-sarif"),
    (FLOWS + "fuzz-pull-request.yml", "!cancelled() && ", "", "the step before failed"),
    (FLOWS + "fuzz-pull-request.yml", "security-events: write", "security-events: read", "needs the permission"),
    (FLOWS + "fuzz-pull-request.yml", "[address, undefined, memory]", "[address, undefined]", "the sanitizers are"),
    (FLOWS + "fuzz-pull-request.yml", "mode: code-change", "mode: batch", "the mode is"),
    (FLOWS + "fuzz-pull-request.yml", "language: c\n", "language: c\n          no-such: 1\n",
     "has no parameter no-such"),
    (FLOWS + "fuzz-build.yml", "upload-build: true", "upload-build: false", "the build is not kept"),
    (FLOWS + "fuzz-build.yml", "  push:\n    branches: [main]\n", "", "is not started by push"),
    (FLOWS + "fuzz-prune.yml", "* * *", "* * 0", "does not prune daily"),
    (FLOWS + "fuzz-coverage.yml", "          mode: coverage\n          sanitizer: coverage\n",
     "          mode: coverage\n", "is run for another"),
    (FLOWS + "fuzz-planted.yml", ".clusterfuzzlite/planted ", "scripts/fuzz ", "does not run .clusterfuzzlite/planted"),
    (".clusterfuzzlite/project.yaml", "  - memory\n", "", "the sanitizers are"),
    (".clusterfuzzlite/Dockerfile", "base-builder:ubuntu-24-04", "base-builder:v1", "name different systems"),
    (".clusterfuzzlite/build.sh", "receive_message pickle", "pickle", "there are 7 targets"),
]


def copy(source, target):
    for folder in (".github", ".clusterfuzzlite", ".ci", "scripts"):
        shutil.copytree(source / folder, target / folder)
    for name in ("CMakePresets.json", "action.yml"):
        shutil.copy(source / name, target)
    (target / "tests" / "workflows").mkdir(parents=True)
    shutil.copy(source / "tests" / "workflows" / "workflows.py", target / "tests" / "workflows")


def main(arguments):
    source, missed = pathlib.Path(arguments[0]), 0
    for name, old, new, word in SPOILED:
        with tempfile.TemporaryDirectory() as folder:
            target = pathlib.Path(folder)
            copy(source, target)
            text = (target / name).read_text()
            if old not in text:
                print("%s: there is no %r to spoil" % (name, old))
                missed += 1
                continue
            (target / name).write_text(text.replace(old, new, 1))
            found = list(workflows.problems(target))
            if not any(word in problem for problem in found):
                print("%s: %r instead of %r was not noticed; only: %s" % (name, new, old, found))
                missed += 1
    print("%d of %d noticed" % (len(SPOILED) - missed, len(SPOILED)))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
