#!/usr/bin/env python3
"""decode.py BUILD: `undr-check decode`: captures and hexadecimal text, both directions joined; what is something else."""
import gzip
import pathlib
import pickle
import struct
import subprocess
import sys
import tempfile
import unittest

from packets import NEXT, NONE, frame, pcap, pcapng, segments

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
CHECK = str(BUILD / "undr-check")
FAILED = b"cundr.task\nWorkerException\n(cm\nR\n(Ncm\nE\n(Vit is over\ntRtRtR."  # of a text; protocol 0
TASK = frame("t", b"\x80\x02cmine\nTask\n)\x81.")
SENT = NEXT + frame("m", pickle.dumps([1], 4)) + frame("t")


def decode(given, *words):
    done = subprocess.run([CHECK, "decode", *words], input=given if isinstance(given, bytes) else given.encode(),
                          capture_output=True, timeout=600)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Packets(unittest.TestCase):
    def setUp(self):
        if "built without libpcap" in decode(pcap([]))[2]:
            self.skipTest("this undr-check was built without libpcap")

    def test_both_directions(self):
        exchange = [(True, NEXT), (False, TASK), (True, frame(0x81, TASK[9:])), (False, frame("s")),
                    (True, frame("t")), (False, TASK), (True, "fin"), (False, "fin")]
        expected = ("# client :50000, manager :4000\n  A -> n\n  A <- t object('mine.Task')\n  A -> 0x81 b'\\x80\\x02cmine\\nTask\\n)\\x81.'\n"
                    "  A <- s\n  A -> t\n  A <- t object('mine.Task')\n  A -> half-close\n  A <- end fin\n")
        for file in (pcap(segments(exchange)), pcap(segments(exchange), False), pcapng(segments(exchange))):
            self.assertEqual(decode(file), (0, expected, ""))

    def test_two_connections(self):
        """Their packets alternate, and each is shown alone."""
        one, other = segments([(True, NEXT), (False, NONE)]), segments([(True, frame("m", FAILED)), (False, frame("m"))], 50001)
        status, shown, _ = decode(pcap([packet for pair in zip(one, other) for packet in pair]))
        self.assertEqual((status, shown), (0, "# client :50000, manager :4000\n  A -> n\n  A <- t None\n\n"
                         "# client :50001, manager :4000\n  # WorkerException contains 'it is over'\n"
                         f"  A -> m {FAILED!r}\n  A <- m\n"))

    def test_what_is_wrong(self):
        status, shown, _ = decode(pcap(segments([(True, NEXT), (False, NONE), (True, frame("n", b"x")), (True, NEXT)])))
        self.assertEqual(status, 1)
        self.assertIn("(REQ-5 or FRAME-1)\n  A -> bad n b'x'\n  A -> n\n", shown)
        status, shown, _ = decode(pcap(segments([(True, NEXT), (False, frame("s"))])))
        self.assertEqual(status, 1)
        self.assertIn("(NEXT-1 or REQ-1 or FRAME-1)\n  A <- s\n", shown)

    def test_opaque_tasks(self):
        """A task that is no pickle is right where it was scheduled so; the bytes of one side can't show that."""
        exchange = [(True, frame(0x80, b"\xff")), (False, frame("s")), (True, NEXT), (False, frame("t", b"\xff"))]
        self.assertEqual(decode(pcap(segments(exchange)))[0], 0)
        self.assertEqual(decode(frame("t", b"\xff"))[0], 1)

    def test_nothing_is_lost(self):
        """A frame that does not end, what a client sends behind its manager's end, a hole."""
        status, shown, _ = decode(pcap(segments([(True, NEXT + b"m\5"), (True, "fin")])))
        self.assertEqual(status, 1)
        self.assertIn("# it goes no further than this: 2 bytes of a header of 9 (FRAME-5)\n  A -> raw b'm\\x05'\n  A -> half-close\n", shown)
        status, shown, _ = decode(pcap(segments([(True, frame("m", pickle.dumps(1))[:12]), (True, "reset")])))
        self.assertEqual(status, 1)
        self.assertIn("the header announces 5 bytes, 3 follow (FRAME-5)", shown)
        status, shown, _ = decode(pcap(segments([(True, NEXT), (False, "fin"), (True, frame("t") + b"n")])))
        self.assertIn("behind the manager's end, which answers nothing any more:\n  A -> t\n  A -> raw b'n'\n", shown)
        payload = frame("m", pickle.dumps("x" * 3000))
        packets = segments([(True, payload[:1000]), (True, payload[1000:2000]), (True, payload[2000:]), (False, frame("m")), (True, NEXT)])
        del packets[3]
        status, shown, _ = decode(pcap(packets))
        self.assertIn("  # not all of it was captured: A -> m", shown)
        self.assertIn("  A <- m\n  A -> n\n# some bytes were lost or cut", shown)

    def test_the_capture_ends_before_the_connection(self):
        """Nobody knows how the frame went on: nothing is wrong with it."""
        for rest, says in ((b"m\5", "2 bytes of a header of 9"), (frame("m", pickle.dumps(1))[:12], "the header announces 5 bytes, 3 follow")):
            status, shown, _ = decode(pcap(segments([(True, NEXT + rest)])))
            self.assertEqual(status, 0)
            self.assertIn(f"# the capture ends inside this frame, which may have gone on: {says}\n  A -> raw", shown)
            self.assertNotIn("FRAME-5", shown)

    def test_other_protocols(self):
        status, shown, told = decode(pcap(segments([(True, b"GET / HTTP/1.1\r\n\r\n"), (False, b"HTTP/1.1 200 OK\r\n\r\n")])))
        self.assertEqual((status, shown), (2, ""))
        self.assertIn("no connection in it was seen to speak the undr task protocol", told)

    def test_cut_file(self):
        status, shown, _ = decode(pcap(segments([(True, NEXT), (False, NONE), (True, NEXT), (False, NONE)]))[:-20])
        self.assertIn("  A <- t None\n  A -> n\n# The capture standard input can't be read to its end", shown)
        self.assertIn("link type", decode(pcap(segments([(True, NEXT)])).replace(struct.pack("<I", 101), struct.pack("<I", 147), 1))[2])


