#!/usr/bin/env python3
"""Text from outside, as nasty as it gets, in every place of every report: real parsers of the formats read back what it
was: formats.py UNDR-CHECK UNDR-MANAGER [TEST...].

What no format should carry (control characters, bytes that are no UTF-8) is written as \\xNN or \\uNNNN; meaning() undoes
that on both sides."""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import schema

HERE = pathlib.Path(__file__).resolve().parent
CHECK, MANAGER = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
SCHEMA = json.loads((HERE.parents[1] / "conformance" / "report.schema.json").read_text())

NASTY = [text if isinstance(text, bytes) else text.encode() for text in [
    "plain", "my: cases", "%d %s %n %%", "*x", "&anchor", "!tag", "- item", "? key", "| block", "> folded", "@at", "`tick`",
    "{}", "[]", "{a: 1}", "yes", "null", "~", "1e3", "0x10", "2026-01-02", "=", "<<", "---", "...", "--- x", "#comment",
    "x # SKIP it", "#TODO", "\\#TODO", "\\# TODO", "\\", "back\\slash\\", "'", '"', "it's \"quoted\"", "''", '"" ""', "\\\"", "\\x1b",
    "a & b < c > d", "]]>", "<![CDATA[x", "&amp;&#x41;&#0;", "<pre><script>alert(1)<script>", "<!-- x --", "<?xml?>",
    "$(touch pwned)", "`touch pwned`", "$HOME", "!!", "a;b|c&d", "~root", "A=1", "-rf", "--", "*?[a]", "{a,b}",
    "Bail out! x", "ok 1 - fake", "1..99", "TAP version 14", "tab\there", "line\nbreak", "\nfirst", "last\n", "last\n\n",
    "two\n\n\nthree", "\r\n", "carriage\rreturn", " blank ", "  two", "trailing  ", "\t", "\x1b[31mred\x07", "\x01\x1f\x7f",
    b"\xff\xfe", b"cut \xe2\x80", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", "é 中 😀", "\u0085next",
    "\u2028line\u2029par", "\ufeffbom", "\u202eright", "\u200e\u2066", "\u00a0nbsp", "\ufffe", "\uffff", "\ufdd0",
    "\U0001ffff", "a\u0301", "long " + "ab" * 100, "\\n", "\\u0041", "\\x41", "%41", "\u3000", "x: |\n  y", "a\n b\n  c",
    "50%\n%d\\n\x01",
]]

# A case that fails, one that is expected to, one that fails otherwise than expected, one that is skipped.
SUITE = b"""case manager.nasty.fails
  must REQ-1  %(sentence)s
  A -> n
  A <- t 'nothing'

case manager.nasty.expected
  must REQ-1  x
  A -> n
  A <- t 'nothing'

case manager.nasty.changed
  must REQ-1  x
  A -> n
  A <- t 'nothing'
"""
ADAPTER = """#!/bin/sh
shift
[ "$1" = manager ] && cat %s >&2
exec %s "$@"
"""


def meaning(text):
    """The bytes of a text, with what was written as \\xNN, \\uNNNN or \\UNNNNNNNN put back. \\x85 is a byte or U+0085, which
    are one here."""
    def put_back(match):
        digits = match.group(1)[1:].decode()
        if len(digits) == 2:
            return bytes.fromhex(digits)
        number = int(digits, 16)
        return chr(number).encode("utf-8", "surrogatepass") if number <= 0x10ffff else match.group(0)
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    data = re.sub(rb"\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})", put_back, data)
    return re.sub(rb"\xc2([\x80-\xbf])", rb"\1", data)


def trimmed(text):
    """Without Unicode's blanks around it."""
    return meaning(text).decode(errors="backslashreplace").strip()


def meant_for_a_case(data):
    """Without what the notation refuses: a case is text."""
    return re.sub("[\x00-\x1f\x7f-\x9f]", "", data.decode(errors="ignore")).encode()


def one_line(data):
    return data.replace(b"\n", b" ")


def python_with(module):
    for python in [sys.executable, "/usr/bin/python3"]:
        if subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode == 0:
            return python
    raise AssertionError(f"no python3 has the module {module}: scripts/setup --all installs it")


