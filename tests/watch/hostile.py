"""hostile.py BUILD [CHOICE]: captures that are broken, or mean to do harm: `undr-check watch --pcap` ends soon, says what is wrong
with the file (status 2) or what it saw of it, and blames nobody for it. `undr-check decode` with the same
files ends, too: there they are the bytes of a connection."""

import os
import pathlib
import random
import re
import resource
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

CHECK = str(pathlib.Path(sys.argv.pop(1), "undr-check").resolve())
MICRO, NANO = 0xa1b2c3d4, 0xa1b23c4d
ETHERNET, NULL, RAW = 1, 0, 101
SECONDS, MEMORY = 20, 1 << 30  # of processor time, of address space: a file of some hundred bytes needs neither


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def watch(path, *words, **more):
    return subprocess.run([CHECK, "watch", "--pcap", str(path), *words], stdin=more.pop("stdin", subprocess.DEVNULL),
                          capture_output=True, preexec_fn=limit, timeout=600)


# A connection: a worker asks, and the manager has no task.


def tcp(source, to, sequence, acknowledged, flags, payload=b"", offset=5):
    return struct.pack(">HHIIBBHHH", source, to, sequence, acknowledged, offset << 4, flags, 65535, 0, 0) + payload


def ip(payload, length=None, header=5, fragment=0x4000):
    length = 20 + len(payload) if length is None else length
    return struct.pack(">BBHHHBBHII", 0x40 | header, 0, length & 0xffff, 1, fragment, 64, 6, 0, 0x7f000001, 0x7f000001) + payload


FRAME = struct.Struct("<BQ")
NONE = b"\x80\x04N."


def segments():
    ask, answer = FRAME.pack(ord("n"), 0), FRAME.pack(ord("t"), len(NONE)) + NONE
    return [tcp(40000, 50000, 100, 0, 2), tcp(50000, 40000, 500, 101, 18), tcp(40000, 50000, 101, 501, 16),
            tcp(40000, 50000, 101, 501, 24, ask), tcp(50000, 40000, 501, 110, 24, answer),
            tcp(40000, 50000, 110, 501 + len(answer), 17), tcp(50000, 40000, 501 + len(answer), 111, 17)]


PACKETS = [b"\0" * 12 + b"\x08\0" + ip(one) for one in segments()]


def head(magic=MICRO, order="<", snap=65535, link=ETHERNET, major=2, minor=4):
    return struct.pack(order + "IHHiIII", magic, major, minor, 0, 0, snap, link)


def record(packet, order="<", kept=None, length=None, seconds=1, part=0):
    kept = len(packet) if kept is None else kept
    return struct.pack(order + "IIII", seconds, part, kept, len(packet) if length is None else length) + packet


def pcap(order="<", packets=PACKETS, **fields):
    return head(order=order, **fields) + b"".join(record(one, order, part=i) for i, one in enumerate(packets))


def block(kind, body, order="<", length=None, end=None):
    body += b"\0" * (-len(body) % 4)
    total = 12 + len(body) if length is None else length
    return struct.pack(order + "II", kind, total) + body + struct.pack(order + "I", total if end is None else end)


def section(order="<", magic=0x1a2b3c4d, **fields):
    return block(0x0a0d0d0a, struct.pack(order + "IHHq", magic, 1, 0, -1), order, **fields)


def interface(order="<", link=ETHERNET, snap=65535, options=b"", **fields):
    return block(1, struct.pack(order + "HHI", link, 0, snap) + options, order, **fields)


def enhanced(packet, order="<", which=0, kept=None, **fields):
    kept = len(packet) if kept is None else kept
    return block(6, struct.pack(order + "IIIII", which, 0, 1, kept, len(packet)) + packet, order, **fields)


def pcapng(order="<", **fields):
    return section(order) + interface(order, **fields) + b"".join(enhanced(one, order) for one in PACKETS)


def changed(index, packet):
    return PACKETS[:index] + [packet] + PACKETS[index + 1:]


