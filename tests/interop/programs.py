"""Starts programs that speak the adapter contract (spec/adapter.md) and talks to them. Nothing outlives its `with`.

What a program writes to its standard error is shown, its end, when the test fails."""

import pathlib
import pickle
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
ADAPTER = ROOT / "conformance" / "adapters" / "python" / "undr_adapter.py"
sys.path.insert(0, str(ADAPTER.parent))
PYTHON_ADAPTER = (sys.executable, str(ADAPTER))


def reference(build, name):
    """The command line of undr-manager or undr-worker in a build folder."""
    return (str(pathlib.Path(build).resolve() / name),)


class Program:
    """A process that is killed at the end of the `with` block, unless it has ended."""

    def __init__(self, command, *arguments, **options):
        self.log = tempfile.TemporaryFile("w+", errors="replace")
        self.process = subprocess.Popen([*command, *map(str, arguments)], text=True, stderr=self.log, **options)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        if kind is not None:
            self.log.seek(0)
            lines = [" ".join(self.process.args) + " wrote:", *self.log.read().splitlines()[-20:]]
            print(*lines, sep="\n  | ", file=sys.stderr)
        self.log.close()

    def must_end_with(self, status):
        ended = self.process.wait(timeout=600)
        assert ended == status, f"{self.process.args} ended with {ended}, {status} was expected"


class Manager(Program):
    """A manager without workers of its own, behind its adapter lines."""

    def __init__(self, command, priority_levels=2):
        options = ("--workers", 0, "--priority-levels", priority_levels)
        super().__init__(command, "manager", *options, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        word, port = self.read()
        assert word == "ready", f"{command} said {word!r} in place of ready"
        self.port = int(port)

    def read(self):
        line = self.process.stdout.readline()
        assert line.endswith("\n"), f"{self.process.args} ended its output with {line!r}"
        return line.rstrip("\n").split(" ", 1)

    def tell(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self.read()

    def schedule(self, task, priority=1):
        answer = self.tell("schedule", priority, pickle.dumps(task).hex())
        assert answer == ["ok"], f"schedule {task} was answered {answer}"

    def messages(self):
        while True:
            word, *payload = self.tell("next")
            if word == "done":
                return
            yield pickle.loads(bytes.fromhex(payload[0]))

    def close(self, policy):
        answer = self.tell("close", policy)
        assert answer == ["closed"], f"close {policy} was answered {answer}"

    def end(self):
        self.process.stdin.close()
        self.must_end_with(0)


def all_messages(manager):
    """Two iterations: the package's messages() can end with the last message unread (conformance/adapters/python)."""
    return [*manager.messages(), *manager.messages()]