def read_by(words, value):
    done = subprocess.run(words, input=json.dumps(value), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Run:
    """One run with a nasty text in all places, and what the parsers make of its reports."""

    def __init__(self, folder, index, nasty):
        self.folder, self.nasty = folder / str(index), nasty
        self.folder.mkdir()
        self.name = nasty.replace(b"/", b"") if nasty.strip(b".") else b"dots" + nasty  # of a folder
        self.entry = b"x" + re.sub(rb"\s", b"_", nasty)                # of a case that does not exist
        self.sentence = meant_for_a_case(one_line(nasty)).strip() or b"none"
        self.reason = one_line(nasty).strip() or b"none"
        self.output = nasty * (1 if len(nasty) > 100 else 3)
        self.argument = nasty

    def path(self, name):
        return os.path.join(os.fsencode(self.folder), name)

    def write(self, name, data, mode=0o644):
        path = self.path(name)
        with open(path, "wb") as file:
            file.write(data)
        os.chmod(path, mode)
        return path

    def prepare(self):
        os.mkdir(self.path(self.name))
        self.case = os.path.join(self.name, b"my.case")
        self.write(self.case, SUITE % {b"sentence": self.sentence})
        output = self.write(b"output", self.output)
        self.adapter = self.write(b"adapter", (ADAPTER % (shlex.quote(os.fsdecode(output)), MANAGER)).encode(), 0o755)
        self.expect = os.path.join(self.name, b"known")
        self.write(self.expect, b"fail manager.nasty.expected " + self.reason + b"\nwarn manager.nasty.changed " +
                   self.reason + b"\nfail " + self.entry + b" reason\n")
        self.program = os.path.join(self.name, b"undr-check")
        os.symlink(CHECK, self.path(self.program))

    def play(self):
        self.prepare()
        program = os.path.join(b".", self.program)
        cases = os.path.join(b".", self.name) if self.name.startswith(b"-") else self.name
        self.cases = cases
        self.called = program
        self.command = [self.adapter, self.argument]
        words = [program, b"manager", b"--again", b"0", b"--delivery", b"whole", b"--cases", cases, b"--only",
                 b"manager.nasty.*", b"--expect", self.expect if cases == self.name else b"./" + self.expect, b"--tap",
                 b"--json", b"r.json", b"--junit", b"r.xml", b"--html", b"r.html", b"--", *self.command]
        done = subprocess.run(words, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True)
        self.status, self.tap_text, self.said = done.returncode, done.stdout, done.stderr
        self.write(b"r.tap", done.stdout)
        words = ["xmllint", "--noout", "--schema", HERE / "junit.xsd", self.path(b"r.xml")]
        self.xmllint = subprocess.run(words, capture_output=True, text=True)
        return self


def tap_of(run, name):
    """The result of a case, and the YAML behind it."""
    for index, one in enumerate(run.tap["results"]):
        if one["type"] == "test" and name in one["description"]:
            following = run.tap["results"][index + 1:index + 3]
            return one, next((other for other in following if other["type"] == "yaml"), None)
    raise AssertionError(f"no {name} in {run.tap}")


class Formats(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="undr-formats-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            runs = [Run(cls.folder, index, nasty) for index, nasty in enumerate(NASTY)]
            cls.runs = list(pool.map(Run.play, runs))
        played = cls.runs
        taps = read_by(["perl", str(HERE / "readers" / "tap.pl")], [os.fsdecode(run.path(b"r.tap")) for run in played])
        pages = read_by([python_with("html5lib"), str(HERE / "readers" / "html.py")],
                        [os.fsdecode(run.path(b"r.html")) for run in played])
        for run, tap, page in zip(played, taps, pages):
            run.tap, run.page = tap, page
        yamls = [one for run in played for one in run.tap["results"] if one["type"] == "yaml"]
        texts = ["".join(f"{line[2:]}\n" for line in one["raw"].split("\n")) for one in yamls]
        for one, value in zip(yamls, read_by([python_with("yaml"), str(HERE / "readers" / "yaml11.py")], texts)):
            one["1.1"] = value

    def test_all_were_played(self):
        for run in self.runs:
            with self.subTest(run.nasty):
                self.assertEqual(run.status, 1, run.said)

    def assert_means(self, text, data, message=None):
        self.assertEqual(meaning(text), meaning(data), message)

    def assert_holds(self, text, data):
        self.assertIn(meaning(data), meaning(text))

    def test_no_control_character_is_in_any_report(self):
        for run in self.runs:
            with self.subTest(run.nasty):
                for name in (b"r.tap", b"r.json", b"r.xml", b"r.html"):
                    with open(run.path(name), "rb") as file:
                        text = file.read().decode()
                    self.assertNotRegex(text, "[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]", name)
                self.assertNotRegex(run.said.decode(), "[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")

    def test_tap_is_what_happened_and_nothing_else(self):
        for run in self.runs:
            with self.subTest(run.nasty):
                self.assertEqual(run.tap["errors"], [])
                tests = [one for one in run.tap["results"] if one["type"] == "test"]
                self.assertEqual([(one["ok"], one["directive"]) for one in tests],
                                 [(0, ""), (0, "TODO"), (0, ""), (0, "")])
                self.assertEqual([one for one in run.tap["results"] if one["type"] in ("bailout", "unknown")], [])
                # its reader cuts off all of Unicode's blanks
                self.assertEqual(trimmed(tests[1]["explanation"]), trimmed(b"expected: " + run.reason))
                escaped = tests[3]["description"].removeprefix("- ")
                self.assertEqual(trimmed(re.sub(r"\\([\\#])", r"\1", escaped)), trimmed(run.entry))

    def test_yaml_of_tap(self):
        for run in self.runs:
            with self.subTest(run.nasty):
                _, yaml = tap_of(run, "manager.nasty.fails")
                for version in ("1.1", "1.2", "prove"):
                    # prove knows no \u in its YAML
                    read = {key: text.replace("\\u2028", "\u2028").replace("\\u2029", "\u2029").replace("\\uFEFF", "\ufeff")
                            if version == "prove" else text for key, text in yaml[version].items()}
                    self.assertEqual(set(read), {"verdict", "delivery", "file", "line", "level", "requirement", "sentence",
                                                 "step", "expected", "received", "transcript", "alone",
                                                 *(["output"] if run.output.strip() else [])}, version)
                    self.assertEqual(meaning(read["file"]), meaning(run.cases + b"/my.case"), version)
                    self.assert_means(read["sentence"], run.sentence, version)
                    self.assertEqual(meaning(read.get("output", "")).strip(), meaning(run.output).strip(), version)
                    self.assert_means(read["received"], b"A <- t None", version)
                    self.assertEqual(read["alone"], self.alone_of(run), version)
                self.assertEqual(yaml["1.1"]["line"], 4)
                self.assertEqual(yaml["1.1"], yaml["1.2"])

    def alone_of(self, run):
        report = json.loads(pathlib.Path(os.fsdecode(run.path(b"r.json"))).read_text())
        return report["roles"][0]["cases"][0]["alone"]

    def test_json(self):
        for run in self.runs:
            with self.subTest(run.nasty):
                report = json.loads(pathlib.Path(os.fsdecode(run.path(b"r.json"))).read_text())
                self.assertEqual(schema.mistakes(report, SCHEMA, SCHEMA), [])
                fails, expected, changed = report["roles"][0]["cases"]
                for word, given in zip(report["command"], run.command):
                    self.assert_means(word, given)
                self.assert_means(fails["file"], run.cases + b"/my.case")
                self.assert_means(fails["requirements"][0]["sentence"], run.sentence)
                self.assert_means(fails["deliveries"][0]["requirement"]["sentence"], run.sentence)
                self.assert_means(fails["deliveries"][0].get("output", ""), run.output)
                self.assert_means(expected["remark"], b"expected: " + run.reason)
                self.assert_holds(changed["remark"], b"(" + run.reason + b")")
                self.assert_means(report["unmatched"][0]["case"], run.entry)

    def test_junit(self):
        for run in self.runs:
            with self.subTest(run.nasty):
                self.assertEqual(run.xmllint.returncode, 0, run.xmllint.stderr)
                suite = xml.etree.ElementTree.parse(os.fsdecode(run.path(b"r.xml"))).getroot().find("testsuite")
                adapter = suite.find("properties/property[@name='adapter']").get("value")
                self.assertEqual(self.words_of(run, adapter), run.command)
                failures = suite.findall("testcase/failure")
                text = "".join(failures[0].itertext())
                self.assert_holds(text, run.cases + b"/my.case:4 (delivery whole)\n")
                self.assert_means(failures[0].get("message"), b"MUST REQ-1: " + run.sentence)
                if run.output.strip():
                    self.assert_holds(text, b"output of the target: " + run.output.strip() + b"\n")
                self.assert_holds(failures[1].get("message"), b"(" + run.reason + b")")
                self.assert_holds("".join(suite.find("system-out").itertext()), b"expected: " + run.reason + b"\n")
                self.assertIn(f"alone: {self.alone_of(run)}\n", text)

    def test_html(self):
        for run in self.runs:
            with self.subTest(run.nasty):
                texts = {meaning(text) for _, _, text in run.page}
                titles = {meaning(attributes["title"]) for _, attributes, _ in run.page if "title" in attributes}
                self.assertIn(meaning(run.cases + b"/my.case:4"), texts)
                self.assertIn(meaning(b"MUST REQ-1 " + run.sentence), texts)
                self.assertIn(meaning(run.sentence), titles)
                if run.output:
                    self.assertIn(meaning(run.output), {text.rstrip(b"\0") for text in texts})
                self.assertIn(meaning(run.entry), texts)
                self.assertIn(meaning(b"expected: " + run.reason), texts)
                self.assertIn(self.alone_of(run), [text for tag, _, text in run.page if tag == "code"])
                tags = {tag for tag, _, _ in run.page}
                self.assertEqual(tags & {"script", "b", "img", "a"}, {"script", "a"})
                self.assertEqual([tag for tag, _, _ in run.page].count("script"), 1)  # our own, of the filter

    # ---- what is printed to be pasted ----

    def words_of(self, run, command, shell="sh"):
        """How a shell splits a command: its first word is replaced by a program that prints its words."""
        shower = run.write(b"show", b"#!/bin/sh\nfor word; do printf '%s\\0' \"$word\"; done\n", 0o755)
        line = f'show() {{ for word; do printf "%s\\0" "$word"; done; }}; set -f; show {command}'
        if command.startswith("eval "):
            inner = subprocess.run([shell, "-c", command.replace("eval", "printf %s", 1)], capture_output=True).stdout
            line = os.fsdecode(b'show() { for word; do printf "%s\\0" "$word"; done; }; set -f; show ' + inner)
        done = subprocess.run([shell, "-c", line], cwd=run.folder, capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (0, b""), line)
        os.remove(shower)
        return done.stdout.split(b"\0")[:-1]

    def test_the_command_can_be_pasted(self):
        for run in self.runs:
            with self.subTest(run.nasty):
                alone = self.alone_of(run)
                self.assertNotIn("\n", alone)
                program = run.path(run.program)
                os.remove(program)
                run.write(run.program, b"#!/bin/sh\nfor word; do printf '%s\\0' \"$word\"; done >words\n", 0o755)
                wanted = [b"manager", b"--cases", run.cases, b"--only", b"manager.nasty.fails", b"--delivery", b"whole", b"--",
                          *run.command]
                for shell in ("sh", "bash"):
                    done = subprocess.run([shell, "-c", alone], cwd=run.folder, capture_output=True)
                    self.assertEqual((done.returncode, done.stderr), (0, b""), alone)
                    with open(run.path(b"words"), "rb") as file:
                        self.assertEqual(file.read().split(b"\0")[:-1], wanted, alone)
                os.remove(program)
                os.symlink(CHECK, program)
                self.assertFalse((run.folder / "pwned").exists())


class Refused(unittest.TestCase):
    """A target that could not be judged: what it said is the reason, in every report."""

    def play(self, number, said):
        folder = self.folder / str(number)
        folder.mkdir()
        (folder / "said").write_bytes(b"boom <&> " + said + b" end")
        adapter = folder / "adapter"
        adapter.write_text(f'#!/bin/sh\n[ "$1" = capabilities ] && echo manager && exit\n[ "$1" = manager ] || exit 89\n'
                           f'cat {folder}/said >&2\nexit 1\n')
        adapter.chmod(0o755)
        done = subprocess.run([CHECK, "manager", "--only", "manager.life.*", "--tap", "--json", "r.json", "--junit", "r.xml",
                               "--html", "r.html", "--", adapter], cwd=folder, stdin=subprocess.DEVNULL,
                              capture_output=True)
        (folder / "r.tap").write_bytes(done.stdout)
        return folder, done

    def test_what_it_said(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="undr-formats-"))
        self.addCleanup(shutil.rmtree, self.folder)
        texts = [one_line(nasty).replace(b"\r", b" ") for nasty in NASTY] + [b"long " * 20000]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            runs = list(pool.map(self.play, range(len(texts)), texts))
        taps = read_by(["perl", str(HERE / "readers" / "tap.pl")], [str(folder / "r.tap") for folder, _ in runs])
        pages = read_by([python_with("html5lib"), str(HERE / "readers" / "html.py")],
                        [str(folder / "r.html") for folder, _ in runs])
        for text, (folder, done), tap, page in zip(texts, runs, taps, pages):
            with self.subTest(text[:100]):
                self.assertEqual(done.returncode, 1, done.stderr)
                why = json.loads((folder / "r.json").read_text())["roles"][0]["why"]
                lint = subprocess.run(["xmllint", "--noout", "--schema", HERE / "junit.xsd", folder / "r.xml"],
                                      capture_output=True, text=True)
                self.assertEqual(lint.returncode, 0, lint.stderr)
                failure = xml.etree.ElementTree.parse(folder / "r.xml").getroot().find("testsuite/testcase/failure")
                self.assertEqual(meaning(failure.get("message")), meaning(why))
                bail = [one for one in tap["results"] if one["type"] == "bailout"][0]["explanation"]
                self.assertEqual(meaning(bail).split(b"manager: ", 1)[1], meaning(why))
                self.assertIn(meaning(why), [meaning(other) for _, _, other in page])
                wanted = b"long long" if len(text) > 10000 else meaning(b"boom <&> " + text)[:60]
                self.assertIn(b" ".join(wanted.split()), b" ".join(meaning(why).split()))
                self.assertNotRegex((done.stderr + done.stdout).decode(), "[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")


if __name__ == "__main__":
    unittest.main(argv=["formats.py", *sys.argv[3:]], verbosity=2)