ASKS = segments()[3]
WHOLE = {  # nothing is wrong with these: all of the connection is seen
    "microseconds": pcap(), "nanoseconds": pcap(magic=NANO), "other-endian": pcap(">"),
    "other-endian nanoseconds": pcap(">", magic=NANO), "raw": pcap(link=RAW, packets=[one[14:] for one in PACKETS]),
    "pcapng": pcapng(), "pcapng other-endian": pcapng(">"), "no snaplen": pcap(snap=0),
    "all that a snaplen can be": pcap(snap=0x7fffffff), "pcapng with an unknown block": pcapng() + block(0x7777, b"x" * 40),
}
REFUSED = {  # status 2, and the reason
    "empty": b"", "a byte": b"\xd4", "half a magic number": b"\xd4\xc3", "only a magic number": head()[:4],
    "half a header": head()[:16], "no header's end": head()[:23], "no magic number": b"\0" * 24, "text": b"GET / HTTP/1.1\r\n" * 9,
    "an old version": head(major=1, minor=0) + record(PACKETS[0]), "a version to come": head(major=99) + record(PACKETS[0]),
    "unknown link": pcap(link=147), "a link type that there is not": pcap(link=0x7fff), "USB": pcap(link=189),
    "pcapng: no section's end": section()[:20], "pcapng: section of 0 bytes": section(length=0),
    "pcapng: section of 4 GiB": section(length=0xfffffff0), "pcapng: section's ends differ": section(end=4),
    "pcapng: wrong order's magic": section(magic=0x11111111) + interface(), "pcapng: no interface": section(),
    "pcapng: a packet before any interface": section() + enhanced(PACKETS[0]),
    "pcapng: half an interface": section() + interface()[:10], "pcapng: interface of 4 GiB": section() + interface(length=0xfffffff0),
    "pcapng: unknown link": pcapng(link=147), "an ELF file": b"\x7fELF" + bytes(200),
}
UNSEEN = {  # the file is read as far as it can be; nobody is blamed
    "only a header": head(), "no packet's end": pcap()[:-3], "half a record's head": pcap() + b"\1\0\0",
    "record of 4 GiB": head() + record(PACKETS[0], kept=0xffffffff), "record of 2 GiB": head() + record(PACKETS[0], kept=0x7fffffff),
    "longer than its snaplen": head(snap=8) + record(PACKETS[0]), "a record of no bytes": head() + record(b"") * 50,
    "kept more than there was": head() + record(PACKETS[0], length=1), "cut by a snaplen": pcap(packets=[one[:60] for one in PACKETS]),
    "frames of one byte": head() + b"".join(record(one[:1]) for one in PACKETS), "snaplen of 4 GiB": pcap(snap=0xffffffff),
    "IP says 0 bytes": pcap(packets=changed(3, PACKETS[3][:14] + ip(ASKS, 0))),
    "IP says more than there is": pcap(packets=changed(3, PACKETS[3][:14] + ip(ASKS, 60000))),
    "IP header of 0 words": pcap(packets=changed(3, PACKETS[3][:14] + ip(ASKS, header=0))),
    "IP header of 60 bytes": pcap(packets=changed(3, PACKETS[3][:14] + ip(ASKS, header=15))),
    "a fragment": pcap(packets=changed(3, PACKETS[3][:14] + ip(ASKS, fragment=0x2000))),
    "TCP header of 60 bytes": pcap(packets=changed(3, PACKETS[3][:14] + ip(tcp(40000, 50000, 101, 501, 24, b"", 15)))),
    "TCP header of 0": pcap(packets=changed(3, PACKETS[3][:14] + ip(tcp(40000, 50000, 101, 501, 24, b"x", 0)))),
    "times go back": head() + b"".join(record(one, seconds=99 - i) for i, one in enumerate(PACKETS)),
    "absurd times": head() + b"".join(record(one, seconds=0xffffffff, part=0xffffffff) for one in PACKETS),
    "pcapng: packet of another interface": pcapng() + enhanced(PACKETS[0], which=7),
    "pcapng: packet of 4 GiB": pcapng() + enhanced(PACKETS[0], kept=0xffffffff),
    "pcapng: a block of 3 bytes": pcapng() + block(6, b"", length=3), "pcapng: a block's ends differ": pcapng() + block(5, b"", end=99),
    "pcapng: absurd time resolution": section() + interface(options=struct.pack("<HHB3xHH", 9, 1, 0xff, 0, 0)) + enhanced(PACKETS[0]),
    "pcapng: an option of 64 KiB": section() + interface(options=struct.pack("<HH", 9, 0xffff)) + enhanced(PACKETS[0]),
    "pcapng: a second section, half": pcapng() + section()[:9],
    "pcapng: two link types": pcapng() + interface(link=NULL) + enhanced(PACKETS[0], which=1),
}
CUT = [name for name in UNSEEN if re.search("^no packet's end|^half a|^record of . GiB|pcapng: (packet of 4|a block|a second)", name)]


