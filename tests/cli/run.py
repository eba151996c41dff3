#!/usr/bin/env python3
"""The command line of undr-check, as its users meet it: run.py UNDR-CHECK UNDR-MANAGER UNDR-WORKER [TEST...]."""
import json
import os
import pathlib
import re
import resource
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import uuid
import xml.etree.ElementTree

import schema

HERE = pathlib.Path(__file__).resolve().parent
CASES = HERE / "cases"
CHECK, MANAGER, WORKER = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:4])
USER = ["--cases", str(CASES), "--only", "manager.user*"]
GOOD = ["--cases", str(CASES), "--only", "manager.user.*"]


def check(*words, **options):
    """Runs undr-check; its standard input is empty."""
    return subprocess.run([CHECK, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=1200, **options)


class Behaviour(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="undr-cli-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def file(self, name, text, mode=0o644):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def assert_run(self, status, *words, says=(), **options):
        done = check(*words, **options)
        text = done.stdout + done.stderr
        self.assertEqual(done.returncode, status, text)
        for part in [says] if isinstance(says, str) else says:
            self.assertIn(part, text)
        return done


class Usage(Behaviour):
    def test_mistakes_are_usage_errors_that_name_the_choices(self):
        for words, says in [
            ([], "manager|worker|pool|all"),
            (["mangaer", "--", "x"], "did you mean manager?"),
            (["manager", "--onyl", "x", "--", "x"], "did you mean --only?"),
            (["manager", "--delivery", "bits", "--", "x"], "coalesced"),
            (["manager", "--shard", "5/4", "--", "x"], "I/N"),
            (["manager"], "after --"),
            (["manager", "--only", "no.such.*", "--", MANAGER], "no case matches --only 'no.such.*'"),
            (["manager", *GOOD, "--only", "manager.typo", "--", MANAGER], "no case matches --only 'manager.typo'"),
            (["manager", *GOOD, "--only", "worker.*", "--", MANAGER], "--only 'worker.*' in the role manager"),
            (["manager", "--list", *GOOD, "--only", "worker.*"], "no case matches --only 'worker.*'"),
            (["manager", "--delivery", "cut-3", "--delivery", "bytes", *GOOD, "--", MANAGER],
             "--delivery is given twice; --delivery all plays"),
            (["manager", "--seed", "1", *GOOD, "--seed", "1", "--", MANAGER], "--seed is given twice"),
            (["manager", "--cases", "/nonexistent", "--", MANAGER], "/nonexistent"),
            (["manager", "--junit", "/nonexistent/r.xml", *GOOD, "--", MANAGER], "/nonexistent/r.xml"),
            (["manager", "--expect", "/nonexistent/known", *GOOD, "--", MANAGER], "/nonexistent/known"),
        ]:
            with self.subTest(words):
                done = self.assert_run(2, *words, says=says)
                self.assertEqual(done.stdout, "")

    def test_an_option_that_is_like_no_other(self):
        done = self.assert_run(2, "manager", "--zzzzzzqqq", says="unknown option '--zzzzzzqqq'")
        self.assertNotIn("--until-fail", done.stderr)

    def test_help_and_version(self):
        done = self.assert_run(0, "--help", says=["--timeout-factor", "Exit status", "Examples"])
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 120)
        self.assertRegex(done.stdout, r"--shard I/N .*;\s+ROLE\.life\.of-a-task\s+is\s+played\s+in\s+each")
        self.assertIn("share/doc/undr-task/spec", done.stdout)
        self.assertRegex(self.assert_run(0, "--version").stdout, r"^undr-check \d+\.\d+\.\d+\n$")

    def test_list(self):
        names = self.assert_run(0, "--list").stdout.split()
        self.assertGreater(len(names), 100)
        self.assertEqual(len(names), len(set(names)))
        pool = self.assert_run(0, "pool", "--list").stdout.split()
        self.assertTrue(pool and all(name.startswith("pool.") for name in pool))
        shards = [self.assert_run(0, "--list", "--shard", f"{i}/3").stdout.split() for i in (1, 2, 3)]
        self.assertEqual(set(names), set(sum(shards, [])))
        self.assert_run(0, "--list", "-v", *GOOD, says=["NEXT-2", "user.case:3"])


class Cases(Behaviour):
    def test_a_users_folder(self):
        self.assert_run(0, "manager", *GOOD, "--", MANAGER, says=["3 cases, 2 passed", "hold 100000"])

    def test_a_mistake_in_a_case(self):
        place = f"{HERE}/mistake/typo.case:5"
        done = self.assert_run(2, "manager", "--cases", HERE / "mistake", "--", MANAGER, says=[place, "expected"])
        self.assertEqual(done.stdout, "")
        self.assert_run(2, "parse", HERE / "mistake", says=[place, "expected", "1 mistake"])
        self.assert_run(0, "parse", CASES, says="6 cases read in 1 file, no mistake\n")

    def test_what_leads_nowhere_and_is_no_case_does_not_matter(self):
        shutil.copy(CASES / "user.case", self.folder)
        (self.folder / ".#user.case").symlink_to("nowhere")
        (self.folder / "notes").symlink_to("nowhere")
        self.assert_run(0, "parse", self.folder, says="6 cases read in 1 file, no mistake\n")
        (self.folder / "gone.case").symlink_to("nowhere")
        self.assert_run(2, "parse", self.folder, says="gone.case: No such file")

    def test_a_requirement_that_the_specification_does_not_have(self):
        path = self.file("my.case", "case manager.my.own\n  must  SCHED-99  nobody knows\n  A -> n\n  A <- t None\n"
                         "  should  NEXT-2  and less than it is\n  A -> n\n  A <- t None\n")
        says = [f"{path}:2: the specification has no requirement SCHED-99; did you mean SCHED-9?",
                f"{path}:5: NEXT-2 is a `must` in the specification, but a `should` here"]
        self.assert_run(0, "parse", path, says=[*says, "no error, but see the warnings"])
        done = self.assert_run(0, "manager", "--cases", path, "--only", "manager.my.own", "--", MANAGER, says="1 passed")
        self.assertEqual([line.partition("warning: ")[2] for line in done.stderr.splitlines()], says)

    def test_a_name_that_is_taken(self):
        self.assert_run(2, "manager", "--cases", CASES, "--cases", CASES / "user.case", "--", MANAGER, says="already at")

    def test_a_failure_is_explained(self):
        done = self.assert_run(1, "manager", *USER, "--", MANAGER, says=[
            "FAIL manager.user-bad.wrong", "user.case:29", "MUST SCHED-4  a task's bytes are handed out",
            "t b'never <scheduled> & lost'", "t b'task'", ") -> 0x80 b'task'", "1 BLOCKED  blocked by",
            "blocked by manager.user-bad.wrong", "WARN manager.user-mild.wrong",
            "1 failed a MUST, 1 of a SHOULD"])
        alone = re.search(r"alone +(.*--only manager.user-bad.wrong .*)", done.stdout).group(1)
        self.assert_pasted(alone, "FAIL manager.user-bad.wrong")

    def assert_pasted(self, command, says):
        """A command that was printed does what it says, from the same folder, undr-check being no folder of PATH has it."""
        done = subprocess.run(["sh", "-c", command], env={**os.environ, "PATH": "/usr/bin:/bin"}, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(says, done.stdout)

    def test_the_command_that_is_printed_begins_with_what_was_called(self):
        called = self.folder / "a folder" / "it's undr-check"
        called.parent.mkdir()
        called.symlink_to(CHECK)
        path = self.folder / "r.json"
        words = [called, "manager", *USER, "--timeout-factor", "2.5", "--json", path, "--", MANAGER]
        done = subprocess.run([*map(str, words)], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        printed = re.search(r"alone +(.*--only manager.user-bad.wrong .*)", done.stdout).group(1)
        self.assertEqual(shlex.split(printed)[0], str(called))
        self.assertIn("--timeout-factor 2.5", printed)
        self.assert_pasted(printed, "FAIL manager.user-bad.wrong")
        cases = {case["name"]: case["alone"] for case in json.loads(path.read_text())["roles"][0]["cases"]}
        self.assertEqual(cases["manager.user-bad.wrong"], printed)

    def test_the_first_failure_of_a_kind_is_told_at_once(self):
        words = ["manager", "--repeat", "1000", *USER, "--", MANAGER]
        run = subprocess.Popen([CHECK, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.addCleanup(run.stdout.close)
        self.addCleanup(run.wait)
        self.addCleanup(run.kill)
        first = next(line for line in run.stdout if line.startswith("FAIL"))
        self.assertIsNone(run.poll())
        self.assertEqual(first, "FAIL manager.user-bad.wrong  SCHED-4: expected A <- t b'never <scheduled> & lost', "
                         "received A <- t b'task'\n")
        run.send_signal(signal.SIGINT)
        rest = run.stdout.read()
        self.assertNotIn(first, rest, "once is enough")
        self.assertIn("MUST SCHED-4  a task's bytes are handed out", rest)  # explained at the end
        done = self.assert_run(1, "manager", "--repeat", "3", *USER, "--", MANAGER)
        self.assertEqual(len(re.findall("^WARN manager.user-mild.wrong  .*: expected ", done.stdout, re.M)), 1)

    def test_should_and_strict(self):
        words = ["--cases", CASES, "--only", "manager.user-mild.*", "--", MANAGER]
        self.assert_run(0, "manager", *words, says="not every SHOULD")
        self.assert_run(1, "manager", "--strict", *words)

    def test_what_comes_before_is_run_too(self):
        self.assert_run(0, "manager", "--cases", CASES, "--only", "manager.user.also-good", "--", MANAGER,
                        says="2 cases, 2 passed")

    def test_nothing_executed_is_no_pass(self):
        self.assert_run(2, "manager", "--cases", CASES, "--only", "manager.user.skipped", "--", MANAGER,
                        says="Nothing was executed")

    def test_repeat_and_until_fail(self):
        self.assert_run(0, "manager", "--repeat", 3, *GOOD, "--", MANAGER, says="3 repetitions")
        self.assert_run(1, "manager", "--repeat", 50, "--until-fail", *USER, "--", MANAGER)
        done = self.assert_run(0, "manager", "--repeat", 2, "--until-fail", *GOOD, "--", MANAGER)
        self.assertIn("2 repetitions", done.stdout)

    def test_fail_fast(self):
        done = self.assert_run(1, "manager", "--fail-fast", "--jobs", 1, *USER, "--", MANAGER)
        self.assertIn("not run", done.stdout)

    def test_a_shard_without_a_case_that_matches(self):
        words = ["manager", "--only", "manager.user.good", "--cases", CASES, "--repeat", 2, "--until-fail"]
        runs = [check(*words, "--shard", f"{i}/3", "--", MANAGER) for i in (1, 2, 3)]
        self.assertEqual(sorted(run.returncode for run in runs), [0, 2, 2])
        for run in runs:
            self.assertIn("2 repetitions" if run.returncode == 0 else "in this --shard", run.stdout + run.stderr)

    def test_until_fail_stops_at_what_is_worse_than_expected(self):
        known = self.folder / "known.txt"
        known.write_text("warn manager.user-bad.wrong it is worse\n")
        done = self.assert_run(1, "manager", "--repeat", 50, "--until-fail", "--expect", known, *USER, "--", MANAGER)
        self.assertIn("CHANGED manager.user-bad.wrong", done.stdout)
        self.assertNotIn("repetitions", done.stdout)

    def test_deliveries_and_seed(self):
        words = ["manager", "--only", "manager.user.good", "--cases", CASES, "-v"]
        done = self.assert_run(0, *words, "--all-deliveries", "--", MANAGER)
        self.assertEqual(done.stdout.count("pass "), 12)
        done = self.assert_run(0, *words, "--delivery", "cut-8", "--", MANAGER)
        self.assertEqual(re.findall(r"good \((\S+)\)", done.stdout), ["cut-8"])
        runs = [self.assert_run(0, *words, "--seed", 5, "--", MANAGER).stdout for _ in range(2)]
        picks = {tuple(sorted(re.findall(r"good \((\S+)\)", run))) for run in runs}
        self.assertEqual(len(picks), 1)

    def test_decode(self):
        capture = self.folder / "capture"
        capture.write_bytes(b"n" + bytes(8) + b"t" + bytes(8))
        self.assert_run(0, "decode", capture, says=["A -> n", "A -> t"])
        capture.write_bytes(b"n" + b"\1" + bytes(7) + b"x")
        self.assert_run(1, "decode", capture, says="offset 0")
        capture.write_bytes(b"\x17" + b"\xff" * 8 + b"x")
        self.assert_run(1, "decode", capture, says=["2^63 bytes or more fit nowhere (FRAME-7)",
                                                    "type 0x17 does not exist (REQ-4)"])
        self.assert_run(2, "decode", "/nonexistent/capture", says="/nonexistent/capture")
        self.assert_run(2, "decode", self.folder, says=f"{self.folder}: it is a folder")


class Targets(Behaviour):
    def test_missing_program(self):
        for command, says in [
            ("./no-such-adapter", "there is no such file"),
            ("no-such-adapter-in-path", "no folder of PATH has it"),
            (self.folder, "it is a folder"),
            (self.file("not-executable", "#!/bin/sh\n"), "chmod +x"),
        ]:
            with self.subTest(command):
                done = self.assert_run(2, "manager", *GOOD, "--", command, says=[str(command), says])
                self.assertEqual(done.stdout, "")

    def test_what_a_program_that_dies_has_said_comes_first(self):
        for name in ("at-once", "at-start"):
            with self.subTest(name):
                body = 'test "$1" = capabilities && echo manager && exit 0; test "$1" = manager || exit 89'
                body = body if name == "at-start" else "true"
                adapter = self.file(name, f"#!/bin/sh\n{body}\necho no module named foo >&2; exit 1\n", 0o755)
                done = self.assert_run(1, "manager", *GOOD, "--", adapter, says="it said: no module named foo; ")
                self.assertNotIn("expected", done.stdout.partition("it said")[0])

    def test_common_mistakes_of_an_adapter_are_told_by_name(self):
        text = (HERE.parents[1] / "spec" / "adapter.md").read_text()
        adapter = text.partition("```python\n")[2].partition("```")[0]
        ready, flushed = 'print("ready", manager.port, flush=True)', ', flush=True'
        listed = 'print("manager\\nworker\\npool\\n'
        for mistake, old, new, says in [
            ("buffered", flushed, "", ["from a running process", "flush standard output"]),
            ("no-newline", ready, 'print("ready", manager.port, end="", flush=True)', "without a newline after it"),
            ("debug-first", ready, "print('starting', flush=True); " + ready,
             ["the line 'starting'", "standard error"]),
            ("debug-later", ready, ready + "; print('hello', flush=True)", ["the line 'hello'", "MUST ADAPTER-2"]),
            ("upper-case", 'return "ok"', 'return "OK"', ["MUST ADAPTER-2", "the line `ok`, or `error`", "'OK'"]),
            ("hexadecimal", 'f"message {message.hex()}"', 'f"message 0x{message.hex()}"',
             ["MUST ADAPTER-2", "hexadecimal digits", "'message 0x8"]),
            ("leaves", ready, "sys.exit(0)", ["until the end of its input", "has ended with exit status 0"]),
            ("capabilities", listed, 'print("Manager, worker\\n', ["no line `manager`", "it prints: Manager, worker"]),
            ("no-capabilities", 'if verb == "capabilities":',
             'if verb == "capabilities": pass\n    elif verb == "none":', ["no line `manager`, and no other"]),
        ]:
            with self.subTest(mistake):
                self.assertIn(old, adapter)
                path = self.file(mistake + ".py", adapter.replace(old, new))
                cases = ["user.good", "done.settles-one-task", "messages.acknowledged-then-read"]
                words = ["--delivery", "whole", "--timeout-factor", "0.2", "--cases", CASES]
                words += [word for case in cases for word in ("--only", f"manager.{case}")]
                done = self.assert_run(1, "manager", *words, "--", sys.executable, "-E", path, says=says)
                self.assertIn(str(path), done.stdout)

    def test_what_an_adapter_prints_and_can_not_be(self):
        shell = '#!/bin/sh\ncase "$1" in capabilities) echo manager; %s;; manager) %s;; *) exit 89;; esac\n'
        for declares, starts, says in [
            ("echo hold x", "exit 1", ["`hold x`", "the form is `hold MS`, milliseconds"]),
            ("echo pickle 9-2", "exit 1", ["`pickle 9-2`", "the form is `pickle LOW-HIGH`, protocols from 0 to 5"]),
            ("echo priority-levels 129", "exit 1", ["the form is `priority-levels N`, 2 to 128"]),
            (":", "echo ready 99999; cat", ["'ready 99999'", "a number from 1 to 65535"]),
            (":", "echo ready 1; cat", ["nothing listens at 127.0.0.1:1", "it printed `ready 1`"]),
            (":", "echo boom >&2; echo ready 1; cat", ["it said: boom; it printed `ready 1`"]),
        ]:
            with self.subTest(declares + starts):
                adapter = self.file("prints", shell % (declares, starts), 0o755)
                done = self.assert_run(1, "manager", *GOOD, "--timeout-factor", "0.2", "--", adapter, says=says)
                self.assertNotIn("FAIL manager.user", done.stdout)

    def test_the_limit_of_open_files(self):
        words = ["manager", "--delivery", "whole", "--only", "manager.schedule.hundred-and-fifty-connections",
                 "--", MANAGER]
        limit = lambda hard: (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard)))
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        self.assert_run(0, *words, says="2 passed", preexec_fn=limit(hard))
        self.assert_run(3, *words, says=["file descriptors", "ulimit -n"], preexec_fn=limit(64))

    def test_what_is_waited_for_is_shown(self):
        body = 'case "$1" in capabilities) echo manager;; manager) exec sleep 1000;; *) exit 89;; esac'
        adapter = self.file("hangs", f"#!/bin/sh\n{body}\n", 0o755)
        leader, follower = os.openpty()
        self.addCleanup(os.close, leader)
        run = subprocess.Popen([CHECK, "manager", "--timeout-factor", "0.05", *GOOD, "--", str(adapter)],
                               stdin=follower, stdout=follower, stderr=follower, env={**os.environ, "TERM": "xterm"})
        os.close(follower)
        text = b""
        try:
            while piece := os.read(leader, 4096):
                text += piece
        except OSError:
            pass  # the other side is closed
        self.assertEqual(run.wait(timeout=600), 1)
        self.assertIn(b"the target is measured: the line `ready PORT`", text)

    def test_an_end_fails_whatever_the_level_of_the_requirement(self):
        case = ('case manager.user.should\n  should SEC-3  no payload takes memory out of proportion\n'
                '  A -> n\n  A <- t None\n  A -> m \'x\'\n  A <- m\n')
        body = ('import os, socket, struct, sys\nif sys.argv[1] == "capabilities": print("manager")\n'
                'elif sys.argv[1] != "manager": sys.exit(89)\n'
                'else:\n  s = socket.create_server(("127.0.0.1", 0)); print("ready", s.getsockname()[1], flush=True)\n'
                '  while True:\n    c = s.accept()[0]\n'
                '    while got := c.recv(4096):\n'
                '      if got[:1] == b"m": os._exit(7)\n'
                '      c.sendall(struct.pack("<cQ", b"t", 4) + b"\\x80\\x04N.")\n')
        adapter = self.file("ends", f"#!/usr/bin/env python3\n{body}", 0o755)
        self.assert_run(1, "manager", "--delivery", "whole", "--cases", self.file("my.case", case), "--only",
                        "manager.user.should", "--", adapter,
                        says=["SHOULD SEC-3", "exit status 7: SEC-3 is a SHOULD, but a process that ends is a failure"])

    def test_a_worker_that_does_not_wait_is_blamed_for_that(self):
        words = ["worker", "--strict", "--delivery", "whole", "--only", "worker.payloads.*", "--"]
        broken = pathlib.Path(CHECK).parent / "tests" / "undr-broken"
        self.assert_run(1, *words, broken, "--bug", "message-not-awaited",
                        says=["expected one request at a time", "although another request is not yet answered"])

    def test_a_target_that_can_do_nothing_blocks_the_rest(self):
        body = ('import socket, sys\nif sys.argv[1] == "capabilities": print("manager")\n'
                'elif sys.argv[1] != "manager": sys.exit(89)\n'
                'else:\n  s = socket.create_server(("127.0.0.1", 0)); print("ready", s.getsockname()[1], flush=True)\n'
                '  while True: s.accept()[0].close()\n')
        adapter = self.file("closes", f"#!/usr/bin/env python3\n{body}", 0o755)
        path = self.folder / "r.json"
        self.assert_run(1, "manager", "--delivery", "whole", "--timeout-factor", "0.2", "--json", path, "--", adapter,
                        says=["FAIL manager.life.of-a-task", "blocked by manager.life.of-a-task",
                              "alike; -v explains each"])
        cases = {case["name"]: case["standing"] for case in json.loads(path.read_text())["roles"][0]["cases"]}
        self.assertEqual(cases["manager.life.of-a-task"], "fail")
        self.assertEqual(cases["manager.schedule.priority-order"], "blocked")
        self.assertEqual(cases["manager.framing.length-is-little-endian"], "fail")
        self.assert_run(1, "manager", "--only", "manager.schedule.priority-order", "--timeout-factor", "0.2", "--", adapter,
                        says="FAIL manager.schedule.priority-order")

    def test_a_runtime_that_has_to_warm_up_is_not_blamed(self):
        body = ('import socket, sys, time\nif sys.argv[1] == "capabilities": print("manager")\n'
                'elif sys.argv[1] != "manager": sys.exit(89)\n'
                'else:\n  s = socket.create_server(("127.0.0.1", 0)); print("ready", s.getsockname()[1], flush=True)\n'
                '  c = s.accept()[0]; kind = c.recv(9)[0]; time.sleep(1.6)\n'
                '  while True:\n'
                '    c.sendall(b"t\\4\\0\\0\\0\\0\\0\\0\\0\\x80\\4N." if kind == 0x6e else b"s" + bytes(8))\n'
                '    piece = c.recv(100)\n    kind = piece[0] if piece else sys.exit()\n')
        adapter = self.file("warms-up", f"#!/usr/bin/env python3\n{body}", 0o755)
        # an answer may take a second then, but not the first one of the survey, nor those of a target like this one
        self.assert_run(0, "manager", "--timeout-factor", "0.2", "--delivery", "whole", "--cases", CASES, "--only",
                        "manager.user.good", "--", adapter, says="1 passed")

    def test_role_that_is_not_declared(self):
        done = check("worker", "--only", "worker.*", "--", MANAGER)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("does not declare the role worker", done.stdout + done.stderr)

    def test_all_takes_the_roles_that_are_declared(self):
        names = [check(role, "--list").stdout.split()[0] for role in ("manager", "worker")]
        self.assert_run(0, "all", "--only", names[0], "--only", names[1], "--", WORKER,
                        says=["manager: not declared by the adapter", "worker: 1 case, 1 passed"])

    def test_useless_adapters_are_refused(self):
        for name, body in {
            "accepts-anything": "exit 0",
            "crashes": "kill -SEGV $$",
            "talks-nonsense": 'test "$1" = capabilities -o "$1" = manager || exit 89; echo manager; echo ready here',
            "dies-after-ready": 'case "$1" in capabilities) echo manager;; manager) echo ready 1;; *) exit 89;; esac',
        }.items():
            with self.subTest(name):
                adapter = self.file(name, f"#!/bin/sh\n{body}\n", 0o755)
                done = check("manager", "--timeout-factor", "0.1", *GOOD, "--", adapter)
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertIn(name, done.stdout + done.stderr)

    def test_an_adapter_that_hangs_is_given_up(self):
        adapter = self.file("hangs", "#!/bin/sh\nexec sleep 1000\n", 0o755)
        done = check("manager", "--timeout-factor", "0.02", *GOOD, "--", adapter)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)


class Connect(Behaviour):
    """A manager that somebody else started."""

    def setUp(self):
        super().setUp()
        # --connect can't ask how many priorities a manager has, nor what it does with lost tasks: no case may depend on
        # it, or leave a task out
        self.log = self.folder / "manager.log"
        with self.log.open("w") as log:
            self.manager = subprocess.Popen([MANAGER, "manager", "--workers", "0", "--priority-levels", "128",
                                             "--retries", "3"], text=True, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=log)
        self.addCleanup(self.manager.wait)
        self.addCleanup(self.manager.kill)
        self.addCleanup(self.manager.stdout.close)
        self.addCleanup(self.manager.stdin.close)
        self.host = "127.0.0.1:" + self.manager.stdout.readline().split()[1]

    def test_what_needs_no_adapter_is_played(self):
        done = self.assert_run(0, "manager", "--strict", "--connect", self.host, "--only", "manager.[fns]*",
                               says=["1 job", "the case needs an adapter"])
        self.assertGreater(int(re.search(r"(\d+) passed", done.stdout).group(1)), 30)

    def test_no_case_leaves_anything_behind(self):
        self.assert_run(0, "manager", "--connect", self.host, "--repeat", "2", "--delivery", "whole")
        # who has left before it was accepted is logged by its own name, or not at all
        self.assertNotIn("0.0.0.0", self.log.read_text())
        self.assertIn("127.0.0.1", self.log.read_text())

    def test_random_sessions_need_no_adapter(self):
        self.assert_run(0, "explore", "manager", "--connect", self.host, "--seed", "1", "--sessions", "60",
                        cwd=self.folder)

    def test_a_manager_that_is_not_fresh_is_refused(self):
        self.manager.stdin.write("schedule 1 80044b012e\n")
        self.manager.stdin.flush()
        self.assertEqual(self.manager.stdout.readline(), "ok\n")
        self.assert_run(1, "manager", "--connect", self.host, "--only", "manager.next.*", says="not fresh")

    def test_a_manager_that_holds_answers(self):
        self.manager.kill()
        held = subprocess.Popen([MANAGER, "--hold", "250", "manager", "--workers", "0", "--priority-levels", "2"],
                                text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for end in (held.wait, held.kill, held.stdout.close, held.stdin.close):
            self.addCleanup(end)
        host = "127.0.0.1:" + held.stdout.readline().split()[1]
        done = self.assert_run(0, "manager", "--connect", host, "--only", "manager.next.none", "--only",
                               "manager.life.*", "--delivery", "whole")
        self.assertRegex(done.stdout, r"it holds an answer of None for about \d{3,} ms")

    def test_a_manager_that_does_not_answer(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            host = "127.0.0.1:%d" % silent.getsockname()[1]
            self.assert_run(1, "manager", "--timeout-factor", "0.05", "--connect", host,
                            says=["does not answer `n` within 1 s", "start it with a shorter hold",
                                  "otherwise it does not seem to be an undr manager"])

    def test_what_answers_is_no_manager(self):
        for answer, says in [(b"", "ends the connection instead of answering `n`"),
                             (b"220 mail.example ESMTP\r\n" + bytes(100), "does not seem to be an undr manager"),
                             (b"s" + bytes(8), "answers `n` with type 0x73")]:
            with self.subTest(answer), socket.create_server(("127.0.0.1", 0)) as server:
                def serve():
                    peer = server.accept()[0]
                    peer.recv(9)
                    peer.sendall(answer)
                    peer.shutdown(socket.SHUT_WR)
                    peer.recv(1)
                    peer.close()
                thread = threading.Thread(target=serve, daemon=True)
                thread.start()
                self.assert_run(1, "manager", "--timeout-factor", "0.05", "--connect",
                                "127.0.0.1:%d" % server.getsockname()[1], says=[says, "an undr manager"])
                thread.join()

    def test_what_is_waited_for_is_shown(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            host = "127.0.0.1:%d" % silent.getsockname()[1]
            leader, follower = os.openpty()
            self.addCleanup(os.close, leader)
            run = subprocess.Popen([CHECK, "manager", "--timeout-factor", "0.05", "--connect", host], stdin=follower,
                                   stdout=follower, stderr=follower, env={**os.environ, "TERM": "xterm"})
            os.close(follower)
            text = b""
            try:
                while piece := os.read(leader, 4096):
                    text += piece
            except OSError:
                pass  # the other side is closed
            self.assertEqual(run.wait(timeout=600), 1)
            self.assertIn(b"the target is measured: an answer to `n` from " + host.encode(), text)

    def test_nobody_listens(self):
        for host in ("127.0.0.1:1", "localhost:1"):
            self.assert_run(1, "manager", "--connect", host, says=f"nothing listens at {host}: is the manager running")
        self.assert_run(1, "manager", "--connect", "no-such-host.invalid:4000", says="no-such-host.invalid has no IPv4")

    def test_a_name_instead_of_an_address(self):
        host = self.host.replace("127.0.0.1", "localhost")
        self.assert_run(0, "manager", "--connect", host, "--only", "manager.next.none", "--only", "manager.life.*",
                        says="2 passed")

    def test_only_a_manager(self):
        self.assert_run(2, "worker", "--connect", self.host, says="reaches a manager only")


class Expected(Behaviour):
    KNOWN = "fail manager.user-bad.wrong it is a lie\nwarn manager.user-mild.wrong hopes too much\n"

    def known(self, text):
        return self.file("known.txt", text)

    def run_known(self, status, text, says):
        known = self.known(text)
        return self.assert_run(status, "manager", "--strict", "--expect", known, *USER, "--", MANAGER, says=says)

    def test_expected(self):
        self.run_known(0, self.KNOWN, ["2 failed as expected", "1 blocked by an expected one"])

    def test_stale(self):
        self.run_known(1, self.KNOWN + "fail manager.user.good once\n", ["STALE manager.user.good", "passes now"])

    def test_what_passed_so_far_is_not_called_not_run(self):
        known = self.known(self.KNOWN + "fail manager.user.good once\n")
        words = ["manager", "--until-fail", "--expect", str(known), *USER, "--", MANAGER]
        run = subprocess.Popen([CHECK, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        for end in (run.wait, run.kill, run.stdout.close):
            self.addCleanup(end)
        next(line for line in run.stdout if "repetition 3" in line)
        run.send_signal(signal.SIGINT)
        text = run.stdout.read()
        self.assertIn("1 expected to fail, but passed so far", text)
        self.assertNotIn("not run,", text)
        # to the end of the repetitions it is stale
        self.assert_run(1, *words[:1], "--repeat", 3, *words[1:], says=["STALE manager.user.good", "3 repetitions"])

    def test_unmatched(self):
        text = self.KNOWN + "fail manager.user.gone once\n"
        self.run_known(1, text, ["UNMATCHED", "known.txt:3", "manager.user.gone"])

    def test_changed(self):
        self.run_known(1, self.KNOWN.replace("fail", "warn"), ["CHANGED manager.user-bad.wrong", "verdict is `fail`"])

    def test_entries_of_other_roles_do_not_matter(self):
        other = check("worker", "--list").stdout.split()[0]
        self.run_known(0, self.KNOWN + f"fail {other} of another role\n", "as expected")

    def test_a_mistake_in_the_file(self):
        self.run_known(2, "fial manager.user.good x\n", "known.txt:1: expected `fail CASE REASON`")

    def test_what_was_written_is_expected_the_next_time(self):
        known = self.folder / "written.txt"
        self.assert_run(1, "manager", "--strict", "--write-expect", known, *USER, "--", MANAGER)
        self.assertIn("fail manager.user-bad.wrong SCHED-4 expected A <- t b'never <scheduled> & lost', "
                      "received A <- t b'task'\n", known.read_text())
        words = ["manager", "--strict", "--expect", known, "--write-expect", known, *USER, "--", MANAGER]
        known.write_text(known.read_text().replace("SCHED-4 expected", "because expected"))
        self.assert_run(0, *words)
        self.assertIn("fail manager.user-bad.wrong because expected A <- t", known.read_text())

    def versioned(self, version):
        """The reference, by an adapter that says in which version of a language it is written."""
        return self.file(f"adapter-{version}", "#!/bin/sh\n"
                         f"[ \"$1\" != capabilities ] || echo 'language ada {version}'\n"
                         f"exec '{MANAGER}' \"$@\"\n", 0o755)

    def run_versioned(self, status, version, text, says, *words):
        known = self.known(text)
        adapter = self.versioned(version)
        words = ["--strict", "--expect", known, *words, *USER, "--", adapter]
        return self.assert_run(status, "manager", *words, says=says)

    def test_entries_for_some_versions(self):
        text = "".join(f"when ada >= 2022.1 {line}\n" for line in self.KNOWN.splitlines())
        for version in ("2022.1.3", "2023"):
            self.run_versioned(0, version, text, "2 failed as expected")
        self.run_versioned(1, "2012", text, ["FAIL manager.user-bad.wrong", "WARN manager.user-mild.wrong"])
        both = text + text.replace(">=", "<")
        for version in ("2012", "2023"):
            self.run_versioned(0, version, both, "2 failed as expected")

    def test_stale_where_its_condition_holds(self):
        text = self.KNOWN + "when ada < 2020 fail manager.user.good once\n"
        self.run_versioned(1, "2012", text, ["STALE manager.user.good", "or narrow its condition"])
        self.run_versioned(0, "2022", text, "2 failed as expected")

    def test_unmatched_also_where_its_condition_does_not_hold(self):
        text = self.KNOWN + "when ada < 2020 fail manager.user.gone once\n"
        self.run_versioned(1, "2022", text, ["UNMATCHED", "known.txt:3"])

    def test_conditions_that_say_nothing(self):
        line = "fail manager.user.good x\n"
        self.run_versioned(2, "2022", f"when ada = 2022 {line}", "known.txt:1: `when WORD RELATION VERSION` needs")
        self.run_versioned(2, "2022", f"when adda < 2022 {line}", "the adapter declares no version of `adda`")
        self.run_versioned(2, "2022", f"when version < 2 {line}", "Its capabilities need a line `version VERSION`")
        self.run_versioned(2, "new", f"when ada < 2022 {line}", "Its capabilities need a line `language ada VERSION`")
        self.run_known(2, f"when ada < 2022 {line}", "the adapter declares no version of `ada`")

    def test_conditions_are_written_again(self):
        bad, mild = self.KNOWN.splitlines()
        text = f"when ada >= 2022 {bad}\nwhen ada < 2022 {bad}, too\nwhen ada < 2022 {mild}\n"
        text += "when ada < 2022 fail manager.user.good once\n"
        known = self.known(text)
        words = ["--strict", "--expect", known, "--write-expect", known, *USER, "--", self.versioned("2022")]
        self.assert_run(1, "manager", *words, says="WARN manager.user-mild.wrong")
        written = known.read_text()
        self.assertEqual(sorted(written.splitlines()[1:-1]), sorted([
            f"when ada < 2022 {bad}, too", "when ada < 2022 fail manager.user.good once", f"when ada >= 2022 {bad}"]))
        self.assertRegex(written.splitlines()[-1], "^warn manager.user-mild.wrong ")
        self.assert_run(0, "manager", *words)
        self.assertEqual(known.read_text(), written)


class Reports(Behaviour):
    def reports(self, *words, status=1, adapter=(MANAGER,)):
        paths = [self.folder / name for name in ("r.json", "r.xml", "r.html")]
        files = ["--json", paths[0], "--junit", paths[1], "--html", paths[2]]
        self.assert_run(status, "manager", *files, *words, "--", *adapter)
        return paths

    def test_json(self):
        form = json.loads((HERE.parents[1] / "conformance" / "report.schema.json").read_text())
        for words, status in [(USER, 1), (["--repeat", 2, "-v", *GOOD], 0)]:
            report = json.loads(self.reports(*words, status=status)[0].read_text())
            self.assertEqual(schema.mistakes(report, form, form), [])
            self.assertEqual(report["status"], status)
        report["roles"][0]["cases"][0]["verdict"] = "fine"
        report["roles"][0]["surprise"] = 1
        self.assertEqual(len(schema.mistakes(report, form, form)), 2)

    def test_junit(self):
        path = self.reports(*USER, adapter=[MANAGER, "--retries", "3"])[1]
        suite = xml.etree.ElementTree.parse(path).getroot().find("testsuite")
        self.assertEqual(suite.find("properties/property[@name='adapter']").get("value"), f"{MANAGER} --retries 3")
        cases = suite.findall("testcase")
        self.assertEqual(int(suite.get("tests")), len(cases))
        self.assertEqual(int(suite.get("failures")), len([case for case in cases if case.find("failure") is not None]))
        self.assertIn("b'never <scheduled> & lost'", "".join(suite.find(".//failure").itertext()))
        words = ["xmllint", "--noout", "--schema", HERE / "junit.xsd", path]
        done = subprocess.run(words, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_html(self):
        text = self.reports(*USER)[2].read_text()
        self.assertIn("b&#39;never &lt;scheduled&gt; &amp; lost&#39;", text)
        self.assertNotRegex(text, r"(src|href)=\"[^#]")

    def test_tap(self):
        lines = self.assert_run(1, "manager", "--tap", *USER, "--", MANAGER).stdout.splitlines()
        self.assertEqual(lines[0], "TAP version 13")
        count = int(lines[1].removeprefix("1.."))
        tests = [re.match(r"(not ok|ok) (\d+) - (\S+)", line) for line in lines if re.match(r"(not )?ok", line)]
        self.assertEqual([int(test.group(2)) for test in tests], list(range(1, count + 1)))
        self.assertEqual({test.group(3): test.group(1) for test in tests}, {
            "manager.user.good": "ok", "manager.user.also-good": "ok", "manager.user.skipped": "ok",
            "manager.user-bad.wrong": "not ok", "manager.user-bad.blocked": "not ok", "manager.user-mild.wrong": "ok"})
        self.assertIn("ok 3 - manager.user.skipped # SKIP the target does not declare hold 100000", lines)
        for line in lines[2:]:
            self.assertRegex(line, r"^((not )?ok \d+|#|  )")
        words = [CHECK, "manager", "--tap", *GOOD, "--", MANAGER]
        script = self.file("all.t", f"#!/bin/sh\nexec {shlex.join(words)}\n", 0o755)
        done = subprocess.run(["prove", "-e", "", script], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_report_on_standard_output(self):
        done = self.assert_run(0, "manager", "--json", "-", *GOOD, "--", MANAGER)
        self.assertEqual(json.loads(done.stdout)["status"], 0)
        self.assertIn("3 cases, 2 passed", done.stderr)
        self.assert_run(2, "manager", "--json", "-", "--tap", *GOOD, "--", MANAGER, says="only one report")

    def test_a_full_disk_is_told(self):
        if os.path.exists("/dev/full"):
            self.assert_run(3, "manager", "--json", "/dev/full", *GOOD, "--", MANAGER, says="/dev/full")

    def test_color(self):
        self.assertNotIn("\033", self.assert_run(1, "manager", *USER, "--", MANAGER).stdout)
        self.assertIn("\033[1;31mFAIL", self.assert_run(1, "manager", "--color", "always", *USER, "--", MANAGER).stdout)


class Pause(Behaviour):
    def test_each_target_waits_for_enter(self):
        leader, follower = os.openpty()
        self.addCleanup(os.close, leader)
        words = ["--pause", "--delivery", "whole", "--cases", str(CASES), "--only", "manager.user.good"]
        run = subprocess.Popen([CHECK, "manager", *words, "--", MANAGER],
                               stdin=follower, stdout=follower, stderr=follower,
                               start_new_session=True, preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)))
        os.close(follower)
        text = b""
        while b"press Enter to go on" not in text:
            text += os.read(leader, 4096)
        target = int(re.search(rb"process id: (\d+)", text).group(1))
        self.assertIn(MANAGER.encode(), pathlib.Path(f"/proc/{target}/cmdline").read_bytes())
        os.write(leader, b"\n")
        while b"1 passed" not in text:
            text += os.read(leader, 4096)
        self.assertEqual(run.wait(timeout=600), 0)


    def test_without_a_terminal_nobody_could_press_enter(self):
        done = self.assert_run(2, "manager", "--pause", *GOOD, "--", MANAGER, start_new_session=True,
                               says=["--pause needs a terminal"])
        self.assertEqual(done.stdout, "")
        self.assertNotIn("process id", done.stderr)


class Ends(Behaviour):
    """Whatever ends a run, no process of it stays. Each run is found by a mark in its environment."""

    def living(self, mark):
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
            try:
                if mark.encode() in path.read_bytes():
                    found.append(path.parent.name)
            except OSError:
                pass
        return found

    def started(self, *words, processes=4):
        """A run that goes on for long, when that many of its processes run."""
        mark = f"UNDR_CLI_MARK={uuid.uuid4()}"
        name, value = mark.split("=")
        run = subprocess.Popen([CHECK, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, env={**os.environ, name: value})
        self.addCleanup(run.stdout.close)
        self.addCleanup(run.wait)
        self.addCleanup(run.kill)
        self.wait_until(lambda: len(self.living(mark)) > processes)
        return run, mark

    def wait_until(self, holds):
        limit = time.monotonic() + 600
        while not holds():
            self.assertLess(time.monotonic(), limit, "this did not come true within 600 s")
            time.sleep(0.02)

    def test_an_interrupt_ends_all_and_sums_up(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                path = self.folder / "r.json"
                run, mark = self.started("pool", "--repeat", "1000", "--json", str(path), "--", MANAGER)
                run.send_signal(number)
                text, _ = run.communicate(timeout=600)
                self.assertEqual(run.returncode, 128 + number, text)
                self.assertIn("Interrupted", text)
                self.assertTrue(json.loads(path.read_text())["interrupted"])
                self.assertEqual(self.living(mark), [])

    def test_a_kill_leaves_nothing_either(self):
        run, mark = self.started("pool", "--repeat", "1000", "--", MANAGER)
        run.kill()
        run.wait()
        self.wait_until(lambda: self.living(mark) == [])

    def test_a_target_that_hangs_is_ended_with_the_run(self):
        body = 'case "$1" in capabilities) echo manager;; manager) sleep 1000 & sleep 1000;; *) exit 89;; esac'
        adapter = self.file("hangs", f"#!/bin/sh\n{body}\n", 0o755)
        for number in (signal.SIGINT, signal.SIGKILL):
            with self.subTest(number):
                run, mark = self.started("manager", "--timeout-factor", "1000", *GOOD, "--", str(adapter), processes=5)
                run.send_signal(number)
                run.communicate(timeout=600)
                self.wait_until(lambda: self.living(mark) == [])

    def test_an_adapter_that_leaves_children_behind(self):
        adapter = self.file("litters", f'#!/bin/sh\n(setsid sleep 1000 &)\nexec {MANAGER} "$@"\n', 0o755)
        mark = f"UNDR_CLI_MARK={uuid.uuid4()}"
        name, value = mark.split("=")
        check("manager", *GOOD, "--", adapter, env={**os.environ, name: value})
        self.assertEqual(self.living(mark), [])


if __name__ == "__main__":
    unittest.main(argv=["run.py", *sys.argv[4:]], verbosity=2)
