#!/usr/bin/env python3
"""What scripts/fuzzing.py reads from the output of others, and what it keeps: fuzzing_logic.py SOURCE."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(sys.argv.pop()) / "scripts"))
import fuzzing  # noqa: E402

LIBFUZZER = """INFO: Seed: 1
#2\tINITED cov: 10 ft: 11
#65536\tpulse  cov: 12 ft: 13
==1==ERROR: AddressSanitizer: heap-buffer-overflow
property does not hold: a
"""


class Pretended(fuzzing.Run):
    """A fuzzer that is a shell command; its inputs lie in its folder."""
    script = "echo '#7 DONE'"
    agrees = True

    def commands(self):
        self.asked = []
        (self.work / "new").mkdir()
        return [["sh", "-c", self.script]]

    def statistics(self):
        return self.log(1)

    def executions(self):
        return fuzzing.libfuzzer_executions(fuzzing.read(self.log(1)))

    def failures(self):
        return sorted(self.work.glob("crash*"))

    def new_inputs(self):
        return self.work / "new"

    def saved(self, *words):
        self.asked.append(words)
        return None if self.agrees else "corpus/pickle/abc: unexplained\n"


class Fuzzing(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        (self.root / "work").mkdir()

    def pretend(self, target="pickle", told=False, **members):
        options = fuzzing.Options("libfuzzer", 1, 1, self.root / "build", False, told)
        kind = type("Kind", (Pretended,), members)
        return kind(options, target, self.root / "work")

    def test_progress_is_the_last_line_that_counts(self):
        self.assertEqual(fuzzing.last_progress(LIBFUZZER), "#65536 pulse  cov: 12 ft: 13")
        self.assertEqual(fuzzing.last_progress("execs_done        : 12\nbitmap : 1\n"), "execs_done        : 12")
        self.assertEqual(fuzzing.last_progress("nothing"), "")

    def test_executions(self):
        self.assertEqual(fuzzing.libfuzzer_executions(LIBFUZZER), 65536)
        self.assertEqual(fuzzing.libfuzzer_executions(""), 0)
        self.assertEqual(fuzzing.afl_executions(["execs_done : 12\n", "a : 1\nexecs_done        : 30\n"]), 42)

    def test_unexplained_verdicts(self):
        text = "corpus/pickle/ab: unexplained\nregress/pickle/cd: explained\n2 of them: unexplained things\n"
        self.assertEqual(fuzzing.unexplained(text), ["corpus/pickle/ab"])

    def test_figures_survive_a_clock_that_did_not_move(self):
        self.assertRegex(str(fuzzing.Figures("pair", 10, 2, 0.5)), r"^pair +10 +2\.0 +0\.5 +20$")
        self.assertRegex(str(fuzzing.Figures("pair", 10, 0, 0)), r" 0$")

    def test_a_clean_run(self):
        run = self.pretend()
        self.assertTrue(run.run())
        self.assertEqual(run.figures.executions, 7)
        self.assertEqual(run.asked, [])  # there was nothing new to ask about

    def test_a_failure_is_kept_with_its_command(self):
        run = self.pretend(script="echo '#7 DONE'; echo input >crash-1")
        self.assertFalse(run.run())
        kept = list((self.root / "build/fuzz-failed/pickle").iterdir())
        self.assertEqual([path.read_text() for path in kept], ["input\n"])
        self.assertEqual(len(kept[0].name), 16)

    def test_a_fuzzer_that_does_not_run_is_no_success(self):
        with self.assertRaisesRegex(fuzzing.DidNotRun, "no such thing"):
            self.pretend(script="echo no such thing; exit 1").run()

    def test_new_pickles_are_judged_by_cpython(self):
        script = "echo '#7 DONE'; echo . >new/abc"
        self.assertTrue(self.pretend(script=script).run())

    def test_a_difference_from_cpython_is_found(self):
        script = "echo '#7 DONE'; echo . >new/abc"
        self.assertFalse(self.pretend(script=script, agrees=False).run())
        self.assertTrue((self.root / "build/fuzz-failed/pickle/abc").exists())

    def test_a_difference_may_be_told_only(self):
        script = "echo '#7 DONE'; echo . >new/abc"
        self.assertTrue(self.pretend(told=True, script=script, agrees=False).run())

    def test_other_targets_are_not_asked_about(self):
        self.assertTrue(self.pretend("pair", script="echo '#7 DONE'; echo . >new/abc", agrees=False).run())


unittest.main()
