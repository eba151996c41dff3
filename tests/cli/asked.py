#!/usr/bin/env python3
"""What the programs say of themselves, from one table each: -h, -V, manual page, completion:
asked.py UNDR-CHECK UNDR-MANAGER UNDR-WORKER."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

PROGRAMS = [str(pathlib.Path(path).resolve()) for path in sys.argv[1:4]]


def ask(*words):
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)


class Asked(unittest.TestCase):
    def each(self):
        for program in PROGRAMS:
            with self.subTest(pathlib.Path(program).name):
                yield program, pathlib.Path(program).name

    def test_help_and_version(self):
        for program, name in self.each():
            for short, long in (("-h", "--help"), ("-V", "--version")):
                done = ask(program, short)
                self.assertEqual((done.returncode, done.stderr, done.stdout), (0, "", ask(program, long).stdout))
            self.assertRegex(ask(program, "-V").stdout, rf"^{name} [0-9.]+\n$")

    def test_each_option_is_everywhere(self):
        for program, name in self.each():
            help = ask(program, "--help").stdout
            page = ask(program, "--man").stdout.replace("\\-", "-")
            shells = [ask(program, "--completion", shell).stdout for shell in ("bash", "zsh")]
            options = re.findall(r"^  (?:-., )?(--[a-z-]+)", help, re.M)
            self.assertGreaterEqual(len(options), 2)
            for option in options:
                for text in (page, *shells):
                    self.assertIn(option, text)

    def test_no_other_shell(self):
        for program, name in self.each():
            self.assertEqual(ask(program, "--completion", "fish").returncode, 2)
            self.assertEqual(ask(program, "--completion").returncode, 2)

    def test_bash_completes(self):
        expected = {"undr-check": ("--time", "--timeout-factor"), "undr-manager": ("--grac", "--grace"), "undr-worker": ("--ad", "--address")}
        for program, name in self.each():
            begun, whole = expected[name]
            function = "_" + name.replace("-", "_")
            script = ask(program, "--completion", "bash").stdout + f"COMP_WORDS=({name} x {begun}) COMP_CWORD=2\n{function}\n" \
                'printf "%s\\n" "${COMPREPLY[@]}"\n'
            done = subprocess.run(["bash"], input=script, capture_output=True, text=True)
            self.assertEqual((done.stdout, done.stderr), (whole + "\n", ""))

    def test_zsh_reads_it(self):
        if shutil.which("zsh") is None:
            return print("SKIPPED: no zsh: whether it reads its completion was not tried")
        for program, name in self.each():
            done = subprocess.run(["zsh", "-n"], input=ask(program, "--completion", "zsh").stdout, capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_the_page_is_right_roff(self):
        if shutil.which("man") is None:
            return print("SKIPPED: no man: whether it reads the manual pages was not tried")
        for program, name in self.each():
            done = subprocess.run(["man", "--warnings", "-l", "-"], input=ask(program, "--man").stdout, capture_output=True, text=True,
                                  env=os.environ | {"MANPAGER": "cat", "MANWIDTH": "80"})
            self.assertEqual(done.stderr, "")
            for part in ("SYNOPSIS", "OPTIONS", "EXIT STATUS", name):
                self.assertIn(part, done.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
