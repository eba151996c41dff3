#!/usr/bin/env python3
"""Reports that are compared and joined, known failures with their cause, summaries for a CI, a worker that the user starts:
compare.py UNDR-CHECK UNDR-MANAGER UNDR-WORKER UNDR-BROKEN [TEST...]."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import schema

CHECK, MANAGER, WORKER, BROKEN = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:5])
SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
SCHEMA = json.loads((SOURCE / "conformance" / "report.schema.json").read_text())
LIFO = [BROKEN, "--bug", "lifo"]
# Without the case that a slow machine may leave undecided.
SCHEDULE = ["--only", "manager.schedule.*", "--skip", "manager.schedule.sixty-five-thousand-waiting", "--seed", "1", "--again", "0", "--delivery", "whole"]


def check(*words, **options):
    return subprocess.run([CHECK, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)


class Compared(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="undr-compare-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def report(self, name, *words):
        path = self.folder / (name + ".json")
        check(*words[:1], "--json", path, *words[1:])
        return path

    def assert_status(self, status, done, *says):
        text = done.stdout + done.stderr
        self.assertEqual(done.returncode, status, text)
        for part in says:
            self.assertIn(part, text)
        return done


class Facts(Compared):
    def test_each_format_says_what_was_tested(self):
        adapter = self.folder / "adapter"
        adapter.write_text(f'#!/bin/sh\nif [ "$1" = capabilities ]; then printf "name Zebra\\nversion 7.5.1\\nlanguage stripes 3.2.1\\nhome at.the/zoo\\n"; '
                           f'fi\nexec {MANAGER} "$@"\n')
        adapter.chmod(0o755)
        paths = {kind: self.folder / kind for kind in ("json", "html", "junit", "markdown")}
        words = [word for kind, path in paths.items() for word in (f"--{kind}", str(path))]
        done = check("manager", "--only", "manager.life.*", "--tap", *words, "--", adapter)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        spec = hashlib.sha256(b"".join((SOURCE / "spec" / name).read_bytes() for name in ("protocol.md", "adapter.md"))).hexdigest()
        version = check("--version").stdout.split()[1]
        texts = {kind: path.read_text() for kind, path in paths.items()} | {"tap": done.stdout}
        seed = re.search(r"seed (\d+)$", done.stderr, re.MULTILINE).group(1)  # not in the command
        for kind, text in texts.items():
            plain = text.replace("\\", "")
            for part in ("Zebra", "7.5.1", "stripes 3.2.1", "at.the/zoo", spec, os.uname().release, os.uname().nodename,
                         seed, "--only", "manager.life.", time.strftime("%Y-%m-%dT", time.gmtime()), version):
                with self.subTest(format=kind, part=part):
                    self.assertIn(part, plain)
        self.assertEqual(list(schema.mistakes(json.loads(texts["json"]), SCHEMA, SCHEMA)), [])


class Diff(Compared):
    def test_what_got_worse_is_named_by_its_requirement(self):
        good = self.report("good", "manager", *SCHEDULE, "--", MANAGER)
        bad = self.report("bad", "manager", *SCHEDULE, "--", *LIFO)
        done = self.assert_status(1, check("diff", good, bad), "got worse", "SCHED-3", "pass -> fail", "good.json", "bad.json")
        self.assertNotIn("got better", done.stdout)
        done = self.assert_status(0, check("diff", bad, good), "got better", "fail -> pass", "Nothing got worse.")
        self.assert_status(0, check("diff", bad, bad), " as before. Nothing got worse.")
        self.assert_status(1, check("diff", "--format", "markdown", good, bad), "| SCHED-3 | ")
        changes = json.loads(check("diff", "--format", "json", good, bad).stdout)
        self.assertEqual({change["kind"] for change in changes["changes"]}, {"regressed"})
        self.assertEqual(len(changes["changes"]), changes["counts"]["regressed"])

    def test_a_target_that_does_not_say_its_name(self):
        adapter = self.folder / "nameless"
        adapter.write_text(f'#!/bin/sh\nif [ "$1" = capabilities ]; then echo manager; exit; fi\nexec {MANAGER} "$@"\n')
        adapter.chmod(0o755)
        report = self.report("nameless", "manager", "--only", "manager.life.*", "--", adapter)
        self.assert_status(0, check("diff", report, report), "nameless.json: undr-check ")

    def test_another_cause_new_gone_skipped(self):
        old = json.loads(self.report("old", "manager", *SCHEDULE, "--", *LIFO).read_text())
        cases = old["roles"][0]["cases"]
        failed = next(case for case in cases if case["verdict"] == "fail")
        passed = [case for case in cases if case["verdict"] == "pass"]
        new = json.loads(json.dumps(old))
        for case in new["roles"][0]["cases"]:
            if case["name"] == failed["name"]:
                case["deliveries"][0]["requirement"]["id"] = "SCHED-6"
            if case["name"] == passed[0]["name"]:
                case["verdict"] = "skip"
        new["roles"][0]["cases"] = [case for case in new["roles"][0]["cases"] if case["name"] != passed[1]["name"]]
        new["roles"][0]["cases"].append(dict(passed[1], name="manager.schedule.brand-new"))
        paths = [self.folder / name for name in ("a.json", "b.json")]
        for path, report in zip(paths, (old, new)):
            path.write_text(json.dumps(report))
        done = self.assert_status(0, check("diff", *paths), "1 fail for another requirement", f"({failed['deliveries'][0]['requirement']['id']} before)",
                                  "1 skipped now, or not run", "1 new in the suite", "manager.schedule.brand-new", "1 gone from the suite")
        self.assertIn("Nothing got worse", done.stdout)

    def test_what_was_blocked_failed_for_nothing(self):
        old = json.loads(self.report("old", "manager", *SCHEDULE, "--", *LIFO).read_text())
        new = json.loads(json.dumps(old))
        index = next(i for i, case in enumerate(old["roles"][0]["cases"]) if case["verdict"] == "fail")
        before, after = (report["roles"][0]["cases"][index] for report in (old, new))
        before["verdict"], before["deliveries"][0]["requirement"]["id"] = "blocked", "SCHED-6"
        paths = [self.folder / name for name in ("a.json", "b.json")]

        def compared(*reports):
            for path, report in zip(paths, reports):
                path.write_text(json.dumps(report))
            done = self.assert_status(0, check("diff", *paths), "Nothing got worse")
            self.assertNotIn("another requirement", done.stdout)
            return done.stdout

        self.assertIn("1 played now", compared(old, new))
        self.assertIn("1 skipped now, or not run", compared(new, old))
        after["verdict"] = "skip"
        self.assertNotIn("played now", compared(new, old))
        after["verdict"], before["verdict"] = "blocked", "pass"
        paths[0].write_text(json.dumps(old)), paths[1].write_text(json.dumps(new))
        self.assert_status(1, check("diff", *paths), "1 got worse", "pass -> blocked")

    def test_the_cause_of_many_changes_is_told_once(self):
        """The Python package on 3.11 and on 3.13, where a TracebackException can't be pickled; shortened reports of real runs."""
        paths = [SOURCE / "tests/cli/reports" / f"python-{version}.json" for version in ("3.11.2", "3.13.5")]
        cause = "the target's last line: TypeError: cannot pickle code objects"
        done = self.assert_status(1, check("diff", *paths), "undr 1.0.1, python 3.11.2", "undr 1.0.1, python 3.13.5", "9 got worse", "2 got better")
        lines = done.stdout.splitlines()
        self.assertRegex("\n".join(lines[3:7]), rf"worker\.workers\.empty-task  pass -> fail\n.*expected A <- m WorkerException, received A <- end fin\n *{cause}")
        self.assertRegex(lines[7], r"^ *5 more alike \((WORK-10|PAY-7|WORK-13|PAY-8|WORK-14|, )*\); -v names them$")
        self.assertLessEqual(len(lines), 24, done.stdout)
        named = self.assert_status(1, check("diff", "-v", *paths), "worker.workers.failure-reported", "pass -> warn")
        self.assertNotIn("more alike", named.stdout)
        self.assertEqual(len(re.findall(r"^    \S+ +\S+  \S+ -> \S+$", named.stdout, re.M)), 11)
        self.assert_status(1, check("diff", "--format", "markdown", *paths),
                           "received A &lt;- end fin; the target's last line: TypeError: cannot pickle code objects; 5 more alike (")
        changes = json.loads(check("diff", "--format", "json", *paths).stdout)["changes"]
        self.assertEqual(len(changes), 11)
        self.assertEqual({change["new"]["last_line"] for change in changes if change["kind"] == "regressed"}, {"TypeError: cannot pickle code objects"})
        self.assertEqual(changes[0]["new"]["kind"], "m value / end fin")

    def test_many_ways_are_counted(self):
        """Of each kind a dozen ways are told, and the others counted: nothing is left out without a word."""
        new = json.loads(self.report("good", "manager", *SCHEDULE, "--", MANAGER).read_text())
        old = json.loads(json.dumps(new))
        cases = [case for case in new["roles"][0]["cases"] if case["verdict"] == "pass"][:15]
        for number, case in enumerate(cases):
            case["verdict"] = "fail"
            case["deliveries"][0] |= {"verdict": "fail", "kind": f"kind {number // 2}", "expected": "a", "received": "b"}
        paths = [self.folder / name for name in ("a.json", "b.json")]
        for path, report in zip(paths, (old, new)):
            path.write_text(json.dumps(report))
        self.assertEqual(check("diff", *paths).stdout.count("1 more alike"), 7)
        for number, case in enumerate(cases):
            case["deliveries"][0]["kind"] = f"kind {number}"
        paths[1].write_text(json.dumps(new))
        self.assert_status(1, check("diff", *paths), "15 got worse", "    and 3 more; -v names them")
        self.assert_status(1, check("diff", "--format", "markdown", *paths), "\nand 3 more; -v names them")
        self.assertNotIn(" more; -v", self.assert_status(1, check("diff", "-v", *paths), cases[14]["name"]).stdout)

    def test_files_that_are_no_reports(self):
        good = self.report("good", "manager", "--only", "manager.life.*", "--", MANAGER)
        (self.folder / "no.json").write_text("{}")
        (self.folder / "garbage.json").write_text("{")
        self.assert_status(2, check("diff", good, self.folder / "no.json"), "no.json: it is not a report of undr-check")
        self.assert_status(2, check("diff", self.folder / "garbage.json", good), "garbage.json: it is not JSON")
        self.assert_status(2, check("diff", good, self.folder / "absent.json"), "absent.json")
        self.assert_status(2, check("diff", good), "diff compares two reports")
        self.assert_status(2, check("diff", good, good, "--format", "xml"), "text, markdown, json")


