"""The WorkerException of our undr-worker unpickles and prints on every Python from 3.9 on that this machine has."""

import glob
import importlib.util
import os
import pathlib
import pickle
import shutil
import subprocess
import sys

import programs
import undr_adapter

TEXT = "out of cheese: Käse"
OLDEST, NEWEST = 9, 20

# What each Python runs: undr.task as in the adapter, with an empty `requests` (only annotations name it).
PRINT = """
import pickle, sys, types
sys.modules["requests"] = types.ModuleType("requests")
sys.modules["undr"] = types.ModuleType("undr")
sys.modules["undr"].__path__ = [sys.argv[1]]
import undr.task
exception = pickle.loads(bytes.fromhex(sys.argv[2]))
assert type(exception) is undr.task.WorkerException and isinstance(exception, Exception), type(exception)
print(sys.version.split()[0])
print(ascii(str(exception)))
"""


def worker_exception(build, task):
    """What an undr-worker sends for a task that raises: we are its manager for two frames."""
    import undr_conformance
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        worker = (programs.reference(build, "undr-worker"), "worker", "--port", server.getsockname()[1])
        with programs.Program(*worker) as worker:
            client = server.accept()[0]
            with client:
                client.settimeout(60)
                task.receive_type(client, b"n")
                task.send_message(client, b"t", undr_conformance.Probe([("raise", TEXT)]))
                kind, payload = task.receive_bytes(client)
                assert kind == b"m", kind
                task.send_type(client, b"m")
                task.receive_type(client, b"t")
                task.send_message(client, b"t", task.CloseRequest())
                worker.must_end_with(0)
    return bytes(payload)


def interpreters():
    """Every python3.9 and later: in PATH, and what pyenv has installed."""
    names = [shutil.which("python3"), "/usr/bin/python3", sys.executable]
    names += [shutil.which(f"python3.{minor}") for minor in range(OLDEST, NEWEST)]
    names += glob.glob(os.path.expanduser("~/.pyenv/versions/3.*/bin/python3"))
    found = {}
    for name in filter(None, names):
        probe = [name, "-c", "import sys; print(*sys.version_info[:3], sep='.')"]
        answer = subprocess.run(probe, capture_output=True, text=True)
        version = tuple(map(int, answer.stdout.split("."))) if answer.returncode == 0 else ()
        if version >= (3, OLDEST):
            found.setdefault(version, name)
    return [found[version] for version in sorted(found)]


def main(build):
    task = undr_adapter.import_task_module()
    payload = worker_exception(build, task)
    assert TEXT in str(pickle.loads(payload)), str(pickle.loads(payload))
    package = pathlib.Path(task.__file__).parent
    for python in interpreters():
        command = [python, "-I", "-c", PRINT, str(package), payload.hex()]
        answer = subprocess.run(command, capture_output=True, text=True)
        assert answer.returncode == 0, f"{python}: {answer.stderr}"
        version, text = answer.stdout.splitlines()
        assert ascii(TEXT)[1:-1] in text, f"{python}: {text}"
        print(f"Python {version}: {text}")


main(sys.argv[1])
