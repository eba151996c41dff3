#!/usr/bin/env python3
"""Output that can't be written is a failure, whatever program, verb, option and stream it is of:
outputs.py BUILD SOURCE [TEST...]."""
import contextlib
import errno
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BUILD, SOURCE = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
CHECK, MANAGER, WORKER = (str(BUILD / name) for name in ("undr-check", "undr-manager", "undr-worker"))
CASES = pathlib.Path(__file__).resolve().parent / "cases"
ONE = ["--only", "manager.life.of-a-task", "--delivery", "whole"]
FAILS = ["--cases", str(CASES), "--only", "manager.user-bad.wrong", "--delivery", "whole", "--again", "0"]
HELP = subprocess.run([CHECK, "--help"], capture_output=True, text=True).stdout
# The options of a run that write a file, as --help has them; two read one. tests/watch has those of watch.
FILES = sorted(set(re.findall(r"^  (--[a-z-]+) FILE", HELP.partition("\nWith watch\n")[0], re.M)) - {"--expect", "--report"})
SUBCOMMANDS = sorted(set(re.findall(r"^  undr-check ([a-z|]+)", HELP, re.M)))
# Of the only shard of a run: for diff and merge.
REPORT = json.dumps({"tool": "undr-check", "format": 1, "started": "2026-01-01T00:00:00Z", "duration_ms": 1.0, "seed": "1", "jobs": 1,
                     "repetitions": 1, "strict": False, "interrupted": False, "status": 0, "command": [], "unmatched": [],
                     "about": {"suite_version": "0", "spec_sha256": "0" * 64, "date": "", "seed": "1"}, "shard": 1, "shards": 1,
                     "roles": []})
NO_SPACE = os.strerror(errno.ENOSPC)
TOO_LARGE = os.strerror(errno.EFBIG)
CLOSED = 128 + signal.SIGPIPE


def run(words, **options):
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.run([*map(str, words)], stdin=subprocess.DEVNULL, text=True, timeout=120, **options)


def full():
    return open("/dev/full", "w")


@contextlib.contextmanager
def full_pipe():
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writes, bytes(4096))
    os.set_blocking(writes, True)
    yield writes
    os.close(reads)
    os.close(writes)