class Hostile(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.path = pathlib.Path(place.name, "capture")

    def assert_calm(self, done, statuses, name):
        said = done.stderr.decode()
        self.assertIn(done.returncode, statuses, f"{name}: {said}")
        self.assertNotIn(1, statuses)
        self.assertTrue(said.strip(), f"{name}: it says nothing")
        return said

    def test_nothing_is_wrong(self):
        for name, content in WHOLE.items():
            with self.subTest(name):
                self.path.write_bytes(content)
                said = self.assert_calm(watch(self.path, "--verbose"), (0,), name)
                self.assertRegex(said, r"(?s)\bn\b.*\bt\b", name)

    def test_refused(self):
        for name, content in REFUSED.items():
            with self.subTest(name):
                self.path.write_bytes(content)
                said = self.assert_calm(watch(self.path), (2,), name)
                self.assertIn("capture", said, f"{name}: it doesn't name the file")

    def test_what_is_unseen_blames_nobody(self):
        for name, content in UNSEEN.items():
            with self.subTest(name):
                self.path.write_bytes(content)
                said = self.assert_calm(watch(self.path), (0, 2), name)
                if name in CUT:
                    self.assertIn("can't be read to its end", said, name)

    def test_a_bit_of_it_is_another(self):
        """Any one bit of a header: no signal, no hang, no failure of the harness."""
        choice = random.Random(SEED)
        for content in (pcap()[:80], pcapng()[:120]):
            for _ in range(25):
                at, damaged = choice.randrange(len(content) * 8), bytearray(pcap() if content[:1] == b"\xd4" else pcapng())
                damaged[at // 8] ^= 1 << at % 8
                self.path.write_bytes(damaged)
                self.assert_calm(watch(self.path), (0, 2), f"bit {at}, CHOICE {SEED}")

    def test_pipes(self):
        """A FIFO that nobody writes to, one that ends, and standard input that does: none is waited for without end."""
        os.mkfifo(self.path)
        self.assertIn("nobody has this pipe open for writing", self.assert_calm(watch(self.path), (2,), "no writer"))
        for content, statuses in ((pcap()[:30], (0, 2)), (head()[:7], (2,)), (b"", (2,)), (pcap(), (0,))):
            reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
            writer = os.open(self.path, os.O_WRONLY)
            os.write(writer, content)
            closes = threading.Timer(0.3, os.close, (writer,))
            closes.start()
            self.assert_calm(watch(self.path), statuses, f"a pipe with {len(content)} bytes")
            closes.join()
            os.close(reader)
            self.path.with_name("file").write_bytes(content)
            with open(self.path.with_name("file"), "rb") as file:
                self.assert_calm(watch("-", stdin=file), statuses, f"standard input with {len(content)} bytes")

    def test_names_are_not_printed_raw(self):
        name = self.path.with_name("\x1b[31m\u202ex")
        name.write_bytes(pcap()[:-3])
        ways = [["--pcap", str(name)], ["--pcap", str(name), "--json", "/nonexistent/\x1b\u202e"], ["--off", "\x1b\u202e"],
                ["--pcap", str(name) + "y"], ["--interface", "\x1b\u202e", "--port", "9"], ["\x1b\u202e"], ["--", "\x1b\u202e"]]
        for words in ways:
            done = subprocess.run([CHECK, "watch", *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=600)
            said = (done.stdout + done.stderr).decode()
            self.assertIn("\\x1b", said, words)
            self.assertFalse(set("\x1b\u202e") & set(said), words)

    def test_no_file_is_lost_by_what_is_written(self):
        """A report that would overwrite the capture, or another report."""
        options, content = ("--output", "--json", "--case"), pcap()
        link = self.path.with_name("link")
        self.path.write_bytes(content)
        link.symlink_to(self.path)
        for option in options:
            for words in ([option, str(link)], [option, str(self.path)]):
                done = watch(self.path, *words)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(b"are the same file", done.stderr)
                self.assertEqual(self.path.read_bytes(), content)
            for other in options:
                if option != other:
                    done = watch(self.path, option, str(link.with_name("new")), other, str(link.with_name("new")))
                    self.assertEqual((done.returncode, b"are the same file" in done.stderr), (2, True), done.stderr)
        with open(self.path, "rb") as file:
            self.assertEqual(watch("-", "--json", str(self.path), stdin=file).returncode, 2)
        self.assertEqual(self.path.read_bytes(), content)

    def test_no_file(self):
        for path in (self.path, self.path.parent, "/dev/null", "/dev/full"):
            self.assert_calm(watch(path), (2,), path)
        self.assert_calm(watch("/proc/self/mem"), (3,), "an error of the device")

    def test_decode_ends(self):
        for name, content in {**WHOLE, **REFUSED, **UNSEEN}.items():
            with self.subTest(name):
                self.path.write_bytes(content)
                done = subprocess.run([CHECK, "decode", str(self.path)], stdin=subprocess.DEVNULL, capture_output=True,
                                      preexec_fn=limit, timeout=600)
                self.assertIn(done.returncode, (0, 1, 2), f"{name}: {done.stderr}")


if "built without libpcap" in watch(os.devnull).stderr.decode():
    print("SKIPPED: this undr-check was built without libpcap, so that it reads no captures")
    sys.exit(77)
SEED = int(sys.argv.pop(1)) if len(sys.argv) > 1 and sys.argv[1].isdigit() else random.randrange(1000000)
unittest.main()
