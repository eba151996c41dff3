#!/usr/bin/env python3
"""run.py BUILD: `undr-check matrix`: its lists, its tables, its statuses."""
import html.parser
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE / "tests" / "fault"))
sys.path.insert(0, str(SOURCE / "tests" / "cli"))
import harness
import schema
CHECK = str(BUILD / "undr-check")
REFERENCE = {"name": "reference", "manager": ["undr-manager"], "worker": ["undr-worker"]}
BROKEN = {"name": "<b>roken & co", "manager": [str(BUILD / "tests" / "undr-broken"), "--bug", "lifo"]}
ABSENT = {"name": "absent", "command": ["./there-is-no-such-program"]}
PLAYED = ["--only", "manager.life.of-a-task", "--only", "manager.schedule.program-order", "--only", "worker.life.of-a-task", "--workers", "1"]


class Links(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.links, self.ids = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids.add(attributes.get("id"))
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])


class Matrix(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "tmp").mkdir()

    def run_on(self, content, *words):
        path = self.folder / "list.json"
        path.write_text(content if isinstance(content, str) else json.dumps({"implementations": content}))
        return subprocess.run([CHECK, "matrix", str(path), *words], capture_output=True, stdin=subprocess.DEVNULL,
                              text=True, timeout=3000, env={**os.environ, "TMPDIR": str(self.folder / "tmp")})

    def refused(self, part, content, *words):
        done = self.run_on(content, *words)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done)
        self.assertIn(part, done.stderr)

    def test_lists_that_are_wrong(self):
        self.refused("list.json:1:", "{")
        self.refused("it is no list", "[]")
        self.refused("it is no list", '{"implementations": {}}')
        self.refused("list.json: `implementations` is empty; add", [])
        self.refused("list.json: implementation 2: each is an object with a `name`", [REFERENCE, {"command": ["x"]}])
        self.refused("list.json: implementation 1: each is an object with a `name`", ["x"])
        self.refused("it needs a `command`", [{"name": "x"}])
        self.refused("an array of one text or more", [{"name": "x", "command": "words"}])
        self.refused("each word of a command", [{"name": "x", "command": [1]}])
        self.refused("list.json: reference: two implementations have this name; give each its own", [REFERENCE, REFERENCE])
        self.refused("`expect` is a text", [{**REFERENCE, "expect": 5}])
        self.refused("the file that `expect` names can't be read", [{**REFERENCE, "expect": "./nothing"}])
        self.refused("no such member", [{**REFERENCE, "shell": []}])
        self.refused("matrix does not use --tap", [REFERENCE], "--tap")
        self.refused("starts no adapter", [REFERENCE], "--", "x")
        done = subprocess.run([CHECK, "matrix"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("name one list", done.stderr)

    def test_long_lists(self):
        """As many as are allowed, and more: none of them is installed, so that only the tables are made."""
        many = [{"name": f"absent {i}", "command": ["./there-is-no-such-program"]} for i in range(64)]
        done = self.run_on(many, "--markdown", str(self.folder / "m.md"), "--html", str(self.folder / "m.html"))
        self.assertEqual(done.returncode, 2, done)
        self.assertEqual((self.folder / "m.md").read_text().count("not installed"), 64 * (64 + 3))
        self.refused("it has 65 implementations; at most 64 can be run", [*many, REFERENCE])
        self.refused("it has 5000 implementations", [{"name": str(i), "command": ["x"]} for i in range(5000)])

    def test_none_installed(self):
        done = self.run_on([ABSENT])
        self.assertEqual(done.returncode, 2, done)
        self.assertIn("absent is not installed", done.stdout)

    def test_folder_is_no_program(self):
        done = self.run_on([{"name": "folder", "command": ["./tmp"]}])
        self.assertEqual(done.returncode, 2, done)
        self.assertIn("there is no such program", done.stdout)

    def test_nobody_else_is_killed(self):
        """A run that could not be started has no process id; -1 would be everybody. Tried among processes of its own."""
        space = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"]
        shim = BUILD / "tests" / "libfault-shim.so"
        if not shim.exists() or subprocess.run([*space, "true"], stderr=subprocess.DEVNULL).returncode != 0:
            print("SKIPPED: the test that nobody else is killed needs namespaces of process ids, and tests/fault/shim.c")
            return
        (self.folder / "list.json").write_text(json.dumps({"implementations": [REFERENCE]}))
        shell = 'sleep 1000 & LD_PRELOAD=$1 UNDR_FAULT="check fork 1- 11" "$2" matrix "$3"; echo $?; kill $! && echo lives'
        done = subprocess.run([*space, "sh", "-c", shell, "sh", harness.preload(BUILD), CHECK, str(self.folder / "list.json")],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL)
        self.assertIn("Resource temporarily unavailable", done.stderr)
        self.assertEqual(done.stdout.split(), ["3", "lives"], done)

    def test_one_of_each_kind(self):
        words = [str(self.folder / name) for name in ("m.json", "m.md", "pages")]
        done = self.run_on([REFERENCE, BROKEN, ABSENT], *PLAYED, "--json", words[0], "--markdown", words[1], "--html",
                           words[2])
        self.assertEqual(done.returncode, 1, done)
        report = json.loads(pathlib.Path(words[0]).read_text())
        self.assertEqual(schema.mistakes_of(report, "matrix"), [])
        self.assertEqual(["report" in one for one in report["suite"]].count(True), 3)
        self.assertEqual(["report" in one for one in report["pairs"]].count(True), 2)
        suite = {(one["name"], one["role"]): (one["verdict"], one["words"]) for one in report["suite"]}
        pairs = {(one["manager"], one["worker"]): (one["verdict"], one["words"]) for one in report["pairs"]}
        self.assertEqual(suite["reference", "manager"][0], "pass")
        self.assertEqual(suite["reference", "worker"], ("pass", "1 held"))
        self.assertEqual(suite["reference", "pool"], ("none", "-"))
        self.assertEqual(suite["<b>roken & co", "manager"][0], "fail")
        self.assertEqual(suite["absent", "manager"], ("none", "not installed"))
        self.assertEqual(pairs["reference", "reference"], ("pass", "held"))
        self.assertEqual(pairs["<b>roken & co", "reference"], ("fail", "manager: SCHED-3"))
        self.assertEqual(pairs["reference", "<b>roken & co"], ("none", "-"))
        self.assertEqual(pairs["reference", "absent"], ("none", "not installed"))
        for text in (done.stdout, pathlib.Path(words[1]).read_text()):
            for word in ("1 held", "SCHED-3", "not installed", "FAILED"):
                self.assertIn(word, text)
        self.pages(pathlib.Path(words[2]))
        self.assertEqual(list((self.folder / "tmp").iterdir()), [], "files of the runs are left")
        self.site(words[0])

    def pages(self, folder):
        index = (folder / "index.html").read_text()
        self.assertIn("&lt;b&gt;roken &amp; co", index)
        self.assertNotIn("<b>roken", index)
        links = [link for link in Links(index).links if not link.startswith("#")]
        self.assertEqual(len(links), 5, links)  # two roles, one role, two pairs
        for link in links:
            self.assertTrue((folder / link).is_file(), link)
        self.assertIn("SCHED-3", (folder / "pair-2-1.html").read_text())

    def site(self, path):
        output = self.folder / "site"
        subprocess.run([sys.executable, SOURCE / "scripts" / "site", "--check", CHECK, "--matrix", path, output], check=True,
                       stdout=subprocess.DEVNULL)
        page = (output / "pairs.html").read_text()
        self.assertIn("manager: SCHED-3", page)
        self.assertIn("&lt;b&gt;roken &amp; co", page)
        self.assertIn("pairs.html", (output / "index.html").read_text())

    def test_one_page(self):
        page = self.folder / "all.html"
        done = self.run_on([REFERENCE], *PLAYED, "--html", str(page), "--markdown", "-")
        self.assertEqual(done.returncode, 0, done)
        found = Links(page.read_text())
        self.assertEqual(len(found.links), 3)
        for link in found.links:
            self.assertIn(link[1:], found.ids)
        self.assertTrue(done.stdout.startswith("## Against the suite"), done.stdout)

    def test_interrupted(self):
        slow = self.folder / "slow"
        slow.write_text("#!/bin/sh\ncase $1 in capabilities) echo worker;; worker) sleep 1000;; *) exit 89;; esac\n")
        slow.chmod(0o755)
        path = self.folder / "list.json"
        path.write_text(json.dumps({"implementations": [REFERENCE, {"name": "slow", "worker": ["./slow"]}]}))
        with subprocess.Popen([CHECK, "matrix", str(path), *PLAYED], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              env={**os.environ, "TMPDIR": str(self.folder / "tmp")}) as run:
            while not self.running(slow):
                self.assertIsNone(run.poll(), "it has ended by itself")
                time.sleep(0.05)
            run.send_signal(signal.SIGTERM)
            self.assertEqual(run.wait(600), 128 + signal.SIGTERM)
        self.assertFalse(self.running(slow))
        self.assertEqual(list((self.folder / "tmp").iterdir()), [])

    def running(self, path):
        mark = f"{path.parent}/./{path.name}".encode()
        found = []
        for name in os.listdir("/proc"):
            try:
                found += [name] if name.isdigit() and mark in pathlib.Path("/proc", name, "cmdline").read_bytes() else []
            except OSError:
                pass
        return found


if __name__ == "__main__":
    unittest.main()