FEW = ["--only", "manager.life.*", "--only", "manager.next.none", "--only", "manager.next.task", "--delivery", "whole"]


class Merge(Compared):
    def shards(self, *command):
        return [self.report(f"shard-{i}", "manager", *SCHEDULE, "--shard", f"{i}/3", "--", *command) for i in (1, 2, 3)]

    def test_damaged_reports(self):
        """Any one value of it may be another: it is judged as it is, or refused; the harness never fails on it, and nothing of
        it gets to a terminal raw."""
        whole = json.loads(self.report("half", "manager", *FEW, "--shard", "1/2", "--", MANAGER).read_text())
        other = self.report("other", "manager", *FEW, "--shard", "2/2", "--", MANAGER)

        def places(value):
            inner = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
            for key, one in inner:
                yield value, key
                yield from places(one)
        for holder, key in places(whole):
            kept = holder[key]
            for wrong in (None, "\x1b[31m\u202e", {"\x1b": "\u202e"}):
                holder[key] = wrong
                path = self.folder / "damaged.json"
                path.write_text(json.dumps(whole))
                for words in (["diff", other, path], ["merge", "--format", "text", path, other], ["merge", other, path]):
                    done = check(*words)
                    self.assertIn(done.returncode, (0, 1, 2), f"{words} {key}: {wrong}\n{done.stderr}")
                    for raw in "\x1b\u202e":
                        self.assertNotIn(raw, done.stdout + done.stderr, f"{words} {key}")
            holder[key] = kept

    def test_shards_make_the_whole(self):
        paths = self.shards(*LIFO)
        whole = json.loads(self.report("whole", "manager", *SCHEDULE, "--", *LIFO).read_text())
        done = self.assert_status(1, check("merge", *paths))
        merged = json.loads(done.stdout)
        self.assertEqual(list(schema.mistakes(merged, SCHEMA, SCHEMA)), [])
        outcome = lambda report: sorted((case["name"], case["verdict"]) for case in report["roles"][0]["cases"])
        self.assertEqual(outcome(merged), outcome(whole))
        self.assertEqual(merged["roles"][0]["summary"], whole["roles"][0]["summary"])
        self.assert_status(1, check("merge", "--format", "text", *paths), "status 1", "manager.schedule.")
        (self.folder / "merged.json").write_text(done.stdout)
        self.assert_status(0, check("diff", self.folder / "whole.json", self.folder / "merged.json"), "Nothing got worse")

    def test_what_does_not_belong_together_is_refused(self):
        paths = self.shards(MANAGER)
        other = self.report("other", "manager", *SCHEDULE, "--shard", "3/3", "--", *LIFO)
        self.assert_status(2, check("merge", *paths[:2]), "the report of shard 3/3 is missing")
        self.assert_status(2, check("merge", *paths, paths[0]), "that shard was given already")
        self.assert_status(2, check("merge", *paths[:2], other), "from another run than the first")
        half = self.report("half", "manager", *SCHEDULE, "--shard", "2/2", "--", MANAGER)
        self.assert_status(2, check("merge", paths[0], half), "with another number of shards")
        plain = self.report("plain", "manager", *SCHEDULE, "--", MANAGER)
        self.assert_status(2, check("merge", plain), "not the report of a shard")

    def test_the_only_shard(self):
        """--shard 1/1 is a run like any: a script that divides by the number of its machines may have one."""
        only = self.report("only", "manager", *FEW, "--shard", "1/1", "--", MANAGER)
        merged = json.loads(self.assert_status(0, check("merge", only)).stdout)
        self.assertEqual(list(schema.mistakes(merged, SCHEMA, SCHEMA)), [])
        self.assertEqual(merged["roles"], json.loads(only.read_text())["roles"])
        self.assert_status(2, check("merge", only, only), "that shard was given already")

    def test_shards_that_were_asked_for_something_else_are_refused(self):
        first = self.report("first", "manager", *FEW, "--seed", "1", "--shard", "1/2", "--", MANAGER)
        for words, said in ((["--seed", "2"], "seed"), ([], "seed"), (["--seed", "1", "--skip", "*.none"], "skip"),
                            (["--seed", "1", "--repeat", "2"], "repeat"), (["--seed", "1", "--strict"], "--strict"),
                            (["--seed", "1", "--only", "*.task"], "only")):
            other = self.report("other", "manager", *FEW, *words, "--shard", "2/2", "--", MANAGER)
            self.assert_status(2, check("merge", first, other), "from another run than the first", said)
            self.assert_status(2, check("merge", other, first), "from another run than the first", said)
        same = self.report("same", "manager", *FEW, "--seed", "1", "--shard", "2/2", "--", MANAGER)
        self.assert_status(0, check("merge", first, same))
        older = json.loads(first.read_text())
        del older["asked"]
        (self.folder / "older.json").write_text(json.dumps(older))
        self.assert_status(2, check("merge", self.folder / "older.json", same), "from another run than the first")
        self.assert_status(2, check("merge", same, self.folder / "older.json"), "from another run than the first")
        worker = self.report("worker", "worker", "--only", "worker.life.*", "--shard", "2/2", "--", WORKER)
        self.assertEqual(check("merge", first, worker).returncode, 2)
        roles = json.loads(first.read_text())
        roles["shard"], roles["asked"]["roles"] = 2, ["pool"]
        (self.folder / "roles.json").write_text(json.dumps(roles))
        self.assert_status(2, check("merge", first, self.folder / "roles.json"), "asked for: roles")


