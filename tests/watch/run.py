#!/usr/bin/env python3
"""run.py BUILD: the command line of `undr-check watch`: captures, a command, a proxy, statuses, reports."""
import json
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from packets import NEXT, NONE, capture, frame

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
CHECK = str(BUILD / "undr-check")


def processor_time(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def watch(*words, **options):
    return subprocess.run([CHECK, "watch", *words], capture_output=True, stdin=options.pop("stdin", subprocess.DEVNULL),
                          text=True, timeout=600, **options)


def has_capture():
    return "built without libpcap" not in watch("--pcap", os.devnull).stderr


def has_namespace():
    return "no network of its own" not in watch("--", "true").stderr


class Captures(unittest.TestCase):
    def setUp(self):
        if not has_capture():
            self.skipTest("this undr-check was built without libpcap")
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def run_on(self, exchange, *words, **options):
        (self.path / "x.pcap").write_bytes(capture(exchange, **options))
        return watch("--pcap", str(self.path / "x.pcap"), *words)

    def test_right(self):
        for nanoseconds in (True, False):
            done = self.run_on([(True, NEXT), (False, NONE)], nanoseconds=nanoseconds)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("Nothing that was seen breaks a requirement", done.stderr)
            self.assertEqual(done.stdout, "")

    def test_wrong_manager(self):
        done = self.run_on([(True, NEXT), (False, frame("s"))])
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("The manager at :4000 broke NEXT-1", done.stderr)
        self.assertIn("A(:50000) -> n", done.stderr)
        self.assertIn("A(:50000) <- s", done.stderr)

    def test_wrong_worker(self):
        done = self.run_on([(True, NEXT), (False, NONE), (True, frame("t"))])
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("The client :50000 of :4000 broke WORK-3", done.stderr)

    def test_only_should(self):
        polls = [(True, NEXT), (False, NONE)] * 5
        self.assertEqual(self.run_on(polls).returncode, 0)
        self.assertEqual(self.run_on(polls, "--strict").returncode, 1)
        self.assertEqual(self.run_on(polls, "--strict", "--off", "WORK-21").returncode, 0)

    def test_json_and_case(self):
        order = [(True, frame(0x81, b"a")), (False, frame("s")), (True, frame(0x81, b"b")), (False, frame("s")),
                 (True, NEXT), (False, frame("t", b"b")), (True, NEXT), (False, frame("t", b"a")), (True, NEXT), (False, NONE)]
        report, cases = self.path / "report.json", self.path / "found"
        cases.mkdir()
        done = self.run_on(order, "--json", str(report), "--case", str(cases / "found.case"))
        self.assertEqual(done.returncode, 1, done.stderr)
        found = json.loads(report.read_text())["findings"]
        self.assertEqual([(one["ids"][0], one["blamed"]) for one in found], [("SCHED-3", "manager")])
        self.assertEqual([one["line"] for one in found[0]["frames"]],
                         ["-> 0x81 b'a'", "-> 0x81 b'b'", "<- t b'b'", "<- t b'a'"])
        parsed = subprocess.run([CHECK, "parse", str(cases / "found.case")], capture_output=True, text=True)
        self.assertEqual(parsed.returncode, 0, parsed.stdout + parsed.stderr)
        played = subprocess.run([CHECK, "manager", "--cases", str(cases), "--only", "manager.watch.*", "--",
                                 str(BUILD / "undr-manager")], capture_output=True, text=True)
        self.assertEqual(played.returncode, 0, played.stdout + played.stderr)

    def test_nothing_to_judge(self):
        self.assertEqual(self.run_on([(True, NEXT)]).returncode, 2)

    def test_cut_file(self):
        whole = capture([(True, NEXT), (False, NONE), (True, NEXT), (False, NONE)])
        (self.path / "x.pcap").write_bytes(whole[:-20])
        done = watch("--pcap", str(self.path / "x.pcap"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("can't be read to its end", done.stderr)

    def test_standard_input(self):
        done = subprocess.run([CHECK, "watch", "--pcap", "-"], input=capture([(True, NEXT), (False, frame("m"))]),
                              capture_output=True, timeout=600)
        self.assertEqual(done.returncode, 1, done.stderr)

    def test_a_signal_ends_the_wait_for_a_capture(self):
        """Nothing ever comes through that pipe."""
        reads, writes = os.pipe()
        with subprocess.Popen([CHECK, "watch", "--pcap", "-"], stdin=reads, stderr=subprocess.PIPE, text=True) as waits:
            mask = 0
            while not mask & 1 << signal.SIGTERM - 1:  # until it is at it
                mask = int(re.search("SigBlk:\\s*(\\w+)", pathlib.Path(f"/proc/{waits.pid}/status").read_text())[1], 16)
            waits.terminate()
            self.assertEqual(waits.wait(600), 2, waits.stderr.read())
        os.close(reads)
        os.close(writes)

    def test_pipes_that_have_no_other_end(self):
        pipe = self.path / "pipe"
        os.mkfifo(pipe)
        done = watch("--pcap", str(pipe))
        self.assertEqual((done.returncode, done.stderr.split(": ")[2:3]), (2, ["nobody has this pipe open for writing; start the writer first\n"]))
        for option in ("--output", "--json", "--case"):
            done = self.run_on([(True, NEXT), (False, NONE)], option, str(pipe))
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("it is a pipe without a reader", done.stderr)

    def test_no_capture(self):
        (self.path / "text").write_text("not a capture")
        done = watch("--pcap", str(self.path / "text"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("pcap and pcapng", done.stderr)


class Command(unittest.TestCase):
    def setUp(self):
        if not has_capture() or not has_namespace():
            self.skipTest("no libpcap, or no namespaces here")

    def test_own_status_and_output(self):
        done = watch("--", "sh", "-c", "echo mine; exit 7")
        self.assertEqual((done.returncode, done.stdout), (7, "mine\n"))
        self.assertEqual(watch("--", "sh", "-c", "kill -TERM $$").returncode, 128 + 15)
        self.assertEqual(watch("--", "/nowhere/at/all").returncode, 127)
        self.assertEqual(watch("--", "true").returncode, 2)  # nothing was judged

    def test_pool(self):
        with tempfile.NamedTemporaryFile() as report:
            done = watch("--json", report.name, "--", CHECK, "pool", "--only", "pool.life.*", "--", str(BUILD / "undr-manager"))
            self.assertEqual(done.returncode, 0, done.stderr)
            content = json.loads(pathlib.Path(report.name).read_text())
        self.assertGreater(content["counts"]["answers"], 3)
        self.assertEqual([one for one in content["findings"] if one["blamed"] == "manager"], [])


class Proxy(unittest.TestCase):
    def test_between(self):
        """A manager of three lines, which answers `n` with `s`: it is told, and all bytes pass as they are."""
        manager = socket.create_server(("127.0.0.1", 0))
        proxy = subprocess.Popen([CHECK, "watch", "--listen", "0", "--to", str(manager.getsockname()[1])],
                                 stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        port = int(proxy.stderr.readline().split(":")[1].split(",")[0])

        def serve():
            peer = manager.accept()[0]
            peer.recv(9, socket.MSG_WAITALL)
            peer.sendall(frame("s"))
            peer.recv(1)
            peer.close()
        thread = threading.Thread(target=serve)
        thread.start()
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(NEXT)
            self.assertEqual(client.recv(9, socket.MSG_WAITALL), frame("s"))
            client.shutdown(socket.SHUT_WR)
            self.assertEqual(client.recv(1), b"")
        thread.join()
        proxy.terminate()
        report = proxy.stderr.read()
        self.assertEqual(proxy.wait(), 1, report)
        self.assertIn("broke NEXT-1", report)
        proxy.stderr.close()
        manager.close()


    def test_few_descriptors(self):
        """A shortage of the proxy's is no manager that refuses: it is told, and is a failure of the harness."""
        manager = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(manager.close)
        few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
        with subprocess.Popen([CHECK, "watch", "--listen", "0", "--to", str(manager.getsockname()[1])], preexec_fn=few,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as proxy:
            port = int(proxy.stderr.readline().split(":")[1].split(",")[0])
            clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(16)]
            refused = 0
            while refused == 0:
                for client in clients:
                    client.settimeout(0.05)
                    try:
                        refused += client.recv(1) == b""
                    except ConnectionResetError:
                        refused += 1
                    except TimeoutError:
                        pass
            before = processor_time(proxy.pid)
            time.sleep(1)
            self.assertLess(processor_time(proxy.pid) - before, 0.5)  # it does not turn round and round
            proxy.terminate()
            report = proxy.stderr.read()
            self.assertEqual(proxy.wait(), 3, report)
            self.assertIn("not passed on: Too many open files; raise the limit of open files", report)
        for client in clients:
            client.close()


class Output(unittest.TestCase):
    def setUp(self):
        if not has_capture():
            self.skipTest("no libpcap")
        file = tempfile.NamedTemporaryFile()
        self.addCleanup(file.close)
        file.write(capture([(True, NEXT), (False, NONE)]))
        file.flush()
        self.words = ["watch", "--pcap", file.name]

    def test_the_report_is_lost(self):
        """It goes to standard error."""
        full = open("/dev/full", "w")
        self.addCleanup(full.close)
        self.assertEqual(subprocess.run([CHECK, *self.words], stderr=full).returncode, 3)
        closed = subprocess.run(["sh", "-c", 'exec "$@" 2>&-', "sh", CHECK, *self.words])
        self.assertEqual(closed.returncode, 3)
        report = tempfile.NamedTemporaryFile()
        self.addCleanup(report.close)
        elsewhere = subprocess.run(["sh", "-c", 'exec "$@" 2>&-', "sh", CHECK, *self.words, "--output", report.name])
        self.assertEqual(elsewhere.returncode, 0)
        self.assertIn(b"Nothing that was seen breaks", report.read())

    def test_full_files(self):
        for option in ("--output", "--json"):
            done = subprocess.run([CHECK, *self.words, option, "/dev/full"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn("/dev/full can't be written: No space left on device", done.stderr)

    def test_standard_output(self):
        done = subprocess.run([CHECK, *self.words, "--json", "-"], capture_output=True, text=True)
        self.assertEqual((done.returncode, json.loads(done.stdout)["counts"]["answers"]), (0, 1))


CASES = """
case manager.own.two-tasks
  must SCHED-1  0x80+p is acknowledged with `s`, empty

  A -> 0x81 b'a'
  A <- s
  A -> 0x81 b'b'
  A <- s
  A -> n
  A <- t _
  A -> n
  A <- t _
  A -> t
  A <- t None
  A -> t
  A <- t None

case worker.own.a-task
  must WORK-1  a worker's first frame is `n`

  A <- n
  A -> t Probe([('message', 'x')])
  A <- m 'x'
  A -> m
  A <- t or n
  A -> t CloseRequest
  A <- end
"""


class Plays(unittest.TestCase):
    """The watch looks on at each play: what no line of a case asks for is named all the same."""

    def play(self, role, *target):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "own.case").write_text(CASES)
            report = pathlib.Path(folder) / "report.json"
            done = subprocess.run([CHECK, role, "--cases", folder, "--only", f"{role}.own.*", "--delivery", "whole", "--again", "0",
                                   "--json", str(report), "--", *map(str, target)], capture_output=True, text=True)
            self.assertIn(done.returncode, (0, 1), done.stderr)
            return done.returncode, report.read_text()

    def test_right(self):
        self.assertEqual(self.play("manager", BUILD / "undr-manager")[0], 0)
        self.assertEqual(self.play("worker", BUILD / "undr-worker")[0], 0)

    def test_wrong(self):
        broken = BUILD / "tests" / "undr-broken"
        status, report = self.play("manager", broken, "--bug", "lifo")
        self.assertEqual(status, 1, report)
        self.assertIn('"SCHED-3"', report)
        self.assertIn("overtook", report)
        status, report = self.play("worker", broken, "--bug", "next-after-task")
        self.assertEqual(status, 1, report)
        self.assertIn('"WORK-6"', report)


class Usage(unittest.TestCase):
    def test_refused(self):
        for words, text in ((), "one of"), (("--pcap", "x", "--", "true"), "not several"), (("--listen", "5"), "belong"), \
                (("--interface", "lo"), "--port"), (("--pcop", "x"), "--pcap"), (("--off", "X-1", "--pcap", "x"), "--off"), \
                (("--port", "70000", "--pcap", "x"), "65535"), (("--pcap",), "needs a value"), (("--seed", "1", "--pcap", "x"), "watch does not use --seed"), \
                (("x", "--pcap", "x"), "unexpected argument"):
            done = watch(*words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn(text, done.stderr)

    def test_help(self):
        done = watch("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("--pcap FILE", done.stdout)


if __name__ == "__main__":
    unittest.main()
