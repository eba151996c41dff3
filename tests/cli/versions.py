#!/usr/bin/env python3
"""Cases that are newer than the version that is asked for, and cases that were renamed:
versions.py UNDR-CHECK UNDR-MANAGER UNDR-BROKEN."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

CHECK, MANAGER, BROKEN = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:4])
SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
LIFO = ["--", BROKEN, "--bug", "lifo"]
STEPS = """  M -> schedule 0 '1'
  M <- ok
  M -> schedule 0 '2'
  M <- ok
  A -> n
  A <- t '1'
  M -> close kill
  M <- closed
"""
HEAD = "case {name}\n  must SCHED-3 the oldest task of a priority comes first\n{lines}\n"


def check(*words):
    return subprocess.run([CHECK, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True)


class Versions(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="undr-versions-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def case(self, name, lines="", folder="cases"):
        path = self.folder / folder / (name + ".case")
        path.parent.mkdir(exist_ok=True)
        path.write_text(HEAD.format(name=name, lines=lines) + STEPS)
        return path.parent

    def run_it(self, folder, *words, target=LIFO):
        report = self.folder / "report.json"
        report.unlink(missing_ok=True)
        done = check("manager", "--seed", 1, "--again", 0, "--delivery", "whole", "--json", report, "--cases", folder, *words, *target)
        return done, json.loads(report.read_text()) if report.exists() else None

    def standings(self, report):
        return {one["name"]: one["standing"] for role in report["roles"] for one in role["cases"]}


class AsOf(Versions):
    def test_what_is_newer_is_played_and_does_not_fail_the_run(self):
        folder = self.case("manager.my.newer", "  since 99.0\n")
        only = ["--only", "manager.my.*"]
        today, report = self.run_it(folder, *only)
        self.assertEqual((today.returncode, self.standings(report)), (1, {"manager.my.newer": "fail"}), today.stdout)
        then, report = self.run_it(folder, *only, "--as-of", "0.1.0", "--tap")
        self.assertEqual((then.returncode, self.standings(report)), (0, {"manager.my.newer": "new"}), then.stderr)
        self.assertEqual(report["about"]["as_of"], "0.1.0")
        self.assertIn("not ok 1 - manager.my.newer # TODO 0.1.0 did not require this", then.stdout)
        self.assertIn("1 failed that are new since the version of --as-of", then.stderr)

    def test_what_was_there_counts_as_ever(self):
        folder = self.case("manager.my.older", "  since 0.1.0\n")
        done, report = self.run_it(folder, "--only", "manager.my.*", "--as-of", "0.1.0")
        self.assertEqual((done.returncode, self.standings(report)), (1, {"manager.my.older": "fail"}), done.stdout)

    def test_versions_that_it_does_not_know(self):
        for version in ("0.0.9", "99.0", "soon", "", "0.1.0-rc1"):
            done = check("manager", "--as-of", version, "--", MANAGER)
            self.assertEqual(done.returncode, 2, version)
            self.assertIn("a version is expected, from 0.1.0, the first, to ", done.stderr)


class Renamed(Versions):
    def test_known_failures_and_patterns_take_the_former_name(self):
        folder = self.case("manager.my.now", "  was manager.my.before\n")
        known = self.folder / "known.txt"
        for line in ("fail manager.my.before it is known", "fail manager.my.bef* it is known"):
            known.write_text(line + "\n")
            done, report = self.run_it(folder, "--only", "manager.my.before", "--expect", known)
            self.assertEqual((done.returncode, self.standings(report)), (0, {"manager.my.now": "expected"}), done.stdout)
        known.write_text("fail manager.my.beside nobody is called so\n")
        done, _ = self.run_it(folder, "--only", "manager.my.before", "--expect", known)
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no case of that name", done.stdout)

    def test_reports_are_compared_across_the_change(self):
        reports = []
        for number, (name, lines) in enumerate((("manager.my.before", ""), ("manager.my.now", "  was manager.my.before\n"))):
            _, report = self.run_it(self.case(name, lines, f"cases{number}"), "--only", "manager.my.*")
            reports.append(self.folder / f"{number}.json")
            reports[-1].write_text(json.dumps(report))
        for old, new in (reports, reversed(reports)):
            done = check("diff", old, new, "--format", "json")
            changes = json.loads(done.stdout)
            self.assertEqual((done.returncode, changes["counts"]["same"], changes["changes"]), (0, 1, []), done.stdout)


class Names(Versions):
    """scripts/case-names notices a name that is gone."""

    def tree(self):
        root = self.folder / "tree"
        (root / "conformance").mkdir(parents=True)
        shutil.copytree(SOURCE / "conformance/cases", root / "conformance/cases")
        shutil.copy(SOURCE / "conformance/names.txt", root / "conformance")
        return root

    def names(self, *words):
        return subprocess.run([SOURCE / "scripts/case-names", *words], capture_output=True, text=True)

    def test_each_name_of_a_release_is_taken(self):
        done = self.names()
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_name_that_is_gone_is_noticed(self):
        root = self.tree()
        path = root / "conformance/cases/life.case"
        text = path.read_text()
        path.write_text(text.replace("case manager.life.of-a-task\n", "case manager.life.of-one-task\n"))
        done = self.names(root)
        self.assertEqual(done.returncode, 1)
        self.assertIn("manager.life.of-a-task was released with 0.1.0 and is gone", done.stderr)
        path.write_text(text.replace("case manager.life.of-a-task\n",
                                     "case manager.life.of-one-task\n  was manager.life.of-a-task\n"))
        self.assertEqual(self.names(root).returncode, 0)

    def test_a_new_case_says_since_when(self):
        root = self.tree()
        path = root / "conformance/cases/zz.case"
        path.write_text(HEAD.format(name="manager.my.new", lines="") + STEPS)
        done = self.names("--complete", "9.9.0", root)
        self.assertEqual(done.returncode, 1)
        self.assertIn("manager.my.new is new in 9.9.0: it needs a line `since 9.9.0`", done.stderr)
        path.write_text(HEAD.format(name="manager.my.new", lines="  since 9.9.0\n") + STEPS)
        self.assertIn("--add 9.9.0 adds it", self.names("--complete", "9.9.0", root).stderr)
        self.assertEqual(self.names("--add", "9.9.0", root).returncode, 0)
        self.assertEqual(self.names("--complete", "9.9.0", root).returncode, 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