def xxd(data, upper=False):
    lines = []
    for at in range(0, len(data), 16):
        row = data[at:at + 16]
        groups = " ".join(row[i:i + 2].hex() for i in range(0, len(row), 2))
        lines.append(f"{at:08x}: {groups:39}  {''.join(chr(c) if 32 <= c < 127 else '.' for c in row)}")
    return "\n".join(lines) + "\n"


def hexdump(data, indent="", start=0, bar="|"):
    """hexdump -C; with other words a dump of Wireshark's. Lines that repeat are folded, as hexdump does."""
    lines, before = [], None
    for at in range(0, len(data), 16):
        row = data[at:at + 16]
        bytes_ = row[:8].hex(" ") + "  " + row[8:].hex(" ")
        line = f"{indent}{at + start:08x}  {bytes_:48}  {bar}{''.join(chr(c) if 32 <= c < 127 else '.' for c in row)}{bar}"
        folded = bar and row == before and at + 16 < len(data)
        if not folded or lines[-1] != "*":
            lines.append("*" if folded else line)
        before = row
    return "\n".join(lines) + "\n" + (f"{len(data):08x}\n" if bar else "")


def arrays(pieces):
    """What Wireshark's Follow TCP Stream shows as C arrays."""
    counts, text = [0, 0], ""
    for peer, data in pieces:
        text += f"char peer{peer}_{counts[peer]}[] = {{ /* Packet {sum(counts) + 1} */\n" + ", ".join(f"0x{c:02x}" for c in data) + " };\n"
        counts[peer] += 1
    return text


