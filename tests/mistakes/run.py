#!/usr/bin/env python3
"""Plays the mistakes of table.py: run.py UNDR-CHECK UNDR-BROKEN UNDR-MISTAKEN ADAPTER.MD [TEST...]. The first screen of each report names the mistake."""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import table

CHECK = str(pathlib.Path(sys.argv[1]).resolve())
BROKEN = str(pathlib.Path(sys.argv[2]).resolve())
MISTAKEN = str(pathlib.Path(sys.argv[3]).resolve())
SOURCE = re.search(r"```python\n(.*?)```", pathlib.Path(sys.argv[4]).read_text(), re.S).group(1)
SCREEN, WHOLE = 24, 60  # lines
ABREAST = 6  # runs at the same time: a peer that makes a mistake is mostly waited for


def adapter(mistake):
    text = SOURCE
    for old, new in mistake.changes:
        if old not in text:
            raise AssertionError(f"{mistake.name}: the adapter has no {old!r}")
        text = text.replace(old, new)
    return text


def report_of(output):
    """What follows the progress: from the first empty line on."""
    lines = output.splitlines()
    start = next((i for i, line in enumerate(lines) if line == ""), 0)
    return lines[start:]


class Mistakes(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="undr-mistakes-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def try_all(self, rows, judge):
        """Plays the rows, and judges what came out, each in a subtest of its name."""
        with concurrent.futures.ThreadPoolExecutor(ABREAST) as pool:
            for row, (status, output) in zip(rows, pool.map(self.play, rows)):
                with self.subTest(row.name):
                    judge(row, status, output)

    def run_check(self, role, shard, options, command):
        surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        done = subprocess.run([CHECK, role, "--seed", "1", "--shard", shard, *options, "--", *command],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, env=surroundings)
        return done.returncode, done.stdout + done.stderr

    def play(self, mistake):
        program = self.folder / (mistake.name + ".py")
        program.write_text(adapter(mistake))
        program.chmod(0o755)
        command = [str(program)] if mistake.mode == "direct" else [sys.executable, str(program)]
        return self.run_check(mistake.role, mistake.shard, mistake.options, command)

    def name_the_cause(self, group):
        self.try_all([mistake for mistake in table.MISTAKES if mistake.group == group], self.is_named)

    def is_named(self, mistake, status, output):
        lines = report_of(output)
        self.assertEqual(status, 1, output)
        self.assertIn(mistake.says, "\n".join(lines[:SCREEN]), output)
        self.assertLessEqual(len(lines), WHOLE, output)


class Lengths(Mistakes):
    def test_each_is_named(self):
        self.name_the_cause("lengths")


class Streams(Mistakes):
    def test_each_is_named(self):
        self.name_the_cause("streams")


class Payloads(Mistakes):
    def test_each_is_named(self):
        self.name_the_cause("payloads")


class Stuck(Mistakes):
    """What nothing comes of in every case is explained by one case, and keeps no other one waiting."""

    def test_each_is_named(self):
        for mistake in table.MISTAKES:
            if mistake.group != "stuck":
                continue
            with self.subTest(mistake.name):
                status, output = self.play(mistake)
                lines = report_of(output)
                self.assertEqual(status, 1, output)
                self.assertRegex(lines[1], r"^FAIL [a-z]*\.life\.", output)
                self.assertIn(mistake.says, lines[2], output)
                self.assertRegex("\n".join(lines), "BLOCKED  blocked by ", output)
                self.assertLessEqual(len(re.findall("nothing within|is still running after|nothing on it within", output)), 8, output)


class Adapter(Mistakes):
    def test_each_is_named(self):
        self.name_the_cause("adapter")


class C(Mistakes):
    """The small manager and worker of peer.c."""

    def play(self, mistake):
        return self.run_check(mistake.role, mistake.shard, mistake.options, [MISTAKEN, "--mistake", mistake.mistake])

    def test_each_is_named(self):
        self.try_all(table.IN_C, self.is_named)

    def test_without_a_mistake_nothing_fails(self):
        for role in ("manager", "worker"):
            with self.subTest(role):
                status, output = self.run_check(role, "1/6", (), [MISTAKEN])
                self.assertEqual(status, 0, output)


class Bugs(Mistakes):
    """The peer of tests/broken, which shares no code with any other."""

    def play(self, bug):
        return self.run_check(bug.role, "1/6", (), [BROKEN, "--bug", bug.name])

    def is_seen(self, mistake, status, output):
        self.assertEqual(status, 1, output)
        self.assertIn(mistake.says, "\n".join(report_of(output)[:SCREEN]), output)

    def test_each_is_named(self):
        self.try_all(table.BUGS, self.is_seen)


class Leads(Mistakes):
    """The head of the report is the case whose requirement fits, and not one that fails of the same."""

    def test_each_leads(self):
        for role, bug, patterns, case, requirement in table.LEADS:
            with self.subTest(bug):
                only = [word for pattern in patterns for word in ("--only", pattern)]
                done = subprocess.run([CHECK, role, "--seed", "1", "--again", "0", "--timeout-factor", "0.2", *only, "--", BROKEN, "--bug",
                                       bug], stdin=subprocess.DEVNULL, capture_output=True, text=True)
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                lines = report_of(done.stdout)
                self.assertTrue(lines[1].startswith(f"FAIL {case} "), done.stdout)
                self.assertIn(f" {requirement} ", lines[2], done.stdout)

    def test_nobody_waits_for_who_has_left(self):
        for mistake in table.GATES:
            with self.subTest(mistake.name):
                status, output = self.play(mistake)
                self.assertEqual(status, 1, output)
                self.assertIn(mistake.says, output)
                self.assertNotIn("nothing connected to the gate within", output)


class Unproven(Mistakes):
    """What shows no classic mistake is not said to be one."""

    def is_shown(self, mistake, status, output):
        self.assertEqual(status, 1, output)
        self.assertNotIn("cause", output)
        self.assertIn(mistake.says, "\n".join(report_of(output)[:SCREEN]), output)

    def test_nothing_is_guessed(self):
        self.try_all(table.OTHERS, self.is_shown)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]], verbosity=2)
