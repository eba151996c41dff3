#!/usr/bin/env python3
"""What failed is played again by itself, and every transcript names ports and can be read again:
again.py UNDR-CHECK UNDR-MANAGER UNDR-WORKER UNDR-BROKEN [TEST...]."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree

import schema

HERE = pathlib.Path(__file__).resolve().parent
CHECK, MANAGER, WORKER, BROKEN = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:5])
SCHEMA = json.loads((HERE.parents[1] / "conformance" / "report.schema.json").read_text())
CASES = str(HERE / "cases")
# On a busy machine, too, the time is enough for all that is to be played again.
ENOUGH = ["--timeout-factor", "20"]
ALWAYS = ["--cases", CASES, "--only", "manager.user-bad.wrong", "--delivery", "whole", *ENOUGH]
# A manager that answers `n` with nonsense in the starts of its process that FAILS names, counted in a file.
FLAKY = """#!{python}
import os, socket, struct, sys
if sys.argv[1] == "capabilities": print("manager")
elif sys.argv[1] != "manager": sys.exit(89)
else:
    with open({count!r}, "a+") as file:
        file.write("x"); file.flush(); file.seek(0); start = len(file.read())
    server = socket.create_server(("127.0.0.1", 0))
    print("ready", server.getsockname()[1], flush=True)
    if os.fork() == 0:
        while True:
            peer = server.accept()[0]
            while kind := peer.recv(9, socket.MSG_WAITALL):
                answer = b"\\x80\\4N." if start not in {fails!r} else b"\\x80\\4K\\1."
                peer.sendall(struct.pack("<cQ", b"t", 4) + answer)
            peer.close()
    server.close()
    sys.stdin.read()
    os.kill(0, 0)
