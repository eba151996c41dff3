#!/usr/bin/env python3
"""lossy.py BUILD: captures of right peers of which something is missing: the file ends anywhere, packets are lost or cut.
`undr-check watch` blames nobody, and `decode` finds nothing wrong."""
import concurrent.futures
import os
import pathlib
import pickle
import resource
import subprocess
import sys
import tempfile
import unittest

from packets import ACK, NEXT, NONE, frame, pcap, pcapng, segments, tcp

CHECK = str(pathlib.Path(sys.argv.pop(1), "undr-check").resolve())
CLOSE = frame("t", b"\x80\x04\x95!\0\0\0\0\0\0\0\x8c\tundr.task\x94\x8c\x0cCloseRequest\x94\x93\x94)\x81\x94.")
SENT, REPORT = pickle.dumps("y" * 40), frame("m", pickle.dumps("z" * 80))
# Two workers: what A schedules, B gets; both are told to close. A message comes in three pieces.
TALK = [("A", True, NEXT), ("A", False, NONE), ("B", True, NEXT), ("B", False, NONE),
        ("A", True, frame(0x81, b"a" * 20)), ("A", False, frame("s")), ("A", True, frame(0x80, SENT)), ("A", False, frame("s")),
        ("B", True, NEXT), ("B", False, frame("t", SENT)), ("A", True, NEXT), ("A", False, frame("t", b"a" * 20)),
        ("A", True, REPORT[:30]), ("A", True, REPORT[30:60]), ("A", True, REPORT[60:]), ("A", False, frame("m")),
        ("B", True, frame("t")), ("B", False, NONE), ("A", True, frame("t")), ("A", False, NONE),
        ("A", True, NEXT), ("A", False, CLOSE), ("B", True, NEXT), ("B", False, CLOSE),
        ("A", True, "fin"), ("A", False, "fin"), ("B", True, "fin"), ("B", False, "fin")]


def packets_of(talk):
    """In the order of the talk; the connections open first."""
    each = {who: segments([(client, data) for name, client, data in talk if name == who], port)
            for who, port in (("A", 50000), ("B", 50001))}
    opening = [each[who].pop(0) for who in "ABAB"]
    return opening + [each[who].pop(0) for who, _, _ in talk]


PACKETS = packets_of(TALK)
SMALL = packets_of(TALK[:10])


