#!/usr/bin/env python3
"""wireshark.py BUILD: the dissector of conformance/wireshark in tshark, with good and broken captures made here."""
import collections
import json
import os
import pathlib
import pickle
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from packets import NEXT, NONE, frame, pcap, pcapng, segments, tcp

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
SCRIPT = SOURCE / "conformance" / "wireshark" / "undr.lua"
CLOSE = b"\x80\x04\x95\x21" + bytes(7) + b"\x8c\x09undr.task\x94\x8c\x0cCloseRequest\x94\x93\x94)\x81\x94."
TASK = frame("t", b"\x80\x02cmine\nTask\n)\x81.")
FIELDS = "frame.number tcp.stream undr.from undr.type undr.length undr.priority undr.request_in undr.answer_in _ws.expert.message".split()
Packet = collections.namedtuple("Packet", "number stream side type length priority request_in answer_in message value")
# As root, tshark 4.2 and later run no script.
NOBODY = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}


def tshark(file, *words):
    with tempfile.TemporaryDirectory() as home:
        os.chmod(home, 0o777)
        (pathlib.Path(home) / "x.pcap").write_bytes(file)
        shutil.copy(SCRIPT, home)  # the project may lie where nobody else can read
        done = subprocess.run(["tshark", "-X", f"lua_script:{home}/undr.lua", "-o", "tcp.check_checksum:FALSE",
                               "-r", f"{home}/x.pcap", *words], capture_output=True, text=True, timeout=600, cwd="/",
                              env={"HOME": home, "PATH": "/usr/bin:/bin:/usr/local/bin", "LC_ALL": "C.UTF-8"}, **NOBODY)
    if done.returncode != 0 or "Lua" in done.stderr or "lua" in done.stdout:
        raise AssertionError(done.stdout + done.stderr)
    return done.stdout


def plain(text):
    """From 4.2 on, backslashes of a text are doubled."""
    version = subprocess.run(["tshark", "--version"], capture_output=True, text=True).stdout
    numbers = tuple(map(int, re.search(r"(\d+)\.(\d+)", version).groups()))
    return text.replace("\\\\", "\\") if numbers >= (4, 2) else text


def dissect(file, *words):
    """The packets that have frames of the protocol, in two passes: answers are known at their requests, too."""
    fields = [word for name in [*FIELDS, "undr.value"] for word in ("-e", name)]
    lines = plain(tshark(file, "-2", "-Y", "undr", "-T", "fields", "-E", "aggregator=\x1f", *fields, *words)).splitlines()
    return [Packet(*(field.split("\x1f") if field else [] for field in line.split("\t"))) for line in lines]


def ids(file, *words):
    """The requirements that are broken, in order: by connection."""
    found = collections.defaultdict(list)
    for one in dissect(file, *words):
        found[int(one.stream[0])] += [text.split(": ")[0] for text in one.message if re.match(r"[A-Z]+-\d+: ", text)]
    return [found[number] for number in range(max(found, default=-1) + 1)]


def of(*exchanges, **options):
    """A connection each."""
    return pcap([packet for number, exchange in enumerate(exchanges) for packet in segments(exchange, 20000 + number, **options)])


