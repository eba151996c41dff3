#!/usr/bin/env python3
"""undr's command line on undr_native and on its own manager: the same results, and what the package alone can't do.

    interop.py                        a sample: fork, 4 workers
    interop.py --whole                all start methods, 4 and 64 workers
    interop.py --show-hang            what the package's own manager does when a worker was killed, and what undr_native does

Run by the Python of scripts/native-environment. What must come is waited for, up to ten minutes; nothing must come fast."""

import argparse
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import dataset  # noqa: E402

CLI = pathlib.Path(__file__).with_name("cli.py")
PATIENCE = 600


class World:
    """A dataset that is served, and folders to install it to."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.source = self.folder / "served" / "set"
        self.files = dataset.make(self.source)
        self.server = dataset.Server(self.source)
        self.numbers = iter(range(1000))

    def target(self):
        folder = self.folder / f"target{next(self.numbers)}"
        folder.mkdir()
        (folder / "undr.toml").write_text(
            f'directory = "datasets"\n[[datasets]]\nname = "set"\nurl = "http://127.0.0.1:{self.server.port}/"\n'
            'mode = "raw"\n')
        return folder


def command(manager, method, *arguments):
    return [sys.executable, str(CLI), manager, method, *map(str, arguments)]


def try_to_run(folder, words, patience):
    """Its standard output; None: it has not ended, and is killed with all that it started."""
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        output, errors = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None
    assert process.returncode == 0, f"{words} ended with {process.returncode}:\n{output[-2000:]}{errors[-4000:]}"
    return output


def run(folder, manager, method, *arguments):
    """The package forks while it has threads, and then a worker may wait for a lock for ever: it is run again."""
    words = command(manager, method, *arguments)
    for patience in (PATIENCE / 6, PATIENCE / 6, PATIENCE) if manager == "package" else (PATIENCE,):
        output = try_to_run(folder, words, patience)
        if output is not None:
            return output
        print(f"{' '.join(words[2:])}: no end after {patience:.0f} s", flush=True)
    raise AssertionError(f"{words} does not end")


def start(folder, manager, method, *arguments):
    """In a session of its own, so that it can be interrupted as a terminal does it."""
    with open(folder / "output.txt", "w") as output:
        return subprocess.Popen(command(manager, method, *arguments), cwd=folder, stdout=output,
                                stderr=subprocess.STDOUT, start_new_session=True)


def tree(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def last_line(text):
    return [line.strip() for line in text.replace("\r", "\n").splitlines() if line.strip()][-1]


def results(world, manager, method, workers):
    """All that a user gets of the commands. The tree is without what only tells when something was done."""
    folder = world.target()
    run(folder, manager, method, "install", "-w", workers)
    found = {"tree": tree(folder / "datasets")}
    found["doctor"] = last_line(run(folder, manager, method, "doctor", "-w", workers))
    found["map"] = run(folder, manager, method, "map", "undr.toml")
    run(folder, manager, method, "bibtex", "references.bib", "-w", workers)
    found["bibtex"] = (folder / "references.bib").read_text()
    shutil.copytree(world.source, folder / "set")  # it formats the indexes
    found["check-conformance"] = last_line(run(folder, manager, method, "check-conformance", folder / "set"))
    found["formatted"] = tree(folder / "set")
    return found


def difference(found, expected):
    """What is seen on one side only, its begin."""
    sides = [set(one.items() if isinstance(one, dict) else str(one).splitlines()) for one in (found, expected)]
    return f"only here {sorted(sides[0] - sides[1])[:3]}, only with the package {sorted(sides[1] - sides[0])[:3]}"


def compare(world, whole):
    expected = results(world, "package", "fork", 4)
    assert len(expected["tree"]) >= world.files, f"{len(expected['tree'])} files were installed of {world.files}"
    assert "No errors" in expected["doctor"] and "No errors" in expected["check-conformance"], expected
    mapped = dataset.DIRECTORIES * dataset.FILES_OF_KIND * 3  # the package maps no "other" files
    assert len(expected["map"].splitlines()) == mapped, expected["map"]
    methods = ("fork", "spawn", "forkserver") if whole else ("fork",)
    for method in methods:
        for workers in (4, 64) if whole else (4,):
            found = results(world, "native", method, workers)
            for name, value in expected.items():
                assert found[name] == value, f"{method}, {workers} workers, {name}: {difference(found[name], value)}"
            print(f"{method}, {workers} workers: install, doctor, map, bibtex, check-conformance as the package; "
                  f"{len(found['tree'])} files", flush=True)


def status_of(pid):
    """(parent, session) of a process that runs; None: it has ended."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else (int(fields[1]), int(fields[3]))