class Text(unittest.TestCase):
    EXPECTED = decode(SENT)

    def test_forms(self):
        digits = SENT.hex()
        self.assertEqual(self.EXPECTED[0], 0)
        for text in (digits, digits.upper(), SENT.hex(" "), SENT.hex(":"), ", ".join(f"0x{c:02x}" for c in SENT),
                     "".join(f"\\x{c:02x}" for c in SENT), digits[:20] + "\r\n\r\n" + digits[20:], "# mine\n" + digits,
                     xxd(SENT), hexdump(SENT), hexdump(SENT, bar="")[:-1], hexdump(SENT, "    ", bar=""), arrays([(0, SENT)]),
                     "unsigned char a_pcap[] = {\n  " + ", ".join(f"0x{c:02x}" for c in SENT) + "\n};\nunsigned int a_len = 9;\n",
                     "\n".join(f"{at:07o} {SENT[at:at + 16].hex(' ')}" for at in range(0, len(SENT), 16)) + f"\n{len(SENT):07o}\n"):
            with self.subTest(text[:40]):
                self.assertEqual(decode(text), self.EXPECTED)

    def test_folded_lines(self):
        data = frame("m", pickle.dumps(bytes(1000), 4))
        self.assertIn("\n*\n", hexdump(data))
        self.assertEqual(decode(hexdump(data)), decode(data))

    def test_two_sides(self):
        """Wireshark counts peers as it saw them: the client may be the second."""
        pieces = [(0, NEXT), (1, TASK), (0, frame("t")), (1, NONE)]
        expected = (0, "  A -> n\n  A <- t object('mine.Task')\n  A -> t\n  A <- t None\n", "")
        self.assertEqual(decode(arrays(pieces)), expected)
        self.assertEqual(decode(arrays([(1 - peer, data) for peer, data in pieces])), expected)
        at, text = [0, 0], ""
        for peer, data in pieces:
            text += hexdump(data, "    " * peer, at[peer], "")
            at[peer] += len(data)
        self.assertEqual(decode(text), expected)
        status, shown, _ = decode(arrays([(0, NEXT), (1, frame("s"))]))
        self.assertEqual((status, shown.count("NEXT-1")), (1, 1))

    def test_mistakes(self):
        for text, says in (("6e0000000000000000\nwhat is this\n", "line 2: this is no hexadecimal text"), ("6e0\n", "line 1: an odd number"),
                           (xxd(SENT + SENT).replace("00000010", "00000020"), "line 3: its offset is not the number of bytes before it"),
                           ("0000000 006e 0000\n", "line 1: groups of more than one byte"), ("char x[] = { 0x6e, 0xfff };", "line 1: an element of a C array"),
                           (xxd(SENT + SENT) + "nothing\n", "does not begin with an offset")):
            with self.subTest(text):
                status, shown, told = decode(text)
                self.assertEqual((status, shown), (2, ""))
                self.assertIn(says, told)


class Others(unittest.TestCase):
    def test_what_it_was_given(self):
        for given, says in ((b"", "it is empty"), (b"\x89PNG\r\n\x1a\n" + bytes(30), "it is a PNG image"), (gzip.compress(SENT), "zcat FILE"),
                            (b"GET / HTTP/1.1\r\n\r\n", "it is HTTP"), (b"HTTP/1.1 200 OK\r\n", "it is HTTP"), (b"PK\3\4" + bytes(30), "it is a ZIP archive"),
                            (b"\x7fELF" + bytes(40), "it is a program"), (b"\x16\x03\x01\x02\0\1\0\1\xfc\3\3", "it is TLS"), (b"SSH-2.0-x\r\n", "it is SSH"),
                            (b"\xfd7zXZ\0" + bytes(9), "xzcat"), (b"\x28\xb5\x2f\xfd" + bytes(9), "zstdcat"), (b"BZh91AY", "bzcat"),
                            (b"Dear reader,\n", "it is text, but no hexadecimal one"), (pickle.dumps({"a": 1}, 4), "it is a pickle alone")):
            with self.subTest(given[:8]):
                status, shown, told = decode(given)
                self.assertEqual((status, shown), (2, ""))
                self.assertIn(says, told)

    def test_names(self):
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            file.write(b"\x89PNG\r\n\x1a\n")
            file.flush()
            self.assertIn(f"{file.name}: it is a PNG image", decode(b"", file.name)[2])

    def test_raw_bytes(self):
        """They begin with whatever they begin with, such as a schedule of priority 9."""
        self.assertEqual(decode(frame(0x89, b"PNG"))[0], 0)
        self.assertEqual(decode(b"m\0")[0], 1)
        self.assertIn("announces 18446744073709551615 bytes", decode(b"m" + b"\xff" * 8)[1])
        self.assertIn("raw", decode(b"\xd4\xc3\xb2\xa1")[1])


if __name__ == "__main__":
    unittest.main()