def limited(size):
    """Nothing that the process writes may be larger."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def printing():
    """Every way to make undr-check print: (its words, the status where all is well)."""
    manager, worker = ["--", MANAGER], ["--", WORKER]
    ways = [(["--help"], 0), (["-h"], 0), (["--version"], 0), (["--list"], 0), (["--list", "-v"], 0),
            (["manager", *ONE, *manager], 0), (["manager", "-v", *ONE, *manager], 0), (["manager", "--tap", *ONE, *manager], 0),
            (["manager", *FAILS, *manager], 1), (["manager", "-v", *FAILS, *manager], 1),
            (["manager", "--tap", *FAILS, *manager], 1), (["manager", "--list"], 0),
            (["worker", "--only", "worker.life.*", "--delivery", "whole", *worker], 0),
            (["pool", "--only", "pool.life.*", "--delivery", "whole", *manager], 0),
            (["all", *ONE, *manager], 0),
            (["explore", "manager", "--sessions", "3", *manager], 0), (["explore", "all", "--sessions", "2", *worker], 0),
            (["parse", CASES], 0), (["parse", CASES.parent / "mistake"], 2), (["decode", "CAPTURE"], 0),
            (["--man"], 0), (["--completion", "bash"], 0), (["--completion", "zsh"], 0), (["-V"], 0),
            (["diff", "REPORT", "REPORT"], 0), (["diff", "--format", "json", "REPORT", "REPORT"], 0), (["merge", "REPORT"], 0),
            (["spec"], 0), (["spec", "SCHED-3"], 0), (["spec", "--html"], 0), (["watch", "--help"], 0), (["manager", "--github", *FAILS, *manager], 1),
            (["pair", "--help"], 0), (["pair", *manager, *worker], 0), (["matrix", "--help"], 0), (["matrix", "LIST"], 2)]
    return ways + [(["manager", option, "-", *ONE, *manager], 0) for option in FILES]


class Behaviour(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="undr-outputs-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.capture = self.folder / "capture"
        self.capture.write_bytes((b"n" + bytes(8)) * 20)
        self.report = self.folder / "shard.json"
        self.report.write_text(REPORT)
        self.list = self.folder / "list.json"  # nothing of it is installed
        self.list.write_text('{"implementations": [{"name": "absent", "command": ["./absent"]}]}')

    def words(self, way):
        files = {"CAPTURE": self.capture, "REPORT": self.report, "LIST": self.list}
        return [CHECK, *(files.get(word, word) if isinstance(word, str) else word for word in way)]

    def assert_lost(self, done, *says):
        self.assertEqual(done.returncode, 3, f"{done.stdout}{done.stderr}")
        for part in says:
            self.assertIn(part, done.stderr)


class StandardOutput(Behaviour):
    def test_the_ways_are_all_of_them(self):
        words = [way[0] for way, _ in printing()]
        for subcommand in SUBCOMMANDS:
            for one in subcommand.split("|"):
                self.assertIn(one, words)
        self.assertEqual(FILES, ["--html", "--json", "--junit", "--markdown", "--write-expect"])

    def test_all_is_well_without(self):
        for way, status in printing():
            with self.subTest(way):
                done = run(self.words(way), cwd=self.folder)
                self.assertEqual(done.returncode, status, done.stdout + done.stderr)

    def test_a_full_device(self):
        for way, _ in printing():
            with self.subTest(way), full() as out:
                done = run(self.words(way), cwd=self.folder, stdout=out)
                self.assert_lost(done, "standard output can't be written", NO_SPACE, "free some space on that disk")

    def test_a_limit_of_file_sizes(self):
        for way, _ in printing():
            with self.subTest(way), open(self.folder / "out", "w") as out:
                done = run(self.words(way), cwd=self.folder, stdout=out, preexec_fn=limited(5))
                self.assert_lost(done, "standard output can't be written", TOO_LARGE, "ulimit -f")
                self.assertLessEqual(os.path.getsize(self.folder / "out"), 5)

    def test_a_closed_pipe_is_the_quiet_end_that_it_is_elsewhere(self):
        for way, _ in printing():
            with self.subTest(way):
                reads, writes = os.pipe()
                os.close(reads)
                done = run(self.words(way), cwd=self.folder, stdout=writes)
                os.close(writes)
                self.assertIn(done.returncode, (CLOSED, -signal.SIGPIPE), done.stderr)
                self.assertNotIn("can't be written", done.stderr)

    def test_a_reader_that_goes_away_ends_the_run_and_the_files_are_written(self):
        report = self.folder / "r.json"
        words = [CHECK, "manager", "-v", "--repeat", "1000", "--json", report, "--", MANAGER]
        done = subprocess.Popen([*map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
        self.assertIn("manager:", done.stdout.readline())
        done.stdout.close()
        self.assertEqual(done.wait(timeout=120), CLOSED)
        self.assertEqual(done.stderr.read(), "")
        done.stderr.close()
        self.assertIn('"interrupted": true', report.read_text())

    def test_a_signal_ends_what_waits_for_a_reader(self):
        """A pipe that is full and never read, or Ctrl-S in a terminal: SIGTERM and Ctrl-C work all the same."""
        ways = [(["manager", "-v", *ONE, "--", MANAGER], "stdout"), (["manager", "--tap", *ONE, "--", MANAGER], "stderr"),
                (["explore", "manager", "--sessions", "2", "--", MANAGER], "stdout"), (["watch", "--listen", "0", "--to", "9"], "stderr")]
        for words, stream in ways:
            for number in (signal.SIGTERM, signal.SIGINT):
                with self.subTest(words, number=number), full_pipe() as writes:
                    other = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: writes}
                    waits = subprocess.Popen([CHECK, *words], stdin=subprocess.DEVNULL, **other)
                    try:
                        state = pathlib.Path(f"/proc/{waits.pid}/wchan")
                        begin = time.monotonic()  # some kernels do not say where a process waits
                        while "pipe" not in state.read_text() and time.monotonic() < begin + 20:
                            self.assertIsNone(waits.poll())
                            time.sleep(0.02)
                        waits.send_signal(number)
                        self.assertEqual(waits.wait(600), -number)
                    finally:
                        waits.kill()
                        waits.wait()

    def test_standard_error_is_output_too(self):
        for words in (["manager", "--tap", *ONE, "--", MANAGER], ["manager", "--json", "-", *ONE, "--", MANAGER],
                      ["no-such-verb"], ["decode", "/nonexistent"]):
            with self.subTest(words), full() as out:
                self.assertEqual(run([CHECK, *words], stderr=out).returncode, 3)


class Files(Behaviour):
    def test_a_full_device(self):
        for option in FILES:
            for suite, status in ((ONE, 0), (FAILS, 1)):
                with self.subTest(option, status=status):
                    done = run([CHECK, "manager", option, "/dev/full", *suite, "--", MANAGER])
                    self.assert_lost(done, f"/dev/full can't be written: {NO_SPACE}", "free some space on that disk")
                    self.assertIn("1 case", done.stdout)

    def test_a_file_that_grows_too_large(self):
        for option in FILES:
            with self.subTest(option):
                path = self.folder / "report"
                done = run([CHECK, "manager", option, path, *FAILS, "--", MANAGER], preexec_fn=limited(40))
                self.assert_lost(done, f"{path} can't be written: {TOO_LARGE}", "ulimit -f")

    def test_a_disk_that_fills(self):
        mounted = self.folder / "small"
        mounted.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", mounted], capture_output=True).returncode:
            self.skipTest("nothing can be mounted here; the limit of file sizes stands in for it")
        self.addCleanup(subprocess.run, ["umount", mounted], check=True)
        for option in set(FILES) - {"--write-expect", "--markdown"}:  # shorter than a page
            with self.subTest(option):
                path = mounted / "report"
                done = run([CHECK, "manager", option, path, "--delivery", "whole", "--only", "manager.[ns]*", "--", MANAGER])
                self.assert_lost(done, f"{path} can't be written: {NO_SPACE}")
                path.unlink()

    def test_one_that_fails_does_not_keep_the_others_from_being_written(self):
        for option in FILES:
            with self.subTest(option):
                paths = {other: self.folder / other.strip("-") for other in FILES if other != option}
                words = [word for pair in paths.items() for word in pair]
                done = run([CHECK, "manager", option, "/dev/full", *words, *FAILS, "--", MANAGER])
                self.assert_lost(done, "/dev/full can't be written")
                for path in paths.values():
                    self.assertIn("manager.user-bad", path.read_text().replace('classname="', "").replace("\\", ""), path)

    def test_where_no_file_can_be_is_told_before_the_run(self):
        (self.folder / "file").touch()
        for option in FILES:
            for path, says in ((self.folder, "name a file in it"), (self.folder / "none" / "x", "create it, or name"),
                               (self.folder / "file" / "x", "part of the path is a file")):
                with self.subTest(option, path=path):
                    done = run([CHECK, "manager", option, path, *ONE, "--", MANAGER])
                    self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
                    self.assertIn(f"{path} can't be written: ", done.stderr)
                    self.assertIn(says, done.stderr)

    def test_a_file_that_must_not_be_written(self):
        path = self.folder / "file"
        path.touch(0o444)
        self.folder.chmod(0o755)
        nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}  # root may write anywhere
        check, manager = (shutil.copy(program, self.folder) for program in (CHECK, MANAGER))  # the others may be root's alone
        for option in FILES:
            done = run([check, "manager", option, path, *ONE, "--", manager], cwd="/", **nobody)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("name a writable place", done.stderr)
        closed = self.folder / "closed"
        closed.mkdir()
        shutil.copy(manager, closed)
        closed.chmod(0o600)
        done = run([check, "manager", *ONE, "--", closed / "undr-manager"], cwd="/", **nobody)
        closed.chmod(0o700)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("this user may not search a folder on its path", done.stderr)

    def test_two_of_one_file(self):
        path, link, known = self.folder / "file", self.folder / "link", self.folder / "known"
        for text in ("", "before"):
            path.write_text(text)
            link.unlink(missing_ok=True)
            link.symlink_to(path)
            for one in FILES:
                for other in FILES:
                    if one != other:
                        with self.subTest(one, other=other):
                            done = run([CHECK, "manager", one, path, other, link, *ONE, "--", MANAGER])
                            self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
                            self.assertIn("are the same file", done.stderr)
                            self.assertEqual(path.read_text(), text)
                for stream in ("stdout", "stderr"):
                    with self.subTest(one, stream=stream), open(known, "a") as out:
                        done = run([CHECK, "manager", one, known, *ONE, "--", MANAGER], **{stream: out})
                        self.assertEqual(done.returncode, 2)
        own = self.folder / "own.case"
        own.write_text((SOURCE / "tests/cli/cases/user.case").read_text() if (SOURCE / "tests/cli/cases/user.case").exists() else "")
        for one in FILES:
            before = own.read_text()
            done = run([CHECK, "manager", "--cases", own, one, own, *ONE, "--", MANAGER])
            self.assertEqual((done.returncode, own.read_text()), (2, before), f"{one}: {done.stderr}")
        known.write_text("warn manager.life.of-a-task x\n")
        for one in FILES:
            done = run([CHECK, "manager", one, known, "--expect", known, *ONE, "--", MANAGER])
            # what is known may be written again, which is what the option is for
            self.assertEqual(done.returncode, 1 if one == "--write-expect" else 2, one)

    def test_devices_may_be_named_twice(self):
        done = run([CHECK, "manager", "--json", "/dev/null", "--html", "/dev/null", *ONE, "--", MANAGER])
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_an_old_report_is_not_left_by_a_run_that_is_killed(self):
        path, known = self.folder / "r.json", self.folder / "known"
        path.write_text("old")
        known.write_text("# old\n")
        words = [CHECK, "manager", "--json", path, "--write-expect", known, "--repeat", "1000", *ONE, "--", MANAGER]
        killed = subprocess.Popen([*map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        killed.stdout.readline()
        killed.kill()
        killed.wait()
        killed.stdout.close()
        self.assertEqual((path.read_text(), known.read_text()), ("", "# old\n"))

    def test_a_shortened_session_that_can_not_be_kept(self):
        words = [CHECK, "explore", "manager", "--seed", "1", "--", BUILD / "tests" / "undr-broken", "--bug", "lifo"]
        done = run(words, cwd=self.folder)
        kept = list(self.folder.glob("*.case"))
        self.assertEqual((done.returncode, len(kept)), (1, 1), done.stderr)
        kept[0].unlink()
        kept[0].symlink_to("/dev/full")
        done = run(words, cwd=self.folder)
        self.assert_lost(done, f"{kept[0].name} can't be written: {NO_SPACE}")
        # a report on standard output is nothing but that
        kept[0].unlink()
        done = run([*words[:3], "--junit", "-", *words[3:]], cwd=self.folder)
        self.assertTrue(done.stdout.endswith("</testsuites>\n"), done.stdout[-300:])

    def test_targets_do_not_inherit_what_is_ignored_here(self):
        adapter = self.folder / "adapter"
        adapter.write_text(f'#!/bin/sh\ngrep SigIgn /proc/$$/status >{self.folder}/ignored\nexec {MANAGER} "$@"\n')
        adapter.chmod(0o755)
        self.assertEqual(run([CHECK, "manager", *ONE, "--", adapter]).returncode, 0)
        ignored = int((self.folder / "ignored").read_text().split()[1], 16)
        for number in (signal.SIGXFSZ, signal.SIGPIPE):
            self.assertEqual(ignored >> (number - 1) & 1, 0, number)


class Others(Behaviour):
    def programs(self):
        yield from ([MANAGER, verb] for verb in ("--help", "--version", "capabilities"))
        yield from ([WORKER, verb] for verb in ("--help", "--version", "capabilities"))
        yield [MANAGER, "manager", "--workers", "0"]
        if (BUILD / "checksum_tree").exists():
            yield from ([BUILD / "checksum_tree", word] for word in ("--help", "-h", CASES))

    def test_a_full_device(self):
        for words in self.programs():
            with self.subTest(words), full() as out:
                done = run(words, stdout=out)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn(NO_SPACE, done.stderr)

    def test_an_answer_that_can_not_be_written(self):
        with open(self.folder / "out", "w") as out:
            manager = subprocess.Popen([MANAGER, "manager", "--workers", "0"], stdin=subprocess.PIPE, stdout=out,
                                       stderr=subprocess.PIPE, text=True, preexec_fn=self.limit_that_is_told)
        manager.stdin.write("next\n" * 100)
        manager.stdin.flush()  # and no end of it: that would be a reason to leave
        self.assertEqual(manager.wait(timeout=60), 1)
        self.assertIn(TOO_LARGE, manager.stderr.read())
        manager.stderr.close()
        manager.stdin.close()

    @staticmethod
    def limit_that_is_told():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        limited(30)()

    def test_scripts(self):
        scripts = [path for path in sorted((SOURCE / "scripts").iterdir()) if os.access(path, os.X_OK) and path.is_file()]
        self.assertGreater(len(scripts), 8)
        others = [[SOURCE / "spec" / "vectors" / "make.py"], [SOURCE / "tests" / "pickles" / "saved.py"],
                  [SOURCE / "spec" / "model" / "run.sh"]]
        words = [[sys.executable, *one] if one[0].suffix == ".py" else one for one in others + [[path] for path in scripts]]
        for unbuffered in ("", "1"):  # Python tells of it at the end, or at once
            for script in words:
                with self.subTest(script, unbuffered=unbuffered), full() as out:
                    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": unbuffered}
                    done = run([*script, "--help"], stdout=out, env=environment)
                    self.assertNotEqual(done.returncode, 0)
                    self.assertIn(NO_SPACE, done.stderr)


if __name__ == "__main__":
    unittest.main(argv=["outputs.py", *sys.argv[3:]], verbosity=2)
