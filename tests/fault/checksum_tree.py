"""checksum_tree.py BUILD: the example: the digests of a tree are those of sha256sum, also when a file can't be read or
goes away meanwhile; there is a progress bar; Ctrl-C leaves no process."""

import contextlib
import os
import pathlib
import pty
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

import harness

PROGRAM = str(pathlib.Path(sys.argv[1], "checksum_tree").resolve())
NOBODY = 65534
MIB = 1 << 20


def run(folder, program=PROGRAM, before=()):
    """Exit status, sorted lines, complaints."""
    ended = subprocess.run([*before, program, folder], capture_output=True, timeout=harness.LIMIT)
    return ended.returncode, sorted(ended.stdout.splitlines()), ended.stderr.decode(errors="replace")


def sums(folder):
    """What sha256sum says of the files that it can read."""
    ended = subprocess.run(["find", folder, "-type", "f", "-exec", "sha256sum", "{}", "+"], capture_output=True)
    return sorted(ended.stdout.splitlines())


def fill(folder):
    """An empty file, small and large ones, odd names, folders in folders, and what is no file."""
    contents = {b"empty": b"", b"small": b"x", b"two words": b"y" * 1000, b"\xff\xfe.bin": os.urandom(3 * MIB + 1),
        b"a/b/c/deep": b"z", b"a/exact": bytes(MIB), b"back\\slash": b"1", b"two\nlines": b"2", b"\r": b"3",
        b"\\\n\r\\": b"4"}
    contents.update({b"many/%d" % number: b"%d" % number for number in range(300)})
    for name, content in contents.items():
        path = os.path.join(os.fsencode(folder), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
    os.symlink("/etc/passwd", os.path.join(folder, "link"))
    os.mkfifo(os.path.join(folder, "fifo"))


def a_tree(folder):
    fill(folder)
    assert run(folder) == (0, sums(folder), "")


def an_empty_tree(folder):
    assert run(folder) == (0, [], "")


def usage(folder):
    status, lines, said = run("--help")
    assert (status, said) == (0, "") and b"usage: checksum_tree FOLDER" in lines, (lines, said)
    status, lines, said = run("--quick")
    assert (status, lines) == (2, []) and "usage: checksum_tree FOLDER" in said, said


def no_tree(folder):
    status, lines, said = run(os.path.join(folder, "nowhere"))
    assert (status, lines) == (1, []) and "nowhere" in said, said


def no_room_for_the_output(folder):
    fill(folder)
    with open("/dev/full", "wb") as full:
        ended = subprocess.run([PROGRAM, folder], stdout=full, stderr=subprocess.PIPE, timeout=harness.LIMIT)
    assert ended.returncode == 1 and b"standard output" in ended.stderr, ended


def no_descriptors(folder):
    """The reason that is printed is the one there was."""
    fill(folder)
    limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (6, 6))
    ended = subprocess.run([PROGRAM, folder], capture_output=True, timeout=harness.LIMIT, preexec_fn=limit)
    assert (ended.returncode, ended.stdout) == (1, b"") and b"Too many open files" in ended.stderr, ended


def an_unreadable_file(folder):
    """Root reads everything: there the program runs as nobody, from a place where nobody may."""
    fill(folder)
    for name, mode in (("small", 0), ("a/b", 0)):
        os.chmod(os.path.join(folder, name), mode)
    readable = [line for line in sums(folder) if not line.endswith((b"/small", b"/deep"))]
    os.chmod(folder, 0o755)
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        copy = shutil.copy(PROGRAM, place)
        nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []
        status, lines, said = run(folder, copy, nobody)
    assert status == 1 and lines == readable, (status, len(lines), len(readable), said)
    assert f"{folder}/small: Permission denied" in said and f"{folder}/a/b: " in said, said
    os.chmod(os.path.join(folder, "a/b"), 0o700)


def fill_sparsely(folder):
    for number in range(20):
        with open(os.path.join(folder, f"{number}"), "wb") as file:
            file.truncate(32 * MIB)


def opened(pid, folder):
    """The files of the folder that a worker, if it still runs, has open."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return [name for name in harness.descriptors(pid) if name.startswith(folder + "/")]
    return []


@contextlib.contextmanager
def running(folder, **options):
    """The program in a session of its own, the workers that have begun stopped. (program, their pids)"""
    with subprocess.Popen([PROGRAM, folder], start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            **options) as program:
        try:
            pids = harness.until(
                lambda: [pid for pid in harness.children(program.pid) if opened(pid, folder)], "worker")
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            yield program, pids
        finally:
            program.kill()


def a_file_that_goes_away(folder):
    """While workers are stopped, the file that is due last is removed. It is missed, unless it was done before, or not
    yet found."""
    for _ in range(5):
        fill_sparsely(folder)
        with running(folder) as (program, _):
            in_use = {name for pid in harness.children(program.pid) for name in opened(pid, folder)}
            victim = [str(path) for path in pathlib.Path(folder).iterdir() if str(path) not in in_use][-1]
            os.unlink(victim)
            for pid in harness.children(program.pid):
                os.kill(pid, signal.SIGCONT)
            out, said = program.communicate(timeout=harness.LIMIT)
        if program.returncode == 1:
            assert f"{victim}: No such file or directory" in said.decode(), said
            assert sorted(out.splitlines()) == sums(folder)
            return
        assert program.returncode == 0 and said == b"", said
    raise AssertionError("the file was never removed in time")


def control_c(folder):
    fill_sparsely(folder)
    with running(folder) as (program, _):
        pids = harness.children(program.pid)
        os.killpg(program.pid, signal.SIGINT)
        assert program.wait(harness.LIMIT) == 130
        assert b"interrupted" in program.stderr.read()
    harness.until(lambda: not any(map(harness.runs, pids)), "end of the workers")


def a_bar(folder):
    """On a terminal, and nowhere else."""
    fill(folder)
    ours, theirs = pty.openpty()
    shown = b""
    with subprocess.Popen([PROGRAM, folder], stdout=subprocess.DEVNULL, stderr=theirs) as program:
        os.close(theirs)
        with contextlib.suppress(OSError):  # EIO is the end of a terminal
            while piece := os.read(ours, 4096):
                shown += piece
    os.close(ours)
    frames = shown.strip().split(b"\r")
    assert program.returncode == 0 and b"] 100 %" in frames[-1] and len(frames) > 100, frames[-3:]
    percents = [int(frame.split()[-2]) for frame in frames if frame.strip()]
    assert percents == sorted(percents) and percents[0] < 100, percents


def main():
    if not os.path.exists(PROGRAM):
        print("SKIPPED: the example was not built (nettle-dev is missing)")
        sys.exit(77)
    tests = (a_tree, an_empty_tree, usage, no_tree, no_room_for_the_output, no_descriptors, an_unreadable_file,
        a_file_that_goes_away, control_c, a_bar)
    for test in tests:
        with tempfile.TemporaryDirectory() as folder:
            test(folder)
            print(test.__name__, flush=True)


main()