class Lossy(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_on(self, number, content, verb, *options):
        path = self.folder / f"{number}.{verb}"
        path.write_bytes(content)
        words = ["watch", *options, "--pcap"] if verb == "watch" else ["decode"]
        done = subprocess.run([CHECK, *words, str(path)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        path.unlink()
        return done.returncode, done.stdout + done.stderr

    def assert_calm(self, captures, verbs=("watch",), options=("--wire-only",)):
        """captures: by what is missing. Returns what is said of each."""
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            runs = {(what, verb): pool.submit(self.run_on, number, content, verb, *options)
                    for number, (what, content) in enumerate(captures.items()) for verb in verbs}
            said = {key: run.result() for key, run in runs.items()}
        wrong = [(what, verb, text) for (what, verb), (status, text) in said.items() if status not in (0, 2)]
        self.assertEqual(wrong[:1], [], f"{len(wrong)} of {len(said)}")
        return {what: text for (what, verb), (_, text) in said.items() if verb == "watch"}

    def test_whole(self):
        for content in (pcap(PACKETS), pcapng(PACKETS)):
            status, text = self.run_on(0, content, "watch")
            self.assertEqual(status, 0, text)
            self.assertRegex(text, "SCHED-4 +2 +0 +0")

    def test_a_wrong_manager_is_told(self):
        """Where nothing is missing, or what is missing is of something else; not where the other connection may explain it."""
        never = [(who, client, frame("t", pickle.dumps("never")) if data == frame("t", SENT) else data) for who, client, data in TALK]
        packets = packets_of(never)
        for lost, told in (((), True), ((32, 33), True), ((10, 11), False), (tuple(range(14, len(packets))), False)):
            _, text = self.run_on(0, pcap([one for i, one in enumerate(packets) if i not in lost]), "watch", "--wire-only")
            self.assertEqual("broke SCHED-4" in text, told, f"{lost}: {text}")

    def test_the_file_ends_anywhere(self):
        for content, ends in ((pcap(SMALL), 24), (pcapng(SMALL), 48)):
            said = self.assert_calm({at: content[:at] for at in range(len(content))})
            inside = [at for at in range(ends, len(content)) if "can't be read to its end" in said[at]]
            self.assertEqual(len(inside), len(content) - ends - len(SMALL))  # but between two packets

    def test_the_capture_ends_before_the_connections(self):
        self.assert_calm({count: pcap(PACKETS[:count]) for count in range(len(PACKETS))})

    def test_snaplen(self):
        said = self.assert_calm({most: pcap(PACKETS, kept=dict.fromkeys(range(len(PACKETS)), most)) for most in range(20, 160)}, ("watch", "decode"))
        self.assertIn("bytes were lost or cut: what depends on them is undecided", said[80])

    def test_a_packet_is_cut(self):
        sizes = [20 + len(packet) for packet in PACKETS]
        self.assert_calm({(i, most): pcap(PACKETS, kept={i: most}) for i, size in enumerate(sizes)
                          for most in {20, 39, *range(40, size, 6), size - 1}}, ("watch", "decode"))

    def test_packets_are_lost(self):
        """What came behind it on its connection tells. Of an exchange, the task that another was given is seen before that."""
        count = len(PACKETS)
        said = self.assert_calm({i: pcap(PACKETS[:i] + PACKETS[i + 1:]) for i in range(count)})
        self.assertIn("bytes were lost or cut: what depends on them is undecided", said[16])
        lost = [{i, j} for i in range(count) for j in range(i, count)] + [set(range(i, i + 5)) for i in range(count)]
        self.assert_calm({tuple(some): pcap([one for i, one in enumerate(PACKETS) if i not in some]) for some in lost})

    def test_a_connection_is_silent_since_its_exchange_was_lost(self):
        """It opened before the manager was known, or behind that, or has not gone on when the capture ends."""
        a = segments([(True, frame(0x80, SENT)), (False, frame("s")), (True, NEXT), (False, NONE)], 50000)
        opening, rest = a[:2], a[4:]
        b = segments([(True, NEXT), (False, NONE), (True, NEXT), (False, frame("t", SENT)), (True, frame("t")), (False, NONE)], 50001)
        captures = {"before": pcap(opening + b + rest), "behind": pcap(b[:4] + opening + b[4:] + rest), "ends": pcap(opening + b)}
        captures["only the SYN-ACK's acknowledgement"] = pcap(b[:4] + [opening[0], tcp(50000, 4000, 10, 100, ACK)] + b[4:] + rest)
        for options in ((), ("--port", "4000")):
            said = self.assert_calm(captures, options=("--wire-only", *options))
            self.assertIn("2 connections", said["ends"])

    def test_a_port_is_used_again_and_the_end_before_was_lost(self):
        """With it, what was scheduled there; the new connection opens before the task is handed out, or behind that."""
        a = segments([(True, NEXT), (False, NONE)], 50000)
        again = segments([(True, NEXT), (False, NONE)], 50000, first=(5009, 8099))
        b = segments([(True, NEXT), (False, NONE), (True, NEXT), (False, frame("t", SENT)), (True, frame("t")), (False, NONE)], 50001)
        said = self.assert_calm({"before": pcap(a + b[:4] + again[:2] + b[4:] + again[2:]), "behind": pcap(a + b[:6] + again[:2] + b[6:] + again[2:])})
        self.assertIn("bytes were lost or cut: what depends on them is undecided", said["behind"])

    def time_of(self, count):
        """The processor time where `count` tasks wait for a silent connection to explain them, and 500 others are answered."""
        talk = [(True, NEXT), (False, NONE)]
        others = [segments(talk * 11, 10000 + i) for i in range(500)]
        packets = segments(talk, 40000) + [one for other in others for one in other[:4]]
        tasks = [(False, frame("t", pickle.dumps(i))) for i in range(count)]
        packets += segments([part for i, task in enumerate(tasks) for part in ((True, frame("t") if i else NEXT), task)], 50001)
        packets += [one for at in range(4, 24, 2) for other in others for one in other[at:at + 2]]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        status, text = self.run_on(0, pcap(packets), "watch", "--wire-only")
        self.assertEqual(status, 0)
        self.assertRegex(text, f"SCHED-4 +0 +0 +{count}\\b")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def test_many_that_wait_cost_as_much_as_one(self):
        self.assertLess(min(self.time_of(256) for _ in range(2)), 40 * max(self.time_of(1) for _ in range(2)))

    def test_it_begins_late(self):
        self.assert_calm({i: pcap(PACKETS[i:]) for i in range(len(PACKETS))}, ("watch", "decode"))


if "built without libpcap" in subprocess.run([CHECK, "watch", "--pcap", os.devnull], capture_output=True, text=True).stderr:
    print("SKIPPED: this undr-check was built without libpcap, so that it reads no captures")
    sys.exit(77)
unittest.main()