"""


def python():
    """The interpreter itself, where python3 is a script that looks for it."""
    return os.path.realpath(sys.executable)


class Behaviour(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="undr-again-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def run_check(self, status, *words):
        done = subprocess.run([CHECK, *map(str, words)], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=300)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def reports(self, status, *words):
        """The output, and each report."""
        files = ["--json", "r.json", "--junit", "r.xml", "--html", "r.html"]
        before = words.index("--")
        self.run_check(status, *words[:before], *files, *words[before:])
        done = self.run_check(status, *words)
        report = json.loads((self.folder / "r.json").read_text())
        self.assertEqual(schema.mistakes(report, SCHEMA, SCHEMA), [])
        return done.stdout, report, xml.etree.ElementTree.parse(self.folder / "r.xml"), (self.folder / "r.html").read_text()


class Again(Behaviour):
    def flaky(self, *fails):
        """Which start it is (the survey is among them) is counted anew."""
        adapter = self.folder / "flaky.py"
        count = self.folder / "starts"
        count.unlink(missing_ok=True)
        adapter.write_text(FLAKY.format(python=python(), count=str(count), fails=set(fails)))
        adapter.chmod(0o755)
        return adapter

    def starts(self):
        return len((self.folder / "starts").read_text())

    def test_it_fails_each_time(self):
        text, report, junit, html = self.reports(1, "manager", *ALWAYS, "--", MANAGER)
        self.assertRegex(text, r"\n    again     failed 3 of 3 plays\n    alone ")
        self.assertEqual(report["roles"][0]["cases"][0]["again"], {"delivery": "whole", "plays": 3, "failed": 3, "broken": 0})
        properties = {one.get("name"): one.get("value") for one in junit.iter("property")}
        self.assertEqual(properties["again manager.user-bad.wrong"], "failed 3 of 3 plays")
        self.assertIn("\nagain: failed 3 of 3 plays\n", "".join(junit.find(".//failure").itertext()))
        self.assertIn("<dt>again</dt><dd><code>failed 3 of 3 plays</code></dd>", html)
        tap = self.run_check(1, "manager", "--tap", *ALWAYS, "--", MANAGER).stdout
        self.assertIn("\n# manager.user-bad.wrong: failed 3 of 3 plays\n", tap)

    def test_it_fails_at_times(self):
        words = ["manager", "--cases", CASES, "--only", "manager.user.good", "--delivery", "whole", *ENOUGH]
        adapter = self.flaky()
        self.run_check(0, *words, "--", adapter)
        first = self.starts()  # of the play behind the survey
        for fails, says in [([first], "failed 1 of 3 plays: flaky"), ([first, first + 2], "failed 2 of 3 plays: flaky"),
                            ([first, first + 1, first + 2], "failed 3 of 3 plays")]:
            with self.subTest(says):
                done = self.run_check(1, *words, "--", self.flaky(*fails))  # what failed once has failed
                self.assertIn(f"again     {says}\n", done.stdout)
                self.assertIn("1 failed a MUST", done.stdout)
                self.assertEqual(self.starts(), first + 2)
        self.run_check(1, *words, "--json", "r.json", "--", self.flaky(first))
        self.assertEqual(json.loads((self.folder / "r.json").read_text())["roles"][0]["cases"][0]["again"],
                         {"delivery": "whole", "plays": 3, "failed": 1, "broken": 0})
        self.run_check(0, *words, "--", self.flaky(first + 1))  # what passed is not played again

    def test_how_often(self):
        for number, says in (("0", None), ("1", "failed 2 of 2 plays"), ("4", "failed 5 of 5 plays")):
            done = self.run_check(1, "manager", "--again", number, *ALWAYS, "--", MANAGER)
            self.assertEqual(re.findall(r"again     (.*)", done.stdout), [says] if says else [])
        self.run_check(2, "manager", "--again", "x", *ALWAYS, "--", MANAGER)
        for option in (["--repeat", "2"], ["--until-fail"]):  # all is repeated anyway
            self.assertNotIn("again  ", self.run_check(1, "manager", *option, *ALWAYS, "--", MANAGER).stdout)

    def test_what_is_expected_is_not_played_again(self):
        (self.folder / "known").write_text("fail manager.user-bad.wrong because\n")
        adapter = self.folder / "counts"
        adapter.write_text(f'#!/bin/sh\n[ "$1" = manager ] && echo x >>{self.folder}/starts\nexec {MANAGER} "$@"\n')
        adapter.chmod(0o755)
        self.run_check(0, "manager", "--expect", "known", *ALWAYS, "--", adapter)
        expected = self.starts()
        (self.folder / "starts").unlink()
        self.run_check(0, "manager", "--cases", CASES, "--only", "manager.user.good", "--delivery", "whole", "--", adapter)
        self.assertEqual(self.starts(), expected)
        (self.folder / "starts").unlink()
        # one that fails otherwise than expected is
        (self.folder / "known").write_text("warn manager.user-bad.wrong because\n")
        self.assertIn("failed 3 of 3", self.run_check(1, "manager", "--expect", "known", *ALWAYS, "--", adapter).stdout)

    def test_the_rate_of_a_flaky_case(self):
        (self.folder / "known").write_text("flaky manager.user.good it is slow\n")
        words = ["manager", "--cases", CASES, "--only", "manager.user.good", "--delivery", "whole", *ENOUGH]
        adapter = self.flaky()
        self.run_check(0, *words, "--", adapter)
        first = self.starts()
        self.run_check(0, *words, "--jobs", "1", "--repeat", "3", "--expect", "known", "--json", "r.json",
                       "--", self.flaky(first + 1))
        case = json.loads((self.folder / "r.json").read_text())["roles"][0]["cases"][0]
        self.assertEqual((case["standing"], case["remark"]), ("expected", "flaky as expected: failed 1 of 3 plays (it is slow)"))

    def test_a_target_that_fails_everywhere_costs_little(self):
        """Many cases of one kind are one; of many kinds the first few are played again."""
        wrong = ["A <- m", "A <- s", "A <- end", "A <- t WorkerException", "A <- 0x80", "A quiet", "A <- t 'x'", "A pauses"]
        lines = [f"case manager.my.x{number}\n  must REQ-1  x\n  A -> n\n  {step}\n"
                 for number, step in enumerate(wrong * 4)]
        (self.folder / "my.case").write_text("\n".join(lines))
        self.run_check(1, "manager", "--cases", "my.case", "--only", "manager.my.*", "--delivery", "whole", *ENOUGH,
                       "--json", "r.json", "--", MANAGER)
        cases = json.loads((self.folder / "r.json").read_text())["roles"][0]["cases"]
        again = [case["again"]["plays"] for case in cases if "again" in case]
        self.assertGreater(len([case for case in cases if case["standing"] == "fail"]), 20)  # `pauses` may look too late
        self.assertEqual(again, [3] * 6)

    def test_a_target_that_is_slow_to_fail_has_a_bound(self):
        """Each play waits a whole limit in vain: by far not all of a hundred repetitions are played."""
        body = ('import socket, sys\nif sys.argv[1] == "capabilities": print("manager")\n'
                'elif sys.argv[1] != "manager": sys.exit(89)\n'
                'else:\n  s = socket.create_server(("127.0.0.1", 0)); print("ready", s.getsockname()[1], flush=True)\n'
                '  p = s.accept()[0]\n  while p.recv(9): p.sendall(b"t\\4" + bytes(7) + b"\\x80\\4N.")\n')
        adapter = self.folder / "slow"
        adapter.write_text(f"#!{python()}\n{body}")
        adapter.chmod(0o755)
        (self.folder / "my.case").write_text("case manager.my.slow\n  must NEXT-2  x\n  A -> n\n  A <- t None\n  A <- t None\n")
        begin = time.monotonic()
        done = self.run_check(1, "manager", "--cases", "my.case", "--only", "manager.my.slow", "--delivery", "whole",
                              "--again", "100", "--", adapter)
        self.assertGreater(time.monotonic() - begin, 0)
        failed = int(re.search(r"failed (\d+) of \1 plays", done.stdout).group(1))
        self.assertTrue(2 <= failed < 50, failed)

    def test_an_interrupt_ends_it(self):
        words = [CHECK, "manager", "--again", "1000", *ALWAYS, "--json", "r.json", "--", MANAGER]
        run = subprocess.Popen(words, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.addCleanup(run.stdout.close)
        next(line for line in run.stdout if "playing 1 case that failed again" in line)
        run.terminate()
        self.assertEqual(run.wait(timeout=60), 128 + 15)
        self.assertEqual(json.loads((self.folder / "r.json").read_text())["roles"][0]["cases"][0]["standing"], "fail")

    def test_every_role(self):
        for role, program in (("manager", MANAGER), ("pool", MANAGER), ("worker", WORKER)):
            step = "A <- t b'x'" if role == "worker" else "A -> n\n  A <- t b'x'"
            (self.folder / "my.case").write_text(f"case {role}.my.wrong\n  must REQ-1  x\n  {step}\n")
            done = self.run_check(1, role, "--cases", "my.case", "--only", f"{role}.my.wrong", "--delivery", "whole",
                                  *ENOUGH[:1], "2", "--", program)
            self.assertRegex(done.stdout, r"failed ([23]) of \1 plays")  # a worker that gets nothing waits for long


class Transcripts(Behaviour):
    def test_the_port_is_that_of_the_log(self):
        """In the manager's own log stands who connected from where."""
        (self.folder / "my.case").write_text("case manager.my.two\n  must REQ-1  x\n  A -> n\n  A <- t None\n  B -> bad n b'x'\n"
                                             "  B <- end\n  A -> n\n  A <- t None\n")
        self.run_check(0, "manager", "-v", "--cases", "my.case", "--only", "manager.my.two", "--delivery", "whole",
                       "--json", "r.json", "--", MANAGER)
        play = json.loads((self.folder / "r.json").read_text())["roles"][0]["cases"][0]["deliveries"][0]
        lines = [line for line in play["transcript"].splitlines() if line.startswith("  ")]
        named = [re.match(r"  ([AB])(?:\(:(\d+)\))? ", line).groups() for line in lines]
        self.assertEqual([name for name, port in named if port], ["A", "B"])
        self.assertEqual([port is not None for _, port in named], [True, False, True, False, False, False])
        port = dict(pair for pair in named if pair[1])["B"]
        self.assertIn(f"127.0.0.1:{port}: ", play["output"])

    def test_a_new_connection_of_the_same_name_has_a_new_port(self):
        (self.folder / "my.case").write_text("case manager.my.twice\n  must REQ-1  x\n  A -> n\n  A <- t None\n  A -> close\n"
                                             "  A -> open\n  A -> n\n  A <- t None\n")
        done = self.run_check(0, "manager", "-v", "--cases", "my.case", "--only", "manager.my.twice", "--delivery", "whole",
                              "--", MANAGER)
        self.assertEqual(len(set(re.findall(r"A\(:(\d+)\) ", done.stdout))), 2, done.stdout)

    def test_a_workers_port_is_its_own(self):
        done = self.run_check(0, "worker", "-v", "--only", "worker.life.*", "--delivery", "whole", "--", WORKER)
        harness = re.search(r"worker --port (\d+)", done.stdout).group(1)
        self.assertNotEqual(re.search(r"A\(:(\d+)\) <- n", done.stdout).group(1), harness)

    def test_transcripts_are_cases_again(self):
        """Of all cases that pass: what is no block, not shortened, and of a kind that a case can say."""
        read, skipped = 0, 0
        for role, program in (("manager", MANAGER), ("worker", WORKER), ("pool", MANAGER)):
            self.run_check(0, role, "-v", "--delivery", "whole", "--json", "r.json", "--", program)
            cases = json.loads((self.folder / "r.json").read_text())["roles"][0]["cases"]
            folder = self.folder / role
            folder.mkdir()
            for number, case in enumerate(cases):
                transcript = case["deliveries"][0].get("transcript", "") if case["verdict"] == "pass" else ""
                # a repeat, unrolled; a name, which stands for what was bound
                # a value that is too deep for the notation is printed as Python would
                if not transcript or "bytes)" in transcript or "undr_conformance." in transcript or re.search(
                        r"^  ([A-Z]\[\d|(kill|gone) \?)", transcript, re.M):
                    skipped += 1
                    continue
                started = re.search(r"--workers (\d+) --priority-levels (\d+)", transcript)
                role_line = "  role {} workers {} levels {}{}\n".format(
                    role, *started.groups(), " log-directory" * ("--log-directory" in transcript)) if started else ""
                head = f"case {role}.t.x{number}\n  must REQ-1  x\n" + role_line
                (folder / f"{number}.case").write_text(head + transcript)
                read += 1
            done = subprocess.run([CHECK, "parse", *sorted(folder.iterdir())], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, f"{role}: {done.stdout}{done.stderr}")
        self.assertGreater(read, 3 * skipped)


if __name__ == "__main__":
    unittest.main(argv=["again.py", *sys.argv[5:]], verbosity=2)