class Expected(Compared):
    def run_known(self, text, *words, command=LIFO):
        known = self.folder / "known"
        known.write_text(text)
        return check("manager", *SCHEDULE, *words, "--expect", known, "--", *command)

    def failed(self):
        report = json.loads(self.report("failed", "manager", *SCHEDULE, "--", *LIFO).read_text())
        return [(case["name"], case["deliveries"][0]["requirement"]["id"]) for case in report["roles"][0]["cases"] if case["verdict"] == "fail"]

    def test_the_cause_is_pinned(self):
        failed = self.failed()
        right = "".join(f"fail {name} {id} the newest first\n" for name, id in failed)
        self.assert_status(0, self.run_known(right), f"{len(failed)} failed as expected")
        wrong = right.replace(f"fail {failed[0][0]} {failed[0][1]} ", f"fail {failed[0][0]} REQ-4 ")
        self.assert_status(1, self.run_known(wrong), f"it fails for {failed[0][1]}, but line 1 of the expected failures says REQ-4")
        unpinned = "".join(f"fail {name} the newest first\n" for name, id in failed)
        self.assert_status(0, self.run_known(unpinned))
        self.assert_status(0, self.run_known(unpinned.replace("the newest", "UTF-8 newest")))
        self.assert_status(2, self.run_known(unpinned.replace("the newest", "SCHED-99 newest")), "no requirement with that id")

    def test_patterns(self):
        self.assert_status(0, self.run_known("fail manager.schedule.* the newest first\n"), "failed as expected")
        self.assert_status(1, self.run_known("fail manager.schedule.* REQ-4 the newest first\n"), "says REQ-4")
        self.assert_status(1, self.run_known("fail manager.schedule.* long gone\n", command=[MANAGER]), "no case of it fails any more")
        self.assert_status(1, self.run_known("fail manager.schedules.* typo\n", command=[MANAGER]), "no case has such a name")

    def test_flaky_cases_may_pass_and_their_rate_is_told(self):
        failed = self.failed()
        text = "".join(f"flaky {name} slow machine\n" for name, id in failed)
        self.assert_status(0, self.run_known(text, command=[MANAGER]))
        report = self.folder / "flaky.json"
        self.assert_status(0, self.run_known(text, "--json", report))
        remarks = [case.get("remark", "") for case in json.loads(report.read_text())["roles"][0]["cases"] if case["standing"] == "expected"]
        self.assertEqual(len(remarks), len(failed))
        self.assertIn("flaky as expected: failed 1 of 1 plays (slow machine)", remarks)

    def test_what_is_written_pins_and_is_read(self):
        written = self.folder / "written"
        check("manager", *SCHEDULE, "--write-expect", written, "--", *LIFO)
        self.assertRegex(written.read_text(), r"(?m)^fail manager\.schedule\.\S+ SCHED-3 expected ")
        self.assert_status(0, self.run_known(written.read_text()))

    def test_skip_leaves_out(self):
        done = self.assert_status(0, check("manager", *SCHEDULE, "--skip", "manager.schedule.*", "--only", "manager.life.*", "--", MANAGER),
                                  "left out by --skip")
        self.assert_status(2, check("manager", "--skip", "manager.life.of-a-taks", "--", MANAGER), "did you mean manager.life.of-a-task?")
        self.assert_status(2, check("manager", "--only", "manager.life.of-a-taks", "--", MANAGER), "did you mean manager.life.of-a-task?")


