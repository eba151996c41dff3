"""Conformance adapter (spec/adapter.md) for the Python package `undr`: a thin shell around the real undr.task.

usage: undr_adapter.py capabilities
       undr_adapter.py manager --workers N --priority-levels P [--log-directory DIR]
       undr_adapter.py worker --port PORT
"""

import argparse
import importlib
import importlib.machinery
import multiprocessing
import os
import pathlib
import pickle
import queue
import sys
import threading
import time
import types

NOT_IMPLEMENTED = 89
CAPABILITIES = "manager\nworker\npool\npriority-levels 127\nlog-directory\npickle 0-5"


def capabilities():
    """What the package can do, and the versions that expected.txt asks for."""
    import importlib.metadata  # slow, and no other verb needs it
    import platform

    lines = [CAPABILITIES, "name undr", f"language python {platform.python_version()}"]
    try:
        lines.append(f"version {importlib.metadata.version('undr')}")
    except importlib.metadata.PackageNotFoundError:
        pass  # a folder in PYTHONPATH has no version; its manager and worker say what is missing
    return "\n".join(lines)


class ModuleOnDemand(types.ModuleType):
    """Loads the module whose name it has when something of it is used, and passes that on."""

    def __getattr__(self, name):
        if sys.modules[self.__name__] is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


class SessionOnDemand:
    """What a worker makes of requests.Session: the real one as soon as a task uses it, which no Probe does."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def __getattr__(self, name):
        if name == "real":
            self.real = sys.modules["requests"].sessions.Session()
            return self.real
        return getattr(self.real, name)


def import_task_module():
    """Imports undr.task without the rest of the package.

    undr/__init__.py imports numpy, the decoders and more, most of the time of a start, and the suite starts its target
    hundreds of times. None of that takes part in the protocol, so an empty package with the same folder stands in for
    it. `requests`, of which the session of a worker comes, is loaded when it is first used.
    """
    package = importlib.machinery.PathFinder.find_spec("undr")
    if package is None or package.submodule_search_locations is None:
        requirements = pathlib.Path(__file__).with_name("requirements.txt").read_text().splitlines()
        undr, *others = (line for line in requirements if not line.startswith("#"))
        sys.exit("the package undr is missing; install it, without what only its other modules ask for: "
                 f"{sys.executable} -m pip install --no-deps {undr} && "
                 f"{sys.executable} -m pip install {' '.join(others)}")
    sys.modules["undr"] = types.ModuleType("undr")
    sys.modules["undr"].__path__ = list(package.submodule_search_locations)
    sys.modules["requests"] = ModuleOnDemand("requests")
    sys.modules["requests"].Session = SessionOnDemand
    return importlib.import_module("undr.task")


class NoProcess:
    """Stands in for multiprocessing.Process: the package insists on a worker where the harness wants none."""

    def __init__(self, **_):
        self.start = self.join = self.kill = lambda: None


def make_manager(task, options):
    if options.workers > 0:
        return task.ProcessManager(options.workers, options.priority_levels, options.log_directory)
    process, multiprocessing.Process = multiprocessing.Process, NoProcess
    try:
        return task.ProcessManager(1, options.priority_levels, options.log_directory)
    finally:
        multiprocessing.Process = process


class Session:
    """One manager and the commands that it is given, one a line."""

    def __init__(self, task, manager):
        self.task = task
        self.manager = manager
        self.messages = None
        self.closed = False
        self.lines = queue.SimpleQueue()

    def read(self):
        """Runs in a thread of its own, so that the end of input is noticed while `next` or `close join` blocks."""
        for line in sys.stdin:
            self.lines.put(line)
        self.lines.put(None)
        time.sleep(0.5)  # for an due answer
        self.leave()

    def leave(self):
        for worker in self.manager.workers:
            worker.kill()
            worker.join()
        os._exit(0)

    def run(self):
        threading.Thread(target=self.read, daemon=True).start()
        for line in iter(self.lines.get, None):
            try:
                verb, *arguments = line.split()
                answer = getattr(self, f"do_{verb}")(*arguments)
            except Exception as exception:
                answer = " ".join(f"error {type(exception).__name__}: {exception}".split())
            print(answer, flush=True)
        self.leave()

    # The package does not remember that it was closed; the contract (spec/adapter.md) wants an adapter to.
    def do_schedule(self, priority, payload):
        if self.closed:
            return "error the manager is closed"
        self.manager.schedule(pickle.loads(bytes.fromhex(payload)), int(priority))
        return "ok"

    def do_message(self, payload):
        self.manager.send_message(pickle.loads(bytes.fromhex(payload)))
        return "ok"

    def do_next(self):
        self.messages = self.messages or iter(self.manager.messages())
        for message in self.messages:
            return f"message {pickle.dumps(message).hex()}"
        self.messages = None
        return "done"

    def do_close(self, policy):
        if not self.closed:
            self.manager.close(self.task.ProcessManager.ClosePolicy[policy.upper()])
        self.closed = True
        return "closed"


def main():
    verb = sys.argv[1] if len(sys.argv) > 1 else None
    if verb == "capabilities":
        print(capabilities())
        return
    if verb not in ("manager", "worker"):
        sys.exit(NOT_IMPLEMENTED)
    parser = argparse.ArgumentParser(prog=f"undr_adapter.py {verb}")
    if verb == "worker":
        parser.add_argument("--port", type=int, required=True)
    else:
        parser.add_argument("--workers", type=int, required=True)
        parser.add_argument("--priority-levels", type=int, required=True)
        parser.add_argument("--log-directory", type=pathlib.Path)
    options = parser.parse_args(sys.argv[2:])
    task = import_task_module()
    if verb == "worker":
        task.ProcessManager.target(task.ProcessManager.Proxy(options.port), None)
        return
    if options.workers < 0 or not 1 <= options.priority_levels <= 127:
        parser.error("--workers is 0 or more, --priority-levels 1 to 127")
    session = Session(task, make_manager(task, options))
    print("ready", session.manager.server.server_address[1], flush=True)
    session.run()


if __name__ == "__main__":
    main()
elif __name__ == "__mp_main__":
    # A worker process that was not forked (Python 3.14 and later): its imports begin anew.
    import_task_module()