def alive_in_session(session):
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [pid for pid in pids if (status_of(pid) or (0, 0))[1] == session]


def asking(session, port):
    """The processes of a session that are connected to a port: workers with a request that is held."""
    lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
    inodes = {line.split()[9] for line in lines if line.split()[2].endswith(f":{port:04X}") and line.split()[3] == "01"}
    found = []
    for pid in alive_in_session(session):
        try:
            files = [os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")]
        except OSError:
            continue
        if any(file == f"socket:[{inode}]" for file in files for inode in inodes):
            found.append(pid)
    return found


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"waited {PATIENCE} s until {what}"
        time.sleep(0.02)


def install_with_worker_killed(world, manager, method, workers):
    """An install of which one worker is killed while it downloads; the process and its folder."""
    folder = world.target()
    world.server.hold()
    process = start(folder, manager, method, "install", "-w", workers)
    try:
        world.server.wait_for_held(workers)
        os.kill(asking(process.pid, world.server.port)[0], signal.SIGKILL)
    except BaseException:
        process.kill()
        raise
    finally:
        world.server.release()
    return process, folder


def ended(process, folder):
    """Its output, when it has ended and left nothing behind."""
    process.wait(PATIENCE)
    wait_until(lambda: not alive_in_session(process.pid), "all processes of undr have ended")
    return (folder / "output.txt").read_text()


def killed_worker(world, method, workers):
    process, folder = install_with_worker_killed(world, "native", method, workers)
    output = ended(process, folder)
    assert process.returncode != 0, output
    for words in ("WorkerException", "task lost, the connection of its worker ended", "DownloadFile"):
        assert words in output, f"{words!r} is not in:\n{output}"
    print(f"{method}, {workers} workers: a worker is killed: install ends with a WorkerException that names the task",
          flush=True)


def interrupted(world, method, workers):
    folder = world.target()
    world.server.hold()
    process = start(folder, "native", method, "install", "-w", workers)
    try:
        world.server.wait_for_held(workers)
        os.killpg(process.pid, signal.SIGINT)
        output = ended(process, folder)
    finally:
        world.server.release()
    assert process.returncode == 0, f"{process.returncode}: {output}"
    assert "Traceback" not in output, output
    run(folder, "native", method, "install", "-w", workers)
    installed = {name for name in tree(folder / "datasets") if not name.endswith("-index.json")}
    assert len(installed) == world.files - dataset.DIRECTORIES - 1, sorted(installed)[:20]
    print(f"{method}, {workers} workers: Ctrl-C ends install and its workers; the next one goes on", flush=True)


def orphaned(world, method, workers):
    folder = world.target()
    world.server.hold()
    process = start(folder, "native", method, "install", "-w", workers)
    try:
        world.server.wait_for_held(workers)
        process.kill()
        ended(process, folder)
    finally:
        world.server.release()
    print(f"{method}, {workers} workers: undr itself is killed: its workers end, too", flush=True)


def show_hang(world):
    """All files but that of the killed worker come; the package waits for it for ever."""
    process, folder = install_with_worker_killed(world, "package", "fork", 4)
    due = world.files - 1

    def others_came():
        return len([name for name in tree(folder / "datasets") if not name.endswith(".download")]) >= due

    try:
        wait_until(others_came, "all other files are installed")
        time.sleep(10)
        state = "has ended" if process.poll() is not None else "still waits, 10 s after the last of all other files came"
        print(f"the package's own manager: `undr install` {state}", flush=True)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    begin = time.monotonic()
    process, folder = install_with_worker_killed(world, "native", "fork", 4)
    ended(process, folder)
    print(f"undr_native: it has ended, {time.monotonic() - begin:.1f} s after its start, and says:")
    print(last_line((folder / "output.txt").read_text()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--show-hang", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell starts in the background
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder)
        with world.server:
            if options.show_hang:
                show_hang(world)
                return
            compare(world, options.whole)
            for method in ("fork", "spawn", "forkserver") if options.whole else ("fork",):
                for workers in (4, 64) if options.whole else (4,):
                    killed_worker(world, method, workers)
                    interrupted(world, method, workers)
                    orphaned(world, method, workers)


if __name__ == "__main__":
    main()
