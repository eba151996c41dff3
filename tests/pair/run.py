#!/usr/bin/env python3
"""run.py BUILD CLASS [WORD...]: `undr-check pair`. Of the classes Quiet and Words the words are the command of an adapter."""
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE / "tests" / "cli"))
import schema
OTHER = sys.argv[2:]
del sys.argv[2:]
CHECK, MANAGER, WORKER = (str(BUILD / name) for name in ("undr-check", "undr-manager", "undr-worker"))
BROKEN = [str(BUILD / "tests" / "undr-broken"), "--bug"]


def pair(*words, **options):
    return subprocess.run([CHECK, "pair", *words], capture_output=True, stdin=subprocess.DEVNULL, text=True,
                          timeout=3000, **options)


def judged(manager, worker, *words):
    """The exit status, and the report."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "report.json")
        done = pair("--json", str(path), *words, "--", *manager, "--", *worker)
        if not path.exists():
            raise AssertionError(f"no report; status {done.returncode}: {done.stderr}{done.stdout}")
        report = json.loads(path.read_text())
        if wrong := schema.mistakes_of(report, "pair"):
            raise AssertionError(f"report.schema.json does not allow this report: {wrong}")
        return done.returncode, report, done.stdout


def blamed(report):
    return {(finding["blamed"], finding["ids"][0]) for finding in report["findings"]}


def script(folder, text):
    path = pathlib.Path(folder, "adapter")
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return [str(path)]


class Command(unittest.TestCase):
    def refused(self, part, *words):
        done = pair(*words)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done)
        self.assertIn(part, done.stderr)

    def test_one_mark_between(self):
        self.refused("there is no command", "--json", "x")
        self.refused("there is no command of the workers", "--", MANAGER)
        self.refused("the workers' command is empty", "--", MANAGER, "--")
        self.refused("the manager's command is empty", "--", "--", WORKER)
        self.refused("more than two commands", "--", MANAGER, "--", WORKER, "--", WORKER)

    def test_options(self):
        self.refused("pair does not use --only", "--only", "x", "--", MANAGER, "--", WORKER)
        self.refused("--workers", "--workers", "65", "--", MANAGER, "--", WORKER)
        self.refused("--workers", "--workers", "0", "--", MANAGER, "--", WORKER)

    def test_help(self):
        done = pair("--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn("-- MANAGER... -- WORKER...", done.stdout)

    def test_no_adapter(self):
        for words in (["/bin/true", "--", WORKER], [MANAGER, "--", "/bin/true"], [MANAGER, "--", MANAGER]):
            done = pair("--", *words)
            self.assertEqual(done.returncode, 1, done)
            self.assertNotIn("finished", done.stdout)
        done = pair("--", "./there-is-no-such-program", "--", WORKER)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("there-is-no-such-program", done.stderr)

    def test_json_on_output(self):
        done = pair("--json", "-", "--workers", "1", "--", MANAGER, "--", WORKER)
        report = json.loads(done.stdout)
        self.assertEqual((done.returncode, report["status"]), (0, 0), done.stderr)
        self.assertEqual([session["finished"] for session in report["sessions"]], [True] * 5, report["sessions"])

    def test_report_that_cannot_be_written(self):
        done = pair("--json", "/there/is/no/such/folder", "--", MANAGER, "--", WORKER)
        self.assertEqual(done.returncode, 2, done)
        if os.path.exists("/dev/full"):
            with open("/dev/full", "w") as full:
                done = subprocess.run([CHECK, "pair", "--", MANAGER, "--", WORKER], stdout=full, stdin=subprocess.DEVNULL,
                                      stderr=subprocess.PIPE, text=True)
            self.assertEqual(done.returncode, 3, done)


class Hangs(unittest.TestCase):
    """A peer that does nothing more: the wait has an end, nobody is blamed, and no process is left."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def left(self):
        mark = self.folder.encode()
        return [name for name in os.listdir("/proc") if name.isdigit() and mark in self.words_of(name)]

    def words_of(self, name):
        try:
            return pathlib.Path("/proc", name, "cmdline").read_bytes()
        except OSError:
            return b""

    def hung(self, manager, worker):
        status, report, _ = judged(manager, worker, "--timeout-factor", "0.1")
        self.assertEqual((status, report["findings"]), (1, []))
        self.assertFalse(any(session["finished"] for session in report["sessions"]), report["sessions"])
        self.assertIn("Nothing has moved", report["sessions"][0]["remark"])
        self.assertEqual(self.left(), [])

    def test_worker(self):
        text = 'case $1 in capabilities) echo worker;; worker) sleep 1000;; *) exit 89;; esac\n'
        self.hung([MANAGER], script(self.folder, text))

    def test_manager(self):
        text = 'case $1 in capabilities) echo manager;; manager) sleep 1000;; *) exit 89;; esac\n'
        self.hung(script(self.folder, text), [WORKER])

    def test_manager_that_ends(self):
        text = 'case $1 in capabilities) echo manager;; manager) echo oh dear >&2; exit 5;; *) exit 89;; esac\n'
        status, report, _ = judged(script(self.folder, text), [WORKER])
        self.assertEqual((status, report["manager"]["crashed"], report["worker"]["crashed"]), (1, True, False))
        self.assertIn("oh dear", report["sessions"][0]["remark"])

    def test_limits_that_both_inherit(self):
        """Of the harness's own: nobody is judged, but for what the wire shows."""
        def low():
            resource.setrlimit(resource.RLIMIT_STACK, (768 << 10, 768 << 10))
        ends = script(self.folder, 'case $1 in capabilities) echo manager;; manager) kill -SEGV $$;; *) exit 89;; esac\n')
        done = pair("--", *ends, "--", WORKER, preexec_fn=low)
        self.assertEqual(done.returncode, 3, done)
        self.assertIn("limits that may be too low for it: 768 KiB of stack (ulimit -s)", done.stderr)
        self.assertNotIn("crashed", done.stdout)
        self.assertEqual(pair("--", *ends, "--", WORKER).returncode, 1)
        self.assertEqual(pair("--", MANAGER, "--", WORKER, preexec_fn=low).returncode, 0)
        self.assertEqual(pair("--", *BROKEN, "lifo", "--", WORKER, preexec_fn=low).returncode, 1)

    def test_name_that_is_no_text(self):
        """It comes from outside: no terminal is told what to do, and the report stays JSON."""
        text = "case $1 in capabilities) printf 'worker\\nname \\033[31m\\377<b>\\n';; worker) sleep 1000;; *) exit 89;; esac\n"
        status, report, said = judged([MANAGER], script(self.folder, text), "--timeout-factor", "0.05")
        self.assertEqual((status, report["worker"]["name"]), (1, r"\x1b[31m\xff<b>"))
        self.assertNotIn("\x1b", said)
        self.assertIn(r"workers of \x1b[31m\xff<b>", said)

    def test_worker_that_sends_for_ever(self):
        text = f"""#!{sys.executable}
import socket, sys
if sys.argv[1] == "capabilities":
    sys.exit(print("worker"))
if sys.argv[1] != "worker":
    sys.exit(89)
connection = socket.create_connection(("127.0.0.1", int(sys.argv[3])))
while True:
    connection.sendall((b"m\\5" + bytes(7) + b"\\x80\\4K\\1.") * 500)
    connection.recv(500 * 9, socket.MSG_WAITALL)
"""
        path = pathlib.Path(self.folder, "flood")
        path.write_text(text)
        path.chmod(0o755)
        status, report, said = judged([MANAGER], [str(path)], "--timeout-factor", "0.1", "--workers", "1")
        self.assertEqual(status, 1, said)
        self.assertIn("Far more has been sent", said)
        self.assertEqual(report["manager"]["must"], 0, said)

    def test_ignored_signal(self):
        """nohup: what the user ignores ends nothing."""
        text = 'case $1 in capabilities) echo worker;; worker) sleep 1000;; *) exit 89;; esac\n'
        command = [CHECK, "pair", "--", MANAGER, "--", *script(self.folder, text)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as run:
            run.stdout.readline()
            run.send_signal(signal.SIGHUP)  # were it awaited, it would be read before the other one
            run.send_signal(signal.SIGTERM)
            self.assertEqual(run.wait(600), 128 + signal.SIGTERM)

    def test_interrupted(self):
        text = 'case $1 in capabilities) echo worker;; worker) sleep 1000;; *) exit 89;; esac\n'
        command = [CHECK, "pair", "--", MANAGER, "--", *script(self.folder, text)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as run:
            run.stdout.readline()
            for _ in range(1000):
                if self.left():
                    break
                time.sleep(0.05)
            run.send_signal(signal.SIGTERM)
            self.assertEqual(run.wait(600), 128 + signal.SIGTERM)
        self.assertEqual(self.left(), [])


class Quiet(unittest.TestCase):
    """Right implementations, in both roles beside the reference."""

    def held(self, manager, worker):
        status, report, text = judged(manager, worker, "--strict")
        self.assertEqual((status, report["findings"]), (0, []), text)
        self.assertEqual([session["remark"] for session in report["sessions"]], [""] * 5)
        counts = report["counts"]  # the workload was there
        self.assertGreater(counts["tasks"], 200)
        self.assertGreater(counts["messages"], 200)

    def test_manager(self):
        self.held(OTHER, [WORKER])

    def test_worker(self):
        self.held([MANAGER], OTHER)

    def test_reference(self):
        self.held([MANAGER], [WORKER])


class Words(unittest.TestCase):
    def test_wrong_words(self):
        """spec/adapter.md: status 2 for an option that is missing or out of range, `error` for a malformed command."""
        for words in ([], ["--port", "99999"]):
            done = subprocess.run([*OTHER, "worker", *words], stdin=subprocess.DEVNULL, capture_output=True)
            self.assertEqual(done.returncode, 2, done)
        done = subprocess.run([*OTHER, "manager", "--workers", "0", "--priority-levels", "2"], input="close\nclose x\n",
                              capture_output=True, text=True)
        self.assertEqual([line.split()[0] for line in done.stdout.splitlines()], ["ready", "error", "error"], done)


class Package(unittest.TestCase):
    """The Python package: its manager keeps JOIN waiting when a worker dies with a task (FAULT-3)."""
    ADAPTER = [sys.executable, str(SOURCE / "conformance" / "adapters" / "python" / "undr_adapter.py")]

    def test_manager(self):
        status, report, text = judged(self.ADAPTER, [WORKER])
        self.assertEqual((status, report["findings"]), (0, []), text)
        self.assertEqual([session["name"] for session in report["sessions"] if not session["finished"]], ["deaths"])

    def test_worker(self):
        status, report, text = judged([MANAGER], self.ADAPTER)
        self.assertEqual((status, report["findings"]), (0, []), text)


class Bugs(unittest.TestCase):
    def bug(self, name, side, id, *words):
        target = [*BROKEN, name]
        manager, worker = ([MANAGER], target) if side == "client" else (target, [WORKER])
        status, report, text = judged(manager, worker, "--timeout-factor", "0.3", *words)
        self.assertEqual(status, 1, text)
        self.assertIn((side, id), blamed(report), text)
        self.assertEqual({one for one, _ in blamed(report)}, {side}, text)
        self.assertLessEqual(max(len(finding["frames"]) for finding in report["findings"]), 4)
        self.assertIn("broke " + id, text)


class Managers(Bugs):
    def test_order(self):
        self.bug("lifo", "manager", "SCHED-3")

    def test_priority(self):
        self.bug("inverted-priority", "manager", "SCHED-2")

    def test_answers(self):
        self.bug("greets", "manager", "REQ-2")

    def test_bytes(self):
        self.bug("truncates-64k", "manager", "SCHED-4")


class Workers(Bugs):
    def test_two_requests(self):
        self.bug("asks-twice", "client", "WORK-2")

    def test_unsettled_task(self):
        self.bug("next-after-task", "client", "WORK-6")

    def test_after_close_request(self):
        self.bug("says-goodbye", "client", "WORK-4")

    def test_exit_status(self):
        """No frame shows it: the process does."""
        status, report, text = judged([MANAGER], [*BROKEN, "close-status"])
        self.assertEqual((status, report["worker"]["must"] > 0, report["manager"]["must"]), (1, True, 0), text)
        self.assertIn("A worker broke WORK-5", text)


if __name__ == "__main__":
    unittest.main()
