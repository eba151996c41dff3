#!/usr/bin/env python3
"""undr-check and what goes on without end: files, targets, declared numbers; and what many of something cost it:
hostile.py UNDR-CHECK UNDR-MANAGER UNDR-WORKER [TEST...]."""
import concurrent.futures
import os
import pathlib
import pickle
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest

CHECK, MANAGER, WORKER = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:4])
LIMIT = 120  # seconds: what hangs fails
ENDLESS = str(pathlib.Path(__file__).resolve().parent / "endless.py")


def case(name, head="", steps="  A -> n\n  A <- t None\n", identity="NEXT-2"):
    return f"case manager.many.{name}\n{head}  must {identity}  why\n\n{steps}\n"


class Hostile(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="undr-hostile-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def check(self, status, says, *words):
        done = subprocess.run([CHECK, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT)
        text = (done.stdout + done.stderr).decode(errors="replace")
        self.assertEqual(done.returncode, status, f"{words}\n{text}")
        for part in [says] if isinstance(says, str) else says:
            self.assertIn(part, text)


class Files(Hostile):
    def setUp(self):
        super().setUp()
        self.play = ["manager", "--only", "manager.life.of-a-task", "--", MANAGER]
        self.pipe = self.folder / "pipe"
        os.mkfifo(self.pipe)

    def test_what_is_read(self):
        sparse = self.folder / "sparse"
        with open(sparse, "wb") as file:
            file.truncate(1 << 40)
        (self.folder / "holder").mkdir()
        os.mkfifo(self.folder / "holder" / "x.case")
        for path, says in [(self.pipe, "nothing comes through this pipe"), ("/dev/zero", "more than 16 MiB"),
                           (sparse, "more than"), (self.folder / "gone", "No such file")]:
            with self.subTest(path):
                self.check(2, says, "parse", path)
                self.check(2, says, "decode", path)
                self.check(2, says, *self.play[:1], "--cases", path, *self.play[1:])
                self.check(2, says, *self.play[:1], "--expect", path, *self.play[1:])
        self.check(2, "nothing comes through this pipe", "parse", self.folder / "holder")
        self.check(2, "it is a folder", "decode", self.folder)
        self.check(2, "it is a folder", *self.play[:1], "--expect", self.folder, *self.play[1:])

    def test_what_is_written(self):
        for option in ("--junit", "--json", "--html", "--markdown", "--write-expect"):
            for path, says in [(self.pipe, "a pipe without a reader"), (self.folder, "Is a directory"),
                               (self.folder / "gone" / "x", "No such file")]:
                with self.subTest(option, path=path):
                    self.check(2, says, *self.play[:1], option, path, *self.play[1:])

    def test_the_summary_of_github(self):
        self.addCleanup(os.environ.pop, "GITHUB_STEP_SUMMARY")
        for path, says in [(self.pipe, "a pipe without a reader"), (self.folder, "Is a directory"), ("/dev/full", "No space left")]:
            with self.subTest(path=path):
                os.environ["GITHUB_STEP_SUMMARY"] = str(path)
                self.check(3, says, *self.play[:1], "--github", *self.play[1:])

    def test_a_pipe_with_somebody_at_its_other_end(self):
        self.file("one.case", case("one"))
        words = f"{CHECK} parse <(sleep 0.3; cat {self.folder}/one.case)"
        done = subprocess.run(["bash", "-c", words], capture_output=True, text=True, timeout=LIMIT)
        self.assertEqual((done.returncode, done.stdout), (0, "1 case read in 1 file, no mistake\n"), done.stderr)
        words = f"{CHECK} {' '.join(self.play[:3])} --junit >(cat > {self.folder}/out; touch {self.folder}/end) -- {MANAGER}"
        self.assertEqual(subprocess.run(["bash", "-c", words], capture_output=True, timeout=LIMIT).returncode, 0)
        for _ in range(1000):
            time.sleep(0 if (self.folder / "end").exists() else 0.05)
        self.assertIn("</testsuites>", (self.folder / "out").read_text())

    def test_a_pipe_whose_writer_never_writes(self):
        """It is given up after a minute, by whichever option reads it."""
        words = [["parse", self.pipe], ["decode", self.pipe], [*self.play[:1], "--cases", self.pipe, *self.play[1:]],
                 [*self.play[:1], "--expect", self.pipe, *self.play[1:]]]
        writer = os.open(self.pipe, os.O_RDWR)
        try:
            with concurrent.futures.ThreadPoolExecutor(len(words)) as several:
                for judged in [several.submit(self.check, 2, ["it has not given anything for a minute"], *each) for each in words]:
                    judged.result()
        finally:
            os.close(writer)

    def test_folders_that_link_to_themselves(self):
        self.file("one.case", case("one"))
        self.pipe.unlink()
        for i in range(8):
            (self.folder / f"loop{i}").symlink_to(".")
        self.check(0, "1 case read in 1 file, no mistake", "parse", self.folder)


class Streams(Hostile):
    """What a target sends without end gives it no more time, and fills no memory. The limits are the harness's own: most
    of the time is spent waiting for them, so several targets are judged at a time."""

    AT_ONCE = 6

    def fails(self, *each):
        """Each: a role, the kind of endless target, and what is said of it."""
        def one(role, kind, *says):
            self.check(2 if says == ("undecided: ",) else 1, says, role, "--delivery", "whole", "--timeout-factor", "0.5",
                       "--only", f"{role}.life.of-a-task", "--",
                       sys.executable, ENDLESS, f"{role}:{kind}")
        self.all_at_once(one, each)

    def all_at_once(self, judge, each):
        with concurrent.futures.ThreadPoolExecutor(self.AT_ONCE) as several:
            judged = [(words, several.submit(judge, *words)) for words in each]
        for words, verdict in judged:
            with self.subTest(words):
                verdict.result()

    def test_capabilities(self):
        self.fails(("manager", "capabilities-lines", "prints without end"),
                   ("manager", "capabilities-line", "prints without end"),
                   ("worker", "capabilities-trickle", "does not end"),
                   ("pool", "capabilities-errors", "does not end"))

    def test_declared_numbers(self):
        self.fails(*(("manager", f"declare-{line}", "line 2 of `capabilities` is `", says) for line, says in [
            ("grace 4000000000", "up to 60000"), ("hold 4000000000", "up to 60000"), ("grace 60001", "up to 60000"),
            ("hold -1", "milliseconds"), ("hold 1e3", "milliseconds"), ("priority-levels 4000000000", "2 to 128"),
            ("priority-levels 1", "2 to 128"), ("grace 999", "1000 or more"), ("max-payload 67108863", "67108864"),
            ("language python", "NAME VERSION"), ("version", "VERSION"),
            ("pickle 0-4000000000", "protocols"), ("max-payload 99999999999999999999999", "BYTES"),
            ("grace \x1b[31m", "\\x1b[31m")]))

    def test_lines(self):
        self.fails(("manager", "ready-lines", "ready PORT"), ("manager", "ready-line", "without a newline"),
                   ("manager", "ready-trickle", "ready PORT"), ("pool", "answer-lines", "FAIL"),
                   ("pool", "answer-line", "FAIL"), ("pool", "answer-trickle", "FAIL"))

    def test_frames(self):
        huge = "announces 549755813888 bytes, more than was ever sent"
        self.fails(("manager", "frames", "FAIL"), ("manager", "huge-frame", huge), ("worker", "huge-frame", huge),
                   ("manager", "slow-reader", "nothing within"), ("worker", "frames", "WORK-2"),
                   ("worker", "connections", "more than 1000 connections"))

    def test_frames_that_never_end(self):
        """Slow is no breach (FAULT-6): that of a task whose pickle may have any length has no verdict. A header that no
        right frame has is enough to blame it."""
        wrong = "the header of a frame that can't be it"
        self.fails(("manager", "trickle", "undecided: "), ("manager", "trickle-wrong", wrong), ("worker", "trickle", wrong))

    def flooding(self, role, program):
        flood = self.file(f"{role}.sh", f"#!/bin/sh\ncase $* in *port*|*workers*) yes >&2 & ;; esac\n"
                          f'exec {program} "$@"\n')
        flood.chmod(0o755)
        return flood

    def test_a_right_one_that_talks_without_end(self):
        def holds(role, flood):
            self.check(0, "1 passed", role, "--delivery", "whole", "--only", f"{role}.life.of-a-task", "--", flood)
        roles = [("manager", MANAGER), ("worker", WORKER), ("pool", MANAGER)]
        self.all_at_once(holds, [(role, self.flooding(role, program)) for role, program in roles])


class Cost(Hostile):
    """The processor time for four times as much is about four times as much, and not sixteen."""

    MOST = 8
    MEASURABLE = 0.05  # seconds; less says nothing

    def time(self, status, words):
        best = None
        for _ in range(3):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run([CHECK, *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, timeout=10 * LIMIT)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            self.assertEqual(done.returncode, status, done.stderr[-500:])
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            best = spent if best is None else min(best, spent)
        return best

    def grows(self, count, words, status=0):
        little, much = (self.time(status, words(count * times)) for times in (1, 4))
        self.assertLess(much, self.MOST * max(little, self.MEASURABLE), f"{count}: {little:.3f} s, times 4: {much:.3f} s")

    def cases(self, count, **more):
        return self.file("many.case", "".join(case(i, **more) for i in range(count)))

    def test_parse(self):
        self.grows(12500, lambda count: ["parse", self.cases(count)])
        self.grows(12500, lambda count: ["parse", self.file("ids.case", "".join(
            case(i, identity=f"XYZ-{i}") for i in range(count)))])
        for steps in ("  A -> n\n  A <- t ?v{}\n", "  A -> n\n  A <- t None\n"):
            self.grows(20000, lambda count, steps=steps: ["parse", self.file("steps.case", case(
                "one", steps="".join(steps.format(i) for i in range(count))))])

    def test_many_files(self):
        def words(count):
            folder = self.folder / str(count)
            folder.mkdir(exist_ok=True)
            for i in range(count):
                (folder / f"{i}.case").write_text(case(i))
            return ["parse", folder]
        self.grows(1500, words)

    def test_long_lines(self):
        self.grows(1000000, lambda count: ["parse", self.file("long.case", case(
            "one", steps=f"  A -> 0x81 b'{'x' * count}'\n  A <- s\n"))])
        self.grows(20000, lambda count: ["parse", self.file("long.case", case(
            "one", steps=f"  A -> 0x81 [{', '.join(map(str, range(count)))}]\n  A <- s\n"))])

    def test_chosen_cases(self):
        self.grows(10000, lambda count: ["manager", "--list", "--cases", self.cases(count), "--shard", "2/3"])
        self.grows(10000, lambda count: ["manager", "--list", "--only", "manager.many.*", "--cases", self.file(
            "chain.case", case(0) + "".join(case(i, f"  after manager.many.{i - 1}\n") for i in range(1, count)))])
        self.grows(2500, lambda count: ["manager", "--list", "--cases", self.cases(4 * count),
            *(word for i in range(count) for word in ("--only", f"manager.many.{i}"))])

    def test_expected_failures(self):
        self.grows(10000, lambda count: ["manager", "--only", "manager.life.of-a-task", "--expect", self.file("known", "".join(
            f"fail manager.many.{i} why\n" for i in range(count))), "--", "/bin/false"], 1)

    def test_reports_of_what_is_blocked(self):
        self.grows(4000, lambda count: ["manager", "-v", "--cases", self.cases(count),
            "--delivery", "whole", "--shard", "1/1", "--junit", self.folder / "x", "--json", self.folder / "j", "--html",
            self.folder / "h", "--", sys.executable, ENDLESS, "manager:wrong"], 1)

    def test_decode(self):
        message = lambda count: pickle.dumps(list(range(count)), 4)
        self.grows(50000, lambda count: ["decode", self.file("d", (b"n" + bytes(8)) * count)])
        self.grows(500000, lambda count: ["decode", self.file("d", bytes(count))], 1)
        self.grows(50000, lambda count: ["decode", self.file("d", b"m" + struct.pack("<Q", len(message(count))) +
                                                             message(count))])

    def test_explore(self):
        self.grows(1500, lambda count: ["explore", "manager", "--sessions", count, "--", "/bin/false"], 1)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