class Frames(unittest.TestCase):
    EXCHANGE = [(True, NEXT), (False, TASK), (True, frame(0x83, pickle.dumps([1, 2], 4))), (False, frame("s")),
                (True, frame("m", pickle.dumps("word", 2))), (False, frame("m")), (True, frame("t")), (False, frame("t", CLOSE))]

    def test_fields(self):
        for file in (of(self.EXCHANGE), pcapng(segments(self.EXCHANGE))):
            seen = dissect(file)
            self.assertEqual([one.type[0] for one in seen], ["0x6e", "0x74", "0x83", "0x73", "0x6d", "0x6d", "0x74", "0x74"])
            self.assertEqual([one.side[0] for one in seen], ["client", "manager"] * 4)
            self.assertEqual([one.length[0] for one in seen], [str(len(data) - 9) for _, data in self.EXCHANGE])
            self.assertEqual([one.request_in for one in seen], [[], ["3"], [], ["5"], [], ["7"], [], ["9"]])
            self.assertEqual([one.answer_in for one in seen], [["4"], [], ["6"], [], ["8"], [], ["10"], []])
            self.assertEqual([one.value[:1] for one in seen], [[], ["mine.Task()"], ["[1, 2]"], [], ["'word'"], [], [], ["undr.task.CloseRequest()"]])
            self.assertEqual((seen[2].priority, seen[2].value), (["3"], ["[1, 2]", "1", "2"]))
            self.assertEqual(ids(file), [[]])

    def test_segments(self):
        """Cut anywhere, and joined, they are the same frames."""
        cuts = [[(side, data[at:at + size]) for side, data in self.EXCHANGE for at in range(0, len(data), size)] for size in (1, 4, 13)]
        seen = dissect(of(*cuts), "-d", "tcp.port==4000,undr")
        for number in range(3):
            self.assertEqual([kind for one in seen if one.stream == [str(number)] for kind in one.type],
                             [f"0x{data[0]:02x}" for _, data in self.EXCHANGE])
        self.assertEqual(ids(of(*cuts), "-d", "tcp.port==4000,undr"), [[]] * 3)
        joined = of([(True, NEXT + frame("m", pickle.dumps(7)) + NEXT), (False, NONE + frame("m") + NONE)])
        asked, answered = dissect(joined)
        self.assertEqual((asked.type, answered.type), (["0x6e", "0x6d", "0x6e"], ["0x74", "0x6d", "0x74"]))
        self.assertEqual((asked.answer_in, answered.request_in), (["4"] * 3, ["3"] * 3))
        self.assertEqual(ids(joined), [[]])

    def test_a_large_payload(self):
        payload = pickle.dumps(bytes(range(256)) * 1000)
        whole = frame("m", payload)
        cut = [(True, whole[at:at + 60000]) for at in range(0, len(whole), 60000)]
        seen = dissect(of([(True, NEXT), (False, TASK), *cut, (False, frame("m")), (True, frame("t")), (False, NONE)]))
        self.assertEqual([one.length[0] for one in seen if one.type][2], str(len(payload)))
        self.assertTrue([one for one in seen if one.value[:1] and one.value[0].startswith("b'\\x00\\x01")])

    def test_summary_line(self):
        self.assertIn("undr 53 t None", re.sub(" +", " ", tshark(of([(True, NEXT), (False, NONE)]))))

    def test_other_protocols_are_left_alone(self):
        self.assertEqual(dissect(of([(True, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"), (False, b"HTTP/1.1 200 OK\r\n\r\n")])), [])


class Violations(unittest.TestCase):
    TABLE = [
        (["FRAME-1"], [(True, NEXT), (False, NONE), (True, b"m" + b"\xff" * 8), (True, b"abc" * 9)]),
        (["REQ-2"], [(True, NEXT), (False, NONE), (False, NONE)]),
        (["REQ-1"], [(True, NEXT + frame("m", pickle.dumps(1))), (False, frame("m")), (False, NONE)]),
        (["REQ-4"], [(True, NEXT), (False, NONE), (True, frame("s")), (False, "fin")]),
        (["REQ-5"], [(True, NEXT), (False, NONE), (True, frame("n", b"x")), (False, "fin")]),
        (["REQ-5", "REQ-5"], [(True, NEXT), (False, NONE), (True, frame("t", b"x")), (False, NONE)]),  # both sides
        (["NEXT-1"], [(True, NEXT), (False, frame("s"))]),
        (["MSG-1"], [(True, NEXT), (False, TASK), (True, frame("m", pickle.dumps(1))), (False, frame("m", b"N."))]),
        (["MSG-3"], [(True, NEXT), (False, TASK), (True, frame("m")), (False, "fin")]),
        (["MSG-3"], [(True, NEXT), (False, TASK), (True, frame("m", b"K")), (False, "fin")]),
        (["SCHED-1"], [(True, NEXT), (False, TASK), (True, frame(0x80, TASK[9:])), (False, frame("m"))]),
        (["SCHED-12"], [(True, NEXT), (False, TASK), (True, frame(0x80, b"N.")), (False, frame("s"))]),
        (["SCHED-12"], [(True, NEXT), (False, TASK), (True, frame(0x80, CLOSE)), (False, frame("s"))]),
    ]

    def test_each(self):
        self.assertEqual(ids(of(*(exchange for _, exchange in self.TABLE))), [wanted for wanted, _ in self.TABLE])
        known = set(re.findall(r'^rule\("([A-Z0-9-]+)"', SCRIPT.read_text(), re.M))
        self.assertEqual(known, {one for wanted, _ in self.TABLE for one in wanted})

    def test_the_specification_has_the_ids(self):
        spec = (SOURCE / "spec" / "protocol.md").read_text()
        for one in re.findall(r'^rule\("([A-Z0-9-]+)"', SCRIPT.read_text(), re.M):
            self.assertIn(f"**{one}** (", spec)

    def test_what_was_not_seen(self):
        """A violation behind lost, cut or earlier bytes is not certain; the watch then says undecided."""
        none = [[]] * len(self.TABLE)
        self.assertEqual(ids(of(*(exchange for _, exchange in self.TABLE), opens=False)), none)
        packets = []
        for number, (_, exchange) in enumerate(self.TABLE):
            one = segments([(True, NEXT), (False, NONE), *exchange], 20000 + number)
            packets += one[:3] + one[4:]  # without the first answer
        self.assertEqual(ids(pcap(packets)), none)

    def test_packets_that_come_twice_or_late(self):
        """Loopback shows packets twice; retransmits; two that changed places."""
        orders = (lambda right: [one for packet in right for one in (packet, packet)], lambda right: right[:5] + right[3:],
                  lambda right: right + right[2:], lambda right: right[:4] + [right[5], right[4]] + right[6:])
        packets = [one for number, order in enumerate(orders) for one in order(segments(Frames.EXCHANGE, 20000 + number))]
        self.assertEqual(ids(pcap(packets)), [[]] * len(orders))


class Pickles(unittest.TestCase):
    def outlines(self, payloads):
        """Of messages, on a connection each, about which nothing is said."""
        file = of(*([(True, NEXT), (False, TASK), (True, frame("m", payload)), (False, frame("m"))] for payload in payloads))
        self.assertEqual(ids(file), [[]] * len(payloads))
        return [one.value[0] for one in dissect(file) if one.side[0] == "client" and one.value]

    def test_values(self):
        values = [value for value in (None, True, [1, 2], {"a": (1, 2.5), "b": [None]}, "text", "it's", (1,), [[], {}], -5, 70000)
                  for _ in range(2, 6)]
        shown = self.outlines([pickle.dumps(value, 2 + number % 4) for number, value in enumerate(values)])
        self.assertEqual(shown, [repr(value) if value != "it's" else r"'it\'s'" for value in values])

    def test_no_end(self):
        """A list in itself, a bomb, a deep one, a wide one: shown in a few words, and soon."""
        itself = []
        itself.append(itself)
        payloads = [pickle.dumps(itself), b"]" + b"2\x86" * 40 + b".", b"]" + b"\x85" * 50000 + b".", pickle.dumps(list(range(20000)))]
        for text in self.outlines(payloads):
            self.assertLess(len(text), 5000)

    def test_no_word_that_the_watch_does_not_say(self):
        """Changed pickles, one a connection: MSG-3 is said of none that `undr-check watch` does not name."""
        random.seed(7)
        packets, samples = [], [pickle.dumps(value, protocol) for protocol in range(6) for value in
                                ([1, (2, "x")], {"a": 1.5, 2: None}, pathlib.PurePosixPath("a"), {1, 2}, b"x" * 300)]
        for port in range(20001, 20801):
            changed = bytearray(random.choice(samples))
            for _ in range(random.randrange(3)):
                changed[random.randrange(len(changed))] = random.choice([random.randrange(128), *b"(.012]}tle"])
            packets += segments([(True, NEXT), (False, TASK), (True, frame("m", bytes(changed)[:random.choice([None, -1, 5])] or b"."))], port)
        file = pcap(packets)
        with tempfile.TemporaryDirectory() as folder:
            path, report = pathlib.Path(folder) / "x.pcap", pathlib.Path(folder) / "x.txt"
            path.write_bytes(file)
            subprocess.run([BUILD / "undr-check", "watch", "--verbose", "--off", "WORK-2", "--pcap", path, "--json", report, "--output", "/dev/null"])
            total = json.loads(report.read_text())["requirements"]["MSG-3"]["broken"]
        told = [one for each in ids(file) for one in each]
        self.assertEqual(set(told), {"MSG-3"})
        self.assertLessEqual(len(told), total)
        self.assertGreater(len(told), total * 0.8)


if __name__ == "__main__":
    if shutil.which("tshark") is None:
        print("SKIPPED: the dissector (tshark is not installed; scripts/setup --all installs it)")
        sys.exit(77)
    unittest.main()
