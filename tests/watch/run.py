#!/usr/bin/env python3
"""run.py BUILD: the command line of `undr-check watch`: captures, a command, a proxy, statuses, reports."""
import contextlib
import html.parser
import json
import os
import pathlib
import pty
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import schema
from packets import NEXT, NONE, capture, frame, pcap, segments

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


class Capture(unittest.TestCase):
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


class Captures(Capture):
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
        found = json.loads(report.read_text())
        self.assertEqual(schema.mistakes_of(found, "watch"), [])
        found = found["findings"]
        self.assertEqual([(one["ids"][0], one["blamed"]) for one in found], [("SCHED-3", "manager")])
        self.assertEqual([one["line"] for one in found[0]["frames"]],
                         ["-> 0x81 b'a'", "-> 0x81 b'b'", "<- t b'b'", "<- t b'a'"])
        parsed = subprocess.run([CHECK, "parse", str(cases / "found.case")], capture_output=True, text=True)
        self.assertEqual(parsed.returncode, 0, parsed.stdout + parsed.stderr)
        played = subprocess.run([CHECK, "manager", "--cases", str(cases), "--only", "manager.watch.*", "--",
                                 str(BUILD / "undr-manager")], capture_output=True, text=True)
        self.assertEqual(played.returncode, 0, played.stdout + played.stderr)

    def test_many_findings(self):
        """What clients break often does not hide what a manager breaks: the first ten of each side are shown."""
        report = self.path / "report.json"
        packets = [packet for port in range(50000, 50015) for packet in segments([(True, frame("m", b"K")), (True, "fin")], port)]
        packets += segments([(True, frame("m", b"K")), (False, frame("m"))], 50015)
        (self.path / "x.pcap").write_bytes(pcap(packets))
        done = watch("--port", "4000", "--pcap", str(self.path / "x.pcap"), "--json", str(report))
        blamed = [one["blamed"] for one in json.loads(report.read_text())["findings"]]
        self.assertEqual((blamed.count("client"), blamed.count("manager")), (10, 1))
        self.assertIn("(more of MSG-3 by a client are counted, and not shown)", done.stderr)

    def test_ports_that_are_used_again(self):
        """The end of the first connection is not seen; the second has lower numbers than it, or only its SYN-ACK is seen."""
        talk = [(True, NEXT), (False, NONE)]
        first, second = segments(talk, first=(5000000, 7000000)), segments(talk * 2, first=(9, 99))
        for packets in (first + second, first + second[1:], segments([*talk, (True, frame("m", b"x" * 9)[:12])], first=(90, 99)) + second):
            (self.path / "x.pcap").write_bytes(pcap(packets))
            done = watch("--pcap", str(self.path / "x.pcap"))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("2 connections, 3 requests, 3 answers", done.stderr)

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
        for option in ("--output", "--json", "--html", "--case"):
            done = self.run_on([(True, NEXT), (False, NONE)], option, str(pipe))
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("it is a pipe without a reader", done.stderr)

    def test_no_capture(self):
        (self.path / "text").write_text("not a capture")
        done = watch("--pcap", str(self.path / "text"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("pcap and pcapng", done.stderr)


class Page(html.parser.HTMLParser):
    """A page: its text, its links and their targets; what is open must be closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.links, self.ids, self.texts, self.mistakes = [], set(), set(), [], []
        self.feed(text)
        self.mistakes += self.open

    def handle_starttag(self, tag, attributes):
        about = dict(attributes)
        self.links |= {about["href"]} if "href" in about else set()
        self.ids |= {about["id"]} if "id" in about else set()
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.mistakes.append("/" + tag)

    def handle_data(self, data):
        self.texts.append(data)


class Pages(Capture):
    def test_html(self):
        odd = b"<script>&'\"</pre>"
        exchange = [(True, NEXT), (False, NONE), (True, frame(0x81, odd)), (False, frame("m", odd)), (True, NEXT)]
        done = self.run_on(exchange, "--html", str(self.path / "x.html"))
        text = (self.path / "x.html").read_text()
        page = Page(text)
        self.assertEqual((done.returncode, page.mistakes), (1, []))
        self.assertNotIn("<script", text)
        self.assertEqual({link[1:] for link in page.links} - page.ids, set())
        said = "".join(page.texts)
        for line in done.stderr.splitlines():  # whatever the report says, but its table
            if re.match(r"The |Freedoms|\d| +\d|Nothing", line):
                self.assertIn(line, said)
        self.assertIn("broke SCHED-1 or REQ-1 or FRAME-1 (MUST)", said)

    def test_right_and_nothing(self):
        for exchange, says in (([(True, NEXT), (False, NONE)], "Nothing that was seen breaks"), ([(True, NEXT)], "Nothing was judged")):
            page = Page(self.run_on(exchange, "--html", "-").stdout)
            self.assertEqual(page.mistakes, [])
            self.assertIn(says, "".join(page.texts))
            self.assertNotIn("What was broken", "".join(page.texts))


# A worker asks its manager, and is answered wrongly.
TALK = """
import os, signal, socket, subprocess, sys, tempfile, time
manager = socket.create_server(("127.0.0.1", 0))
port = manager.getsockname()[1]
def talk():
    for answer in (b"t\\4" + bytes(7) + b"\\x80\\4N.", b"s" + bytes(8)):
        client = socket.create_connection(("127.0.0.1", port))
        peer = manager.accept()[0]
        client.sendall(b"n" + bytes(8))
        peer.recv(9, socket.MSG_WAITALL)
        peer.sendall(answer)
        client.recv(9, socket.MSG_WAITALL)
        client.close()
        peer.close()
"""
# Until the watch, which needs a moment to begin, has seen it.
LIVE = TALK + """
with tempfile.NamedTemporaryFile() as report:
    watch = subprocess.Popen([sys.argv[1], "watch", "--interface", "lo", "--port", str(port), "--output", report.name])
    while watch.poll() is None and b"broke" not in open(report.name, "rb").read():
        talk()
        time.sleep(0.1)
    watch.send_signal(signal.SIGINT)
    while watch.poll() is None:  # that others go on does not keep it
        talk()
    status = watch.wait()
    sys.stdout.write(open(report.name).read())
sys.exit(status)
"""


def in_a_network(words):
    """Loopback is up in it, and its processes may capture there."""
    raise_it = ("import fcntl, os, socket, struct, sys; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
                "fcntl.ioctl(s, 0x8914, struct.pack('16sh14x', b'lo', 0x41)); os.execvp(sys.argv[1], sys.argv[1:])")
    own = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *own, "--net", sys.executable, "-c", raise_it, *map(str, words)]


class Interface(unittest.TestCase):
    def setUp(self):
        if not has_capture():
            self.skipTest("no libpcap")
        if subprocess.run(in_a_network(["true"]), capture_output=True).returncode != 0:
            self.skipTest("no network namespaces here: `--interface` is not tried")

    def test_live(self):
        done = subprocess.run(in_a_network([sys.executable, "-c", LIVE, CHECK]), capture_output=True, text=True, timeout=600)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("broke NEXT-1", done.stdout)
        self.assertRegex(done.stdout, r"NEXT-1 +[1-9]\d* +[1-9]")  # the right answers, the wrong ones

    def test_no_such_interface(self):
        done = subprocess.run(in_a_network([CHECK, "watch", "--interface", "nowhere0", "--port", "5"]), capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("`ip link` lists the interfaces", done.stderr)

    def test_not_permitted(self):
        """As a user without the capability: what to do instead is said."""
        if os.geteuid() != 0:
            self.skipTest("only root can become another user")
        with for_nobody() as check:
            done = subprocess.run([check, "watch", "--interface", "lo", "--port", "5"], capture_output=True, text=True, **NOBODY)
        self.assertEqual(done.returncode, 2)
        self.assertIn("capturing is not permitted; it takes root, or `setcap cap_net_raw+ep`", done.stderr)
        self.assertIn("`undr-check watch -- COMMAND`", done.stderr)


NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}


@contextlib.contextmanager
def for_nobody():
    """A copy of undr-check that any user may run."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        shutil.copy(CHECK, folder)
        yield f"{folder}/undr-check"


class Namespaces(unittest.TestCase):
    """The command's own network: as a user without rights, and where it is refused."""

    def setUp(self):
        if not has_capture():
            self.skipTest("no libpcap")

    def test_without_rights(self):
        words = ["sh", "-c", "id -u; grep -c lo: /proc/net/dev"]
        with for_nobody() as check:
            who = NOBODY if os.geteuid() == 0 else {}
            if subprocess.run(["unshare", "--user", "--net", "true"], capture_output=True, **who).returncode != 0:
                self.skipTest("no user namespaces for users without rights here")
            done = subprocess.run([check, "watch", "--", *words], capture_output=True, text=True, cwd="/", **who)
            self.assertEqual(done.stdout.split(), [str(who.get("user", os.geteuid())), "1"], done.stderr)
            self.assertIn("Nothing was judged", done.stderr)
            done = subprocess.run([check, "watch", "--", sys.executable if os.geteuid() else "/usr/bin/python3", "-c", TALK + "talk()"],
                                  capture_output=True, text=True, cwd="/", **who)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("broke NEXT-1", done.stderr)

    def test_refused(self):
        """In a user namespace that may have no networks, whoever asks."""
        words = "echo 0 >/proc/sys/user/max_net_namespaces && exec \"$0\" watch -- touch \"$1\""
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(["unshare", "--user", "--map-root-user", "sh", "-c", words, CHECK, f"{folder}/ran"], capture_output=True, text=True)
            if "max_net_namespaces" in done.stderr or "unshare" in done.stderr:
                self.skipTest("no user namespaces, or no limit of them, here")
            self.assertEqual((done.returncode, os.listdir(folder)), (2, []), done.stderr)
        for words in ("no network of its own for the command", "undr-check watch --interface lo --port N", "tcpdump -i lo -w FILE", "--listen PORT --to PORT"):
            self.assertIn(words, done.stderr)


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
        self.assertEqual(schema.mistakes_of(content, "watch"), [])
        self.assertGreater(content["counts"]["answers"], 3)
        self.assertEqual([one for one in content["findings"] if one["blamed"] == "manager"], [])

    def test_losses(self):
        """Whole exchanges are lost, while packets from before are read: nothing is concluded from what is not seen."""
        done = watch("--wire-only", "--", sys.executable, str(pathlib.Path(__file__).parent / "losing.py"))
        self.assertRegex(done.stderr, "[0-9]+ packets came faster than they could be read")
        self.assertNotIn("The manager", done.stderr)


# A worker polls without end, and says when it has begun. SIGINT is counted once it is asked for.
POLLS = """
import os, signal, socket, sys
signals, begun = 0, "begun"
def count(number, frame):
    global signals
    signals += 1
    print("a signal", flush=True)
if "count" in sys.argv:
    signal.signal(signal.SIGINT, count)
    signal.signal(signal.SIGTERM, lambda number, frame: os._exit(10 + signals))
manager = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(manager.getsockname())
peer = manager.accept()[0]
while True:
    client.sendall(b"n" + bytes(8))
    peer.recv(9, socket.MSG_WAITALL)
    peer.sendall(b"t\\4" + bytes(7) + b"\\x80\\4N.")
    if client.recv(13, socket.MSG_WAITALL) and begun:
        print(begun, flush=True)
        begun = ""
"""


def in_the_foreground():
    """A shell in the background ignores some of these, and so would all that it starts."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Signals(unittest.TestCase):
    """What the watch alone is sent ends its command; the table comes all the same."""

    def setUp(self):
        if not has_capture() or not has_namespace():
            self.skipTest("no libpcap, or no namespaces here")

    def test_to_the_watch_alone(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for words, status in (([sys.executable, "-c", POLLS], 128 + number), (["sh", "-c", POLLS_IN_A_SHELL, sys.executable, POLLS], 5)):
                with self.subTest(number=number, words=words), tempfile.TemporaryFile("w+") as report:
                    with subprocess.Popen([CHECK, "watch", "--off", "WORK-21", "--", *words], stdout=subprocess.PIPE,
                                          stderr=report, preexec_fn=in_the_foreground, text=True) as run:
                        self.assertEqual(run.stdout.readline(), "begun\n")
                        run.send_signal(number)
                        self.assertEqual(run.wait(600), status)
                        run.stdout.close()
                    report.seek(0)
                    text = report.read()
                    self.assertRegex(text, r"NEXT-1 +[1-9]")
                    self.assertIn("Nothing that was seen breaks", text)

    def test_of_a_terminal(self):
        """Ctrl-C reaches the command by itself: it is not passed on a second time. The watch is stopped until the command has
        had its signal, as two at once would be one."""
        pid, terminal = pty.fork()
        if pid == 0:
            in_the_foreground()
            os.execv(CHECK, [CHECK, "watch", "--off", "WORK-21", "--", sys.executable, "-c", POLLS, "count"])
        text = ""
        for mark, numbers in (("begun", (signal.SIGSTOP,)), ("a signal", (signal.SIGTERM, signal.SIGCONT)), ("seen breaks", ())):
            while mark not in text:
                text += os.read(terminal, 65536).decode()
            for number in numbers:
                os.kill(pid, number)
            if mark == "begun":
                os.write(terminal, b"\3")
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 11, text)
        os.close(terminal)


# The command is a shell, which hands a signal on to the program and has a status of its own.
POLLS_IN_A_SHELL = """
"$0" -c "$1" & program=$!
trap 'kill $program; exit 5' INT TERM HUP
while wait; do :; done
"""


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


class Shortage(unittest.TestCase):
    """What the watch itself lacks is neither the command's fault nor the interface's: status 3, and the remedy."""
    def lacks(self, says, resource_, *numbers):
        if not has_capture() or not has_namespace():
            self.skipTest("nothing can be captured here")
        for number in numbers:
            with self.subTest(number):
                done = watch("--", "true", preexec_fn=lambda: resource.setrlimit(resource_, (number, number)))
                self.assertEqual(done.returncode, 3, done)
                self.assertIn(says, done.stderr)

    def test_descriptors(self):
        self.lacks("Too many open files; raise the limit of open files, as with `ulimit -n 4096`", resource.RLIMIT_NOFILE, 4, 5)

    def test_memory(self):
        if b"__sanitizer_" in pathlib.Path(CHECK).read_bytes():
            self.skipTest("a sanitizer needs more address space than there is")
        self.lacks("Cannot allocate memory; raise the limit of memory (`ulimit -v`", resource.RLIMIT_AS, 40 << 20, 80 << 20)


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
        for option in ("--output", "--json", "--html"):
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
