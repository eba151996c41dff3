#!/usr/bin/env python3
"""undr-check explore, as its users meet it: explore.py UNDR-CHECK UNDR-MANAGER UNDR-WORKER UNDR-BROKEN."""
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

CHECK, MANAGER, WORKER, BROKEN = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:5])


class Explore(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="undr-explore-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def run_here(self, *words):
        return subprocess.run(list(map(str, words)), cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=1800)

    def explore(self, status, *words):
        done = self.run_here(CHECK, "explore", *words)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def test_the_reference_holds(self):
        for program in [MANAGER, WORKER]:  # the first in two roles
            done = self.explore(0, "all", "--strict", "--sessions", "30", "--seed", "1", "--", program)
            self.assertIn("30 cases, 30 passed", done.stdout)
        self.assertEqual(list(self.folder.iterdir()), [])

    def kept_sessions(self, count):
        """A folder with some of those that the fuzzer of the manager's core has kept."""
        folder = self.folder / "kept"
        folder.mkdir()
        for path in sorted((pathlib.Path(__file__).parents[2] / "fuzz" / "corpus" / "manager_session").iterdir())[:count]:
            shutil.copy(path, folder)
        return folder

    def test_kept_sessions(self):
        kept = self.kept_sessions(60)
        options = ["manager", "--corpus", kept, "--delivery", "whole"]
        done = self.explore(0, *options, "--strict", "--", MANAGER)
        self.assertIn("60 cases, 60 passed", done.stdout)
        done = self.explore(1, *options, "--", BROKEN, "--bug", "lifo")
        self.assertIn("The shortest session", done.stdout)
        self.assertEqual(len(list(self.folder.glob("*.case"))), 1, done.stdout)

    def test_a_corpus_that_can_t_be_played(self):
        for words, text in [(["worker", "--corpus", "."], "sessions of a manager"), (["all", "--corpus", "."], "sessions of a manager"),
                            (["manager", "--corpus", "none"], "none: "), (["manager", "--corpus", "."], "no session"),
                            (["manager", "--corpus", ".", "--sessions", "3"], "can't be combined")]:
            done = self.explore(2, *words, "--", MANAGER)
            self.assertIn(text, done.stderr)
        done = self.run_here(CHECK, "manager", "--corpus", ".", "--", MANAGER)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--corpus, which belongs to explore", done.stderr)

    def assert_found(self, role, bug, longest):
        target = [BROKEN, "--bug", bug]
        done = self.explore(1, role, "--seed", "1", "--", *target)
        kept = list(self.folder.glob("*.case"))
        self.assertEqual(len(kept), 1, done.stdout)
        case = kept[0].read_text()
        self.assertIn(case, done.stdout)
        self.assertLessEqual(len(re.findall(r"->", case)), longest, case)
        # The command that is printed plays it again; what is right passes it.
        again = shlex.split(done.stdout.split("again: ")[1].splitlines()[0])
        self.assertEqual(again[0], CHECK)
        self.assertEqual(self.run_here(CHECK, *again[1:]).returncode, 1)
        right = again[1:again.index("--")]
        held = self.run_here(CHECK, *right, "--", WORKER if role == "worker" else MANAGER)
        self.assertEqual(held.returncode, 0, held.stdout + case)
        # The same seed, the same case.
        kept[0].unlink()
        self.explore(1, role, "--seed", "1", "--", *target)
        self.assertEqual(kept[0].read_text(), case)
        kept[0].unlink()

    def test_a_bug_is_found_and_made_short(self):
        self.assert_found("manager", "lifo", 5)

    def test_a_worker_s_bug_is_found_and_made_short(self):
        self.assert_found("worker", "chain-goes-on", 3)

    def test_a_pool_s_bug_is_found_and_made_short(self):
        self.assert_found("pool", "chain-goes-on", 9)

    def test_a_wait_in_vain_is_made_short_without_waiting_as_long_each_time(self):
        target = [BROKEN, "--bug", "no-message-ack"]
        done = self.explore(1, "manager", "--seed", "1", "--", *target)
        self.assertRegex(done.stderr, r"takes \d+\.\d s, perhaps most of it waiting for nothing; each try waits a 10th as long")
        self.assertRegex(done.stdout, r"session \d+ of --seed 1:\d+")
        self.assertNotIn(" explore:", done.stdout)
        self.assertRegex(done.stderr, r"try 1 of at most 400, 0 s: (\d+) of \1 operations")
        case = next(self.folder.glob("*.case")).read_text()
        self.assertIn("A -> m ", case)
        self.assertLessEqual(case.count("->"), 3, case)
        again = shlex.split(done.stdout.split("again: ")[1].splitlines()[0])
        self.assertEqual(self.run_here(*again).returncode, 1)

    def test_mistakes_name_the_remedy(self):
        for words, says in [([], "name the role"), 
                            (["mangaer", "--", MANAGER], "did you mean manager?"), (["manager"], "after --"),
                            (["manager", "--cases", ".", "--", MANAGER], "explore does not use --cases"),
                            (["manager", "--sessions", "0", "--", MANAGER], "--sessions '0'")]:
            with self.subTest(words):
                self.assertIn(says, self.explore(2, *words).stderr)

    def test_a_target_that_does_not_start_is_told(self):
        done = self.explore(1, "manager", "--", "false")
        self.assertIn("no case was run", done.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