class Continuous(Compared):
    def test_github(self):
        summary = self.folder / "summary"
        summary.write_text("before\n")
        done = check("manager", *SCHEDULE, "--github", "--", *LIFO, env=os.environ | {"GITHUB_STEP_SUMMARY": str(summary)})
        self.assert_status(1, done, "::error title=SCHED-3 manager.schedule.")
        text = summary.read_text()
        self.assertTrue(text.startswith("before\n### undr-check: does not conform"), text)
        self.assertIn("| SCHED-3 | ", text)
        done = check("manager", "--only", "manager.life.*", "--github", "--", MANAGER, env=os.environ | {"GITHUB_STEP_SUMMARY": "/dev/full"})
        self.assert_status(3, done, "/dev/full can't be written")


class Listening(Compared):
    def free_port(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            return server.getsockname()[1]

    def listen(self, port, start):
        with subprocess.Popen([CHECK, "worker", "--listen", f"127.0.0.1:{port}", "--only", "worker.life.of-a-task"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as harness:
            said = harness.stderr.readline()
            start()
            return harness.wait(), said, harness.stdout.read()

    def test_a_worker_that_the_user_starts(self):
        port = self.free_port()
        start = lambda: subprocess.run([WORKER, "worker", "--port", str(port)], capture_output=True, check=False)
        status, said, output = self.listen(port, start)
        self.assertIn(f"start your worker for worker.life.of-a-task (whole); undr-check waits for it at 127.0.0.1:{port}", said)
        self.assertEqual(status, 0, output)
        self.assertIn("1 passed", output)

    def test_its_mistakes_are_found(self):
        port = self.free_port()

        def start():
            with socket.create_connection(("127.0.0.1", port)) as wrong:
                wrong.sendall(b"m\x05\0\0\0\0\0\0\0\x80\x04K\x01.")
                while wrong.recv(4096):
                    pass
        status, said, output = self.listen(port, start)
        self.assertEqual(status, 1, output)
        self.assertIn("WORK-1", output)
        self.assertIn("--listen", output)  # in the command that plays it again

    def test_what_needs_the_process_is_skipped_and_mistakes_are_told(self):
        port = self.free_port()
        self.assert_status(2, check("manager", "--listen", f"127.0.0.1:{port}"), "--listen waits for a worker")
        self.assert_status(2, check("worker", "--listen", f"127.0.0.1:{port}", "--", WORKER), "can't be combined")
        with socket.create_server(("127.0.0.1", port)):
            self.assert_status(3, check("worker", "--listen", f"127.0.0.1:{port}", "--only", "worker.life.of-a-task"),
                               "the harness can't listen at", "no case was run")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]], verbosity=2)
