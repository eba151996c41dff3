"""served.py: a release on loopback, as releases are served: BASE/vVERSION/FILE. What the tests beside it share."""

import contextlib
import functools
import http.server
import pathlib
import shutil
import sys
import threading

VERSION = "ctest"
ARCHIVE = "undr-task-ctest-x86_64.tar.gz"


def needs_release(folder):
    """Where none could be made, the test is skipped; release.made says why."""
    why = folder / "skipped"
    if why.exists():
        print("SKIPPED: " + why.read_text().strip())
        sys.exit(77)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format, *args):
        pass


@contextlib.contextmanager
def served(folder):
    """The URL of a folder of releases, while the block runs."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield "http://127.0.0.1:%d" % server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def copy_of(release, work):
    """A folder of releases with the one that release.made has made."""
    folder = pathlib.Path(work) / "releases"
    shutil.copytree(pathlib.Path(release) / "made", folder / ("v" + VERSION))
    return folder


def tamper(folder):
    """One byte of the archive is another."""
    path = folder / ("v" + VERSION) / ARCHIVE
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
