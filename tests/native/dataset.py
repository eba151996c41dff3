"""Makes a small dataset as undr servers have them, and serves it on loopback.

    dataset.py FOLDER          makes it there: about 180 files with their indexes
    dataset.py FOLDER --serve  makes and serves it until its input ends; prints `ready PORT`

The same bytes each time. `Server` is for tests in this process: it can hold back answers until it is told to go on."""

import hashlib
import http.server
import json
import pathlib
import random
import struct
import sys
import threading

import brotli

WIDTH, HEIGHT = 8, 6
DIRECTORIES = 14
KINDS = ("dvs", "aps", "imu", "other")
FILES_OF_KIND = 3


def dvs(rng, count=400):
    times = sorted(rng.randrange(10**6) for _ in range(count))
    return b"".join(struct.pack("<QHHB", t, rng.randrange(WIDTH), rng.randrange(HEIGHT), rng.randrange(2)) for t in times)


def aps(rng, count=4):
    pixels = WIDTH * HEIGHT
    return b"".join(struct.pack(f"<6QHHhh{pixels}H", t, t, t, t, t, 0, WIDTH, HEIGHT, 0, 0,
                                *(rng.randrange(1 << 16) for _ in range(pixels))) for t in range(count))


def imu(rng, count=50):
    return b"".join(struct.pack("<Q10f", t, *(rng.random() for _ in range(10))) for t in range(count))


def other(rng, count=300):
    return bytes(rng.randrange(97, 123) for _ in range(count))


MAKERS = {"dvs": dvs, "aps": aps, "imu": imu, "other": other}
PROPERTIES = {"dvs": {"type": "dvs", "width": WIDTH, "height": HEIGHT},
              "aps": {"type": "aps", "width": WIDTH, "height": HEIGHT}, "imu": {"type": "imu"}}


def digest(data):
    return hashlib.sha3_224(data).hexdigest()


def write_file(folder, name, data, compressed):
    """The entry of an index for it."""
    entry = {"name": name, "size": len(data), "hash": digest(data)}
    if compressed:
        packed = brotli.compress(data)
        (folder / f"{name}.br").write_bytes(packed)
        entry["compressions"] = [{"type": "brotli", "suffix": ".br", "size": len(packed), "hash": digest(packed)}]
    else:
        (folder / f"{name}.raw").write_bytes(data)
        entry["compressions"] = [{"type": "none", "suffix": ".raw"}]
    return entry


def write_index(folder, directories, files, other_files, doi=None):
    index = {"version": {"major": 1, "minor": 0, "patch": 0}, "directories": directories, "files": files,
             "other_files": other_files, "metadata": {}}
    if doi is not None:
        index["doi"] = doi
    (folder / "-index.json").write_text(json.dumps(index, indent=4))


def make_directory(folder, rng, number):
    folder.mkdir(parents=True)
    files, other_files = [], []
    for kind in KINDS:
        for i in range(FILES_OF_KIND):
            entry = write_file(folder, f"{kind}{i}.{kind}", MAKERS[kind](rng), compressed=kind != "other" and i != 2)
            entry["metadata"] = {}
            if kind == "other":
                other_files.append(entry)
            else:
                files.append({**entry, "properties": PROPERTIES[kind]})
    write_index(folder, [], files, other_files, doi=f"10.1234/number{number}")


def make(folder, directories=DIRECTORIES):
    """FOLDER/d0 ... with 12 files and an index each, and the index of all. Returns the number of files."""
    folder = pathlib.Path(folder)
    rng = random.Random(17)
    folder.mkdir(parents=True)
    names = [f"d{i}" for i in range(directories)]
    for number, name in enumerate(names):
        make_directory(folder / name, rng, number)
    write_index(folder, names, [], [], doi="10.1234/all")
    return sum(1 for path in folder.rglob("*") if path.is_file())


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.owner.note(self.path)
        try:
            super().do_GET()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the worker was killed


class Quiet(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a client that was killed


class Server:
    """Serves a folder. After `hold()` requests for files that are no index wait for `release()`."""

    def __init__(self, folder):
        self.lock = threading.Condition()
        self.held = False
        self.waiting = 0
        self.paths = []
        handler = type("HandlerOfFolder", (Handler,), {"__init__": lambda own, *arguments: Handler.__init__(
            own, *arguments, directory=str(folder))})
        self.http = Quiet(("127.0.0.1", 0), handler)
        self.http.owner = self
        self.port = self.http.server_address[1]
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.release()
        self.http.shutdown()
        self.http.server_close()

    def note(self, path):
        with self.lock:
            self.paths.append(path)
            self.waiting += 1
            self.lock.notify_all()
            while self.held and not path.endswith("-index.json"):
                self.lock.wait()
            self.waiting -= 1
            self.lock.notify_all()

    def hold(self):
        with self.lock:  # requests of killed workers that were held before must have gone: they would count
            assert self.lock.wait_for(lambda: self.waiting == 0, 600), f"{self.waiting} requests are still held"
            self.held = True

    def release(self):
        with self.lock:
            self.held = False
            self.lock.notify_all()

    def wait_for_held(self, count):
        """Until so many requests wait: what must come is waited for, up to ten minutes."""
        with self.lock:
            came = self.lock.wait_for(lambda: self.held and self.waiting >= count, 600)
        assert came, f"{count} requests were to wait; there are {self.waiting}"


def main(arguments):
    folder = pathlib.Path(arguments[0])
    print(make(folder), "files", file=sys.stderr)
    if arguments[1:] == ["--serve"]:
        with Server(folder) as server:
            print("ready", server.port, flush=True)
            sys.stdin.read()


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[2:] not in ([], ["--serve"]):
        sys.exit(__doc__)
    main(sys.argv[1:])
